/* One JSON value as a page. See html.h. */
#include "content/html.h"

#include "content/html_part.h"
#include "content/json.h"

/* A page ends where it has shown this many values. Each container that is open
 * then says what it left out. */
#define VALUES_MOST 5000

/* Bytes of a string and of a name that are shown. */
#define STRING_MOST 4000
#define NAME_MOST   200

/* Containers nested deeper than this begin folded. */
#define OPEN_LEVELS 2

struct showing {
    struct vb_buf *buf;
    size_t begin; /* where in the buffer the page begins */
    size_t values;
};

static void show_value(struct showing *showing, yyjson_val *value,
                       unsigned level);

static bool is_full(const struct showing *showing)
{
    return showing->values >= VALUES_MOST || showing->buf->err != VB_OK ||
           showing->buf->len - showing->begin > VB__HTML_ENOUGH;
}

static void show_members(struct showing *showing, yyjson_val *object,
                         unsigned level)
{
    struct vb_buf *buf = showing->buf;
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    size_t left = yyjson_obj_size(object);
    yyjson_val *key;

    vb_buf_str(buf, "<table>\n");
    while (!is_full(showing) && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        left--;
        vb_buf_str(buf, "<tr><th scope=\"row\"><bdi>");
        vb__html_cut(buf, vb_json_text(key), NAME_MOST);
        vb_buf_str(buf, "</bdi></th><td>");
        show_value(showing, yyjson_obj_iter_get_val(key), level);
        vb_buf_str(buf, "</td></tr>\n");
    }
    if (left > 0)
        vb_buf_printf(buf,
                      "<tr><td class=\"m\" colspan=\"2\">and %zu more</td>"
                      "</tr>\n",
                      left);
    vb_buf_str(buf, "</table>");
}

static void show_elements(struct showing *showing, yyjson_val *array,
                          unsigned level)
{
    struct vb_buf *buf = showing->buf;
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    size_t left = yyjson_arr_size(array);
    yyjson_val *element;

    vb_buf_str(buf, "<ol start=\"0\">\n"); /* as JSON Pointers count */
    while (!is_full(showing) &&
           (element = yyjson_arr_iter_next(&iter)) != NULL) {
        left--;
        vb_buf_str(buf, "<li>");
        show_value(showing, element, level);
        vb_buf_str(buf, "</li>\n");
    }
    vb_buf_str(buf, "</ol>");
    if (left > 0)
        vb_buf_printf(buf, "<p class=\"m\">and %zu more</p>", left);
}

/* A container that is not empty; within another one it can be folded. */
static void show_container(struct showing *showing, yyjson_val *value,
                           unsigned level)
{
    struct vb_buf *buf = showing->buf;

    if (level > 0) {
        vb_buf_str(buf, level <= OPEN_LEVELS ? "<details open><summary>"
                                             : "<details><summary>");
        vb__html_count(buf, value);
        vb_buf_str(buf, "</summary>");
    }
    if (yyjson_is_obj(value))
        show_members(showing, value, level + 1);
    else
        show_elements(showing, value, level + 1);
    if (level > 0)
        vb_buf_str(buf, "</details>");
}

/* It recurses as deep as a document may be nested. */
static void show_value(struct showing *showing, yyjson_val *value,
                       unsigned level)
{
    showing->values++;
    if (!yyjson_is_ctn(value)) {
        vb__html_scalar(showing->buf, value, STRING_MOST);
    } else if (unsafe_yyjson_get_len(value) > 0) {
        show_container(showing, value, level);
    } else {
        vb_buf_str(showing->buf, "<span class=\"m\">");
        vb__html_count(showing->buf, value);
        vb_buf_str(showing->buf, "</span>");
    }
}

void vb_html_value(struct vb_buf *buf, const struct vb_html_page *page,
                   yyjson_val *value)
{
    struct showing showing = {.buf = buf, .begin = buf->len};

    vb__html_begin(buf, page);
    vb_buf_str(buf, "<div class=\"w\">\n");
    show_value(&showing, value, 0);
    vb_buf_str(buf, "\n</div>\n");
    vb__html_end(buf, page);
}
