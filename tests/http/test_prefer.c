/* Prefer (RFC 7240) and Expect (RFC 9110 section 10.1.1). */
#include "unit.h"

#include "http/expect.h"
#include "http/prefer.h"

enum { LINES = 2 };

static size_t values_of(const char *const lines[LINES],
                        struct vb_span values[LINES])
{
    size_t count = 0;

    for (; count < LINES && lines[count] != NULL; count++)
        values[count] = vb_span_str(lines[count]);
    return count;
}

#define R(x) VB_PREFER_RETURN_##x
#define H(x) VB_PREFER_HANDLING_##x

static void registered_preferences_are_read(void **state)
{
    static const struct {
        const char *lines[LINES];
        enum vb_prefer_return returns;
        enum vb_prefer_handling handling;
        bool async;
        int64_t wait; /* -1: none */
    } rows[] = {
        {{NULL}, R(NONE), H(NONE), false, -1},
        {{""}, R(NONE), H(NONE), false, -1},
        {{"return=minimal"}, R(MINIMAL), H(NONE), false, -1},
        {{"return=representation; foo=\"some parameter\""},
         R(REPRESENTATION),
         H(NONE),
         false,
         -1},
        {{"respond-async, wait=100, handling=lenient"},
         R(NONE),
         H(LENIENT),
         true,
         100},
        {{"respond-async", "wait=10"}, R(NONE), H(NONE), true, 10},
        /* 7240-2-01 */
        {{"foo, bar=1, return=minimal"}, R(MINIMAL), H(NONE), false, -1},
        /* 7240-2-03 */
        {{"return=minimal, return=representation"},
         R(MINIMAL),
         H(NONE),
         false,
         -1},
        {{"return=nothing", "return=minimal"}, R(NONE), H(NONE), false, -1},
        {{"wait=5, wait=10"}, R(NONE), H(NONE), false, 5},
        /* 7240-2-05 */
        {{"Return=minimal"}, R(MINIMAL), H(NONE), false, -1},
        {{"return=Minimal"}, R(NONE), H(NONE), false, -1},
        {{"return=\"minimal\""}, R(MINIMAL), H(NONE), false, -1},
        {{"return = minimal ; x"}, R(MINIMAL), H(NONE), false, -1},
        {{"respond-async=\"\""}, R(NONE), H(NONE), true, -1},
        {{"respond-async=now"}, R(NONE), H(NONE), false, -1},
        {{"return"}, R(NONE), H(NONE), false, -1},
        /* 7240-4.4-01 */
        {{"handling=strict"}, R(NONE), H(STRICT), false, -1},
        {{"handling=strict, handling=lenient"}, R(NONE), H(NONE), false, -1},
        {{"handling=strict", "handling=strict"}, R(NONE), H(STRICT), false, -1},
        /* 7240-4.3-01 */
        {{"wait=0"}, R(NONE), H(NONE), false, 0},
        {{"wait=99999999999999999999"}, R(NONE), H(NONE), false, INT64_MAX},
        {{"wait=-1"}, R(NONE), H(NONE), false, -1},
        {{"wait=1.5"}, R(NONE), H(NONE), false, -1},
        {{"wait"}, R(NONE), H(NONE), false, -1},
        /* a malformed element is passed over */
        {{"return=minimal foo, return=representation"},
         R(REPRESENTATION),
         H(NONE),
         false,
         -1},
        {{"=x, \"return\"=minimal, return=, wait=3"},
         R(NONE),
         H(NONE),
         false,
         3},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];
        struct vb_prefer got =
            vb_prefer_parse(values, values_of(rows[i].lines, values));

        assert_int_equal(got.returns, rows[i].returns);
        assert_int_equal(got.handling, rows[i].handling);
        assert_int_equal(got.respond_async, rows[i].async);
        assert_int_equal(got.has_wait, rows[i].wait >= 0);
        if (got.has_wait)
            assert_true(got.wait == rows[i].wait);
    }
}

static void other_preferences_are_found_with_their_parameters(void **state)
{
    const struct vb_span values[] = {VB_SPAN_INIT("a, Count=exact ; x ; y=1"),
                                     VB_SPAN_INIT("count=none")};
    struct vb_preference preference;
    struct vb_params params;
    struct vb_param param;

    (void)state;
    assert_true(vb_prefer_find(values, 2, VB_SPAN("count"), &preference));
    assert_true(vb_param_eq(&preference.self, VB_SPAN("exact")));
    vb_params_init(&params, preference.params, VB_PREFER_PARAMS);
    assert_true(vb_params_next(&params, &param));
    assert_span_equal(param.name, "x");
    assert_int_equal(param.value.len, 0);
    assert_true(vb_params_next(&params, &param));
    assert_true(vb_param_eq(&param, VB_SPAN("1")));
    assert_false(vb_params_next(&params, &param));
    assert_false(params.malformed);
    assert_false(vb_prefer_find(values, 2, VB_SPAN("x"), &preference));
}

/* 7240-3-01 */
static void applied_preferences_are_listed(void **state)
{
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 100);
    vb_preference_applied(&buf, VB_SPAN("return"), VB_SPAN("minimal"));
    vb_preference_applied(&buf, VB_SPAN("respond-async"), VB_SPAN(""));
    vb_preference_applied(&buf, VB_SPAN("x"), VB_SPAN("a b"));
    assert_span_equal(vb_buf_span(&buf),
                      "return=minimal, respond-async, x=\"a b\"");
    vb_buf_done(&buf);
}

static void expectations_are_met_or_not(void **state)
{
    static const struct {
        const char *lines[LINES];
        enum vb_expect expect;
    } rows[] = {
        {{NULL}, VB_EXPECT_NOTHING},
        {{""}, VB_EXPECT_NOTHING},
        {{"100-continue"}, VB_EXPECT_CONTINUE},
        /* 9110-10.1.1-02 */
        {{"100-Continue"}, VB_EXPECT_CONTINUE},
        {{"100-continue, 100-CONTINUE"}, VB_EXPECT_CONTINUE},
        {{",100-continue", ""}, VB_EXPECT_CONTINUE},
        /* 9110-10.1.1-01 */
        {{"foo"}, VB_EXPECT_OTHER},
        {{"100-continue, foo"}, VB_EXPECT_OTHER},
        {{"100-continue", "foo=bar;x=y"}, VB_EXPECT_OTHER},
        {{"100-continue;x=y"}, VB_EXPECT_OTHER},
        {{"100-continue=1"}, VB_EXPECT_OTHER},
        {{"100 continue"}, VB_EXPECT_OTHER},
        {{"\"100-continue\""}, VB_EXPECT_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];

        assert_int_equal(
            vb_expect_parse(values, values_of(rows[i].lines, values)),
            rows[i].expect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registered_preferences_are_read),
        cmocka_unit_test(other_preferences_are_found_with_their_parameters),
        cmocka_unit_test(applied_preferences_are_listed),
        cmocka_unit_test(expectations_are_met_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
