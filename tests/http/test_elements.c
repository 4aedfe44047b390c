/* Comma lists over several lines (RFC 9110 sections 5.3 and 5.6.1.2). */
#include "unit.h"

#include "http/elements.h"

enum { LINES = 3, WANTED = 5 };

static const struct {
    const char *lines[LINES];
    unsigned syntax;
    const char *elements[WANTED];
} rows[] = {
    {{"a, b"}, 0, {"a", "b"}},
    {{"a,b\t,\tc"}, 0, {"a", "b", "c"}},
    {{""}, 0, {NULL}},
    {{" , ,\t,"}, 0, {NULL}},
    /* 9110-5.6.1.2-01 */
    {{",a,,b, ,c,"}, 0, {"a", "b", "c"}},
    /* 9110-5.2-01 */
    {{"a", "", "b, c"}, 0, {"a", "b", "c"}},
    {{"\"a,b\", c"}, 0, {"\"a,b\"", "c"}},
    {{"x=\"a,\\\",b\";q=1 , c"}, 0, {"x=\"a,\\\",b\";q=1", "c"}},
    {{"\"a,b", "c"}, 0, {"\"a,b", "c"}},
    {{"\"a\\", "c"}, 0, {"\"a\\", "c"}},
    {{"\"a\\\", b"}, VB_ELEMENTS_NO_ESCAPE, {"\"a\\\"", "b"}},
    {{"\"a\\\", b"}, 0, {"\"a\\\", b"}},
    {{"1.1 a (x, y), 1.0 b"}, 0, {"1.1 a (x", "y)", "1.0 b"}},
    {{"1.1 a (x, (y,)), 1.0 b"},
     VB_ELEMENTS_COMMENTS,
     {"1.1 a (x, (y,))", "1.0 b"}},
    {{"a (\\), b), c"}, VB_ELEMENTS_COMMENTS, {"a (\\), b)", "c"}},
    {{"a (b, c", "d"}, VB_ELEMENTS_COMMENTS, {"a (b, c", "d"}},
    {{"a b"}, 0, {"a b"}},
};

static void elements_come_in_order_and_never_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];
        struct vb_elements elements;
        struct vb_span element;
        size_t count = 0;
        size_t n = 0;

        while (count < LINES && rows[i].lines[count] != NULL) {
            values[count] = vb_span_str(rows[i].lines[count]);
            count++;
        }
        vb_elements_init(&elements, values, count, rows[i].syntax);
        while (vb_elements_next(&elements, &element)) {
            assert_non_null(rows[i].elements[n]);
            assert_span_equal(element, rows[i].elements[n]);
            n++;
        }
        assert_null(rows[i].elements[n]);
        assert_false(vb_elements_next(&elements, &element));
    }
}

/* 9110-7.6.1-05 */
static void a_list_has_a_token_in_any_case(void **state)
{
    const struct vb_span values[] = {VB_SPAN_INIT("keep-alive"),
                                     VB_SPAN_INIT("foo ,CLOSE")};

    (void)state;
    assert_true(vb_elements_have(values, 2, VB_SPAN("close")));
    assert_false(vb_elements_have(values, 1, VB_SPAN("close")));
    assert_false(vb_elements_have(values, 2, VB_SPAN("clos")));
    assert_false(vb_elements_have(NULL, 0, VB_SPAN("close")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_in_order_and_never_empty),
        cmocka_unit_test(a_list_has_a_token_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
