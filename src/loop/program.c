/*
 * Programs that run for a worker: its runner (exchange/run.h).
 *
 *     input ─▶ stdin     stdout ─▶ output     stderr ─▶ the log, line by line
 *
 * A run is over when its process has ended: what that has left behind is killed
 * and not waited for, and what it has written before is still in the pipe.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "loop/spawn.h"
#include "loop/worker.h"

/* Bytes of one line of stderr, and of all that one run may log. */
#define LINE_MOST 512
#define LOG_MOST  8192
/* Bytes read at a time. */
#define PIECE ((size_t)64 * 1024)

enum { TO_STDIN, FROM_STDOUT, FROM_STDERR, ENDING, WATCHED };

struct vb__program {
    struct vb_link link; /* of the worker's programs */
    struct vb__worker *worker;
    struct vb_run *run; /* NULL once it is told */
    struct vb__child child;
    uv_poll_t polls[WATCHED];
    int fds[WATCHED]; /* -1: closed, or never open */
    uv_timer_t timer;
    unsigned handles; /* of libuv, not closed yet */
    bool killed;      /* then `verdict` is the end, whatever it says */
    enum vb_run_end verdict;
    size_t written; /* bytes of the input */
    size_t logged;  /* bytes of stderr */
    char line[LINE_MOST];
    size_t line_len;
};

/* --- life -------------------------------------------------------------------
 */

static void handle_closed(uv_handle_t *handle)
{
    struct vb__program *program = handle->data;
    struct vb__worker *worker = program->worker;

    if (--program->handles > 0)
        return;
    vb_list_remove(&program->link);
    free(program);
    vb__worker_check_end(worker);
}

static void close_poll(struct vb__program *program, int which)
{
    if (program->fds[which] < 0)
        return;
    uv_close((uv_handle_t *)&program->polls[which], handle_closed);
    close(program->fds[which]);
    program->fds[which] = -1;
}

static void watch(struct vb__program *program, int which, int fd, int events,
                  uv_poll_cb ready)
{
    uv_poll_t *poll = &program->polls[which];

    program->fds[which] = fd;
    poll->data = program;
    program->handles++;
    uv_poll_init(&program->worker->uv, poll, fd);
    uv_poll_start(poll, events, ready);
}

/* Tells how it ended; closing takes another turn of the loop. */
static void finish(struct vb__program *program)
{
    struct vb_run *run = program->run;

    program->run = NULL;
    if (!run->beside)
        atomic_fetch_sub(&program->worker->loop->programs, 1);
    for (int i = 0; i < WATCHED; i++)
        close_poll(program, i);
    uv_close((uv_handle_t *)&program->timer, handle_closed);
    vb__worker_wake(program->worker);
    run->done(run);
}

static void kill_program(struct vb__program *program, enum vb_run_end verdict)
{
    if (program->killed || program->fds[ENDING] < 0)
        return;
    program->killed = true;
    program->verdict = verdict;
    kill(-program->child.pid, SIGKILL);
}

/* --- stdin ------------------------------------------------------------------
 */

/* Who does not read all of it has its reasons: that is no error. */
static void write_input(uv_poll_t *poll, int status, int events)
{
    struct vb__program *program = poll->data;
    struct vb_span rest = vb_span_from(program->run->input, program->written);
    ssize_t n = 0;

    (void)events;
    if (status == 0 && rest.len > 0)
        n = write(program->fds[TO_STDIN], rest.ptr, rest.len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        program->written += (size_t)n;
    if (n <= 0 || (size_t)n == rest.len)
        close_poll(program, TO_STDIN);
}

/* --- stdout -----------------------------------------------------------------
 */

/* True: there may be more. */
static bool read_output_once(struct vb__program *program)
{
    struct vb_buf *output = &program->run->output;
    char bytes[PIECE];
    ssize_t n = read(program->fds[FROM_STDOUT], bytes, sizeof(bytes));

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        close_poll(program, FROM_STDOUT);
        return false;
    }
    vb_buf_append(output, vb_span_of(bytes, (size_t)n));
    if (output->err == VB_OK)
        return true;
    kill_program(program, VB_RUN_OVERFLOW);
    close_poll(program, FROM_STDOUT);
    return false;
}

static void read_output(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_output_once(poll->data);
}

/* --- stderr -----------------------------------------------------------------
 */

static void log_line(struct vb__program *program)
{
    char text[4 * LINE_MOST + 1];
    struct vb_buf quoted = vb_buf_over(text, sizeof(text));

    if (program->line_len == 0)
        return;
    vb_log_quoted(&quoted, vb_span_of(program->line, program->line_len));
    vb_log(VB_LOG_WARNING, "%s: %.*s", program->run->label,
           VB_FMT(vb_buf_span(&quoted)));
    program->line_len = 0;
}

static void log_bytes(struct vb__program *program, struct vb_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (program->logged > LOG_MOST)
            return;
        if (program->logged++ == LOG_MOST) {
            log_line(program);
            vb_log(VB_LOG_WARNING, "%s: (more is not logged)",
                   program->run->label);
            return;
        }
        if (bytes.ptr[i] == '\n' || program->line_len == LINE_MOST)
            log_line(program);
        if (bytes.ptr[i] != '\n')
            program->line[program->line_len++] = bytes.ptr[i];
    }
}

static bool read_errors_once(struct vb__program *program)
{
    char bytes[4096];
    ssize_t n = read(program->fds[FROM_STDERR], bytes, sizeof(bytes));

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        close_poll(program, FROM_STDERR);
        return false;
    }
    log_bytes(program, vb_span_of(bytes, (size_t)n));
    return true;
}

static void read_errors(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_errors_once(poll->data);
}

/* --- the end ----------------------------------------------------------------
 */

static void ended(uv_poll_t *poll, int status, int events)
{
    struct vb__program *program = poll->data;
    /* Who has escaped may write for ever. */
    unsigned most = 1024;

    (void)status;
    (void)events;
    vb__reap(&program->child, program->run);
    while (program->fds[FROM_STDOUT] >= 0 && read_output_once(program))
        ;
    while (program->fds[FROM_STDERR] >= 0 && most-- > 0 &&
           read_errors_once(program))
        ;
    log_line(program);
    if (program->killed)
        program->run->end = program->verdict;
    finish(program);
}

static void time_over(uv_timer_t *timer)
{
    struct vb__program *program = timer->data;

    if (program->fds[ENDING] < 0) /* it never began */
        finish(program);
    else
        kill_program(program, VB_RUN_TIMEOUT);
}

/* --- the runner -------------------------------------------------------------
 */

static struct vb__worker *worker_of(struct vb_runner *runner)
{
    struct vb_worker *shown = VB_CONTAINER(runner, struct vb_worker, runner);

    return VB_CONTAINER(shown, struct vb__worker, shown);
}

static void watch_child(struct vb__program *program)
{
    const struct vb__child *child = &program->child;

    watch(program, TO_STDIN, child->in, UV_WRITABLE, write_input);
    watch(program, FROM_STDOUT, child->out, UV_READABLE, read_output);
    watch(program, FROM_STDERR, child->err, UV_READABLE, read_errors);
    watch(program, ENDING, child->ending, UV_READABLE, ended);
}

/* What cannot be started is told later, like every other end. */
static void start_child(struct vb__program *program)
{
    struct vb_run *run = program->run;
    int err = vb__spawn(run, &program->child);

    if (err == 0) {
        watch_child(program);
    } else {
        run->end = VB_RUN_UNSTARTED;
        run->code = err;
    }
    uv_timer_init(&program->worker->uv, &program->timer);
    program->timer.data = program;
    program->handles++;
    uv_update_time(&program->worker->uv);
    uv_timer_start(&program->timer, time_over,
                   err == 0 ? run->limits->time_ms : 0, 0);
}

static bool take_place(struct vb_loop *loop)
{
    if (atomic_fetch_add(&loop->programs, 1) < loop->config.max_programs)
        return true;
    atomic_fetch_sub(&loop->programs, 1);
    return false;
}

static enum vb_err start(struct vb_runner *runner, struct vb_run *run)
{
    struct vb__worker *worker = worker_of(runner);
    struct vb_loop *loop = worker->loop;
    struct vb__program *program = calloc(1, sizeof(*program));

    if (program == NULL)
        return VB_ERR_NOMEM;
    if (!run->beside && !take_place(loop)) {
        free(program);
        return VB_ERR_BUSY;
    }
    program->worker = worker;
    program->run = run;
    for (int i = 0; i < WATCHED; i++)
        program->fds[i] = -1;
    vb_list_append(&worker->programs, &program->link);
    vb_buf_init(&run->output, run->limits->output);
    run->own = program;
    start_child(program);
    return VB_OK;
}

static void cancel(struct vb_runner *runner, struct vb_run *run)
{
    (void)runner;
    kill_program(run->own, VB_RUN_CANCELLED);
}

void vb__programs_init(struct vb__worker *worker)
{
    vb_list_init(&worker->programs);
    worker->shown.runner = (struct vb_runner){start, cancel};
}

void vb__programs_end(struct vb__worker *worker)
{
    for (struct vb_link *at = worker->programs.next; at != &worker->programs;
         at = at->next)
        kill_program(VB_CONTAINER(at, struct vb__program, link),
                     VB_RUN_CANCELLED);
}
