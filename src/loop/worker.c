/* A worker: one thread, one libuv loop. See loop.h and worker.h. */
#include "loop/worker.h"

#include <signal.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/datagram.h"

void vb__worker_wake(struct vb__worker *worker)
{
    if (worker->fresh)
        return;
    worker->fresh = true;
    vb_env_set_now(&worker->shown.env, vb_clock_monotonic_ms(),
                   vb_clock_unix_ms());
}

/* --- Work that comes from and goes to other threads ---------------------- */

static void wake_mailbox(struct vb_mailbox *mailbox)
{
    struct vb__worker *worker = mailbox->owner;

    uv_async_send(&worker->async);
}

static void run_mailbox(uv_async_t *async)
{
    struct vb__worker *worker = async->data;

    vb__worker_wake(worker);
    vb_mailbox_run(&worker->shown.mailbox);
    vb__conns_flush(worker);
    vb__datagrams_flush(worker);
    vb__worker_check_end(worker);
}

struct job {
    uv_work_t work;
    struct vb_task *task;
    struct vb__worker *worker;
};

static void job_run(uv_work_t *work)
{
    struct job *job = work->data;

    job->task->run(job->task);
}

static void job_after(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct vb__worker *worker = job->worker;

    (void)status;
    worker->jobs--;
    free(job);
    vb__worker_check_end(worker);
}

static void submit(struct vb_executor *executor, struct vb_task *task)
{
    struct vb_worker *shown =
        VB_CONTAINER(executor, struct vb_worker, executor);
    struct vb__worker *worker = VB_CONTAINER(shown, struct vb__worker, shown);
    struct job *job = malloc(sizeof(*job));

    if (job == NULL) { /* slow, but nothing is lost */
        task->run(task);
        return;
    }
    *job = (struct job){.task = task, .worker = worker};
    job->work.data = job;
    worker->jobs++;
    uv_queue_work(&worker->uv, &job->work, job_run, job_after);
}

/* --- Turns and time ---------------------------------------------------------
 */

static void before_sleep(uv_prepare_t *prepare)
{
    struct vb__worker *worker = prepare->data;

    vb__conns_flush(worker);
    vb__datagrams_flush(worker);
    if (worker->loop->hooks->turn_end != NULL)
        worker->loop->hooks->turn_end(&worker->shown);
    worker->fresh = false;
}

static void turn_wheel(uv_timer_t *timer)
{
    struct vb__worker *worker = timer->data;

    vb__worker_wake(worker);
    vb_wheel_run(&worker->wheel, worker->shown.env.now.mono_ms,
                 vb__conn_timeout, worker);
}

/* --- The end
 * ------------------------------------------------------------------ */

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void vb__worker_check_end(struct vb__worker *worker)
{
    const struct vb_loop_hooks *hooks = worker->loop->hooks;

    if (!worker->stopping || worker->closing || worker->conn_count > 0 ||
        vb__datagrams_count(worker) > 0 || worker->jobs > 0 ||
        !vb_list_empty(&worker->programs) || !vb_list_empty(&worker->dials))
        return;
    if (hooks->worker_idle != NULL && !hooks->worker_idle(&worker->shown))
        return;
    /* What a job has posted at its end is still to come, and comes back here:
     * a read for a download, say, whose connection is gone already. */
    if (!vb_mailbox_is_empty(&worker->shown.mailbox))
        return;
    worker->closing = true;
    uv_stop(&worker->uv);
}

static void grace_over(uv_timer_t *timer)
{
    struct vb__worker *worker = timer->data;

    vb_log(VB_LOG_WARNING, "%u connections did not finish in time",
           worker->conn_count + (unsigned)vb__datagrams_count(worker));
    vb__programs_end(worker);
    vb__dials_end(worker);
    vb__conns_end(worker);
    vb__datagrams_end(worker);
}

static void stop(uv_async_t *async)
{
    struct vb__worker *worker = async->data;

    if (worker->stopping)
        return;
    worker->stopping = true;
    vb__worker_wake(worker);
    vb__listeners_close(worker);
    uv_timer_stop(&worker->resume);
    uv_timer_start(&worker->grace, grace_over, worker->loop->config.grace_ms,
                   0);
    if (worker->loop->hooks->worker_stopping != NULL)
        worker->loop->hooks->worker_stopping(&worker->shown);
    vb__conns_shut_down(worker);
    vb__datagrams_shut_down(worker);
    vb__worker_check_end(worker);
}

/* --- Signals: worker 0 only -------------------------------------------------
 */

static void on_signal(uv_signal_t *handle, int number)
{
    struct vb__worker *worker = handle->data;
    struct vb_loop *loop = worker->loop;

    if (number == SIGHUP) {
        vb__worker_wake(worker);
        if (loop->hooks->reload != NULL)
            loop->hooks->reload(loop->hooks->context, loop);
        return;
    }
    vb_loop_stop(loop);
}

static void watch_signals(struct vb__worker *worker)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&worker->uv, &worker->signals[i]);
        worker->signals[i].data = worker;
        uv_signal_start(&worker->signals[i], on_signal, numbers[i]);
    }
}

/* --- Life
 * ---------------------------------------------------------------------- */

static void init_handles(struct vb__worker *worker)
{
    uv_async_init(&worker->uv, &worker->async, run_mailbox);
    uv_async_init(&worker->uv, &worker->stop, stop);
    uv_prepare_init(&worker->uv, &worker->prepare);
    uv_timer_init(&worker->uv, &worker->timer);
    uv_timer_init(&worker->uv, &worker->grace);
    uv_timer_init(&worker->uv, &worker->resume);
    worker->async.data = worker->stop.data = worker;
    worker->prepare.data = worker->timer.data = worker;
    worker->grace.data = worker->resume.data = worker;
    uv_prepare_start(&worker->prepare, before_sleep);
    uv_timer_start(&worker->timer, turn_wheel, VB_WHEEL_TICK_MS,
                   VB_WHEEL_TICK_MS);
}

enum vb_err vb__worker_init(struct vb__worker *worker, struct vb_loop *loop,
                            unsigned index)
{
    worker->loop = loop;
    worker->shown.index = index;
    worker->shown.executor.submit = submit;
    worker->recv_buffer = malloc(VB_RECV_SIZE);
    if (worker->recv_buffer == NULL || uv_loop_init(&worker->uv) != 0) {
        free(worker->recv_buffer);
        worker->recv_buffer = NULL;
        return VB_ERR_NOMEM;
    }
    vb_env_init(&worker->shown.env, loop->config.limits, NULL);
    vb_mailbox_init(&worker->shown.mailbox, wake_mailbox, worker);
    worker->shown.env.executor = &worker->shown.executor;
    worker->shown.env.mailbox = &worker->shown.mailbox;
    vb_wheel_init(&worker->wheel, vb_clock_monotonic_ms());
    vb__programs_init(worker);
    vb__alarms_init(worker);
    vb__reactor_init(worker);
    vb__dials_init(worker);
    init_handles(worker);
    return VB_OK;
}

void vb__worker_done(struct vb__worker *worker)
{
    if (worker->recv_buffer == NULL)
        return;
    if (!worker->closing) { /* it never ran */
        vb__listeners_close(worker);
        uv_walk(&worker->uv, close_handle, NULL);
        uv_run(&worker->uv, UV_RUN_DEFAULT);
    }
    uv_loop_close(&worker->uv);
    vb__datagrams_close(worker);
    vb_env_done(&worker->shown.env);
    vb_mailbox_done(&worker->shown.mailbox);
    free(worker->listeners);
    free(worker->recv_buffer);
}

/* Worker 0 waits for the others: what it is told by signals is for all. */
static void begin_together(struct vb_loop *loop)
{
    for (unsigned i = 0; i < loop->started; i++)
        while (sem_wait(&loop->ready) != 0)
            ;
    if (atomic_load(&loop->err) == VB_OK && loop->hooks->listening != NULL)
        loop->hooks->listening(loop->hooks->context, loop);
}

void vb__worker_run(struct vb__worker *worker)
{
    struct vb_loop *loop = worker->loop;
    const struct vb_loop_hooks *hooks = loop->hooks;
    int none = VB_OK;

    if (worker->shown.index == 0 && loop->config.signals)
        watch_signals(worker);
    worker->err = hooks->worker_start(hooks->context, &worker->shown);
    if (worker->err != VB_OK) {
        atomic_compare_exchange_strong(&loop->err, &none, (int)worker->err);
        vb_loop_stop(loop);
    }
    if (worker->shown.index != 0)
        sem_post(&loop->ready);
    else
        begin_together(loop);
    uv_run(&worker->uv, UV_RUN_DEFAULT);
    vb__datagrams_stop(worker);
    if (worker->err == VB_OK && hooks->worker_stop != NULL)
        hooks->worker_stop(hooks->context, &worker->shown);
    /* Now that nobody has anything watched or set any more. */
    uv_walk(&worker->uv, close_handle, NULL);
    uv_run(&worker->uv, UV_RUN_DEFAULT);
}
