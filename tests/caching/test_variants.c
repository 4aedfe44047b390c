/* The rules of src/caching/variants.h: RFC 9111 section 4.1. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "caching/variants.h"

/* A tree and the bookkeeping that a tier does for it. */
static struct vb_variants variants;

static void drop(struct vb_variant *variant)
{
    vb_variants_remove(&variants, variant);
    vb_stored_response_unref(variant->response);
    free(variant);
}

static void put_at(const char *request, const char *response, int64_t at_ms,
                   const char *content)
{
    struct vb_variant *variant = calloc(1, sizeof(*variant)), *old;

    variant->response = scene_store(
        scene_ask(request), scene_response(response, at_ms, at_ms), content);
    while ((old = vb_variants_crowded_out(&variants, variant->response)) !=
           NULL)
        drop(old);
    assert_true(vb_variants_add(&variants, variant));
}

static void put(const char *request, const char *response, const char *content)
{
    put_at(request, response, NOON_MS, content);
}

/* The content of what a request selects, or "" for nothing. */
static struct vb_span selected(const char *request)
{
    struct vb_variant *variant =
        vb_variants_select(&variants, &scene_ask(request)->head->fields);

    return variant == NULL ? VB_SPAN("") : variant->response->rep->content;
}

static int set_up(void **state)
{
    vb_variants_init(&variants);
    return scene_set_up(state);
}

static int tear_down(void **state)
{
    struct vb_variant *variant;

    while ((variant = vb_variants_any(&variants)) != NULL)
        drop(variant);
    assert_int_equal(variants.branch_count, 0);
    return scene_tear_down(state);
}

#define GET "GET https://h/a"
#define AE  "\nAccept-Encoding: "
#define OK  "200\nCache-Control: max-age=60"

/* 9111-4-03, 9111-4.1-01, 9111-4.1-02, 9111-4.1-03, 9110-12.5.5-03. */
static void a_request_selects_what_was_made_for_its_like(void **state)
{
    (void)state;
    put(GET AE "gzip, br", OK "\nVary: Accept-Encoding", "br");
    put(GET AE "gzip", OK "\nVary: accept-encoding", "gz");
    put(GET, OK "\nVary: Accept-Encoding", "plain");
    assert_span_equal(selected(GET AE "br,gzip"), "br");
    assert_span_equal(selected(GET AE "GZIP"), "gz");
    assert_span_equal(selected(GET "\nAccept: */*"), "plain");
    assert_span_equal(selected(GET AE "deflate"), "");
    assert_span_equal(selected(GET AE), "");
    assert_int_equal(variants.branch_count, 1);
    assert_int_equal(variants.count, 3);
}

static void a_later_response_takes_the_place_of_an_earlier_one(void **state)
{
    (void)state;
    put(GET AE "gzip", OK "\nVary: Accept-Encoding", "1");
    put(GET AE "gzip", OK "\nVary: Accept-Encoding", "2");
    assert_int_equal(variants.count, 1);
    assert_span_equal(selected(GET AE "gzip"), "2");
}

/* 9111-4.1-05, 9111-4-08. */
static void of_several_the_newest_is_selected(void **state)
{
    (void)state;
    put_at(GET, OK, NOON_MS, "any");
    assert_span_equal(selected(GET AE "br"), "any");
    put_at(GET AE "gzip", OK "\nVary: Accept-Encoding", NOON_MS + 5000, "gz");
    assert_span_equal(selected(GET AE "gzip"), "gz");
    assert_span_equal(selected(GET AE "br"), "any");
    put_at(GET AE "gzip", OK "\nVary: Accept-Encoding, X-New", NOON_MS - 5000,
           "older");
    assert_span_equal(selected(GET AE "gzip"), "gz");
    put_at(GET, OK, NOON_MS + 5001, "any again");
    assert_span_equal(selected(GET AE "gzip"), "any again");
    put_at(GET, OK "\nDate: Mon, 07 Nov 1994 08:49:37 GMT\nVary: Cookie",
           NOON_MS, "dated");
    assert_span_equal(selected(GET AE "gzip"), "dated");
    assert_span_equal(selected(GET AE "gzip\nCookie: a=b"), "any again");
    assert_int_equal(variants.branch_count, 4);
}

static void names_that_nobody_knows_select_as_well(void **state)
{
    (void)state;
    put(GET "\nX-Tenant: a", OK "\nVary: X-Tenant", "a");
    put(GET "\nX-Tenant: b", OK "\nVary: X-Tenant", "b");
    assert_span_equal(selected(GET "\nx-tenant: a"), "a");
    assert_span_equal(selected(GET "\nX-TENANT: b"), "b");
    assert_span_equal(selected(GET "\nX-Tenant: A"), "");
    assert_span_equal(selected(GET), "");
}

static void a_key_has_no_more_than_so_many(void **state)
{
    char text[200];

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof(text), GET "\nX: %d", i);
        put(text, OK "\nVary: X", "x");
    }
    assert_int_equal(variants.count, VB_VARIANTS_MAX);
    assert_span_equal(selected(GET "\nX: 199"), "x");
    assert_span_equal(selected(GET "\nX: 135"), "");
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof(text), OK "\nVary: X%d", i);
        put(GET, text, "y");
    }
    assert_int_equal(variants.branch_count, VB_BRANCHES_MAX);
}

/* A request whose fields are longer than what is compared selects nothing. */
static void values_beyond_all_bounds_select_nothing(void **state)
{
    static char text[6000];

    (void)state;
    put(GET "\nX: 1", OK "\nVary: X", "x");
    snprintf(text, sizeof(text), GET "\nX: %05000d", 0);
    assert_span_equal(selected(text), "");
}

static void responses_are_collected_up_to_a_number(void **state)
{
    struct vb_stored_response *responses[4];

    (void)state;
    put(GET AE "gzip", OK "\nVary: Accept-Encoding", "1");
    put(GET AE "br", OK "\nVary: Accept-Encoding", "2");
    put(GET, OK, "3");
    assert_int_equal(vb_variants_collect(&variants, responses, 2), 2);
    assert_span_equal(responses[0]->rep->content, "3");
    assert_span_equal(responses[1]->rep->content, "2");
    vb_stored_response_unref(responses[0]);
    vb_stored_response_unref(responses[1]);
    assert_int_equal(vb_variants_collect(&variants, responses, 4), 3);
    for (int i = 0; i < 3; i++)
        vb_stored_response_unref(responses[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_request_selects_what_was_made_for_its_like),
        TEST(a_later_response_takes_the_place_of_an_earlier_one),
        TEST(of_several_the_newest_is_selected),
        TEST(names_that_nobody_knows_select_as_well),
        TEST(a_key_has_no_more_than_so_many),
        TEST(values_beyond_all_bounds_select_nothing),
        TEST(responses_are_collected_up_to_a_number),
    };

    return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
