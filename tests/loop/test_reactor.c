/* How a worker watches descriptors for others. */
#include "scene.h"

#include <unistd.h>

static struct {
    int pipe[2];
    struct vb_watched watched;
    int told_to_write, told_to_read;
} seen;

static void ready(struct vb_watched *watched, unsigned events)
{
    struct scene *s = watched->context;
    struct vb_reactor *reactor = &s->worker->reactor;
    char byte;

    if ((events & VB_REACTOR_WRITE) != 0) {
        /* Another descriptor takes its place. */
        seen.told_to_write++;
        assert_int_equal(write(seen.pipe[1], "x", 1), 1);
        assert_int_equal(
            reactor->watch(reactor, watched, seen.pipe[0], VB_REACTOR_READ),
            VB_OK);
        return;
    }
    if (++seen.told_to_read < 2)
        return; /* it is told again */
    assert_int_equal(read(seen.pipe[0], &byte, 1), 1);
    reactor->unwatch(reactor, watched);
    assert_null(watched->own);
    close(seen.pipe[0]);
    close(seen.pipe[1]);
    after(s, 20, stop_at);
}

static void begin(struct scene *s)
{
    assert_int_equal(pipe(seen.pipe), 0);
    seen.watched = (struct vb_watched){.ready = ready, .context = s};
    assert_int_equal(s->worker->reactor.watch(&s->worker->reactor,
                                              &seen.watched, seen.pipe[1],
                                              VB_REACTOR_WRITE),
                     VB_OK);
}

static void descriptors_are_watched_until_they_are_not(void **state)
{
    struct scene s = {.begin = begin};

    (void)state;
    play(&s);
    assert_int_equal(seen.told_to_write, 1);
    assert_int_equal(seen.told_to_read, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_watched_until_they_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
