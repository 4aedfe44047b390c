/* The rules of src/caching/freshness.h: RFC 9111 section 4.2. */
#include "scene.h"

#include <stdio.h>

#include "caching/freshness.h"

static struct vb_freshness freshness_of(const struct vb_caching_policy *policy,
                                        const struct vb_received *received)
{
    struct vb_directives directives;
    struct vb_freshness f;

    vb_directives_read(policy, &scene_arena, received->fields, &directives);
    vb_freshness_read(policy, received, &directives, &f);
    return f;
}

struct lifetime {
    const char *id; /* of the requirement */
    const char *text;
    enum vb_freshness_source source;
    uint32_t seconds;
};

#define LM_DAYS_10 "Last-Modified: Thu, 27 Oct 1994 08:49:37 GMT"
#define DATE       "Date: " NOON_TEXT

static const struct lifetime lifetimes[] = {
    {"9111-4.2.1-01", "200\nCache-Control: s-maxage=10, max-age=100",
     VB_FRESHNESS_S_MAXAGE, 10},
    {"9111-5.2.2.10-02",
     "200\n" DATE "\nCache-Control: s-maxage=1\nExpires: " NOON_TEXT,
     VB_FRESHNESS_S_MAXAGE, 1},
    {"9111-5.2.2.1-02", "200\nCache-Control: max-age=100", VB_FRESHNESS_MAX_AGE,
     100},
    {"9111-1.2.2-01", "200\nCache-Control: max-age=99999999999999",
     VB_FRESHNESS_MAX_AGE, 2147483648},
    {"9111-5.3-02",
     "200\n" DATE "\nCache-Control: max-age=0\n"
     "Expires: Mon, 07 Nov 1994 08:49:37 GMT",
     VB_FRESHNESS_MAX_AGE, 0},
    {"9111-4.2.1-02", "200\nCache-Control: max-age=1, max-age=100",
     VB_FRESHNESS_MAX_AGE, 1},
    {"9111-4.2.1-03", "200\nCache-Control: max-age=abc", VB_FRESHNESS_MAX_AGE,
     0},
    {"9111-5.2-02", "200\nCache-Control: MAX-AGE=\"60\"", VB_FRESHNESS_MAX_AGE,
     60},
    {"9111-5.2.3-01", "200\nCache-Control: foo, max-age=60",
     VB_FRESHNESS_MAX_AGE, 60},
    {"9111-4.2.1-01", "200\n" DATE "\nExpires: Sun, 06 Nov 1994 08:50:37 GMT",
     VB_FRESHNESS_EXPIRES, 60},
    {"9111-4.2-02", "200\n" DATE "\nExpires: sun, 06 nov 1994 08:50:37 gmt",
     VB_FRESHNESS_EXPIRES, 60},
    {"9111-4.2-05",
     "200\n" DATE "\n" LM_DAYS_10 "\nExpires: Sun, 06 Nov 1994 08:50:37 EST",
     VB_FRESHNESS_EXPIRES, 0},
    {"9111-5.3-01", "200\n" DATE "\n" LM_DAYS_10 "\nExpires: 0",
     VB_FRESHNESS_EXPIRES, 0},
    {"9111-4.2.2-02", "200\n" DATE "\n" LM_DAYS_10 "\nExpires: " NOON_TEXT,
     VB_FRESHNESS_EXPIRES, 0},
    /* Against the Date of the response, not our clock. */
    {"9111-4.2.1-01",
     "200\nDate: Sun, 06 Nov 1994 08:39:37 GMT\n"
     "Expires: Sun, 06 Nov 1994 08:40:37 GMT",
     VB_FRESHNESS_EXPIRES, 60},
    {"9111-4.2.1-01", "200\nExpires: Sun, 06 Nov 1994 08:50:37 GMT",
     VB_FRESHNESS_EXPIRES, 60},
    {"9111-4.2.2-01", "200\n" DATE "\n" LM_DAYS_10, VB_FRESHNESS_HEURISTIC,
     86400},
    {"9111-4.2.2-03",
     "200\n" DATE "\nLast-Modified: Sun, 06 Nov 1994 07:49:37 GMT",
     VB_FRESHNESS_HEURISTIC, 360},
    {"9111-4.2.2-03",
     "200\n" DATE "\nLast-Modified: Sun, 06 Nov 1994 09:49:37 GMT",
     VB_FRESHNESS_NONE, 0},
    {"9110-15.1-01", "302\n" DATE "\n" LM_DAYS_10, VB_FRESHNESS_NONE, 0},
    {"9111-4.2.2-01", "302\n" DATE "\n" LM_DAYS_10 "\nCache-Control: public",
     VB_FRESHNESS_HEURISTIC, 86400},
    {"9110-15.1-01", "404\n" DATE "\n" LM_DAYS_10, VB_FRESHNESS_NONE, 0},
    {"9111-4.2.2-01", "200\n" DATE, VB_FRESHNESS_NONE, 0},
    {"9213-2.2-01",
     "200\nCDN-Cache-Control: max-age=60\nCache-Control: max-age=5, s-maxage=7",
     VB_FRESHNESS_MAX_AGE, 60},
    {"9213-2.2-01",
     "200\n" DATE "\nCDN-Cache-Control: must-revalidate\n"
     "Expires: Sun, 06 Nov 1994 08:50:37 GMT",
     VB_FRESHNESS_NONE, 0},
    {"9213-2.1-01",
     "200\nCDN-Cache-Control: max-age=@@\nCache-Control: max-age=60",
     VB_FRESHNESS_MAX_AGE, 60},
    {"9213-2.1-01", "200\nCDN-Cache-Control:\nCache-Control: max-age=60",
     VB_FRESHNESS_MAX_AGE, 60},
    {"9213-2.2-02",
     "200\nFoo-Cache-Control: max-age=1\nCache-Control: max-age=60",
     VB_FRESHNESS_MAX_AGE, 60},
};

static void a_response_is_fresh_for_as_long_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(lifetimes); i++) {
        struct vb_freshness f =
            freshness_of(&vb_caching_policy_default,
                         scene_response(lifetimes[i].text, NOON_MS, NOON_MS));

        if (f.source != lifetimes[i].source ||
            f.lifetime_s != lifetimes[i].seconds)
            fail_msg("%s: %s: %d, %u", lifetimes[i].id, lifetimes[i].text,
                     f.source, f.lifetime_s);
    }
}

static void errors_are_fresh_for_as_long_as_the_operator_says(void **state)
{
    struct vb_caching_policy policy = vb_caching_policy_default;

    (void)state;
    policy.negative_s = 7;
    assert_int_equal(
        freshness_of(&policy, scene_response("404", NOON_MS, NOON_MS))
            .lifetime_s,
        7);
    assert_int_equal(
        freshness_of(&policy, scene_response("404\nCache-Control: max-age=3",
                                             NOON_MS, NOON_MS))
            .lifetime_s,
        3);
    assert_int_equal(
        freshness_of(&policy, scene_response("500", NOON_MS, NOON_MS)).source,
        VB_FRESHNESS_NONE);
}

/* Times are milliseconds from noon. */
struct age {
    const char *id;
    const char *text;
    int64_t requested, received, now;
    uint32_t seconds;
};

static const struct age ages[] = {
    {"9111-4.2.3-01", "200\n" DATE "\nAge: 100", 0, 0, 3000, 103},
    {"9111-4.2.3-02", "200\n" DATE "\nAge: 0", -2000, 0, 0, 2},
    {"9111-4.2.3-02", "200\n" DATE, -900, 0, 200, 1},
    /* apparent_age, where it is more than what the way told */
    {"9111-4.2.3-01", "200\nDate: Sun, 06 Nov 1994 08:49:07 GMT\nAge: 20", 0, 0,
     1000, 31},
    {"9111-4.2.3-01", "200\nDate: Sun, 06 Nov 1994 08:49:07 GMT\nAge: 40", 0, 0,
     1000, 41},
    /* A clock ahead of ours does not make it younger. */
    {"9111-4.2.3-01", "200\nDate: Sun, 06 Nov 1994 09:49:07 GMT\nAge: 4", 0, 0,
     1000, 5},
    {"9111-5.1-01", "200\n" DATE "\nAge: 5, 99", 0, 0, 0, 5},
    {"9111-5.1-01", "200\n" DATE "\nAge: 5\nAge: 99", 0, 0, 0, 5},
    {"9111-5.1-02", "200\n" DATE "\nAge: -1", 0, 0, 0, 0},
    {"9111-5.1-02", "200\n" DATE "\nAge: foo", 0, 0, 0, 0},
    {"9111-5.1-02", "200\n" DATE "\nAge: foo, 7", 0, 0, 0, 0},
    {"9111-1.2.2-01", "200\n" DATE "\nAge: 99999999999999999999", 0, 0, 5000,
     2147483648},
    {"9111-4.2.3-01", "200\nDate: Sat, 01 Jan 0000 00:00:00 GMT", 0, 0, 0,
     2147483648},
    {"9111-4.2.3-01", "200\nDate: yesterday", 0, 0, 4000, 4},
    {"9111-4.2.3-01", "200", 0, 0, 4999, 4},
    /* Clocks that go back. */
    {"9111-4.2.3-01", "200\n" DATE "\nAge: 9", 5000, 0, -5000, 9},
};

static void age_is_counted_to_the_letter(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(ages); i++) {
        struct vb_freshness f = freshness_of(
            &vb_caching_policy_default,
            scene_response(ages[i].text, NOON_MS + ages[i].requested,
                           NOON_MS + ages[i].received));
        uint32_t age = vb_freshness_age(&f, NOON_MS + ages[i].now);

        if (age != ages[i].seconds)
            fail_msg("%s: %s: %u is not %u", ages[i].id, ages[i].text, age,
                     ages[i].seconds);
    }
}

/* 9111-4.2-01, 9211-2.4-01. */
static void what_is_left_is_lifetime_less_age(void **state)
{
    struct vb_freshness f = freshness_of(
        &vb_caching_policy_default,
        scene_response("200\nCache-Control: max-age=2", NOON_MS, NOON_MS));

    (void)state;
    assert_int_equal(vb_freshness_left_ms(&f, NOON_MS), 2000);
    assert_int_equal(vb_freshness_ttl(&f, NOON_MS + 1), 1);
    assert_int_equal(vb_freshness_ttl(&f, NOON_MS + 1999), 0);
    assert_true(vb_freshness_left_ms(&f, NOON_MS + 1999) > 0);
    assert_int_equal(vb_freshness_left_ms(&f, NOON_MS + 2000), 0);
    assert_int_equal(vb_freshness_ttl(&f, NOON_MS + 2001), -1);
    assert_int_equal(vb_freshness_ttl(&f, NOON_MS + 3000), -1);
    assert_int_equal(vb_freshness_ttl(&f, NOON_MS + 3001), -2);
}

static uint64_t random_state = 88172645463325252;

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

/* Whatever comes: age never shrinks as time goes on, is never less than what
 * upstream said, and what is left never grows. */
static void age_only_grows(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[200];
        uint32_t said = (uint32_t)draw(4000000000);
        int64_t requested = NOON_MS + (int64_t)draw(100000) - 50000;
        int64_t received = requested + (int64_t)draw(100000) - 1000;
        char date[VB_DATE_LEN];
        struct vb_freshness f;
        int64_t now = received, age = 0, left = INT64_MAX;

        vb_date_format(NOON + (int64_t)draw(1000000) - 500000, date);
        snprintf(text, sizeof(text),
                 "200\nDate: %.*s\nAge: %u\nCache-Control: max-age=%u",
                 VB_DATE_LEN, date, said, (uint32_t)draw(3000000000));
        f = freshness_of(&vb_caching_policy_default,
                         scene_response(text, requested, received));
        for (int k = 0; k < 5; k++) {
            assert_true(vb_freshness_age_ms(&f, now) >= age);
            assert_true(vb_freshness_left_ms(&f, now) <= left);
            age = vb_freshness_age_ms(&f, now);
            left = vb_freshness_left_ms(&f, now);
            assert_true(
                age >=
                (said < VB_DELTA_SECONDS_MAX ? said : VB_DELTA_SECONDS_MAX) *
                    INT64_C(1000));
            now += (int64_t)draw(1000000000);
        }
        vb_arena_reset(&scene_arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_fresh_for_as_long_as_it_says),
        cmocka_unit_test(errors_are_fresh_for_as_long_as_the_operator_says),
        cmocka_unit_test(age_is_counted_to_the_letter),
        cmocka_unit_test(what_is_left_is_lifetime_less_age),
        cmocka_unit_test(age_only_grows),
    };

    return cmocka_run_group_tests_name("freshness", tests, scene_set_up,
                                       scene_tear_down);
}
