/* Making a page of members. See page.h. */
#include "resource/page.h"

#include <stdlib.h>

#include "content/html.h"
#include "content/json.h"
#include "flow/reply.h"
#include "http/query.h"
#include "resource/stored.h"

/* Bytes of a page's text. */
#define PAGE_LIMIT ((size_t)8 * 1024 * 1024)

/* --- links
 * ---------------------------------------------------------------------------
 */

struct links {
    struct vb_span first, prev, next; /* URI references; "" for none */
    struct vb_span field;             /* the value of Link */
};

/* The URI of a page of this listing; cursor NULL: the first one. */
static struct vb_span page_uri(struct vb_exchange *x,
                               const struct vb_page *page,
                               const struct vb_cursor *cursor)
{
    struct vb_store *store = x->env->store->store;
    char text[VB_CURSOR_LEN];
    struct vb_span uri;
    struct vb_buf buf;

    vb_buf_init(&buf, 16 * 1024);
    vb_buf_append(&buf, x->key);
    if (page->limit.len > 0 || cursor != NULL)
        vb_buf_char(&buf, '?');
    if (page->limit.len > 0)
        vb_query_append(&buf, VB_SPAN("limit"), page->limit);
    if (cursor != NULL) {
        vb_cursor_format(cursor, x->key, vb_span_str(store->epoch), text);
        vb_query_append(&buf, VB_SPAN("cursor"),
                        vb_span_of(text, sizeof(text)));
    }
    uri = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return uri;
}

/* Records in the order in which they are shown. */
static struct vb_record *shown_at(const struct vb_page *page, size_t index)
{
    const struct vb_list_read *list = page->list;

    return list
        ->records[page->cursor.backward ? list->count - 1 - index : index];
}

static void append_link(struct vb_buf *buf, struct vb_span uri, const char *rel)
{
    if (uri.len > 0)
        vb_buf_printf(buf, "%s<%.*s>; rel=\"%s\"", buf->len > 0 ? ", " : "",
                      VB_FMT(uri), rel);
}

static struct links make_links(struct vb_exchange *x,
                               const struct vb_page *page)
{
    const struct vb_list_read *list = page->list;
    bool backward = page->cursor.backward;
    bool has_next = backward || list->more;
    bool has_prev = backward ? list->more : page->cursor.position > 0;
    struct links links = {.first = page_uri(x, page, NULL)};
    struct vb_buf buf;

    if (list->count > 0 && has_prev)
        links.prev = page_uri(
            x, page, &(struct vb_cursor){shown_at(page, 0)->position, true});
    if (list->count > 0 && has_next)
        links.next =
            page_uri(x, page,
                     &(struct vb_cursor){
                         shown_at(page, list->count - 1)->position, false});
    vb_buf_init(&buf, 64 * 1024);
    append_link(&buf, links.first, "first");
    append_link(&buf, links.prev, "prev");
    append_link(&buf, links.next, "next");
    links.field = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return links;
}

/* --- members
 * ----------------------------------------------------------------------------
 */

/* A member that is no JSON is shown by what it is. */
static void write_verbatim(struct vb_buf *buf, const struct vb_record *record)
{
    vb_buf_str(buf, "{\"uri\":");
    vb_json_write_string(buf, record->key);
    vb_buf_str(buf, ",\"mediaType\":");
    vb_json_write_string(buf, record->media_type);
    vb_buf_printf(buf, ",\"length\":%llu}", (unsigned long long)record->length);
}

static bool shows_as_it_is(const struct vb_route *member)
{
    return member == NULL || member->state == NULL ||
           !vb_state_has_hidden(member->state);
}

static void write_member(struct vb_buf *buf, const struct vb_page *page,
                         const struct vb_record *record)
{
    struct vb_json *shown;

    if (!vb_is_json(record->media_type)) {
        write_verbatim(buf, record);
        return;
    }
    if (shows_as_it_is(page->member)) {
        vb_buf_append(buf, record->content);
        return;
    }
    shown = vb_present_value(page->member, record->content);
    if (shown == NULL) {
        buf->err = VB_ERR_NOMEM;
        return;
    }
    vb_json_write(buf, shown->root);
    vb_json_free(shown);
}

static void write_json(struct vb_buf *buf, const struct vb_page *page)
{
    vb_buf_char(buf, '[');
    for (size_t i = 0; i < page->list->count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        write_member(buf, page, shown_at(page, i));
    }
    vb_buf_char(buf, ']');
}

/* The page is made of the JSON form, so that the two never differ. */
static void write_html(struct vb_exchange *x, struct vb_buf *buf,
                       const struct vb_page *page, const struct links *links)
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

    vb_buf_init(&json, PAGE_LIMIT);
    write_json(&json, page);
    if (members == NULL || json.err != VB_OK ||
        vb_json_parse(vb_buf_span(&json), NULL, &all, NULL) != VB_OK) {
        buf->err = VB_ERR_NOMEM;
    } else {
        yyjson_arr_foreach(all->root, i, max, value)
        {
            members[i] = (struct vb_html_member){shown_at(page, i)->key, value};
        }
        vb_html_collection(buf, &around, members, count);
    }
    vb_json_free(all);
    vb_buf_done(&json);
    free(members);
}

struct vb_rep *vb_page_present(struct vb_exchange *x,
                               const struct vb_page *page)
{
    const struct vb_offer *offer = &x->resource->offers[x->offer];
    struct links links = make_links(x, page);
    const struct vb_field_out extra[] = {
        {VB_SPAN("Link"), links.field},
        {VB_SPAN("Content-Security-Policy"), vb_span_str(vb_html_policy)},
    };
    struct vb_rep_draft draft = {
        .media_type = offer->media_type,
        .tag_core = vb_stored_tag(x, page->list->revision),
        .tag_variant = offer->tag_variant,
        .modified = VB_DATE_NONE,
        .vary = x->resource->vary,
        .cache_control = VB_SPAN("no-cache"),
        .extra = extra,
        .extra_count = offer->is_page ? 2 : 1,
    };
    struct vb_rep *rep = NULL;
    struct vb_buf text;

    vb_buf_init(&text, PAGE_LIMIT);
    if (offer->is_page)
        write_html(x, &text, page, &links);
    else
        write_json(&text, page);
    draft.content = vb_buf_span(&text);
    draft.length = text.len;
    if (text.err == VB_OK && !x->arena.failed)
        rep = vb_rep_new(&draft);
    vb_buf_done(&text);
    if (rep == NULL)
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return rep;
}
