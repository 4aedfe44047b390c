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

static void a_cursor_comes_back_as_it_was_and_only_to_its_listing(void **state)
{
    const struct vb_span parent = VB_SPAN("/books");
    const struct vb_span epoch = VB_SPAN("k3f9x2bq");
    const struct vb_cursor rows[] = {
        {0, false}, {1, true}, {123456789, false}, {UINT64_MAX >> 1, true}};
    struct vb_cursor back;
    char text[VB_CURSOR_LEN];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span made = vb_span_of(text, sizeof(text));

        vb_cursor_format(&rows[i], parent, epoch, text);
        assert_true(vb_cursor_parse(made, parent, epoch, &back));
        assert_true(back.position == rows[i].position);
        assert_int_equal(back.backward, rows[i].backward);
        assert_false(vb_cursor_parse(made, VB_SPAN("/authors"), epoch, &back));
        assert_false(vb_cursor_parse(made, parent, VB_SPAN("other000"), &back));
        assert_false(
            vb_cursor_parse(vb_span_head(made, 31), parent, epoch, &back));
    }
}

static void a_changed_cursor_is_refused(void **state)
{
    const struct vb_span parent = VB_SPAN("/books");
    const struct vb_span epoch = VB_SPAN("k3f9x2bq");
    const struct vb_cursor cursor = {42, false};
    struct vb_cursor back;
    char text[VB_CURSOR_LEN];

    (void)state;
    vb_cursor_format(&cursor, parent, epoch, text);
    for (int i = 0; i < VB_CURSOR_LEN; i++) {
        char was = text[i];

        text[i] = was == '0' ? '1' : '0';
        assert_false(vb_cursor_parse(vb_span_of(text, sizeof(text)), parent,
                                     epoch, &back));
        text[i] = was;
    }
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
