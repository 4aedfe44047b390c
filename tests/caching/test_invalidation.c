/* The rules of src/caching/invalidation.h: RFC 9111 section 4.4, RFC 9875. */
#include "scene.h"

#include "caching/invalidation.h"

struct row {
    const char *id; /* of the requirement */
    const char *request;
    const char *response;
    const char *uris[VB_INVALIDATED_MAX];
};

static const struct row rows[] = {
    {"9111-4.4-01", "POST https://h/a", "200", {"https://h/a"}},
    {"9111-4.4-01", "PUT https://h/a", "204", {"https://h/a"}},
    {"9111-4.4-01", "DELETE https://h/a", "303", {"https://h/a"}},
    {"9111-4.4-01", "PATCH https://h/a", "200", {"https://h/a"}},
    {"9111-4.4-01", "FOO https://h/a", "200", {"https://h/a"}},
    {"9111-4.4-01", "GET https://h/a", "200", {NULL}},
    {"9111-4.4-01", "OPTIONS https://h/a", "200", {NULL}},
    {"9111-4.4-01", "QUERY https://h/a", "200", {NULL}},
    {"9111-4.4-02", "PUT https://h/a", "412", {NULL}},
    {"9111-4.4-02", "PUT https://h/a", "500", {NULL}},
    {"9111-4.4-03",
     "POST https://h/a",
     "201\nLocation: /a/1\nContent-Location: https://H:443/x",
     {"https://h/a", "https://h/a/1", "https://h/x"}},
    {"9111-4.4-03",
     "POST https://h/a/b",
     "201\nLocation: ../c?d#e",
     {"https://h/a/b", "https://h/c?d"}},
    {"9111-4.4-03",
     "POST https://h/a",
     "200\nLocation: /a\nContent-Location: /a",
     {"https://h/a"}},
    {"9111-4.4-04",
     "POST https://h/a",
     "201\nLocation: https://g/a\nContent-Location: http://h/a",
     {"https://h/a"}},
    {"9111-4.4-04",
     "POST https://h/a",
     "201\nLocation: https://h:444/a\nContent-Location: //h.x/a",
     {"https://h/a"}},
    {"9111-4.4-04",
     "POST https://h/a",
     "201\nLocation: a b\nContent-Location: mailto:x",
     {"https://h/a"}},
};

static void what_an_unsafe_request_changed_is_invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_asked *asked = scene_ask(rows[i].request);
        struct vb_invalidation to;
        size_t count = 0;

        vb_invalidation_read(&scene_arena, asked, scene_uri(asked),
                             scene_response(rows[i].response, 0, 0), &to);
        while (count < VB_INVALIDATED_MAX && rows[i].uris[count] != NULL)
            count++;
        if (to.uri_count != count)
            fail_msg("%s: %s, %s", rows[i].id, rows[i].request,
                     rows[i].response);
        for (size_t k = 0; k < count; k++)
            assert_span_equal(to.uris[k], rows[i].uris[k]);
    }
}

/* 9875-3-01, 9875-3-02. */
static void groups_are_invalid_after_unsafe_requests_only(void **state)
{
    static const struct {
        const char *request, *response;
        size_t count;
    } cases[] = {
        {"POST https://h/a", "200\nCache-Group-Invalidation: \"a\", \"b\"", 2},
        {"GET https://h/a", "200\nCache-Group-Invalidation: \"a\", \"b\"", 0},
        {"POST https://h/a", "400\nCache-Group-Invalidation: \"a\", \"b\"", 0},
        {"POST https://h/a", "200\nCache-Group-Invalidation: a", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        const struct vb_asked *asked = scene_ask(cases[i].request);
        struct vb_invalidation to;

        vb_invalidation_read(&scene_arena, asked, scene_uri(asked),
                             scene_response(cases[i].response, 0, 0), &to);
        assert_int_equal(to.groups.count, cases[i].count);
        if (cases[i].count > 0)
            assert_span_equal(to.origin, "https://h");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_unsafe_request_changed_is_invalid),
        cmocka_unit_test(groups_are_invalid_after_unsafe_requests_only),
    };

    return cmocka_run_group_tests_name("invalidation", tests, scene_set_up,
                                       scene_tear_down);
}
