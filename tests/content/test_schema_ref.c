/*
 * References (Core sections 8 and 9): what they name within a document, among
 * documents, and what is refused.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "schema_unit.h"

static void check(const struct verdict_row *rows, size_t count)
{
    check_verdicts(rows, count, VB_SCHEMA_2020_12);
}

static void a_reference_names_a_place_in_the_document(void **state)
{
    static const char escapes[] =
        "{\"$defs\":{\"tilde~field\":{\"type\":\"integer\"},"
        "\"slash/field\":{\"type\":\"integer\"},"
        "\"percent%field\":{\"type\":\"integer\"},"
        "\"a\\\"b\":{\"type\":\"integer\"},"
        "\"{id} x\":{\"type\":\"integer\"},"
        "\"\":{\"$defs\":{\"\":{\"type\":\"integer\"}}}},"
        "\"properties\":{\"t\":{\"$ref\":\"#/$defs/tilde~0field\"},"
        "\"s\":{\"$ref\":\"#/$defs/slash~1field\"},"
        "\"p\":{\"$ref\":\"#/$defs/percent%25field\"},"
        "\"q\":{\"$ref\":\"#/$defs/a%22b\"},"
        "\"b\":{\"$ref\":\"#/$defs/{id} x\"},"
        "\"e\":{\"$ref\":\"#/$defs//$defs/\"}}}";
    const struct verdict_row rows[] = {
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},"
         "\"additionalProperties\":false}",
         "{\"a\":{\"a\":{}}}", true},
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},"
         "\"additionalProperties\":false}",
         "{\"a\":{\"b\":{}}}", false},
        {"{\"prefixItems\":[{\"type\":\"integer\"},"
         "{\"$ref\":\"#/prefixItems/0\"}]}",
         "[1,\"x\"]", false},
        {escapes, "{\"t\":1,\"s\":1,\"p\":1,\"q\":1,\"b\":1,\"e\":1}", true},
        {escapes, "{\"t\":\"x\"}", false},
        {escapes, "{\"s\":\"x\"}", false},
        {escapes, "{\"p\":\"x\"}", false},
        {escapes, "{\"q\":\"x\"}", false},
        {escapes, "{\"b\":\"x\"}", false},
        {escapes, "{\"e\":\"x\"}", false},
        {"{\"$defs\":{\"a\":{\"type\":\"array\"}},"
         "\"$ref\":\"#/$defs/a\",\"maxItems\":1}",
         "[1,2]", false}, /* siblings count */
        {"{\"properties\":{\"$ref\":{\"type\":\"string\"}}}", "{\"$ref\":1}",
         false}, /* a property of that name */
        {"{\"$ref\":\"#/$defs/b\",\"$defs\":{\"b\":false}}", "1", false},
        {"{\"$ref\":\"#/$defs/b\",\"$defs\":{\"b\":true}}", "1", true},
        {"{\"unheard-of\":{\"x\":[{\"type\":\"integer\"}]},"
         "\"$ref\":\"#/unheard-of/x/0\"}",
         "\"x\"", false}, /* under an unknown keyword */
        {"{\"$defs\":{\"A\":{\"$anchor\":\"foo\",\"type\":\"integer\"}},"
         "\"$ref\":\"#foo\"}",
         "\"x\"", false},
        {"{\"$defs\":{\"A\":{\"$dynamicAnchor\":\"foo\","
         "\"type\":\"integer\"}},\"$ref\":\"#foo\"}",
         "\"x\"", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void an_id_gives_a_schema_its_own_base(void **state)
{
    static const char tree[] =
        "{\"$id\":\"http://localhost:1234/tree\",\"type\":\"object\","
        "\"properties\":{\"nodes\":{\"items\":{\"$ref\":\"node\"}}},"
        "\"required\":[\"nodes\"],"
        "\"$defs\":{\"node\":{\"$id\":\"http://localhost:1234/node\","
        "\"properties\":{\"value\":{\"type\":\"number\"},"
        "\"subtree\":{\"$ref\":\"tree\"}},\"required\":[\"value\"]}}}";
    const struct verdict_row rows[] = {
        {tree, "{\"nodes\":[{\"value\":1,\"subtree\":{\"nodes\":[]}}]}", true},
        {tree, "{\"nodes\":[{\"value\":1,\"subtree\":{\"nodes\":[{}]}}]}",
         false},
        {"{\"$id\":\"http://example.com/a.json\",\"properties\":{\"foo\":"
         "{\"$id\":\"b.json\",\"$defs\":{\"inner\":{\"properties\":"
         "{\"bar\":{\"type\":\"string\"}}}},\"$ref\":\"#/$defs/inner\"}},"
         "\"$ref\":\"b.json\"}",
         "{\"bar\":1}", false},
        {"{\"$id\":\"https://example.com/x/base.json\",\"$ref\":\"int.json\","
         "\"$defs\":{\"big\":{\"$id\":\"/x/int.json\",\"maximum\":10},"
         "\"small\":{\"$id\":\"/x-int.json\",\"maximum\":2}}}",
         "5", true},
        {"{\"$id\":\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed\","
         "\"minProperties\":1,\"properties\":{\"foo\":{\"$ref\":"
         "\"urn:uuid:deadbeef-1234-0000-0000-4321feebdaed\"}}}",
         "{\"foo\":{}}", false},
        {"{\"$id\":\"urn:example:1/406/47452/2\",\"properties\":{\"foo\":"
         "{\"$ref\":\"urn:example:1/406/47452/2#/$defs/bar\"}},"
         "\"$defs\":{\"bar\":{\"type\":\"string\"}}}",
         "{\"foo\":1}", false},
        {"{\"$id\":\"file:///folder/file.json\",\"$defs\":{\"foo\":"
         "{\"type\":\"number\"}},\"$ref\":\"#/$defs/foo\"}",
         "\"x\"", false},
        {"{\"$id\":\"http://localhost/base\",\"$ref\":\"nested.json#foo\","
         "\"$defs\":{\"A\":{\"$id\":\"nested.json\",\"$defs\":{\"B\":"
         "{\"$anchor\":\"foo\",\"type\":\"integer\"}}}}}",
         "\"x\"", false},
        {"{\"$id\":\"http://localhost/foobar\",\"$defs\":{\"A\":"
         "{\"$id\":\"child1\",\"allOf\":[{\"$id\":\"child2\","
         "\"$anchor\":\"my\",\"type\":\"number\"},{\"$anchor\":\"my\","
         "\"type\":\"string\"}]}},\"$ref\":\"child1#my\"}",
         "1", false},
        {"{\"$ref\":\"http://example.com/if\","
         "\"if\":{\"$id\":\"http://example.com/if\",\"type\":\"integer\"}}",
         "\"x\"", false},
        {"{\"$ref\":\"http://example.com/then\","
         "\"then\":{\"$id\":\"http://example.com/then\","
         "\"type\":\"integer\"}}",
         "\"x\"", false},
        /* what looks like an $id where no schema is, is none */
        {"{\"$defs\":{\"e\":{\"enum\":[{\"$id\":\"http://localhost/my.json\","
         "\"type\":\"null\"}]},\"r\":{\"$id\":\"http://localhost/my.json\","
         "\"type\":\"string\"}},\"$ref\":\"http://localhost/my.json\"}",
         "\"x\"", true},
        {"{\"$defs\":{\"u\":{\"not\":{\"unknown\":[{\"$id\":"
         "\"http://localhost/my.json\",\"type\":\"null\"}]}},"
         "\"r\":{\"$id\":\"http://localhost/my.json\",\"type\":\"string\"}},"
         "\"$ref\":\"http://localhost/my.json\"}",
         "null", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void the_meta_schemas_are_built_in(void **state)
{
    static const char meta[] =
        "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}";
    static const struct verdict_row rows[] = {
        {meta, "{\"minLength\":1}", true},
        {meta, "{\"minLength\":-1}", false},
        {meta, "{\"minLength\":\"1\"}", false},
        {meta, "{\"properties\":{\"a\":{\"items\":{\"type\":\"x\"}}}}", false},
        {meta, "{\"properties\":{\"a\":{\"items\":{\"type\":\"null\"}}}}",
         true},
        {meta, "{\"$defs\":{\"a\":{\"minLength\":-1}}}", false},
        {meta, "{\"definitions\":{\"a\":{\"required\":[1]}}}", false},
        {meta, "{\"$id\":\"urn:example:foo#part\"}", false},
        {meta, "{\"$anchor\":\"a b\"}", false},
        {meta, "{\"pattern\":\"\\\\a\"}", false},
        {meta, "{\"patternProperties\":{\"(\":{}}}", false},
        {meta, "{\"allOf\":[]}", false},
        {meta, "{\"type\":[\"string\",\"string\"]}", false},
        {meta, "{\"multipleOf\":0}", false},
        {meta, "{\"unevaluatedItems\":{\"contains\":1}}", false},
        {meta, "{\"contentSchema\":{\"deprecated\":1}}", false},
        {meta, "true", true},
        {meta, "1", false},
        {"{\"$ref\":\"https://json-schema.org/draft/2020-12/meta/"
         "validation#/$defs/stringArray\"}",
         "[\"a\",\"a\"]", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void a_dynamic_reference_looks_outward(void **state)
{
    static const char root[] =
        "{\"$id\":\"https://t/root\",\"$ref\":\"list\",\"$defs\":{"
        "\"foo\":{\"$dynamicAnchor\":\"items\",\"type\":\"string\"},"
        "\"list\":{\"$id\":\"list\",\"items\":{\"$dynamicRef\":\"#items\"},"
        "\"$defs\":{\"items\":{%s\"$dynamicAnchor\":\"items\"}}}}}";
    char text[512];
    struct compiled c;

    (void)state;
    snprintf(text, sizeof(text), root, "");
    compile(&c, text, VB_SCHEMA_2020_12);
    assert_int_equal(verdict(c.schema, "[\"x\"]"), VB_OK);
    assert_int_equal(verdict(c.schema, "[1]"), VB_ERR_INVALID);
    compiled_done(&c);
}

/* --- several documents --- */

struct file {
    const char *uri;
    const char *text;
    struct vb_json *json;
};

static yyjson_val *resolve(void *owner, struct vb_span uri,
                           yyjson_val *reference)
{
    assert_true(yyjson_is_str(reference));
    for (struct file *file = owner; file->uri != NULL; file++) {
        if (!vb_span_eq(uri, vb_span_str(file->uri)))
            continue;
        assert_null(file->json); /* asked once for each */
        file->json = parse(file->text);
        return file->json->root;
    }
    return NULL;
}

static void other_documents_come_from_the_resolver(void **state)
{
    struct file files[] = {
        {"test:/int.json", "{\"type\":\"integer\"}", NULL},
        {"test:/d/defs.json",
         "{\"$defs\":{\"a\":{\"$ref\":\"str.json\"},"
         "\"n\":{\"$anchor\":\"nn\",\"$ref\":\"#/$defs/null\"},"
         "\"null\":{\"type\":\"null\"}}}",
         NULL},
        {"test:/d/str.json",
         "{\"$id\":\"http://elsewhere/str\",\"$defs\":{\"s\":"
         "{\"type\":\"string\"}},\"$ref\":\"#/$defs/s\"}",
         NULL},
        {NULL, NULL, NULL},
    };
    const struct vb_schema_options options = {.resolve = resolve,
                                              .owner = files};
    struct compiled c;

    (void)state;
    compile_with(&c,
                 "{\"properties\":{\"i\":{\"$ref\":\"int.json\"},"
                 "\"j\":{\"$ref\":\"./x/../int.json#\"},"
                 "\"s\":{\"$ref\":\"d/defs.json#/$defs/a\"},"
                 "\"n\":{\"$ref\":\"d/defs.json#nn\"},"
                 "\"l\":{\"items\":{\"items\":{\"$ref\":"
                 "\"http://elsewhere/str\"}}}}}",
                 &options);
    if (c.err != VB_OK)
        fail_msg("%.*s %.*s", VB_FMT(c.fault.pointer), VB_FMT(c.fault.detail));
    assert_int_equal(
        verdict(c.schema, "{\"i\":1,\"j\":1,\"s\":\"\",\"n\":null}"), VB_OK);
    assert_int_equal(verdict(c.schema, "{\"i\":\"x\"}"), VB_ERR_INVALID);
    assert_int_equal(verdict(c.schema, "{\"j\":\"x\"}"), VB_ERR_INVALID);
    assert_int_equal(verdict(c.schema, "{\"s\":1}"), VB_ERR_INVALID);
    assert_int_equal(verdict(c.schema, "{\"n\":1}"), VB_ERR_INVALID);
    /* its $id names it once it has been read */
    assert_int_equal(verdict(c.schema, "{\"l\":[[1]]}"), VB_ERR_INVALID);
    compiled_done(&c);
    for (struct file *file = files; file->uri != NULL; file++)
        vb_json_free(file->json);
}

static void a_meta_schema_decides_which_keywords_count(void **state)
{
    struct file files[] = {
        {"http://m/no-validation",
         "{\"$id\":\"http://m/no-validation\",\"$vocabulary\":{"
         "\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
         "\"https://json-schema.org/draft/2020-12/vocab/applicator\":true,"
         "\"http://m/unheard-of\":false}}",
         NULL},
        {"http://m/assertion",
         "{\"$schema\":\"http://m/assertion\",\"$vocabulary\":{"
         "\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
         "\"https://json-schema.org/draft/2020-12/vocab/format-assertion\":"
         "false}}",
         NULL},
        {"http://m/required",
         "{\"$vocabulary\":{\"http://m/unheard-of\":true}}", NULL},
        {NULL, NULL, NULL},
    };
    const struct vb_schema_options options = {
        .annotate_format = true, .resolve = resolve, .owner = files};
    struct compiled c;

    (void)state;
    compile_with(&c,
                 "{\"$schema\":\"http://m/no-validation\",\"properties\":"
                 "{\"bad\":false,\"n\":{\"minimum\":10}},"
                 "\"required\":[\"x\"]}",
                 &options);
    assert_int_equal(c.err, VB_OK);
    assert_int_equal(verdict(c.schema, "{\"n\":1}"), VB_OK);
    assert_int_equal(verdict(c.schema, "{\"bad\":1}"), VB_ERR_INVALID);
    compiled_done(&c);
    compile_with(&c, "{\"$schema\":\"http://m/assertion\",\"format\":\"ipv4\"}",
                 &options);
    assert_int_equal(c.err, VB_OK);
    assert_int_equal(verdict(c.schema, "\"x\""), VB_ERR_INVALID);
    assert_int_equal(verdict(c.schema, "\"127.0.0.1\""), VB_OK);
    compiled_done(&c);
    compile_with(&c, "{\"$schema\":\"http://m/required\"}", &options);
    assert_int_equal(c.err, VB_ERR_INVALID);
    assert_span_equal(c.fault.uri, "http://m/required");
    assert_span_equal(c.fault.pointer, "/$vocabulary/http:~1~1m~1unheard-of");
    assert_span_equal(c.fault.detail, "requires an unknown vocabulary");
    compiled_done(&c);
    for (struct file *file = files; file->uri != NULL; file++)
        vb_json_free(file->json);
}

/* --- descriptions --- */

static const char description[] =
    "{\"openapi\":\"3.1.0\",\"$id\":\"http://no/id\","
    "\"components\":{\"schemas\":{"
    "\"Pet\":{\"properties\":{\"owner\":{\"$ref\":\"#/components/schemas/"
    "Owner\"},\"tag\":{\"$ref\":\"#tag\"},"
    "\"kin\":{\"$ref\":\"http://ids/kin\"}}},"
    "\"Owner\":{\"type\":\"string\"},"
    "\"Tag\":{\"$anchor\":\"tag\",\"type\":\"integer\"},"
    "\"Kin\":{\"$id\":\"http://ids/kin\",\"items\":"
    "{\"$ref\":\"file:///api.yaml#/components/schemas/Pet\"}}}}}";

static yyjson_val *component(struct vb_json *json, const char *name)
{
    yyjson_val *schemas =
        yyjson_obj_get(yyjson_obj_get(json->root, "components"), "schemas");

    return yyjson_obj_get(schemas, name);
}

static void a_description_is_no_schema_but_holds_some(void **state)
{
    static const struct vb_schema_options options = {0};
    struct vb_json *json = parse(description);
    const struct vb_schema *pet = NULL, *again = NULL, *kin = NULL;
    struct vb_schema_fault fault;
    struct vb_schema_set *set;

    (void)state;
    assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("file:///api.yaml"), json->root, &fault),
        VB_OK);
    /* Its anchors and ids are not known before they are declared ... */
    assert_int_equal(
        vb_schema_compile(set, component(json, "Pet"), &pet, &fault),
        VB_ERR_INVALID);
    assert_null(pet);
    assert_span_equal(fault.uri, "file:///api.yaml");
    assert_span_equal(fault.detail, "refers to no anchor");
    assert_span_equal(fault.pointer,
                      "/components/schemas/Pet/properties/tag/$ref");
    assert_ptr_equal(
        fault.value,
        yyjson_obj_get(
            yyjson_obj_get(yyjson_obj_get(component(json, "Pet"), "properties"),
                           "tag"),
            "$ref"));
    /* ... and then they are. */
    assert_int_equal(vb_schema_set_declare(set, component(json, "Tag"), &fault),
                     VB_OK);
    assert_int_equal(vb_schema_set_declare(set, component(json, "Kin"), &fault),
                     VB_OK);
    assert_int_equal(
        vb_schema_compile(set, component(json, "Pet"), &pet, &fault), VB_OK);
    assert_int_equal(
        vb_schema_compile(set, component(json, "Pet"), &again, &fault), VB_OK);
    assert_ptr_equal(pet, again);
    assert_int_equal(
        vb_schema_compile(set, component(json, "Kin"), &kin, &fault), VB_OK);
    assert_int_equal(verdict(pet, "{\"owner\":\"x\",\"tag\":1}"), VB_OK);
    assert_int_equal(verdict(pet, "{\"owner\":1}"), VB_ERR_INVALID);
    assert_int_equal(verdict(pet, "{\"kin\":[{\"tag\":\"x\"}]}"),
                     VB_ERR_INVALID);
    assert_int_equal(verdict(kin, "[{\"kin\":[{\"tag\":1}]}]"), VB_OK);
    vb_schema_set_free(set);
    vb_json_free(json);
}

static void a_description_may_name_its_dialect(void **state)
{
    static const struct vb_schema_options options = {0};
    struct vb_json *json =
        parse("{\"openapi\":\"3.1.0\",\"jsonSchemaDialect\":"
              "\"http://json-schema.org/draft-07/schema#\",\"components\":"
              "{\"schemas\":{\"A\":{\"items\":[{\"const\":1}]}}}}");
    const struct vb_schema *schema;
    struct vb_schema_set *set;

    (void)state;
    assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("file:///a"), json->root, NULL), VB_OK);
    assert_int_equal(
        vb_schema_compile(set, component(json, "A"), &schema, NULL), VB_OK);
    assert_int_equal(verdict(schema, "[2]"), VB_ERR_INVALID);
    vb_schema_set_free(set);
    vb_json_free(json);
}

static void a_refused_schema_leaves_the_others_good(void **state)
{
    static const struct vb_schema_options options = {0};
    struct vb_json *json = parse(
        "{\"openapi\":\"3.1.0\",\"components\":{\"schemas\":{"
        "\"Bad\":{\"properties\":{\"g\":{\"$ref\":\"#/components/schemas/"
        "Good\"},\"x\":{\"minLength\":-1}}},"
        "\"Good\":{\"properties\":{\"s\":{\"$ref\":\"#/components/schemas/"
        "S\"}}},\"S\":{\"type\":\"string\"},"
        "\"AlsoBad\":{\"$ref\":\"#/components/schemas/Bad\"}}}}");
    const struct vb_schema *schema = NULL;
    struct vb_schema_fault fault;
    struct vb_schema_set *set;

    (void)state;
    assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("file:///a"), json->root, NULL), VB_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            vb_schema_compile(set, component(json, "Bad"), &schema, &fault),
            VB_ERR_INVALID);
        assert_span_equal(fault.pointer,
                          "/components/schemas/Bad/properties/x/minLength");
        assert_int_equal(
            vb_schema_compile(set, component(json, "AlsoBad"), &schema, NULL),
            VB_ERR_INVALID);
        assert_int_equal(
            vb_schema_compile(set, component(json, "Good"), &schema, NULL),
            VB_OK);
        assert_int_equal(verdict(schema, "{\"s\":1}"), VB_ERR_INVALID);
    }
    vb_schema_set_free(set);
    vb_json_free(json);
}

static void documents_are_added_once_under_an_absolute_uri(void **state)
{
    static const struct vb_schema_options options = {0};
    struct vb_json *a = parse("{\"$id\":\"http://ids/a\"}");
    struct vb_json *b = parse("{\"$id\":\"http://ids/a\"}");
    const struct vb_schema *schema;
    struct vb_schema_fault fault;
    struct vb_schema_set *set;

    (void)state;
    assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
    assert_int_equal(vb_schema_set_add(set, VB_SPAN("a.json"), a->root, NULL),
                     VB_ERR_SYNTAX);
    assert_int_equal(vb_schema_compile(set, a->root, &schema, NULL),
                     VB_ERR_NOTFOUND);
    assert_int_equal(vb_schema_set_declare(set, a->root, NULL),
                     VB_ERR_NOTFOUND);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("test:/a#x"), a->root, NULL), VB_OK);
    assert_int_equal(vb_schema_set_add(set, VB_SPAN("test:/a"), b->root, NULL),
                     VB_ERR_EXISTS);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("http://ids/a"), b->root, NULL),
        VB_ERR_EXISTS);
    assert_int_equal(
        vb_schema_set_add(set, VB_SPAN("test:/b"), b->root, &fault),
        VB_ERR_INVALID);
    assert_span_equal(fault.detail,
                      "is the second schema with the URI http://ids/a");
    vb_schema_set_free(set);
    vb_json_free(a);
    vb_json_free(b);
    vb_schema_set_free(NULL);
}

/* --- what is refused --- */

static void references_that_lead_nowhere_are_faults(void **state)
{
    static const struct fault_row rows[] = {
        {"{\"$ref\":\"#/$defs/a\"}", "/$ref", "refers to nothing"},
        {"{\"$ref\":\"#a\"}", "/$ref", "refers to no anchor"},
        {"{\"$ref\":\"#/~2\"}", "/$ref", "refers to nothing"},
        {"{\"$ref\":\"#%zz\"}", "/$ref", "is not a URI reference"},
        {"{\"$ref\":\"a b\"}", "/$ref", "is not a URI reference"},
        {"{\"$ref\":1}", "/$ref", "must be a URI reference"},
        {"{\"$ref\":\"x.json\"}", "/$ref",
         "refers to test:/x.json, which is not there"},
        {"{\"$ref\":\"#/title\",\"title\":\"x\"}", "/$ref",
         "refers to what is not a schema"},
        {"{\"$dynamicRef\":\"#x\"}", "/$dynamicRef", "refers to no anchor"},
        {"{\"$schema\":\"http://unheard/of\"}", "/$schema",
         "refers to http://unheard/of, which is not there"},
        {"{\"$schema\":1}", "/$schema", "must be the URI of a dialect"},
        {"{\"$schema\":\"x\"}", "/$schema", "must be the URI of a dialect"},
        {"{\"$id\":1}", "/$id", "must be a URI reference"},
        {"{\"$id\":\"a b\"}", "/$id", "must be a URI reference"},
        {"{\"$id\":\"http://x/#y\"}", "/$id", "must have no fragment"},
        {"{\"$anchor\":\"1\"}", "/$anchor",
         "must be a name of letters, digits and _-."},
        {"{\"$dynamicAnchor\":\"\"}", "/$dynamicAnchor",
         "must be a name of letters, digits and _-."},
        {"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
         "/$defs/b", "is the second anchor \"x\""},
        {"{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}",
         "/$defs/b", "is the second schema with the URI test:/x"},
    };

    (void)state;
    check_faults(rows, VB_COUNT_OF(rows), VB_SCHEMA_2020_12);
}

static void references_without_end_are_faults(void **state)
{
    static const char detail[] =
        "refers to itself without end for one and the same value";
    static const struct fault_row rows[] = {
        {"{\"$ref\":\"#\"}", "", detail},
        {"{\"allOf\":[{\"$ref\":\"#\"}]}", "", detail},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"not\":{\"$ref\":\"#\"}}]}", "",
         detail},
        {"{\"if\":{\"$ref\":\"#\"}}", "", detail},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
         "\"b\":{\"oneOf\":[true,{\"$ref\":\"#/$defs/a\"}]}}}",
         "/$defs/a", detail},
        {"{\"properties\":{\"x\":{\"$ref\":\"#/$defs/a\"}},"
         "\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}",
         "/$defs/a", detail},
    };
    static const struct verdict_row good[] = {
        {"{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"items\":"
         "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}}",
         "{\"a\":[{\"a\":{}}]}", true},
        {"{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"}],"
         "\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"const\":1}}}",
         "1", true},
    };

    (void)state;
    check_faults(rows, VB_COUNT_OF(rows), VB_SCHEMA_2020_12);
    check(good, VB_COUNT_OF(good));
}

/* Where a cycle depends on the instance, the depth of validation bounds it. */
static void
a_cycle_that_needs_the_instance_ends_at_the_depth_bound(void **state)
{
    static const char *const rows[] = {
        "{\"if\":{\"type\":\"integer\"},\"then\":{\"$ref\":\"#\"}}",
        "{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}",
        "{\"$dynamicAnchor\":\"x\",\"allOf\":[{\"$dynamicRef\":\"#x\"}]}",
    };
    static const char *const instances[] = {"1", "{\"a\":1}", "[]"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct compiled c;

        compile(&c, rows[i], VB_SCHEMA_2020_12);
        assert_int_equal(verdict(c.schema, instances[i]), VB_ERR_LIMIT);
        compiled_done(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_names_a_place_in_the_document),
        cmocka_unit_test(an_id_gives_a_schema_its_own_base),
        cmocka_unit_test(the_meta_schemas_are_built_in),
        cmocka_unit_test(a_dynamic_reference_looks_outward),
        cmocka_unit_test(other_documents_come_from_the_resolver),
        cmocka_unit_test(a_meta_schema_decides_which_keywords_count),
        cmocka_unit_test(a_description_is_no_schema_but_holds_some),
        cmocka_unit_test(a_description_may_name_its_dialect),
        cmocka_unit_test(a_refused_schema_leaves_the_others_good),
        cmocka_unit_test(documents_are_added_once_under_an_absolute_uri),
        cmocka_unit_test(references_that_lead_nowhere_are_faults),
        cmocka_unit_test(references_without_end_are_faults),
        cmocka_unit_test(
            a_cycle_that_needs_the_instance_ends_at_the_depth_bound),
    };

    return cmocka_run_group_tests_name("schema_ref", tests, NULL, NULL);
}
