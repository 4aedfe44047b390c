/* Media types by the ends of files' names (src/http/media_name.tbl). */
#include "unit.h"

#include "http/media.h"
#include "http/media_name.h"

static const char *const ends[] = {
#define NAME(end, type) end,
#include "http/media_name.tbl"
#undef NAME
};

static const char *const types[] = {
#define NAME(end, type) type,
#include "http/media_name.tbl"
#undef NAME
};

/* The look-up is by halves. */
static void test_the_table_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 1; i < VB_COUNT_OF(ends); i++)
        assert_true(strcmp(ends[i - 1], ends[i]) < 0);
}

static void test_every_row_is_found_and_a_media_type(void **state)
{
    struct vb_media media;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(ends); i++) {
        char name[40] = "a.b.";

        strcat(name, ends[i]);
        assert_span_equal(vb_media_of_name(vb_span_str(name)), types[i]);
        assert_true(vb_media_parse(vb_span_str(types[i]), &media));
    }
}

/* 9110-8.3.2: text says which charset it is in. */
static void test_text_is_utf_8(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(types); i++)
        if (strncmp(types[i], "text/", 5) == 0 &&
            strcmp(types[i], "text/rtf") != 0) /* says so itself */
            assert_non_null(strstr(types[i], "; charset=utf-8"));
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        const char *type;
    } cases[] = {
        {"logo.PNG", "image/png"},
        {"app.min.js", "text/javascript; charset=utf-8"},
        {"app.js.map", "application/json"},
        {"archive.tar.gz", "application/gzip"},
        {"README", "application/octet-stream"},
        {"", "application/octet-stream"},
        {".", "application/octet-stream"},
        {".css", "application/octet-stream"},
        {"a.", "application/octet-stream"},
        {"a.unknown", "application/octet-stream"},
        {"a.cs", "application/octet-stream"},
        {"a.csss", "application/octet-stream"},
        {"css", "application/octet-stream"},
        {"a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "application/octet-stream"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++)
        assert_span_equal(vb_media_of_name(vb_span_str(cases[i].name)),
                          cases[i].type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order),
        cmocka_unit_test(test_every_row_is_found_and_a_media_type),
        cmocka_unit_test(test_text_is_utf_8),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
