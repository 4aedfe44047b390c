#include "unit.h"

#include "http/language.h"

/* RFC 5646 section 2.1; the first are of its appendix A */
static void a_tag_is_subtags_in_their_order(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"de", true},
        {"i-enochian", false}, /* grandfathered, and not "langtag" */
        {"zh-Hant", true},
        {"zh-cmn-Hans-CN", true},
        {"sl-rozaj-biske-1994", true},
        {"de-CH-1901", true},
        {"hy-Latn-IT-arevela", true},
        {"es-419", true},
        {"de-CH-x-phonebk", true},
        {"az-Arab-x-AZE-derbend", true},
        {"x-whatever", true},
        {"qaa-Qaaa-QM-x-southern", true},
        {"en-US-u-islamcal", true},
        {"zh-CN-a-myext-x-private", true},
        {"en-a-myext-b-another", true},
        {"EN-gb", true},
        {"toolong", true}, /* 5*8ALPHA, registered or not */
        {"de-419-DE", false},
        {"a-DE", false},
        {"", false},
        {"d", false},
        {"toolongatag", false},
        {"de-", false},
        {"-de", false},
        {"de--CH", false},
        {"de_CH", false},
        {"de CH", false},
        {"1de", false},
        {"d1", false},
        {"de-1996", true},
        {"de-a996", false},
        {"de-a9967", true},
        {"de-CH-Latn", false}, /* the script comes first */
        {"de-x", false},
        {"de-x-", false},
        {"de-x-a", true},
        {"de-a", false},
        {"de-a-x", false},
        {"de-a-b1", true},
        {"de-a-b", false},
        {"x", false},
        {"*", false},
        {"zh-abc-def-ghi", true},
        {"zh-abc-def-ghi-jkl", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_language_valid(vb_span_str(rows[i].text)) != rows[i].valid)
            fail_msg("\"%s\"", rows[i].text);
}

static void codes_of_two_letters_are_those_of_iso_639_1(void **state)
{
    static const char *const known[] = {"aa", "de", "EN", "sr", "zh", "zu"};
    static const char *const unknown[] = {"",  "js", "md", "xl", "aab",
                                          "d", "zz", "v2", "sh", "fil"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(known); i++)
        assert_true(vb_language_known(vb_span_str(known[i])));
    for (size_t i = 0; i < VB_COUNT_OF(unknown); i++)
        assert_false(vb_language_known(vb_span_str(unknown[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_subtags_in_their_order),
        cmocka_unit_test(codes_of_two_letters_are_those_of_iso_639_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
