/*
 * What is stored of another server's answers:
 *
 *     to: {servers: ..., cache: false}
 *     to: {servers: ..., cache: {heuristic-max: 600, errors: 10}}
 */
#include "describe/action.h"

static const char *const others[] = {"targeted"};

static const struct vb__bound rows[] = {
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_gateway_caching, member), least, most, usual},
#include "describe/gateway_cache.tbl"
#undef BOUND
};

static const struct vb__bounds bounds = {
    .where = "cache",
    .others = others,
    .other_count = sizeof(others) / sizeof(others[0]),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
};

void vb__gateway_cache(struct vb__reader *r, yyjson_val *to,
                       struct vb_gateway *gateway)
{
    yyjson_val *cache = yyjson_obj_get(to, "cache");
    struct vb_gateway_caching *caching;

    gateway->stores_nothing = yyjson_is_false(cache);
    if (cache == NULL || gateway->stores_nothing)
        return;
    if (!yyjson_is_obj(cache)) {
        vb__error(r, cache, "\"cache\" must be false, or an object");
        return;
    }
    caching = VB__NEW(r, struct vb_gateway_caching, 1);
    if (caching == NULL)
        return;
    vb__action_bounds(r, cache, &bounds, caching);
    caching->targeted = vb__bool(r, cache, "targeted", true);
    gateway->caching = caching;
}
