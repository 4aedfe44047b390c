/*
 * x-verbatim.hints: what a page will need, as links that the server sends
 * before it has the page (RFC 8297).
 */
#include "describe/read.h"

#include "http/chars.h"
#include "http/uri.h"

/* Links of one operation, and bytes of them. */
#define HINTS_MOST 32
#define LINK_MOST  ((size_t)8 * 1024)

static bool is_token(yyjson_val *val)
{
    return yyjson_is_str(val) && vb_json_text(val).len > 0 &&
           vb_token_valid(vb_json_text(val));
}

static bool is_reference(yyjson_val *val)
{
    struct vb_uri uri;

    return yyjson_is_str(val) && vb_json_text(val).len > 0 &&
           vb_uri_parse(vb_json_text(val), &uri);
}

static bool hint_fits(yyjson_val *hint)
{
    yyjson_val *as = yyjson_obj_get(hint, "as");
    size_t known = as != NULL ? 3 : 2;

    return yyjson_is_obj(hint) && yyjson_obj_size(hint) == known &&
           is_reference(yyjson_obj_get(hint, "href")) &&
           is_token(yyjson_obj_get(hint, "rel")) &&
           (as == NULL || is_token(as));
}

bool vb__hints_fit(yyjson_val *hints)
{
    yyjson_arr_iter iter;
    yyjson_val *hint;

    if (!yyjson_is_arr(hints) || yyjson_arr_size(hints) == 0 ||
        yyjson_arr_size(hints) > HINTS_MOST)
        return false;
    yyjson_arr_iter_init(hints, &iter);
    while ((hint = yyjson_arr_iter_next(&iter)) != NULL)
        if (!hint_fits(hint))
            return false;
    return true;
}

struct vb_span vb__hints_link(struct vb__reader *r, yyjson_val *hints)
{
    struct vb_span link = {NULL, 0};
    yyjson_arr_iter iter;
    struct vb_buf buf;
    yyjson_val *hint;

    vb_buf_init(&buf, LINK_MOST);
    yyjson_arr_iter_init(hints, &iter);
    while ((hint = yyjson_arr_iter_next(&iter)) != NULL) {
        yyjson_val *as = yyjson_obj_get(hint, "as");

        vb_buf_printf(&buf, "%s<%.*s>; rel=\"%.*s\"", buf.len > 0 ? ", " : "",
                      VB_FMT(vb_json_text(yyjson_obj_get(hint, "href"))),
                      VB_FMT(vb_json_text(yyjson_obj_get(hint, "rel"))));
        if (as != NULL)
            vb_buf_printf(&buf, "; as=\"%.*s\"", VB_FMT(vb_json_text(as)));
    }
    if (buf.err == VB_OK)
        link = vb_arena_dup(r->arena, vb_buf_span(&buf));
    else if (buf.err == VB_ERR_LIMIT)
        vb__error(r, hints, "the hints are more than %zu bytes", LINK_MOST);
    else
        r->arena->failed = true;
    vb_buf_done(&buf);
    return link;
}
