/*
 * Type systems: building, looking up, and printing them as definitions.
 */
#include "unit.h"

#include <stdio.h>

#include "graphql/parse.h"
#include "graphql/print.h"
#include "zoo.h"

static struct vb_gql_type *find(const struct vb_gql_schema *schema,
                                const char *name)
{
    return vb_gql_find_type(schema, vb_span_str(name));
}

static void names_are_those_of_the_grammar(void **state)
{
    static const struct {
        const char *name;
        bool is;
    } rows[] = {
        {"a", true},         {"_", true},          {"aB_9", true},
        {"__a", true},       {"", false},          {"9a", false},
        {"a-b", false},      {"a.b", false},       {" a", false},
        {"\xC3\xA9", false}, {"a\xC3\xA9", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_gql_is_name(vb_span_str(rows[i].name)) != rows[i].is)
            fail_msg("%s", rows[i].name);
}

static void parts_are_found_by_name(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    const struct vb_gql_type *dog = find(schema, "Dog");
    const struct vb_gql_field *field;

    (void)state;
    assert_non_null(dog);
    assert_null(find(schema, "Do"));
    assert_non_null(find(schema, "Int"));
    field = vb_gql_find_field(schema, dog, VB_SPAN("isHouseTrained"));
    assert_non_null(field);
    assert_true(field->shape->non_null);
    assert_non_null(
        vb_gql_find_input(field->arguments, VB_SPAN("atOtherHomes")));
    assert_null(vb_gql_find_input(field->arguments, VB_SPAN("x")));
    assert_null(vb_gql_find_field(schema, dog, VB_SPAN("meowVolume")));
    assert_non_null(
        vb_gql_find_value(find(schema, "DogCommand"), VB_SPAN("HEEL")));
    assert_non_null(vb_gql_find_directive(schema, VB_SPAN("skip")));
    assert_null(vb_gql_find_directive(schema, VB_SPAN("defer")));
    vb_gql_schema_free(schema);
}

/* Section 4.1: __typename of anything, the others of the query only. */
static void meta_fields_are_no_fields_of_the_type(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    const struct vb_gql_type *dog = find(schema, "Dog");

    (void)state;
    assert_non_null(vb_gql_find_field(schema, dog, VB_SPAN("__typename")));
    assert_non_null(vb_gql_find_field(schema, find(schema, "CatOrDog"),
                                      VB_SPAN("__typename")));
    assert_null(vb_gql_find_field(schema, dog, VB_SPAN("__schema")));
    assert_non_null(
        vb_gql_find_field(schema, schema->query, VB_SPAN("__schema")));
    assert_non_null(
        vb_gql_find_field(schema, schema->query, VB_SPAN("__type")));
    assert_null(vb_gql_find_field(schema, schema->mutation, VB_SPAN("__type")));
    vb_gql_schema_free(schema);
}

static void types_overlap_where_an_object_is_of_both(void **state)
{
    static const struct {
        const char *a, *b;
        bool is;
    } rows[] = {
        {"Dog", "Dog", true},        {"Dog", "Cat", false},
        {"Pet", "Dog", true},        {"Dog", "CatOrDog", true},
        {"Pet", "CatOrDog", true},   {"Pet", "HumanOrAlien", false},
        {"Pet", "DogOrHuman", true}, {"Sentient", "DogOrHuman", true},
        {"Sentient", "Pet", false},  {"Alien", "DogOrHuman", false},
    };
    struct vb_gql_schema *schema = zoo_new(NULL);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_gql_type *a = find(schema, rows[i].a);
        const struct vb_gql_type *b = find(schema, rows[i].b);

        if (vb_gql_overlap(a, b) != rows[i].is ||
            vb_gql_overlap(b, a) != rows[i].is)
            fail_msg("%s %s", rows[i].a, rows[i].b);
    }
    vb_gql_schema_free(schema);
}

/* --- as text -------------------------------------------------------------- */

static void prints_as(const struct vb_gql_schema *schema, const char *wanted)
{
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 20);
    vb_gql_print_schema(&buf, schema);
    assert_int_equal(buf.err, VB_OK);
    assert_span_equal(vb_buf_span(&buf), wanted);
    vb_buf_done(&buf);
}

static void everything_is_printed(void **state)
{
    struct vb_gql_schema *schema;
    struct vb_gql_type *query, *node, *u, *e, *in, *date;
    struct vb_gql_field *field;

    (void)state;
    assert_int_equal(vb_gql_schema_new(1 << 20, &schema), VB_OK);
    query = vb_gql_add_type(schema, VB_GQL_TYPE_OBJECT, VB_SPAN("Query"));
    node = vb_gql_add_type(schema, VB_GQL_TYPE_INTERFACE, VB_SPAN("Node"));
    u = vb_gql_add_type(schema, VB_GQL_TYPE_UNION, VB_SPAN("U"));
    e = vb_gql_add_type(schema, VB_GQL_TYPE_ENUM, VB_SPAN("E"));
    in = vb_gql_add_type(schema, VB_GQL_TYPE_INPUT, VB_SPAN("In"));
    date = vb_gql_add_type(schema, VB_GQL_TYPE_SCALAR, VB_SPAN("Date"));
    vb_gql_add_member(schema, node, query);
    vb_gql_add_member(schema, u, query);
    vb_gql_add_member(schema, u, query);
    vb_gql_define_field(schema, node, "id: ID!", NULL);
    vb_gql_define_field(schema, query, "id: ID!", NULL)->deprecated =
        VB_SPAN("use \"b\"");
    field = vb_gql_define_field(schema, query,
                                "a(x: [Int!]! = [1, 2], y: In = {e: A, s: "
                                "\"\\n\"}): [[U!]]!",
                                NULL);
    field->description = VB_SPAN("One\n\n  two \"\"\" three");
    field = vb_gql_define_field(schema, query, "b(x: Int, y: Int): E", NULL);
    field->arguments->description = VB_SPAN("of the x");
    vb_gql_add_value(schema, e, VB_SPAN("A"));
    vb_gql_add_value(schema, e, VB_SPAN("B"))->deprecated = VB_SPAN("");
    vb_gql_define_inputs(schema, &in->inputs, "e: E!, s: String");
    in->description = VB_SPAN(" begins with a space");
    date->specified_by = VB_SPAN("https://example.org/");
    schema->query = query;
    prints_as(schema, "type Query implements Node {\n"
                      "  id: ID! @deprecated(reason: \"use \\\"b\\\"\")\n"
                      "  \"\"\"\n"
                      "  One\n"
                      "\n"
                      "    two \\\"\"\" three\n"
                      "  \"\"\"\n"
                      "  a(x: [Int!]! = [1, 2], y: In = {e: A, s: \"\\n\"}): "
                      "[[U!]]!\n"
                      "  b(\n"
                      "    \"\"\"\n"
                      "    of the x\n"
                      "    \"\"\"\n"
                      "    x: Int\n"
                      "    y: Int\n"
                      "  ): E\n"
                      "}\n"
                      "\n"
                      "interface Node {\n"
                      "  id: ID!\n"
                      "}\n"
                      "\n"
                      "union U = Query | Query\n"
                      "\n"
                      "enum E {\n"
                      "  A\n"
                      "  B @deprecated\n"
                      "}\n"
                      "\n"
                      "\" begins with a space\"\n"
                      "input In {\n"
                      "  e: E!\n"
                      "  s: String\n"
                      "}\n"
                      "\n"
                      "scalar Date @specifiedBy(url: "
                      "\"https://example.org/\")\n");
    vb_gql_schema_free(schema);
}

static void roots_are_named_where_it_is_needed(void **state)
{
    struct vb_gql_schema *schema;
    struct vb_gql_type *query;

    (void)state;
    assert_int_equal(vb_gql_schema_new(1 << 20, &schema), VB_OK);
    query = vb_gql_add_type(schema, VB_GQL_TYPE_OBJECT, VB_SPAN("Root"));
    vb_gql_define_field(schema, query, "a: Int", NULL);
    schema->query = query;
    schema->description = VB_SPAN("All.");
    prints_as(schema, "\"\"\"\nAll.\n\"\"\"\nschema {\n  query: Root\n}\n\n"
                      "type Root {\n  a: Int\n}\n");
    vb_gql_schema_free(schema);
}

/* --- memory --------------------------------------------------------------- */

static void memory_may_be_short(void **state)
{
    struct vb_gql_schema *schema = NULL;
    enum vb_err err = VB_ERR_NOMEM;

    (void)state;
    for (size_t memory = 1024; err != VB_OK; memory += 4096) {
        err = vb_gql_schema_new(memory, &schema);
        assert_true(err == VB_OK || err == VB_ERR_NOMEM);
        assert_true(memory < 1 << 20);
    }
    for (int i = 0; i < 10000 && !schema->failed; i++) {
        char *name = vb_arena_alloc(&schema->arena, 8);
        struct vb_gql_type *type;

        if (name == NULL)
            break;
        snprintf(name, 8, "T%d", i);
        type = vb_gql_add_type(schema, VB_GQL_TYPE_OBJECT, vb_span_str(name));
        vb_gql_define_field(schema, type, "a(x: [Int!]! = [1]): [String!]!",
                            NULL);
    }
    assert_true(schema->arena.failed);
    vb_gql_schema_free(schema);
    vb_gql_schema_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_grammar),
        cmocka_unit_test(parts_are_found_by_name),
        cmocka_unit_test(meta_fields_are_no_fields_of_the_type),
        cmocka_unit_test(types_overlap_where_an_object_is_of_both),
        cmocka_unit_test(everything_is_printed),
        cmocka_unit_test(roots_are_named_where_it_is_needed),
        cmocka_unit_test(memory_may_be_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
