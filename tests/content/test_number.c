/* JSON numbers as exact values: order, integrality, divisibility. */
#include "unit.h"

#include <stdlib.h>

#include "content/number.h"

static void a_number_is_valid_only_by_the_json_grammar(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"0", true},     {"-0", true},     {"12", true},
        {"1.5", true},   {"0.0", true},    {"1e5", true},
        {"1E+05", true}, {"1.0e-0", true}, {"-123.456e789", true},
        {"", false},     {"-", false},     {"+1", false},
        {"01", false},   {"-01", false},   {"00", false},
        {".5", false},   {"5.", false},    {"5.e1", false},
        {"1e", false},   {"1e+", false},   {"1e1.5", false},
        {"0x10", false}, {"1_000", false}, {"NaN", false},
        {" 1", false},   {"1 ", false},    {"1.2.3", false},
        {"-.5", false},  {"1e5e5", false}, {"Infinity", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_number_is_valid(vb_span_str(rows[i].text)) != rows[i].valid)
            fail_msg("%s", rows[i].text);
}

static void an_integer_is_one_by_value_not_by_spelling(void **state)
{
    static const struct {
        const char *text;
        bool integer;
    } rows[] = {
        {"0", true},
        {"-0", true},
        {"0.0", true},
        {"0e5", true},
        {"0.0e-999", true},
        {"1", true},
        {"1.0", true},
        {"-1.000", true},
        {"1e2", true},
        {"1.5e1", true},
        {"1.25e2", true},
        {"10e-1", true},
        {"1e999999999", true},
        {"12300e-2", true},
        {"1.5", false},
        {"1e-1", false},
        {"1.25e1", false},
        {"12300e-3", false},
        {"0.1", false},
        {"1e-999999999", false},
        {"123456789012345678901234567890.0", true},
        {"123456789012345678901234567890.5", false},
        {"1e99999999999999999999999999999", true},
        {"1e-99999999999999999999999999999", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_number_is_integer(vb_span_str(rows[i].text)) != rows[i].integer)
            fail_msg("%s", rows[i].text);
}

static int sign_of(int n)
{
    return (n > 0) - (n < 0);
}

static const struct {
    const char *a;
    const char *b;
    int cmp;
} order[] = {
    {"0", "-0", 0},
    {"0", "0.0e99", 0},
    {"1", "1.0", 0},
    {"1", "10e-1", 0},
    {"100", "1e2", 0},
    {"0.001", "1e-3", 0},
    {"12.5", "125e-1", 0},
    {"12.5", "1250e-2", 0},
    {"-5", "-5.00", 0},
    {"1", "2", -1},
    {"-1", "1", -1},
    {"-2", "-1", -1},
    {"0", "1e-999999999", -1},
    {"-1e-999999999", "0", -1},
    {"9", "10", -1},
    {"99.9", "100", -1},
    {"0.1", "0.11", -1},
    {"0.09", "0.1", -1},
    {"1.0000000000000000000000001", "1.0000000000000000000000002", -1},
    {"12345678901234567890", "12345678901234567891", -1},
    {"9007199254740992", "9007199254740993", -1},
    {"1e308", "1e309", -1},
    {"1e999999998", "1e999999999", -1},
    {"-1e999999999", "-1e999999998", -1},
    {"9.9e999999998", "1e999999999", -1},
    {"123e-2", "1.2300001", -1},
    {"1e99999999999999999999", "1e99999999999999999998", 0},
    {"1e99999999999999999999", "2e99999999999999999998", -1},
};

static void order_is_mathematical_for_any_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(order); i++) {
        struct vb_span a = vb_span_str(order[i].a);
        struct vb_span b = vb_span_str(order[i].b);

        if (sign_of(vb_number_cmp(a, b)) != order[i].cmp ||
            sign_of(vb_number_cmp(b, a)) != -order[i].cmp)
            fail_msg("%s <=> %s", order[i].a, order[i].b);
    }
}

static void equal_values_are_written_alike(void **state)
{
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        {"0", "0"},
        {"-0.00e7", "0"},
        {"1", "1"},
        {"1.0", "1"},
        {"1e0", "1"},
        {"10e-1", "1"},
        {"-1200", "-1200"},
        {"-1.2e3", "-1200"},
        {"1.5", "15e-1"},
        {"0.015", "15e-3"},
        {"150e-4", "15e-3"},
        {"1e19", "10000000000000000000"},
        {"1e20", "1e20"},
        {"10e999999", "1e1000000"},
        {"12345678901234567891", "12345678901234567891"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_buf buf;

        vb_buf_init(&buf, 1000);
        vb_number_write(&buf, vb_span_str(rows[i].text));
        vb_buf_char(&buf, '\0');
        assert_string_equal(buf.ptr, rows[i].written);
        vb_buf_done(&buf);
    }
}

static void a_number_in_a_path_has_one_spelling(void **state)
{
    static const struct {
        const char *text;
        const char *plain; /* of the value; the same: it is plain */
    } rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.0", "0"},
        {"-0.00e7", "0"},
        {"8", "8"},
        {"-8", "-8"},
        {"8.0", "8"},
        {"8.00", "8"},
        {"-8.0", "-8"},
        {"1e2", "100"},
        {"1E+02", "100"},
        {"100e0", "100"},
        {"10e-1", "1"},
        {"1.5", "1.5"},
        {"1.50", "1.5"},
        {"-0.5", "-0.5"},
        {"5e-1", "0.5"},
        {"125e-1", "12.5"},
        {"15e-3", "0.015"},
        {"0.015", "0.015"},
        {"1e30", "1000000000000000000000000000000"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
    };
    static const char *const wrong[] = {"",   "-",  "+8", "08",  "8.",
                                        ".8", " 8", "x",  "0x8", "--8"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span text = vb_span_str(rows[i].text);
        struct vb_buf buf;

        vb_buf_init(&buf, 1000);
        vb_number_write_plain(&buf, text);
        assert_span_equal(vb_buf_span(&buf), rows[i].plain);
        if (vb_number_is_plain(text) != vb_span_eq(text, vb_buf_span(&buf)))
            fail_msg("%s", rows[i].text);
        vb_buf_done(&buf);
    }
    for (size_t i = 0; i < VB_COUNT_OF(wrong); i++)
        assert_false(vb_number_is_plain(vb_span_str(wrong[i])));
}

/* It would be 10^17 zeros. */
static void a_plain_number_is_no_longer_than_its_buffer(void **state)
{
    static const char *const texts[] = {"1e999999999999999999",
                                        "1e-999999999999999999"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++) {
        struct vb_buf buf;

        vb_buf_init(&buf, 100);
        vb_number_write_plain(&buf, vb_span_str(texts[i]));
        assert_int_equal(buf.err, VB_ERR_LIMIT);
        vb_buf_done(&buf);
    }
}

static void equal_values_have_equal_hashes(void **state)
{
    const struct vb_hash_key key = {1, 2};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(order); i++) {
        uint64_t a = vb_number_hash(&key, vb_span_str(order[i].a));
        uint64_t b = vb_number_hash(&key, vb_span_str(order[i].b));

        if ((a == b) != (order[i].cmp == 0))
            fail_msg("%s and %s", order[i].a, order[i].b);
    }
    assert_true(
        vb_number_hash(&key, VB_SPAN("1234567890123456789012345678901234567890"
                                     "12345678901234567890.5")) ==
        vb_number_hash(&key, VB_SPAN("12345678901234567890123456789012345678"
                                     "9012345678901234567890.50e0")));
    assert_true(
        vb_number_hash(&key, VB_SPAN("1234567890123456789012345678901234567890"
                                     "12345678901234567890")) !=
        vb_number_hash(&key, VB_SPAN("1234567890123456789012345678901234567890"
                                     "12345678901234567891")));
}

static void a_multiple_is_exact_for_decimals(void **state)
{
    static const struct {
        const char *value;
        const char *divisor;
        bool multiple;
    } rows[] = {
        {"10", "2", true},
        {"7", "2", false},
        {"0", "1.5", true},
        {"0.0", "7", true},
        {"4.5", "1.5", true},
        {"35", "1.5", false},
        {"0.0075", "0.0001", true},
        {"0.00751", "0.0001", false},
        {"1.1", "0.1", true},
        {"0.3", "0.1", true},
        {"4.35", "0.01", true},
        {"-4.35", "0.01", true},
        {"1e308", "0.123456789", false},
        {"1e308", "0.5", true},
        {"12391239123", "1e-8", true},
        {"0.5", "1", false},
        {"1e-2", "0.1", false},
        {"1e999999999", "7", false},
        {"1e999999999", "8", true},
        {"1e999999999", "1024", true},
        {"7e999999999", "7", true},
        {"1e-999999999", "1", false},
        {"1e-999999999", "1e-999999999", true},
        {"1e59", "576460752303423488", true},
        {"1e58", "576460752303423488", false},
        {"12345678901234567890123", "3", true},
        {"12345678901234567890124", "3", false},
        {"999999999999999998000000000000000001", "999999999999999999", true},
        {"999999999999999998000000000000000002", "999999999999999999", false},
        {"4", "0", false},
        {"4", "-2", false},
        {"4", "1234567890123456789", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_number_is_multiple(vb_span_str(rows[i].value),
                                  vb_span_str(rows[i].divisor)) !=
            rows[i].multiple)
            fail_msg("%s of %s", rows[i].value, rows[i].divisor);
}

static void a_divisor_is_positive_and_of_bounded_length(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"1", true},
        {"0.01", true},
        {"1e-300", true},
        {"123456789012345678", true},
        {"12345678901234567800000", true},
        {"0", false},
        {"0.0", false},
        {"-1", false},
        {"1234567890123456789", false},
        {"x", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_number_is_divisor(vb_span_str(rows[i].text)) != rows[i].ok)
            fail_msg("%s", rows[i].text);
}

static void an_int64_is_read_when_the_value_fits(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t n;
    } rows[] = {
        {"0", true, 0},
        {"-0.0", true, 0},
        {"42", true, 42},
        {"-42", true, -42},
        {"1e2", true, 100},
        {"1.25e2", true, 125},
        {"100e-2", true, 1},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"9999999999999999999", false, 0},
        {"10000000000000000000", false, 0},
        {"1e18", true, INT64_C(1000000000000000000)},
        {"1e19", false, 0},
        {"1e999999999", false, 0},
        {"1e-999999999", false, 0},
        {"1.5", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        int64_t n = -7;

        if (vb_number_i64(vb_span_str(rows[i].text), &n) != rows[i].ok ||
            n != (rows[i].ok ? rows[i].n : -7))
            fail_msg("%s", rows[i].text);
    }
}

static void a_megabyte_of_digits_is_one_walk(void **state)
{
    size_t len = 1 << 20;
    char *text = malloc(len);
    struct vb_span number = {text, len};
    int64_t n;

    (void)state;
    assert_non_null(text);
    memset(text, '9', len);
    assert_true(vb_number_is_integer(number));
    assert_true(vb_number_is_multiple(number, VB_SPAN("9")));
    assert_false(vb_number_is_multiple(number, VB_SPAN("8")));
    assert_true(vb_number_cmp(number, VB_SPAN("1e1048575")) > 0);
    assert_true(vb_number_cmp(number, VB_SPAN("1e1048576")) < 0);
    assert_false(vb_number_i64(number, &n));
    memset(text + 1, '0', len - 1);
    text[1] = '.';
    assert_true(vb_number_cmp(number, VB_SPAN("9")) == 0);
    assert_true(vb_number_i64(number, &n));
    assert_int_equal(n, 9);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_valid_only_by_the_json_grammar),
        cmocka_unit_test(an_integer_is_one_by_value_not_by_spelling),
        cmocka_unit_test(order_is_mathematical_for_any_length),
        cmocka_unit_test(equal_values_are_written_alike),
        cmocka_unit_test(a_number_in_a_path_has_one_spelling),
        cmocka_unit_test(a_plain_number_is_no_longer_than_its_buffer),
        cmocka_unit_test(equal_values_have_equal_hashes),
        cmocka_unit_test(a_multiple_is_exact_for_decimals),
        cmocka_unit_test(a_divisor_is_positive_and_of_bounded_length),
        cmocka_unit_test(an_int64_is_read_when_the_value_fits),
        cmocka_unit_test(a_megabyte_of_digits_is_one_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
