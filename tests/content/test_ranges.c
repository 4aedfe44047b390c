/* Where the values lie that a condition holds for: never too little, and, where
 * it is said so, not too much either. */
#include "unit.h"

#include "content/collate.h"
#include "content/json.h"
#include "content/ranges.h"
#include "content/schema.h"

#define LONG_50  "12345678901234567890123456789012345678901234567890"
#define LONG_250 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

static const struct vb_span path[] = {VB_SPAN_INIT("a")};

static const char *const values[] = {"null",
                                     "true",
                                     "false",
                                     "0",
                                     "-0.0",
                                     "1",
                                     "1.0",
                                     "1e0",
                                     "10",
                                     "9.99",
                                     "-1",
                                     "-10",
                                     "1e400",
                                     "-1e400",
                                     "12345678901234567890123",
                                     "0.1",
                                     "0.10000000000000000001",
                                     LONG_250,
                                     LONG_250 "1234567",
                                     LONG_250 "1234568",
                                     "\"\"",
                                     "\"a\"",
                                     "\"ab\"",
                                     "\"abc\"",
                                     "\"b\"",
                                     "\"A\"",
                                     "\"\\u0000\"",
                                     "\"\\u0001\"",
                                     "\"a\\u0000\"",
                                     "\"\\u00fc\"",
                                     "\"\\ud83d\\ude00\"",
                                     "\"true\"",
                                     "\"1\"",
                                     "\"" LONG_250 "\"",
                                     "\"" LONG_250 "123456x\"",
                                     "\"" LONG_250 "123456y\"",
                                     "\"2026-01-01T12:00:00Z\"",
                                     "\"2026-01-01T13:00:00+01:00\"",
                                     "\"2026-01-01T12:00:00.5Z\"",
                                     "\"1969-12-31T23:59:59Z\"",
                                     "[1]",
                                     "{}"};

static const char *const operands[] = {"true",
                                       "false",
                                       "0",
                                       "-0",
                                       "1",
                                       "1e0",
                                       "9.99",
                                       "-10",
                                       "1e400",
                                       "0.1",
                                       "12345678901234567890123",
                                       LONG_250,
                                       LONG_250 "1234567",
                                       "",
                                       "a",
                                       "ab",
                                       "b",
                                       "\xc3\xbc",
                                       "x",
                                       LONG_250 "123456x",
                                       LONG_250 "123456",
                                       "2026-01-01T12:00:00Z",
                                       "1970-01-01T00:00:00Z"};

static bool lies_in(struct vb_ranges ranges, yyjson_val *value, bool time)
{
    struct vb_span key;
    struct vb_buf buf;
    bool found = false;

    vb_buf_init(&buf, 4096);
    vb_collate(&buf, value, time ? VB_COLLATE_TIME : 0);
    key = vb_buf_span(&buf);
    for (size_t i = 0; i < ranges.count; i++)
        found |= vb_span_cmp(key, ranges.ranges[i].low) >= 0 &&
                 vb_span_cmp(key, ranges.ranges[i].high) < 0;
    vb_buf_done(&buf);
    return found;
}

static void compare(const struct vb_filter *filter, struct vb_ranges ranges,
                    const char *text)
{
    char whole[600];
    struct vb_json *json;
    bool holds, lies;

    (void)snprintf(whole, sizeof(whole), "{\"a\":%s}", text);
    assert_int_equal(vb_json_parse(vb_span_str(whole), NULL, &json, NULL),
                     VB_OK);
    holds = vb_filter_holds(filter, json->root);
    lies = lies_in(ranges, vb_filter_value(&filter->field, json->root),
                   filter->field.time);
    if ((holds && !lies) || (lies && !holds && ranges.exact))
        fail_msg("op %d, operand %.*s, value %s: holds %d, lies there %d",
                 (int)filter->op, VB_FMT(filter->operands[0].text), text, holds,
                 lies);
    vb_json_free(json);
}

/* How many of the filters that could be made were exact. */
static int compare_all(unsigned types, bool time, enum vb_filter_op op)
{
    const struct vb_filter_field field = {
        .path = path, .path_len = 1, .types = types, .time = time};
    int exact = 0;

    for (size_t i = 0; i < VB_COUNT_OF(operands); i++) {
        struct vb_span texts[] = {vb_span_str(operands[i]),
                                  vb_span_str(operands[0])};
        struct vb_filter filter;
        struct vb_arena arena;

        vb_arena_init(&arena, 4096, 100000);
        if (vb_filter_applies(&field, op) &&
            vb_filter_make(&arena, &field, op, texts,
                           op == VB_FILTER_IN ? 2 : 1, &filter) == NULL) {
            struct vb_ranges ranges = vb_filter_ranges(&arena, &filter);

            exact += ranges.exact;
            for (size_t k = 0; k < VB_COUNT_OF(values); k++)
                compare(&filter, ranges, values[k]);
        }
        vb_arena_done(&arena);
    }
    return exact;
}

static void what_holds_lies_in_the_ranges(void **state)
{
    static const unsigned types[] = {VB_SCHEMA_ANY, VB_SCHEMA_STRING,
                                     VB_SCHEMA_NUMBER, VB_SCHEMA_BOOLEAN,
                                     VB_SCHEMA_STRING | VB_SCHEMA_NULL};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(types); i++)
        for (int op = 0; op < VB_FILTER_OP_COUNT; op++)
            for (int time = 0; time <= 1; time++)
                (void)compare_all(types[i], time, (enum vb_filter_op)op);
}

/* Those that an index is there for. */
static void ordinary_conditions_are_exact(void **state)
{
    (void)state;
    assert_int_equal(compare_all(VB_SCHEMA_BOOLEAN, false, VB_FILTER_EQ), 2);
    assert_int_equal(compare_all(VB_SCHEMA_NUMBER, false, VB_FILTER_LT), 10);
    assert_int_equal(compare_all(VB_SCHEMA_STRING, true, VB_FILTER_GTE), 2);
    assert_true(compare_all(VB_SCHEMA_STRING, false, VB_FILTER_STARTS) >= 20);
    assert_int_equal(compare_all(VB_SCHEMA_STRING, false, VB_FILTER_NE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_lies_in_the_ranges),
        cmocka_unit_test(ordinary_conditions_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
