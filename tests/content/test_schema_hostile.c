/*
 * What clients may send to make a validation costly, and what a description
 * may hold: each ends, within its bounds, with an answer or VB_ERR_LIMIT.
 */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema_unit.h"

/* Validates with an arena of that many bytes and a budget. */
static enum vb_err validate(const struct vb_schema *schema, yyjson_val *value,
                            size_t memory, uint64_t budget, size_t *ret_used)
{
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena, .budget = budget};
    enum vb_err err;

    vb_arena_init(&arena, 4096, memory);
    err = vb_schema_validate(schema, value, &run);
    if (ret_used != NULL)
        *ret_used = arena.total;
    vb_arena_done(&arena);
    return err;
}

/* A JSON array of `count` items, each printed from its index. */
static struct vb_json *make_array(size_t count, const char *format)
{
    struct vb_buf buf;
    struct vb_json *json;

    vb_buf_init(&buf, (size_t)64 << 20);
    vb_buf_char(&buf, '[');
    for (size_t i = 0; i < count; i++) {
        char item[256];
        char index[24];
        const char *at = strchr(format, '#');

        snprintf(index, sizeof(index), "%zu", i);
        snprintf(item, sizeof(item), "%.*s%s%s",
                 at != NULL ? (int)(at - format) : (int)strlen(format), format,
                 at != NULL ? index : "", at != NULL ? at + 1 : "");
        if (i > 0)
            vb_buf_char(&buf, ',');
        vb_buf_str(&buf, item);
    }
    vb_buf_char(&buf, ']');
    vb_buf_char(&buf, '\0');
    assert_int_equal(buf.err, VB_OK);
    json = parse(buf.ptr);
    vb_buf_done(&buf);
    return json;
}

static void a_valid_instance_costs_no_memory(void **state)
{
    static const char schema[] =
        "{\"type\":\"object\",\"required\":[\"id\",\"tags\"],\"properties\":{"
        "\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
        "\"n\":{\"minimum\":0,\"multipleOf\":0.01},"
        "\"p\":{\"pattern\":\"^[a-z]+$\",\"maxLength\":10},"
        "\"tags\":{\"uniqueItems\":true,\"items\":{\"enum\":[\"a\",\"b\"]}},"
        "\"x\":{\"oneOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]}},"
        "\"unevaluatedProperties\":false}";
    struct vb_json *json =
        parse("{\"id\":\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\",\"n\":1.25,"
              "\"p\":\"abc\",\"tags\":[\"a\",\"b\"],\"x\":{\"id\":"
              "\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\",\"tags\":[]}}");
    struct compiled c;
    size_t used = 1;

    (void)state;
    compile(&c, schema, VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 0, 0, &used), VB_OK);
    assert_int_equal(used, 0);
    compiled_done(&c);
    vb_json_free(json);
}

static void
large_arrays_of_anything_are_checked_for_twins_in_one_walk(void **state)
{
    static const char *const formats[] = {
        "#",         "\"#\"",  "#.5e3",       "[#]",
        "{\"a\":#}", "\"%#\"", "{\"k#\":[]}", "-#e-7",
    };
    struct compiled c;

    (void)state;
    compile(&c, "{\"uniqueItems\":true}", VB_SCHEMA_2020_12);
    for (size_t i = 0; i < VB_COUNT_OF(formats); i++) {
        struct vb_json *json = make_array(100000, formats[i]);
        size_t used = 0;

        assert_int_equal(
            validate(c.schema, json->root, 4 << 20, 1000000, &used), VB_OK);
        assert_true(used < 3 << 20);
        vb_json_free(json);
    }
    compiled_done(&c);
}

/* Objects that are equal but for the order of their many members. */
static void large_objects_in_another_order_are_found_equal(void **state)
{
    struct vb_buf buf;
    struct vb_json *json;
    struct compiled c;

    (void)state;
    vb_buf_init(&buf, (size_t)16 << 20);
    vb_buf_str(&buf, "[{");
    for (int i = 0; i < 50000; i++)
        vb_buf_printf(&buf, "%s\"m%d\":%d", i > 0 ? "," : "", i, i);
    vb_buf_str(&buf, "},{");
    for (int i = 49999; i >= 0; i--)
        vb_buf_printf(&buf, "\"m%d\":%d.0%s", i, i, i > 0 ? "," : "");
    vb_buf_str(&buf, "}]");
    vb_buf_char(&buf, '\0');
    json = parse(buf.ptr);
    compile(&c, "{\"uniqueItems\":true}", VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 1 << 20, 1000000, NULL),
                     VB_ERR_INVALID);
    compiled_done(&c);
    vb_json_free(json);
    vb_buf_done(&buf);
}

static void huge_numbers_cost_their_digits_only(void **state)
{
    static const char schema[] =
        "{\"items\":{\"minimum\":-1e999999999,\"maximum\":2e999999999,"
        "\"multipleOf\":0.1}}";
    static const char *const texts[] = {
        "[1e999999999]",
        "[-1e999999999]",
        "[0e999999999,1e99]",
        "[123456789e999999990]",
    };
    struct compiled c;

    (void)state;
    compile(&c, schema, VB_SCHEMA_2020_12);
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++)
        assert_int_equal(verdict(c.schema, texts[i]), VB_OK);
    assert_int_equal(verdict(c.schema, "[3e999999999]"), VB_ERR_INVALID);
    assert_int_equal(verdict(c.schema, "[1e-999999999]"), VB_ERR_INVALID);
    compiled_done(&c);
}

static void catastrophic_patterns_end_with_the_budget(void **state)
{
    static const char *const schemas[] = {
        "{\"items\":{\"pattern\":\"^(a+)+$\"}}",
        "{\"items\":{\"pattern\":\"(a|aa)+$\"}}",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(schemas); i++) {
        struct compiled c;
        struct vb_json *json =
            make_array(1000, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");

        compile(&c, schemas[i], VB_SCHEMA_2020_12);
        assert_int_equal(validate(c.schema, json->root, 1 << 20, 2000000, NULL),
                         VB_ERR_LIMIT);
        compiled_done(&c);
        vb_json_free(json);
    }
}

static void names_are_matched_within_the_budget_too(void **state)
{
    static const char text[] =
        "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\":1}";
    struct vb_json *json = parse(text);
    struct compiled c;

    (void)state;
    compile(&c, "{\"patternProperties\":{\"^(a+)+$\":false}}",
            VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 1 << 20, 2000000, NULL),
                     VB_ERR_LIMIT);
    compiled_done(&c);
    vb_json_free(json);
}

/* Each level of the instance is tried twice by both branches. */
static void exponential_schemas_end_with_the_budget(void **state)
{
    static const char schema[] =
        "{\"anyOf\":[{\"properties\":{\"a\":{\"$ref\":\"#\"}},"
        "\"required\":[\"x\"]},{\"properties\":{\"a\":{\"$ref\":\"#\"}},"
        "\"required\":[\"y\"]}]}";
    char text[1024] = "";
    struct vb_json *json;
    struct compiled c;

    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(text, "{\"a\":");
    strcat(text, "{}");
    for (int i = 0; i < 40; i++)
        strcat(text, ",\"x\":1,\"y\":1}");
    json = parse(text);
    compile(&c, schema, VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 1 << 20, 1000000, NULL),
                     VB_ERR_LIMIT);
    compiled_done(&c);
    vb_json_free(json);
}

static struct vb_json *make_deep(unsigned depth)
{
    const struct vb_json_limits limits = {
        .bytes = 1 << 20, .memory = 16 << 20, .depth = VB_JSON_DEPTH_MOST};
    char text[2 * VB_JSON_DEPTH_MOST + 1];
    struct vb_json *json = NULL;

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_int_equal(
        vb_json_parse(vb_span_of(text, 2 * depth), &limits, &json, NULL),
        VB_OK);
    return json;
}

static void the_deepest_documents_are_within_the_depth_bound(void **state)
{
    struct vb_json *json = make_deep(VB_JSON_DEPTH_MOST);
    struct compiled c;

    (void)state;
    /* two schemas for each level */
    compile(&c,
            "{\"type\":\"array\",\"uniqueItems\":true,\"allOf\":[{\"items\":"
            "{\"$ref\":\"#\"}}]}",
            VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 4 << 20, 0, NULL), VB_OK);
    compiled_done(&c);
    /* and a dozen */
    compile(&c,
            "{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":["
            "{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"items\":{\"$ref\":\"#\"}}"
            "]}]}]}]}]}]}]}]}",
            VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 4 << 20, 0, NULL),
                     VB_ERR_LIMIT);
    compiled_done(&c);
    vb_json_free(json);
}

/* A chain of 20000 references costs no stack to compile, and is deeper than a
 * validation goes. */
static void long_chains_of_references_compile(void **state)
{
    struct vb_buf buf;
    struct compiled c;

    (void)state;
    vb_buf_init(&buf, 4 << 20);
    vb_buf_str(&buf, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 20000; i++)
        vb_buf_printf(&buf, "\"%d\":{\"$ref\":\"#/$defs/%d\"},", i, i + 1);
    vb_buf_str(&buf, "\"20000\":{}}}");
    vb_buf_char(&buf, '\0');
    compile(&c, buf.ptr, VB_SCHEMA_2020_12);
    assert_int_equal(verdict(c.schema, "1"), VB_ERR_LIMIT);
    assert_int_equal(vb_schema_facts(c.schema).types, VB_SCHEMA_ANY);
    compiled_done(&c);
    vb_buf_done(&buf);
}

static void a_set_holds_no_more_than_its_memory(void **state)
{
    static const struct vb_schema_options options = {.memory = 40000};
    struct vb_buf buf;
    struct compiled c;

    (void)state;
    vb_buf_init(&buf, 4 << 20);
    vb_buf_str(&buf, "{\"properties\":{");
    for (int i = 0; i < 2000; i++)
        vb_buf_printf(&buf, "\"%d\":{\"type\":\"string\"},", i);
    vb_buf_str(&buf, "\"x\":{}}}");
    vb_buf_char(&buf, '\0');
    compile_with(&c, buf.ptr, &options);
    assert_int_equal(c.err, VB_ERR_LIMIT);
    compiled_done(&c);
    vb_buf_done(&buf);
}

/* Each place where compiling takes memory is refused it once: URIs of growing
 * length move the places along the arena's blocks. */
static void memory_refused_anywhere_while_compiling_is_told(void **state)
{
    static const char schema[] =
        "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\","
        "\"properties\":{\"a\":{\"$id\":\"b\",\"$anchor\":\"c\","
        "\"pattern\":\"d\"}},\"patternProperties\":{\"e\":{}},"
        "\"dependentRequired\":{\"f\":[\"g\"]},\"allOf\":[{}]}";
    char uri[4000] = "a:";
    unsigned refused = 0, good = 0;

    (void)state;
    memset(uri + 2, 'x', sizeof(uri) - 3);
    for (size_t len = 3; len < sizeof(uri); len += 24) {
        for (size_t memory = 16000; memory < 80000; memory += 16384) {
            const struct vb_schema_options options = {.memory = memory};
            struct vb_json *json = parse(schema);
            const struct vb_schema *compiled;
            struct vb_schema_set *set;
            enum vb_err err;

            assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
            err =
                vb_schema_set_add(set, vb_span_of(uri, len), json->root, NULL);
            if (err == VB_OK)
                err = vb_schema_compile(set, json->root, &compiled, NULL);
            if (err == VB_OK)
                good++;
            else if (err == VB_ERR_LIMIT || err == VB_ERR_NOMEM)
                refused++;
            else
                fail_msg("%zu, %zu: %s", len, memory, vb_err_text(err));
            vb_schema_set_free(set);
            vb_json_free(json);
        }
    }
    assert_true(refused > 100 && good > 100);
}

/* Memory that is refused ends a validation; it never turns a verdict. */
static void refused_memory_is_told(void **state)
{
    struct vb_json *json = make_array(1000, "[#]");
    struct vb_json *bad = parse("[1]");
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena, .max_errors = 10};
    struct compiled c;

    (void)state;
    compile(&c, "{\"not\":{\"uniqueItems\":true}}", VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, json->root, 100, 0, NULL),
                     VB_ERR_NOMEM);
    compiled_done(&c);
    compile(&c, "{\"items\":{\"type\":\"null\"}}", VB_SCHEMA_2020_12);
    vb_arena_init(&arena, 64, 64);
    assert_int_equal(vb_schema_validate(c.schema, bad->root, &run),
                     VB_ERR_INVALID);
    assert_int_equal(run.error_count, 0);
    assert_true(run.more_errors);
    vb_arena_done(&arena);
    compiled_done(&c);
    vb_json_free(bad);
    vb_json_free(json);
}

static void a_small_instance_has_a_small_budget(void **state)
{
    struct vb_json *hostile =
        parse("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");
    struct vb_json *large = make_array(200000, "\"aaaaaaaaaaaa#\"");
    struct compiled c;

    (void)state;
    compile(&c, "{\"pattern\":\"^(a+)+$\"}", VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, hostile->root, 4096, 0, NULL),
                     VB_ERR_LIMIT);
    compiled_done(&c);
    /* The usual one lets honest work of any size through. */
    compile(&c,
            "{\"items\":{\"allOf\":[{\"type\":\"string\",\"minLength\":1,"
            "\"maxLength\":20},{\"pattern\":\"^(?:[a-z])+[0-9]+$\"}]},"
            "\"uniqueItems\":true}",
            VB_SCHEMA_2020_12);
    assert_int_equal(validate(c.schema, large->root, 8 << 20, 0, NULL), VB_OK);
    compiled_done(&c);
    vb_json_free(large);
    vb_json_free(hostile);
}

static void a_budget_that_runs_out_never_turns_a_verdict(void **state)
{
    static const char schema[] =
        "{\"not\":{\"items\":{\"anyOf\":[{\"const\":1},{\"const\":2}]}},"
        "\"if\":{\"contains\":{\"const\":3}},\"else\":false}";
    struct vb_json *json = parse("[1,2,1,2,3]");
    struct compiled c;
    bool done = false;

    (void)state;
    compile(&c, schema, VB_SCHEMA_2020_12);
    for (uint64_t budget = 1; budget < 200; budget++) {
        enum vb_err err = validate(c.schema, json->root, 4096, budget, NULL);

        done |= err == VB_OK;
        assert_int_equal(err, done ? VB_OK : VB_ERR_LIMIT);
    }
    assert_true(done);
    compiled_done(&c);
    vb_json_free(json);
}

static void *validate_in_thread(void *schema)
{
    size_t good = 0;

    for (int i = 0; i < 300; i++) {
        struct vb_json *json = make_array(10, "{\"a\":\"x#\"}");

        good += validate(schema, json->root, 1 << 16, 0, NULL) == VB_OK;
        vb_json_free(json);
    }
    return good == 300 ? schema : NULL;
}

static void threads_share_a_schema(void **state)
{
    pthread_t threads[3];
    struct compiled c;
    void *result;

    (void)state;
    compile(&c,
            "{\"items\":{\"properties\":{\"a\":{\"pattern\":\"^x\\\\d$\"}},"
            "\"unevaluatedProperties\":false},\"uniqueItems\":true}",
            VB_SCHEMA_2020_12);
    for (size_t i = 0; i < VB_COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, validate_in_thread,
                                        (void *)c.schema),
                         0);
    for (size_t i = 0; i < VB_COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, c.schema);
    }
    compiled_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_instance_costs_no_memory),
        cmocka_unit_test(
            large_arrays_of_anything_are_checked_for_twins_in_one_walk),
        cmocka_unit_test(large_objects_in_another_order_are_found_equal),
        cmocka_unit_test(huge_numbers_cost_their_digits_only),
        cmocka_unit_test(catastrophic_patterns_end_with_the_budget),
        cmocka_unit_test(names_are_matched_within_the_budget_too),
        cmocka_unit_test(exponential_schemas_end_with_the_budget),
        cmocka_unit_test(the_deepest_documents_are_within_the_depth_bound),
        cmocka_unit_test(long_chains_of_references_compile),
        cmocka_unit_test(a_set_holds_no_more_than_its_memory),
        cmocka_unit_test(memory_refused_anywhere_while_compiling_is_told),
        cmocka_unit_test(refused_memory_is_told),
        cmocka_unit_test(a_small_instance_has_a_small_budget),
        cmocka_unit_test(a_budget_that_runs_out_never_turns_a_verdict),
        cmocka_unit_test(threads_share_a_schema),
    };

    return cmocka_run_group_tests_name("schema_hostile", tests, NULL, NULL);
}
