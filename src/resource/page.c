/* Making a page of members. See page.h. */
#include "resource/page.h"

#include <stdlib.h>

#include "base/hash.h"
#include "content/coding.h"
#include "content/html.h"
#include "content/json.h"
#include "exchange/identity.h"
#include "flow/reply.h"
#include "http/query.h"
#include "resource/coded.h"
#include "resource/stored.h"

/* Bytes of a page's text. */
#define PAGE_LIMIT ((size_t)8 * 1024 * 1024)
/* Bytes of a URI that a page's links have: all that a QUERY's content may say,
 * escaped; and of one that others take as well (RFC 9110 section 4.1). */
#define URI_LIMIT ((size_t)256 * 1024)
#define URI_USUAL ((size_t)4096)

/* --- links
 * ---------------------------------------------------------------------------
 */

struct links {
    struct vb_span first, prev, next; /* URI references; "" for none */
    struct vb_span field;             /* the value of Link */
};

/* The URI of a page of this listing; cursor NULL: the first one. `whole` false:
 * as a reference to the listing, for who has the rest in the content of a
 * QUERY. */
static struct vb_span write_uri(struct vb_exchange *x,
                                const struct vb_page *page,
                                const struct vb_cursor *cursor, bool whole)
{
    struct vb_buf buf, text;
    struct vb_span uri;
    size_t start;

    vb_buf_init(&buf, URI_LIMIT);
    vb_buf_init(&text, URI_LIMIT);
    vb_buf_append(&buf, x->key);
    vb_buf_char(&buf, '?');
    start = buf.len;
    if (whole)
        vb_selection_write(&buf, page->selection);
    if (cursor != NULL) {
        vb_cursor_write(&text, cursor, page->scope, page->secret);
        vb_query_append(&buf, VB_SPAN("cursor"), vb_buf_span(&text));
    }
    if (buf.len == start)
        buf.len--; /* nothing was asked */
    uri = buf.err == VB_OK ? vb_arena_dup(&x->arena, vb_buf_span(&buf))
                           : VB_SPAN("");
    vb_buf_done(&text);
    vb_buf_done(&buf);
    return uri;
}

void vb_page_name(struct vb_exchange *x, struct vb_page *page)
{
    bool first = page->selection->cursor.ptr == NULL;

    page->uri = write_uri(x, page, first ? NULL : &page->cursor, true);
}

/* Some QUERY contents are too long for a URI. */
static bool fits_uri(const struct vb_page *page)
{
    return page->uri.len > 0 && page->uri.len <= URI_USUAL;
}

static struct vb_span page_uri(struct vb_exchange *x,
                               const struct vb_page *page,
                               const struct vb_cursor *cursor)
{
    return write_uri(x, page, cursor, fits_uri(page));
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

/* On in the direction in which this page was read. */
static struct vb_span on_uri(struct vb_exchange *x, const struct vb_page *page)
{
    const struct vb_cursor cursor = {
        .position = page->list->reached,
        .key = vb_buf_span(&page->list->reached_key),
        .backward = page->cursor.backward,
    };

    return page->list->more && page->flow == NULL ? page_uri(x, page, &cursor)
                                                  : VB_SPAN("");
}

/* Back to where it came from: to what its own cursor left out. */
static struct vb_span back_uri(struct vb_exchange *x,
                               const struct vb_page *page)
{
    struct vb_cursor cursor = page->cursor;

    if (cursor.position == 0)
        return VB_SPAN("");
    cursor.position =
        cursor.backward ? cursor.position - 1 : cursor.position + 1;
    cursor.backward = !cursor.backward;
    return page_uri(x, page, &cursor);
}

static struct links make_links(struct vb_exchange *x,
                               const struct vb_page *page)
{
    bool backward = page->cursor.backward;
    struct links links = {.first = page_uri(x, page, NULL)};
    struct vb_buf buf;

    links.next = backward ? back_uri(x, page) : on_uri(x, page);
    links.prev = backward ? on_uri(x, page) : back_uri(x, page);
    vb_buf_init(&buf, 4 * URI_LIMIT);
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

/* Whose states these are: where members are not described, the listing stands
 * for them. */
static const struct vb_route *member_of(const struct vb_page *page)
{
    const struct vb_route *route = page->selection->route;

    return route->member != NULL ? route->member : route;
}

static void write_member(struct vb_buf *buf, const struct vb_page *page,
                         const struct vb_record *record)
{
    if (vb_is_json(record->media_type))
        vb_selection_write_state(buf, member_of(page), page->selection,
                                 page->expanding, record->content);
    else
        write_verbatim(buf, record);
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

void vb_page_expand(const struct vb_page *page)
{
    struct vb_buf buf;

    vb_buf_init(&buf, PAGE_LIMIT);
    write_json(&buf, page);
    if (buf.err == VB_ERR_LIMIT)
        page->expanding->excessive = true;
    else if (buf.err != VB_OK)
        page->expanding->err = buf.err;
    vb_buf_done(&buf);
}

static void write_lines(struct vb_buf *buf, const struct vb_page *page)
{
    for (size_t i = 0; i < page->list->count; i++) {
        write_member(buf, page, shown_at(page, i));
        vb_buf_char(buf, '\n');
    }
}

/* A row is made of the line, so that the two never differ. */
static void write_row(struct vb_buf *buf, const struct vb_page *page,
                      const struct vb_record *record)
{
    struct vb_json *shown = NULL;
    struct vb_buf line;

    vb_buf_init(&line, PAGE_LIMIT);
    write_member(&line, page, record);
    if (line.err != VB_OK)
        buf->err = line.err;
    else if (vb_json_parse(vb_buf_span(&line), &vb_expand_json_limits, &shown,
                           NULL) == VB_OK)
        vb_columns_write_row(buf, &page->columns, shown->root);
    else
        buf->err = VB_ERR_NOMEM;
    vb_json_free(shown);
    vb_buf_done(&line);
}

void vb_page_write_rows(struct vb_exchange *x, struct vb_buf *buf,
                        const struct vb_page *page, bool beginning)
{
    if (vb_page_form(x) == VB_FORM_LINES) {
        write_lines(buf, page);
        return;
    }
    if (beginning)
        vb_columns_write_head(buf, &page->columns);
    for (size_t i = 0; i < page->list->count; i++)
        write_row(buf, page, shown_at(page, i));
}

enum vb_form vb_page_form(const struct vb_exchange *x)
{
    return x->offer < 0 ? VB_FORM_USUAL
                        : (enum vb_form)x->resource->offers[x->offer].form;
}

struct vb_span vb_page_brief(const struct vb_exchange *x)
{
    bool links = x->offer >= 0 && x->resource->offers[x->offer].is_page;

    return links ? VB_SPAN("") : VB_SPAN("application/json");
}

bool vb_page_prepare(struct vb_exchange *x, struct vb_page *page)
{
    return vb_page_form(x) != VB_FORM_TABLE ||
           vb_columns_choose(&page->columns, &x->arena, page->selection);
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
        vb_json_parse(vb_buf_span(&json), &vb_expand_json_limits, &all, NULL) !=
            VB_OK) {
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

/* Who asks, as far as it decides what is seen: what they are, and what their
 * account says. */
static void write_viewer(struct vb_buf *buf, const struct vb_identity *identity)
{
    if (identity == NULL)
        return;
    vb_buf_printf(buf, "%zu %.*s %zu %.*s", identity->account.len,
                  VB_FMT(identity->account), identity->subject.len,
                  VB_FMT(identity->subject));
    for (size_t i = 0; i < identity->role_count; i++)
        vb_buf_printf(buf, " %zu %.*s", identity->roles[i].len,
                      VB_FMT(identity->roles[i]));
    if (identity->record != NULL)
        vb_buf_printf(buf, " %llu",
                      (unsigned long long)identity->record->revision);
}

/* Nobody can tell from a tag who else it was given to. */
static struct vb_span viewer_variant(struct vb_exchange *x,
                                     const struct vb_page *page)
{
    struct vb_span variant;
    struct vb_buf buf;

    vb_buf_init(&buf, 64 * 1024);
    write_viewer(&buf, x->identity);
    variant = vb_arena_printf(
        &x->arena, "u%016llx",
        (unsigned long long)vb_hash(page->secret, vb_buf_span(&buf)));
    x->arena.failed |= buf.err != VB_OK;
    vb_buf_done(&buf);
    return variant;
}

/* What a description says of a page, which the next one may say otherwise: what
 * is hidden, and the columns. */
static struct vb_span described_variant(struct vb_exchange *x,
                                        const struct vb_page *page)
{
    static const struct vb_hash_key fixed = {0, 0};
    struct vb_span hidden = vb_state_hidden(member_of(page));
    struct vb_span variant;
    struct vb_buf head;

    if (vb_page_form(x) != VB_FORM_TABLE)
        return hidden;
    vb_buf_init(&head, PAGE_LIMIT);
    vb_columns_write_head(&head, &page->columns);
    variant = vb_arena_printf(
        &x->arena, "%.*sc%016llx", VB_FMT(hidden),
        (unsigned long long)vb_hash(&fixed, vb_buf_span(&head)));
    x->arena.failed |= head.err != VB_OK;
    vb_buf_done(&head);
    return variant;
}

/* The results of different queries at one URI have different tags, and so has
 * what different people see: what is the page's own follows the revision (see
 * exchange/rep.h). */
static struct vb_span variant_of(struct vb_exchange *x,
                                 const struct vb_page *page)
{
    static const struct vb_hash_key fixed = {0, 0};
    struct vb_span variant = x->resource->offers[x->offer].tag_variant;
    struct vb_span described = described_variant(x, page);

    if (described.len > 0)
        variant = vb_arena_printf(&x->arena, "%.*s%.*s", VB_FMT(variant),
                                  VB_FMT(described));
    if (x->head.method == VB_METHOD_QUERY)
        variant =
            vb_arena_printf(&x->arena, "%.*sq%016llx", VB_FMT(variant),
                            (unsigned long long)vb_hash(&fixed, page->uri));
    if (page->expanding != NULL)
        variant = vb_expanding_variant(page->expanding, variant);
    if (page->personal)
        variant = vb_arena_printf(&x->arena, "%.*s%.*s", VB_FMT(variant),
                                  VB_FMT(viewer_variant(x, page)));
    return variant;
}

/* Where GET has what a QUERY asked for (RFC 10008 sections 2.3 and 2.4): these
 * results, and the query again; here they are one URI. */
static struct vb_span location_of(const struct vb_exchange *x,
                                  const struct vb_page *page)
{
    return x->head.method == VB_METHOD_QUERY && fits_uri(page) &&
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
                               const struct links *links, struct vb_buf *text)
{
    const struct vb_offer *offer = &x->resource->offers[x->offer];
    struct vb_field_out extra[3 + VB_PAGE_FIELDS] = {
        {VB_SPAN("Link"), links->field}};
    struct vb_rep_draft draft = {
        .media_type = offer->media_type,
        .tag_core = vb_stored_tag(x, page->list->revision),
        .tag_variant = variant_of(x, page),
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
    struct links links = make_links(x, page);
    struct vb_rep *rep = NULL;
    struct vb_buf text;

    vb_buf_init(&text, PAGE_LIMIT);
    if (x->resource->offers[x->offer].is_page)
        write_html(x, &text, page, &links);
    else if (vb_page_form(x) == VB_FORM_USUAL)
        write_json(&text, page);
    else if (page->flow == NULL)
        vb_page_write_rows(x, &text, page, true);
    if (text.err == VB_OK)
        rep = make_rep(x, page, &links, &text);
    vb_buf_done(&text);
    if (rep == NULL)
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return rep;
}
