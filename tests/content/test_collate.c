/* Sort keys: their order is that of the values. */
#include "unit.h"

#include "base/span.h"
#include "content/collate.h"
#include "content/json.h"

static void append(struct vb_buf *buf, const char *text, unsigned flags)
{
    struct vb_json *json = NULL;

    if (text != NULL)
        assert_int_equal(vb_json_parse(vb_span_str(text), NULL, &json, NULL),
                         VB_OK);
    vb_collate(buf, json == NULL ? NULL : json->root, flags);
    assert_int_equal(buf->err, VB_OK);
    vb_json_free(json);
}

static int compare(const char *a, const char *b, unsigned flags)
{
    struct vb_buf x, y;
    int order;

    vb_buf_init(&x, 4096);
    vb_buf_init(&y, 4096);
    append(&x, a, flags);
    append(&y, b, flags);
    order = vb_span_cmp(vb_buf_span(&x), vb_buf_span(&y));
    /* One that begins another could not be joined with what follows. */
    if (order != 0)
        assert_false(vb_span_starts(vb_buf_span(&x), vb_buf_span(&y)) ||
                     vb_span_starts(vb_buf_span(&y), vb_buf_span(&x)));
    vb_buf_done(&x);
    vb_buf_done(&y);
    return order;
}

/* In their order; each differs from the next. */
static const char *const values[] = {
    NULL,
    "false",
    "true",
    "-1e400",
    "-100",
    "-10",
    "-9.99999999999999999999",
    "-2",
    "-1.5",
    "-1",
    "-0.5",
    "-1e-400",
    "0",
    "1e-400",
    "0.001",
    "0.0010000000000000000000000000001",
    "0.5",
    "1",
    "1.5",
    "2",
    "10",
    "12345678901234567890",
    "12345678901234567891",
    "1e400",
    "\"\"",
    "\"\\u0000\"",
    "\"\\u0000\\u0000\"",
    "\"\\u0000\\u0001\"",
    "\"\\u0001\"",
    "\"\\u0001\\u0000\"",
    "\"\\u0002\"",
    "\"A\"",
    "\"a\"",
    "\"a\\u0000\"",
    "\"aa\"",
    "\"b\"",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "[]",
};

static void keys_are_in_the_order_of_values(void **state)
{
    int count = (int)VB_COUNT_OF(values);

    (void)state;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < count; k++) {
            int order = compare(values[i], values[k], 0);
            int turned = compare(values[i], values[k], VB_COLLATE_DESCENDING);

            if (i == k ? order != 0 : (order < 0) != (i < k))
                fail_msg("%s and %s", values[i], values[k]);
            if (i == k ? turned != 0 : (turned < 0) != (i > k))
                fail_msg("%s and %s, descending", values[i], values[k]);
        }
    }
}

static void equal_values_have_equal_keys(void **state)
{
    static const char *const rows[][2] = {
        {"1", "1.0"},     {"1e2", "100"}, {"0", "-0"},   {"0", "0e5"},
        {"0.10", "1e-1"}, {NULL, "null"}, {"[1]", "{}"}, {"-1.50", "-15e-1"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(compare(rows[i][0], rows[i][1], 0), 0);
}

static void date_times_are_in_the_order_of_instants(void **state)
{
    (void)state;
    assert_true(compare("\"2026-01-01T12:00:00+01:00\"",
                        "\"2026-01-01T11:30:00Z\"", VB_COLLATE_TIME) < 0);
    assert_int_equal(compare("\"2026-01-01T12:00:00+01:00\"",
                             "\"2026-01-01t11:00:00.0Z\"", VB_COLLATE_TIME),
                     0);
    assert_true(compare("\"1969-12-31T23:59:59Z\"", "\"1970-01-01T00:00:00Z\"",
                        VB_COLLATE_TIME) < 0);
    assert_true(compare("\"2026-01-01T12:00:00Z\"", "\"0\"", VB_COLLATE_TIME) <
                0);
}

/* Whatever clients store, a key stays small. */
static void what_is_long_is_cut(void **state)
{
    char text[3000], number[3000];
    struct vb_buf buf;

    (void)state;
    memset(text, 'x', sizeof(text));
    memset(number, '7', sizeof(number));
    text[0] = text[sizeof(text) - 2] = '"';
    text[sizeof(text) - 1] = number[sizeof(number) - 1] = '\0';
    vb_buf_init(&buf, 4096);
    append(&buf, text, 0);
    assert_true(buf.len <= VB_COLLATE_MOST + 2);
    vb_buf_reset(&buf);
    append(&buf, number, 0);
    assert_true(buf.len <= VB_COLLATE_MOST + 11);
    vb_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_in_the_order_of_values),
        cmocka_unit_test(equal_values_have_equal_keys),
        cmocka_unit_test(date_times_are_in_the_order_of_instants),
        cmocka_unit_test(what_is_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
