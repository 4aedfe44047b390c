/* Bytes on their way from one connection to another (src/gateway/pipe.h). */
#include "unit.h"

#include <stdlib.h>

#include "exchange/exchange.h"
#include "gateway/pipe.h"

#define BOUND ((size_t)256 * 1024) /* several blocks */

static struct vb_pool pool;

static int set_up(void **state)
{
    (void)state;
    vb_pool_init(&pool, VB_PIPE_BLOCK, 4);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(pool.lent, 0);
    vb_pool_done(&pool);
    return 0;
}

static unsigned char byte_at(size_t at)
{
    return (unsigned char)(at * 31 + at / 251);
}

static void put_pattern(struct vb_pipe *pipe, size_t from, size_t count)
{
    char bytes[1000];

    while (count > 0) {
        size_t n = count < sizeof(bytes) ? count : sizeof(bytes);

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)byte_at(from + i);
        assert_true(vb_pipe_put(pipe, vb_span_of(bytes, n)));
        from += n;
        count -= n;
    }
}

/* Takes `count` bytes of the pattern out, in pieces of `most`. */
static void take_pattern(struct vb_pipe *pipe, size_t from, size_t count,
                         size_t most)
{
    while (count > 0) {
        struct vb_span front = vb_pipe_front(pipe);
        size_t n = front.len < most ? front.len : most;

        if (n > count)
            n = count;
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal((unsigned char)front.ptr[i], byte_at(from + i));
        vb_pipe_drop(pipe, n);
        from += n;
        count -= n;
    }
}

static void what_goes_in_comes_out_in_order(void **state)
{
    static const size_t pieces[] = {1, 7, 1000, 16 * 1024, BOUND};
    struct vb_pipe pipe;

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        vb_pipe_init(&pipe, &pool, BOUND, false);
        put_pattern(&pipe, 0, 50000);
        take_pattern(&pipe, 0, 20000, pieces[i]);
        put_pattern(&pipe, 50000, 30000);
        take_pattern(&pipe, 20000, 60000, pieces[i]);
        assert_int_equal(vb_pipe_front(&pipe).len, 0);
        assert_int_equal(pipe.held, 0);
        assert_int_equal(pool.lent, 0);
        vb_pipe_done(&pipe);
    }
}

static void
it_is_full_at_its_bound_and_takes_what_comes_all_the_same(void **state)
{
    struct vb_pipe pipe;

    (void)state;
    vb_pipe_init(&pipe, &pool, BOUND, false);
    put_pattern(&pipe, 0, BOUND - 1);
    assert_false(vb_pipe_is_full(&pipe));
    put_pattern(&pipe, BOUND - 1, 5000);
    assert_true(vb_pipe_is_full(&pipe));
    take_pattern(&pipe, 0, 5000, BOUND);
    assert_false(vb_pipe_is_full(&pipe));
    vb_pipe_done(&pipe);
}

static void what_it_keeps_can_be_read_anew(void **state)
{
    struct vb_pipe pipe;

    (void)state;
    vb_pipe_init(&pipe, &pool, BOUND, true);
    put_pattern(&pipe, 0, 40000);
    take_pattern(&pipe, 0, 40000, 3000);
    assert_int_equal(vb_pipe_front(&pipe).len, 0);
    assert_true(vb_pipe_rewind(&pipe));
    take_pattern(&pipe, 0, 10000, 3000);
    put_pattern(&pipe, 40000, 100);
    assert_true(vb_pipe_rewind(&pipe));
    take_pattern(&pipe, 0, 40100, 3000);
    put_pattern(&pipe, 40100, 10);
    take_pattern(&pipe, 40100, 10, 3000);
    vb_pipe_done(&pipe);
}

static void what_it_keeps_gives_way_when_it_is_full(void **state)
{
    struct vb_pipe pipe;

    (void)state;
    vb_pipe_init(&pipe, &pool, BOUND, true);
    put_pattern(&pipe, 0, BOUND);
    take_pattern(&pipe, 0, 30000, 3000);
    assert_false(vb_pipe_is_full(&pipe));
    assert_false(vb_pipe_rewind(&pipe));
    put_pattern(&pipe, BOUND, 30000);
    assert_true(vb_pipe_is_full(&pipe));
    take_pattern(&pipe, 30000, BOUND, 3000);
    assert_int_equal(pipe.held, 0);
    vb_pipe_done(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order),
        cmocka_unit_test(
            it_is_full_at_its_bound_and_takes_what_comes_all_the_same),
        cmocka_unit_test(what_it_keeps_can_be_read_anew),
        cmocka_unit_test(what_it_keeps_gives_way_when_it_is_full),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
