/*
 * YAML 1.2 core schema to JSON with places: what a scalar is, what is refused
 * and where, what aliases may cost.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "content/json.h"
#include "content/yaml.h"

static enum vb_err parse(const char *name, const char *text,
                         struct vb_yaml **ret_yaml,
                         struct vb_yaml_error *ret_error)
{
    /* An exact allocation shows a read past the end. */
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    enum vb_err err;

    memcpy(copy, text, len);
    err = vb_yaml_parse(vb_span_str(name), vb_span_of(copy, len),
                        &vb_yaml_limits_default, ret_yaml, ret_error);
    free(copy);
    return err;
}

/* The JSON text of a YAML text, or "line:column text" of its error. */
static void convert(const char *text, struct vb_buf *out)
{
    struct vb_yaml_error error;
    struct vb_yaml *yaml;

    vb_buf_init(out, 1 << 20);
    if (parse("t.yaml", text, &yaml, &error) != VB_OK) {
        vb_buf_printf(out, "%u:%u %s", error.mark.line, error.mark.column,
                      error.text);
        return;
    }
    vb_json_write(out, vb_yaml_root(yaml));
    vb_yaml_free(yaml);
}

static void check_rows(const char *const (*rows)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct vb_buf out;

        convert(rows[i][0], &out);
        if (!vb_span_eq(vb_buf_span(&out), vb_span_str(rows[i][1])))
            fail_msg("row %zu: %s\n gives: %.*s\n  want: %s", i, rows[i][0],
                     VB_FMT(vb_buf_span(&out)), rows[i][1]);
        vb_buf_done(&out);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, VB_COUNT_OF(rows))

static void a_plain_scalar_is_what_the_core_schema_says(void **state)
{
    static const char *const rows[][2] = {
        {"~", "null"},
        {"null", "null"},
        {"Null", "null"},
        {"NULL", "null"},
        {"nULL", "\"nULL\""},
        {"a:", "{\"a\":null}"},
        {"true", "true"},
        {"True", "true"},
        {"FALSE", "false"},
        {"tRUE", "\"tRUE\""},
        {"yes", "\"yes\""},
        {"no", "\"no\""},
        {"on", "\"on\""},
        {"Norway", "\"Norway\""},
        {"0", "0"},
        {"-0", "-0"},
        {"+12", "12"},
        {"007", "7"},
        {"000", "0"},
        {"-012", "-12"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"0o17", "15"},
        {"0x1F", "31"},
        {"0xffffffffffffffff", "18446744073709551615"},
        {"0x", "\"0x\""},
        {"0o8", "\"0o8\""},
        {"-0x1F", "\"-0x1F\""},
        {"017", "17"},
        {"1_000", "\"1_000\""},
        {"1,000", "\"1,000\""},
        {"1.10", "1.10"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"+1.5e3", "1.5e3"},
        {"1.5E+03", "1.5e+03"},
        {"1e400", "1e400"},
        {"1e", "\"1e\""},
        {".", "\".\""},
        {"+", "\"+\""},
        {"-", "[null]"},
        {"3.1.0", "\"3.1.0\""},
        {"2024-01-31", "\"2024-01-31\""},
        {"12:30:45", "\"12:30:45\""},
        {"1 2", "\"1 2\""},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void quotes_and_blocks_are_strings(void **state)
{
    static const char *const rows[][2] = {
        {"'12'", "\"12\""},
        {"\"true\"", "\"true\""},
        {"''", "\"\""},
        {"|\n  12\n", "\"12\\n\""},
        {">-\n  a\n  b\n", "\"a b\""},
        {"\"a\\u0000b\\t\\\"\"", "\"a\\u0000b\\t\\\"\""},
        {"'it''s'", "\"it's\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\"\\u00e9\"", "\"\xc3\xa9\""},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void a_key_becomes_the_string_it_is_written_as(void **state)
{
    static const char *const rows[][2] = {
        {"200: ok", "{\"200\":\"ok\"}"}, {"0x10: a", "{\"0x10\":\"a\"}"},
        {"1.10: a", "{\"1.10\":\"a\"}"}, {"true: a", "{\"true\":\"a\"}"},
        {"null: a", "{\"null\":\"a\"}"}, {"on: a", "{\"on\":\"a\"}"},
        {"'': a", "{\"\":\"a\"}"},       {"? a\n: b", "{\"a\":\"b\"}"},
        {"'<<': a", "{\"<<\":\"a\"}"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void structure_is_kept_in_order(void **state)
{
    static const char *const rows[][2] = {
        {"b: 1\na: [x, {y: 2}]\nc:\n- 3\n- - 4\n",
         "{\"b\":1,\"a\":[\"x\",{\"y\":2}],\"c\":[3,[4]]}"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"a: {}\nb: []\nc: 1", "{\"a\":{},\"b\":[],\"c\":1}"},
        {"--- 5\n...\n", "5"},
        {"%YAML 1.2\n---\na: 1\n", "{\"a\":1}"},
        {"\xef\xbb\xbf"
         "a: 1\n",
         "{\"a\":1}"},
        {"# only\na: 1 # comments\n", "{\"a\":1}"},
        {"{\"a\": [1, 2, {\"b\": null}]}", "{\"a\":[1,2,{\"b\":null}]}"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void tags_of_the_core_schema_decide(void **state)
{
    static const char *const rows[][2] = {
        {"!!str 12", "\"12\""},
        {"! 12", "\"12\""},
        {"!!int \"5\"", "5"},
        {"!!float 5", "5"},
        {"!!bool 'true'", "true"},
        {"!!null ''", "null"},
        {"!!map {a: 1}", "{\"a\":1}"},
        {"!!seq [1]", "[1]"},
        {"!<tag:yaml.org,2002:str> 1", "\"1\""},
        {"a: !!int x", "1:10 the value is not one of its tag"},
        {"!!float .inf", "1:9 infinity and not-a-number are not in JSON"},
        {"a: !foo 1", "1:9 tag \"!foo\" is not in the core schema"},
        {"!!set {a}",
         "1:7 tag \"tag:yaml.org,2002:set\" is not in the core schema"},
        {"!!seq {a: 1}",
         "1:7 tag \"tag:yaml.org,2002:seq\" is not in the core schema"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void aliases_copy_what_they_name(void **state)
{
    static const char *const rows[][2] = {
        {"a: &x [1, {b: 2}]\nc: *x\n",
         "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}]}"},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}"},
        {"a: &x\nb: *x\n", "{\"a\":null,\"b\":null}"},
        {"&k a: 1\nb: {*k : 2}\n", "{\"a\":1,\"b\":{\"a\":2}}"},
        {"- &a [1]\n- &b [*a, *a]\n- *b\n", "[[1],[[1],[1]],[[1],[1]]]"},
        {"a: *x\nb: &x 1\n", "1:4 alias *x has no anchor before it"},
        {"a: &x [1, *x]\n", "1:11 alias *x stands within what it names"},
        {"a: &x {b: *x}\n", "1:11 alias *x stands within what it names"},
        {"a: &x [1]\n*x : 1\n", "2:1 a key must be a scalar"},
        {"&k a: 1\n*k : 2\n", "2:1 duplicate key \"a\""},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void what_json_has_not_is_refused_at_its_place(void **state)
{
    static const char *const rows[][2] = {
        {"a: 1\nb: .inf\n", "2:4 infinity and not-a-number are not in JSON"},
        {"- -.INF", "1:3 infinity and not-a-number are not in JSON"},
        {"- .nan", "1:3 infinity and not-a-number are not in JSON"},
        {"- 0x10000000000000000", "1:3 a number that exceeds 64 bits"},
        {"a: 1\nb: 2\na: 3\n", "3:1 duplicate key \"a\""},
        {"x: {k: 1, \"k\": 2}\n", "1:11 duplicate key \"k\""},
        {"c: 1\nb: 1\nb: 2\nc: 2\n", "3:1 duplicate key \"b\""},
        {"? [a]\n: b\n", "1:3 a key must be a scalar"},
        {"? {a: 1}\n: b\n", "1:3 a key must be a scalar"},
        {": b\n", "1:1 a key is missing"},
        {"<<: {a: 1}\n",
         "1:1 the merge key << is not in YAML 1.2; write the members out"},
        {"a: 1\n---\nb: 1\n", "2:1 a second document in the file"},
        {"", "1:1 the file holds no document"},
        {"# nothing\n", "1:1 the file holds no document"},
        {"a: \"\xff\"\n", "1:5 this is not well-formed UTF-8"},
        {"a: \"\\ud800\"\n",
         "1:5 double-quoted scalar has invalid UTF8 escape"},
        {"a: [1, 2\n", "2:1 flow sequence without a closing bracket"},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void nothing_is_told_apart_from_bad_syntax(void **state)
{
    static const struct {
        const char *text;
        enum vb_err want;
    } rows[] = {
        {"", VB_ERR_NOTFOUND},
        {"# only a comment\n\n", VB_ERR_NOTFOUND},
        {"[", VB_ERR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_yaml_error error;
        struct vb_yaml *yaml = NULL;

        assert_int_equal(vb_yaml_parse(VB_SPAN("x"), vb_span_str(rows[i].text),
                                       &vb_yaml_limits_default, &yaml, &error),
                         rows[i].want);
        assert_null(yaml);
    }
}

/* A small file that would become 10^9 values. */
static void an_alias_bomb_is_refused_in_time(void **state)
{
    struct vb_buf text, out;

    (void)state;
    vb_buf_init(&text, 1 << 16);
    vb_buf_str(&text, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (int c = 'b'; c < 'k'; c++) {
        vb_buf_printf(&text, "%c: &%c [", c, c);
        for (int i = 0; i < 10; i++)
            vb_buf_printf(&text, "%s*%c", i ? "," : "", c - 1);
        vb_buf_str(&text, "]\n");
    }
    vb_buf_char(&text, 0);
    convert(text.ptr, &out);
    assert_span_equal(vb_buf_span(&out),
                      "5:29 aliases make more than 100000 values");
    vb_buf_done(&out);
    vb_buf_done(&text);
}

/* Few values, but long ones: the document's size is bounded as well. */
static void aliases_of_a_long_text_are_bounded_by_bytes(void **state)
{
    struct vb_yaml_limits limits = vb_yaml_limits_default;
    struct vb_yaml_error error;
    struct vb_yaml *yaml = NULL;
    struct vb_buf text;

    (void)state;
    limits.bytes = 20000;
    vb_buf_init(&text, 1 << 16);
    vb_buf_str(&text, "- &a ");
    for (int i = 0; i < 10000; i++)
        vb_buf_char(&text, 'x');
    vb_buf_str(&text, "\n- *a\n");
    assert_int_equal(
        vb_yaml_parse(VB_SPAN("t"), vb_buf_span(&text), &limits, &yaml, &error),
        VB_ERR_LIMIT);
    assert_string_equal(error.text, "the document exceeds 20000 bytes");
    assert_int_equal(error.mark.line, 2);
    assert_null(yaml);
    vb_buf_done(&text);
}

static enum vb_err parse_limited(const char *text, struct vb_yaml_limits limits,
                                 struct vb_yaml_error *error)
{
    struct vb_yaml *yaml = NULL;
    enum vb_err err =
        vb_yaml_parse(VB_SPAN("t"), vb_span_str(text), &limits, &yaml, error);

    vb_yaml_free(yaml);
    return err;
}

static void each_limit_holds(void **state)
{
    static const struct {
        const char *text;
        struct vb_yaml_limits limits;
        const char *error; /* NULL: good */
    } rows[] = {
        {"[1,2,3]", {100, 4, 9, 9, 9}, NULL},
        {"[1,2,3]", {100, 3, 9, 9, 9}, "more than 3 values"},
        {"[[1]]", {100, 9, 9, 9, 2}, NULL},
        {"[[[1]]]", {100, 9, 9, 9, 2}, "nested more than 2 deep"},
        {"[&a [1],[*a]]", {100, 99, 9, 9, 3}, NULL},
        {"[&a [1],[*a]]", {100, 99, 9, 9, 2}, "nested more than 2 deep"},
        {"[&a [1],*a]", {100, 99, 2, 9, 9}, NULL},
        {"[&a [1],*a]", {100, 99, 1, 9, 9}, "aliases make more than 1 values"},
        {"[&a 1,&b 2]", {100, 99, 9, 2, 9}, NULL},
        {"[&a 1,&b 2]", {100, 99, 9, 1, 9}, "more than 1 anchors"},
        {"[1]", {3, 99, 9, 9, 9}, NULL},
        {"[1]", {2, 99, 9, 9, 9}, "the file exceeds 2 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_yaml_error error = {.text = ""};
        enum vb_err err = parse_limited(rows[i].text, rows[i].limits, &error);

        assert_int_equal(err, rows[i].error ? VB_ERR_LIMIT : VB_OK);
        assert_string_equal(error.text, rows[i].error ? rows[i].error : "");
    }
}

static void every_value_knows_its_place(void **state)
{
    static const char *const names[] = {"t.yaml", "t.json"};
    static const char text[] = "{\n"
                               "  \"a\": [1, true,\n"
                               "    {\"b/c\": \"\xc3\xa9\", \"~\": null}],\n"
                               "  \"e\\\"\": {}\n"
                               "}\n";
    static const struct {
        const char *pointer;
        unsigned line, column;
    } rows[] = {
        {"", 1, 1},         {"/a", 2, 8},    {"/a/0", 2, 9},
        {"/a/1", 2, 12},    {"/a/2", 3, 5},  {"/a/2/b~1c", 3, 13},
        {"/a/2/~0", 3, 23}, {"/e\"", 4, 10},
    };

    (void)state;
    for (size_t n = 0; n < VB_COUNT_OF(names); n++) {
        struct vb_yaml_error error;
        struct vb_yaml *yaml;

        assert_int_equal(parse(names[n], text, &yaml, &error), VB_OK);
        for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
            struct vb_yaml_mark mark;
            struct vb_buf pointer;
            yyjson_val *val =
                yyjson_ptr_get(vb_yaml_root(yaml), rows[i].pointer);

            assert_true(
                vb_yaml_locate(yaml, vb_span_str(rows[i].pointer), &mark));
            if (mark.line != rows[i].line || mark.column != rows[i].column)
                fail_msg("%s %s is at %u:%u", names[n], rows[i].pointer,
                         mark.line, mark.column);
            vb_buf_init(&pointer, 100);
            vb_yaml_pointer(yaml, val, &pointer);
            assert_span_equal(vb_buf_span(&pointer), rows[i].pointer);
            vb_buf_done(&pointer);
        }
        vb_yaml_free(yaml);
    }
}

static void a_key_has_a_place_and_its_values_pointer(void **state)
{
    struct vb_yaml_error error;
    struct vb_yaml *yaml;
    struct vb_yaml_mark mark;
    struct vb_buf pointer;
    yyjson_val *key;

    (void)state;
    assert_int_equal(parse("t", "a:\n  x: 1\n  y: 2\n", &yaml, &error), VB_OK);
    key = yyjson_ptr_get(vb_yaml_root(yaml), "/a/y") - 1;
    mark = vb_yaml_mark(yaml, key);
    assert_int_equal(mark.line, 3);
    assert_int_equal(mark.column, 3);
    vb_buf_init(&pointer, 100);
    vb_yaml_pointer(yaml, key, &pointer);
    assert_span_equal(vb_buf_span(&pointer), "/a/y");
    assert_false(vb_yaml_locate(yaml, VB_SPAN("/a/z"), &mark));
    vb_buf_done(&pointer);
    vb_yaml_free(yaml);
}

/* A walk to each would be 20 thousand million steps. */
static void a_pointer_costs_its_depth_wherever_it_leads(void **state)
{
    enum { MEMBERS = 200000 };
    struct vb_yaml_error error;
    struct vb_yaml *yaml;
    struct vb_buf text, pointer;
    yyjson_val *key, *val;
    size_t i, n;

    (void)state;
    vb_buf_init(&text, 16 << 20);
    vb_buf_str(&text, "{\"a\": [0], \"b\": {");
    for (i = 0; i < MEMBERS; i++)
        vb_buf_printf(&text, "%s\"k%zu\": [1]", i > 0 ? ", " : "", i);
    vb_buf_str(&text, "}}");
    assert_int_equal(vb_yaml_parse(VB_SPAN("t.json"), vb_buf_span(&text),
                                   &vb_yaml_limits_default, &yaml, &error),
                     VB_OK);
    vb_buf_init(&pointer, 100);
    yyjson_obj_foreach(yyjson_obj_get(vb_yaml_root(yaml), "b"), i, n, key, val)
    {
        char want[32];

        snprintf(want, sizeof(want), "/b/k%zu/0", i);
        vb_buf_reset(&pointer);
        vb_yaml_pointer(yaml, yyjson_arr_get_first(val), &pointer);
        assert_span_equal(vb_buf_span(&pointer), want);
    }
    assert_int_equal(n, MEMBERS);
    vb_buf_done(&pointer);
    vb_buf_done(&text);
    vb_yaml_free(yaml);
}

static void json_is_read_strictly_by_its_name(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"{\"a\": 1,\n \"a\": 2}", 2},
        {"{\"a\":\n 01}", 2},
        {"{a: 1}", 1},
        {"", 1},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_yaml_error error;
        struct vb_yaml *yaml = NULL;

        assert_int_equal(parse("dir/t.json", rows[i].text, &yaml, &error),
                         VB_ERR_SYNTAX);
        assert_int_equal(error.mark.line, rows[i].line);
        assert_true(error.text[0] != 0);
        assert_null(yaml);
    }
}

static void an_error_is_one_line_with_its_place(void **state)
{
    struct vb_yaml_error error;
    struct vb_yaml *yaml = NULL;
    struct vb_buf out;

    (void)state;
    assert_int_equal(parse("a/b.yaml", "x: 1\nx: 2\n", &yaml, &error),
                     VB_ERR_SYNTAX);
    vb_buf_init(&out, 1000);
    vb_yaml_error_print(VB_SPAN("a/b.yaml"), &error, &out);
    assert_span_equal(vb_buf_span(&out), "a/b.yaml:2:1: duplicate key \"x\"");
    vb_buf_done(&out);
}

static void a_file_is_loaded_or_told_why_not(void **state)
{
    char path[] = "/tmp/vb_yaml_XXXXXX";
    int fd = mkstemp(path);
    struct vb_yaml_error error;
    struct vb_yaml *yaml = NULL;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\n", 5), 5);
    close(fd);
    assert_int_equal(vb_yaml_load(path, &vb_yaml_limits_default, &yaml, &error),
                     VB_OK);
    assert_span_equal(vb_yaml_name(yaml), path);
    vb_yaml_free(yaml);
    unlink(path);
    assert_int_equal(vb_yaml_load(path, &vb_yaml_limits_default, &yaml, &error),
                     VB_ERR_IO);
    assert_string_equal(error.text, "No such file or directory");
    assert_int_equal(error.mark.line, 0);
    assert_int_equal(
        vb_yaml_load("/tmp", &vb_yaml_limits_default, &yaml, &error),
        VB_ERR_IO);
    assert_string_equal(error.text, "Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_scalar_is_what_the_core_schema_says),
        cmocka_unit_test(quotes_and_blocks_are_strings),
        cmocka_unit_test(a_key_becomes_the_string_it_is_written_as),
        cmocka_unit_test(structure_is_kept_in_order),
        cmocka_unit_test(tags_of_the_core_schema_decide),
        cmocka_unit_test(aliases_copy_what_they_name),
        cmocka_unit_test(what_json_has_not_is_refused_at_its_place),
        cmocka_unit_test(nothing_is_told_apart_from_bad_syntax),
        cmocka_unit_test(an_alias_bomb_is_refused_in_time),
        cmocka_unit_test(aliases_of_a_long_text_are_bounded_by_bytes),
        cmocka_unit_test(each_limit_holds),
        cmocka_unit_test(every_value_knows_its_place),
        cmocka_unit_test(a_key_has_a_place_and_its_values_pointer),
        cmocka_unit_test(a_pointer_costs_its_depth_wherever_it_leads),
        cmocka_unit_test(json_is_read_strictly_by_its_name),
        cmocka_unit_test(an_error_is_one_line_with_its_place),
        cmocka_unit_test(a_file_is_loaded_or_told_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
