/* The rules of src/caching/key.h and vary.h: RFC 9111 sections 2 and 4.1. */
#include "scene.h"

#include "caching/vary.h"

static struct vb_span key_of(const char *request, struct vb_span digest)
{
    struct vb_caching_key key;

    assert_true(vb_caching_key_of(&scene_arena, scene_ask(request)->head,
                                  digest, &key));
    return key.text;
}

/* 9111-2-02, 9111-4-01. */
static void a_key_is_the_target_in_its_normal_form(void **state)
{
    static const struct {
        const char *request;
        const char *key;
    } rows[] = {
        {"GET https://h/a", "https://h/a"},
        {"HEAD https://h/a", "https://h/a"},
        {"GET https://H:443/a", "https://h/a"},
        {"GET https://h:80/a", "https://h:80/a"},
        {"GET http://h/a", "http://h/a"},
        {"GET https://h/a?", "https://h/a?"},
        {"GET https://h/a?x=1", "https://h/a?x=1"},
        {"GET https://h/a?y=2&x=1", "https://h/a?y=2&x=1"},
        {"GET https://h/%7Ea/%2f", "https://h/~a/%2F"},
        {"GET /a\nHost: h:8080", "http://h:8080/a"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_span_equal(key_of(rows[i].request, VB_SPAN("")), rows[i].key);
}

/* 10008-2.7-02. */
static void
the_key_of_a_query_has_its_content_and_what_describes_it(void **state)
{
    (void)state;
    assert_span_equal(
        key_of("QUERY https://h/a\nContent-Type: text/x", VB_SPAN("\x01\xff")),
        "https://h/a\nQUERY\ntext/x\n\n\n01ff");
    assert_span_equal(
        key_of("QUERY https://h/a\nContent-Encoding: br", VB_SPAN("\x01")),
        "https://h/a\nQUERY\n\nbr\n\n01");
}

static void what_has_no_uri_has_no_key(void **state)
{
    static const char *const requests[] = {
        "OPTIONS *\nHost: h", "CONNECT h:443", "GET /a", "GET https://h/%00"};
    struct vb_caching_key key;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(requests); i++)
        assert_false(vb_caching_key_of(
            &scene_arena, scene_ask(requests[i])->head, VB_SPAN(""), &key));
}

static void an_origin_ends_where_the_path_begins(void **state)
{
    (void)state;
    assert_span_equal(vb_caching_origin(VB_SPAN("https://h:8/a/b")),
                      "https://h:8");
    assert_span_equal(vb_caching_origin(VB_SPAN("https://h/")), "https://h");
}

/* 9111-4.1-02, 9111-4.1-03. */
static void values_that_mean_the_same_are_written_alike(void **state)
{
    static const struct {
        const char *vary;
        const char *request; /* its fields */
        const char *values;
    } rows[] = {
        {"Accept", "", "accept\n"},
        {"Accept", "\nAccept:", "accept:\n"},
        {"Accept", "\nAccept: */*", "accept:*/*,\n"},
        {"Accept", "\nAccept: a/b ,, c/d", "accept:a/b,c/d,\n"},
        {"Accept", "\nAccept: a/b\nAccept: c/d", "accept:a/b,c/d,\n"},
        {"Accept", "\nAccept: c/d, a/b", "accept:c/d,a/b,\n"},
        {"ACCEPT-Encoding", "\nAccept-Encoding: gzip,br",
         "accept-encoding:br,gzip,\n"},
        {"Accept-Encoding", "\nAccept-Encoding: BR, gzip",
         "accept-encoding:br,gzip,\n"},
        {"Accept-Language", "\nAccept-Language: en-US, de;q=0.5",
         "accept-language:en-us,de;q=0.5,\n"},
        {"X-New", "\nX-New: A , b", "x-new:A , b\n"},
        {"X-New", "\nx-NEW: A\nX-new: b", "x-new:A,b\n"},
        {"Cookie", "\nCookie: a=1; b=2", "cookie:a=1; b=2\n"},
        {"b, a, B", "\nA: 1", "a:1\nb\n"},
        {"a\nVary: b", "\nB: 1", "a\nb:1\n"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char response[200] = "200\nVary: ", request[200] = "GET https://h/a";
        char text[VB_VARY_TEXT_MAX];
        struct vb_buf buf = vb_buf_over(text, sizeof(text));
        struct vb_vary vary;

        strcat(response, rows[i].vary);
        strcat(request, rows[i].request);
        assert_true(
            vb_vary_read(scene_response(response, 0, 0)->fields, &vary));
        assert_false(vary.any);
        vb_vary_values(&buf, &vary, &scene_ask(request)->head->fields);
        assert_span_equal(vb_buf_span(&buf), rows[i].values);
    }
}

/* Names written and read again give the same values. */
static void names_are_kept_as_a_list(void **state)
{
    char text[100];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    struct vb_vary vary, again;

    (void)state;
    assert_true(vb_vary_read(
        scene_response("200\nVary: X-B, accept, x-b, X-A", 0, 0)->fields,
        &vary));
    vb_vary_names(&buf, &vary);
    assert_span_equal(vb_buf_span(&buf), "accept,x-a,x-b");
    vb_vary_split(vb_buf_span(&buf), &again);
    assert_int_equal(again.count, 3);
    assert_span_equal(again.names[2], "x-b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_the_target_in_its_normal_form),
        cmocka_unit_test(
            the_key_of_a_query_has_its_content_and_what_describes_it),
        cmocka_unit_test(what_has_no_uri_has_no_key),
        cmocka_unit_test(an_origin_ends_where_the_path_begins),
        cmocka_unit_test(values_that_mean_the_same_are_written_alike),
        cmocka_unit_test(names_are_kept_as_a_list),
    };

    return cmocka_run_group_tests_name("key", tests, scene_set_up,
                                       scene_tear_down);
}
