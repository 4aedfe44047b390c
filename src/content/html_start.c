/* Where an API begins: what it is, and where to go from here. See html.h. */
#include "content/html.h"

#include "content/html_part.h"

/* Bytes shown of the text above, and of one entry's parts. */
#define TEXT_MOST  4000
#define ENTRY_MOST 400

static void write_cell(struct vb_buf *buf, struct vb_span text)
{
    vb_buf_str(buf, "<td><bdi>");
    vb__html_cut(buf, text, ENTRY_MOST);
    vb_buf_str(buf, "</bdi></td>");
}

static void write_entry(struct vb_buf *buf, const struct vb_html_entry *entry)
{
    vb_buf_str(buf, "<tr><th scope=\"row\"><bdi>");
    if (entry->linked)
        vb__html_link(buf, entry->href, entry->href, ENTRY_MOST);
    else
        vb__html_cut(buf, entry->href, ENTRY_MOST);
    vb_buf_str(buf, "</bdi></th>");
    write_cell(buf, entry->kind);
    write_cell(buf, entry->methods);
    write_cell(buf, entry->text);
    vb_buf_str(buf, "</tr>\n");
}

static void write_table(struct vb_buf *buf, const struct vb_html_entry *entries,
                        size_t count)
{
    size_t enough = buf->len + VB__HTML_ENOUGH;
    size_t row = 0;

    vb_buf_str(buf, "<table>\n<thead><tr><th scope=\"col\">Path</th>"
                    "<th scope=\"col\">Kind</th><th scope=\"col\">Methods</th>"
                    "<th scope=\"col\">What</th></tr></thead>\n<tbody>\n");
    while (row < count && buf->len < enough && buf->err == VB_OK)
        write_entry(buf, &entries[row++]);
    vb_buf_str(buf, "</tbody>\n</table>\n");
    if (row < count)
        vb_buf_printf(buf, "<p class=\"m\">and %zu more</p>\n", count - row);
}

void vb_html_start(struct vb_buf *buf, const struct vb_html_page *page,
                   struct vb_span text, const struct vb_html_entry *entries,
                   size_t count)
{
    vb__html_begin(buf, page);
    if (text.len > 0) {
        vb_buf_str(buf, "<p><bdi>");
        vb__html_cut(buf, text, TEXT_MOST);
        vb_buf_str(buf, "</bdi></p>\n");
    }
    if (count == 0) {
        vb_buf_str(buf, "<p class=\"m\">no path without variables</p>\n");
    } else {
        vb_buf_str(buf, "<div class=\"w\" tabindex=\"0\" role=\"region\" "
                        "aria-label=\"Resources\">\n");
        write_table(buf, entries, count);
        vb_buf_str(buf, "</div>\n");
    }
    vb__html_end(buf, page);
}
