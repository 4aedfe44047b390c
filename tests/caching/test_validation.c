/* The rules of src/caching/validation.h: RFC 9111 sections 3.2 and 4.3. */
#include "scene.h"

#include "caching/validation.h"

#define GET "GET https://h/a"
#define OK  "200\nCache-Control: max-age=60\nDate: " NOON_TEXT
#define LM  "\nLast-Modified: Sun, 06 Nov 1994 07:00:00 GMT"

/* Stored responses with these further fields; "" ends them. */
static struct vb_validated stored_with(const char *const *fields, bool selects)
{
    struct vb_validated validated = {.selects = selects};

    for (; fields[validated.count] != NULL; validated.count++) {
        char text[300] = OK;

        strcat(text, fields[validated.count]);
        validated.at[validated.count] = scene_store(
            scene_ask(GET), scene_response(text, NOON_MS, NOON_MS), "content");
    }
    return validated;
}

static void forget(struct vb_validated *validated)
{
    for (size_t i = 0; i < validated->count; i++)
        vb_stored_response_unref(validated->at[i]);
}

struct sent {
    const char *id; /* of the requirement */
    const char *request;
    const char *stored[4];
    bool selects;
    const char *none_match; /* NULL: not sent */
    const char *since;
};

static const struct sent sents[] = {
    {"9111-4.3.1-01", GET, {"\nETag: \"a\""}, true, "\"a\"", NULL},
    {"9111-4.3.1-01",
     GET,
     {"\nETag: \"a\"", "\nETag: W/\"b\"", ""},
     true,
     "\"a\", W/\"b\"",
     NULL},
    {"9111-4.3.1-02",
     GET,
     {"\nETag: \"a\"" LM},
     true,
     "\"a\"",
     "Sun, 06 Nov 1994 07:00:00 GMT"},
    {"9111-4.3.1-02", GET, {LM}, true, NULL, "Sun, 06 Nov 1994 07:00:00 GMT"},
    {"9111-4.3.1-02", GET, {""}, true, NULL, NOON_TEXT},
    /* Which date it would be of several is not known. */
    {"9111-4.3.1-02", GET, {"\nETag: \"a\"" LM}, false, "\"a\"", NULL},
    {"9111-4.3.1-01", GET, {LM}, false, NULL, NULL},
    {"9111-4.3.2-05",
     GET "\nIf-None-Match: \"x\", W/\"y\"",
     {"\nETag: \"a\""},
     true,
     "\"a\", \"x\", W/\"y\"",
     NULL},
    {"9111-4.3.2-05",
     GET "\nIf-None-Match: *",
     {"\nETag: \"a\""},
     true,
     "\"a\"",
     NULL},
    /* No tag: it is not sent, and nothing compared with it. */
    {"9111-4.3.1-01",
     GET,
     {"\nETag: a" LM},
     true,
     NULL,
     "Sun, 06 Nov 1994 07:00:00 GMT"},
};

static struct vb_span value_of(const struct vb_validation_fields *fields,
                               const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (vb_span_eq(fields->at[i].name, vb_span_str(name)))
            return fields->at[i].value;
    return VB_SPAN("-");
}

static void a_validation_asks_by_what_is_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(sents); i++) {
        const struct sent *row = &sents[i];
        struct vb_validated validated = stored_with(row->stored, row->selects);
        struct vb_validation_fields fields;

        assert_true(vb_validation_fields(&scene_arena, scene_ask(row->request),
                                         &validated, &fields));
        assert_span_equal(value_of(&fields, "If-None-Match"),
                          row->none_match == NULL ? "-" : row->none_match);
        assert_span_equal(value_of(&fields, "If-Modified-Since"),
                          row->since == NULL ? "-" : row->since);
        forget(&validated);
    }
}

struct told {
    const char *id;
    const char *request;
    const char *stored[4];
    bool selects;
    const char *response;
    enum vb_validation_outcome outcome;
    uint32_t freshen;
    size_t answer;
};

static const struct told tolds[] = {
    {"9111-4.3.4-01",
     GET,
     {"\nETag: \"a\"", "\nETag: \"b\""},
     true,
     "304\nETag: \"b\"",
     VB_VALIDATION_STORED,
     2,
     1},
    {"9111-4.3.4-01",
     GET,
     {"\nETag: \"a\"", "\nETag: \"a\""},
     true,
     "304\nETag: \"a\"",
     VB_VALIDATION_STORED,
     3,
     0},
    {"9111-4.3.4-02",
     GET,
     {"\nETag: \"a\""},
     true,
     "304\nETag: \"x\"",
     VB_VALIDATION_NOTHING,
     0,
     0},
    {"9111-4.3.4-02",
     GET,
     {"\nETag: W/\"a\""},
     true,
     "304\nETag: \"a\"",
     VB_VALIDATION_NOTHING,
     0,
     0},
    {"9111-4.3.4-01",
     GET,
     {"\nETag: \"b\"", "\nETag: W/\"a\""},
     false,
     "304\nETag: W/\"a\"",
     VB_VALIDATION_STORED,
     2,
     1},
    {"9111-4.3.4-01",
     GET,
     {"\nETag: W/\"a\"\nX: Sun, 06 Nov 1994 08:49:37 GMT", "\nETag: \"a\""},
     true,
     "304\nETag: W/\"a\"",
     VB_VALIDATION_STORED,
     1,
     0},
    {"9111-4.3.4-01", GET, {LM}, true, "304" LM, VB_VALIDATION_STORED, 1, 0},
    {"9111-4.3.4-01",
     GET,
     {LM},
     true,
     "304\nLast-Modified: Sun, 06 Nov 1994 07:00:01 GMT",
     VB_VALIDATION_NOTHING,
     0,
     0},
    {"9111-4.3.4-01", GET, {""}, true, "304", VB_VALIDATION_STORED, 1, 0},
    {"9111-4.3.4-01",
     GET,
     {"\nETag: \"a\""},
     true,
     "304",
     VB_VALIDATION_STORED,
     1,
     0},
    {"9111-4.3.4-01",
     GET,
     {"\nETag: \"a\"", "\nETag: \"b\""},
     true,
     "304",
     VB_VALIDATION_NOTHING,
     0,
     0},
    {"9111-4.3.4-01",
     GET "\nIf-None-Match: \"x\"",
     {"\nETag: \"a\""},
     true,
     "304",
     VB_VALIDATION_NOTHING,
     0,
     0},
    {"9111-4.3.2-07",
     GET "\nIf-None-Match: \"old\"",
     {"\nETag: \"cur\""},
     true,
     "304\nETag: \"cur\"",
     VB_VALIDATION_STORED,
     1,
     0},
    {"9111-4.3.2-05",
     GET "\nIf-None-Match: \"x\"",
     {"\nETag: \"a\""},
     true,
     "304\nETag: \"x\"",
     VB_VALIDATION_CLIENT,
     0,
     0},
};

static void a_304_is_about_what_it_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(tolds); i++) {
        const struct told *row = &tolds[i];
        struct vb_validated validated = stored_with(row->stored, row->selects);
        struct vb_validation v;

        vb_validation_judge(scene_ask(row->request), &validated,
                            scene_response(row->response, NOON_MS, NOON_MS),
                            &v);
        if (v.outcome != row->outcome || v.freshen != row->freshen ||
            v.answer != row->answer)
            fail_msg("%s: %s, %s: %d, %u, %zu", row->id, row->request,
                     row->response, v.outcome, v.freshen, v.answer);
        forget(&validated);
    }
}

static struct vb_stored_response *freshened(struct vb_stored_response *stored,
                                            const char *request,
                                            const char *response, bool here,
                                            enum vb_caching_reason *ret_reason)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_freshening freshening = {
        .asked = asked,
        .uri = scene_uri(asked),
        .stored = stored,
        .received =
            scene_response(response, NOON_MS + 100000, NOON_MS + 101000),
        .here = here};
    struct vb_stored_response *fresh;
    struct vb_storing storing;

    assert_int_equal(vb_validation_freshen(&vb_caching_policy_default,
                                           &scene_arena, &freshening, &storing,
                                           &fresh),
                     VB_OK);
    *ret_reason = storing.reason;
    vb_stored_response_unref(stored);
    return fresh;
}

/* 9111-4.3.4-01: variants are often of one date; of those that the request does
 * not select, the latest. */
static void
of_those_that_match_weakly_the_selected_or_the_latest_is_meant(void **state)
{
    struct vb_validated validated = {.count = 2};
    struct vb_validation v;

    (void)state;
    validated.at[0] = scene_store(scene_ask(GET),
                                  scene_response(OK LM, NOON_MS, NOON_MS), "");
    validated.at[1] =
        scene_store(scene_ask(GET),
                    scene_response("200\nCache-Control: max-age=60"
                                   "\nDate: Sun, 06 Nov 1994 08:49:38 GMT" LM,
                                   NOON_MS, NOON_MS),
                    "");
    for (int selects = 0; selects < 2; selects++) {
        validated.selects = selects == 1;
        vb_validation_judge(scene_ask(GET), &validated,
                            scene_response("304" LM, NOON_MS, NOON_MS), &v);
        assert_int_equal(v.freshen, selects == 1 ? 1 : 2);
    }
    forget(&validated);
}

/* 9111-3.2-01, 9111-4.3.4-03, 9111-3.2-02, 9211-2-02. */
static void a_304_updates_fields_and_leaves_the_content(void **state)
{
    struct vb_stored_response *stored = scene_store(
        scene_ask(GET),
        scene_response(OK "\nETag: \"a\"\nAge: 5\nX-A: 1\nX-B: 1\nX-B: 2"
                          "\nContent-Type: text/plain\nContent-Encoding: "
                          "gzip\nCache-Status: o; hit",
                       NOON_MS, NOON_MS),
        "content");
    const char *bytes = stored->rep->content.ptr;
    enum vb_caching_reason reason;

    (void)state;
    stored = freshened(
        stored, GET,
        "304\nETag: \"a\"\nCache-Control: max-age=100\nx-a: 2\nX-C: 3\nX-b: 3"
        "\nContent-Length: 0\nContent-Encoding: br\nConnection: X-D\nX-D: 1"
        "\nDate: Sun, 06 Nov 1994 08:51:18 GMT",
        false, &reason);
    assert_int_equal(reason, VB_CACHING_STORABLE);
    assert_int_equal(stored->status, 200);
    assert_span_equal(stored->rep->head, "ETag: \"a\"\r\n"
                                         "Cache-Control: max-age=100\r\n"
                                         "Content-Type: text/plain\r\n"
                                         "Content-Encoding: gzip\r\n"
                                         "x-a: 2\r\n"
                                         "X-C: 3\r\n"
                                         "X-b: 3\r\n"
                                         "Content-Length: 7\r\n");
    assert_ptr_equal(stored->rep->content.ptr, bytes);
    assert_span_equal(stored->rep->content, "content");
    assert_span_equal(stored->cache_status, "o;hit");
    assert_span_equal(vb_stored_response_date(stored),
                      "Sun, 06 Nov 1994 08:51:18 GMT");
    assert_int_equal(stored->freshness.lifetime_s, 100);
    assert_int_equal(vb_freshness_age(&stored->freshness, NOON_MS + 102000), 2);
    vb_stored_response_unref(stored);
}

/* It answers the request that brought it, and nothing after that. */
static void what_a_304_forbids_is_not_stored_again(void **state)
{
    enum vb_caching_reason reason;

    (void)state;
    vb_stored_response_unref(freshened(
        scene_store(scene_ask(GET), scene_response(OK, NOON_MS, NOON_MS), "x"),
        GET, "304\nCache-Control: no-store", false, &reason));
    assert_int_equal(reason, VB_CACHING_NO_STORE);
}

/* However often it is validated, the content is there once. */
static void content_is_shared_and_freed(void **state)
{
    struct vb_stored_response *stored =
        scene_store(scene_ask(GET), scene_response(OK, NOON_MS, NOON_MS), "x");
    enum vb_caching_reason reason;

    (void)state;
    for (int i = 0; i < 100; i++)
        stored = freshened(stored, GET, "304\nCache-Control: max-age=5", false,
                           &reason);
    assert_int_equal(stored->rep->field_count, 1);
    assert_int_equal(atomic_load(&stored->content->ref.count), 2);
    vb_stored_response_unref(stored);
}

/* 9111-4.1-01, 9111-4.3.4-01. */
static void a_variant_stays_in_its_place_and_is_put_in_another_one(void **state)
{
    enum vb_caching_reason reason;

    (void)state;
    for (int here = 0; here < 2; here++) {
        struct vb_stored_response *stored = freshened(
            scene_store(scene_ask(GET "\nX: 1"),
                        scene_response(OK "\nVary: X", NOON_MS, NOON_MS), "x"),
            GET "\nX: 2", "304", here == 1, &reason);

        assert_span_equal(stored->values, here == 1 ? "x:2\n" : "x:1\n");
        vb_stored_response_unref(stored);
    }
}

/* 9111-4.3.5-01, 9111-4.3.5-02. */
static void a_head_agrees_with_what_has_its_validators(void **state)
{
    static const struct {
        const char *response;
        bool agrees;
    } rows[] = {
        {"200", true},
        {"200\nETag: \"a\"" LM "\nContent-Length: 7", true},
        {"200\nETag: \"b\"", false},
        {"200\nETag: \"a\"\nContent-Length: 8", false},
        {"200\nLast-Modified: " NOON_TEXT, false},
    };
    struct vb_stored_response *stored = scene_store(
        scene_ask(GET), scene_response(OK "\nETag: \"a\"" LM, NOON_MS, NOON_MS),
        "content");

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(vb_validation_head_agrees(
                             scene_response(rows[i].response, 0, 0), stored),
                         rows[i].agrees);
    vb_stored_response_unref(stored);
}

/* 9111-4.3.5-03. */
static void a_head_updates_what_it_agrees_with(void **state)
{
    enum vb_caching_reason reason;
    struct vb_stored_response *stored = freshened(
        scene_store(scene_ask(GET), scene_response(OK, NOON_MS, NOON_MS), "x"),
        "HEAD https://h/a", "200\nCache-Control: max-age=9\nX: 1", false,
        &reason);

    (void)state;
    assert_int_equal(reason, VB_CACHING_STORABLE);
    assert_true(scene_has_line(stored, "X: 1"));
    assert_int_equal(stored->freshness.lifetime_s, 9);
    vb_stored_response_unref(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_validation_asks_by_what_is_stored),
        cmocka_unit_test(a_304_is_about_what_it_names),
        cmocka_unit_test(
            of_those_that_match_weakly_the_selected_or_the_latest_is_meant),
        cmocka_unit_test(a_304_updates_fields_and_leaves_the_content),
        cmocka_unit_test(what_a_304_forbids_is_not_stored_again),
        cmocka_unit_test(content_is_shared_and_freed),
        cmocka_unit_test(
            a_variant_stays_in_its_place_and_is_put_in_another_one),
        cmocka_unit_test(a_head_agrees_with_what_has_its_validators),
        cmocka_unit_test(a_head_updates_what_it_agrees_with),
    };

    return cmocka_run_group_tests_name("validation", tests, scene_set_up,
                                       scene_tear_down);
}
