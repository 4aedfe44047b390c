/* Members as a page has them, in the forms that listings have. See page_part.h.
 */
#include "content/json.h"
#include "resource/page_part.h"
#include "resource/stored.h"

struct vb_record *vb__page_shown(const struct vb_page *page, size_t index)
{
    const struct vb_list_read *list = page->list;

    return list
        ->records[page->cursor.backward ? list->count - 1 - index : index];
}

/* A member that is no JSON is shown by what it is. */
static void write_verbatim(struct vb_buf *buf, const struct vb_record *record)
{
    vb_buf_str(buf, "{\"uri\":");
    vb_json_write_string(buf, record->key);
    vb_buf_str(buf, ",\"mediaType\":");
    vb_json_write_string(buf, record->media_type);
    vb_buf_printf(buf, ",\"length\":%llu}", (unsigned long long)record->length);
}

const struct vb_route *vb__page_member(const struct vb_page *page)
{
    const struct vb_route *route = page->selection->route;

    return route->member != NULL ? route->member : route;
}

static void write_member(struct vb_buf *buf, const struct vb_page *page,
                         const struct vb_record *record)
{
    if (vb_is_json(record->media_type))
        vb_selection_write_state(buf, vb__page_member(page), page->selection,
                                 page->expanding, record->content);
    else
        write_verbatim(buf, record);
}

void vb__page_write_json(struct vb_buf *buf, const struct vb_page *page)
{
    vb_buf_char(buf, '[');
    for (size_t i = 0; i < page->list->count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        write_member(buf, page, vb__page_shown(page, i));
    }
    vb_buf_char(buf, ']');
}

void vb_page_expand(const struct vb_page *page)
{
    struct vb_buf buf;

    vb_buf_init(&buf, VB__PAGE_LIMIT);
    vb__page_write_json(&buf, page);
    if (buf.err == VB_ERR_LIMIT)
        page->expanding->excessive = true;
    else if (buf.err != VB_OK)
        page->expanding->err = buf.err;
    vb_buf_done(&buf);
}

static void write_lines(struct vb_buf *buf, const struct vb_page *page)
{
    for (size_t i = 0; i < page->list->count; i++) {
        write_member(buf, page, vb__page_shown(page, i));
        vb_buf_char(buf, '\n');
    }
}

/* A row is made of the line, so that the two never differ. */
static void write_row(struct vb_buf *buf, const struct vb_page *page,
                      const struct vb_record *record)
{
    struct vb_json *shown = NULL;
    struct vb_buf line;

    vb_buf_init(&line, VB__PAGE_LIMIT);
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
        write_row(buf, page, vb__page_shown(page, i));
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
