/* A worker's alarms (base/alarm.h): a timer of libuv each. */
#include <stdlib.h>

#include "loop/worker.h"

struct set {
    uv_timer_t timer;
    struct vb_alarm *alarm;
    struct vb__worker *worker;
};

static struct vb__worker *worker_of(struct vb_alarms *alarms)
{
    struct vb_worker *shown = VB_CONTAINER(alarms, struct vb_worker, alarms);

    return VB_CONTAINER(shown, struct vb__worker, shown);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* The alarm is the caller's again. */
static void take_off(struct set *set)
{
    set->alarm->own = NULL;
    uv_close((uv_handle_t *)&set->timer, closed);
}

static void ring(uv_timer_t *timer)
{
    struct set *set = timer->data;
    struct vb_alarm *alarm = set->alarm;

    vb__worker_wake(set->worker);
    take_off(set);
    alarm->ring(alarm);
}

static enum vb_err set_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm,
                             uint64_t after_ms)
{
    struct vb__worker *worker = worker_of(alarms);
    struct set *set = malloc(sizeof(*set));

    if (set == NULL)
        return VB_ERR_NOMEM;
    set->alarm = alarm;
    set->worker = worker;
    alarm->own = set;
    uv_timer_init(&worker->uv, &set->timer);
    set->timer.data = set;
    uv_update_time(&worker->uv);
    uv_timer_start(&set->timer, ring, after_ms, 0);
    return VB_OK;
}

static void cancel_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm)
{
    (void)alarms;
    if (alarm->own != NULL)
        take_off(alarm->own);
}

void vb__alarms_init(struct vb__worker *worker)
{
    worker->shown.alarms = (struct vb_alarms){set_alarm, cancel_alarm};
}
