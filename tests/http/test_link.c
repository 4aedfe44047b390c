/* The rules of src/http/link.h and ext_value.h: RFC 8288, RFC 8187. */
#include "unit.h"

#include "http/ext_value.h"
#include "http/link.h"
#include "http/param.h"

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

/* NULL wants an absent member. */
static void assert_member(struct vb_span got, const char *want)
{
    assert_int_equal(got.ptr != NULL, want != NULL);
    if (want != NULL)
        assert_span_equal(got, want);
}

/* 8288-3-01, 8288-3.3-01, 8288-3.4.1-01, 8288-3.4.1-02. */
static void link_says_target_relation_and_hints(void **state)
{
    static const struct {
        const char *text;
        const char *target, *rel, *anchor, *title, *type;
    } rows[] = {
        {"</a>; rel=next", "/a", "next", NULL, NULL, NULL},
        {"</a>; rel=\"next\"", "/a", "next", NULL, NULL, NULL},
        {"</a>;rel = \"next\"", "/a", "next", NULL, NULL, NULL},
        {"</a> ; REL=next;", "/a", "next", NULL, NULL, NULL},
        {"<>; rel=self", "", "self", NULL, NULL, NULL},
        {"</a>", "/a", NULL, NULL, NULL, NULL},
        {"</a,b;c>; rel=x", "/a,b;c", "x", NULL, NULL, NULL},
        {"<http://h/a?b#c>; rel=\"a b\"; anchor=\"#d\"", "http://h/a?b#c",
         "a b", "#d", NULL, NULL},
        {"<a>; rel=x; rel=y; title=one; title=two; type=\"text/a\"; type=b",
         "a", "x", NULL, "one", "text/a"},
        {"<a>; title=\"a, b; c \\\"d\\\\\"; rel=x", "a", "x", NULL,
         "a, b; c \"d\\", NULL},
        {"<a>; title=x; title*=UTF-8'de'n%c3%a4chstes%20Kapitel; rel=x", "a",
         "x", NULL,
         "n\xC3\xA4"
         "chstes Kapitel",
         NULL},
        {"<a>; title*=UTF-8''y; title=x", "a", NULL, NULL, "y", NULL},
        {"<a>; title*=latin1''y; title=x", "a", NULL, NULL, "x", NULL},
        {"<a>; title*=UTF-8''%ff; title=x", "a", NULL, NULL, "x", NULL},
        {"<a>; crossorigin; rel=x; foo=bar", "a", "x", NULL, NULL, NULL},
        {"<a>; rel; rel=x", "a", "x", NULL, NULL, NULL},
        {"<a>; rel=\"\"", "a", "", NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_link_value link;
        struct vb_links links;

        vb_links_init(&links, &arena, &line, 1);
        if (!vb_links_next(&links, &link))
            fail_msg("%s: %s", rows[i].text, vb_err_text(links.err));
        assert_member(link.target, rows[i].target);
        assert_member(link.rel, rows[i].rel);
        assert_member(link.anchor, rows[i].anchor);
        assert_member(link.title, rows[i].title);
        assert_member(link.type, rows[i].type);
        assert_false(vb_links_next(&links, &link));
        assert_int_equal(links.err, VB_OK);
    }
}

/* 8288-3-02. */
static void links_share_lines_or_not(void **state)
{
    static const struct vb_span lines[] = {
        VB_SPAN_INIT("<a>; rel=\"x,y\", ,<b,c>,"), VB_SPAN_INIT(" "),
        VB_SPAN_INIT(", <d> ; rel=z")};
    static const char *const targets[] = {"a", "b,c", "d"};
    struct vb_link_value link;
    struct vb_links links;

    (void)state;
    vb_links_init(&links, &arena, lines, 3);
    for (size_t i = 0; i < VB_COUNT_OF(targets); i++) {
        assert_true(vb_links_next(&links, &link));
        assert_span_equal(link.target, targets[i]);
    }
    assert_false(vb_links_next(&links, &link));
    assert_int_equal(links.err, VB_OK);
    vb_links_init(&links, &arena, NULL, 0);
    assert_false(vb_links_next(&links, &link));
}

static void other_parameters_can_be_asked_for(void **state)
{
    struct vb_span line = VB_SPAN("<a>; hreflang=de; hreflang=en; x=\"1\"");
    struct vb_link_value link;
    struct vb_links links;
    struct vb_params params;
    struct vb_param param;
    size_t count = 0;

    (void)state;
    vb_links_init(&links, &arena, &line, 1);
    assert_true(vb_links_next(&links, &link));
    assert_span_equal(link.hreflang, "de");
    vb_params_init(&params, link.params, VB_PARAMS_BARE | VB_PARAMS_BWS);
    while (vb_params_next(&params, &param))
        count++;
    assert_int_equal(count, 3);
}

static void malformed_link_ends_the_field_with_an_error(void **state)
{
    static const char *const rows[] = {
        "a",
        "<a",
        "a>; rel=x",
        "<a>x",
        "<a> rel=x",
        "<a>; rel=",
        "<a>; rel=\"x",
        "<a>; rel=\"\\\"\\\"",
        "<a>; rel=x y",
        "<a>; =x",
        "<a>; type=text/html",
        "<a b>; rel=x",
        "<a\xC3\xA9>; rel=x",
        "<<a>>",
        "<%zz>; rel=x",
        "<a>; anchor=\"a b\"; rel=x",
        "\"<a>\"; rel=x",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span lines[] = {vb_span_str(rows[i]), VB_SPAN("<ok>")};
        struct vb_link_value link;
        struct vb_links links;

        vb_links_init(&links, &arena, lines, 2);
        if (vb_links_next(&links, &link))
            fail_msg("%s parses", rows[i]);
        assert_int_equal(links.err, VB_ERR_SYNTAX);
        assert_false(vb_links_next(&links, &link));
    }
}

/* Many quotes that never close must not cost their square. */
static void hostile_quotes_cost_linear_time(void **state)
{
    enum { LEN = 1 << 20 };
    char *text = test_malloc(LEN);
    struct vb_span line = vb_span_of(text, LEN);
    struct vb_link_value link;
    struct vb_links links;

    (void)state;
    memset(text, '"', LEN);
    for (size_t i = 5; i < LEN; i += 2)
        text[i] = '\\';
    memcpy(text, "<a>;", 4);
    vb_links_init(&links, &arena, &line, 1);
    assert_false(vb_links_next(&links, &link));
    assert_int_equal(links.err, VB_ERR_SYNTAX);
    test_free(text);
}

/* 8288-2.1.1-01, 8288-2.1.2-01. */
static void relation_types_compare_in_any_case(void **state)
{
    struct vb_link_value link = {.rel = VB_SPAN("start  Next\thttp://h/Rel")};

    (void)state;
    assert_true(vb_link_has_rel(&link, VB_SPAN("next")));
    assert_true(vb_link_has_rel(&link, VB_SPAN("START")));
    assert_true(vb_link_has_rel(&link, VB_SPAN("HTTP://H/rel")));
    assert_false(vb_link_has_rel(&link, VB_SPAN("nex")));
    assert_false(vb_link_has_rel(&link, VB_SPAN("")));
    assert_false(vb_link_has_rel(&link, VB_SPAN("start  Next")));
}

static void link_is_written_in_the_form_the_rfc_shows(void **state)
{
    static const struct {
        struct vb_link_value link;
        const char *text; /* NULL: refused */
    } rows[] = {
        {{.target = VB_SPAN_INIT("/items?page=2"), .rel = VB_SPAN_INIT("next")},
         "</items?page=2>; rel=\"next\""},
        {{.target = VB_SPAN_INIT(""), .rel = VB_SPAN_INIT("self")},
         "<>; rel=\"self\""},
        {{.target = VB_SPAN_INIT("a"),
          .anchor = VB_SPAN_INIT("/b"),
          .rel = VB_SPAN_INIT("up http://h/r"),
          .type = VB_SPAN_INIT("text/html"),
          .media = VB_SPAN_INIT("screen"),
          .hreflang = VB_SPAN_INIT("en"),
          .title = VB_SPAN_INIT("a \"b\\")},
         "<a>; anchor=\"/b\"; rel=\"up http://h/r\"; type=\"text/html\"; "
         "media=\"screen\"; hreflang=\"en\"; title=\"a \\\"b\\\\\""},
        {{.target = VB_SPAN_INIT("a"),
          .rel = VB_SPAN_INIT("x"),
          .title = VB_SPAN_INIT("\xC3\xA9 (1)")},
         "<a>; rel=\"x\"; title*=UTF-8''%C3%A9%20%281%29"},
        {{.target = VB_SPAN_INIT("a"), .rel = VB_SPAN_INIT("")}, NULL},
        {{.target = VB_SPAN_INIT("a")}, NULL},
        {{.rel = VB_SPAN_INIT("x")}, NULL},
        {{.target = VB_SPAN_INIT("a b"), .rel = VB_SPAN_INIT("x")}, NULL},
        {{.target = VB_SPAN_INIT("a>b"), .rel = VB_SPAN_INIT("x")}, NULL},
        {{.target = VB_SPAN_INIT("a"), .rel = VB_SPAN_INIT("Next")}, NULL},
        {{.target = VB_SPAN_INIT("a"), .rel = VB_SPAN_INIT("x  y")}, NULL},
        {{.target = VB_SPAN_INIT("a"), .rel = VB_SPAN_INIT("x\"y")}, NULL},
        {{.target = VB_SPAN_INIT("a"), .rel = VB_SPAN_INIT("/r")}, NULL},
        {{.target = VB_SPAN_INIT("a"),
          .rel = VB_SPAN_INIT("x"),
          .title = VB_SPAN_INIT("a\nb")},
         NULL},
        {{.target = VB_SPAN_INIT("a"),
          .rel = VB_SPAN_INIT("x"),
          .title = VB_SPAN_INIT("\xC3")},
         NULL},
        {{.target = VB_SPAN_INIT("a"),
          .rel = VB_SPAN_INIT("x"),
          .anchor = VB_SPAN_INIT("a b")},
         NULL},
        {{.target = VB_SPAN_INIT("a"),
          .rel = VB_SPAN_INIT("x"),
          .type = VB_SPAN_INIT("\xC3\xA9")},
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[256];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        if (vb_link_write(&buf, &rows[i].link) !=
            (rows[i].text == NULL ? VB_ERR_INVALID : VB_OK))
            fail_msg("row %zu", i);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

/* RFC 8187 section 3.2. */
static void extended_value_is_utf8_text(void **state)
{
    static const struct {
        const char *text;
        enum vb_err err;
        const char *says;
    } rows[] = {
        {"UTF-8''", VB_OK, ""},
        {"utf-8'en'%C2%A3%20rates", VB_OK, "\xC2\xA3 rates"},
        {"UTF-8'en-GB'a!#$&+-.^_`|~", VB_OK, "a!#$&+-.^_`|~"},
        {"iso-8859-1'en'%A3%20rates", VB_ERR_UNSUPPORTED, NULL},
        {"''a", VB_ERR_SYNTAX, NULL},
        {"UTF-8'a", VB_ERR_SYNTAX, NULL},
        {"UTF-8", VB_ERR_SYNTAX, NULL},
        {"", VB_ERR_SYNTAX, NULL},
        {"UTF-8'e n'a", VB_ERR_SYNTAX, NULL},
        {"UTF-8''a b", VB_ERR_SYNTAX, NULL},
        {"UTF-8''a'b", VB_ERR_SYNTAX, NULL},
        {"UTF-8''a*b", VB_ERR_SYNTAX, NULL},
        {"UTF-8''%4", VB_ERR_SYNTAX, NULL},
        {"UTF-8''%00", VB_ERR_SYNTAX, NULL},
        {"UTF-8''%C3", VB_ERR_SYNTAX, NULL},
        {"UTF-8''\xC3\xA9", VB_ERR_SYNTAX, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span got = VB_SPAN("untouched");

        if (vb_ext_value_decode(&arena, vb_span_str(rows[i].text), &got) !=
            rows[i].err)
            fail_msg("%s", rows[i].text);
        assert_span_equal(got,
                          rows[i].err == VB_OK ? rows[i].says : "untouched");
    }
}

static void exhausted_arena_ends_the_links_with_an_error(void **state)
{
    static const char *const rows[] = {"<a>; rel=\"\\x\"",
                                       "<a>; title*=UTF-8''%41"};
    struct vb_arena none;

    (void)state;
    vb_arena_init(&none, 16, 0);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i]);
        struct vb_link_value link;
        struct vb_links links;

        vb_links_init(&links, &none, &line, 1);
        assert_false(vb_links_next(&links, &link));
        assert_int_equal(links.err, VB_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_says_target_relation_and_hints),
        cmocka_unit_test(links_share_lines_or_not),
        cmocka_unit_test(other_parameters_can_be_asked_for),
        cmocka_unit_test(malformed_link_ends_the_field_with_an_error),
        cmocka_unit_test(hostile_quotes_cost_linear_time),
        cmocka_unit_test(relation_types_compare_in_any_case),
        cmocka_unit_test(link_is_written_in_the_form_the_rfc_shows),
        cmocka_unit_test(extended_value_is_utf8_text),
        cmocka_unit_test(exhausted_arena_ends_the_links_with_an_error),
    };

    return cmocka_run_group_tests_name("link", tests, set_up, tear_down);
}
