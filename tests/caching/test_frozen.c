/* The rules of src/caching/frozen.h. */
#include "scene.h"

#include "caching/frozen.h"

static struct vb_stored_response *sample(void)
{
    return scene_store(
        scene_ask("GET https://h/a\nAccept: a/b, c/d"),
        scene_response("200\nCache-Control: max-age=60, immutable, "
                       "stale-while-revalidate=3, stale-if-error=4"
                       "\nETag: \"a\"\nVary: Accept\nContent-Type: text/plain"
                       "\nLast-Modified: Sun, 06 Nov 1994 07:00:00 GMT"
                       "\nContent-Encoding: gzip\nAge: 3\nX-A: 1\nX-A: 2"
                       "\nCache-Groups: \"g\", \"h\"\nCache-Status: o; hit",
                       NOON_MS, NOON_MS),
        "content");
}

static struct vb_span freeze(const struct vb_stored_response *stored)
{
    struct vb_span frozen;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 20);
    vb_frozen_write(&buf, stored);
    assert_int_equal(buf.err, VB_OK);
    frozen = vb_arena_dup(&scene_arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return frozen;
}

static void what_is_read_is_what_was_written(void **state)
{
    struct vb_stored_response *stored = sample(), *again;
    struct vb_span frozen = freeze(stored);

    (void)state;
    again = vb_frozen_read(&scene_arena, frozen, stored->content);
    assert_non_null(again);
    assert_true(vb_span_eq(freeze(again), frozen));
    assert_int_equal(again->status, 200);
    assert_int_equal(again->size, stored->size);
    assert_memory_equal(&again->freshness, &stored->freshness,
                        sizeof(again->freshness));
    assert_true(vb_span_eq(again->rep->head, stored->rep->head));
    assert_true(vb_span_eq(again->rep->head_304, stored->rep->head_304));
    assert_span_equal(again->rep->etag, "\"a\"");
    assert_span_equal(again->rep->media_type, "text/plain");
    assert_span_equal(again->rep->content, "content");
    assert_true(again->rep->modified == stored->rep->modified);
    assert_span_equal(again->vary, "accept");
    assert_span_equal(again->values, "accept:a/b,c/d,\n");
    assert_span_equal(again->cache_status, "o;hit");
    assert_span_equal(again->groups[1], "h");
    assert_span_equal(vb_stored_response_date(again), NOON_TEXT);
    vb_stored_response_unref(again);
    vb_stored_response_unref(stored);
}

static void what_is_cut_off_or_goes_on_is_refused(void **state)
{
    struct vb_stored_response *stored = sample();
    struct vb_span frozen = freeze(stored);
    char *copy = vb_arena_calloc(&scene_arena, 1, frozen.len + 1);

    (void)state;
    memcpy(copy, frozen.ptr, frozen.len);
    for (size_t len = 0; len < frozen.len; len++)
        assert_null(vb_frozen_read(&scene_arena, vb_span_of(copy, len),
                                   stored->content));
    assert_null(vb_frozen_read(&scene_arena, vb_span_of(copy, frozen.len + 1),
                               stored->content));
    vb_stored_response_unref(stored);
}

/* Files may hold anything: it is refused, or is a response that can be sent. */
static void what_was_changed_does_no_harm(void **state)
{
    struct vb_stored_response *stored = sample();
    struct vb_span frozen = freeze(stored);
    char *copy = vb_arena_calloc(&scene_arena, 1, frozen.len);
    struct vb_arena arena;

    (void)state;
    memcpy(copy, frozen.ptr, frozen.len);
    vb_arena_init(&arena, 16384, 1 << 20);
    for (size_t i = 0; i < frozen.len * 256; i++) {
        struct vb_stored_response *again;

        vb_arena_reset(&arena);
        copy[i / 256] = (char)i;
        again = vb_frozen_read(&arena, vb_span_of(copy, frozen.len),
                               stored->content);
        copy[i / 256] = frozen.ptr[i / 256];
        if (again == NULL)
            continue;
        for (size_t k = 0; k < again->rep->field_count; k++)
            assert_true(memchr(again->rep->fields[k].value.ptr, '\r',
                               again->rep->fields[k].value.len) == NULL);
        vb_stored_response_unref(again);
    }
    vb_arena_done(&arena);
    vb_stored_response_unref(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(what_is_cut_off_or_goes_on_is_refused),
        cmocka_unit_test(what_was_changed_does_no_harm),
    };

    return cmocka_run_group_tests_name("frozen", tests, scene_set_up,
                                       scene_tear_down);
}
