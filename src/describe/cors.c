/*
 * `x-verbatim: {cors: …}`: what pages of other origins may do.
 *
 *     origins: [https://app.example]    or ["*"]: anybody's, but no credentials
 *     credentials: true                 cookies and the like may be sent
 *     headers: [X-Trace]                fields to send beside the usual ones
 *     expose: [X-Total]                 fields to see, likewise
 *     max-age: 600                      seconds that a browser remembers it
 *
 * At the root it is for all paths, at a path for that one. The fields that a
 * path's operations have as parameters may be sent without being said again.
 */
#include "describe/read.h"

#include "base/buf.h"
#include "http/chars.h"
#include "http/elements.h"
#include "http/origin.h"

#define MOST_SECONDS 86400
#define MOST_TEXT    ((size_t)16 * 1024)

static bool is_star(yyjson_val *val)
{
    return yyjson_equals_str(val, "*");
}

static void read_origins(struct vb__reader *r, yyjson_val *said,
                         struct vb_cors *cors)
{
    yyjson_val *list = vb__array(r, said, "origins"), *item;
    struct vb_span *origins = VB__NEW(r, struct vb_span, yyjson_arr_size(list));
    size_t i, count;

    if (yyjson_arr_size(list) == 0)
        vb__error(r, list ? list : said,
                  "cors needs \"origins\": whose pages may ask");
    if (!origins)
        return;
    yyjson_arr_foreach(list, i, count, item)
    {
        if (is_star(item))
            cors->any = true;
        else if (vb_origin_valid(vb_json_text(item)))
            origins[cors->origin_count++] = vb_json_text(item);
        else
            vb__error(r, item,
                      "must be an origin such as \"https://app.example\", "
                      "or \"*\"");
    }
    cors->origins = origins;
}

static void add_name(struct vb_buf *list, struct vb_span name)
{
    if (list->len > 0)
        vb_buf_str(list, ", ");
    vb_buf_append(list, name);
}

/* The list as a text of the description's; "": it was too long. */
static struct vb_span keep_list(struct vb__reader *r, yyjson_val *said,
                                struct vb_buf *list)
{
    struct vb_span text = VB_SPAN("");

    if (list->err == VB_ERR_LIMIT)
        vb__error(r, said, "has too many names of fields");
    else
        text = vb_arena_dup(r->arena, vb_buf_span(list));
    vb_buf_done(list);
    return text;
}

/* A list of field names, as it is sent. */
static struct vb_span read_names(struct vb__reader *r, yyjson_val *said,
                                 const char *key)
{
    yyjson_val *names = vb__array(r, said, key), *item;
    struct vb_buf list;
    size_t i, count;

    vb_buf_init(&list, MOST_TEXT);
    yyjson_arr_foreach(names, i, count, item)
    {
        if (vb_token_valid(vb_json_text(item)))
            add_name(&list, vb_json_text(item));
        else
            vb__error(r, item, "must be the name of a field");
    }
    return keep_list(r, said, &list);
}

static struct vb_span read_max_age(struct vb__reader *r, yyjson_val *said)
{
    yyjson_val *val = yyjson_obj_get(said, "max-age");

    int64_t seconds;

    if (!val)
        return VB_SPAN("");
    if (!vb__is_whole(val, 0, MOST_SECONDS, &seconds)) {
        vb__error(r, val, "must be seconds, from 0 to %d", MOST_SECONDS);
        return VB_SPAN("");
    }
    return vb_arena_printf(r->arena, "%u", (unsigned)seconds);
}

/* NULL: nothing is said. */
static struct vb_cors *read_cors(struct vb__reader *r, yyjson_val *in,
                                 enum vb__where where)
{
    static const char *const names[] = {"origins", "credentials", "headers",
                                        "expose", "max-age"};
    yyjson_val *said = vb__extension_get(r, in, where, "cors");
    struct vb_cors *cors;

    if (!said)
        return NULL;
    cors = VB__NEW(r, struct vb_cors, 1);
    if (!cors)
        return NULL;
    vb__only(r, said, "cors", names, sizeof(names) / sizeof(names[0]));
    read_origins(r, said, cors);
    cors->credentials = vb__bool(r, said, "credentials", false);
    cors->headers = read_names(r, said, "headers");
    cors->expose = read_names(r, said, "expose");
    cors->max_age = read_max_age(r, said);
    if (cors->any && cors->credentials)
        vb__error(r, said,
                  "credentials are for origins that are listed, not for \"*\"");
    return cors;
}

static bool has_name(const struct vb_buf *list, struct vb_span name)
{
    const struct vb_span names = vb_buf_span(list);

    return vb_elements_have(&names, 1, name);
}

/* Adds the fields that are parameters of the path's operations. */
static void add_parameters(struct vb__reader *r, const struct vb_route *route,
                           struct vb_cors *cors)
{
    struct vb_buf list;

    vb_buf_init(&list, MOST_TEXT);
    vb_buf_append(&list, cors->headers);
    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *op = &route->operations[i];

        for (size_t k = 0; k < op->parameter_count; k++) {
            struct vb_span name = op->parameters[k].name;

            if (op->parameters[k].in == VB_IN_HEADER && vb_token_valid(name) &&
                !has_name(&list, name))
                add_name(&list, name);
        }
    }
    cors->headers = keep_list(r, route->source, &list);
}

void vb__cors(struct vb__reader *r)
{
    const struct vb_cors *usual = read_cors(r, r->root, VB__AT_ROOT);

    r->into->public.cors = usual;
    for (size_t i = 0; i < r->route_count; i++) {
        struct vb_route *route = &r->routes[i];
        struct vb_cors *cors = read_cors(r, route->source, VB__AT_PATH);

        if (!cors && usual) {
            cors = VB__NEW(r, struct vb_cors, 1);
            if (cors)
                *cors = *usual;
        }
        if (cors)
            add_parameters(r, route, cors);
        route->cors = cors;
    }
}
