/* The character classes against the ABNF of RFC 9110, spelt out. */
#include "unit.h"

#include "http/chars.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static void classes_without_obs_text_hold_exactly_these(void **state)
{
    static const struct {
        unsigned class;
        const char *members;
    } rows[] = {
        {VB_CHAR_ALPHA, LOWER UPPER},
        {VB_CHAR_DIGIT, DIGITS},
        {VB_CHAR_HEX, DIGITS "abcdefABCDEF"},
        {VB_CHAR_TCHAR, "!#$%&'*+-.^_`|~" DIGITS LOWER UPPER},
        {VB_CHAR_WS, " \t"},
        {VB_CHAR_TOKEN68, "-._~+/" DIGITS LOWER UPPER},
        {VB_CHAR_VCHAR,
         "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" DIGITS LOWER UPPER},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        for (int c = 0; c < 256; c++)
            assert_int_equal(vb_char_is((char)c, rows[i].class),
                             c != 0 && strchr(rows[i].members, c) != NULL);
}

/* Within 80-FF all are members; below, these are not. */
static void classes_with_obs_text_lack_exactly_these(void **state)
{
    static const struct {
        unsigned class;
        const char *others; /* among SP, HTAB and VCHAR */
    } rows[] = {
        {VB_CHAR_QDTEXT, "\"\\"},
        {VB_CHAR_PAIRED, ""},
        {VB_CHAR_CTEXT, "()\\"},
        {VB_CHAR_ETAGC, "\" \t"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        for (int c = 0; c < 256; c++) {
            bool want =
                c >= 0x80 || (c != 0 && c != 0x7f && (c >= ' ' || c == '\t') &&
                              strchr(rows[i].others, c) == NULL);

            assert_int_equal(vb_char_is((char)c, rows[i].class), want);
        }
    }
}

static void controls_and_obs_text_are_by_range(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        assert_int_equal(vb_char_is((char)c, VB_CHAR_CTL),
                         c < 0x20 || c == 0x7f);
        assert_int_equal(vb_char_is((char)c, VB_CHAR_OBS), c >= 0x80);
    }
}

static void a_token_is_one_or_more_tchars(void **state)
{
    (void)state;
    assert_true(vb_token_valid(VB_SPAN("x")));
    assert_true(vb_token_valid(VB_SPAN("100-continue")));
    assert_false(vb_token_valid(VB_SPAN("")));
    assert_false(vb_token_valid(VB_SPAN("a b")));
    assert_false(vb_token_valid(VB_SPAN("a\xc3\xa4")));
    assert_false(vb_token_valid(vb_span_of("a\0", 2)));
    assert_int_equal(vb_chars_run(VB_SPAN("ab=c"), VB_CHAR_TCHAR), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_without_obs_text_hold_exactly_these),
        cmocka_unit_test(classes_with_obs_text_lack_exactly_these),
        cmocka_unit_test(controls_and_obs_text_are_by_range),
        cmocka_unit_test(a_token_is_one_or_more_tchars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
