/* Sessions: their records, and when they are over. */
#include "unit.h"

#include "access/session.h"

static const struct vb_session_rules rules = {.idle_s = 160,
                                              .lifetime_s = 1000};

static void a_session_reads_back_and_its_record_holds_no_secret(void **state)
{
    struct vb_session made, *read;
    char text[VB_OPAQUE_LEN];
    struct vb_record record = {.revision = 7};
    struct vb_arena arena;
    struct vb_change put;

    (void)state;
    vb_arena_init(&arena, 4096, 65536);
    vb_session_make(&made, text, 5000);
    made.account = VB_SPAN("/people/\"7\"");
    memset(made.mark, 'm', sizeof(made.mark));
    put = vb_session_put(&arena, &made, 5000, VB_EXPECT_UNUSED);
    assert_true(memmem(put.content.ptr, put.content.len, text, sizeof(text)) ==
                NULL);
    assert_span_equal(put.parent, "sessions:/people/\"7\"");
    record.content = put.content;
    read = vb_session_read(&record);
    assert_non_null(read);
    assert_memory_equal(read->hash, made.hash, sizeof(made.hash));
    assert_memory_equal(read->id, made.id, sizeof(made.id));
    assert_memory_equal(read->data, made.data, sizeof(made.data));
    assert_memory_equal(read->mark, made.mark, sizeof(made.mark));
    assert_span_equal(read->account, "/people/\"7\"");
    assert_int_equal(read->created_ms, 5000);
    assert_int_equal(read->seen_ms, 5000);
    assert_int_equal(read->revision, 7);
    vb_session_unref(read);
    vb_arena_done(&arena);
}

static void a_record_that_is_damaged_is_none(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"hash\":1}",
        "{\"hash\":\"AAAA\",\"mark\":\"AAAA\",\"data\":\"\",\"account\":\"\","
        "\"created\":1,\"seen\":1}",
        "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\","
        "\"data\":\"01234567890123456789\",\"account\":\"\","
        "\"created\":\"1\",\"seen\":1}",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_record record = {.content = vb_span_str(rows[i])};

        assert_null(vb_session_read(&record));
    }
}

static void it_is_over_when_idle_or_at_its_end(void **state)
{
    static const struct {
        int64_t created, seen, expires;
    } rows[] = {
        {0, 0, 160000},
        {0, 500000, 660000},
        {0, 900000, 1000000}, /* however busy */
        {0, 1000000, 1000000},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_session session = {.created_ms = rows[i].created,
                                     .seen_ms = rows[i].seen};

        assert_int_equal(vb_session_expires(&session, &rules), rows[i].expires);
    }
}

static void it_is_written_down_as_seen_once_in_a_while(void **state)
{
    const struct vb_session_rules short_one = {.idle_s = 2, .lifetime_s = 9};
    struct vb_session session = {.seen_ms = 1000};

    (void)state;
    assert_false(vb_session_is_due(&session, &rules, 1000));
    assert_false(vb_session_is_due(&session, &rules, 10999));
    assert_true(vb_session_is_due(&session, &rules, 11000));
    assert_false(vb_session_is_due(&session, &short_one, 1999));
    assert_true(vb_session_is_due(&session, &short_one, 2000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_reads_back_and_its_record_holds_no_secret),
        cmocka_unit_test(a_record_that_is_damaged_is_none),
        cmocka_unit_test(it_is_over_when_idle_or_at_its_end),
        cmocka_unit_test(it_is_written_down_as_seen_once_in_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
