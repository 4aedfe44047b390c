/* The dialect of OpenAPI 3.0.3 ("Schema Object"), where it differs. */
#include "unit.h"

#include "schema_unit.h"

static void the_dialect_has_its_own_keywords(void **state)
{
    static const struct verdict_row rows[] = {
        /* nullable adds null to a type */
        {"{\"type\":\"string\",\"nullable\":true}", "null", true},
        {"{\"type\":\"string\",\"nullable\":true}", "\"x\"", true},
        {"{\"type\":\"string\",\"nullable\":true}", "1", false},
        {"{\"type\":\"string\",\"nullable\":false}", "null", false},
        {"{\"type\":\"string\"}", "null", false},
        {"{\"nullable\":true,\"minLength\":1}", "null", true},
        {"{\"type\":\"string\",\"nullable\":true,\"enum\":[\"a\"]}", "null",
         false}, /* but not to an enum */
        {"{\"type\":\"string\",\"nullable\":true,\"enum\":[\"a\",null]}",
         "null", true},
        {"{\"type\":\"integer\",\"nullable\":true,\"allOf\":"
         "[{\"type\":\"integer\"}]}",
         "null", false}, /* nor to what is around it */
        /* exclusive limits are flags */
        {"{\"minimum\":1,\"exclusiveMinimum\":true}", "1", false},
        {"{\"minimum\":1,\"exclusiveMinimum\":true}", "1.1", true},
        {"{\"minimum\":1,\"exclusiveMinimum\":false}", "1", true},
        {"{\"maximum\":1,\"exclusiveMaximum\":true}", "1.0", false},
        {"{\"maximum\":1,\"exclusiveMaximum\":true}", "0", true},
        {"{\"exclusiveMaximum\":true}", "9", true},
        /* what stands beside a $ref does not count */
        {"{\"properties\":{\"a\":{\"$ref\":\"#/x-s\",\"maxLength\":1}},"
         "\"x-s\":{\"type\":\"string\"}}",
         "{\"a\":\"abc\"}", true},
        {"{\"properties\":{\"a\":{\"$ref\":\"#/x-s\",\"maxLength\":1}},"
         "\"x-s\":{\"type\":\"string\"}}",
         "{\"a\":1}", false},
        {"{\"properties\":{\"a\":{\"$ref\":\"#/x-s\",\"minLength\":-1}},"
         "\"x-s\":{}}",
         "{\"a\":1}", true},
        /* what it has in common with 2020-12 */
        {"{\"type\":\"object\",\"required\":[\"a\"],\"properties\":"
         "{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}},"
         "\"additionalProperties\":false}",
         "{\"a\":[1]}", true},
        {"{\"additionalProperties\":false}", "{\"a\":1}", false},
        {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":1}",
         false},
        {"{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}],"
         "\"discriminator\":{\"propertyName\":\"x\"}}",
         "1", true},
        {"{\"not\":{\"enum\":[1]}}", "1.0", false},
        {"{\"format\":\"uuid\"}", "\"x\"", false},
        {"{\"format\":\"int32\"}", "99999999999", true},
        {"{\"uniqueItems\":true,\"maxItems\":2}", "[1,1]", false},
        {"{\"multipleOf\":0.01}", "1.005", false},
        {"{\"pattern\":\"^a\",\"minLength\":2}", "\"b\"", false},
        /* what 2020-12 has and it has not */
        {"{\"const\":1}", "2", true},
        {"{\"if\":{},\"then\":false}", "2", true},
        {"{\"prefixItems\":[false]}", "[1]", true},
        {"{\"contains\":false}", "[1]", true},
        {"{\"patternProperties\":{\"(\":1}}", "{\"a\":1}", true},
        {"{\"propertyNames\":false}", "{\"a\":1}", true},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", true},
        {"{\"unevaluatedProperties\":false}", "{\"a\":1}", true},
        {"{\"$id\":1,\"$anchor\":1,\"$defs\":1,\"$comment\":1}", "1", true},
    };

    (void)state;
    check_verdicts(rows, VB_COUNT_OF(rows), VB_SCHEMA_OPENAPI_3_0);
}

static void the_dialect_is_read_strictly(void **state)
{
    static const char object[] = "must be a schema object";
    static const struct fault_row rows[] = {
        {"{\"type\":[\"string\",\"null\"]}", "/type",
         "must be one of array, boolean, integer, null, number, object, "
         "string"},
        {"{\"type\":\"null\"}", "/type", "must not be null in OpenAPI 3.0"},
        {"{\"nullable\":\"true\"}", "/nullable", "must be true or false"},
        {"{\"minimum\":1,\"exclusiveMinimum\":1}", "/exclusiveMinimum",
         "must be true or false"},
        {"{\"maximum\":\"x\"}", "/maximum", "must be a number"},
        {"{\"items\":true}", "/items", object},
        {"{\"items\":[{}]}", "/items", object},
        {"{\"properties\":{\"a\":true}}", "/properties/a", object},
        {"{\"allOf\":[false]}", "/allOf/0", object},
        {"{\"not\":true}", "/not", object},
        {"{\"additionalProperties\":1}", "/additionalProperties",
         "must be a schema"},
        {"{\"readOnly\":1}", "/readOnly", "must be true or false"},
    };

    (void)state;
    check_faults(rows, VB_COUNT_OF(rows), VB_SCHEMA_OPENAPI_3_0);
}

/* A file beside a description may say that it is in another dialect. */
static void a_document_with_a_dialect_of_its_own_keeps_it(void **state)
{
    static const struct verdict_row rows[] = {
        {"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
         "\"const\":1,\"$defs\":{\"a\":{\"$anchor\":\"x\",\"minimum\":1}},"
         "\"$ref\":\"#x\"}",
         "1", true},
        {"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
         "\"$defs\":{\"a\":{\"$anchor\":\"x\",\"minimum\":1}},"
         "\"$ref\":\"#x\",\"maximum\":0}",
         "0", false},
    };

    (void)state;
    check_verdicts(rows, VB_COUNT_OF(rows), VB_SCHEMA_OPENAPI_3_0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dialect_has_its_own_keywords),
        cmocka_unit_test(the_dialect_is_read_strictly),
        cmocka_unit_test(a_document_with_a_dialect_of_its_own_keeps_it),
    };

    return cmocka_run_group_tests_name("schema_openapi", tests, NULL, NULL);
}
