/* The URIs of a page, of those around it, and its cursors. See page_part.h. */
#include "http/query.h"
#include "resource/page_part.h"

/* Bytes of a URI that a page's links have: all that a QUERY's content may say,
 * escaped; and of one that others take as well (RFC 9110 section 4.1). */
#define URI_LIMIT ((size_t)256 * 1024)
#define URI_USUAL ((size_t)4096)

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

bool vb__page_fits_uri(const struct vb_page *page)
{
    return page->uri.len > 0 && page->uri.len <= URI_USUAL;
}

static struct vb_span page_uri(struct vb_exchange *x,
                               const struct vb_page *page,
                               const struct vb_cursor *cursor)
{
    return write_uri(x, page, cursor, vb__page_fits_uri(page));
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

struct vb__page_links vb__page_links(struct vb_exchange *x,
                                     const struct vb_page *page)
{
    bool backward = page->cursor.backward;
    struct vb__page_links links = {.first = page_uri(x, page, NULL)};
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
