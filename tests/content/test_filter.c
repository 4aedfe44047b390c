/* Conditions on properties: what they hold for, what they cannot be. */
#include "unit.h"

#include "base/span.h"
#include "content/filter.h"
#include "content/json.h"
#include "content/schema.h"

static const struct vb_span path[] = {VB_SPAN_INIT("a"), VB_SPAN_INIT("b")};

static const char *make(struct vb_arena *arena, unsigned types, const char *op,
                        const char *text, struct vb_filter *filter)
{
    const struct vb_filter_field field = {
        .path = path,
        .path_len = 2,
        .types = types,
        .item_types = VB_SCHEMA_NUMBER,
        .time = false,
    };
    struct vb_span operand = vb_span_str(text);
    enum vb_filter_op found;

    assert_true(vb_filter_op_find(vb_span_str(op), &found));
    if (!vb_filter_applies(&field, found))
        return "does not apply";
    return vb_filter_make(arena, &field, found, &operand, 1, filter);
}

static void a_filter_holds_for_what_it_says(void **state)
{
    static const struct {
        const char *op, *operand;
        const char *holds, *holds_not; /* {"a":{"b": ...}} */
    } rows[] = {
        {"eq", "1", "1.0", "2"},
        {"eq", "1", "\"1\"", "true"},
        {"eq", "x", "\"x\"", "\"xx\""},
        {"eq", "true", "true", "false"},
        {"eq", "null", "\"null\"", "null"},
        {"ne", "1", "null", "1e0"},
        {"ne", "1", "[1]", "10e-1"},
        {"lt", "10", "9.9", "10"},
        {"lt", "b", "\"a\"", "\"b\""},
        {"lte", "10", "1e1", "10.1"},
        {"gt", "0", "1e-400", "-0"},
        {"gte", "9007199254740993", "9007199254740993", "9007199254740992"},
        {"gte", "a", "\"b\"", "null"},
        {"gt", "0", "5", "true"},
        {"contains", "b", "\"abc\"", "\"ac\""},
        {"contains", "2", "[1,2.0]", "[1]"},
        {"contains", "x", "[1,\"x\"]", "{\"x\":1}"},
        {"starts", "ab", "\"abc\"", "\"cab\""},
        {"ends", "ab", "\"cab\"", "\"abc\""},
        {"starts", "1", "\"1\"", "1"},
        {"null", "true", "null", "0"},
        {"null", "false", "0", "null"},
    };
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_filter filter;

        assert_null(
            make(&arena, VB_SCHEMA_ANY, rows[i].op, rows[i].operand, &filter));
        for (int k = 0; k < 2; k++) {
            const char *value = k == 0 ? rows[i].holds : rows[i].holds_not;
            struct vb_json *json;
            char text[128];

            (void)snprintf(text, sizeof(text), "{\"a\":{\"b\":%s}}", value);
            assert_int_equal(
                vb_json_parse(vb_span_str(text), NULL, &json, NULL), VB_OK);
            if (vb_filter_holds(&filter, json->root) != (k == 0))
                fail_msg("%s %s: %s", rows[i].op, rows[i].operand, value);
            vb_json_free(json);
        }
    }
    vb_arena_done(&arena);
}

static void what_is_not_there_is_null(void **state)
{
    static const char *const values[] = {"{}", "{\"a\":1}", "{\"a\":[]}", "7"};
    struct vb_filter null, ne, lt;
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    assert_null(make(&arena, VB_SCHEMA_ANY, "null", "true", &null));
    assert_null(make(&arena, VB_SCHEMA_ANY, "ne", "1", &ne));
    assert_null(make(&arena, VB_SCHEMA_ANY, "lt", "1", &lt));
    for (size_t i = 0; i <= VB_COUNT_OF(values); i++) {
        struct vb_json *json = NULL;
        yyjson_val *root = NULL;

        if (i < VB_COUNT_OF(values)) {
            assert_int_equal(
                vb_json_parse(vb_span_str(values[i]), NULL, &json, NULL),
                VB_OK);
            root = json->root;
        }
        assert_true(vb_filter_holds(&null, root));
        assert_true(vb_filter_holds(&ne, root));
        assert_false(vb_filter_holds(&lt, root));
        vb_json_free(json);
    }
    vb_arena_done(&arena);
}

static void an_operand_is_what_the_property_can_be(void **state)
{
    static const struct {
        unsigned types;
        const char *op, *operand;
        bool fits;
    } rows[] = {
        {VB_SCHEMA_INTEGER, "eq", "1", true},
        {VB_SCHEMA_INTEGER, "eq", "01", false},
        {VB_SCHEMA_INTEGER | VB_SCHEMA_NULL, "lt", "x", false},
        {VB_SCHEMA_STRING, "eq", "", true},
        {VB_SCHEMA_STRING | VB_SCHEMA_INTEGER, "lt", "x", true},
        {VB_SCHEMA_BOOLEAN, "eq", "TRUE", false},
        {VB_SCHEMA_BOOLEAN, "lt", "true", false},
        {VB_SCHEMA_BOOLEAN | VB_SCHEMA_NUMBER, "eq", "x", false},
        {VB_SCHEMA_ARRAY, "contains", "1", true},
        {VB_SCHEMA_ARRAY, "contains", "x", false},
        {VB_SCHEMA_ARRAY, "eq", "1", false},
        {VB_SCHEMA_OBJECT, "null", "true", true},
        {VB_SCHEMA_OBJECT, "null", "1", false},
        {VB_SCHEMA_NUMBER, "starts", "1", false},
    };
    struct vb_filter filter;
    struct vb_arena arena;
    enum vb_filter_op op;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if ((make(&arena, rows[i].types, rows[i].op, rows[i].operand,
                  &filter) == NULL) != rows[i].fits)
            fail_msg("row %zu", i);
    assert_false(vb_filter_op_find(VB_SPAN("EQ"), &op));
    assert_false(vb_filter_op_find(VB_SPAN(""), &op));
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_holds_for_what_it_says),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(an_operand_is_what_the_property_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
