/*
 * A worker's way to the access log: a buffer, and writing it without waiting.
 * See access_log.h.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "observe/access_inner.h"

/* What a worker keeps until it is written. */
#define BUFFER_SIZE ((size_t)64 * 1024)

/* How long the last lines of a worker wait for a reader. */
#define LAST_WAIT_MS 1000

_Static_assert(VB__ACCESS_LINE_MAX <= PIPE_BUF,
               "a pipe that can be written to takes a whole line");

struct vb_access_writer {
    struct vb_access_log *log;
    struct vb__access_second second;
    bool owner;    /* has log->taken */
    int failed;    /* errno of the last write, 0 when it went well */
    uint64_t lost; /* lines, since writing went well */
    size_t len;
    char buffer[BUFFER_SIZE];
};

/* --- Writing without waiting ------------------------------------------------
 */

/* Whole lines at the buffer's front, as many as one piece may have. */
static size_t piece(const struct vb_access_writer *writer)
{
    size_t len = writer->len;

    if (len <= VB__ACCESS_LINE_MAX)
        return len;
    len = VB__ACCESS_LINE_MAX;
    while (len > 1 && writer->buffer[len - 1] != '\n')
        len--;
    return len;
}

static ssize_t write_stream(int fd, const char *bytes, size_t len)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, bytes, len);
}

static ssize_t write_piece(const struct vb_access_writer *writer)
{
    int fd = writer->log->fd;

    switch ((enum vb__access_kind)atomic_load(&writer->log->kind)) {
    case VB__ACCESS_FILE:
        return write(fd, writer->buffer, writer->len);
    case VB__ACCESS_STREAM:
        return write_stream(fd, writer->buffer, piece(writer));
    case VB__ACCESS_SOCKET:
        return send(fd, writer->buffer, piece(writer),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return -1;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    uint64_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += bytes[i] == '\n';
    return count;
}

/* The log takes nothing any more: a full disk, a reader that has gone. On
 * stderr there is nobody left to tell. */
static void give_up(struct vb_access_writer *writer, int error)
{
    writer->lost += count_lines(writer->buffer, writer->len);
    writer->len = 0;
    if (writer->failed == 0 && writer->log->path != NULL)
        vb_log(VB_LOG_ERROR, "cannot write the access log %s: %s",
               writer->log->path, strerror(error));
    writer->failed = error;
}

static void went_well(struct vb_access_writer *writer)
{
    writer->failed = 0;
    if (writer->lost == 0)
        return;
    vb_log(VB_LOG_WARNING, "%llu lines of the access log were lost",
           (unsigned long long)writer->lost);
    writer->lost = 0;
}

static void drop_front(struct vb_access_writer *writer, size_t n)
{
    writer->len -= n;
    memmove(writer->buffer, writer->buffer + n, writer->len);
}

/* Writes until all is written (true) or nothing more is taken. */
static bool write_all(struct vb_access_writer *writer, bool *ret_half)
{
    while (writer->len > 0) {
        ssize_t n = write_piece(writer);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            give_up(writer, n < 0 ? errno : EIO);
            return false;
        }
        *ret_half = writer->buffer[n - 1] != '\n';
        drop_front(writer, (size_t)n);
    }
    return true;
}

/* Someone's last line was cut off by a full disk: ours begins a new one. */
static void mend(struct vb_access_log *log)
{
    if (atomic_load_explicit(&log->torn, memory_order_relaxed) &&
        atomic_exchange(&log->torn, false) && write(log->fd, "\n", 1) != 1)
        atomic_store(&log->torn, true);
}

static void flush_file(struct vb_access_writer *writer)
{
    bool half = false;

    mend(writer->log);
    if (write_all(writer, &half))
        went_well(writer);
    else if (half)
        atomic_store(&writer->log->torn, true);
}

static void flush_stream(struct vb_access_writer *writer)
{
    bool half = writer->owner;

    if (!writer->owner && atomic_flag_test_and_set(&writer->log->taken))
        return; /* another worker is at it: the next turn will do */
    writer->owner = true;
    if (write_all(writer, &half))
        went_well(writer);
    /* A line of which a part is out must go on before any other begins. */
    if (writer->len > 0 && half)
        return;
    writer->owner = false;
    atomic_flag_clear(&writer->log->taken);
}

void vb_access_flush(struct vb_access_writer *writer)
{
    if (writer == NULL || writer->len == 0)
        return;
    if (atomic_load(&writer->log->kind) == VB__ACCESS_FILE)
        flush_file(writer);
    else
        flush_stream(writer);
}

/* --- Writers ----------------------------------------------------------------
 */

struct vb_access_writer *vb_access_writer_new(struct vb_access_log *log)
{
    struct vb_access_writer *writer = malloc(sizeof(*writer));

    if (writer != NULL)
        memset(writer, 0, offsetof(struct vb_access_writer, buffer));
    if (writer != NULL)
        writer->log = log;
    return writer;
}

void vb_access_writer_free(struct vb_access_writer *writer)
{
    if (writer == NULL)
        return;
    for (int waited = 0; waited < LAST_WAIT_MS; waited += 10) {
        vb_access_flush(writer);
        if (writer->len == 0)
            break;
        poll(NULL, 0, 10);
    }
    if (writer->owner)
        atomic_flag_clear(&writer->log->taken);
    free(writer);
}

void vb_access_note(struct vb_access_writer *writer,
                    const struct vb_exchange *x, struct vb_redact_keys keys)
{
    /* One that never got as far as a wire's message was no request. */
    if (writer == NULL || x->carrier == NULL)
        return;
    if (BUFFER_SIZE - writer->len < VB__ACCESS_LINE_MAX)
        vb_access_flush(writer);
    if (BUFFER_SIZE - writer->len < VB__ACCESS_LINE_MAX) {
        writer->lost++;
        return;
    }
    writer->len +=
        vb__access_line(writer->log->format, &writer->log->redaction, keys,
                        &writer->second, x, writer->buffer + writer->len);
}
