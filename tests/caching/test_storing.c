/* The rules of src/caching/storing.h and response.h: RFC 9111 section 3. */
#include "scene.h"

struct verdict {
    const char *id; /* of the requirement */
    const char *request;
    const char *response;
    enum vb_caching_reason reason;
};

#define GET    "GET https://h/a"
#define FRESH  "\nCache-Control: max-age=60"
#define ETAG   "\nETag: \"a\""
#define SIGNED GET "\nAuthorization: Basic eA=="
#define CC(of) "\nCache-Control: " of
#define HERE   "\nContent-Location: /a"
#define OLD    "\nLast-Modified: Thu, 27 Oct 1994 08:49:37 GMT"

static const struct verdict verdicts[] = {
    {"9111-2-01", GET, "200" FRESH, VB_CACHING_STORABLE},
    {"9111-3-01", "FOO https://h/a", "200" FRESH, VB_CACHING_METHOD_UNCACHED},
    {"9110-9.3.4-09", "PUT https://h/a", "200" FRESH,
     VB_CACHING_METHOD_UNCACHED},
    {"9110-9.3.5-06", "DELETE https://h/a", "200" FRESH,
     VB_CACHING_METHOD_UNCACHED},
    {"9110-9.3.7-05", "OPTIONS https://h/a", "200" FRESH,
     VB_CACHING_METHOD_UNCACHED},
    {"9110-9.3.8-05", "TRACE https://h/a", "200" FRESH,
     VB_CACHING_METHOD_UNCACHED},
    {"9111-4.3.5-01", "HEAD https://h/a", "200" FRESH, VB_CACHING_HEAD_UPDATES},
    {"10008-2.7-01", "QUERY https://h/a", "200" FRESH, VB_CACHING_STORABLE},
    {"9110-9.3.3-03", "POST https://h/a", "200" FRESH HERE,
     VB_CACHING_STORABLE},
    {"9110-9.3.3-03", "POST https://h/a",
     "200" FRESH "\nContent-Location: HTTPS://H:443/%61", VB_CACHING_STORABLE},
    {"9110-9.3.3-03", "POST https://h/a", "200" FRESH,
     VB_CACHING_POST_NOT_EXPLICIT},
    {"9110-9.3.3-03", "POST https://h/a", "200" FRESH "\nContent-Location: /b",
     VB_CACHING_POST_NOT_EXPLICIT},
    {"9110-9.3.3-03", "POST https://h/a", "200" HERE OLD,
     VB_CACHING_POST_NOT_EXPLICIT},
    {"9110-9.3.3-03", "POST https://h/a", "404" FRESH HERE,
     VB_CACHING_POST_NOT_EXPLICIT},
    {"9111-3-02", GET, "103" FRESH, VB_CACHING_INTERIM},
    {"9111-3-03", GET, "206" FRESH, VB_CACHING_PART_ONLY},
    {"9111-3-03", GET, "304" FRESH, VB_CACHING_NOT_MODIFIED},
    {"9111-3-03", GET, "299" CC("must-understand, max-age=60"),
     VB_CACHING_NOT_UNDERSTOOD},
    {"9111-3-03", GET, "299" FRESH, VB_CACHING_STORABLE},
    {"9111-3-03", GET, "299" ETAG, VB_CACHING_NOT_EXPLICIT},
    {"9111-5.2.2.3-02", GET, "200" CC("must-understand, no-store, max-age=60"),
     VB_CACHING_STORABLE},
    {"9111-5.2.2.3-02", GET, "299" CC("must-understand, no-store, max-age=60"),
     VB_CACHING_NOT_UNDERSTOOD},
    {"6585-3-03", GET, "428" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"6585-4-03", GET, "429" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"6585-5-02", GET, "431" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"6585-6-04", GET, "511" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"9111-7.1-01", GET, "400" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"9111-7.1-01", GET, "412" CC("public, max-age=60"),
     VB_CACHING_PERSONAL_STATUS},
    {"9111-7.1-01", GET, "416" FRESH, VB_CACHING_PERSONAL_STATUS},
    {"9111-5.2.1.5-01", GET CC("no-store"), "200" FRESH,
     VB_CACHING_REQUEST_NO_STORE},
    {"9111-3-04", GET, "200" CC("no-store"), VB_CACHING_NO_STORE},
    {"9111-5.2.2.5-01", GET, "200" CC("no-store, max-age=60, public"),
     VB_CACHING_NO_STORE},
    {"9111-5.2.2.7-01", GET, "200" CC("private, max-age=60"),
     VB_CACHING_PRIVATE},
    {"9111-3-05", GET, "200" CC("private=\"X-User\", max-age=60"),
     VB_CACHING_STORABLE},
    {"9111-3-05", GET, "200" CC("private=\"X-User, content-type\", max-age=60"),
     VB_CACHING_PRIVATE},
    {"9111-3-06", SIGNED, "200" FRESH, VB_CACHING_AUTHORIZATION},
    {"9111-3.5-01", SIGNED, "200" CC("public, max-age=60"),
     VB_CACHING_STORABLE},
    {"9111-3.5-01", SIGNED, "200" CC("must-revalidate, max-age=60"),
     VB_CACHING_STORABLE},
    {"9111-3.5-01", SIGNED, "200" CC("s-maxage=60"), VB_CACHING_STORABLE},
    {"9111-3.5-01", SIGNED, "200" CC("proxy-revalidate, max-age=60"),
     VB_CACHING_AUTHORIZATION},
    {"9111-3.5-01", SIGNED, "200\nCDN-Cache-Control: max-age=60" CC("public"),
     VB_CACHING_AUTHORIZATION},
    {"9111-4.1-04", GET, "200" FRESH "\nVary: *", VB_CACHING_VARY_ANY},
    {"9111-4.1-04", GET, "200" FRESH "\nVary: Accept, *", VB_CACHING_VARY_ANY},
    {"9111-4.1-04", GET, "200" FRESH "\nVary: Accept\nVary: x y",
     VB_CACHING_VARY_ANY},
    {"9111-4.1-01", GET,
     "200" FRESH "\nVary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
     VB_CACHING_VARY_LIMIT},
    {"9111-7.3-01", GET, "200" FRESH "\nSet-Cookie: a=b",
     VB_CACHING_SET_COOKIE},
    {"9111-7.3-01", GET, "200" CC("max-age=60, public") "\nSet-Cookie: a=b",
     VB_CACHING_STORABLE},
    {"9111-7.3-01", GET, "200" CC("s-maxage=60") "\nSet-Cookie: a=b",
     VB_CACHING_STORABLE},
    {"9111-7.3-01", GET,
     "200" CC("max-age=60, no-cache=\"set-cookie\"") "\nSet-Cookie: a=b",
     VB_CACHING_STORABLE},
    {"9111-3-07", GET, "302", VB_CACHING_NOT_EXPLICIT},
    {"9111-3-07", GET, "302" FRESH, VB_CACHING_STORABLE},
    {"9111-3-07", GET, "302\nExpires: Mon, 07 Nov 1994 08:49:37 GMT",
     VB_CACHING_STORABLE},
    {"9111-3-07", GET, "302" CC("public") OLD, VB_CACHING_STORABLE},
    {"9110-15.1-01", GET, "200" OLD, VB_CACHING_STORABLE},
    {"9110-15.1-01", GET, "301" OLD, VB_CACHING_STORABLE},
    {"9111-4.2.2-01", GET, "404" OLD, VB_CACHING_NEGATIVE},
    {"9111-4.2.2-01", GET, "404" FRESH, VB_CACHING_STORABLE},
    {"9111-4.2.2-01", GET, "503" FRESH, VB_CACHING_STORABLE},
    {"9111-4.2.2-01", GET, "503" CC("public"), VB_CACHING_NEGATIVE},
    {"9111-5.2.2.4-01", GET, "200" CC("no-cache") ETAG, VB_CACHING_STORABLE},
    {"9111-5.2.2.4-01", GET, "200" CC("no-cache, max-age=60"),
     VB_CACHING_USELESS},
    {"9111-4.2-01", GET, "200" CC("max-age=0"), VB_CACHING_USELESS},
    {"9111-4.2-01", GET, "200\nAge: 61" FRESH, VB_CACHING_USELESS},
    {"9111-4.2-01", GET, "200", VB_CACHING_USELESS},
    {"9111-4.2-01", GET, "200" ETAG, VB_CACHING_STORABLE},
    {"5861-4-01", GET, "200" CC("max-age=0, stale-if-error=60"),
     VB_CACHING_STORABLE},
    {"9111-5.4-01", GET, "200" FRESH "\nPragma: no-cache", VB_CACHING_STORABLE},
    {"9213-2.2-01", GET, "200\nCDN-Cache-Control: max-age=60" CC("no-store"),
     VB_CACHING_STORABLE},
    {"9213-2.2-03", GET, "200\nCDN-Cache-Control: no-store" FRESH,
     VB_CACHING_NO_STORE},
    {"9213-2.2-03", GET, "200\nCDN-Cache-Control: private, max-age=9" FRESH,
     VB_CACHING_PRIVATE},
};

static void a_response_is_stored_where_nothing_forbids_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(verdicts); i++) {
        const struct verdict *row = &verdicts[i];
        struct vb_storing storing =
            scene_judge(scene_ask(row->request),
                        scene_response(row->response, NOON_MS, NOON_MS));

        if (storing.reason != row->reason)
            fail_msg("%s: %s, %s: %.*s", row->id, row->request, row->response,
                     VB_FMT(vb_caching_reason_info(storing.reason)->token));
    }
}

/* What is beyond the lines that are looked at could say anything. */
static void too_many_lines_are_not_stored(void **state)
{
    char text[2000] = "200";

    (void)state;
    for (int i = 0; i < 17; i++)
        strcat(text, "\nCache-Control: max-age=60");
    assert_int_equal(
        scene_judge(scene_ask(GET), scene_response(text, NOON_MS, NOON_MS))
            .reason,
        VB_CACHING_NO_STORE);
}

static void every_reason_is_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VB_CACHING_REASON_COUNT; i++) {
        const struct vb_caching_reason_info *info =
            vb_caching_reason_info((enum vb_caching_reason)i);

        assert_true(info->text.len > 0 && info->section.len > 0);
        assert_true(vb_span_ends(info->text, VB_SPAN(".")));
    }
}

/* 9111-3.1-01, 9111-3.1-02, 9111-3.1-03, 9111-4-06, 9111-5.2.2.7-02,
 * 9111-5.2.2.7-04, 9111-5.2.2.4-02, 9211-2-02. */
static void
fields_are_kept_but_for_those_that_are_not_the_responses(void **state)
{
    struct vb_stored_response *stored = scene_store(
        scene_ask(GET),
        scene_response(
            "200\nX-New: 1\nCONTENT-type: text/plain\nAge: 3"
            "\nDate: " NOON_TEXT
            "\nConnection: x-hop, close\nX-Hop: 1\nKeep-Alive: timeout=3"
            "\nTransfer-Encoding: chunked\nProxy-Authenticate: Basic"
            "\nProxy-Authentication-Info: x\nTrailer: X-T\nContent-Length: 2"
            "\nCache-Control: max-age=60, private=\"X-User\", no-cache=\"x-b\""
            "\nX-User: ann\nX-B: 1\nX-B: 2\nETag: \"a\"\nX-New: 2"
            "\nCache-Status: origin; hit\nCache-Groups: \"g\", \"h\"",
            NOON_MS, NOON_MS),
        "hi");

    (void)state;
    assert_span_equal(
        stored->rep->head,
        "Cache-Control: max-age=60, private=\"X-User\", no-cache=\"x-b\"\r\n"
        "ETag: \"a\"\r\n"
        "X-New: 1\r\n"
        "Content-Type: text/plain\r\n"
        "X-New: 2\r\n"
        "Cache-Groups: \"g\", \"h\"\r\n"
        "Content-Length: 2\r\n");
    assert_span_equal(stored->rep->head_304,
                      "Cache-Control: max-age=60, private=\"X-User\", "
                      "no-cache=\"x-b\"\r\nETag: \"a\"\r\n");
    assert_span_equal(stored->rep->etag, "\"a\"");
    assert_span_equal(vb_rep_tag_core(stored->rep), "a");
    assert_span_equal(stored->rep->media_type, "text/plain");
    assert_span_equal(stored->rep->content, "hi");
    assert_span_equal(stored->cache_status, "origin;hit");
    assert_span_equal(vb_stored_response_date(stored), NOON_TEXT);
    assert_int_equal(stored->group_count, 2);
    assert_span_equal(stored->groups[1], "h");
    vb_stored_response_unref(stored);
}

/* RFC 9110 sections 6.6.1 and 8.6. */
static void a_stored_response_has_a_date_and_204_no_length(void **state)
{
    struct vb_stored_response *stored = scene_store(
        scene_ask(GET),
        scene_response("204" FRESH "\nDate: yesterday", NOON_MS, NOON_MS), "");

    (void)state;
    assert_span_equal(stored->rep->head, "Cache-Control: max-age=60\r\n");
    assert_span_equal(vb_stored_response_date(stored), NOON_TEXT);
    vb_stored_response_unref(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_stored_where_nothing_forbids_it),
        cmocka_unit_test(too_many_lines_are_not_stored),
        cmocka_unit_test(every_reason_is_told),
        cmocka_unit_test(
            fields_are_kept_but_for_those_that_are_not_the_responses),
        cmocka_unit_test(a_stored_response_has_a_date_and_204_no_length),
    };

    return cmocka_run_group_tests_name("storing", tests, scene_set_up,
                                       scene_tear_down);
}
