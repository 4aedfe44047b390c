/* The rules of src/content/json.h: RFC 8259, strictly. */
#include "unit.h"

#include <stdlib.h>

#include "content/members.h"
#include "json_unit.h"

static void json_takes_the_grammar_and_writes_it_canonically(void **state)
{
    static const struct {
        const char *text, *canonical;
    } rows[] = {
        /* 8259-9-01: any value may stand alone */
        {"null", "null"},
        {" true ", "true"},
        {"\t\r\nfalse\n", "false"},
        {"\"\"", "\"\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {" [ 1 , [ ] , { } ] ", "[1,[],{}]"},
        {"{ \"b\" : 1 , \"a\" : [ 2 ] }", "{\"b\":1,\"a\":[2]}"},
        /* numbers stay as written */
        {"1.10", "1.10"},
        {"-0", "-0"},
        {"-0.0e-00", "-0.0e-00"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"1E+400", "1E+400"},
        {"[1e999999999999,0.1]", "[1e999999999999,0.1]"},
        /* 8259-7-01: control characters, quote and backslash are escaped */
        {"\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\\u007f\"",
         "\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\x7f\""},
        {"\"\\\"\\\\\\/\"", "\"\\\"\\\\/\""},
        {"\"\\u00e9\\u20ac\\ud83d\\ude00\\u0041\"",
         "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
         "A\""},
        {"\"\xEF\xBF\xBF\xE2\x80\xA8\"", "\"\xEF\xBF\xBF\xE2\x80\xA8\""},
        /* names that a C string would confuse are different names */
        {"{\"a\\u0000b\":1,\"a\":2,\"a\\u0000c\":3,\"\":4}",
         "{\"a\\u0000b\":1,\"a\":2,\"a\\u0000c\":3,\"\":4}"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *json = parse(rows[i].text);

        assert_json(json->root, rows[i].canonical);
        vb_json_free(json);
    }
}

static void json_refuses_what_is_not_json_and_says_where(void **state)
{
    static const struct {
        struct vb_span text;
        enum vb_err err;
        size_t offset, line, column;
    } rows[] = {
        {VB_SPAN_INIT(""), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT(" \n "), VB_ERR_SYNTAX, 3, 2, 2},
        {VB_SPAN_INIT("\0"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("[1,]"), VB_ERR_SYNTAX, 2, 1, 3},
        {VB_SPAN_INIT("{\"a\":1,}"), VB_ERR_SYNTAX, 6, 1, 7},
        {VB_SPAN_INIT("[1] 2"), VB_ERR_SYNTAX, 4, 1, 5},
        {VB_SPAN_INIT("[1 2]"), VB_ERR_SYNTAX, 3, 1, 4},
        {VB_SPAN_INIT("[1,2"), VB_ERR_SYNTAX, 4, 1, 5},
        {VB_SPAN_INIT("{\n \"\xC3\xA9\": x}"), VB_ERR_SYNTAX, 9, 2, 7},
        {VB_SPAN_INIT("{a:1}"), VB_ERR_SYNTAX, 1, 1, 2},
        {VB_SPAN_INIT("[1] // c"), VB_ERR_SYNTAX, 4, 1, 5},
        {VB_SPAN_INIT("NaN"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("[-Infinity]"), VB_ERR_SYNTAX, 2, 1, 3},
        {VB_SPAN_INIT("01"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("+1"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("[.5]"), VB_ERR_SYNTAX, 1, 1, 2},
        /* yyjson is one byte off behind a point or an e */
        {VB_SPAN_INIT("[1. ]"), VB_ERR_SYNTAX, 4, 1, 5},
        {VB_SPAN_INIT("[1e ]"), VB_ERR_SYNTAX, 4, 1, 5},
        {VB_SPAN_INIT("'a'"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("\"\\x41\""), VB_ERR_SYNTAX, 2, 1, 3},
        /* 8259-7-01: a raw control character in a string */
        {VB_SPAN_INIT("\"a\nb\""), VB_ERR_SYNTAX, 2, 1, 3},
        {VB_SPAN_INIT("\"a\0b\""), VB_ERR_SYNTAX, 2, 1, 3},
        /* 8259-8.1-01: not UTF-8 */
        {VB_SPAN_INIT("\"a\xFF\""), VB_ERR_SYNTAX, 2, 1, 3},
        {VB_SPAN_INIT("\"\xC0\xAF\""), VB_ERR_SYNTAX, 1, 1, 2},
        {VB_SPAN_INIT("\"\xED\xA0\x80\""), VB_ERR_SYNTAX, 1, 1, 2},
        {VB_SPAN_INIT("\"\xF4\x90\x80\x80\""), VB_ERR_SYNTAX, 1, 1, 2},
        {VB_SPAN_INIT("[\"\xC3\"]"), VB_ERR_SYNTAX, 2, 1, 3},
        /* lone surrogates */
        {VB_SPAN_INIT("\"\\ud800\""), VB_ERR_SYNTAX, 7, 1, 8},
        {VB_SPAN_INIT("\"\\udc00\""), VB_ERR_SYNTAX, 1, 1, 2},
        {VB_SPAN_INIT("\"\\ud800\\u0041\""), VB_ERR_SYNTAX, 7, 1, 8},
        /* 8259-8.1-02: a byte order mark, and other encodings */
        {VB_SPAN_INIT("\xEF\xBB\xBF{}"), VB_ERR_SYNTAX, 0, 1, 1},
        {VB_SPAN_INIT("\xFE\xFF\0{\0}"), VB_ERR_SYNTAX, 0, 1, 1},
        /* 8259-4-01, 6902-4-04, 7396-2-03: names are unique */
        {VB_SPAN_INIT("{\"a\":1,\"a\":1}"), VB_ERR_EXISTS, 7, 1, 8},
        {VB_SPAN_INIT("[{\"a\":{\"x\":1,\n\"\\u0078\":2}}]"), VB_ERR_EXISTS, 14,
         2, 1},
        {VB_SPAN_INIT("{\"\":1,\"\":1}"), VB_ERR_EXISTS, 6, 1, 7},
        {VB_SPAN_INIT("{\"a\\u0000\":1,\"b\":2,\"a\\u0000\":1}"), VB_ERR_EXISTS,
         19, 1, 20},
        {VB_SPAN_INIT("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
                      "\"g\":1,\"h\":1,\"i\":1,\"c\":1}"),
         VB_ERR_EXISTS, 55, 1, 56},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *json = NULL;
        struct vb_json_error error = {.text = ""};
        enum vb_err err = vb_json_parse(rows[i].text, NULL, &json, &error);

        if (err != rows[i].err || json != NULL || error.text[0] == '\0' ||
            error.offset != rows[i].offset || error.line != rows[i].line ||
            error.column != rows[i].column)
            fail_msg("row %zu: %s: %s at %zu (%zu:%zu)", i, vb_err_text(err),
                     error.text, error.offset, error.line, error.column);
    }
}

static void json_error_names_the_repeated_name_harmlessly(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"{\"a\\n\\\"\":1,\"a\\n\\\"\":1}",
         "second member of the name \"a\\n\\\"\""},
        /* cut between characters */
        {"{\"0123456789012345678901234567890123\xE2\x82\xAC\":1,"
         "\"0123456789012345678901234567890123\xE2\x82\xAC\":1}",
         "second member of the name \"0123456789012345678901234567890123\""},
        {"{\"\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\":1,"
         "\"\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001"
         "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\":1}",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *json;
        struct vb_json_error error;
        size_t len;

        assert_int_equal(
            vb_json_parse(vb_span_str(rows[i].text), NULL, &json, &error),
            VB_ERR_EXISTS);
        len = strlen(error.text);
        assert_true(len < sizeof(error.text) - 1);
        assert_int_equal(error.text[len - 1], '"');
        if (rows[i].why != NULL)
            assert_string_equal(error.text, rows[i].why);
    }
}

/* `depth` arrays, one in the other. */
static struct vb_span nested(char *memory, size_t depth)
{
    memset(memory, '[', depth);
    memset(memory + depth, ']', depth);
    return vb_span_of(memory, depth * 2);
}

static void json_keeps_its_limits(void **state)
{
    const struct vb_json_limits limits = {1000, 4096, 3};
    char memory[2 * (VB_JSON_DEPTH_MOST + 1)];
    struct vb_json_limits deepest = vb_json_limits_default;
    struct vb_json_error error;
    struct vb_json *json = NULL;
    char *flat;

    (void)state;
    assert_int_equal(vb_json_parse(nested(memory, 3), &limits, &json, NULL),
                     VB_OK);
    vb_json_free(json);
    assert_int_equal(vb_json_parse(nested(memory, 4), &limits, &json, &error),
                     VB_ERR_LIMIT);
    assert_int_equal(error.offset, 3);
    assert_string_equal(error.text, "nested too deeply");
    /* brackets in strings are no nesting; siblings are not deeper */
    assert_int_equal(
        vb_json_parse(VB_SPAN("[[[],[]],\"[\\\"[[[\",[[],{},1,[[]]]]"), &limits,
                      &json, &error),
        VB_ERR_LIMIT);
    assert_int_equal(error.offset, 28);

    deepest.depth = VB_JSON_DEPTH_MOST;
    assert_int_equal(vb_json_parse(nested(memory, VB_JSON_DEPTH_MOST), &deepest,
                                   &json, NULL),
                     VB_OK);
    vb_json_free(json);
    assert_int_equal(vb_json_parse(nested(memory, VB_JSON_DEPTH_MOST + 1),
                                   &deepest, &json, NULL),
                     VB_ERR_LIMIT);

    flat = malloc(1001);
    memset(flat, ' ', 1001);
    flat[0] = '1';
    assert_int_equal(
        vb_json_parse(vb_span_of(flat, 1000), &limits, &json, NULL), VB_OK);
    vb_json_free(json);
    assert_int_equal(
        vb_json_parse(vb_span_of(flat, 1001), &limits, &json, &error),
        VB_ERR_LIMIT);
    assert_string_equal(error.text, "too long");
    /* 500 values of 16 bytes each are more than 4096 bytes */
    for (size_t i = 0; i < 1000; i++)
        flat[i] = i == 0 ? '[' : i == 999 ? ']' : i % 2 == 1 ? '1' : ',';
    flat[998] = ' ';
    flat[997] = '1';
    assert_int_equal(
        vb_json_parse(vb_span_of(flat, 1000), &limits, &json, &error),
        VB_ERR_LIMIT);
    assert_string_equal(error.text, "too many values");
    free(flat);
}

static void json_pretty_is_one_line_a_member(void **state)
{
    struct vb_json *json = parse("{\"a\":[1,{},[],{\"b\":null}],\"c\":true}");
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 1000);
    vb_json_write_pretty(&buf, json->root);
    assert_span_equal(vb_buf_span(&buf), "{\n"
                                         "  \"a\": [\n"
                                         "    1,\n"
                                         "    {},\n"
                                         "    [],\n"
                                         "    {\n"
                                         "      \"b\": null\n"
                                         "    }\n"
                                         "  ],\n"
                                         "  \"c\": true\n"
                                         "}\n");
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void json_writing_stops_at_the_buffers_bound(void **state)
{
    struct vb_json *json = parse("[\"0123456789\",1,2,3]");
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 10);
    vb_json_write(&buf, json->root);
    assert_int_equal(buf.err, VB_ERR_LIMIT);
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void json_strings_of_any_bytes_become_utf8(void **state)
{
    static const struct {
        struct vb_span bytes;
        const char *text;
    } rows[] = {
        {VB_SPAN_INIT(""), "\"\""},
        {VB_SPAN_INIT("a\0\x1F\"\\\x7F"), "\"a\\u0000\\u001f\\\"\\\\\x7F\""},
        {VB_SPAN_INIT("\xFF\xC3\xA9\xC3"),
         "\"\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\""},
        {VB_SPAN_INIT("\xED\xA0\x80"),
         "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 100);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        vb_buf_reset(&buf);
        vb_json_write_string(&buf, rows[i].bytes);
        assert_span_equal(vb_buf_span(&buf), rows[i].text);
    }
    vb_buf_done(&buf);
}

/* Whatever must be escaped, wherever it stands: the reader takes it, which
 * refuses what is not escaped, and finds the same. */
static void json_escapes_at_every_place(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++)
        for (size_t at = 0; at < 20; at++) {
            char text[20];
            yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
            struct vb_json *json, *again;
            struct vb_buf buf;

            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            assert_int_equal(
                vb_json_freeze(yyjson_mut_strn(doc, text, sizeof(text)), NULL,
                               &json, NULL),
                VB_OK);
            vb_buf_init(&buf, 1000);
            vb_json_write(&buf, json->root);
            assert_int_equal(
                vb_json_parse(vb_buf_span(&buf), NULL, &again, NULL), VB_OK);
            assert_true(vb_span_eq(vb_json_text(again->root),
                                   vb_span_of(text, sizeof(text))));
            assert_int_equal(buf.len == 22, c >= 0x20 && c != '"' && c != '\\');
            vb_buf_done(&buf);
            vb_json_free(again);
            vb_json_free(json);
            yyjson_mut_doc_free(doc);
        }
}

static void members_are_found_by_their_exact_name(void **state)
{
    static const char *const texts[] = {
        "{\"a\":1,\"\":2,\"a\\u0000\":3}",
        "{\"k0\":0,\"k1\":0,\"k2\":0,\"k3\":0,\"k4\":0,\"k5\":0,\"k6\":0,"
        "\"k7\":0,\"k8\":0,\"k9\":0,\"a\":1,\"\":2,\"a\\u0000\":3}",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++) {
        struct vb_json *json = parse(texts[i]);
        struct vb_members members;
        yyjson_val *twice;

        assert_int_equal(vb_members_init(&members, json->root, &twice), VB_OK);
        assert_span_equal(
            vb_json_text(vb_members_find(&members, VB_SPAN("a")) + 1), "1");
        assert_span_equal(
            vb_json_text(vb_members_find(&members, VB_SPAN("")) + 1), "2");
        assert_span_equal(
            vb_json_text(vb_members_find(&members, VB_SPAN("a\0")) + 1), "3");
        assert_null(vb_members_find(&members, VB_SPAN("A")));
        vb_members_done(&members);
        vb_json_free(json);
    }
}

/* 100 000 names are read in the time of 100 000 look-ups, not of 5 000 000 000
 * comparisons: this test would not end. */
static void json_checks_many_names_in_linear_time(void **state)
{
    struct vb_json *json = NULL;
    struct vb_json_error error;
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 10000000);
    for (unsigned i = 0; i < 400000; i++)
        vb_buf_printf(&buf, "%c\"%07u\":0", i == 0 ? '{' : ',', i);
    vb_buf_char(&buf, '}');
    assert_int_equal(vb_json_parse(vb_buf_span(&buf), NULL, &json, NULL),
                     VB_OK);
    assert_int_equal(yyjson_obj_size(json->root), 400000);
    vb_json_free(json);
    buf.ptr[8] = '1'; /* 0000000 is 0000001 now */
    assert_int_equal(vb_json_parse(vb_buf_span(&buf), NULL, &json, &error),
                     VB_ERR_EXISTS);
    assert_int_equal(error.offset, 13);
    vb_buf_done(&buf);
}

static void json_freezes_built_values_under_the_same_rules(void **state)
{
    struct vb_json_limits limits = vb_json_limits_default;
    struct vb_json_error error;
    struct vb_json *json = NULL;
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    yyjson_mut_val *array = yyjson_mut_arr(doc);

    (void)state;
    yyjson_mut_obj_add(object, yyjson_mut_strn(doc, "a\0b", 3), array);
    yyjson_mut_arr_append(array, yyjson_mut_rawn(doc, "1.50", 4));
    yyjson_mut_arr_append(array, yyjson_mut_arr(doc));
    limits.depth = 3;
    assert_int_equal(vb_json_freeze(object, &limits, &json, NULL), VB_OK);
    assert_json(json->root, "{\"a\\u0000b\":[1.50,[]]}");
    vb_json_free(json);

    limits.depth = 2;
    assert_int_equal(vb_json_freeze(object, &limits, &json, &error),
                     VB_ERR_LIMIT);
    assert_string_equal(error.text, "nested too deeply");
    assert_int_equal(error.line, 0);
    limits.depth = 3;
    limits.memory = 100;
    assert_int_equal(vb_json_freeze(object, &limits, &json, &error),
                     VB_ERR_LIMIT);
    yyjson_mut_obj_add_null(doc, object, "b");
    yyjson_mut_obj_add_null(doc, object, "b");
    assert_int_equal(vb_json_freeze(object, NULL, &json, &error),
                     VB_ERR_EXISTS);
    assert_string_equal(error.text, "second member of the name \"b\"");
    yyjson_mut_doc_free(doc);
}

static void budget_counts_what_it_lends(void **state)
{
    struct vb_budget budget;
    void *a, *b;

    (void)state;
    vb_budget_init(&budget, 100);
    a = vb_budget_alloc(&budget, 60);
    assert_non_null(a);
    assert_null(vb_budget_alloc(&budget, 41));
    assert_int_equal(budget.err, VB_ERR_LIMIT);
    a = budget.alc.realloc(budget.alc.ctx, a, 60, 90);
    assert_non_null(a);
    assert_int_equal(budget.used, 90);
    assert_null(budget.alc.realloc(budget.alc.ctx, a, 90, 101));
    b = vb_budget_alloc(&budget, 10);
    assert_non_null(b);
    vb_budget_free(&budget, a);
    vb_budget_free(&budget, b);
    vb_budget_free(&budget, NULL);
    assert_int_equal(budget.used, 0);
    assert_null(vb_budget_alloc(&budget, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_takes_the_grammar_and_writes_it_canonically),
        cmocka_unit_test(json_refuses_what_is_not_json_and_says_where),
        cmocka_unit_test(json_error_names_the_repeated_name_harmlessly),
        cmocka_unit_test(json_keeps_its_limits),
        cmocka_unit_test(json_pretty_is_one_line_a_member),
        cmocka_unit_test(json_writing_stops_at_the_buffers_bound),
        cmocka_unit_test(json_strings_of_any_bytes_become_utf8),
        cmocka_unit_test(json_escapes_at_every_place),
        cmocka_unit_test(members_are_found_by_their_exact_name),
        cmocka_unit_test(json_checks_many_names_in_linear_time),
        cmocka_unit_test(json_freezes_built_values_under_the_same_rules),
        cmocka_unit_test(budget_counts_what_it_lends),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
