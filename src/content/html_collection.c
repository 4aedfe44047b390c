/* The members of a collection as a table. See html.h. */
#include "content/html.h"

#include "content/html_part.h"
#include "content/json.h"

/* Columns shown, rows looked at to find them, rows shown. */
#define COLUMNS_MOST 8
#define ROWS_SAMPLED 50
#define ROWS_MOST    1000

/* Members of an object that are looked at for columns and cells: those that
 * come behind are not shown. */
#define NAMES_MOST 64

/* Bytes of a cell and of a name that are shown. */
#define CELL_MOST 120
#define NAME_MOST 80

struct columns {
    struct vb_span names[COLUMNS_MOST];
    size_t count;
};

static bool has_column(const struct columns *columns, struct vb_span name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (vb_span_eq(columns->names[i], name))
            return true;
    return false;
}

static void add_columns(struct columns *columns, yyjson_val *value)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(value);
    yyjson_val *key;

    for (size_t i = 0; i < NAMES_MOST; i++) {
        key = yyjson_obj_iter_next(&iter);
        if (key == NULL || columns->count == COLUMNS_MOST)
            return;
        if (!has_column(columns, vb_json_text(key)))
            columns->names[columns->count++] = vb_json_text(key);
    }
}

static yyjson_val *find_cell(yyjson_val *object, struct vb_span name)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    for (size_t i = 0; i < NAMES_MOST; i++) {
        key = yyjson_obj_iter_next(&iter);
        if (key == NULL || vb_span_eq(vb_json_text(key), name))
            return yyjson_obj_iter_get_val(key);
    }
    return NULL;
}

static void write_cell(struct vb_buf *buf, yyjson_val *value)
{
    vb_buf_str(buf, "<td>");
    if (yyjson_is_ctn(value)) {
        vb_buf_str(buf, "<span class=\"m\">");
        vb__html_count(buf, value);
        vb_buf_str(buf, "</span>");
    } else if (value != NULL) {
        vb__html_scalar(buf, value, CELL_MOST);
    }
    vb_buf_str(buf, "</td>");
}

/* The last segment of a member's URI, which tells it from its siblings. */
static struct vb_span label_of(struct vb_span href)
{
    size_t from = href.len;

    while (from > 0 && href.ptr[from - 1] != '/')
        from--;
    return from == href.len ? href : vb_span_from(href, from);
}

static void write_row(struct vb_buf *buf, const struct columns *columns,
                      const struct vb_html_member *member)
{
    vb_buf_str(buf, "<tr><th scope=\"row\"><bdi>");
    vb__html_link(buf, member->href, label_of(member->href), NAME_MOST);
    vb_buf_str(buf, "</bdi></th>");
    if (!yyjson_is_obj(member->value) || columns->count == 0) {
        write_cell(buf, member->value);
    } else {
        for (size_t i = 0; i < columns->count; i++)
            write_cell(buf, find_cell(member->value, columns->names[i]));
    }
    vb_buf_str(buf, "</tr>\n");
}

static void write_head(struct vb_buf *buf, const struct columns *columns)
{
    vb_buf_str(buf, "<thead><tr><th scope=\"col\">URI</th>");
    for (size_t i = 0; i < columns->count; i++) {
        vb_buf_str(buf, "<th scope=\"col\"><bdi>");
        vb__html_cut(buf, columns->names[i], NAME_MOST);
        vb_buf_str(buf, "</bdi></th>");
    }
    if (columns->count == 0)
        vb_buf_str(buf, "<th scope=\"col\">value</th>");
    vb_buf_str(buf, "</tr></thead>\n<tbody>\n");
}

static void write_table(struct vb_buf *buf,
                        const struct vb_html_member *members, size_t count)
{
    size_t enough = buf->len + VB__HTML_ENOUGH;
    struct columns columns = {.count = 0};
    size_t row = 0;

    for (size_t i = 0; i < count && i < ROWS_SAMPLED; i++)
        add_columns(&columns, members[i].value);
    vb_buf_printf(buf, "<table>\n<caption>%zu member%s</caption>\n", count,
                  count == 1 ? "" : "s");
    write_head(buf, &columns);
    while (row < count && row < ROWS_MOST && buf->len < enough &&
           buf->err == VB_OK)
        write_row(buf, &columns, &members[row++]);
    vb_buf_str(buf, "</tbody>\n</table>\n");
    if (row < count)
        vb_buf_printf(buf, "<p class=\"m\">and %zu more</p>\n", count - row);
}

void vb_html_collection(struct vb_buf *buf, const struct vb_html_page *page,
                        const struct vb_html_member *members, size_t count)
{
    vb__html_begin(buf, page);
    if (count == 0) {
        vb_buf_str(buf, "<p class=\"m\">no members</p>\n");
    } else {
        vb_buf_str(buf, "<div class=\"w\" tabindex=\"0\" role=\"region\" "
                        "aria-label=\"Members\">\n");
        write_table(buf, members, count);
        vb_buf_str(buf, "</div>\n");
    }
    vb__html_end(buf, page);
}
