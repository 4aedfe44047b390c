/*
 * A controller that another server does, in one of these forms:
 *
 *     do: {forward: http://127.0.0.1:9000/render/{id}}
 *     do: {forward: [http://10.0.0.1/render, http://10.0.0.2/render]}
 *     do: {forward: {servers: ..., timeout: 30, output: 8000000}}
 *
 * {id} is our variable of that name. The object has the keys of a gateway's
 * `to` that are about its servers.
 */
#include "describe/action.h"

static const char *const others[] = {
    "servers",        "balance", "hide-client", "probe",       "ca",
    "certificate",    "key",     "http",        "server-name", "insecure",
    "trusted-proxies"};

static const struct vb__bound rows[] = {
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_gateway, member), least, most, usual},
#include "describe/gateway.tbl"
#undef BOUND
#define BOUND(key, member, least, most, usual)                                 \
    {key, offsetof(struct vb_onward, member), least, most, usual},
#include "describe/onward.tbl"
#undef BOUND
};

static const struct vb__bounds bounds = {
    .where = "forward",
    .others = others,
    .other_count = sizeof(others) / sizeof(others[0]),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .variables = true,
};

static bool add_part(struct vb__reader *r, const struct vb_route *route,
                     yyjson_val *at, struct vb_onward *onward,
                     struct vb_span text, struct vb_span variable)
{
    struct vb_onward_part *part =
        (struct vb_onward_part *)&onward->parts[onward->part_count++];

    *part = (struct vb_onward_part){.text = text, .variable = -1};
    if (variable.ptr == NULL)
        return true;
    part->variable = vb__action_variable(route, variable);
    if (part->variable < 0)
        vb__error(r, at, "{%.*s} is no variable of %.*s", VB_FMT(variable),
                  VB_FMT(route->path));
    return part->variable >= 0;
}

/* What is before the first of these three bytes; false: they are nowhere. */
static bool take_before(struct vb_span *rest, struct vb_span mark,
                        struct vb_span *ret_text)
{
    for (size_t i = 0; i + mark.len <= rest->len; i++) {
        if (!vb_span_starts(vb_span_from(*rest, i), mark))
            continue;
        *ret_text = vb_span_head(*rest, i);
        *rest = vb_span_from(*rest, i + mark.len);
        return true;
    }
    return false;
}

static bool next_variable(struct vb_span *rest, struct vb_span *ret_text,
                          struct vb_span *ret_variable)
{
    struct vb_span left = *rest;

    if (!take_before(&left, VB_SPAN("%7B"), ret_text) ||
        !take_before(&left, VB_SPAN("%7D"), ret_variable))
        return false;
    *rest = left;
    return true;
}

/* Cuts the path at its variables. */
static bool read_parts(struct vb__reader *r, const struct vb_route *route,
                       yyjson_val *at, struct vb_onward *onward)
{
    struct vb_span rest = onward->gateway.base;

    onward->parts =
        VB__NEW(r, struct vb_onward_part, route->template.segment_count + 2);
    while (onward->parts) {
        struct vb_span text, variable;

        if (!next_variable(&rest, &text, &variable))
            return add_part(r, route, at, onward, rest, vb_span_of(NULL, 0));
        if (onward->part_count > route->template.segment_count) {
            vb__error(r, at, "it has more variables than %.*s",
                      VB_FMT(route->path));
            return false;
        }
        if (!add_part(r, route, at, onward, text, variable))
            return false;
    }
    return false;
}

bool vb__action_forward(struct vb__reader *r, const struct vb_route *route,
                        yyjson_val *forward, struct vb_action *action)
{
    struct vb_onward *onward = VB__NEW(r, struct vb_onward, 1);

    if (!onward || !vb__gateway_read(r, forward, &bounds, &onward->gateway) ||
        !read_parts(r, route, forward, onward))
        return false;
    action->onward = onward;
    return true;
}
