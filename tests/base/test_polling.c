/* A reactor on poll(2). */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/polling.h"

struct stage {
    struct vb_polling polling;
    int pipe[2];
    struct vb_watched watched;
    struct vb_alarm alarms[3];
    unsigned told;
    int rung[3];
    int count;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_int_equal(vb_polling_init(&stage->polling), VB_OK);
    assert_int_equal(pipe(stage->pipe), 0);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    vb_polling_done(&stage->polling);
    close(stage->pipe[0]);
    close(stage->pipe[1]);
    free(stage);
    return 0;
}

static void ready(struct vb_watched *watched, unsigned events)
{
    struct stage *stage = watched->context;

    stage->told |= events;
}

static void watch(struct stage *stage, int fd, unsigned events)
{
    stage->watched.ready = ready;
    stage->watched.context = stage;
    assert_int_equal(stage->polling.reactor.watch(&stage->polling.reactor,
                                                  &stage->watched, fd, events),
                     VB_OK);
}

static void unwatch(struct stage *stage)
{
    stage->polling.reactor.unwatch(&stage->polling.reactor, &stage->watched);
}

static void what_is_ready_is_told_until_it_is_seen_to(void **state)
{
    struct stage *stage = *state;
    char byte;

    watch(stage, stage->pipe[0], VB_REACTOR_READ);
    assert_false(vb_polling_turn(&stage->polling, 0));
    assert_int_equal(stage->told, 0);
    assert_int_equal(write(stage->pipe[1], "x", 1), 1);
    for (int i = 0; i < 2; i++) {
        stage->told = 0;
        assert_true(vb_polling_turn(&stage->polling, 1000));
        assert_int_equal(stage->told, VB_REACTOR_READ);
    }
    assert_int_equal(read(stage->pipe[0], &byte, 1), 1);
    assert_false(vb_polling_turn(&stage->polling, 0));
    unwatch(stage);
}

static void what_is_watched_for_can_change(void **state)
{
    struct stage *stage = *state;

    watch(stage, stage->pipe[0], VB_REACTOR_READ);
    watch(stage, stage->pipe[1], VB_REACTOR_WRITE);
    assert_true(vb_polling_turn(&stage->polling, 1000));
    assert_int_equal(stage->told, VB_REACTOR_WRITE);
    unwatch(stage);
    assert_null(stage->watched.own);
    assert_false(vb_polling_turn(&stage->polling, 0));
    unwatch(stage); /* harmless */
}

static void an_end_is_told_as_ready(void **state)
{
    struct stage *stage = *state;

    watch(stage, stage->pipe[0], VB_REACTOR_READ);
    close(stage->pipe[1]);
    stage->pipe[1] = -1;
    assert_true(vb_polling_turn(&stage->polling, 1000));
    assert_true(stage->told & VB_REACTOR_READ);
    unwatch(stage);
}

/* --- alarms ----------------------------------------------------------------
 */

static void ring(struct vb_alarm *alarm)
{
    struct stage *stage = alarm->context;

    stage->rung[stage->count++] = (int)(alarm - stage->alarms);
}

static void set(struct stage *stage, int i, uint64_t after_ms)
{
    stage->alarms[i].ring = ring;
    stage->alarms[i].context = stage;
    assert_int_equal(stage->polling.alarms.set(&stage->polling.alarms,
                                               &stage->alarms[i], after_ms),
                     VB_OK);
}

static void alarms_ring_once_in_the_order_of_their_times(void **state)
{
    struct stage *stage = *state;
    int64_t began = vb_clock_monotonic_ms();

    set(stage, 0, 30);
    set(stage, 1, 10);
    set(stage, 2, 20);
    stage->polling.alarms.cancel(&stage->polling.alarms, &stage->alarms[2]);
    while (stage->count < 2)
        (void)vb_polling_turn(&stage->polling, 1000);
    assert_true(vb_clock_monotonic_ms() - began >= 30);
    assert_int_equal(stage->rung[0], 1);
    assert_int_equal(stage->rung[1], 0);
    assert_false(vb_polling_turn(&stage->polling, 20));
    assert_int_equal(stage->count, 2);
    assert_null(stage->alarms[0].own);
}

/* --- waking ----------------------------------------------------------------
 */

static void *wake_later(void *context)
{
    struct stage *stage = context;

    usleep(10000);
    vb_polling_wake(&stage->polling);
    return NULL;
}

static void another_thread_ends_the_turn(void **state)
{
    struct stage *stage = *state;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, wake_later, stage), 0);
    assert_true(vb_polling_turn(&stage->polling, -1));
    pthread_join(thread, NULL);
    assert_false(vb_polling_turn(&stage->polling, 0));
}

static void no_more_are_watched_than_there_is_room_for(void **state)
{
    struct stage *stage = *state;
    struct vb_reactor *reactor = &stage->polling.reactor;
    struct vb_watched many[VB_POLLING_MOST + 1] = {0};

    for (int i = 0; i <= VB_POLLING_MOST; i++)
        assert_int_equal(
            reactor->watch(reactor, &many[i], stage->pipe[0], VB_REACTOR_READ),
            i < VB_POLLING_MOST ? VB_OK : VB_ERR_LIMIT);
    for (int i = 0; i <= VB_POLLING_MOST; i++)
        reactor->unwatch(reactor, &many[i]);
}

#define polling_test(function)                                                 \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        polling_test(what_is_ready_is_told_until_it_is_seen_to),
        polling_test(what_is_watched_for_can_change),
        polling_test(an_end_is_told_as_ready),
        polling_test(alarms_ring_once_in_the_order_of_their_times),
        polling_test(another_thread_ends_the_turn),
        polling_test(no_more_are_watched_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
