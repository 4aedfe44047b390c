/* Drives a wire as the loop would. See driver.h. */
#include "driver.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "service.h"

#define UNIX_2026 INT64_C(1767225600000)

static struct vb_rep *new_rep(struct vb_span content)
{
    struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("text/plain"),
        .tag_core = VB_SPAN_INIT("k7"),
        .modified = 784111777,
        .content = content,
        .length = content.len,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    assert_non_null(rep);
    return rep;
}

/* A file with the bytes of all contents. */
static int new_file(void)
{
    static char bytes[SOURCE_MAX];
    int fd = memfd_create("pattern", MFD_CLOEXEC);

    assert_true(fd >= 0);
    fill_pattern(bytes, SOURCE_MAX);
    assert_int_equal(write(fd, bytes, SOURCE_MAX), SOURCE_MAX);
    return fd;
}

static void on_wake(struct vb_wire *wire)
{
    /* The peer is embedded in the driver, as in a connection of the loop. */
    struct driver *d = VB_CONTAINER((uintptr_t)wire->peer, struct driver, peer);

    d->wakes++;
}

static void new_wire(struct driver *d)
{
    void *memory = malloc(vb_opening_size());

    assert_non_null(memory);
    d->wire = vb_opening_init(memory, &d->env, &d->peer);
    d->wire->wake = on_wake;
}

void driver_init(struct driver *d)
{
    static char bytes[LARGE_SIZE];

    fill_pattern(bytes, LARGE_SIZE);
    memset(d, 0, sizeof(*d));
    d->limits = vb_limits_default;
    d->service =
        (struct vb_service){.begin = service_begin, .end = service_end};
    d->resumes = true;
    vb_env_init(&d->env, &d->limits, &d->service);
    vb_env_set_now(&d->env, 1000, UNIX_2026);
    d->small = new_rep(VB_SPAN("hello"));
    d->large = new_rep(vb_span_of(bytes, LARGE_SIZE));
    d->file = new_file();
    vb_buf_init(&d->unsent, 64 * 1024 * 1024);
    vb_buf_init(&d->out, 64 * 1024 * 1024);
    vb_buf_init(&d->log, 64 * 1024 * 1024);
    vb_buf_init(&d->decoded, 64 * 1024 * 1024);
    new_wire(d);
}

static void end_wire(struct driver *d)
{
    d->wire->ops->free(d->wire);
    free(d->wire);
    for (int i = 0; i < WAITING_MAX; i++) {
        struct vb_exchange *x = d->waiting[i];

        d->waiting[i] = NULL;
        if (x != NULL)
            service_go_on(d, x);
    }
    assert_null(d->paused);
    assert_null(d->pending);
    assert_int_equal(d->env.output_blocks.lent, 0);
    assert_int_equal(d->env.exchanges.lent, 0);
}

void driver_done(struct driver *d)
{
    end_wire(d);
    vb_rep_unref(d->small);
    vb_rep_unref(d->large);
    close(d->file);
    vb_buf_done(&d->unsent);
    vb_buf_done(&d->out);
    vb_buf_done(&d->log);
    vb_buf_done(&d->decoded);
    vb_env_done(&d->env);
}

void driver_restart(struct driver *d)
{
    end_wire(d);
    vb_buf_reset(&d->unsent);
    vb_buf_reset(&d->out);
    vb_buf_reset(&d->log);
    d->wakes = d->ends = 0;
    new_wire(d);
}

unsigned driver_state(const struct driver *d)
{
    return d->wire->ops->state(d->wire);
}

/* Feeds a piece from memory of exactly its size, so that a sanitizer sees a
 * read past its end, and a use after the call. */
static bool feed_piece(struct driver *d)
{
    size_t n = d->unsent.len;
    char *copy;

    if (n == 0 || (driver_state(d) & VB_WIRE_READ) == 0)
        return false;
    if (d->piece > 0 && n > d->piece)
        n = d->piece;
    copy = d->frozen ? d->unsent.ptr : malloc(n);
    assert_non_null(copy);
    if (!d->frozen)
        memcpy(copy, d->unsent.ptr, n);
    d->wire->ops->feed(d->wire, vb_span_of(copy, n));
    if (!d->frozen)
        free(copy);
    vb_buf_consume(&d->unsent, n);
    return true;
}

/* What of the part fits `room`, as the client receives it. */
static size_t take_file(struct driver *d, const struct vb_file_part *part,
                        size_t room)
{
    size_t n = part->length < room ? (size_t)part->length : room;
    char *at = vb_buf_reserve(&d->out, n);

    assert_non_null(at);
    assert_int_equal(pread(part->fd, at, n, (off_t)part->offset), n);
    d->out.len += n;
    return n;
}

static bool take_output(struct driver *d)
{
    struct vb_file_part file;
    struct iovec iov[8];
    size_t room = d->room == 0 ? SIZE_MAX : d->room;
    size_t total = 0;
    int count;

    if (d->stuck || (driver_state(d) & VB_WIRE_WRITE) == 0)
        return false;
    count = d->wire->ops->drain(d->wire, iov, 8, &file);
    assert_in_range(count, file.length == 0, 8);
    for (int i = 0; i < count && total < room; i++) {
        size_t n = iov[i].iov_len;

        assert_true(n > 0);
        if (n > room - total)
            n = room - total;
        vb_buf_append(&d->out, vb_span_of(iov[i].iov_base, n));
        total += n;
    }
    if (file.length > 0 && total < room)
        total += take_file(d, &file, room - total);
    d->wire->ops->sent(d->wire, total);
    return true;
}

static bool resume(struct driver *d)
{
    struct vb_exchange *x = d->paused;

    if (!d->resumes)
        return false;
    if (x != NULL) {
        d->paused = NULL;
        x->carrier->resume_content(x);
        return true;
    }
    x = d->pending;
    if (x == NULL)
        return false;
    d->pending = NULL;
    x->carrier->output_ready(x);
    return true;
}

void driver_pump(struct driver *d)
{
    while (feed_piece(d) || take_output(d) || resume(d)) {
    }
}

void driver_send(struct driver *d, struct vb_span bytes)
{
    vb_buf_append(&d->unsent, bytes);
    assert_int_equal(d->unsent.err, VB_OK);
    driver_pump(d);
}

void driver_send_str(struct driver *d, const char *text)
{
    driver_send(d, vb_span_str(text));
}

void driver_eof(struct driver *d)
{
    d->wire->ops->eof(d->wire);
    driver_pump(d);
}

void driver_pass(struct driver *d, int64_t ms)
{
    vb_env_set_now(&d->env, d->env.now.mono_ms + ms, d->env.now.unix_ms + ms);
    if (d->wire->ops->deadline(d->wire) <= d->env.now.mono_ms)
        d->wire->ops->tick(d->wire);
    driver_pump(d);
}

void driver_answer(struct driver *d, int i)
{
    struct vb_exchange *x = d->waiting[i];

    assert_non_null(x);
    d->waiting[i] = NULL;
    service_go_on(d, x);
    driver_pump(d);
}
