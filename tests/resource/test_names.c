/* What the server makes up: names of members, and cursors. */
#include "unit.h"

#include "base/span.h"
#include "resource/cursor.h"
#include "resource/id.h"

/* RFC 9562 section 5.7: 48 bits of time, version 7, variant 10. */
static void uuids_are_of_version_7_and_sort_by_time(void **state)
{
    char first[VB_UUID_LEN], later[VB_UUID_LEN];

    (void)state;
    vb_id_uuid7(INT64_C(0x017F22E279B0), first);
    vb_id_uuid7(INT64_C(0x017F22E279B1), later);
    assert_memory_equal(first, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", first[19]));
    assert_int_equal(first[18], '-');
    assert_int_equal(first[23], '-');
    assert_true(memcmp(first, later, VB_UUID_LEN) < 0);
}

static void short_ids_sort_by_time_and_are_not_guessed(void **state)
{
    char first[VB_SHORT_ID_LEN], again[VB_SHORT_ID_LEN];
    char later[VB_SHORT_ID_LEN];

    (void)state;
    vb_id_short(1000, first);
    vb_id_short(1000, again);
    vb_id_short(1001, later);
    assert_memory_equal(first, again, 9);
    assert_memory_not_equal(first, again, VB_SHORT_ID_LEN);
    assert_true(memcmp(first, later, VB_SHORT_ID_LEN) < 0);
    for (int i = 0; i < VB_SHORT_ID_LEN; i++)
        assert_non_null(strchr("0123456789abcdefghijklmnopqrstuv", first[i]));
}

static const struct vb_span scope = VB_SPAN_INIT("/books");
static const struct vb_hash_key secret = {3, 9}, other = {3, 8};

static void a_cursor_comes_back_as_it_was_and_only_to_its_listing(void **state)
{
    const struct vb_cursor rows[] = {
        {0, VB_SPAN(""), false},
        {1, VB_SPAN(""), true},
        {123456789, VB_SPAN("key"), false},
        {UINT64_MAX >> 1, VB_SPAN("\0\xff\0 of any bytes"), true}};
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 65536);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_cursor back;
        struct vb_span made;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_cursor_write(&text, &rows[i], scope, &secret);
        made = vb_buf_span(&text);
        assert_true(vb_cursor_parse(&arena, made, scope, &secret, &back));
        assert_true(back.position == rows[i].position);
        assert_true(vb_span_eq(back.key, rows[i].key));
        assert_int_equal(back.backward, rows[i].backward);
        assert_false(
            vb_cursor_parse(&arena, made, VB_SPAN("/authors"), &secret, &back));
        assert_false(vb_cursor_parse(&arena, made, scope, &other, &back));
        assert_false(vb_cursor_parse(&arena, vb_span_head(made, made.len - 1),
                                     scope, &secret, &back));
        vb_buf_done(&text);
    }
    vb_arena_done(&arena);
}

static void a_changed_cursor_is_refused(void **state)
{
    const struct vb_cursor cursor = {42, VB_SPAN("sorted"), false};
    struct vb_cursor back;
    struct vb_arena arena;
    struct vb_buf text;

    (void)state;
    vb_arena_init(&arena, 4096, 65536);
    vb_buf_init(&text, 4096);
    vb_cursor_write(&text, &cursor, scope, &secret);
    for (size_t i = 0; i < text.len; i++) {
        char was = text.ptr[i];

        text.ptr[i] = was == '0' ? '1' : '0';
        assert_false(
            vb_cursor_parse(&arena, vb_buf_span(&text), scope, &secret, &back));
        text.ptr[i] = was;
    }
    vb_buf_done(&text);
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_are_of_version_7_and_sort_by_time),
        cmocka_unit_test(short_ids_sort_by_time_and_are_not_guessed),
        cmocka_unit_test(a_cursor_comes_back_as_it_was_and_only_to_its_listing),
        cmocka_unit_test(a_changed_cursor_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
