/* The rules of src/content/problem.h: RFC 9457. */
#include "unit.h"

#include <stdlib.h>

#include "content/problem.h"
#include "html_check.h"
#include "json_unit.h"

static void assert_problem(const struct vb_problem *problem, const char *text)
{
    struct vb_json *json = NULL;
    struct vb_buf buf;

    vb_buf_init(&buf, VB_PROBLEM_BYTES_MOST);
    vb_problem_write_json(&buf, problem);
    assert_int_equal(buf.err, VB_OK);
    if (text != NULL)
        assert_span_equal(vb_buf_span(&buf), text);
    /* 8259-10-01 */
    assert_int_equal(vb_json_parse(vb_buf_span(&buf), NULL, &json, NULL),
                     VB_OK);
    vb_json_free(json);
    vb_buf_reset(&buf);
    vb_problem_write_html(&buf, problem);
    assert_int_equal(buf.err, VB_OK);
    assert_true(html_is_ours(vb_buf_span(&buf)));
    vb_buf_done(&buf);
}

/* 9457-3.1.2-01, 9457-4.2.1-01, 9457-4-01 */
static void problem_without_type_has_the_phrase_of_its_status(void **state)
{
    const struct vb_problem problem = {.status = 404};

    (void)state;
    assert_problem(&problem, "{\"status\":404,\"title\":\"Not Found\"}");
}

static void problem_says_all_it_knows(void **state)
{
    struct vb_problem problem = {
        .status = 422,
        .type = VB_SPAN("https://example.com/invalid"),
        .title = VB_SPAN("Not valid"),
        .detail = VB_SPAN("2 members are wrong"),
        .instance = VB_SPAN("/books/7"),
    };

    (void)state;
    vb_problem_complain(&problem, VB_PROBLEM_POINTER, VB_SPAN("/a~1b/0"),
                        VB_SPAN("is no \"integer\""));
    vb_problem_complain(&problem, VB_PROBLEM_PARAMETER, VB_SPAN("limit"),
                        VB_SPAN("is too large"));
    vb_problem_complain(&problem, VB_PROBLEM_HEADER, VB_SPAN("Prefer"),
                        VB_SPAN(""));
    vb_problem_complain(&problem, VB_PROBLEM_POINTER, VB_SPAN(""),
                        VB_SPAN("x"));
    problem.complaints[3].line = 4; /* of several values, one a line */
    assert_problem(
        &problem,
        "{\"type\":\"https://example.com/invalid\",\"status\":422,"
        "\"title\":\"Not valid\",\"detail\":\"2 members are wrong\","
        "\"instance\":\"/books/7\",\"errors\":["
        "{\"pointer\":\"/a~1b/0\",\"detail\":\"is no \\\"integer\\\"\"},"
        "{\"parameter\":\"limit\",\"detail\":\"is too large\"},"
        "{\"header\":\"Prefer\"},{\"pointer\":\"\",\"line\":4,"
        "\"detail\":\"x\"}]}");
}

static void problem_escapes_what_a_client_wrote(void **state)
{
    struct vb_problem problem = {
        .status = 400,
        .type = VB_SPAN("javascript:alert(1)"),
        .detail = VB_SPAN("<script>\"\xFF\n"),
        .instance = VB_SPAN("/\"><img src=x>"),
    };
    struct vb_buf buf;

    (void)state;
    vb_problem_complain(&problem, VB_PROBLEM_HEADER, VB_SPAN("<i>"),
                        VB_SPAN("</td>\0"));
    assert_problem(&problem,
                   "{\"type\":\"javascript:alert(1)\",\"status\":400,"
                   "\"title\":\"Bad Request\","
                   "\"detail\":\"<script>\\\"\xEF\xBF\xBD\\n\","
                   "\"instance\":\"/\\\"><img src=x>\",\"errors\":["
                   "{\"header\":\"<i>\",\"detail\":\"</td>\\u0000\"}]}");
    vb_buf_init(&buf, VB_PROBLEM_BYTES_MOST);
    vb_problem_write_html(&buf, &problem);
    assert_non_null(memmem(buf.ptr, buf.len, "<h1><bdi>400 Bad Request", 24));
    assert_non_null(memmem(buf.ptr, buf.len, "&lt;script&gt;&quot;", 20));
    assert_null(memmem(buf.ptr, buf.len, "<a ", 3));
    vb_buf_done(&buf);
}

static void problem_counts_complaints_beyond_the_first(void **state)
{
    struct vb_problem problem = {.status = 422};
    struct vb_buf buf;

    (void)state;
    for (unsigned i = 0; i < VB_PROBLEM_MOST + 7; i++)
        vb_problem_complain(&problem, VB_PROBLEM_POINTER, VB_SPAN("/a"),
                            VB_SPAN("b"));
    vb_buf_init(&buf, VB_PROBLEM_BYTES_MOST);
    vb_problem_write_json(&buf, &problem);
    assert_true(vb_span_ends(vb_buf_span(&buf),
                             VB_SPAN("{\"pointer\":\"/a\",\"detail\":\"b\"},"
                                     "{\"detail\":\"and 7 more\"}]}")));
    vb_buf_reset(&buf);
    vb_problem_write_html(&buf, &problem);
    assert_non_null(memmem(buf.ptr, buf.len, "and 7 more", 10));
    vb_buf_done(&buf);
}

/* Controls take six bytes each in JSON, ampersands five in HTML. */
static void problem_keeps_its_bound_whatever_it_is_told(void **state)
{
    static const char fillers[] = {'\x01', '&', '\xFF'};
    struct vb_problem problem = {.status = 422};
    struct vb_span text = {malloc(100000), 100000};

    (void)state;
    problem.type = problem.title = problem.detail = problem.instance = text;
    for (unsigned i = 0; i < VB_PROBLEM_MOST + 7; i++)
        vb_problem_complain(&problem, VB_PROBLEM_POINTER, text, text);
    for (size_t i = 0; i < sizeof(fillers); i++) {
        memset((char *)text.ptr, fillers[i], text.len);
        assert_problem(&problem, NULL);
    }
    free((char *)text.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problem_without_type_has_the_phrase_of_its_status),
        cmocka_unit_test(problem_says_all_it_knows),
        cmocka_unit_test(problem_escapes_what_a_client_wrote),
        cmocka_unit_test(problem_counts_complaints_beyond_the_first),
        cmocka_unit_test(problem_keeps_its_bound_whatever_it_is_told),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
