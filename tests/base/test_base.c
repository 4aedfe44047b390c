/* The rules of src/base that the other rooms lean on. */
#include "unit.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/read_at.h"
#include "base/span.h"
#include "base/task.h"

static void numbers_are_written_in_digits(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {10, "10"},
                {200, "200"},
                {UINT64_MAX, "18446744073709551615"}};
    char text[VB_DECIMAL_MAX];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_span_equal(vb_span_of(text, vb_decimal(rows[i].n, text)),
                          rows[i].text);
}

static void span_reads_decimal_within_int64(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t n;
    } rows[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1a", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        int64_t n = -7;

        assert_int_equal(vb_span_i64(vb_span_str(rows[i].text), &n),
                         rows[i].ok);
        assert_int_equal(n, rows[i].ok ? rows[i].n : -7);
    }
}

static void span_compares_and_cuts(void **state)
{
    (void)state;
    assert_true(vb_span_ieq(VB_SPAN("Content-TYPE"), VB_SPAN("content-type")));
    assert_false(vb_span_ieq(VB_SPAN("["), VB_SPAN("{")));
    assert_true(vb_span_eq(vb_span_trim(VB_SPAN(" \ta b\t ")), VB_SPAN("a b")));
    assert_int_equal(vb_span_trim(VB_SPAN(" \t ")).len, 0);
    assert_true(vb_span_cmp(VB_SPAN("ab"), VB_SPAN("abc")) < 0);
    assert_true(vb_span_cmp(VB_SPAN("b"), VB_SPAN("abc")) > 0);
    assert_int_equal(vb_span_find(VB_SPAN("a,b,c"), ',', 2), 3);
    assert_int_equal(vb_span_find(VB_SPAN("a"), ',', 9), -1);
}

static void arena_refuses_past_its_limit_and_stays_refusing(void **state)
{
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 256, 1024);
    assert_non_null(vb_arena_alloc(&arena, 200));
    assert_non_null(vb_arena_alloc(&arena, 700));
    assert_null(vb_arena_alloc(&arena, 200));
    assert_null(vb_arena_alloc(&arena, 1));
    assert_true(arena.failed);
    vb_arena_reset(&arena);
    assert_false(arena.failed);
    assert_int_equal(arena.total, 256);
    assert_null(vb_arena_calloc(&arena, SIZE_MAX / 2, 3));
    vb_arena_done(&arena);
}

static void buffer_over_foreign_memory_never_grows(void **state)
{
    char memory[4];
    struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

    (void)state;
    vb_buf_str(&buf, "abcd");
    assert_int_equal(buf.err, VB_OK);
    vb_buf_char(&buf, 'e');
    assert_int_equal(buf.err, VB_ERR_LIMIT);
    assert_ptr_equal(buf.ptr, memory);
    assert_memory_equal(memory, "abcd", 4);
}

static void arena_borrows_usual_blocks_and_returns_them(void **state)
{
    struct vb_pool pool;
    struct vb_arena arena;

    (void)state;
    vb_pool_init(&pool, 512, 2);
    vb_arena_init_pooled(&arena, &pool, 4096);
    assert_non_null(vb_arena_alloc(&arena, 16));
    assert_int_equal(pool.lent, 1);
    assert_non_null(vb_arena_alloc(&arena, 2000)); /* not a usual block */
    assert_int_equal(pool.lent, 1);
    assert_non_null(vb_arena_alloc(&arena, 400));
    assert_int_equal(pool.lent, 2);
    vb_arena_reset(&arena);
    assert_int_equal(pool.lent, 1);
    vb_arena_done(&arena);
    assert_int_equal(pool.lent, 0);
    assert_int_equal(pool.free_count, 2);
    vb_pool_done(&pool);
}

static void buffer_keeps_its_bound(void **state)
{
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 10);
    vb_buf_i64(&buf, INT64_MIN + 1);
    assert_int_equal(buf.err, VB_ERR_LIMIT);
    vb_buf_reset(&buf);
    vb_buf_i64(&buf, -120);
    vb_buf_str(&buf, "abcdef");
    assert_int_equal(buf.err, VB_OK);
    vb_buf_consume(&buf, 4);
    assert_true(vb_span_eq(vb_buf_span(&buf), VB_SPAN("abcdef")));
    vb_buf_done(&buf);
}

/* The reference vector of SipHash-1-3: key 00..0f, input 00..07. */
static void hash_is_siphash_1_3(void **state)
{
    const struct vb_hash_key key = {0x0706050403020100ULL,
                                    0x0f0e0d0c0b0a0908ULL};
    const struct vb_hash_key other = {1, 2};

    (void)state;
    assert_true(vb_hash(&key, VB_SPAN("")) == 0xabac0158050fc4dcULL);
    assert_true(vb_hash(&key, VB_SPAN("abc")) !=
                vb_hash(&other, VB_SPAN("abc")));
    assert_true(vb_hash(&key, VB_SPAN("abcdefgh")) !=
                vb_hash(&key, VB_SPAN("abcdefgi")));
}

static void hash_key_of_the_process_is_one_and_random(void **state)
{
    const struct vb_hash_key *key = vb_hash_key_shared();

    (void)state;
    assert_ptr_equal(key, vb_hash_key_shared());
    assert_true(key->k0 != 0 || key->k1 != 0);
}

static void errors_have_texts(void **state)
{
    (void)state;
    assert_string_equal(vb_err_text(VB_ERR_NOSPACE), "no space left");
    assert_string_equal(vb_err_text((enum vb_err) - 999), "unknown error");
    assert_true(VB_ERR_NOMEM < 0);
}

static void log_quoting_leaves_one_harmless_line(void **state)
{
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 100);
    vb_log_quoted(&buf, VB_SPAN("a\n\"\x7f\xc3"));
    assert_true(
        vb_span_eq(vb_buf_span(&buf), VB_SPAN("a\\x0A\\x22\\x7F\\xC3")));
    vb_buf_done(&buf);
}

static int wakes;

static void count_wake(struct vb_mailbox *mailbox)
{
    (void)mailbox;
    wakes++;
}

struct numbered {
    struct vb_task task;
    int *log;
};

static void append_number(struct vb_task *task)
{
    struct numbered *n = VB_CONTAINER(task, struct numbered, task);

    *n->log = *n->log * 10 + 1;
}

static void mailbox_wakes_once_and_runs_in_order(void **state)
{
    struct vb_mailbox mailbox;
    int log = 0;
    struct numbered a = {{NULL, append_number}, &log};
    struct numbered b = {{NULL, append_number}, &log};

    (void)state;
    wakes = 0;
    vb_mailbox_init(&mailbox, count_wake, NULL);
    vb_mailbox_post(&mailbox, &a.task);
    vb_mailbox_post(&mailbox, &b.task);
    assert_int_equal(wakes, 1);
    assert_int_equal(vb_mailbox_run(&mailbox), 2);
    assert_int_equal(log, 11);
    assert_int_equal(vb_mailbox_run(&mailbox), 0);
    vb_mailbox_done(&mailbox);
}

static void mailbox_takes_several_with_one_wake(void **state)
{
    struct vb_mailbox mailbox;
    int log = 0;
    struct numbered tasks[4] = {{{NULL, append_number}, &log},
                                {{NULL, append_number}, &log},
                                {{NULL, append_number}, &log},
                                {{NULL, append_number}, &log}};

    (void)state;
    wakes = 0;
    vb_mailbox_init(&mailbox, count_wake, NULL);
    tasks[0].task.next = &tasks[1].task;
    tasks[1].task.next = &tasks[2].task;
    vb_mailbox_post_list(&mailbox, &tasks[0].task, &tasks[2].task);
    vb_mailbox_post(&mailbox, &tasks[3].task);
    assert_int_equal(wakes, 1);
    assert_int_equal(vb_mailbox_run(&mailbox), 4);
    assert_int_equal(log, 1111);
    vb_mailbox_done(&mailbox);
}
static void a_part_of_a_file_is_read_up_to_its_end(void **state)
{
    char bytes[8] = "";
    int fd = memfd_create("file", MFD_CLOEXEC);

    (void)state;
    assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(vb_read_at(fd, bytes, 4, 3), 4);
    assert_memory_equal(bytes, "3456", 4);
    assert_int_equal(vb_read_at(fd, bytes, 8, 7), 3);
    assert_memory_equal(bytes, "789", 3);
    assert_int_equal(vb_read_at(fd, bytes, 8, 10), 0);
    close(fd);
    assert_int_equal(vb_read_at(-1, bytes, 1, 0), -1);
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_digits),
        cmocka_unit_test(span_reads_decimal_within_int64),
        cmocka_unit_test(span_compares_and_cuts),
        cmocka_unit_test(arena_refuses_past_its_limit_and_stays_refusing),
        cmocka_unit_test(buffer_over_foreign_memory_never_grows),
        cmocka_unit_test(arena_borrows_usual_blocks_and_returns_them),
        cmocka_unit_test(buffer_keeps_its_bound),
        cmocka_unit_test(hash_is_siphash_1_3),
        cmocka_unit_test(hash_key_of_the_process_is_one_and_random),
        cmocka_unit_test(errors_have_texts),
        cmocka_unit_test(log_quoting_leaves_one_harmless_line),
        cmocka_unit_test(mailbox_wakes_once_and_runs_in_order),
        cmocka_unit_test(mailbox_takes_several_with_one_wake),
        cmocka_unit_test(a_part_of_a_file_is_read_up_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
