/* The rules of resource/cursor.h: where a page begins, sealed. */
#include "unit.h"

#include "resource/cursor.h"

static const struct vb_hash_key secret = {1, 2};
static const struct vb_hash_key other = {1, 3};

static bool read(struct vb_arena *arena, struct vb_span text, const char *scope,
                 const struct vb_hash_key *key, struct vb_cursor *ret)
{
    return vb_cursor_parse(arena, text, vb_span_str(scope), key, ret);
}

static void expect_same(uint64_t position, const char *key, bool backward)
{
    const struct vb_cursor cursor = {position, vb_span_str(key), backward};
    struct vb_cursor back = {0};
    struct vb_arena arena;
    struct vb_buf text;

    vb_arena_init(&arena, 1024, 4096);
    vb_buf_init(&text, 1000);
    vb_cursor_write(&text, &cursor, VB_SPAN("/books"), &secret);
    assert_true(read(&arena, vb_buf_span(&text), "/books", &secret, &back));
    assert_true(back.position == position);
    assert_span_equal(back.key, key);
    assert_int_equal(back.backward, backward);
    /* Another listing's, another store's, or another text. */
    assert_false(read(&arena, vb_buf_span(&text), "/b", &secret, &back));
    assert_false(read(&arena, vb_buf_span(&text), "/books", &other, &back));
    text.ptr[3] ^= 1;
    assert_false(read(&arena, vb_buf_span(&text), "/books", &secret, &back));
    vb_buf_done(&text);
    vb_arena_done(&arena);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    expect_same(0, "", false);
    expect_same(7, "", true);
    expect_same(7, "Earthsea", false);
}

/* Where several instances write, positions are as large as moments. */
static void large_positions_are_read_as_well(void **state)
{
    (void)state;
    expect_same(UINT64_C(1) << 62, "", true);
    expect_same(INT64_MAX, "", false);
    expect_same(INT64_MAX, "Earthsea", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(large_positions_are_read_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
