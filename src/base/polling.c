/* A reactor on poll(2). See polling.h. */
#include "base/polling.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

struct watch {
    struct vb_link link;
    struct vb_watched *watched;
    int fd;
    short events;
};

struct set {
    struct vb_link link;
    struct vb_alarm *alarm;
    int64_t due_ms;
};

/* --- descriptors -----------------------------------------------------------
 */

static struct vb_polling *polling_of(struct vb_reactor *reactor)
{
    return VB_CONTAINER(reactor, struct vb_polling, reactor);
}

static enum vb_err watch_for(struct vb_reactor *reactor,
                             struct vb_watched *watched, int fd,
                             unsigned events)
{
    struct vb_polling *polling = polling_of(reactor);
    struct watch *watch = watched->own;

    if (watch == NULL) {
        if (polling->count == VB_POLLING_MOST)
            return VB_ERR_LIMIT;
        watch = malloc(sizeof(*watch));
        if (watch == NULL)
            return VB_ERR_NOMEM;
        watch->watched = watched;
        watched->own = watch;
        vb_list_append(&polling->watches, &watch->link);
        polling->count++;
    }
    watch->fd = fd;
    watch->events = (short)(((events & VB_REACTOR_READ) != 0 ? POLLIN : 0) |
                            ((events & VB_REACTOR_WRITE) != 0 ? POLLOUT : 0));
    return VB_OK;
}

static void unwatch(struct vb_reactor *reactor, struct vb_watched *watched)
{
    struct watch *watch = watched->own;

    if (watch == NULL)
        return;
    watched->own = NULL;
    vb_list_remove(&watch->link);
    polling_of(reactor)->count--;
    free(watch);
}

/* Who is told may end any other watch, and begin new ones. */
static struct watch *watch_on(struct vb_polling *polling, int fd)
{
    for (struct vb_link *link = polling->watches.next;
         link != &polling->watches; link = link->next) {
        struct watch *watch = VB_CONTAINER(link, struct watch, link);

        if (watch->fd == fd)
            return watch;
    }
    return NULL;
}

static void tell_ready(struct vb_polling *polling, const struct pollfd *polled)
{
    struct watch *watch = watch_on(polling, polled->fd);
    unsigned events = 0;

    if (watch == NULL || polled->revents == 0)
        return;
    if ((polled->revents & ~POLLOUT) != 0)
        events |= VB_REACTOR_READ;
    if ((polled->revents & ~POLLIN) != 0)
        events |= VB_REACTOR_WRITE;
    watch->watched->ready(watch->watched, events);
}

/* --- alarms ----------------------------------------------------------------
 */

static enum vb_err set_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm,
                             uint64_t after_ms)
{
    struct vb_polling *polling =
        VB_CONTAINER(alarms, struct vb_polling, alarms);
    struct set *set = malloc(sizeof(*set));

    if (set == NULL)
        return VB_ERR_NOMEM;
    set->alarm = alarm;
    set->due_ms = vb_clock_monotonic_ms() + (int64_t)after_ms;
    alarm->own = set;
    vb_list_append(&polling->set, &set->link);
    return VB_OK;
}

static void cancel_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm)
{
    struct set *set = alarm->own;

    (void)alarms;
    if (set == NULL)
        return;
    alarm->own = NULL;
    vb_list_remove(&set->link);
    free(set);
}

/* The one that is due first; NULL: none is set. */
static struct set *first_due(const struct vb_polling *polling)
{
    struct set *first = NULL;

    for (struct vb_link *link = polling->set.next; link != &polling->set;
         link = link->next) {
        struct set *set = VB_CONTAINER(link, struct set, link);

        if (first == NULL || set->due_ms < first->due_ms)
            first = set;
    }
    return first;
}

static void ring_those_due(struct vb_polling *polling)
{
    struct set *set = first_due(polling);

    while (set != NULL && set->due_ms <= vb_clock_monotonic_ms()) {
        struct vb_alarm *alarm = set->alarm;

        cancel_alarm(&polling->alarms, alarm);
        alarm->ring(alarm);
        set = first_due(polling);
    }
}

/* --- turns -----------------------------------------------------------------
 */

enum vb_err vb_polling_init(struct vb_polling *polling)
{
    *polling = (struct vb_polling){
        .alarms = {set_alarm, cancel_alarm},
        .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    polling->reactor = (struct vb_reactor){
        .watch = watch_for, .unwatch = unwatch, .alarms = &polling->alarms};
    vb_list_init(&polling->watches);
    vb_list_init(&polling->set);
    return polling->wake >= 0 ? VB_OK : VB_ERR_IO;
}

void vb_polling_done(struct vb_polling *polling)
{
    if (polling->wake >= 0)
        close(polling->wake);
    polling->wake = -1;
}

void vb_polling_wake(struct vb_polling *polling)
{
    (void)eventfd_write(polling->wake, 1);
}

static int wait_at_most(const struct vb_polling *polling, int timeout_ms)
{
    const struct set *first = first_due(polling);
    int64_t left;

    if (first == NULL)
        return timeout_ms;
    left = first->due_ms - vb_clock_monotonic_ms();
    if (left < 0)
        left = 0;
    return timeout_ms < 0 || left < timeout_ms ? (int)left : timeout_ms;
}

bool vb_polling_turn(struct vb_polling *polling, int timeout_ms)
{
    struct pollfd polled[1 + VB_POLLING_MOST];
    nfds_t count = 0;
    eventfd_t woken;
    int n;

    polled[count++] = (struct pollfd){.fd = polling->wake, .events = POLLIN};
    for (struct vb_link *link = polling->watches.next;
         link != &polling->watches; link = link->next) {
        const struct watch *watch = VB_CONTAINER(link, struct watch, link);

        polled[count++] =
            (struct pollfd){.fd = watch->fd, .events = watch->events};
    }
    n = poll(polled, count, wait_at_most(polling, timeout_ms));
    for (nfds_t i = 1; n > 0 && i < count; i++)
        tell_ready(polling, &polled[i]);
    (void)eventfd_read(polling->wake, &woken);
    ring_those_due(polling);
    return n > 0;
}
