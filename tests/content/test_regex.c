/* ECMA-262 patterns: their grammar, their meaning, their cost. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "content/regex.h"

#define BUDGET 1000000

/* Every step of a match that gives up within this budget. */
static enum vb_err match(struct vb_span pattern, struct vb_span subject,
                         uint64_t budget, bool *ret_matched)
{
    struct vb_regex *regex;
    struct vb_regex_fault fault;
    enum vb_err err = vb_regex_compile(pattern, &regex, &fault);

    if (err != VB_OK)
        fail_msg("%.*s: %s at %zu", VB_FMT(pattern), fault.text, fault.at);
    err = vb_regex_match(regex, subject, &budget, ret_matched);
    vb_regex_free(regex);
    return err;
}

struct meaning {
    const char *pattern;
    const char *subject;
    bool matches;
};

static void check(const struct meaning *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct vb_span pattern = vb_span_str(rows[i].pattern);
        bool matched = !rows[i].matches;
        enum vb_err err =
            match(pattern, vb_span_str(rows[i].subject), BUDGET, &matched);

        if (err != VB_OK || matched != rows[i].matches)
            fail_msg("row %zu: /%s/ on \"%s\": %s", i, rows[i].pattern,
                     rows[i].subject, vb_err_text(err));
        if (!vb_regex_is_valid(pattern))
            fail_msg("row %zu: /%s/ is valid", i, rows[i].pattern);
    }
}

static void a_pattern_matches_anywhere_unless_anchored(void **state)
{
    static const struct meaning rows[] = {
        {"b", "abc", true},
        {"", "", true},
        {"", "x", true},
        {"b+", "aabbcc", true},
        {"^b", "abc", false},
        {"^a", "abc", true},
        {"c$", "abc", true},
        {"b$", "abc", false},
        {"^a|c$", "xc", true},
        {"^abc$", "abc", true},
        {"^abc$", "abc\n", false}, /* $ is the end, not before a newline */
        {"^b", "a\nb", false},
        {"^$", "", true},
        {"^$", "\n", false},
        {"(?=b)b", "ab", true},
        {"a{2}", "aa", true},
        {"^a{2,3}$", "aaaa", false},
        {"^a{2,}$", "aaaa", true},
        {"^a{2,3}?a$", "aaa", true},
        {"^(?:ab)*$", "abab", true},
        {"^(a|b)(?:c|d)$", "bd", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void escapes_mean_what_ecma_262_says(void **state)
{
    static const struct meaning rows[] = {
        {"^\\t\\n\\r\\f\\v$", "\t\n\r\f\v", true},
        {"^\\cA\\cz$", "\x01\x1a", true},
        {"^\\x41\\u0042\\u{43}$", "ABC", true},
        {"^\\u{1F600}$", "\xf0\x9f\x98\x80", true},
        {"^\\uD83D\\uDE00$", "\xf0\x9f\x98\x80", true},
        {"\\uD83D", "\xf0\x9f\x98\x80", false}, /* half a character */
        {"^\\.\\*\\/\\-\\@\\_\\ \\\"$", ".*/-@_ \"", true},
        {"^\\$\\^\\(\\)\\[\\]\\{\\}\\|\\\\\\+\\?$", "$^()[]{}|\\+?", true},
        {"^\\d+$", "0189", true},
        {"^\\d$", "\xd9\xa3", false}, /* ARABIC-INDIC DIGIT THREE */
        {"^\\D$", "\xd9\xa3", true},
        {"^\\w$", "\xc3\xa9", false}, /* e with acute */
        {"^\\W$", "\xc3\xa9", true},
        {"^\\w{3}$", "a_9", true},
        {"^\\s$", "\xc2\xa0", true},     /* NO-BREAK SPACE */
        {"^\\s$", "\xef\xbb\xbf", true}, /* ZERO WIDTH NO-BREAK SPACE */
        {"^\\s$", "\xe2\x80\xa9", true}, /* PARAGRAPH SEPARATOR */
        {"^\\s$", "\xe2\x80\x83", true}, /* EM SPACE */
        {"^\\s$", "\x0b", true},
        {"^\\s$", "\xe2\x80\x8b", false}, /* ZERO WIDTH SPACE */
        {"^\\S$", "\xe2\x80\x83", false},
        {"^\\S$", "\xe2\x80\x8b", true},
        {"^\\S$", "\xf0\x9f\x98\x80", true},
        {"^.$", "\xf0\x9f\x98\x80", true},
        {"^.$", "\r", false},
        {"^.$", "\xe2\x80\xa8", false}, /* LINE SEPARATOR */
        {"^.$", "\xc2\x85", true},      /* NEXT LINE ends none here */
        {"\\bfoo\\b", "a foo b", true},
        {"\\bfoo\\b", "afoo b", false},
        {"a\\Bb", "ab", true},
        {"^(a)\\1$", "aa", true},
        {"^(a)\\1$", "ab", false},
        {"^(?:(a)|b)\\1$", "b", true}, /* an unset group matches nothing */
        {"^\\1(a)$", "a", true},
        {"^(?<x>a|b)\\k<x>$", "bb", true},
        {"^\\k<x>(?<x>a)$", "a", true},
        {"^(a)\\1{1}0$", "aa0", true},
        {"^(?<$\xc3\xa9>a)$", "a", true},
        {"(?<=a)b", "ab", true},
        {"(?<!a)b", "ab", false},
        {"^a(?!b)", "ac", true},
        {"^#x$", "#x", true},
        {"^{a}]$", "{a}]", true}, /* Annex B */
        {"^a{,2}$", "a{,2}", true},
        {"^a{x}$", "a{x}", true},
        {"^x{1,2$", "x{1,2", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void classes_hold_their_code_points(void **state)
{
    static const struct meaning rows[] = {
        {"^[abc]$", "b", true},
        {"^[^abc]$", "b", false},
        {"^[^abc]$", "\xc3\xa9", true},
        {"^[a-c]+$", "abcb", true},
        {"[]", "a", false},
        {"[]", "", false},
        {"^[^]$", "\n", true},
        {"^[^]$", "\xf0\x9f\x98\x80", true},
        {"^[\\]]$", "]", true},
        {"^[a\\-z]+$", "a-z", true},
        {"^[a\\-z]$", "b", false},
        {"^[-a]+$", "-a", true},
        {"^[a-]+$", "a-", true},
        {"^[\\w-]+$", "a-b", true},
        {"^[\\w-.]+$", "a-b.c", true},
        {"^[\\d\\s]+$", "1 2", true},
        {"^[\\D]$", "1", false},
        {"^[^\\d]$", "x", true},
        {"^[\\S\\n]+$", "a\nb", true},
        {"^[\\S\\n]+$", "a b", false},
        {"^[^\\S]$", " ", true},
        {"^[\\s\\S]$", "\n", true},
        {"^[\\b]$", "\b", true},
        {"^[\\cA\\x41\\u0042]+$", "\x01\x41\x42", true},
        {"^[[:alpha:]$", ":", true}, /* no POSIX names */
        {"^[[:alpha:]+]$", "a]", true},
        {"^[[]$", "[", true},
        {"^[&&~~]$", "&", true},
        {"^[.*+?^$|()]+$", ".*+?^$|()", true},
        {"^[\xc3\xa0-\xc3\xbf]$", "\xc3\xa9", true},
        {"^[\\u{1F600}-\\u{1F64F}]$", "\xf0\x9f\x98\x81", true},
        {"^[\\uD83D\\uDE00-\\uD83D\\uDE4F]$", "\xf0\x9f\x98\x81", true},
        {"^[\\u0000-\\uFFFF]$", "\xe2\x82\xac", true},
        {"^[\\u0000-\\uDFFF]$", "\xed\x9f\xbf", true},
        {"^[\\uD800-\\uFFFF]$", "\xee\x80\x80", true},
        {"[\\uD800-\\uDFFF]", "\xe2\x82\xac", false},
        {"^[^\\uD800-\\uDFFF]$", "\xe2\x82\xac", true},
        {"^[\\0]$", "", false},
        {"^[%--]$", "-", true},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void properties_go_by_their_ecma_262_names(void **state)
{
    static const struct meaning rows[] = {
        {"^\\p{Letter}$", "\xc3\xa9", true},
        {"^\\p{L}$", "9", false},
        {"^\\P{L}$", "9", true},
        {"^\\p{Lu}\\p{Ll}$", "Ab", true},
        {"^\\p{Uppercase_Letter}$", "a", false},
        {"^\\p{gc=Decimal_Number}$", "\xd9\xa3", true},
        {"^\\p{General_Category=Nd}$", "3", true},
        {"^\\p{digit}$", "3", true},
        {"^\\p{LC}$", "a", true},
        {"^\\p{Cased_Letter}$", "1", false},
        {"^\\p{Script=Greek}$", "\xce\xb1", true},
        {"^\\p{sc=Grek}$", "a", false},
        {"^\\p{scx=Greek}$", "\xce\xb1", true},
        {"^\\p{Script_Extensions=Latin}$", "a", true},
        {"^\\p{ASCII}$", "a", true},
        {"^\\p{ASCII}$", "\xc3\xa9", false},
        {"^\\p{Any}$", "\n", true},
        {"^\\p{Assigned}$", "a", true},
        {"^\\P{Assigned}$", "a", false},
        {"^\\p{Alphabetic}\\p{Alpha}$", "ab", true},
        {"^\\p{White_Space}$", " ", true},
        {"^\\p{Emoji_Presentation}$", "\xf0\x9f\x98\x80", true},
        {"^\\p{ID_Start}\\p{ID_Continue}$", "a9", true},
        {"^[\\p{L}\\p{N}_]+$",
         "\xc3\xa9"
         "9_",
         true},
        {"^[^\\p{L}]+$", "99", true},
        {"^[\\P{L}]$", "a", false},
    };

    (void)state;
    check(rows, VB_COUNT_OF(rows));
}

static void every_property_of_the_table_is_known_to_pcre2(void **state)
{
    static const struct vb_span names[] = {
#define VB_CATEGORY(name, alias) VB_SPAN_INIT(name), VB_SPAN_INIT(alias),
#define VB_BINARY(name, alias)   VB_SPAN_INIT(name), VB_SPAN_INIT(alias),
#include "content/regex_property.tbl"
#undef VB_BINARY
#undef VB_CATEGORY
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(names); i++) {
        struct vb_regex *regex;
        char text[160];
        int len = snprintf(text, sizeof(text), "\\p{%.*s}[^\\P{%.*s}]",
                           VB_FMT(names[i]), VB_FMT(names[i]));

        if (vb_regex_compile(vb_span_of(text, (size_t)len), &regex, NULL) !=
            VB_OK)
            fail_msg("%s", text);
        vb_regex_free(regex);
    }
}

static void what_ecma_262_has_not_is_refused(void **state)
{
    static const struct {
        const char *pattern;
        size_t at;
    } rows[] = {
        {"(", 1},         {")", 0},          {"a)", 1},
        {"(a", 2},        {"^(abc]", 6},     {"[a", 0},
        {"[", 0},         {"x[\\]", 1},      {"\\", 1},
        {"*", 0},         {"+a", 0},         {"a|*", 2},
        {"(*)", 1},       {"(?:+)", 3},      {"^*", 1},
        {"a**", 2},       {"a++", 2},        {"a{1}{2}", 4},
        {"{1}", 0},       {"\\b+", 2},       {"(?=a)*", 5},
        {"a{2,1}", 1},    {"[b-a]", 1},      {"[\\x62-a]", 1},
        {"(?i)a", 1},     {"(?i:a)", 1},     {"(?#c)", 1},
        {"(?>a)", 1},     {"(?|a)", 1},      {"(?P<n>a)", 1},
        {"(?<n", 1},      {"(?<1>a)", 1},    {"(?<>a)", 1},
        {"(*UCP)a", 1},   {"(?R)", 1},       {"(?1)", 1},
        {"\\a", 1},       {"\\A", 1},        {"^x\\Z", 3},
        {"\\z", 1},       {"\\G", 1},        {"\\K", 1},
        {"\\C", 1},       {"\\R", 1},        {"\\X", 1},
        {"\\Q", 1},       {"\\h", 1},        {"\\N", 1},
        {"\\e", 1},       {"\\g1", 1},       {"\\1", 1},
        {"(a)\\2", 4},    {"\\01", 1},       {"[\\1]", 2},
        {"[\\B]", 2},     {"\\k<x>", 4},     {"\\k", 2},
        {"\\c", 2},       {"\\c1", 2},       {"\\x4", 2},
        {"\\u004", 2},    {"\\u{}", 3},      {"\\u{110000}", 9},
        {"\\u{41", 5},    {"\\p", 1},        {"\\pL", 1},
        {"\\p{}", 4},     {"\\p{Greek}", 8}, {"\\p{IsGreek}", 10},
        {"\\p{l}", 4},    {"\\p{^L}", 3},    {"\\p{sc=}", 7},
        {"\\p{xx=L}", 7}, {"\\p{Xan}", 6},   {"(?<a>.)(?<a>.)", 12},
        {"\xff", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span pattern = vb_span_str(rows[i].pattern);
        struct vb_regex *regex = NULL;
        struct vb_regex_fault fault = {99, NULL};

        if (vb_regex_compile(pattern, &regex, &fault) != VB_ERR_SYNTAX ||
            regex != NULL || fault.text == NULL || fault.at != rows[i].at)
            fail_msg("/%s/: \"%s\" at %zu", rows[i].pattern, fault.text,
                     fault.at);
        if (vb_regex_is_valid(pattern))
            fail_msg("/%s/ is not valid", rows[i].pattern);
    }
}

static void what_only_pcre2_cannot_do_is_said_to_be_unsupported(void **state)
{
    static const char *const rows[] = {
        "(?<=a+)b",
        "a{65536}",
        "\\p{Script=Klingon}",
        "\\p{CWKCF}",
        "(?:a{60000}){60000}",
    };
    char deep[600];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span pattern = vb_span_str(rows[i]);
        struct vb_regex *regex;
        struct vb_regex_fault fault = {0, NULL};

        if (vb_regex_compile(pattern, &regex, &fault) != VB_ERR_UNSUPPORTED ||
            fault.text == NULL)
            fail_msg("/%s/", rows[i]);
        if (!vb_regex_is_valid(pattern))
            fail_msg("/%s/ is valid", rows[i]);
    }
    memset(deep, '(', 300);
    memset(deep + 300, ')', 300);
    assert_true(vb_regex_is_valid(vb_span_of(deep, 600)));
    assert_false(vb_regex_is_valid(vb_span_of(deep, 599)));
    assert_int_equal(vb_regex_compile(vb_span_of(deep, 600),
                                      &(struct vb_regex *){NULL}, NULL),
                     VB_ERR_UNSUPPORTED);
}

static void a_pattern_has_a_length_bound(void **state)
{
    size_t len = VB_REGEX_PATTERN_MAX + 1;
    char *text = malloc(len);
    struct vb_regex *regex = NULL;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    assert_true(vb_regex_is_valid(vb_span_of(text, len - 1)));
    assert_false(vb_regex_is_valid(vb_span_of(text, len)));
    assert_int_equal(vb_regex_compile(vb_span_of(text, len), &regex, NULL),
                     VB_ERR_LIMIT);
    /* nor may it become too long when it is rewritten */
    for (size_t i = 0; i + 1 < len; i += 2)
        memcpy(text + i, "\\S", 2);
    assert_int_equal(vb_regex_compile(vb_span_of(text, len - 1), &regex, NULL),
                     VB_ERR_LIMIT);
    assert_true(vb_regex_is_valid(vb_span_of(text, len - 1)));
    assert_null(regex);
    free(text);
}

static void a_nul_is_a_character_like_others(void **state)
{
    bool matched = false;

    (void)state;
    assert_int_equal(
        match(VB_SPAN("^a\\0b$"), vb_span_of("a\0b", 3), BUDGET, &matched),
        VB_OK);
    assert_true(matched);
    assert_int_equal(
        match(vb_span_of("^a\0b$", 5), vb_span_of("a\0b", 3), BUDGET, &matched),
        VB_OK);
    assert_true(matched);
    assert_int_equal(
        match(VB_SPAN("^$"), (struct vb_span){NULL, 0}, BUDGET, &matched),
        VB_OK);
    assert_true(matched);
    assert_int_equal(match(VB_SPAN("."), VB_SPAN("\xff"), BUDGET, &matched),
                     VB_ERR_INVALID);
}

/* Patterns whose backtracking is exponential or polynomial, and a string of
 * `len` times 'a' that brings it out. */
static void a_catastrophic_match_ends_with_its_budget(void **state)
{
    static const struct {
        const char *pattern;
        size_t len;
    } rows[] = {
        {"^(a+)+$", 40},
        {"(a+)+$", 40},
        {"^(a|aa)+$", 60},
        {"^(a|a)*b", 40},
        {"(.*)*x", 60},
        {"^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}$", 40},
        {"a.*[bz]", 20000},
        {"a*a*a*a*[bz]", 1000},
        {"a*b", 20000},
        {"(?:a?){40}a{40}b", 40},
        {"(?=(a+)+$)x", 40},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span pattern = vb_span_str(rows[i].pattern);
        char *text = malloc(rows[i].len + 1);
        bool matched = true;
        enum vb_err err;

        assert_non_null(text);
        memset(text, 'a', rows[i].len);
        text[rows[i].len] = '!';
        err =
            match(pattern, vb_span_of(text, rows[i].len + 1), BUDGET, &matched);
        free(text);
        if (err != VB_ERR_LIMIT)
            fail_msg("/%s/: %s", rows[i].pattern, vb_err_text(err));
    }
}

static void a_long_string_costs_in_proportion(void **state)
{
    static const struct meaning rows[] = {
        {"^[a-z]*$", NULL, true},  {"^(?:a|b)*$", NULL, true},
        {"^a*!", NULL, false},     {"b", NULL, false},
        {"^.{0,9}$", NULL, false}, {"^(a|b)+$", NULL, true},
    };
    size_t len = 50000;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        uint64_t budget = 40 * len;
        bool matched = !rows[i].matches;

        if (match(vb_span_str(rows[i].pattern), vb_span_of(text, len), budget,
                  &matched) != VB_OK ||
            matched != rows[i].matches)
            fail_msg("/%s/", rows[i].pattern);
    }
    free(text);
}

static void a_short_match_is_charged_little(void **state)
{
    struct vb_regex *regex;
    uint64_t budget = 1000;
    bool matched;

    (void)state;
    assert_int_equal(vb_regex_compile(VB_SPAN("^[A-Z]{2,5}$"), &regex, NULL),
                     VB_OK);
    assert_int_equal(vb_regex_match(regex, VB_SPAN("ABCD"), &budget, &matched),
                     VB_OK);
    assert_true(matched);
    assert_true(budget > 900);
    budget = 0;
    assert_int_equal(vb_regex_match(regex, VB_SPAN("ABCD"), &budget, &matched),
                     VB_ERR_LIMIT);
    vb_regex_free(regex);
}

static void *match_in_thread(void *regex)
{
    size_t good = 0;

    for (int i = 0; i < 1000; i++) {
        uint64_t budget = BUDGET;
        bool matched = false;

        if (vb_regex_match(regex, VB_SPAN("2024-05-01"), &budget, &matched) ==
                VB_OK &&
            matched)
            good++;
    }
    return good == 1000 ? regex : NULL;
}

static void threads_share_a_pattern(void **state)
{
    struct vb_regex *regex;
    pthread_t threads[3];
    void *result;

    (void)state;
    assert_int_equal(
        vb_regex_compile(VB_SPAN("^(\\d{4})-(\\d\\d)-(\\d\\d)$"), &regex, NULL),
        VB_OK);
    for (size_t i = 0; i < VB_COUNT_OF(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, match_in_thread, regex), 0);
    for (size_t i = 0; i < VB_COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, regex);
    }
    vb_regex_free(regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_anywhere_unless_anchored),
        cmocka_unit_test(escapes_mean_what_ecma_262_says),
        cmocka_unit_test(classes_hold_their_code_points),
        cmocka_unit_test(properties_go_by_their_ecma_262_names),
        cmocka_unit_test(every_property_of_the_table_is_known_to_pcre2),
        cmocka_unit_test(what_ecma_262_has_not_is_refused),
        cmocka_unit_test(what_only_pcre2_cannot_do_is_said_to_be_unsupported),
        cmocka_unit_test(a_pattern_has_a_length_bound),
        cmocka_unit_test(a_nul_is_a_character_like_others),
        cmocka_unit_test(a_catastrophic_match_ends_with_its_budget),
        cmocka_unit_test(a_long_string_costs_in_proportion),
        cmocka_unit_test(a_short_match_is_charged_little),
        cmocka_unit_test(threads_share_a_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
