/* Which files have a language in their name, and which one of which file. */
#include "unit.h"

#include "resource/files_language.h"

static void the_tag_stands_before_the_last_end(void **state)
{
    static const struct {
        const char *name, *base, *tag, *end;
    } rows[] = {
        {"page.de.html", "page.de", "de", ".html"},
        {"page.en-GB.html", "page.en-GB", "en-GB", ".html"},
        {"page.html", "page", "", ".html"},
        {"a.b.zh-Hant.txt", "a.b.zh-Hant", "zh-Hant", ".txt"},
        {"a.DE.txt", "a.DE", "DE", ".txt"},
        {"a.fil-PH.txt", "a.fil-PH", "fil-PH", ".txt"},
        {"a.de.en.txt", "a.de.en", "en", ".txt"},
        /* no language */
        {"app.min.js", "app.min", "", ".js"},
        {"app.js.map", "app.js", "", ".map"},
        {"a.de_CH.txt", "a.de_CH", "", ".txt"},
        {"a.de-.txt", "a.de-", "", ".txt"},
        {"a.test.txt", "a.test", "", ".txt"},
        {"a.x-de.txt", "a.x-de", "", ".txt"},
        {"a..txt", "a.", "", ".txt"},
        {".de.txt", ".de", "", ".txt"},
        {"a.de-x-1234567-1234567-1234567-1234567.txt",
         "a.de-x-1234567-1234567-1234567-1234567", "", ".txt"},
        /* no end */
        {"page.de", "page", "", ".de"},
        {"page.de.", "page.de.", "", ""},
        {"page", "page", "", ""},
        {".html", ".html", "", ""},
        {"", "", "", ""},
        {"a.de.gz", "a.de.gz", "", ""},
        {"a.de.html.br", "a.de.html.br", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_files_parts parts =
            vb__files_parts(vb_span_str(rows[i].name));

        assert_span_equal(parts.base, rows[i].base);
        assert_span_equal(parts.tag, rows[i].tag);
        assert_span_equal(parts.end, rows[i].end);
    }
}

static void a_name_in_a_language_and_back(void **state)
{
    char path[] = "sub.d/page.html", other[80];
    struct vb_files_name name = {
        .directory = "site", .path = path, .len = sizeof(path) - 1};
    struct vb_files_name in = {.path = other};

    (void)state;
    vb__files_in_language(&name, VB_SPAN("en-GB"), &in);
    assert_string_equal(in.path, "sub.d/page.en-GB.html");
    assert_int_equal(in.len, strlen(in.path));
    vb__files_in_language(&name, VB_SPAN(""), &in);
    assert_string_equal(in.path, path);
    assert_int_equal(in.len, name.len);
    assert_string_equal(in.directory, "site");
}

static void the_default_is_offered_first(void **state)
{
    struct vb_files_languages languages = {true, VB_SPAN(""),
                                           VB_SPAN("de,en-GB")};
    struct vb_span offers[VB_OFFERS_MAX];

    (void)state;
    assert_int_equal(vb__files_offers(&languages, offers), 3);
    assert_span_equal(offers[0], "");
    assert_span_equal(offers[1], "de");
    assert_span_equal(offers[2], "en-GB");
    languages.plain = false;
    assert_int_equal(vb__files_offers(&languages, offers), 2);
    assert_span_equal(offers[0], "de");
    languages.tags = VB_SPAN("");
    assert_int_equal(vb__files_offers(&languages, offers), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tag_stands_before_the_last_end),
        cmocka_unit_test(a_name_in_a_language_and_back),
        cmocka_unit_test(the_default_is_offered_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
