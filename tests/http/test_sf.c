/* The rules of src/http/sf.h: RFC 9651. The vectors are in test_sf_vectors.c.
 */
#include "unit.h"

#include "http/sf.h"

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 22);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

static enum vb_err parse_item(struct vb_span text, struct vb_sf_item *item)
{
    return vb_sf_parse_item(&arena, &text, 1, item);
}

static void bare_items_say_what_rfc9651_says(void **state)
{
    static const struct {
        const char *text;
        enum vb_sf_type type;
        int64_t integer; /* of numbers, dates, booleans */
        const char *says;
    } rows[] = {
        {"0", VB_SF_INTEGER, 0, NULL},
        {"-0", VB_SF_INTEGER, 0, NULL},
        {"042", VB_SF_INTEGER, 42, NULL},
        {"-999999999999999", VB_SF_INTEGER, -999999999999999, NULL},
        {"1.0", VB_SF_DECIMAL, 1000, NULL},
        {"-1.05", VB_SF_DECIMAL, -1050, NULL},
        {"999999999999.999", VB_SF_DECIMAL, 999999999999999, NULL},
        {"?1", VB_SF_BOOLEAN, 1, NULL},
        {"?0", VB_SF_BOOLEAN, 0, NULL},
        {"@1659578233", VB_SF_DATE, 1659578233, NULL},
        {"@-62135596800", VB_SF_DATE, -62135596800, NULL}, /* 3.3.7-01 */
        {"@253402214400", VB_SF_DATE, 253402214400, NULL},
        {"\"\"", VB_SF_STRING, 0, ""},
        {"\"a \\\"b\\\\\"", VB_SF_STRING, 0, "a \"b\\"},
        {"a:b/c*", VB_SF_TOKEN, 0, "a:b/c*"},
        {"*x", VB_SF_TOKEN, 0, "*x"},
        {":aGVsbG8=:", VB_SF_BYTES, 0, "hello"},
        {"::", VB_SF_BYTES, 0, ""},
        {"%\"f%c3%bc%c3%bc\"", VB_SF_DISPLAY, 0, "f\xC3\xBC\xC3\xBC"},
        {"%\"\\%22%25\"", VB_SF_DISPLAY, 0, "\\\"%"},
        {"  a  ", VB_SF_TOKEN, 0, "a"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_sf_item item;

        if (parse_item(vb_span_str(rows[i].text), &item) != VB_OK)
            fail_msg("%s does not parse", rows[i].text);
        assert_int_equal(item.value.type, rows[i].type);
        assert_int_equal(item.param_count, 0);
        if (rows[i].says != NULL)
            assert_span_equal(item.value.text, rows[i].says);
        else if (rows[i].type == VB_SF_BOOLEAN)
            assert_int_equal(item.value.boolean, rows[i].integer);
        else
            assert_int_equal(item.value.integer, rows[i].integer);
    }
}

/* 9651-2.2-01, 9651-3.3.1-01, 9651-3.3.3-01, 9651-4.2-02. */
static void malformed_item_is_refused_whole(void **state)
{
    static const struct vb_span rows[] = {
        VB_SPAN_INIT(""),
        VB_SPAN_INIT("  "),
        VB_SPAN_INIT("\ta"),
        VB_SPAN_INIT("a\t"),
        VB_SPAN_INIT("a b"),
        VB_SPAN_INIT("a,b"),
        VB_SPAN_INIT("(a)"),
        VB_SPAN_INIT("a\0"),
        VB_SPAN_INIT("\0"),
        VB_SPAN_INIT("1000000000000000"),
        VB_SPAN_INIT("1000000000000.0"),
        VB_SPAN_INIT("1.0000"),
        VB_SPAN_INIT("1."),
        VB_SPAN_INIT(".1"),
        VB_SPAN_INIT("-"),
        VB_SPAN_INIT("--1"),
        VB_SPAN_INIT("+1"),
        VB_SPAN_INIT("- 1"),
        VB_SPAN_INIT("1.-1"),
        VB_SPAN_INIT("1.2.3"),
        VB_SPAN_INIT("1e3"),
        VB_SPAN_INIT("?"),
        VB_SPAN_INIT("?2"),
        VB_SPAN_INIT("?true"),
        VB_SPAN_INIT("@"),
        VB_SPAN_INIT("@1.0"),
        VB_SPAN_INIT("@a"),
        VB_SPAN_INIT("\"a"),
        VB_SPAN_INIT("\"a\\\""),
        VB_SPAN_INIT("\"a\\"),
        VB_SPAN_INIT("\"a\\b\""),
        VB_SPAN_INIT("\"\xC3\xA9\""),
        VB_SPAN_INIT("\"\t\""),
        VB_SPAN_INIT("\"\0\""),
        VB_SPAN_INIT("\"\x7F\""),
        VB_SPAN_INIT("'a'"),
        VB_SPAN_INIT(":a"),
        VB_SPAN_INIT(":a:"),
        VB_SPAN_INIT(":_-8=:"),
        VB_SPAN_INIT("%"),
        VB_SPAN_INIT("%\""),
        VB_SPAN_INIT("%a\""),
        VB_SPAN_INIT("%\"%C3%BC\""), /* upper case */
        VB_SPAN_INIT("%\"%c3\""),    /* not UTF-8 */
        VB_SPAN_INIT("%\"%c3%2\""),
        VB_SPAN_INIT("%\"%\""),
        VB_SPAN_INIT("%\"\xC3\xBC\""),
        VB_SPAN_INIT("%\"\t\""),
        VB_SPAN_INIT("a;"),
        VB_SPAN_INIT("a;A"),
        VB_SPAN_INIT("a;b="),
        VB_SPAN_INIT("a;b =1"),
        VB_SPAN_INIT("a ;b"),
        VB_SPAN_INIT("a;\tb"),
        VB_SPAN_INIT("a;b=(c)"),
        VB_SPAN_INIT("\xC3\xA9"),
        VB_SPAN_INIT("{"),
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_sf_item item = {.param_count = 77};

        if (parse_item(rows[i], &item) != VB_ERR_SYNTAX)
            fail_msg("row %zu: %.*s", i, VB_FMT(rows[i]));
        assert_int_equal(item.param_count, 77);
    }
}

/* 9651-4.2-02, 9651-4.2-03. */
static void malformed_members_void_the_field(void **state)
{
    static const struct {
        bool dictionary;
        const char *text;
    } rows[] = {
        {true, "u=1, , "}, {true, "u=1,"},    {true, "u=1, ???? "},
        {true, "=1"},      {true, "u=1 b"},   {true, "u=1;;b"},
        {true, "U=1"},     {true, "1=1"},     {true, "u="},
        {true, "u==1"},    {true, ",u"},      {true, "u=(1"},
        {true, "u= 1"},    {true, "u =1"},    {true, "u=1\x0B"},
        {false, "a,"},     {false, ",a"},     {false, "a,,b"},
        {false, "(a,b)"},  {false, "(a)b"},   {false, "(a(b))"},
        {false, "((a))"},  {false, "(a\tb)"}, {false, "(a\"b\")"},
        {false, "(a;)"},   {false, "("},      {false, "(a"},
        {false, "(a "},    {false, ")"},      {false, "a b"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_sf_list list = {.count = 77};
        enum vb_err err = rows[i].dictionary
                              ? vb_sf_parse_dictionary(&arena, &line, 1, &list)
                              : vb_sf_parse_list(&arena, &line, 1, &list);

        if (err != VB_ERR_SYNTAX)
            fail_msg("%s: %s", rows[i].text, vb_err_text(err));
        assert_int_equal(list.count, 77);
    }
}

/* 9651-4.2-01. */
static void several_lines_are_one_value(void **state)
{
    static const struct vb_span lines[] = {VB_SPAN_INIT("a=1, b"),
                                           VB_SPAN_INIT("c;x=\"y\", a=2")};
    struct vb_sf_list list;

    (void)state;
    assert_int_equal(vb_sf_parse_dictionary(&arena, lines, 2, &list), VB_OK);
    assert_int_equal(list.count, 3);
    /* 9651-4.2-03: the later value in the first place. */
    assert_span_equal(list.members[0].key, "a");
    assert_int_equal(list.members[0].item.value.integer, 2);
    assert_true(vb_sf_member(&list, VB_SPAN("b"))->value.boolean);
    assert_null(vb_sf_member(&list, VB_SPAN("B")));
    assert_span_equal(
        vb_sf_param(vb_sf_member(&list, VB_SPAN("c")), VB_SPAN("x"))->text,
        "y");
    assert_null(vb_sf_param(vb_sf_member(&list, VB_SPAN("c")), VB_SPAN("y")));
    assert_int_equal(vb_sf_parse_item(&arena, lines, 2,
                                      &(struct vb_sf_item){.param_count = 0}),
                     VB_ERR_SYNTAX);
}

static void no_lines_are_an_empty_list_but_no_item(void **state)
{
    struct vb_span empty = VB_SPAN("  ");
    struct vb_sf_item item;
    struct vb_sf_list list;

    (void)state;
    assert_int_equal(vb_sf_parse_list(&arena, NULL, 0, &list), VB_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(vb_sf_parse_dictionary(&arena, &empty, 1, &list), VB_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(vb_sf_parse_item(&arena, NULL, 0, &item), VB_ERR_SYNTAX);
}

/* Overwriting replaces parameters too. */
static void repeated_key_forgets_the_first_value(void **state)
{
    struct vb_span line = VB_SPAN("a=(1 2);x;y, b, a=?0;z;z=3");
    struct vb_sf_list list;

    (void)state;
    assert_int_equal(vb_sf_parse_dictionary(&arena, &line, 1, &list), VB_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.members[0].item.value.type, VB_SF_BOOLEAN);
    assert_false(list.members[0].item.value.boolean);
    assert_int_equal(list.members[0].item.param_count, 1);
    assert_int_equal(list.members[0].item.params[0].value.integer, 3);
}

/* Appends "k0<sep>k1<sep>...": `count` different keys of `len` characters. */
static void append_keys(struct vb_buf *buf, const char *sep, size_t count,
                        size_t len)
{
    for (size_t i = 0; i < count; i++) {
        vb_buf_str(buf, i == 0 ? "" : sep);
        for (size_t n = 0; n < len; n++)
            vb_buf_char(buf, n + 4 < len ? 'k' : 'a');
        for (size_t n = 0, rest = i * 7919 % 10007; n < 4; n++, rest /= 26)
            buf->ptr[buf->len - 4 + n] = (char)('a' + rest % 26);
    }
}

/* 9651-3.1-01, 9651-3.1.2-01, 9651-3.2-01: what must be supported is, and what
 * is more is refused as too much, not as malformed. */
static void bounds_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *before, *separator, *after;
        bool dictionary;
        size_t most;
    } rows[] = {
        {"", ",", "", true, 1024},       {"", ", ", "", false, 1024},
        {"(", " ", ")", false, 256},     {"a;", ";", "", false, 256},
        {"a=(1);", "; ", "", true, 256},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        for (size_t more = 0; more < 2; more++) {
            struct vb_sf_list list;
            struct vb_span line;
            struct vb_buf buf;
            enum vb_err err;

            vb_buf_init(&buf, 1 << 20);
            vb_buf_str(&buf, rows[i].before);
            append_keys(&buf, rows[i].separator, rows[i].most + more, 64);
            vb_buf_str(&buf, rows[i].after);
            line = vb_buf_span(&buf);
            err = rows[i].dictionary
                      ? vb_sf_parse_dictionary(&arena, &line, 1, &list)
                      : vb_sf_parse_list(&arena, &line, 1, &list);
            if (err != (more == 0 ? VB_OK : VB_ERR_LIMIT))
                fail_msg("row %zu, %zu more: %s", i, more, vb_err_text(err));
            vb_buf_done(&buf);
        }
    }
}

/* 9651-3.3.3-01, 9651-3.3.4-01, 9651-3.3.5-01. */
static void long_items_are_supported(void **state)
{
    static const struct {
        const char *before, *after;
        size_t len;
    } rows[] = {
        {"\"", "\"", 1024},
        {"", "", 512},
        {":", ":", 16384 / 3 * 4 + 4},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_sf_item item;
        struct vb_buf buf;

        vb_buf_init(&buf, 1 << 20);
        vb_buf_str(&buf, rows[i].before);
        for (size_t n = 0; n < rows[i].len; n++)
            vb_buf_char(&buf, 'a');
        vb_buf_str(&buf, rows[i].after);
        assert_int_equal(parse_item(vb_buf_span(&buf), &item), VB_OK);
        vb_buf_done(&buf);
    }
}

static void exhausted_arena_is_told(void **state)
{
    static const char *const rows[] = {"\"a\\\\\"", ":YQ==:", "%\"a\"", "a;b"};
    static const struct vb_span lines[] = {VB_SPAN_INIT("a"),
                                           VB_SPAN_INIT("b")};
    struct vb_sf_item item;
    struct vb_sf_list list;
    struct vb_arena none;

    (void)state;
    vb_arena_init(&none, 16, 0);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i]);

        assert_int_equal(vb_sf_parse_item(&none, &line, 1, &item),
                         VB_ERR_NOMEM);
    }
    assert_int_equal(vb_sf_parse_list(&none, lines, 1, &list), VB_ERR_NOMEM);
    assert_int_equal(vb_sf_parse_list(&none, lines, 2, &list), VB_ERR_NOMEM);
}

/* RFC 9651 section 4.1, of values that no parser gives. */
static void values_that_a_type_cannot_say_are_not_written(void **state)
{
    static const struct {
        struct vb_sf_value value;
        const char *text; /* NULL: refused */
    } rows[] = {
        {{.type = VB_SF_INTEGER, .integer = 999999999999999},
         "999999999999999"},
        {{.type = VB_SF_INTEGER, .integer = 1000000000000000}, NULL},
        {{.type = VB_SF_INTEGER, .integer = INT64_MIN}, NULL},
        {{.type = VB_SF_DECIMAL, .integer = -50}, "-0.05"},
        {{.type = VB_SF_DECIMAL, .integer = 0}, "0.0"},
        {{.type = VB_SF_DECIMAL, .integer = 1500}, "1.5"},
        {{.type = VB_SF_DECIMAL, .integer = 1001}, "1.001"},
        {{.type = VB_SF_DECIMAL, .integer = 1000000000000000}, NULL},
        {{.type = VB_SF_DECIMAL, .integer = INT64_MIN}, NULL},
        {{.type = VB_SF_DATE, .integer = -1}, "@-1"},
        {{.type = VB_SF_DATE, .integer = INT64_MAX}, NULL},
        {{.type = VB_SF_BOOLEAN, .boolean = true}, "?1"},
        {{.type = VB_SF_BOOLEAN, .boolean = false}, "?0"},
        {{.type = VB_SF_STRING, .text = VB_SPAN_INIT("a\"\\")},
         "\"a\\\"\\\\\""},
        {{.type = VB_SF_STRING, .text = VB_SPAN_INIT("\xC3\xA9")}, NULL},
        {{.type = VB_SF_STRING, .text = VB_SPAN_INIT("\n")}, NULL},
        {{.type = VB_SF_STRING, .text = VB_SPAN_INIT("\x7F")}, NULL},
        {{.type = VB_SF_TOKEN, .text = VB_SPAN_INIT("a/b:c")}, "a/b:c"},
        {{.type = VB_SF_TOKEN, .text = VB_SPAN_INIT("")}, NULL},
        {{.type = VB_SF_TOKEN, .text = VB_SPAN_INIT("1a")}, NULL},
        {{.type = VB_SF_TOKEN, .text = VB_SPAN_INIT("a b")}, NULL},
        {{.type = VB_SF_BYTES, .text = VB_SPAN_INIT("\0\xFF")}, ":AP8=:"},
        {{.type = VB_SF_DISPLAY, .text = VB_SPAN_INIT("\xC3\xBC\"%\n~ ")},
         "%\"%c3%bc%22%25%0a~ \""},
        {{.type = VB_SF_DISPLAY, .text = VB_SPAN_INIT("\xC3")}, NULL},
        {{.type = VB_SF_INNER_LIST, .inner = {NULL, 0}}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_sf_item item = {.value = rows[i].value};
        char memory[64];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        vb_buf_str(&buf, "x");
        assert_int_equal(vb_sf_write_item(&buf, &item),
                         rows[i].text == NULL ? VB_ERR_INVALID : VB_OK);
        assert_int_equal(memory[0], 'x');
        assert_span_equal(vb_span_from(vb_buf_span(&buf), 1),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

static void keys_are_in_lower_case_or_not_written(void **state)
{
    static const struct vb_span keys[] = {
        VB_SPAN_INIT("A"),   VB_SPAN_INIT(""),    VB_SPAN_INIT("1"),
        VB_SPAN_INIT("a b"), VB_SPAN_INIT("a/b"), VB_SPAN_INIT("-"),
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(keys); i++) {
        struct vb_sf_value one = {.type = VB_SF_INTEGER, .integer = 1};
        struct vb_sf_param param = {.key = keys[i], .value = one};
        struct vb_sf_member member = {.key = keys[i], .item.value = one};
        struct vb_sf_list dictionary = {.members = &member, .count = 1};
        struct vb_sf_item item = {
            .value = one, .params = &param, .param_count = 1};
        char memory[64];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        assert_int_equal(vb_sf_write_dictionary(&buf, &dictionary),
                         VB_ERR_INVALID);
        assert_int_equal(vb_sf_write_item(&buf, &item), VB_ERR_INVALID);
        assert_int_equal(buf.len, 0);
    }
}

/* 9651-3.1.2-01, 9651-4.1-01. */
static void text_is_written_in_canonical_form(void **state)
{
    static const struct {
        bool dictionary;
        const char *text, *canonical;
    } rows[] = {
        {true, "a=?1;x=?1;y=?0,b=?0", "a;x;y=?0, b=?0"},
        {true, "a=(  1   2;p  ) ; q=1.10", NULL},
        {true, "a=(  1   2;p  ); q=1.10", "a=(1 2;p);q=1.1"},
        {false, "a ,\tb,()", "a, b, ()"},
        {false, "", ""},
        {true, "", ""},
        {false, ":YQ:, 01, \"\\\\\", @01, %\"%61\"",
         ":YQ==:, 1, \"\\\\\", @1, %\"a\""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
        struct vb_sf_list list;
        enum vb_err err = rows[i].dictionary
                              ? vb_sf_parse_dictionary(&arena, &line, 1, &list)
                              : vb_sf_parse_list(&arena, &line, 1, &list);

        assert_int_equal(err,
                         rows[i].canonical == NULL ? VB_ERR_SYNTAX : VB_OK);
        if (err != VB_OK)
            continue;
        assert_int_equal(rows[i].dictionary
                             ? vb_sf_write_dictionary(&buf, &list)
                             : vb_sf_write_list(&buf, &list),
                         VB_OK);
        assert_span_equal(vb_buf_span(&buf), rows[i].canonical);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_items_say_what_rfc9651_says),
        cmocka_unit_test(malformed_item_is_refused_whole),
        cmocka_unit_test(malformed_members_void_the_field),
        cmocka_unit_test(several_lines_are_one_value),
        cmocka_unit_test(no_lines_are_an_empty_list_but_no_item),
        cmocka_unit_test(repeated_key_forgets_the_first_value),
        cmocka_unit_test(bounds_are_those_of_the_rfc),
        cmocka_unit_test(long_items_are_supported),
        cmocka_unit_test(exhausted_arena_is_told),
        cmocka_unit_test(values_that_a_type_cannot_say_are_not_written),
        cmocka_unit_test(keys_are_in_lower_case_or_not_written),
        cmocka_unit_test(text_is_written_in_canonical_form),
    };

    return cmocka_run_group_tests_name("sf", tests, set_up, tear_down);
}
