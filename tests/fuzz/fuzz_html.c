/*
 * Whatever a client sends, a page is nothing but the elements and attributes
 * that we write, properly nested, with harmless links. JSON is shown as a value
 * and as members; other input serves as path, title and problem.
 */
#include "../content/html_check.h"
#include "base/assert.h"
#include "content/html.h"
#include "content/json.h"
#include "content/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_page(struct vb_buf *buf)
{
    vb_assert(buf->err == VB_OK);
    vb_assert(html_is_ours(vb_buf_span(buf)));
    vb_buf_reset(buf);
}

static void show(struct vb_buf *buf, const struct vb_html_page *page,
                 yyjson_val *value)
{
    struct vb_html_member members[8];
    yyjson_arr_iter iter = yyjson_arr_iter_with(value);
    yyjson_val *element;
    size_t count = 0;

    vb_html_value(buf, page, value);
    check_page(buf);
    while (count < 8 && (element = yyjson_arr_iter_next(&iter)) != NULL)
        members[count++] = (struct vb_html_member){
            yyjson_is_str(element) ? vb_json_text(element) : page->path,
            element};
    vb_html_collection(buf, page, members, count);
    check_page(buf);
}

static void start(struct vb_buf *buf, const struct vb_html_page *page,
                  struct vb_span text)
{
    const struct vb_html_entry entry = {text, true, text, text, text};

    vb_html_start(buf, page, text, &entry, 1);
    check_page(buf);
}

static void complain(struct vb_buf *buf, struct vb_span text)
{
    struct vb_problem problem = {.status = 400,
                                 .type = text,
                                 .title = text,
                                 .detail = text,
                                 .instance = text};
    struct vb_json *json;

    vb_problem_complain(&problem, VB_PROBLEM_HEADER, text, text);
    vb_problem_write_html(buf, &problem);
    check_page(buf);
    vb_problem_write_json(buf, &problem);
    vb_assert(vb_json_parse(vb_buf_span(buf), NULL, &json, NULL) == VB_OK);
    vb_json_free(json);
    vb_buf_reset(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_html_page page = {.path = VB_SPAN("/x")};
    struct vb_json *json;
    struct vb_buf buf;

    vb_buf_init(&buf, VB_HTML_MOST);
    if (vb_json_parse(text, NULL, &json, NULL) == VB_OK) {
        show(&buf, &page, json->root);
        vb_json_free(json);
    } else {
        complain(&buf, text);
        if (vb_span_starts(text, VB_SPAN("/")) && text.len < 16384)
            page.path = text;
        page.json = page.next = text;
        vb_html_collection(&buf, &page, NULL, 0);
        check_page(&buf);
        start(&buf, &page, text);
    }
    vb_buf_done(&buf);
    return 0;
}
