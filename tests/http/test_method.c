/* Methods: names, properties, sets (RFC 9110 sections 9 and 10.2.1). */
#include "unit.h"

#include "http/method.h"

#define C(x) VB_METHOD_CACHEABLE_##x
#define B(x) VB_METHOD_CONTENT_##x

static void each_method_has_its_registered_properties(void **state)
{
    static const struct {
        const char *name;
        enum vb_method method;
        bool safe, idempotent;
        enum vb_method_cacheable cacheable;
        enum vb_method_content content;
    } rows[] = {
        {"GET", VB_METHOD_GET, true, true, C(YES), B(UNDEFINED)},
        {"HEAD", VB_METHOD_HEAD, true, true, C(YES), B(UNDEFINED)},
        {"POST", VB_METHOD_POST, false, false, C(EXPLICIT), B(DEFINED)},
        {"PUT", VB_METHOD_PUT, false, true, C(NO), B(DEFINED)},
        {"DELETE", VB_METHOD_DELETE, false, true, C(NO), B(UNDEFINED)},
        {"CONNECT", VB_METHOD_CONNECT, false, false, C(NO), B(NONE)},
        {"OPTIONS", VB_METHOD_OPTIONS, true, true, C(NO), B(UNDEFINED)},
        {"TRACE", VB_METHOD_TRACE, true, true, C(NO), B(NONE)},
        {"PATCH", VB_METHOD_PATCH, false, false, C(EXPLICIT), B(DEFINED)},
        {"QUERY", VB_METHOD_QUERY, true, true, C(YES), B(DEFINED)},
    };

    (void)state;
    assert_int_equal(VB_COUNT_OF(rows), VB_METHOD_COUNT - 1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_method_info *info = vb_method_info(rows[i].method);

        assert_int_equal(vb_method_find(vb_span_str(rows[i].name)),
                         rows[i].method);
        assert_span_equal(info->name, rows[i].name);
        assert_int_equal(info->safe, rows[i].safe);
        assert_int_equal(info->idempotent, rows[i].idempotent);
        assert_int_equal(info->cacheable, rows[i].cacheable);
        assert_int_equal(info->content, rows[i].content);
        /* 9110-9.2.2-01: what is safe is idempotent. */
        assert_true(!info->safe || info->idempotent);
    }
}

/* 9110-9.1-04, 9110-9.1-02 */
static void another_spelling_is_an_unknown_method(void **state)
{
    static const char *const names[] = {
        "",      "get",    "Get",     "GE",      "GETS",     "GET ",
        " GET",  "POSTS",  "BREW",    "DELETED", "CONNECTS", "QUERYQUERY",
        "PATCh", "OPTION", "OPTIONZ", "TRAC",    "\xff",     "PRI",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(names); i++)
        assert_int_equal(vb_method_find(vb_span_str(names[i])),
                         VB_METHOD_UNKNOWN);
    assert_int_equal(vb_method_find(vb_span_of("GET\0", 4)), VB_METHOD_UNKNOWN);
    assert_int_equal(vb_method_find(vb_span_of(NULL, 0)), VB_METHOD_UNKNOWN);
}

/* 9111-4.4-01 */
static void an_unknown_method_is_neither_safe_nor_cacheable(void **state)
{
    (void)state;
    assert_false(vb_method_is_safe(VB_METHOD_UNKNOWN));
    assert_false(vb_method_is_idempotent(VB_METHOD_UNKNOWN));
    assert_int_equal(vb_method_info(VB_METHOD_UNKNOWN)->cacheable, C(NO));
    assert_int_equal(vb_method_name(VB_METHOD_UNKNOWN).len, 0);
}

/* 9110-10.2.1-01, 9110-5.6.1.1-01 */
static void a_set_is_written_as_an_allow_list(void **state)
{
    char text[VB_METHOD_SET_TEXT_MAX];
    size_t len;

    (void)state;
    assert_int_equal(vb_method_set_format(0, text), 0);
    assert_int_equal(
        vb_method_set_format(VB_METHOD_BIT(VB_METHOD_UNKNOWN), text), 0);
    len = vb_method_set_format(
        VB_METHOD_BIT(VB_METHOD_HEAD) | VB_METHOD_BIT(VB_METHOD_GET), text);
    assert_span_equal(vb_span_of(text, len), "GET, HEAD");
    len = vb_method_set_format(UINT32_MAX, text);
    assert_span_equal(vb_span_of(text, len),
                      "GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, "
                      "PATCH, QUERY");
    assert_true(len <= sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_method_has_its_registered_properties),
        cmocka_unit_test(another_spelling_is_an_unknown_method),
        cmocka_unit_test(an_unknown_method_is_neither_safe_nor_cacheable),
        cmocka_unit_test(a_set_is_written_as_an_allow_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
