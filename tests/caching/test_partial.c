/* The rules of src/caching/partial.h: RFC 9111 sections 3.3 and 3.4. */
#include "scene.h"

#include "caching/partial.h"

#define GET "GET https://h/a"
#define OK  "206\nCache-Control: max-age=60\nETag: \"a\"\nContent-Range: "

static const char content[] = "0123456789";

/* 9111-3.3-02, 9110-15.3.7.3-01. */
static void a_part_is_one_range_of_known_bytes_under_a_strong_tag(void **state)
{
    static const struct {
        const char *response;
        bool is_part;
    } rows[] = {
        {OK "bytes 0-4/10", true},
        {OK "BYTES 2-4/10", true},
        {OK "bytes 0-4/*", false},
        {OK "bytes */10", false},
        {OK "lines 0-4/10", false},
        {OK "bytes 0-10/10", false},
        {OK "bytes 4-2/10", false},
        {"206\nETag: W/\"a\"\nContent-Range: bytes 0-4/10", false},
        {"206\nContent-Range: bytes 0-4/10", false},
        {"206\nETag: \"a\"\nContent-Type: multipart/byteranges; boundary=x",
         false},
        {"200\nETag: \"a\"\nContent-Range: bytes 0-4/10", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_part part;
        uint64_t length;

        if (vb_part_read(scene_response(rows[i].response, 0, 0), &part,
                         &length) != rows[i].is_part)
            fail_msg("%s", rows[i].response);
    }
}

static const struct vb_caching_policy policy = {.partial = true};

/* Bytes first to last of the content above, as a response. */
static struct vb_stored_response *part_of(uint64_t first, uint64_t last,
                                          const char *fields)
{
    const struct vb_asked *asked = scene_ask(GET);
    const struct vb_received *received =
        scene_response(vb_arena_printf(&scene_arena, OK "bytes %d-%d/10%s",
                                       (int)first, (int)last, fields)
                           .ptr,
                       NOON_MS, NOON_MS);
    struct vb_kept_content *kept = vb_kept_content_of(
        vb_span_of(content + first, (size_t)(last - first) + 1));
    struct vb_storing storing;
    struct vb_stored_draft draft = {.asked = asked,
                                    .received = received,
                                    .storing = &storing,
                                    .content = kept};
    struct vb_stored_response *stored;
    uint64_t length;

    vb_storing_judge(&policy, &scene_arena, asked, scene_uri(asked), received,
                     &storing);
    assert_int_equal(storing.reason, VB_CACHING_STORABLE);
    assert_true(vb_part_read(received, &draft.part, &length));
    assert_int_equal(length, last - first + 1);
    stored = vb_stored_response_new(&scene_arena, &draft);
    vb_kept_content_unref(kept);
    return stored;
}

/* 9111-3.3-03, 9111-3.3-04. */
static void a_range_is_answered_where_all_of_it_is_there(void **state)
{
    static const struct {
        struct vb_range range;
        const char *bytes;
    } rows[] = {
        {{2, 6}, "23456"}, {{3, 4}, "34"}, {{2, 2}, "2"}, {{1, 4}, ""},
        {{4, 7}, ""},      {{0, 9}, ""},   {{8, 9}, ""},
    };
    struct vb_stored_response *stored = part_of(2, 6, "");

    (void)state;
    assert_int_equal(stored->status, 200);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_span_equal(vb_part_bytes(stored, &rows[i].range), rows[i].bytes);
    vb_stored_response_unref(stored);
}

static void what_is_missing_is_asked_for_where_it_is_one_range(void **state)
{
    static const struct {
        uint64_t first, last;
        bool one;
        struct vb_range range;
    } rows[] = {
        {0, 4, true, {5, 9}}, {3, 9, true, {0, 2}}, {3, 4, false, {0, 0}}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_stored_response *stored =
            part_of(rows[i].first, rows[i].last, "");
        struct vb_range range = {0, 0};

        assert_int_equal(vb_part_missing(stored, &range), rows[i].one);
        assert_int_equal(range.first, rows[i].range.first);
        assert_int_equal(range.last, rows[i].range.last);
        vb_stored_response_unref(stored);
    }
}

/* 9111-3.4-01, 9111-3.4-02, 9110-15.3.7.3-02: every two parts. */
static void parts_that_touch_are_combined(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10 * 10 * 10 * 10; i++) {
        uint64_t a = i % 10, b = i / 10 % 10, c = i / 100 % 10,
                 d = i / 1000 % 10;
        uint64_t first = a < c ? a : c, last = b > d ? b : d;
        struct vb_stored_response *one, *two, *both;

        if (a > b || c > d)
            continue;
        one = part_of(a, b, "\nX: 1");
        two = part_of(c, d, "\nX: 2");
        both = vb_part_combine(one, two);
        assert_int_equal(both != NULL, c <= b + 1 && a <= d + 1);
        if (both != NULL) {
            bool whole = first == 0 && last == 9;

            assert_int_equal(both->content->len, last - first + 1);
            assert_memory_equal(both->content->bytes, content + first,
                                last - first + 1);
            assert_int_equal(both->rep->length, 10);
            assert_int_equal(both->rep->streamed, !whole);
            assert_int_equal(both->part.first, first);
            assert_int_equal(both->part.complete, whole ? 0 : 10);
            assert_true(scene_has_line(both, "X: 2"));
        }
        vb_stored_response_unref(one);
        vb_stored_response_unref(two);
        vb_stored_response_unref(both);
        if (i % 100 == 0)
            vb_arena_reset(&scene_arena);
    }
}

static void what_is_of_two_states_is_not_combined(void **state)
{
    struct vb_stored_response *one = part_of(0, 4, "");
    struct vb_stored_response *two = part_of(5, 9, "");

    (void)state;
    two->part.complete = 11;
    assert_null(vb_part_combine(one, two));
    two->part.complete = 10;
    /* Another tag, of the same length. */
    ((char *)two->rep->etag.ptr)[1] = 'b';
    assert_null(vb_part_combine(one, two));
    vb_stored_response_unref(one);
    vb_stored_response_unref(two);
}

/* 9111-3.3-05, 9110-15.3.7.3-03: parts come together in the tier, and whole is
 * whole. */
static void parts_become_a_whole_that_is_found_as_one(void **state)
{
    const struct vb_memory_config config = {.budget = 4 << 20,
                                            .max_response = 1 << 20};
    struct vb_memory_tier *tier = vb_memory_new(&config);
    const struct vb_asked *asked = scene_ask(GET);
    struct vb_stored_response *part, *found;
    struct vb_caching_key key, parts;

    (void)state;
    assert_true(
        vb_caching_key_of(&scene_arena, asked->head, VB_SPAN(""), &key));
    assert_true(vb_part_key(&scene_arena, &key, &parts));
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(
            vb_memory_find(tier, &key, &asked->head->fields, &found),
            VB_FOUND_NOTHING);
        part = part_of(2 * i, 2 * i + 1, "");
        assert_true(vb_part_keep(tier, &key, vb_memory_moment(tier), part));
        vb_stored_response_unref(part);
    }
    assert_int_equal(vb_memory_find(tier, &key, &asked->head->fields, &found),
                     VB_FOUND_ONE);
    assert_span_equal(found->rep->content, content);
    assert_int_equal(found->part.complete, 0);
    assert_true(scene_has_line(found, "Content-Length: 10"));
    vb_stored_response_unref(found);
    assert_int_equal(vb_memory_find(tier, &parts, &asked->head->fields, &found),
                     VB_FOUND_NOTHING);
    part = part_of(0, 9, ""); /* a part that is all */
    vb_memory_purge(tier, key.uri);
    assert_true(vb_part_keep(tier, &key, vb_memory_moment(tier), part));
    vb_stored_response_unref(part);
    assert_int_equal(vb_memory_find(tier, &key, &asked->head->fields, &found),
                     VB_FOUND_ONE);
    vb_stored_response_unref(found);
    vb_memory_free(tier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_one_range_of_known_bytes_under_a_strong_tag),
        cmocka_unit_test(a_range_is_answered_where_all_of_it_is_there),
        cmocka_unit_test(what_is_missing_is_asked_for_where_it_is_one_range),
        cmocka_unit_test(parts_that_touch_are_combined),
        cmocka_unit_test(what_is_of_two_states_is_not_combined),
        cmocka_unit_test(parts_become_a_whole_that_is_found_as_one),
    };

    return cmocka_run_group_tests_name("partial", tests, scene_set_up,
                                       scene_tear_down);
}
