/* The words of a text. */
#include "unit.h"

#include <stdio.h>

#include "content/words.h"

static void assert_words(const char *text, const char *wanted)
{
    struct vb_words words = vb_words(vb_span_str(text));
    char got[500] = "";
    struct vb_span word;
    size_t len = 0;

    while (vb_words_next(&words, &word))
        len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%.*s",
                                len > 0 ? "|" : "", VB_FMT(word));
    assert_string_equal(got, wanted);
}

static void a_text_is_cut_into_words(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", ""},
        {" -- ", ""},
        {"A Wizard of Earthsea", "a|wizard|of|earthsea"},
        {"don't", "don|t"},
        {"R2-D2,1984.", "r2|d2|1984"},
        {"\xc3\x9c"
         "BER \xc3\xbc"
         "ber",
         "\xc3\xbc"
         "ber|\xc3\xbc"
         "ber"},
        {"\xce\xa3\xce\xb1\xcf\x82", "\xcf\x83\xce\xb1\xcf\x83"}, /* sigmas */
        {"e\xcc\x81t\xc3\xa9",
         "e\xcc\x81t\xc3\xa9"}, /* a mark is of its word */
        {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},
        {"a\xf0\x9f\x98\x80"
         "b",
         "a|b"},
        {"cut*", "cut"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_words(rows[i].text, rows[i].words);
}

static void of_a_long_word_the_beginning_counts(void **state)
{
    char text[1000];
    struct vb_words words;
    struct vb_span word;

    (void)state;
    memset(text, 'x', sizeof(text));
    words = vb_words(vb_span_of(text, sizeof(text)));
    assert_true(vb_words_next(&words, &word));
    assert_true(word.len > VB_WORD_MOST && word.len <= sizeof(words.word));
    assert_int_equal(words.rest.len, 0);
    assert_false(vb_words_next(&words, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_cut_into_words),
        cmocka_unit_test(of_a_long_word_the_beginning_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
