/* Making a page of members. See page.h. */
#include <stdlib.h>

#include "content/coding.h"
#include "content/html.h"
#include "content/json.h"
#include "flow/reply.h"
#include "resource/coded.h"
#include "resource/page_part.h"
#include "resource/stored.h"

/* The page is made of the JSON form, so that the two never differ. */
static void write_html(struct vb_exchange *x, struct vb_buf *buf,
                       const struct vb_page *page,
                       const struct vb__page_links *links)
{
    size_t count = page->list->count;
    struct vb_html_page around = {
        .path = x->key,
        .first = links->first,
        .prev = links->prev,
        .next = links->next,
    };
    struct vb_html_member *members = calloc(count + 1, sizeof(*members));
    struct vb_json *all = NULL;
    yyjson_val *value;
    size_t i, max;
    struct vb_buf json;

    vb_buf_init(&json, VB__PAGE_LIMIT);
    vb__page_write_json(&json, page);
    if (members == NULL || json.err != VB_OK ||
        vb_json_parse(vb_buf_span(&json), &vb_expand_json_limits, &all, NULL) !=
            VB_OK) {
        buf->err = VB_ERR_NOMEM;
    } else {
        yyjson_arr_foreach(all->root, i, max, value)
        {
            members[i] =
                (struct vb_html_member){vb__page_shown(page, i)->key, value};
        }
        vb_html_collection(buf, &around, members, count);
    }
    vb_json_free(all);
    vb_buf_done(&json);
    free(members);
}

/* Where GET has what a QUERY asked for (RFC 10008 sections 2.3 and 2.4): these
 * results, and the query again; here they are one URI. */
static struct vb_span location_of(const struct vb_exchange *x,
                                  const struct vb_page *page)
{
    return x->head.method == VB_METHOD_QUERY && vb__page_fits_uri(page) &&
                   x->resource->slots[VB_METHOD_GET] != NULL
               ? page->uri
               : VB_SPAN("");
}

/* What members hold is not to be taken for anything else. */
static const struct vb_field_out as_said = {
    VB_SPAN_INIT("X-Content-Type-Options"), VB_SPAN_INIT("nosniff")};

/* More than can be looked at before it is sent: so no length is known, and by
 * the end there may be other members than at the beginning. A tag of what was
 * there at the beginning is good enough to tell that nothing has changed since,
 * and for no more. */
static void let_flow(struct vb_exchange *x, const struct vb_page *page,
                     struct vb_rep_draft *draft)
{
    draft->content = VB_SPAN("");
    draft->streamed = true;
    draft->length = VB_LENGTH_UNKNOWN;
    draft->tag_weak = true;
    draft->vary = VB_SPAN("Accept, Prefer, Accept-Encoding");
    draft->owner = page->flow;
    draft->release = page->release;
    if (x->coding == VB_CODING_IDENTITY)
        return;
    draft->coding = vb_coding_name((enum vb_coding)x->coding);
    draft->tag_variant =
        vb_arena_printf(&x->arena, "%.*s-%.*s", VB_FMT(draft->tag_variant),
                        VB_FMT(draft->coding));
}

static struct vb_rep *make_rep(struct vb_exchange *x,
                               const struct vb_page *page,
                               const struct vb__page_links *links,
                               struct vb_buf *text)
{
    const struct vb_offer *offer = &x->resource->offers[x->offer];
    struct vb_field_out extra[3 + VB_PAGE_FIELDS] = {
        {VB_SPAN("Link"), links->field}};
    struct vb_rep_draft draft = {
        .media_type = offer->media_type,
        .tag_core = vb_stored_tag(x, page->list->revision),
        .tag_variant = vb__page_variant(x, page),
        .modified = VB_DATE_NONE,
        .content = vb_buf_span(text),
        .length = text->len,
        .content_location = location_of(x, page),
        .vary = VB_SPAN("Accept, Prefer"),
        .cache_control = vb_reply_caching(x),
        .extra = extra,
        .extra_count = 1,
    };

    if (draft.content_location.len > 0)
        extra[draft.extra_count++] =
            (struct vb_field_out){VB_SPAN("Location"), draft.content_location};
    for (size_t i = 0; offer->is_page && i < VB_PAGE_FIELDS; i++)
        extra[draft.extra_count++] = vb_page_fields[i];
    if (offer->form != VB_FORM_USUAL)
        extra[draft.extra_count++] = as_said;
    if (page->flow != NULL)
        let_flow(x, page, &draft);
    return x->arena.failed ? NULL : vb_coded_base(&draft);
}

struct vb_rep *vb_page_present(struct vb_exchange *x,
                               const struct vb_page *page)
{
    struct vb__page_links links = vb__page_links(x, page);
    struct vb_rep *rep = NULL;
    struct vb_buf text;

    vb_buf_init(&text, VB__PAGE_LIMIT);
    if (x->resource->offers[x->offer].is_page)
        write_html(x, &text, page, &links);
    else if (vb_page_form(x) == VB_FORM_USUAL)
        vb__page_write_json(&text, page);
    else if (page->flow == NULL)
        vb_page_write_rows(x, &text, page, true);
    if (text.err == VB_OK)
        rep = make_rep(x, page, &links, &text);
    vb_buf_done(&text);
    if (rep == NULL)
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return rep;
}
