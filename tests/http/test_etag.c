/* Entity tags (RFC 9110 section 8.8.3). */
#include "unit.h"

#include "http/etag.h"

static void a_tag_is_read_octet_by_octet(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        const char *opaque;
        bool weak;
    } rows[] = {
        {"\"xyzzy\"", true, "xyzzy", false},
        {"W/\"xyzzy\"", true, "xyzzy", true},
        {"\"\"", true, "", false},
        {"W/\"\"", true, "", true},
        {"\"a,b\"", true, "a,b", false},
        {"\"a\\\"", true, "a\\", false},
        {"\"\xff!#~\"", true, "\xff!#~", false},
        {"\"'*;=\"", true, "'*;=", false},
        {"w/\"x\"", false, "", false},
        {"W\"x\"", false, "", false},
        {"W/ \"x\"", false, "", false},
        {"x", false, "", false},
        {"\"", false, "", false},
        {"W/\"", false, "", false},
        {"W/", false, "", false},
        {"", false, "", false},
        {"*", false, "", false},
        {"\"a", false, "", false},
        {"a\"", false, "", false},
        {"\"a b\"", false, "", false},
        {"\"a\tb\"", false, "", false},
        {"\"a\"b\"", false, "", false},
        {"\"a\x7f\"", false, "", false},
        {" \"a\"", false, "", false},
        {"\"a\" ", false, "", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_etag tag = {VB_SPAN_INIT("untouched"), false};
        char text[32];
        size_t len;

        assert_int_equal(vb_etag_parse(vb_span_str(rows[i].text), &tag),
                         rows[i].ok);
        assert_span_equal(tag.opaque,
                          rows[i].ok ? rows[i].opaque : "untouched");
        assert_int_equal(tag.weak, rows[i].weak);
        if (!rows[i].ok)
            continue;
        len = vb_etag_format(&tag, text);
        assert_span_equal(vb_span_of(text, len), rows[i].text);
        assert_true(len <= tag.opaque.len + VB_ETAG_MORE);
    }
}

/* 9110-8.8.3.2-01, with the table of that section */
static void strong_and_weak_comparison_differ_as_tabled(void **state)
{
    static const struct {
        const char *a, *b;
        bool strong, weak;
    } rows[] = {
        {"W/\"1\"", "W/\"1\"", false, true},
        {"W/\"1\"", "W/\"2\"", false, false},
        {"W/\"1\"", "\"1\"", false, true},
        {"\"1\"", "W/\"1\"", false, true},
        {"\"1\"", "\"1\"", true, true},
        {"\"1\"", "\"2\"", false, false},
        {"\"a\"", "\"A\"", false, false},
        {"\"\"", "\"\"", true, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_etag a;
        struct vb_etag b;

        assert_true(vb_etag_parse(vb_span_str(rows[i].a), &a));
        assert_true(vb_etag_parse(vb_span_str(rows[i].b), &b));
        assert_int_equal(vb_etag_strong_eq(&a, &b), rows[i].strong);
        assert_int_equal(vb_etag_weak_eq(&a, &b), rows[i].weak);
    }
}

/* Tags are written as their opaque part, with "~" before a weak one. */
static void a_list_of_tags_is_read_over_its_lines(void **state)
{
    static const struct {
        const char *lines[2];
        const char *items;
    } rows[] = {
        {{"\"a\""}, "a "},
        {{"\"a\",W/\"b\" , \"c,d\""}, "a ~b c,d "},
        {{" , \"a\",,", "\"b\""}, "a b "},
        {{"*"}, "* "},
        {{"*, \"a\""}, "* a "},
        {{"a, \"b\""}, "! b "},
        {{"\"a\" \"b\", \"c\""}, "! c "},
        {{"\"a\\\", \"b\""}, "a\\ b "},
        {{"\"a, \"b\""}, "! "},
        {{""}, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[2];
        enum vb_etags_item item;
        struct vb_etags etags;
        struct vb_etag tag;
        char got[64] = "";
        size_t count = 0;

        for (; count < 2 && rows[i].lines[count] != NULL; count++)
            values[count] = vb_span_str(rows[i].lines[count]);
        vb_etags_init(&etags, values, count);
        while ((item = vb_etags_next(&etags, &tag)) != VB_ETAGS_END) {
            if (item == VB_ETAGS_TAG && tag.weak)
                strcat(got, "~");
            if (item == VB_ETAGS_TAG)
                strncat(got, tag.opaque.ptr, tag.opaque.len);
            else
                strcat(got, item == VB_ETAGS_ANY ? "*" : "!");
            strcat(got, " ");
        }
        assert_string_equal(got, rows[i].items);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_read_octet_by_octet),
        cmocka_unit_test(strong_and_weak_comparison_differ_as_tabled),
        cmocka_unit_test(a_list_of_tags_is_read_over_its_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
