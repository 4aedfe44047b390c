/* The rules of src/http/path.h and percent.h: RFC 3986 sections 2, 3.3, 5.2.4,
 * 6.2.2. */
#include "unit.h"

#include "http/path.h"
#include "http/percent.h"

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

/* 3986-2.1-01: once, and only well-formed. */
static void escapes_are_decoded_exactly_once(void **state)
{
    static const struct {
        struct vb_span text;
        const char *bytes; /* NULL: refused */
    } rows[] = {
        {VB_SPAN_INIT(""), ""},
        {VB_SPAN_INIT("abc"), "abc"},
        {VB_SPAN_INIT("a%2Fb"), "a/b"},
        {VB_SPAN_INIT("%2525"), "%25"},
        {VB_SPAN_INIT("%e2%82%AC"), "\xE2\x82\xAC"},
        {VB_SPAN_INIT("%ff"), "\xFF"},
        {VB_SPAN_INIT("a+b"), "a+b"},
        {VB_SPAN_INIT("%"), NULL},
        {VB_SPAN_INIT("%4"), NULL},
        {VB_SPAN_INIT("a%zz"), NULL},
        {VB_SPAN_INIT("%4g"), NULL},
        {VB_SPAN_INIT("%%41"), NULL},
        {VB_SPAN_INIT("%00"), NULL},
        {VB_SPAN_INIT("a%00b"), NULL},
        {VB_SPAN_INIT("a\0b"), NULL},
        {VB_SPAN_INIT("%u0041"), NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span got = VB_SPAN("untouched");
        enum vb_err err = vb_percent_decode(&arena, rows[i].text, &got);

        if (err != (rows[i].bytes == NULL ? VB_ERR_SYNTAX : VB_OK))
            fail_msg("%s: %s", rows[i].text.ptr, vb_err_text(err));
        assert_span_equal(got,
                          rows[i].bytes == NULL ? "untouched" : rows[i].bytes);
    }
}

static void what_has_no_escape_is_not_copied(void **state)
{
    struct vb_span text = VB_SPAN("plain"), path = VB_SPAN("/a/b"), got;
    struct vb_arena none;

    (void)state;
    vb_arena_init(&none, 16, 0);
    assert_int_equal(vb_percent_decode(&none, text, &got), VB_OK);
    assert_ptr_equal(got.ptr, text.ptr);
    assert_int_equal(vb_path_normalise(&none, path, &got), VB_OK);
    assert_ptr_equal(got.ptr, path.ptr);
    assert_int_equal(vb_percent_decode(&none, VB_SPAN("%41"), &got),
                     VB_ERR_NOMEM);
    assert_int_equal(vb_path_normalise(&none, VB_SPAN("/."), &got),
                     VB_ERR_NOMEM);
}

static void encoding_keeps_what_its_place_allows(void **state)
{
    static const struct {
        enum vb_percent_keep keep;
        const char *text;
    } rows[] = {
        {VB_PERCENT_KEEP_UNRESERVED, "az09-._~%2F%3A%40%3F%25%26%23%20%C3%A9"},
        {VB_PERCENT_KEEP_SEGMENT, "az09-._~%2F:@%3F%25&%23%20%C3%A9"},
        {VB_PERCENT_KEEP_PATH, "az09-._~/:@%3F%25&%23%20%C3%A9"},
        {VB_PERCENT_KEEP_QUERY, "az09-._~/:@?%25&%23%20%C3%A9"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[64];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        vb_percent_encode(&buf, VB_SPAN("az09-._~/:@?%&# \xC3\xA9"),
                          rows[i].keep);
        assert_span_equal(vb_buf_span(&buf), rows[i].text);
    }
}

/* 3986-5.2.4-01, 3986-6.2.2.1-01, 3986-6.2.2.2-01, 9110-4.2.3-01. */
static void path_has_one_normal_form(void **state)
{
    static const struct {
        const char *path, *normal; /* normal NULL: refused */
    } rows[] = {
        {"", "/"},
        {"/", "/"},
        {"/a/b/c", "/a/b/c"},
        {"/a/b/c/./../../g", "/a/g"}, /* RFC 3986 section 5.2.4 */
        {"/%7Ea", "/~a"},
        {"/%7ea", "/~a"},
        {"/%61%2D%2e%5F%7E", "/a-._~"},
        {"/a%2fb", "/a%2Fb"},
        {"/a%2Fb", "/a%2Fb"},
        {"/a%252e", "/a%252e"}, /* never decoded twice */
        {"/a/../../b", "/b"},
        {"/..", "/"},
        {"/../", "/"},
        {"/.", "/"},
        {"/./", "/"},
        {"/a/.", "/a/"},
        {"/a/./", "/a/"},
        {"/a/..", "/"},
        {"/a/b/..", "/a/"},
        {"/%2e%2e/%2E/x", "/x"},
        {"/a/.%2e/b", "/b"},
        {"/a/%2e./../b", "/b"},
        {"/.a", "/.a"},
        {"/..a", "/..a"},
        {"/a..", "/a.."},
        {"/...", "/..."},
        {"/a//b", "/a//b"},
        {"/a//../b", "/a/b"},
        {"//", "//"},
        {"//..", "/"},
        {"/..//", "//"},
        {"/..%2fetc", "/..%2Fetc"},
        {"/a%5c..%5cb", "/a%5C..%5Cb"},
        {"/a;v=1/b", "/a;v=1/b"},
        {"a", NULL},
        {"*", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%zz", NULL},
        {"/%00", NULL},
        {"/a b", NULL},
        {"/a?b", NULL},
        {"/a#b", NULL},
        {"/\xC3\xA9", NULL},
        {"/./\x7F", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span got = VB_SPAN("untouched"), again;
        enum vb_err err =
            vb_path_normalise(&arena, vb_span_str(rows[i].path), &got);

        if (err != (rows[i].normal == NULL ? VB_ERR_SYNTAX : VB_OK))
            fail_msg("%s: %s", rows[i].path, vb_err_text(err));
        assert_span_equal(got, rows[i].normal == NULL ? "untouched"
                                                      : rows[i].normal);
        if (err != VB_OK)
            continue;
        assert_int_equal(vb_path_normalise(&arena, got, &again), VB_OK);
        assert_span_equal(again, rows[i].normal);
    }
}

/* Time must not grow with the square of a hostile path. */
static void many_dot_segments_cost_linear_time(void **state)
{
    enum { LEN = 3 * 200000 };
    char *path = test_malloc(LEN);
    struct vb_span got;

    (void)state;
    for (size_t i = 0; i < LEN; i += 3)
        memcpy(path + i, i < LEN / 2 ? "/aa" : "/..", 3);
    assert_int_equal(vb_path_normalise(&arena, vb_span_of(path, LEN), &got),
                     VB_OK);
    assert_span_equal(got, "/");
    test_free(path);
}

static void segments_come_one_by_one_still_encoded(void **state)
{
    static const struct {
        const char *path;
        size_t count;
        const char *segments[4];
    } rows[] = {
        {"", 0, {NULL}},
        {"/", 1, {""}},
        {"/a", 1, {"a"}},
        {"/a/", 2, {"a", ""}},
        {"/a/b%2Fc/d", 3, {"a", "b%2Fc", "d"}},
        {"//a", 2, {"", "a"}},
        {"///", 3, {"", "", ""}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_segments segments;
        struct vb_span segment;
        size_t n = 0;

        vb_segments_init(&segments, vb_span_str(rows[i].path));
        while (vb_segments_next(&segments, &segment)) {
            assert_true(n < rows[i].count);
            assert_span_equal(segment, rows[i].segments[n]);
            n++;
        }
        assert_int_equal(n, rows[i].count);
    }
}

static void segment_says_any_name_but_dots(void **state)
{
    static const struct {
        struct vb_span name;
        const char *text; /* NULL: refused */
    } rows[] = {
        {VB_SPAN_INIT("moby-dick"), "moby-dick"},
        {VB_SPAN_INIT("a/b"), "a%2Fb"},
        {VB_SPAN_INIT("100%"), "100%25"},
        {VB_SPAN_INIT("a:b@c;d=e"), "a:b@c;d=e"},
        {VB_SPAN_INIT("\xC3\xA9 ?#"), "%C3%A9%20%3F%23"},
        {VB_SPAN_INIT(""), ""},
        {VB_SPAN_INIT("..."), "..."},
        {VB_SPAN_INIT("."), NULL},
        {VB_SPAN_INIT(".."), NULL},
        {VB_SPAN_INIT("a\0"), NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[64];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        assert_int_equal(vb_path_append_segment(&buf, rows[i].name),
                         rows[i].text != NULL);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded_exactly_once),
        cmocka_unit_test(what_has_no_escape_is_not_copied),
        cmocka_unit_test(encoding_keeps_what_its_place_allows),
        cmocka_unit_test(path_has_one_normal_form),
        cmocka_unit_test(many_dot_segments_cost_linear_time),
        cmocka_unit_test(segments_come_one_by_one_still_encoded),
        cmocka_unit_test(segment_says_any_name_but_dots),
    };

    return cmocka_run_group_tests_name("path", tests, set_up, tear_down);
}
