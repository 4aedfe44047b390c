/* What a schema says about all its instances: through $ref and allOf. */
#include "unit.h"

#include <stdio.h>

#include "schema_unit.h"

static const char book[] =
    "{\"$defs\":{"
    "\"Id\":{\"type\":\"string\",\"format\":\"uuid\",\"readOnly\":true,"
    "\"x-verbatim\":{\"unique\":true}},"
    "\"Base\":{\"type\":\"object\",\"properties\":{"
    "\"title\":{\"type\":[\"string\",\"null\"],\"default\":\"far\"},"
    "\"id\":{\"$ref\":\"#/$defs/Id\"},"
    "\"secret\":{\"type\":\"string\",\"writeOnly\":true}},"
    "\"required\":[\"id\",\"secret\",\"unheard-of\"]}},"
    "\"allOf\":[{\"$ref\":\"#/$defs/Base\"},"
    "{\"properties\":{\"tags\":{\"type\":\"array\",\"items\":"
    "{\"$ref\":\"#/$defs/Id\"}}}}],"
    "\"properties\":{\"pages\":{\"type\":\"number\"},"
    "\"title\":{\"type\":\"string\",\"default\":\"near\",\"format\":\"f\"}},"
    "\"required\":[\"title\"],\"x-verbatim\":{\"index\":true}}";

static void show_facts(struct vb_buf *buf, const struct vb_schema_facts *facts)
{
    vb_buf_printf(buf, " %u", facts->types);
    if (facts->format.ptr != NULL)
        vb_buf_printf(buf, " format=%.*s", VB_FMT(facts->format));
    if (facts->read_only)
        vb_buf_str(buf, " read");
    if (facts->write_only)
        vb_buf_str(buf, " write");
    if (facts->default_value != NULL) {
        vb_buf_str(buf, " default=");
        vb_json_write(buf, facts->default_value);
    }
}

/* Asserts the effective properties, each "name types ...", one a line. */
static void assert_properties(const struct vb_schema *schema, const char *want)
{
    const struct vb_schema_property *properties;
    char text[2048];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    struct vb_arena arena;
    size_t count;

    vb_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(vb_schema_properties(schema, &arena, &properties, &count),
                     VB_OK);
    for (size_t i = 0; i < count; i++) {
        vb_buf_append(&buf, properties[i].name);
        if (properties[i].required)
            vb_buf_char(&buf, '*');
        show_facts(&buf, &properties[i].facts);
        vb_buf_char(&buf, '\n');
        assert_non_null(properties[i].schema);
    }
    assert_span_equal(vb_buf_span(&buf), want);
    vb_arena_done(&arena);
}

static void properties_are_those_of_all_that_is_taken_in(void **state)
{
    struct compiled c;

    (void)state;
    compile(&c, book, VB_SCHEMA_2020_12);
    assert_properties(c.schema, "pages 12\n"
                                "title* 16 format=f default=\"near\"\n"
                                "id* 16 format=uuid read\n"
                                "secret* 16 write\n"
                                "tags 32\n");
    compiled_done(&c);
    compile(&c, "{\"type\":\"string\"}", VB_SCHEMA_2020_12);
    assert_properties(c.schema, "");
    compiled_done(&c);
    compile(&c, "true", VB_SCHEMA_2020_12);
    assert_properties(c.schema, "");
    compiled_done(&c);
    compile(&c, "{\"properties\":{\"b\":false,\"a\":true,\"c\":{}}}",
            VB_SCHEMA_2020_12);
    assert_properties(c.schema, "b 0\na 127\nc 127\n");
    compiled_done(&c);
}

/* A choice says nothing about all instances. */
static void what_is_only_possible_is_left_out(void **state)
{
    struct compiled c;

    (void)state;
    compile(&c,
            "{\"anyOf\":[{\"properties\":{\"a\":{}},\"type\":\"object\"}],"
            "\"oneOf\":[{\"readOnly\":true}],\"not\":{\"format\":\"x\"},"
            "\"if\":{\"writeOnly\":true},\"properties\":{\"b\":{}}}",
            VB_SCHEMA_2020_12);
    assert_properties(c.schema, "b 127\n");
    assert_false(vb_schema_facts(c.schema).read_only);
    assert_false(vb_schema_facts(c.schema).write_only);
    assert_null(vb_schema_facts(c.schema).format.ptr);
    assert_int_equal(vb_schema_facts(c.schema).types, VB_SCHEMA_ANY);
    compiled_done(&c);
}

static void facts_agree_with_all_types(void **state)
{
    static const struct {
        const char *schema;
        unsigned types;
    } rows[] = {
        {"true", VB_SCHEMA_ANY},
        {"false", 0},
        {"{\"type\":\"integer\"}", VB_SCHEMA_INTEGER},
        {"{\"type\":\"number\"}", VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER},
        {"{\"type\":\"number\",\"allOf\":[{\"type\":\"integer\"}]}",
         VB_SCHEMA_INTEGER},
        {"{\"type\":[\"string\",\"null\"],\"allOf\":[{\"type\":"
         "[\"null\",\"array\"]}]}",
         VB_SCHEMA_NULL},
        {"{\"type\":\"string\",\"allOf\":[{\"type\":\"array\"}]}", 0},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
         "\"b\":{\"type\":\"object\"}}}",
         VB_SCHEMA_OBJECT},
        {"{\"$dynamicRef\":\"#b\",\"$defs\":{\"b\":{\"$dynamicAnchor\":\"b\","
         "\"type\":\"boolean\"}}}",
         VB_SCHEMA_BOOLEAN},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct compiled c;

        compile(&c, rows[i].schema, VB_SCHEMA_2020_12);
        if (vb_schema_facts(c.schema).types != rows[i].types)
            fail_msg("%s: %u", rows[i].schema, vb_schema_facts(c.schema).types);
        compiled_done(&c);
    }
}

static void extensions_are_found_the_nearest_first(void **state)
{
    const struct vb_schema_property *properties;
    const struct vb_schema *items;
    struct vb_arena arena;
    struct compiled c;
    size_t count;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    compile(&c, book, VB_SCHEMA_2020_12);
    assert_json(vb_schema_keyword(c.schema, VB_SPAN("x-verbatim")),
                "{\"index\":true}");
    assert_json(vb_schema_keyword(c.schema, VB_SPAN("type")), "\"object\"");
    assert_null(vb_schema_keyword(c.schema, VB_SPAN("x-none")));
    assert_ptr_equal(vb_schema_value(c.schema), c.json->root);
    assert_null(vb_schema_items(c.schema));
    assert_int_equal(
        vb_schema_properties(c.schema, &arena, &properties, &count), VB_OK);
    assert_int_equal(count, 5);
    assert_json(vb_schema_keyword(properties[2].schema, VB_SPAN("x-verbatim")),
                "{\"unique\":true}");
    items = vb_schema_items(properties[4].schema);
    assert_non_null(items);
    assert_true(vb_schema_facts(items).read_only);
    assert_span_equal(vb_schema_facts(items).format, "uuid");
    compiled_done(&c);
    vb_arena_done(&arena);
}

static void beside_a_reference_openapi_3_0_says_nothing(void **state)
{
    struct compiled c;

    (void)state;
    compile(&c,
            "{\"properties\":{\"a\":{\"$ref\":\"#/x-a\",\"readOnly\":true,"
            "\"default\":1},\"b\":{\"allOf\":[{\"$ref\":\"#/x-a\"}],"
            "\"readOnly\":true,\"nullable\":true}},"
            "\"x-a\":{\"type\":\"integer\",\"nullable\":true}}",
            VB_SCHEMA_OPENAPI_3_0);
    assert_properties(c.schema, "a 9\nb 9 read\n");
    compiled_done(&c);
}

/* The same schema taken in again and again is not followed without end. */
static void a_walk_through_many_is_bounded(void **state)
{
    char text[8192];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    struct compiled c;

    (void)state;
    vb_buf_str(&buf, "{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
    for (int i = 0; i < 40; i++)
        vb_buf_printf(&buf,
                      "\"a%d\":{\"allOf\":[{\"$ref\":\"#/$defs/a%d\"},"
                      "{\"$ref\":\"#/$defs/a%d\"}]},",
                      i, i + 1, i + 1);
    vb_buf_str(&buf, "\"a40\":{\"properties\":{\"x\":{}}}}}");
    vb_buf_char(&buf, '\0');
    assert_int_equal(buf.err, VB_OK);
    compile(&c, text, VB_SCHEMA_2020_12);
    assert_properties(c.schema, "x 127\n");
    compiled_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_are_those_of_all_that_is_taken_in),
        cmocka_unit_test(what_is_only_possible_is_left_out),
        cmocka_unit_test(facts_agree_with_all_types),
        cmocka_unit_test(extensions_are_found_the_nearest_first),
        cmocka_unit_test(beside_a_reference_openapi_3_0_says_nothing),
        cmocka_unit_test(a_walk_through_many_is_bounded),
    };

    return cmocka_run_group_tests_name("schema_effective", tests, NULL, NULL);
}
