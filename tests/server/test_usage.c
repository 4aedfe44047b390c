/*
 * What people read of the options: --help, verbatim(1) and the completion, each
 * in step with the table.
 *
 * The manual's options and completion/verbatim.bash are files, so that they can
 * be read and installed without running anything. When the table has changed:
 *
 *     VB_RENEW=1 build/tests/server/test_usage
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/option.h"
#include "server/usage.h"

#define TEXT_MOST ((size_t)1 << 20)

static const char *root(void)
{
    const char *path = getenv("VB_ROOT");

    return path != NULL ? path : ".";
}

static bool renews(void)
{
    return getenv("VB_RENEW") != NULL;
}

static void load(const char *name, struct vb_buf *text)
{
    char path[512];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/%s", root(), name);
    vb_buf_init(text, TEXT_MOST);
    file = fopen(path, "r");
    if (file == NULL && renews())
        return;
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    do {
        char *to = vb_buf_reserve(text, 4096);

        assert_non_null(to);
        n = fread(to, 1, 4096, file);
        text->len += n;
    } while (n > 0);
    fclose(file);
}

static void save(const char *name, struct vb_span text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", root(), name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* The file is what the table makes; or is made so. */
static void in_step(const char *name, struct vb_span got, struct vb_span want)
{
    if (vb_span_eq(got, want))
        return;
    if (!renews())
        fail_msg("%s is stale: VB_RENEW=1 build/tests/server/test_usage", name);
    save(name, want);
}

/* --- The manual -------------------------------------------------------------
 */

static const char begin_mark[] = ".\\\" BEGIN OPTIONS\n";
static const char end_mark[] = ".\\\" END OPTIONS\n";

static void the_manual_has_the_options_of_the_table(void **state)
{
    struct vb_buf got, want;
    char *begin, *end;

    (void)state;
    load("man/verbatim.1", &got);
    vb_buf_init(&want, TEXT_MOST);
    begin = memmem(got.ptr, got.len, begin_mark, strlen(begin_mark));
    end = memmem(got.ptr, got.len, end_mark, strlen(end_mark));
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(begin_mark);
    vb_buf_append(&want, vb_span_of(got.ptr, (size_t)(begin - got.ptr)));
    vb_usage_manual(&want);
    vb_buf_append(&want, vb_span_of(end, got.len - (size_t)(end - got.ptr)));
    assert_int_equal(want.err, VB_OK);
    in_step("man/verbatim.1", vb_buf_span(&got), vb_buf_span(&want));
    vb_buf_done(&want);
    vb_buf_done(&got);
}

/* A line that begins with a dot or a quote would be an order to troff. */
static void no_help_gives_orders_to_troff(void **state)
{
    struct vb_buf text;
    struct vb_span rest;

    (void)state;
    vb_buf_init(&text, TEXT_MOST);
    vb_usage_manual(&text);
    rest = vb_buf_span(&text);
    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        struct vb_span line = vb_span_head(rest, (size_t)end);

        assert_true(end > 0);
        assert_true(line.ptr[0] != '\'');
        assert_true(line.ptr[0] != '.' ||
                    vb_span_starts(line, VB_SPAN(".Ss ")) ||
                    vb_span_starts(line, VB_SPAN(".It Fl ")) ||
                    vb_span_starts(line, VB_SPAN(".Cm ")) ||
                    vb_span_starts(line, VB_SPAN(".Bl ")) ||
                    vb_span_eq(line, VB_SPAN(".El")));
        rest = vb_span_from(rest, (size_t)end + 1);
    }
    vb_buf_done(&text);
}

/* --- Help -------------------------------------------------------------------
 */

static void help_names_every_option_and_its_default(void **state)
{
    struct vb_buf text;

    (void)state;
    vb_buf_init(&text, TEXT_MOST);
    vb_usage_help(&text);
    vb_buf_char(&text, '\0');
    assert_int_equal(text.err, VB_OK);
    for (size_t i = 0; i < vb_option_count; i++) {
        char want[96];

        (void)snprintf(want, sizeof(want), "\n  --%s %s", vb_options[i].name,
                       vb_options[i].value);
        assert_non_null(strstr(text.ptr, want));
        if (vb_options[i].kind == VB_OPTION_FLAG)
            continue;
        assert_non_null(strstr(text.ptr, vb_options[i].preset));
    }
    vb_buf_done(&text);
}

static void help_fits_80_columns(void **state)
{
    struct vb_buf text;
    struct vb_span rest;

    (void)state;
    vb_buf_init(&text, TEXT_MOST);
    vb_usage_help(&text);
    vb_usage_row(&text, "a name that is longer than its column", "text");
    rest = vb_buf_span(&text);
    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);

        assert_in_range(end, 0, 80);
        assert_true(end == 0 || rest.ptr[end - 1] != ' ');
        rest = vb_span_from(rest, (size_t)end + 1);
    }
    assert_true(
        vb_span_ends(vb_buf_span(&text),
                     VB_SPAN("\n  a name that is longer than its column\n"
                             "                           text\n")));
    vb_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_has_the_options_of_the_table),
        cmocka_unit_test(no_help_gives_orders_to_troff),
        cmocka_unit_test(help_names_every_option_and_its_default),
        cmocka_unit_test(help_fits_80_columns),
    };

    return cmocka_run_group_tests_name("server usage", tests, NULL, NULL);
}
