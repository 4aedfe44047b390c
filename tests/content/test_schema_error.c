/*
 * What people are told: who wrote a schema, about what is malformed in it; who
 * sent an instance, about what is refused and where.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "schema_unit.h"

/* --- faults of schemas --- */

static void malformed_keywords_are_faults_at_their_place(void **state)
{
    static const char count[] = "must be a non-negative integer";
    static const char number[] = "must be a number";
    static const char schema[] = "must be a schema";
    static const char map[] = "must be an object of schemas";
    static const char array[] = "must be an array of schemas";
    static const char boolean[] = "must be true or false";
    static const char type[] = "must be one of array, boolean, integer, null, "
                               "number, object, string";
    static const char divisor[] = "must be greater than 0 and have at most 18 "
                                  "significant digits";
    static const struct fault_row rows[] = {
        {"1", "", schema},
        {"\"x\"", "", schema},
        {"[]", "", schema},
        {"null", "", schema},
        {"{\"type\":1}", "/type", type},
        {"{\"type\":\"file\"}", "/type", type},
        {"{\"type\":[\"string\",\"any\"]}", "/type/1", type},
        {"{\"type\":[]}", "/type", "must name at least one type"},
        {"{\"enum\":1}", "/enum", "must be an array"},
        {"{\"minimum\":\"1\"}", "/minimum", number},
        {"{\"maximum\":null}", "/maximum", number},
        {"{\"exclusiveMinimum\":true}", "/exclusiveMinimum", number},
        {"{\"exclusiveMaximum\":[]}", "/exclusiveMaximum", number},
        {"{\"multipleOf\":0}", "/multipleOf", divisor},
        {"{\"multipleOf\":-1}", "/multipleOf", divisor},
        {"{\"multipleOf\":\"1\"}", "/multipleOf", number},
        {"{\"multipleOf\":1.234567890123456789}", "/multipleOf", divisor},
        {"{\"minLength\":\"x\"}", "/minLength", count},
        {"{\"maxLength\":-1}", "/maxLength", count},
        {"{\"maxLength\":1.5}", "/maxLength", count},
        {"{\"minItems\":-1}", "/minItems", count},
        {"{\"maxItems\":{}}", "/maxItems", count},
        {"{\"minContains\":\"1\"}", "/minContains", count},
        {"{\"contains\":{},\"maxContains\":-2}", "/maxContains", count},
        {"{\"minProperties\":null}", "/minProperties", count},
        {"{\"maxProperties\":true}", "/maxProperties", count},
        {"{\"pattern\":1}", "/pattern", "must be a string"},
        {"{\"pattern\":\"a(\"}", "/pattern",
         "is no pattern: ( is never closed (at byte 2)"},
        {"{\"pattern\":\"(?<=a*)b\"}", "/pattern",
         "is no pattern: has a lookbehind of varying length (at byte 0)"},
        {"{\"patternProperties\":{\"*\":{}}}", "/patternProperties/*",
         "is no pattern: there is nothing to repeat (at byte 0)"},
        {"{\"format\":1}", "/format", "must be a string"},
        {"{\"contentEncoding\":1}", "/contentEncoding", "must be a string"},
        {"{\"$comment\":1}", "/$comment", "must be a string"},
        {"{\"items\":1}", "/items", schema},
        {"{\"items\":[{}]}", "/items", schema},
        {"{\"prefixItems\":{}}", "/prefixItems", array},
        {"{\"prefixItems\":[{},1]}", "/prefixItems/1", schema},
        {"{\"prefixItems\":[]}", "/prefixItems",
         "must have at least one schema"},
        {"{\"contains\":\"x\"}", "/contains", schema},
        {"{\"uniqueItems\":1}", "/uniqueItems", boolean},
        {"{\"properties\":[]}", "/properties", map},
        {"{\"properties\":{\"a/b\":1}}", "/properties/a~1b", schema},
        {"{\"patternProperties\":1}", "/patternProperties", map},
        {"{\"additionalProperties\":1}", "/additionalProperties", schema},
        {"{\"propertyNames\":1}", "/propertyNames", schema},
        {"{\"required\":true}", "/required", "must be an array of names"},
        {"{\"required\":[\"a\",1]}", "/required/1", "must be a name"},
        {"{\"dependentRequired\":[]}", "/dependentRequired",
         "must be an object"},
        {"{\"dependentRequired\":{\"a\":{}}}", "/dependentRequired/a",
         "must be an array of names"},
        {"{\"dependentRequired\":{\"a\":[1]}}", "/dependentRequired/a/0",
         "must be a name"},
        {"{\"dependentSchemas\":{\"a\":[]}}", "/dependentSchemas/a", schema},
        {"{\"dependencies\":{\"a\":1}}", "/dependencies/a", schema},
        {"{\"allOf\":{}}", "/allOf", array},
        {"{\"anyOf\":[]}", "/anyOf", "must have at least one schema"},
        {"{\"oneOf\":[{\"oneOf\":[1]}]}", "/oneOf/0/oneOf/0", schema},
        {"{\"not\":1}", "/not", schema},
        {"{\"if\":1}", "/if", schema},
        {"{\"then\":1}", "/then", schema},
        {"{\"if\":{},\"else\":1}", "/else", schema},
        {"{\"unevaluatedItems\":1}", "/unevaluatedItems", schema},
        {"{\"unevaluatedProperties\":1}", "/unevaluatedProperties", schema},
        {"{\"$defs\":[]}", "/$defs", map},
        {"{\"definitions\":1}", "/definitions", map},
        {"{\"readOnly\":\"true\"}", "/readOnly", boolean},
        {"{\"writeOnly\":1}", "/writeOnly", boolean},
        {"{\"deprecated\":null}", "/deprecated", boolean},
    };

    (void)state;
    check_faults(rows, VB_COUNT_OF(rows), VB_SCHEMA_2020_12);
}

static void unknown_keywords_are_no_faults(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"nullable\":1,\"discriminator\":{},\"x-y\":[],\"xml\":1,"
         "\"title\":1,\"description\":null,\"examples\":1,\"default\":{}}",
         "1", true},
    };

    (void)state;
    check_verdicts(rows, VB_COUNT_OF(rows), VB_SCHEMA_2020_12);
}

/* --- reasons for refusals --- */

/* The reasons, each "pointer keyword: detail", separated by newlines. */
static void explain(const struct vb_schema *schema, const char *instance,
                    unsigned most, struct vb_buf *buf)
{
    struct vb_json *json = parse(instance);
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena, .max_errors = most};
    unsigned count = 0;

    vb_arena_init(&arena, 4096, 1 << 20);
    if (vb_schema_validate(schema, json->root, &run) != VB_ERR_INVALID)
        fail_msg("%s is valid", instance);
    for (const struct vb_schema_error *e = run.errors; e != NULL; e = e->next) {
        vb_buf_printf(buf, "%s%.*s %.*s: %.*s", count > 0 ? "\n" : "",
                      VB_FMT(e->pointer), VB_FMT(e->keyword),
                      VB_FMT(e->detail));
        assert_span_equal(e->uri, "test:/schema");
        count++;
    }
    assert_int_equal(count, run.error_count);
    if (run.more_errors)
        vb_buf_str(buf, "\n...");
    vb_arena_done(&arena);
    vb_json_free(json);
}

struct reason_row {
    const char *schema;
    const char *instance;
    const char *reasons;
};

static void check_reasons(const struct reason_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        struct vb_buf buf = vb_buf_over(text, sizeof(text));
        struct compiled c;

        compile(&c, rows[i].schema, VB_SCHEMA_2020_12);
        explain(c.schema, rows[i].instance, 5, &buf);
        if (!vb_span_eq(vb_buf_span(&buf), vb_span_str(rows[i].reasons)))
            fail_msg("row %zu: %s of %s:\n%.*s", i, rows[i].instance,
                     rows[i].schema, VB_FMT(vb_buf_span(&buf)));
        compiled_done(&c);
    }
}

static void each_keyword_says_what_it_wants(void **state)
{
    static const struct reason_row rows[] = {
        {"false", "1", " : is not allowed"},
        {"{\"type\":\"integer\"}", "1.5", " /type: must be an integer"},
        {"{\"type\":\"number\"}", "null", " /type: must be a number"},
        {"{\"type\":[\"null\",\"string\"]}", "1",
         " /type: must be a string or null"},
        {"{\"type\":[\"integer\",\"array\",\"object\",\"boolean\"]}", "null",
         " /type: must be an integer, true or false, an array or an object"},
        {"{\"type\":[\"number\",\"integer\"]}", "null",
         " /type: must be a number"},
        {"{\"const\":{\"a\":[1,\"x\"]}}", "1",
         " /const: must be {\"a\":[1,\"x\"]}"},
        {"{\"enum\":[\"a\",1,null]}", "2",
         " /enum: must be one of \"a\", 1, null"},
        {"{\"enum\":[\"a\"]}", "2", " /enum: must be \"a\""},
        {"{\"minimum\":1}", "0", " /minimum: must be at least 1"},
        {"{\"maximum\":1.50}", "2", " /maximum: must be at most 1.50"},
        {"{\"exclusiveMinimum\":1}", "1",
         " /exclusiveMinimum: must be greater than 1"},
        {"{\"exclusiveMaximum\":1}", "1",
         " /exclusiveMaximum: must be less than 1"},
        {"{\"multipleOf\":0.01}", "0.001",
         " /multipleOf: must be a multiple of 0.01"},
        {"{\"minLength\":1}", "\"\"",
         " /minLength: must have at least 1 character"},
        {"{\"maxLength\":2}", "\"abc\"",
         " /maxLength: must have at most 2 characters"},
        {"{\"pattern\":\"^\\\\d+$\"}", "\"x\"",
         " /pattern: must match the pattern ^\\d+$"},
        {"{\"format\":\"date\"}", "\"x\"",
         " /format: must be a date such as 2024-05-31"},
        {"{\"minItems\":1}", "[]", " /minItems: must have at least 1 item"},
        {"{\"maxItems\":0}", "[1]", " /maxItems: must have at most 0 items"},
        {"{\"uniqueItems\":true}", "[1,{},2,{}]",
         " /uniqueItems: must not repeat an item: those at 1 and 3 are equal"},
        {"{\"contains\":{\"const\":1}}", "[]",
         " /contains: must have at least 1 of the required kind"},
        {"{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]",
         " /contains: must have at most 1 of that kind"},
        {"{\"minProperties\":1}", "{}",
         " /minProperties: must have at least 1 property"},
        {"{\"maxProperties\":0}", "{\"a\":1}",
         " /maxProperties: must have at most 0 properties"},
        {"{\"required\":[\"b\",\"a/b\"]}", "{}",
         "/a~1b /required: is required\n/b /required: is required"},
        {"{\"properties\":{\"a\":{\"items\":{\"minimum\":1}}}}",
         "{\"a\":[1,0,2,0]}",
         "/a/1 /properties/a/items/minimum: must be at least 1\n"
         "/a/3 /properties/a/items/minimum: must be at least 1"},
        {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
         "{\"b\":1}", "/b /additionalProperties: is not allowed"},
        {"{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}}}",
         "{\"x-a\":1}", "/x-a /patternProperties/^x-/type: must be a string"},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
         "/ab /propertyNames: is no name that may be used: must have at most "
         "1 character"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
         "/b /dependentRequired: is required where there is \"a\""},
        {"{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", "{\"a\":1}",
         "/b /dependentSchemas/a/required: is required"},
        {"{\"not\":{\"type\":\"null\"}}", "null",
         " /not: is of a kind that is not allowed"},
        {"{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]}}",
         "{\"a\":1}", "/b /then/required: is required"},
        {"{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"minimum\":1}}}", "0",
         " /$defs/x/minimum: must be at least 1"},
        {"{\"allOf\":[{\"minimum\":5},{\"multipleOf\":2}]}", "3",
         " /allOf/0/minimum: must be at least 5\n"
         " /allOf/1/multipleOf: must be a multiple of 2"},
        {"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}",
         "{\"b\":1}", "/b /unevaluatedProperties: is not allowed"},
        {"{\"prefixItems\":[{}],\"unevaluatedItems\":{\"const\":1}}", "[1,2]",
         "/1 /unevaluatedItems/const: must be 1"},
    };

    (void)state;
    check_reasons(rows, VB_COUNT_OF(rows));
}

static void a_choice_is_explained_by_the_branch_that_was_meant(void **state)
{
    static const char pets[] =
        "{\"oneOf\":[{\"properties\":{\"kind\":{\"const\":\"cat\"},"
        "\"lives\":{\"maximum\":9}},\"required\":[\"kind\"]},"
        "{\"properties\":{\"kind\":{\"const\":\"dog\"},"
        "\"name\":{\"type\":\"string\"}},"
        "\"required\":[\"kind\",\"name\",\"age\"]}]}";
    const struct reason_row rows[] = {
        /* only the type is wrong */
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
         " /anyOf: must be a string or null"},
        {"{\"anyOf\":[{\"$ref\":\"#/$defs/s\"},{\"type\":\"null\"}],"
         "\"$defs\":{\"s\":{\"type\":\"string\",\"minLength\":1}}}",
         "1", " /anyOf: must be a string or null"},
        /* one branch is for this type */
        {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"string\","
         "\"minLength\":2,\"pattern\":\"x\"}]}",
         "\"a\"",
         " /anyOf/1/minLength: must have at least 2 characters\n"
         " /anyOf/1/pattern: must match the pattern x"},
        /* a tag tells which is meant */
        {pets, "{\"kind\":\"dog\",\"name\":1}",
         " /oneOf: must match exactly one of 2 alternatives; what follows is "
         "about the closest\n"
         "/name /oneOf/1/properties/name/type: must be a string\n"
         "/age /oneOf/1/required: is required"},
        {pets, "{\"kind\":\"cat\",\"lives\":10}",
         " /oneOf: must match exactly one of 2 alternatives; what follows is "
         "about the closest\n"
         "/lives /oneOf/0/properties/lives/maximum: must be at most 9"},
        /* one thing is wrong, with the value itself */
        {"{\"anyOf\":[{\"minimum\":10,\"multipleOf\":3},{\"minimum\":5}]}", "4",
         " /anyOf: must match at least one of 2 alternatives; the closest "
         "says: must be at least 5"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2},{\"minimum\":3}]}", "2",
         " /oneOf: must match only one of 3 alternatives, not both those at 0 "
         "and 1"},
        {"{\"anyOf\":[{\"minimum\":5}]}", "4",
         " /anyOf/0/minimum: must be at least 5"},
        {"{\"items\":{\"anyOf\":[{\"anyOf\":[{\"const\":1},{\"const\":2}]},"
         "{\"type\":\"string\"}]}}",
         "[3]",
         "/0 /items/anyOf/0/anyOf: must match at least one of 2 alternatives; "
         "the closest says: must be 1"},
    };

    (void)state;
    check_reasons(rows, VB_COUNT_OF(rows));
}

static void the_number_of_reasons_is_bounded(void **state)
{
    char text[4096];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    struct compiled c;

    (void)state;
    compile(&c, "{\"items\":{\"type\":\"null\"}}", VB_SCHEMA_2020_12);
    explain(c.schema, "[1,2,3]", 3, &buf);
    assert_span_equal(vb_buf_span(&buf), "/0 /items/type: must be null\n"
                                         "/1 /items/type: must be null\n"
                                         "/2 /items/type: must be null");
    vb_buf_reset(&buf);
    explain(c.schema, "[1,2,3]", 2, &buf);
    assert_span_equal(vb_buf_span(&buf), "/0 /items/type: must be null\n"
                                         "/1 /items/type: must be null\n...");
    compiled_done(&c);
    compile(&c,
            "{\"anyOf\":[{\"required\":[\"a\",\"b\",\"c\"]},"
            "{\"required\":[\"a\",\"b\",\"c\",\"d\"]}]}",
            VB_SCHEMA_2020_12);
    vb_buf_reset(&buf);
    explain(c.schema, "{}", 2, &buf);
    assert_span_equal(vb_buf_span(&buf),
                      " /anyOf: must match at least one of 2 alternatives; "
                      "what follows is about the closest\n"
                      "/a /anyOf/0/required: is required\n...");
    compiled_done(&c);
}

/* Texts of reasons do not grow with what is sent or what a schema holds. */
static void long_texts_are_cut(void **state)
{
    static char instance[20000], schema[20000];
    struct vb_json *json;
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena, .max_errors = 9};
    struct compiled c;

    (void)state;
    /* a name of 10000 characters, of two bytes each in the schema's enum */
    strcpy(instance, "{\"a\":{\"");
    memset(instance + 7, 'n', 10000);
    strcpy(instance + 10007, "\":1}}");
    strcpy(schema, "{\"additionalProperties\":{\"additionalProperties\":"
                   "{\"enum\":[\"");
    for (int i = 0; i < 5000; i++)
        strcat(schema + 2 * i, "\xc3\xa9");
    strcat(schema, "\",2,3]}}}");
    json = parse(instance);
    compile(&c, schema, VB_SCHEMA_2020_12);
    vb_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(vb_schema_validate(c.schema, json->root, &run),
                     VB_ERR_INVALID);
    assert_span_equal(run.errors->pointer, "/a"); /* the value around it */
    assert_true(run.errors->detail.len < 512);
    assert_true(vb_span_starts(run.errors->detail,
                               VB_SPAN("must be one of \"\xc3\xa9\xc3\xa9")));
    assert_true(vb_span_ends(run.errors->detail, VB_SPAN("..., 2, 3")));
    vb_arena_done(&arena);
    vb_json_free(json);
    compiled_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_keywords_are_faults_at_their_place),
        cmocka_unit_test(unknown_keywords_are_no_faults),
        cmocka_unit_test(each_keyword_says_what_it_wants),
        cmocka_unit_test(a_choice_is_explained_by_the_branch_that_was_meant),
        cmocka_unit_test(the_number_of_reasons_is_bounded),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests_name("schema_error", tests, NULL, NULL);
}
