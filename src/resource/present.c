/* From a state to a representation of it. See stored.h. */
#include "content/html.h"
#include "flow/reply.h"
#include "resource/cached.h"
#include "resource/coded.h"
#include "resource/expand.h"
#include "resource/stored.h"

const struct vb_offer vb_unkept_offers[VB_UNKEPT_OFFERS] = {
    {.media_type = VB_SPAN_INIT("application/json")},
    {.media_type = VB_SPAN_INIT("text/html; charset=utf-8"),
     .tag_variant = VB_SPAN_INIT("html"),
     .is_page = true},
};

/* Bytes of a page for people. */
#define MAX_PAGE VB_HTML_MOST

static struct vb_rep *refuse(struct vb_exchange *x, unsigned status)
{
    x->reply.status = (uint16_t)status;
    return NULL;
}

static struct vb_rep *refuse_type(struct vb_exchange *x,
                                  struct vb_span media_type)
{
    vb_reply_detail(x, vb_arena_printf(&x->arena, "What is here is %.*s.",
                                       VB_FMT(media_type)));
    return refuse(x, VB_STATUS_NOT_ACCEPTABLE);
}

static void release_record(void *record)
{
    vb_record_unref(record);
}

/* What every representation of a stored state says of itself. Changes must
 * show at once, so caches ask before they use what they have. */
static struct vb_rep_draft draft_of(const struct vb_exchange *x,
                                    const struct vb_view *view)
{
    return (struct vb_rep_draft){
        .media_type = view->media_type,
        .tag_core = view->tag,
        .modified = view->tag.len > 0 && view->variant.len == 0
                        ? view->modified_ms / 1000
                        : VB_DATE_NONE,
        .content = view->content,
        .length = view->content.len,
        .vary = x->resource->vary,
        .cache_control = vb_reply_caching(x),
    };
}

/* The record's own bytes, or blob, as they are. */
static struct vb_rep *as_it_is(struct vb_exchange *x,
                               const struct vb_view *view)
{
    static const struct vb_field_out as_said = {
        VB_SPAN_INIT("X-Content-Type-Options"), VB_SPAN_INIT("nosniff")};
    struct vb_rep_draft draft = draft_of(x, view);
    struct vb_rep *rep;

    if (!vb_is_json(view->media_type)) { /* what a stranger has sent, perhaps */
        draft.extra = &as_said;
        draft.extra_count = 1;
    }
    if (view->record != NULL) {
        draft.owner = vb_record_ref(view->record);
        draft.release = release_record;
        draft.length = view->record->length;
        draft.streamed = view->record->blob != 0;
    }
    rep = vb_coded_base(&draft);
    if (rep == NULL && view->record != NULL)
        vb_record_unref(view->record);
    return rep != NULL ? rep : refuse(x, VB_STATUS_SERVICE_UNAVAILABLE);
}

struct vb_span vb_state_hidden(const struct vb_route *route)
{
    return route->state != NULL ? route->state->hidden : VB_SPAN("");
}

bool vb_state_has_hidden(const struct vb_route *route)
{
    return vb_state_hidden(route).len > 0;
}

/* Removes the member that a path leads to, wherever it is there. */
static void hide(yyjson_mut_val *at, const struct vb_span *path, size_t len)
{
    struct vb_span name = path[0];
    yyjson_mut_val *element;
    size_t index, count;

    if (yyjson_mut_is_arr(at) && name.ptr == NULL) {
        yyjson_mut_arr_foreach(at, index, count, element)
        {
            hide(element, path + 1, len - 1);
        }
    } else if (yyjson_mut_is_obj(at) && name.ptr != NULL) {
        if (len == 1)
            yyjson_mut_obj_remove_keyn(at, name.ptr, name.len);
        else
            hide(yyjson_mut_obj_getn(at, name.ptr, name.len), path + 1,
                 len - 1);
    }
}

struct vb_json *vb_present_value(const struct vb_route *route,
                                 struct vb_span content)
{
    struct vb_json *whole, *shown = NULL;
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;

    if (vb_json_parse(content, NULL, &whole, NULL) != VB_OK)
        return NULL;
    if (!vb_state_has_hidden(route))
        return whole;
    doc = yyjson_mut_doc_new(NULL);
    root = doc == NULL ? NULL : yyjson_val_mut_copy(doc, whole->root);
    vb_json_free(whole);
    if (root != NULL) {
        for (size_t i = 0; i < route->state->property_count; i++) {
            const struct vb_property *property = &route->state->properties[i];

            if (property->write_only)
                hide(root, property->path, property->path_len);
        }
        if (vb_json_freeze(root, NULL, &shown, NULL) != VB_OK)
            shown = NULL;
    }
    yyjson_mut_doc_free(doc);
    return shown;
}

/* What is shown of it, as a value; NULL: it is damaged, or no memory. */
static struct vb_json *shown_of(const struct vb_view *view)
{
    struct vb_json *shown;

    if (!view->chosen)
        return vb_present_value(view->route, view->content);
    return vb_json_parse(view->content, &vb_expand_json_limits, &shown, NULL) ==
                   VB_OK
               ? shown
               : NULL;
}

/* A page, or JSON that is not what is stored, made of the shown value. */
static struct vb_rep *made(struct vb_exchange *x, const struct vb_view *view,
                           bool page)
{
    const struct vb_offer *offer = &x->resource->offers[x->offer];
    struct vb_rep_draft draft = draft_of(x, view);
    struct vb_json *shown = shown_of(view);
    struct vb_rep *rep = NULL;
    struct vb_buf text;

    if (shown == NULL)
        return refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR);
    vb_buf_init(&text, MAX_PAGE);
    if (page)
        vb_html_value(&text, &(struct vb_html_page){.path = view->key},
                      shown->root);
    else
        vb_json_write(&text, shown->root);
    vb_json_free(shown);
    draft.media_type = offer->media_type;
    draft.tag_variant = vb_arena_printf(
        &x->arena, "%.*s%.*s%.*s", VB_FMT(offer->tag_variant),
        VB_FMT(vb_state_hidden(view->route)), VB_FMT(view->variant));
    draft.content = vb_buf_span(&text);
    draft.length = text.len;
    if (page) {
        draft.extra = vb_page_fields;
        draft.extra_count = VB_PAGE_FIELDS;
    }
    if (text.err == VB_OK)
        rep = vb_coded_base(&draft);
    vb_buf_done(&text);
    return rep != NULL ? rep : refuse(x, VB_STATUS_SERVICE_UNAVAILABLE);
}

struct vb_rep *vb_present(struct vb_exchange *x, const struct vb_view *view)
{
    bool json = vb_is_json(view->media_type);
    bool page = x->offer >= 0 && x->resource->offers[x->offer].is_page;

    if (json && x->offer >= 0 &&
        (page || view->chosen || vb_state_has_hidden(view->route)))
        return made(x, view, page);
    if (x->resource->mixed && !vb_accepts(x, view->media_type))
        return refuse_type(x, view->media_type);
    return as_it_is(x, view);
}

/* --- what nobody keeps ------------------------------------------------------
 */

/* The value as a page. */
static enum vb_err write_page(const struct vb_exchange *x,
                              const struct vb_buf *json, struct vb_buf *page)
{
    struct vb_json *value;
    enum vb_err err = vb_json_parse(vb_buf_span(json), NULL, &value, NULL);

    if (err != VB_OK)
        return err;
    vb_html_value(page, &(struct vb_html_page){.path = x->key}, value->root);
    vb_json_free(value);
    return page->err;
}

enum vb_answer vb_present_unkept(struct vb_exchange *x,
                                 const struct vb_buf *json)
{
    const struct vb_offer *offer =
        &x->resource->offers[x->offer < 0 ? 0 : x->offer];
    struct vb_rep_draft draft = {
        .media_type = offer->media_type,
        .modified = VB_DATE_NONE,
        .vary = x->resource->vary,
        .cache_control = VB_SPAN("no-store"),
    };
    struct vb_rep *rep = NULL;
    struct vb_buf page;

    vb_buf_init(&page, MAX_PAGE);
    draft.content = vb_buf_span(json);
    if (offer->is_page && json->err == VB_OK) {
        page.err = write_page(x, json, &page);
        draft.content = vb_buf_span(&page);
        draft.extra = vb_page_fields;
        draft.extra_count = VB_PAGE_FIELDS;
    }
    draft.length = draft.content.len;
    if (json->err == VB_OK && page.err == VB_OK)
        rep = vb_rep_new(&draft);
    vb_buf_done(&page);
    if (rep == NULL)
        return vb_reply_unavailable(x);
    vb_reply_current(x, rep);
    return VB_YES;
}
