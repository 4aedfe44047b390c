/*
 * The keywords of 2020-12, each by instances on both sides of its rule. What
 * the public suite has is in test_schema_suite.c; this is for where the suite
 * may be absent, and for what it lacks.
 */
#include "unit.h"

#include <stdio.h>

#include "schema_unit.h"

static void check(const struct verdict_row *rows, size_t count)
{
    check_verdicts(rows, count, VB_SCHEMA_2020_12);
}

static void type_const_and_enum_compare_values(void **state)
{
    static const struct verdict_row rows[] = {
        {"true", "null", true},
        {"false", "null", false},
        {"{}", "[1]", true},
        {"{\"type\":\"integer\"}", "1", true},
        {"{\"type\":\"integer\"}", "1.0", true},
        {"{\"type\":\"integer\"}", "1e3", true},
        {"{\"type\":\"integer\"}", "1.5", false},
        {"{\"type\":\"integer\"}", "\"1\"", false},
        {"{\"type\":\"integer\"}", "123456789012345678901234567890", true},
        {"{\"type\":\"number\"}", "1.5", true},
        {"{\"type\":\"number\"}", "1", true},
        {"{\"type\":\"string\"}", "\"\"", true},
        {"{\"type\":\"string\"}", "null", false},
        {"{\"type\":\"boolean\"}", "false", true},
        {"{\"type\":\"boolean\"}", "0", false},
        {"{\"type\":\"null\"}", "null", true},
        {"{\"type\":\"null\"}", "false", false},
        {"{\"type\":\"array\"}", "[]", true},
        {"{\"type\":\"array\"}", "{}", false},
        {"{\"type\":\"object\"}", "{}", true},
        {"{\"type\":[\"integer\",\"string\"]}", "1", true},
        {"{\"type\":[\"integer\",\"string\"]}", "\"a\"", true},
        {"{\"type\":[\"integer\",\"string\"]}", "1.5", false},
        {"{\"const\":2}", "2.0", true},
        {"{\"const\":-2.0}", "-2", true},
        {"{\"const\":9007199254740992}", "9007199254740993", false},
        {"{\"const\":false}", "0", false},
        {"{\"const\":[false]}", "[0]", false},
        {"{\"const\":{\"a\":1,\"b\":[2]}}", "{\"b\":[2.0],\"a\":1}", true},
        {"{\"const\":{\"a\":1}}", "{\"a\":1,\"b\":2}", false},
        {"{\"const\":null}", "null", true},
        {"{\"const\":\"a\\u0000b\"}", "\"a\\u0000b\"", true},
        {"{\"const\":\"a\\u0000b\"}", "\"ab\"", false},
        {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "{\"foo\":12.0}", true},
        {"{\"enum\":[6,\"foo\",[],true,{\"foo\":12}]}", "{\"foo\":false}",
         false},
        {"{\"enum\":[]}", "null", false},
        {"{\"enum\":[[0]]}", "[false]", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void numbers_are_compared_exactly(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"minimum\":1.1}", "1.1", true},
        {"{\"minimum\":1.1}", "1.09", false},
        {"{\"minimum\":1.1}", "\"x\"", true},
        {"{\"minimum\":-2}", "-2.0001", false},
        {"{\"maximum\":3.0}", "3", true},
        {"{\"maximum\":3.0}", "3.0000000000000000000001", false},
        {"{\"exclusiveMinimum\":1.1}", "1.1", false},
        {"{\"exclusiveMinimum\":1.1}", "1.2", true},
        {"{\"exclusiveMaximum\":3}", "3.0", false},
        {"{\"exclusiveMaximum\":3}", "2.99", true},
        {"{\"minimum\":18446744073709551615}", "18446744073709551614", false},
        {"{\"maximum\":1e308}", "1e309", false},
        {"{\"maximum\":1e999999999}", "9e999999998", true},
        {"{\"multipleOf\":0.0001}", "0.0075", true},
        {"{\"multipleOf\":0.0001}", "0.00751", false},
        {"{\"multipleOf\":0.5,\"type\":\"integer\"}", "1e308", true},
        {"{\"multipleOf\":1e-8}", "12391239123", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void strings_are_measured_in_code_points(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"minLength\":2}", "\"fo\"", true},
        {"{\"minLength\":2}", "\"f\"", false},
        {"{\"minLength\":2.0}", "\"f\"", false},
        {"{\"minLength\":2}", "\"\xf0\x9f\x92\xa9\"", false},
        {"{\"minLength\":2}", "\"\xf0\x9f\x92\xa9\xc3\xa9\"", true},
        {"{\"minLength\":2}", "1", true},
        {"{\"maxLength\":2}", "\"\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9\"", true},
        {"{\"maxLength\":2}", "\"foo\"", false},
        {"{\"maxLength\":2}", "\"foo bar baz\"", false},
        {"{\"maxLength\":0}", "\"\"", true},
        {"{\"maxLength\":1e400}", "\"foo\"", true},
        {"{\"minLength\":1e400}", "\"foo\"", false},
        {"{\"pattern\":\"^a*$\"}", "\"aaa\"", true},
        {"{\"pattern\":\"^a*$\"}", "\"abc\"", false},
        {"{\"pattern\":\"a+\"}", "\"xxaayy\"", true},
        {"{\"pattern\":\"^\\\\p{Letter}+$\"}", "\"\xc3\xa9\"", true},
        {"{\"pattern\":\"^a*$\"}", "{}", true},
        {"{\"format\":\"date\"}", "\"2024-02-30\"", false},
        {"{\"format\":\"date\"}", "\"2024-02-29\"", true},
        {"{\"format\":\"date\"}", "20240230", true},
        {"{\"format\":\"unheard-of\"}", "\"x\"", true},
        {"{\"contentEncoding\":\"base64\",\"contentMediaType\":\"a/b\","
         "\"contentSchema\":false}",
         "\"%\"", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void arrays_keep_the_rules_for_their_items(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"items\":{\"type\":\"integer\"}}", "[1,2]", true},
        {"{\"items\":{\"type\":\"integer\"}}", "[1,\"x\"]", false},
        {"{\"items\":{\"type\":\"integer\"}}", "{\"0\":\"x\"}", true},
        {"{\"items\":false}", "[]", true},
        {"{\"items\":false}", "[1]", false},
        {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
         "[1]", true},
        {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
         "[1,\"x\",null]", true},
        {"{\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
         "[1,2]", false},
        {"{\"prefixItems\":[{}],\"items\":{\"type\":\"integer\"}}", "[\"x\",1]",
         true},
        {"{\"prefixItems\":[{}],\"items\":{\"type\":\"integer\"}}", "[1,\"x\"]",
         false},
        {"{\"prefixItems\":[{},{}],\"items\":false}", "[1,2,3]", false},
        {"{\"allOf\":[{\"prefixItems\":[{\"minimum\":3}]}],"
         "\"items\":{\"minimum\":5}}",
         "[3,5]", false}, /* items looks at its own prefixItems only */
        {"{\"minItems\":1}", "[]", false},
        {"{\"maxItems\":2}", "[1,2,3]", false},
        {"{\"contains\":{\"minimum\":5}}", "[1,5]", true},
        {"{\"contains\":{\"minimum\":5}}", "[1,2]", false},
        {"{\"contains\":{\"minimum\":5}}", "[]", false},
        {"{\"contains\":true,\"minContains\":0}", "[]", true},
        {"{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]", false},
        {"{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2]", false},
        {"{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2,1]", true},
        {"{\"minContains\":3,\"maxContains\":0}", "[1]", true},
        {"{\"uniqueItems\":true}", "[1,2]", true},
        {"{\"uniqueItems\":true}", "[1,1.0]", false},
        {"{\"uniqueItems\":true}", "[0,false]", true},
        {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]",
         false},
        {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":1,\"a\":2}]",
         true},
        {"{\"uniqueItems\":true}", "[[1,2],[2,1]]", true},
        {"{\"uniqueItems\":true}", "[1,2,3,4,5,6,7,8,9,10,3.0]", false},
        {"{\"uniqueItems\":true}",
         "[1,2,3,4,5,6,7,8,\"1\",true,null,[],{},\"\"]", true},
        {"{\"uniqueItems\":false}", "[1,1]", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void objects_keep_the_rules_for_their_members(void **state)
{
    static const char mixed[] =
        "{\"properties\":{\"foo\":{\"type\":\"array\",\"maxItems\":3},"
        "\"bar\":{\"type\":\"array\"}},"
        "\"patternProperties\":{\"f.o\":{\"minItems\":2}},"
        "\"additionalProperties\":{\"type\":\"integer\"}}";
    const struct verdict_row rows[] = {
        {mixed, "{\"foo\":[1,2]}", true},
        {mixed, "{\"foo\":[1,2,3,4]}", false},
        {mixed, "{\"foo\":[]}", false},
        {mixed, "{\"fxo\":[1,2]}", true},
        {mixed, "{\"fxo\":[]}", false},
        {mixed, "{\"bar\":[]}", true},
        {mixed, "{\"quux\":3}", true},
        {mixed, "{\"quux\":\"x\"}", false},
        {mixed, "[]", true},
        {"{\"properties\":{\"__proto__\":{\"type\":\"number\"},"
         "\"constructor\":false,\"\":{\"const\":1}}}",
         "{\"__proto__\":1,\"\":1}", true},
        {"{\"properties\":{\"constructor\":false}}", "{\"constructor\":1}",
         false},
        {"{\"properties\":{\"a\\u0000b\":{\"const\":1}}}", "{\"a\\u0000b\":2}",
         false},
        {"{\"additionalProperties\":false}", "{\"a\":1}", false},
        {"{\"allOf\":[{\"properties\":{\"a\":{}}}],"
         "\"additionalProperties\":false}",
         "{\"a\":1}", false}, /* it looks at its own properties only */
        {"{\"required\":[\"a\"]}", "{\"b\":1}", false},
        {"{\"required\":[\"a\"]}", "{\"a\":null}", true},
        {"{\"required\":[\"a\",\"b\",\"a\"]}", "{\"a\":1,\"b\":1}", true},
        {"{\"required\":[\"a\",\"b\"]}", "{\"a\":1,\"c\":1}", false},
        {"{\"required\":[\"a\"]}", "[]", true},
        {"{\"required\":[]}", "{}", true},
        {"{\"required\":[\"a\"],\"additionalProperties\":{\"const\":1}}",
         "{\"a\":2}", false}, /* being required does not describe it */
        {"{\"minProperties\":1}", "{}", false},
        {"{\"maxProperties\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"propertyNames\":{\"maxLength\":3}}", "{\"abc\":1}", true},
        {"{\"propertyNames\":{\"maxLength\":3}}", "{\"abcd\":1}", false},
        {"{\"propertyNames\":false}", "{}", true},
        {"{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{\"b\":1}", true},
        {"{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "{\"a\":1,\"b\":1}",
         false},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1,\"b\":1}", true},
        {"{\"dependentSchemas\":{\"a\":{\"minProperties\":2}}}", "{\"a\":1}",
         false},
        {"{\"dependentSchemas\":{\"a\":false}}", "{\"b\":1}", true},
        {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"maxProperties\":1}}}",
         "{\"a\":1}", false},
        {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"maxProperties\":1}}}",
         "{\"c\":1,\"d\":1}", false},
        {"{\"patternProperties\":{\"^S_\":{\"type\":\"string\"},"
         "\"X\":false}}",
         "{\"S_1\":\"a\",\"s\":1}", true},
        {"{\"patternProperties\":{\"^S_\":{\"type\":\"string\"},"
         "\"X\":false}}",
         "{\"S_X\":\"a\"}", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void schemas_combine(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2", true},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "4", false},
        {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "2.5", true},
        {"{\"anyOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1.5", false},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1", true},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "3", false},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]}", "1.5", false},
        {"{\"not\":{\"type\":\"integer\"}}", "\"x\"", true},
        {"{\"not\":{\"type\":\"integer\"}}", "1", false},
        {"{\"not\":{\"not\":{}}}", "1", true},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},"
         "\"else\":{\"const\":-1}}",
         "4", true},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},"
         "\"else\":{\"const\":-1}}",
         "3", false},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},"
         "\"else\":{\"const\":-1}}",
         "-1", true},
        {"{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},"
         "\"else\":{\"const\":-1}}",
         "-2", false},
        {"{\"then\":false,\"else\":false}", "1", true},
        {"{\"if\":false}", "1", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void unevaluated_sees_through_what_has_succeeded(void **state)
{
    static const char any[] =
        "{\"properties\":{\"a\":{}},\"anyOf\":["
        "{\"required\":[\"b\"],\"properties\":{\"b\":{}}},"
        "{\"required\":[\"c\"],\"properties\":{\"c\":{}}}],"
        "\"unevaluatedProperties\":false}";
    static const char items[] =
        "{\"prefixItems\":[{}],\"contains\":{\"type\":\"string\"},"
        "\"unevaluatedItems\":{\"type\":\"null\"}}";
    const struct verdict_row rows[] = {
        {any, "{\"a\":1,\"b\":1}", true},
        {any, "{\"a\":1,\"b\":1,\"c\":1}", true},
        {any, "{\"a\":1,\"b\":1,\"d\":1}", false},
        {items, "[1,\"x\",null]", true},
        {items, "[1,\"x\",2]", false},
        {items, "[1,null]", false},
        {"{\"$ref\":\"#/$defs/x\",\"unevaluatedProperties\":false,"
         "\"$defs\":{\"x\":{\"properties\":{\"a\":{}}}}}",
         "{\"a\":1}", true},
        {"{\"if\":{\"properties\":{\"a\":{\"const\":1}}},"
         "\"then\":{\"properties\":{\"b\":{}}},"
         "\"else\":{\"properties\":{\"c\":{}}},"
         "\"unevaluatedProperties\":false}",
         "{\"a\":1,\"b\":1}", true},
        {"{\"if\":{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},"
         "\"then\":{\"properties\":{\"b\":{}}},"
         "\"else\":{\"properties\":{\"c\":{}}},"
         "\"unevaluatedProperties\":false}",
         "{\"a\":2,\"c\":1}", false}, /* a failed `if` evaluates nothing */
        {"{\"not\":{\"not\":{\"properties\":{\"a\":{}}}},"
         "\"unevaluatedProperties\":false}",
         "{\"a\":1}", false}, /* nor does what is under `not` */
        {"{\"allOf\":[{\"properties\":{\"a\":{}},"
         "\"unevaluatedProperties\":false}],\"properties\":{\"b\":{}}}",
         "{\"b\":1}", false}, /* cousins are not seen */
        {"{\"dependentSchemas\":{\"a\":{\"properties\":{\"b\":{}}}},"
         "\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}",
         "{\"a\":1,\"b\":1}", true},
        {"{\"oneOf\":[{\"properties\":{\"a\":{\"const\":1}}},"
         "{\"properties\":{\"b\":{}},\"required\":[\"b\"]}],"
         "\"unevaluatedProperties\":false}",
         "{\"a\":2,\"b\":1}", false},
        {"{\"unevaluatedProperties\":{\"type\":\"integer\"}}", "{\"a\":1}",
         true},
        {"{\"anyOf\":[{\"unevaluatedProperties\":true}],"
         "\"unevaluatedProperties\":false}",
         "{\"a\":1}", true},
        {"{\"patternProperties\":{\"^x\":{}},"
         "\"unevaluatedProperties\":false}",
         "{\"x1\":1,\"y\":1}", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

/* More members than fit into one word of the account. */
static void unevaluated_counts_beyond_64_members(void **state)
{
    static const char schema[] =
        "{\"anyOf\":[{\"patternProperties\":{\"^a\":{}}},"
        "{\"patternProperties\":{\"^b\":{}}}],"
        "\"unevaluatedProperties\":false}";
    char good[4096] = "{", bad[4096];
    struct compiled c;

    (void)state;
    for (int i = 0; i < 200; i++)
        snprintf(good + strlen(good), 16, "%s\"%c%d\":0", i > 0 ? "," : "",
                 "ab"[i % 2], i);
    strcpy(bad, good);
    strcat(good, "}");
    strcat(bad, ",\"c\":0}");
    compile(&c, schema, VB_SCHEMA_2020_12);
    assert_int_equal(verdict(c.schema, good), VB_OK);
    assert_int_equal(verdict(c.schema, bad), VB_ERR_INVALID);
    compiled_done(&c);
}

static void formats_are_annotations_when_asked(void **state)
{
    const struct vb_schema_options options = {.annotate_format = true};
    struct compiled c;

    (void)state;
    compile_with(&c, "{\"format\":\"date\"}", &options);
    assert_int_equal(c.err, VB_OK);
    assert_int_equal(verdict(c.schema, "\"x\""), VB_OK);
    compiled_done(&c);
}

static void older_drafts_are_read_as_far_as_they_agree(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
         "\"items\":[{\"type\":\"integer\"}],"
         "\"additionalItems\":{\"type\":\"string\"}}",
         "[1,\"x\"]", true},
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
         "\"items\":[{\"type\":\"integer\"}],"
         "\"additionalItems\":{\"type\":\"string\"}}",
         "[1,2]", false},
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
         "\"definitions\":{\"a\":{\"$id\":\"#a\",\"const\":1}},"
         "\"$ref\":\"#a\"}",
         "2", false},
        {"{\"definitions\":{\"a\":{\"const\":1}},"
         "\"$ref\":\"#/definitions/a\"}",
         "1", true},
        {"{\"additionalItems\":false,\"items\":{}}", "[1,2]", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(type_const_and_enum_compare_values),
        cmocka_unit_test(numbers_are_compared_exactly),
        cmocka_unit_test(strings_are_measured_in_code_points),
        cmocka_unit_test(arrays_keep_the_rules_for_their_items),
        cmocka_unit_test(objects_keep_the_rules_for_their_members),
        cmocka_unit_test(schemas_combine),
        cmocka_unit_test(unevaluated_sees_through_what_has_succeeded),
        cmocka_unit_test(unevaluated_counts_beyond_64_members),
        cmocka_unit_test(formats_are_annotations_when_asked),
        cmocka_unit_test(older_drafts_are_read_as_far_as_they_agree),
    };

    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
