/* The rules of src/caching/reuse.h: RFC 9111 section 4. */
#include "scene.h"

#include "caching/reuse.h"

#define GET    "GET https://h/a"
#define CC(of) "\nCache-Control: " of

static struct vb_freshness fresh_by(const char *response)
{
    const struct vb_received *received =
        scene_response(response, NOON_MS, NOON_MS);

    return scene_judge(scene_ask(GET), received).freshness;
}

struct row {
    const char *id; /* of the requirement */
    const char *request;
    const char *response;
    int64_t after_ms;
    enum vb_reuse_act act;
    enum vb_caching_reason reason;
};

#define SERVE(why)    VB_REUSE_SERVE, VB_CACHING_##why
#define VALIDATE(why) VB_REUSE_VALIDATE, VB_CACHING_##why

#define MAX_60 "200" CC("max-age=60")
#define SWR    "200" CC("max-age=60, stale-while-revalidate=30")

static const struct row rows[] = {
    {"9111-2-01", GET, MAX_60, 59999, SERVE(FRESH)},
    {"9111-4.2-01", GET, MAX_60, 60000, VALIDATE(STALE)},
    {"9111-4.2-01", GET, "200" CC("max-age=0"), 0, VALIDATE(STALE)},
    {"9110-9.3.1-04", "HEAD https://h/a", MAX_60, 0, SERVE(FRESH)},
    {"10008-2.7-01", "QUERY https://h/a", MAX_60, 0, SERVE(FRESH)},
    {"9110-9.3.3-04", "POST https://h/a", MAX_60, 0, VB_REUSE_FORWARD,
     VB_CACHING_METHOD},
    {"9111-4-07", "FOO https://h/a", MAX_60, 0, VB_REUSE_FORWARD,
     VB_CACHING_METHOD},
    {"9111-4.3.2-02", GET "\nIf-Match: \"x\"", MAX_60, 0, VB_REUSE_FORWARD,
     VB_CACHING_FOR_ORIGIN},
    {"9110-13.1.4-08", GET "\nIf-Unmodified-Since: " NOON_TEXT, MAX_60, 0,
     VB_REUSE_FORWARD, VB_CACHING_FOR_ORIGIN},
    {"9111-5.2.1.4-01", GET CC("no-cache"), MAX_60, 0,
     VALIDATE(REQUEST_NO_CACHE)},
    {"9111-5.2.1.4-01", GET "\nPragma: no-cache", MAX_60, 0,
     VALIDATE(REQUEST_PRAGMA)},
    {"9111-5.4-01", GET "\nPragma: no-cache" CC("max-age=9"), MAX_60, 0,
     SERVE(FRESH)},
    {"9111-5.2.1.1-01", GET CC("max-age=0"), MAX_60, 1,
     VALIDATE(REQUEST_MAX_AGE)},
    {"9111-5.2.1.1-01", GET CC("max-age=5"), MAX_60, 5000, SERVE(FRESH)},
    {"9111-5.2.1.1-01", GET CC("max-age=5"), MAX_60, 5001,
     VALIDATE(REQUEST_MAX_AGE)},
    {"9111-5.2.1.1-01", GET CC("max-age=90"), SWR, 61000, VALIDATE(STALE)},
    {"8246-2.1-01", GET CC("max-age=0"), "200" CC("max-age=60, immutable"),
     1000, SERVE(IMMUTABLE)},
    {"8246-2.1-01", GET CC("no-cache"), "200" CC("max-age=60, immutable"), 1000,
     VALIDATE(REQUEST_NO_CACHE)},
    {"8246-2-01", GET CC("max-age=0"), "200" CC("max-age=60, immutable"), 60000,
     VALIDATE(STALE)},
    {"9111-5.2.1.3-01", GET CC("min-fresh=20"), MAX_60, 40000, SERVE(FRESH)},
    {"9111-5.2.1.3-01", GET CC("min-fresh=20"), MAX_60, 40001,
     VALIDATE(REQUEST_MIN_FRESH)},
    {"9111-5.2.1.2-01", GET CC("max-stale=10"), MAX_60, 70000,
     SERVE(MAX_STALE)},
    {"9111-5.2.1.2-01", GET CC("max-stale=10"), MAX_60, 70001, VALIDATE(STALE)},
    {"9111-5.2.1.2-01", GET CC("max-stale"), MAX_60, 9999999, SERVE(MAX_STALE)},
    {"9111-5.2.1.2-01", GET CC("max-stale, max-age=65"), MAX_60, 64000,
     SERVE(MAX_STALE)},
    {"9111-5.2.1.2-01", GET CC("max-stale, max-age=65"), MAX_60, 66000,
     VALIDATE(STALE)},
    {"9111-5.2.2.2-01", GET CC("max-stale"),
     "200" CC("max-age=60, must-revalidate"), 60000, VALIDATE(MUST_REVALIDATE)},
    {"9111-5.2.2.8-01", GET CC("max-stale"),
     "200" CC("max-age=60, proxy-revalidate"), 60000,
     VALIDATE(MUST_REVALIDATE)},
    {"9111-5.2.2.10-01", GET CC("max-stale"), "200" CC("s-maxage=60"), 60000,
     VALIDATE(MUST_REVALIDATE)},
    {"9111-4.2.4-01", GET CC("max-stale"), "200" CC("max-age=60, no-cache"), 0,
     VALIDATE(NO_CACHE)},
    {"9111-4-04", GET, "200" CC("max-age=60, no-cache"), 0, VALIDATE(NO_CACHE)},
    {"9111-5.2.2.4-02", GET, "200" CC("max-age=60, no-cache=\"X-A\""), 0,
     SERVE(FRESH)},
    {"9111-5.2.2.4-02", GET, "200" CC("max-age=60, no-cache=\"ETag\""), 0,
     VALIDATE(NO_CACHE)},
    {"5861-3-01", GET, SWR, 60000, VB_REUSE_SERVE_STALE,
     VB_CACHING_WHILE_REVALIDATE},
    {"5861-3-01", GET, SWR, 90000, VB_REUSE_SERVE_STALE,
     VB_CACHING_WHILE_REVALIDATE},
    {"5861-3-03", GET, SWR, 90001, VALIDATE(STALE)},
    {"9111-4.2.4-01", GET,
     "200" CC("max-age=60, stale-while-revalidate=30, must-revalidate"), 60000,
     VALIDATE(MUST_REVALIDATE)},
    {"9111-4.2.4-01", GET, "200" CC("s-maxage=60, stale-while-revalidate=30"),
     60000, VALIDATE(MUST_REVALIDATE)},
    {"9213-2.2-01", GET,
     "200\nCDN-Cache-Control: max-age=60, stale-while-revalidate=30" CC(
         "must-revalidate"),
     60000, VB_REUSE_SERVE_STALE, VB_CACHING_WHILE_REVALIDATE},
    {"9111-5.2.1.5-01", GET CC("no-store"), MAX_60, 0, SERVE(FRESH)},
    {"9111-5.2.1.7-01", GET CC("only-if-cached"), MAX_60, 0, SERVE(FRESH)},
    {"9111-5.2.1.7-01", GET CC("only-if-cached"), MAX_60, 60000,
     VB_REUSE_REFUSE, VB_CACHING_ONLY_IF_CACHED},
    {"9111-5.2.1.7-01", GET CC("only-if-cached, max-stale"), MAX_60, 60000,
     SERVE(MAX_STALE)},
    {"9111-5.2.1.7-01", GET CC("only-if-cached") "\nIf-Match: *", MAX_60, 0,
     VB_REUSE_REFUSE, VB_CACHING_ONLY_IF_CACHED},
};

static void a_stored_response_answers_where_both_sides_permit(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_freshness f = fresh_by(rows[i].response);
        struct vb_reuse reuse =
            vb_reuse_judge(scene_ask(rows[i].request), VB_FOUND_ONE, &f,
                           NOON_MS + rows[i].after_ms);

        if (reuse.act != rows[i].act || reuse.reason != rows[i].reason)
            fail_msg("%s: %s, %s: %d, %.*s", rows[i].id, rows[i].request,
                     rows[i].response, reuse.act,
                     VB_FMT(vb_caching_reason_info(reuse.reason)->token));
    }
}

/* 9111-4-01, 9111-4-03, 9111-5.2.1.7-01, 9211-2.2-01. */
static void a_miss_says_of_what(void **state)
{
    const struct vb_asked *asked = scene_ask(GET);
    struct vb_reuse reuse =
        vb_reuse_judge(asked, VB_FOUND_NOTHING, NULL, NOON_MS);

    (void)state;
    assert_int_equal(reuse.act, VB_REUSE_FORWARD);
    assert_int_equal(vb_caching_reason_info(reuse.reason)->fwd,
                     VB_CACHE_FWD_URI_MISS);
    reuse = vb_reuse_judge(asked, VB_FOUND_OTHERS, NULL, NOON_MS);
    assert_int_equal(reuse.act, VB_REUSE_FORWARD);
    assert_int_equal(vb_caching_reason_info(reuse.reason)->fwd,
                     VB_CACHE_FWD_VARY_MISS);
    reuse = vb_reuse_judge(scene_ask(GET CC("only-if-cached")),
                           VB_FOUND_NOTHING, NULL, NOON_MS);
    assert_int_equal(reuse.act, VB_REUSE_REFUSE);
}

struct error {
    const char *id;
    const char *request;
    const char *response;
    int64_t after_ms;
    unsigned status; /* 0: nobody answered */
    enum vb_reuse_act act;
};

#define SIE "200" CC("max-age=60, stale-if-error=30")

static const struct error errors[] = {
    {"5861-4-01", GET, SIE, 60000, 500, VB_REUSE_SERVE},
    {"5861-4-01", GET, SIE, 60000, 502, VB_REUSE_SERVE},
    {"5861-4-01", GET, SIE, 60000, 503, VB_REUSE_SERVE},
    {"5861-4-01", GET, SIE, 60000, 504, VB_REUSE_SERVE},
    {"5861-4-01", GET, SIE, 60000, 0, VB_REUSE_SERVE},
    {"5861-4-01", GET, SIE, 60000, 501, VB_REUSE_FORWARD},
    {"5861-4-02", GET, SIE, 90001, 500, VB_REUSE_FORWARD},
    {"9111-4.3.3-03", GET, MAX_60, 60000, 500, VB_REUSE_FORWARD},
    {"9111-4.2.4-02", GET, MAX_60, 60000, 0, VB_REUSE_FORWARD},
    {"9111-4.2.4-01", GET,
     "200" CC("max-age=60, stale-if-error=30, must-revalidate"), 60000, 500,
     VB_REUSE_FORWARD},
    {"9111-5.2.2.2-03", GET, "200" CC("max-age=60, must-revalidate"), 60000, 0,
     VB_REUSE_REFUSE},
    {"9111-5.2.2.10-01", GET, "200" CC("s-maxage=60"), 60000, 0,
     VB_REUSE_REFUSE},
    {"9111-5.2.2.4-01", GET,
     "200" CC("no-cache, max-age=60, stale-if-error=30"), 60000, 0,
     VB_REUSE_REFUSE},
    {"9111-5.2.1.4-01", GET CC("no-cache"), SIE, 60000, 500, VB_REUSE_FORWARD},
};

static void
an_error_is_told_unless_a_stale_response_may_stand_for_it(void **state)
{
    struct vb_caching_policy policy = vb_caching_policy_default;
    struct vb_freshness f = fresh_by(MAX_60);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(errors); i++) {
        struct vb_freshness of = fresh_by(errors[i].response);
        struct vb_reuse reuse =
            vb_reuse_on_error(&policy, scene_ask(errors[i].request), &of,
                              NOON_MS + errors[i].after_ms, errors[i].status);

        if (reuse.act != errors[i].act)
            fail_msg("%s: %s, %u: %d", errors[i].id, errors[i].response,
                     errors[i].status, reuse.act);
    }
    policy.unreachable_s = 10; /* 9111-4.2.4-02 */
    assert_int_equal(
        vb_reuse_on_error(&policy, scene_ask(GET), &f, NOON_MS + 70000, 0)
            .reason,
        VB_CACHING_UNREACHABLE);
    assert_int_equal(
        vb_reuse_on_error(&policy, scene_ask(GET), &f, NOON_MS + 70000, 500)
            .act,
        VB_REUSE_FORWARD);
}

/* 9111-4.3.2-01, 9111-4.3.2-03, 9111-4.3.2-04, 9110-13.1.1-06. */
static void conditions_of_clients_are_about_what_is_stored(void **state)
{
    static const struct {
        const char *fields;
        const char *tag;
        int64_t modified;
        bool not_modified;
    } cases[] = {
        {"\nIf-None-Match: \"a\"", "\"a\"", VB_DATE_NONE, true},
        {"\nIf-None-Match: W/\"a\"", "\"a\"", VB_DATE_NONE, true},
        {"\nIf-None-Match: \"x\", \"a\"", "W/\"a\"", VB_DATE_NONE, true},
        {"\nIf-None-Match: *", "", VB_DATE_NONE, true},
        {"\nIf-None-Match: \"b\"", "\"a\"", VB_DATE_NONE, false},
        {"\nIf-None-Match: \"b\"", "", VB_DATE_NONE, false},
        {"\nIf-None-Match: \"b\"\nIf-Modified-Since: " NOON_TEXT, "\"a\"",
         NOON - 1, false},
        {"\nIf-Modified-Since: " NOON_TEXT, "\"a\"", NOON, true},
        {"\nIf-Modified-Since: " NOON_TEXT, "", NOON - 100, true},
        {"\nIf-Modified-Since: " NOON_TEXT, "", NOON + 1, false},
        {"\nIf-Modified-Since: " NOON_TEXT, "", VB_DATE_NONE, true},
        {"\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", "", VB_DATE_NONE,
         false},
        {"\nIf-Modified-Since: soon", "", NOON, false},
        {"", "\"a\"", NOON, false},
    };
    struct vb_freshness f = fresh_by(MAX_60);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        char request[200] = GET;

        strcat(request, cases[i].fields);
        if ((vb_reuse_condition(scene_ask(request), vb_span_str(cases[i].tag),
                                cases[i].modified, &f) ==
             VB_REUSE_NOT_MODIFIED) != cases[i].not_modified)
            fail_msg("%s, %s", cases[i].fields, cases[i].tag);
    }
}

static const char *const request_directives[] = {
    "",          "no-cache",     "max-age=0",      "max-age=30", "min-fresh=30",
    "max-stale", "max-stale=20", "only-if-cached", "no-store",
};
static const char *const response_directives[] = {
    "max-age=60",        "no-cache",    "must-revalidate",
    "proxy-revalidate",  "s-maxage=60", "stale-while-revalidate=30",
    "stale-if-error=30", "immutable",   "public",
};

/* Whatever directives meet: what forbids a stale response is never overcome
 * (9111-4.2.4-01), and no-cache never (9111-4-04, 9111-5.2.1.4-01). */
static void no_permission_overcomes_what_forbids(void **state)
{
    const size_t most = VB_COUNT_OF(response_directives);

    (void)state;
    for (unsigned set = 0; set < 1u << most; set++) {
        char response[300] = "200\nETag: \"a\"\nCache-Control: x";
        struct vb_freshness f;

        for (size_t i = 0; i < most; i++)
            if (set >> i & 1)
                strcat(strcat(response, ", "), response_directives[i]);
        f = fresh_by(response);
        for (size_t i = 0; i < VB_COUNT_OF(request_directives); i++)
            for (int64_t after = 0; after <= 100000; after += 20000) {
                char request[100] = GET CC("y, ");
                struct vb_reuse reuse;
                bool stale = vb_freshness_left_ms(&f, NOON_MS + after) <= 0;

                strcat(request, request_directives[i]);
                reuse = vb_reuse_judge(scene_ask(request), VB_FOUND_ONE, &f,
                                       NOON_MS + after);
                if (reuse.act == VB_REUSE_SERVE_STALE)
                    assert_true(stale);
                if (reuse.act == VB_REUSE_SERVE ||
                    reuse.act == VB_REUSE_SERVE_STALE) {
                    assert_false((set >> 1 & 1) || i == 1);
                    assert_false(stale && (set >> 2 & 7));
                    assert_true(!stale || i == 5 || i == 6 || (set >> 5 & 1));
                }
            }
        vb_arena_reset(&scene_arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_response_answers_where_both_sides_permit),
        cmocka_unit_test(a_miss_says_of_what),
        cmocka_unit_test(
            an_error_is_told_unless_a_stale_response_may_stand_for_it),
        cmocka_unit_test(conditions_of_clients_are_about_what_is_stored),
        cmocka_unit_test(no_permission_overcomes_what_forbids),
    };

    return cmocka_run_group_tests_name("reuse", tests, scene_set_up,
                                       scene_tear_down);
}
