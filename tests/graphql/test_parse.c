/*
 * Reading documents: the language of October 2021, section 2, where what is
 * wrong stands, and what one document may have.
 */
#include "unit.h"

#include <stdio.h>

#include "graphql/parse.h"
#include "printed.h"

struct reading {
    struct vb_arena arena;
    struct vb_gql_errors errors;
    const struct vb_gql_document *document;
    enum vb_err err;
};

static void read_span(struct reading *r, struct vb_span text,
                      const struct vb_gql_limits *limits)
{
    vb_arena_init(&r->arena, 4096, 1 << 24);
    vb_gql_errors_init(&r->errors, &r->arena);
    r->err = vb_gql_parse(&r->arena, text, limits, &r->errors, &r->document);
}

static void done(struct reading *r)
{
    vb_arena_done(&r->arena);
}

static void is_read_as(const char *text, const char *wanted)
{
    struct reading r;
    struct vb_buf buf;

    read_span(&r, vb_span_str(text), NULL);
    if (r.err != VB_OK)
        fail_msg("%s: %.*s at %u:%u", text, VB_FMT(r.errors.first->message),
                 r.errors.first->places[0].line,
                 r.errors.first->places[0].column);
    vb_buf_init(&buf, 1 << 20);
    print_document(&buf, r.document);
    assert_span_equal(vb_buf_span(&buf), wanted);
    vb_buf_done(&buf);
    done(&r);
}

/* --- what is read --------------------------------------------------------- */

static void a_document_is_read(void **state)
{
    static const struct {
        const char *text, *is;
    } rows[] = {
        {"{a}", "query{a}"},
        {"query{a}", "query{a}"},
        {"query Q{a b}", "query Q{a b}"},
        {"mutation M{a}", "mutation M{a}"},
        {"subscription{a}", "subscription{a}"},
        {"{a{b{c d}e}}", "query{a{b{c d} e}}"},
        {"{x:a y:b{z:c}}", "query{x:a y:b{z:c}}"},
        {"{a(x:1,y:2)}", "query{a(x:1 y:2)}"},
        {"{a(x:$v)@b@c(d:1)}", "query{a(x:$v)@b@c(d:1)}"},
        /* no word is reserved */
        {"{query mutation fragment on:on type}",
         "query{query mutation fragment on:on type}"},
        {"query query{true:null}", "query query{true:null}"},
        /* fragments, section 2.8 */
        {"{...F}fragment F on T{a}", "query{...F}fragment F on T{a}"},
        {"{...F@x ...on T@y{a}...@z{b}...{c}}",
         "query{...F@x ... on T@y{a} ...@z{b} ...{c}}"},
        {"fragment F on on@d{a}", "fragment F on on@d{a}"},
        {"{... onward}", "query{...onward}"},
        /* variables, section 2.10 */
        {"query($a:T){x}", "query($a:T){x}"},
        {"query Q($a:T=1@d,$b:[[T!]!]!=[]){x}",
         "query Q($a:T=1@d $b:[[T!]!]!=[]){x}"},
        /* what means nothing, section 2.1 */
        {"\xEF\xBB\xBF{,\t a,,\r\n#comment } \xC3\xA9\r,b\xEF\xBB\xBF}#end",
         "query{a b}"},
        {"#x\n{a}", "query{a}"},
        {"query A{a}query B{b}", "query A{a}query B{b}"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        is_read_as(rows[i].text, rows[i].is);
}

static void values_are_read(void **state)
{
    static const struct {
        const char *text, *is;
    } rows[] = {
        {"0", "0"},
        {"-0", "-0"},
        {"-120", "-120"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"0.5", "0.5"},
        {"1e5", "1e5"},
        {"-1.50E-10", "-1.50E-10"},
        {"1e+5", "1e+5"},
        {"true", "true"},
        {"null", "null"},
        {"nulls", "nulls"},
        {"NORTH", "NORTH"},
        {"[]", "[]"},
        {"[1,[2 $v],]", "[1, [2, $v]]"},
        {"{}", "{}"},
        {"{a:{b:[1]},c:$v}", "{a: {b: [1]}, c: $v}"},
        {"\"\"", "\"\""},
        {"\"a#,b\"", "\"a#,b\""},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\"\\u00e9\\u00DF\xC3\xA9\"", "\"\xC3\xA9\xC3\x9F\xC3\xA9\""},
        {"\"\\u0041\\u20ac\"", "\"A\xE2\x82\xAC\""},
        /* surrogates are one character; braces as of September 2025 */
        {"\"\\uD83D\\uDCA9\"", "\"\xF0\x9F\x92\xA9\""},
        {"\"\\u{1F4A9}\\u{41}\"", "\"\xF0\x9F\x92\xA9"
                                  "A\""},
        {"\"\xF0\x9F\x92\xA9\"", "\"\xF0\x9F\x92\xA9\""},
        {"\"\t\"", "\"\\t\""},
    };
    char text[256], wanted[256];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        snprintf(text, sizeof(text), "{a(x:%s)}", rows[i].text);
        snprintf(wanted, sizeof(wanted), "query{a(x:%s)}", rows[i].is);
        is_read_as(text, wanted);
    }
}

/* Section 2.9.4, BlockStringValue(). */
static void block_strings_lose_their_indentation(void **state)
{
    static const struct {
        const char *text, *is;
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {"  a", "  a"},
        {"a\n  b\n  c", "a\\nb\\nc"},
        {"\n    Hello,\n      World!\n\n    Yours,\n      GraphQL.\n  ",
         "Hello,\\n  World!\\n\\nYours,\\n  GraphQL."},
        {"a\r\n b\r  c\n", "a\\nb\\n c"},
        {"\n\n  a\n\n\n", "a"},
        {"  \n\t\n  a\n \n  b\n  ", "a\\n\\nb"},
        /* blank lines within keep what is behind the indentation */
        {"\n  a\n     \n  b", "a\\n   \\nb"},
        {"\n \t a\n \t  b", "a\\n b"},
        {"   \n  \n", ""},
        {"a\n\n", "a"},
        {"a\\\"\"\"b", "a\\\"\\\"\\\"b"},
        {"a\"b\"\"c", "a\\\"b\\\"\\\"c"},
        {"\\n\\u0041\\ ", "\\\\n\\\\u0041\\\\ "},
        {"a\n  b ", "a\\nb "},
        {"\n  \xC3\xA9\n  b", "\xC3\xA9\\nb"},
    };
    char text[256], wanted[256];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        snprintf(text, sizeof(text), "{a(x:\"\"\"%s\"\"\")}", rows[i].text);
        snprintf(wanted, sizeof(wanted), "query{a(x:\"%s\")}", rows[i].is);
        is_read_as(text, wanted);
    }
}

/* --- what is not ---------------------------------------------------------- */

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
        const char *message;
    } rows[] = {
        {"", 1, 1, "an operation or a fragment is expected, and not the end"},
        {" \n ", 2, 2,
         "an operation or a fragment is expected, and not the end"},
        {"{", 1, 2, "a name is expected, and not the end"},
        {"{}", 1, 2, "a name is expected, and not \"}\""},
        {"{a", 1, 3, "a name is expected, and not the end"},
        {"{a}}", 1, 4, "an operation or a fragment is expected, and not \"}\""},
        {"{a{}}", 1, 4, "a name is expected, and not \"}\""},
        {"{a()}", 1, 4, "a name is expected, and not \")\""},
        {"{a(x)}", 1, 5, "\":\" is expected, and not \")\""},
        {"{a(x:)}", 1, 6, "a value is expected, and not \")\""},
        {"{a(x:\"s\"\"t\")}", 1, 9, "a name is expected, and not a string"},
        {"{a:}", 1, 4, "a name is expected, and not \"}\""},
        {"{a@}", 1, 4, "a name is expected, and not \"}\""},
        {"{...}", 1, 5, "\"{\" is expected, and not \"}\""},
        {"{...on}", 1, 7, "a name is expected, and not \"}\""},
        {"{..a}", 1, 2, "the character \".\" cannot stand here"},
        {"{a?}", 1, 3, "the character \"?\" cannot stand here"},
        {"{\xC3\xA9}", 1, 2, "the character \"\xC3\xA9\" cannot stand here"},
        {"{a \x07}", 1, 4, "the character U+0007 cannot stand here"},
        {"qury{a}", 1, 1,
         "an operation or a fragment is expected, and not \"qury\""},
        {"query(){a}", 1, 7, "\"$\" is expected, and not \")\""},
        {"query($a){a}", 1, 9, "\":\" is expected, and not \")\""},
        {"query($a:){a}", 1, 10, "a name is expected, and not \")\""},
        {"query($a:[T){a}", 1, 12, "\"]\" is expected, and not \")\""},
        {"query($a:T!!){a}", 1, 12, "\"$\" is expected, and not \"!\""},
        {"query($a:T=$b){a}", 1, 12, "a variable cannot stand here"},
        {"query($a:T=[{b:$b}]){a}", 1, 16, "a variable cannot stand here"},
        {"query($a:T@d(x:$a)){a}", 1, 16, "a variable cannot stand here"},
        {"fragment on on T{a}", 1, 10,
         "a fragment's name is expected, and not \"on\""},
        {"fragment F{a}", 1, 11, "\"on\" is expected, and not \"{\""},
        {"type T{a:Int}", 1, 1, "a definition of types cannot be executed"},
        {"{a}\nextend type T{a:Int}", 2, 1,
         "a definition of types cannot be executed"},
        {"\"d\"type T{a:Int}", 1, 1,
         "a definition of types cannot be executed"},
        /* numbers */
        {"{a(x:00)}", 1, 7, "the character \"0\" cannot stand here"},
        {"{a(x:-)}", 1, 7, "the character \")\" cannot stand here"},
        {"{a(x:1.)}", 1, 8, "the character \")\" cannot stand here"},
        {"{a(x:.5)}", 1, 6, "the character \".\" cannot stand here"},
        {"{a(x:1e)}", 1, 8, "the character \")\" cannot stand here"},
        {"{a(x:1.2.3)}", 1, 9, "the character \".\" cannot stand here"},
        {"{a(x:12b)}", 1, 8, "the character \"b\" cannot stand here"},
        {"{a(x:0xF)}", 1, 7, "the character \"x\" cannot stand here"},
        {"{a(x:1", 1, 7, "a name is expected, and not the end"},
        {"{a(x:-", 1, 7, "the document ends too early"},
        /* strings */
        {"{a(x:\"b)}", 1, 6, "the string has no end"},
        {"{a(x:\"b\n\")}", 1, 6, "the string has no end"},
        {"{a(x:\"b\r\")}", 1, 6, "the string has no end"},
        {"{a(x:\"\\x\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\u12G4\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\u\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\uD83D\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\uDCA9\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\uD83D\\u0041\")}", 1, 7,
         "there is no such escape in a string"},
        {"{a(x:\"\\u{D83D}\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\u{110000}\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\u{}\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\u{41\")}", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"\\", 1, 7, "there is no such escape in a string"},
        {"{a(x:\"b\x01\")}", 1, 8,
         "the character U+0001 cannot stand in a string"},
        {"{a(x:\"\"\"b\n\"\"", 1, 6, "the string has no end"},
        {"{a(x:\"\"\"b\n\x01\"\"\")}", 2, 1,
         "the character U+0001 cannot stand in a string"},
        /* lines, columns: characters, whatever ends a line */
        {"{a\n b\r\n c\r ?}", 4, 2, "the character \"?\" cannot stand here"},
        {"#\xC3\xA9\n{a(x:\"\xC3\xA9\")?}", 2, 10,
         "the character \"?\" cannot stand here"},
        {"{a(x:\"\"\"\n\n\"\"\"?)}", 3, 4,
         "the character \"?\" cannot stand here"},
        /* bytes that are no text */
        {"{a\xFF}", 1, 3, "the document is not UTF-8"},
        {"{a} #\xC3", 1, 6, "the document is not UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct reading r;
        const struct vb_gql_error *error;

        read_span(&r, vb_span_str(rows[i].text), NULL);
        if (r.err != VB_ERR_SYNTAX)
            fail_msg("%s is taken", rows[i].text);
        error = r.errors.first;
        assert_int_equal(r.errors.count, 1);
        if (error->places[0].line != rows[i].line ||
            error->places[0].column != rows[i].column ||
            !vb_span_eq(error->message, vb_span_str(rows[i].message)))
            fail_msg("%s: %.*s at %u:%u", rows[i].text, VB_FMT(error->message),
                     error->places[0].line, error->places[0].column);
        done(&r);
    }
}

static void an_error_is_written_as_the_specification_shows_it(void **state)
{
    struct reading r;
    struct vb_buf buf;

    (void)state;
    read_span(&r, VB_SPAN("{\n a(x:\")}"), NULL);
    vb_buf_init(&buf, 1 << 10);
    vb_gql_errors_write(&buf, &r.errors);
    assert_span_equal(vb_buf_span(&buf),
                      "[{\"message\":\"the string has no end\","
                      "\"locations\":[{\"line\":2,\"column\":6}]}]");
    vb_buf_done(&buf);
    done(&r);
}

static void a_zero_byte_ends_nothing(void **state)
{
    struct reading r;

    (void)state;
    read_span(&r, VB_SPAN("{a}\0{b}"), NULL);
    assert_int_equal(r.err, VB_ERR_SYNTAX);
    assert_span_equal(r.errors.first->message,
                      "the character U+0000 cannot stand here");
    done(&r);
    read_span(&r, VB_SPAN("{a(x:\"\0\")}"), NULL);
    assert_int_equal(r.err, VB_ERR_SYNTAX);
    done(&r);
}

/* --- positions ------------------------------------------------------------ */

static void places_are_where_things_begin(void **state)
{
    const struct vb_gql_operation *operation;
    const struct vb_gql_selection *field;
    struct reading r;

    (void)state;
    read_span(&r, VB_SPAN("query Q($v: T) {\n  x: a(y: 1) @d\n  ...F\n}"),
              NULL);
    assert_int_equal(r.err, VB_OK);
    operation = r.document->operations;
    assert_int_equal(operation->at.column, 1);
    assert_int_equal(operation->name_at.column, 7);
    assert_int_equal(operation->variables->at.column, 9);
    assert_int_equal(operation->variables->type->at.column, 13);
    field = operation->selections;
    assert_int_equal(field->at.line, 2);
    assert_int_equal(field->at.column, 3);
    assert_int_equal(field->name_at.column, 6);
    assert_int_equal(field->arguments->at.column, 8);
    assert_int_equal(field->arguments->value->at.column, 11);
    assert_int_equal(field->directives->at.column, 14);
    assert_int_equal(field->next->at.column, 3);
    assert_int_equal(field->next->name_at.column, 6);
    done(&r);
}

/* --- bounds --------------------------------------------------------------- */

static enum vb_err repeated(const char *head, const char *part, size_t count,
                            const char *tail)
{
    static const struct vb_gql_limits limits = {
        .tokens = 100, .depth = 10, .aliases = 5};
    struct reading r;
    struct vb_buf text;

    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, head);
    for (size_t i = 0; i < count; i++)
        vb_buf_str(&text, part);
    vb_buf_str(&text, tail);
    read_span(&r, vb_buf_span(&text), &limits);
    assert_int_equal(r.errors.count, r.err == VB_OK ? 0 : 1);
    done(&r);
    vb_buf_done(&text);
    return r.err;
}

static void it_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(repeated("{", "a ", 98, "}"), VB_OK);
    assert_int_equal(repeated("{", "a ", 99, "}"), VB_ERR_LIMIT);
    assert_int_equal(repeated("{a", "{a", 9, "}}}}}}}}}}"), VB_OK);
    assert_int_equal(repeated("{a", "{a", 10, "}}}}}}}}}}}"), VB_ERR_LIMIT);
    assert_int_equal(repeated("{a(x:", "[", 9, "]]]]]]]]])}"), VB_OK);
    assert_int_equal(repeated("{a(x:", "[", 10, "]]]]]]]]]])}"), VB_ERR_LIMIT);
    assert_int_equal(repeated("{a(x:", "{y:", 10, "1}}}}}}}}}})}"),
                     VB_ERR_LIMIT);
    assert_int_equal(repeated("query($a:", "[", 10, "T]]]]]]]]]]){a}"), VB_OK);
    assert_int_equal(repeated("query($a:", "[", 11, "T]]]]]]]]]]]){a}"),
                     VB_ERR_LIMIT);
    assert_int_equal(repeated("{", "x:a ", 5, "}"), VB_OK);
    assert_int_equal(repeated("{", "x:a ", 6, "}"), VB_ERR_LIMIT);
    assert_int_equal(repeated("{a}#", "x", 100000, ""), VB_OK);
}

static void depth_has_a_limit_of_its_own(void **state)
{
    struct vb_gql_limits limits = {
        .tokens = 1 << 20, .depth = 1 << 20, .aliases = 1};
    char text[VB_GQL_DEPTH_MOST * 2 + 8];
    struct reading r;
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i <= VB_GQL_DEPTH_MOST; i++) {
        text[len++] = '{';
        text[len++] = 'a';
    }
    read_span(&r, vb_span_of(text, len), &limits);
    assert_int_equal(r.err, VB_ERR_LIMIT);
    done(&r);
}

/* A string costs what it is long, not what is behind it. */
static void many_strings_cost_what_they_are_long(void **state)
{
    struct vb_buf text;
    struct reading r;

    (void)state;
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, "{a(x:[");
    for (int i = 0; i < 9000; i++)
        vb_buf_str(&text, i % 2 == 0 ? "\"\" " : "\"\"\"\"\"\" ");
    vb_buf_str(&text, "])}");
    read_span(&r, vb_buf_span(&text), NULL);
    assert_int_equal(r.err, VB_OK);
    assert_true(r.arena.total < 4 << 20);
    done(&r);
    vb_buf_done(&text);
}

static void memory_may_be_short(void **state)
{
    static const char text[] =
        "query Q($a:[T!]=[{b:\"\\u00e9\"}]@d){x:a(y:\"\"\"b\"\"\")...F ...on "
        "T{c}}fragment F on T@d(e:1){a}";
    enum vb_err err = VB_ERR_NOMEM;
    const struct vb_gql_document *document;

    (void)state;
    for (size_t limit = 64; err != VB_OK; limit += 64) {
        struct vb_gql_errors errors;
        struct vb_arena arena;

        vb_arena_init(&arena, 64, limit);
        vb_gql_errors_init(&errors, &arena);
        err = vb_gql_parse(&arena, vb_span_str(text), NULL, &errors, &document);
        assert_true(err == VB_OK || err == VB_ERR_NOMEM);
        vb_arena_done(&arena);
        assert_true(limit < 1 << 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(block_strings_lose_their_indentation),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(an_error_is_written_as_the_specification_shows_it),
        cmocka_unit_test(a_zero_byte_ends_nothing),
        cmocka_unit_test(places_are_where_things_begin),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(depth_has_a_limit_of_its_own),
        cmocka_unit_test(many_strings_cost_what_they_are_long),
        cmocka_unit_test(memory_may_be_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
