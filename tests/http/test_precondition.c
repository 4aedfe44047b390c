/* Preconditions (RFC 9110 section 13.1). */
#include "unit.h"

#include "base/span.h"
#include "http/precondition.h"

#define MODIFIED INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define SAME     "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER  "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER    "Sun, 06 Nov 1994 08:49:38 GMT"
#define NOW      INT64_C(1793956800)

#define ABSENT  VB_CONDITION_ABSENT
#define TRUE    VB_CONDITION_TRUE
#define FALSE   VB_CONDITION_FALSE
#define INVALID VB_CONDITION_INVALID

static const struct vb_etag strong_tag = {VB_SPAN_INIT("cur"), false};
static const struct vb_etag weak_tag = {VB_SPAN_INIT("cur"), true};

enum now { NOTHING, STRONG, WEAK, DATELESS, UNDATED_TAGLESS };

static struct vb_current current_of(enum now now)
{
    struct vb_current current = {
        .exists = now != NOTHING,
        .modified_strong = now == STRONG,
        .modified =
            now == DATELESS || now == UNDATED_TAGLESS ? VB_DATE_NONE : MODIFIED,
        .known = now == UNDATED_TAGLESS ? NULL : vb_etag_known_one,
        .context = now == WEAK ? &weak_tag : &strong_tag,
    };

    return current;
}

struct row {
    const char *lines[2];
    enum now now;
    enum vb_condition want;
};

static size_t values_of(const struct row *row, struct vb_span values[2])
{
    size_t count = 0;

    for (; count < 2 && row->lines[count] != NULL; count++)
        values[count] = vb_span_str(row->lines[count]);
    return count;
}

static void if_match_is_by_strong_comparison(void **state)
{
    static const struct row rows[] = {
        {{NULL}, STRONG, ABSENT},
        {{"\"cur\""}, STRONG, TRUE},
        {{"\"old\""}, STRONG, FALSE},
        /* 9110-13.1.1-01 */
        {{"W/\"cur\""}, STRONG, FALSE},
        {{"\"cur\""}, WEAK, FALSE},
        {{"W/\"cur\""}, WEAK, FALSE},
        /* 9110-5.2-01, 9110-5.6.1.2-01 */
        {{"\"old\"", "\"cur\""}, STRONG, TRUE},
        {{" , \"old\", ,\"cur\""}, STRONG, TRUE},
        /* 9110-13.1.1-03 */
        {{"*"}, STRONG, TRUE},
        {{"*"}, UNDATED_TAGLESS, TRUE},
        {{"*"}, NOTHING, FALSE},
        {{"\"cur\""}, NOTHING, FALSE},
        {{"\"cur\""}, UNDATED_TAGLESS, FALSE},
        /* 9110-13.1.1-07 */
        {{"*, \"cur\""}, STRONG, INVALID},
        {{"\"cur\"", "*"}, STRONG, INVALID},
        {{"*, *"}, STRONG, INVALID},
        {{"cur"}, STRONG, INVALID},
        {{"\"cur\", cur"}, STRONG, INVALID},
        {{"\"cur"}, STRONG, INVALID},
        {{""}, STRONG, FALSE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_current current = current_of(rows[i].now);
        struct vb_span values[2];
        size_t count = values_of(&rows[i], values);

        assert_int_equal(vb_if_match(values, count, &current), rows[i].want);
    }
}

static void if_none_match_is_by_weak_comparison(void **state)
{
    static const struct row rows[] = {
        {{NULL}, STRONG, ABSENT},
        {{"\"cur\""}, STRONG, FALSE},
        {{"\"old\""}, STRONG, TRUE},
        /* 9110-13.1.2-01 */
        {{"W/\"cur\""}, STRONG, FALSE},
        {{"\"cur\""}, WEAK, FALSE},
        {{"\"old\"", ",\"cur\","}, STRONG, FALSE},
        /* 9110-13.1.2-04 */
        {{"*"}, STRONG, FALSE},
        {{"*"}, NOTHING, TRUE},
        {{"\"cur\""}, NOTHING, TRUE},
        {{"\"cur\""}, UNDATED_TAGLESS, TRUE},
        {{"*, \"old\""}, STRONG, INVALID},
        {{"*, \"cur\""}, STRONG, FALSE},
        {{"cur"}, STRONG, INVALID},
        {{"junk, \"cur\""}, STRONG, FALSE},
        {{""}, STRONG, TRUE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_current current = current_of(rows[i].now);
        struct vb_span values[2];
        size_t count = values_of(&rows[i], values);

        assert_int_equal(vb_if_none_match(values, count, &current),
                         rows[i].want);
    }
}

/* If-Modified-Since, and If-Unmodified-Since as its opposite. */
static void dates_are_compared_or_ignored(void **state)
{
    static const struct row rows[] = {
        {{NULL}, STRONG, ABSENT},
        /* 9110-13.1.3-05 */
        {{SAME}, STRONG, FALSE},
        {{LATER}, STRONG, FALSE},
        {{EARLIER}, STRONG, TRUE},
        {{"Sunday, 06-Nov-94 08:49:37 GMT"}, STRONG, FALSE},
        {{"Sun Nov  6 08:49:36 1994"}, STRONG, TRUE},
        /* 9110-13.1.3-04, 9110-13.1.4-04: a date to come is a date */
        {{"Fri, 06 Nov 2099 00:00:00 GMT"}, STRONG, FALSE},
        /* 9110-13.1.3-02, 9110-13.1.4-02 */
        {{"garbage"}, STRONG, INVALID},
        {{""}, STRONG, INVALID},
        {{"784111777"}, STRONG, INVALID},
        {{SAME ", " SAME}, STRONG, INVALID},
        {{SAME, SAME}, STRONG, INVALID},
        /* 9110-13.1.3-03, 9110-13.1.4-03 */
        {{SAME}, DATELESS, INVALID},
        {{SAME}, NOTHING, INVALID},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_current current = current_of(rows[i].now);
        enum vb_condition want = rows[i].want;
        enum vb_condition opposite = want == TRUE    ? FALSE
                                     : want == FALSE ? TRUE
                                                     : want;
        struct vb_span values[2];
        size_t count = values_of(&rows[i], values);

        assert_int_equal(vb_if_modified_since(values, count, NOW, &current),
                         want);
        assert_int_equal(vb_if_unmodified_since(values, count, NOW, &current),
                         opposite);
    }
}

static void if_range_wants_a_strong_validator_and_equality(void **state)
{
    static const struct row rows[] = {
        {{NULL}, STRONG, ABSENT},
        {{"\"cur\""}, STRONG, TRUE},
        {{"\"old\""}, STRONG, FALSE},
        /* 9110-13.1.5-07 */
        {{"W/\"cur\""}, STRONG, FALSE},
        {{"W/\"cur\""}, WEAK, FALSE},
        {{"\"cur\""}, WEAK, FALSE},
        /* 9110-13.1.5-06 */
        {{SAME}, STRONG, TRUE},
        {{LATER}, STRONG, FALSE},
        {{EARLIER}, STRONG, FALSE},
        {{SAME}, WEAK, FALSE},
        {{SAME}, DATELESS, INVALID},
        {{"\"cur\""}, NOTHING, FALSE},
        {{"*"}, STRONG, INVALID},
        {{"\"cur\", \"old\""}, STRONG, INVALID},
        {{"\"cur\"", "\"cur\""}, STRONG, INVALID},
        {{""}, STRONG, INVALID},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_current current = current_of(rows[i].now);
        struct vb_span values[2];
        size_t count = values_of(&rows[i], values);

        assert_int_equal(vb_if_range(values, count, NOW, &current),
                         rows[i].want);
    }
}

/* One state, three representations, each with a tag of its own. */
static bool any_of_three(const void *context, const struct vb_etag *tag,
                         bool strong)
{
    static const struct vb_etag tags[] = {
        {VB_SPAN_INIT("7.json"), false},
        {VB_SPAN_INIT("7.html"), false},
        {VB_SPAN_INIT("7.gzip"), true},
    };

    (void)context;
    for (size_t i = 0; i < VB_COUNT_OF(tags); i++)
        if (vb_etag_known_one(&tags[i], tag, strong))
            return true;
    return false;
}

/* 9110-8.8.3.3-01 */
static void a_tag_of_any_representation_is_good_for_a_write(void **state)
{
    static const struct {
        const char *value;
        enum vb_condition match, none_match;
    } rows[] = {
        {"\"7.html\"", TRUE, FALSE},
        {"\"7.json\"", TRUE, FALSE},
        {"\"7.gzip\"", FALSE, FALSE},
        {"\"6.json\"", FALSE, TRUE},
    };
    struct vb_current current = {
        .exists = true, .modified = VB_DATE_NONE, .known = any_of_three};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span value = vb_span_str(rows[i].value);

        assert_int_equal(vb_if_match(&value, 1, &current), rows[i].match);
        assert_int_equal(vb_if_none_match(&value, 1, &current),
                         rows[i].none_match);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(if_match_is_by_strong_comparison),
        cmocka_unit_test(if_none_match_is_by_weak_comparison),
        cmocka_unit_test(dates_are_compared_or_ignored),
        cmocka_unit_test(if_range_wants_a_strong_validator_and_equality),
        cmocka_unit_test(a_tag_of_any_representation_is_good_for_a_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
