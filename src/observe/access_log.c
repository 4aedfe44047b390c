/* The access log's file, or stderr. See access_log.h. */
#include "observe/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/access_inner.h"

/* O_NONBLOCK means nothing to a file; a FIFO without a reader is an error
 * rather than a wait for one. */
static int open_path(const char *path)
{
    return open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
        0640);
}

static enum vb__access_kind kind_of(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode))
        return VB__ACCESS_FILE;
    return S_ISSOCK(st.st_mode) ? VB__ACCESS_SOCKET : VB__ACCESS_STREAM;
}

static enum vb_err refuse(const char *path, struct vb_buf *why)
{
    int error = errno;

    vb_buf_printf(why, "cannot open the access log %s: %s",
                  path != NULL ? path : "on stderr", strerror(error));
    return VB_ERR_IO;
}

static enum vb_err fill(struct vb_access_log *log,
                        const struct vb_access_options *options,
                        struct vb_buf *why)
{
    bool to_stderr = strcmp(options->path, "stderr") == 0;
    enum vb_err err;

    log->format = options->format;
    log->rules = strdup(options->redact);
    log->path = to_stderr ? NULL : strdup(options->path);
    if (log->rules == NULL || (!to_stderr && log->path == NULL)) {
        vb_buf_str(why, vb_err_text(VB_ERR_NOMEM));
        return VB_ERR_NOMEM;
    }
    err = vb_redaction_parse(vb_span_str(log->rules), &log->redaction, why);
    if (err != VB_OK)
        return err;
    log->fd = to_stderr ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                        : open_path(log->path);
    if (log->fd < 0)
        return refuse(log->path, why);
    atomic_store(&log->kind, (int)kind_of(log->fd));
    return VB_OK;
}

enum vb_err vb_access_log_open(const struct vb_access_options *options,
                               struct vb_access_log **ret_log,
                               struct vb_buf *ret_why)
{
    struct vb_access_log *log = calloc(1, sizeof(*log));
    enum vb_err err;

    if (log == NULL) {
        vb_buf_str(ret_why, vb_err_text(VB_ERR_NOMEM));
        return VB_ERR_NOMEM;
    }
    log->fd = -1;
    atomic_flag_clear(&log->taken);
    err = fill(log, options, ret_why);
    if (err == VB_OK)
        *ret_log = log;
    else
        vb_access_log_free(log);
    return err;
}

enum vb_err vb_access_log_reopen(struct vb_access_log *log,
                                 struct vb_buf *ret_why)
{
    int fd;

    if (log == NULL || log->path == NULL)
        return VB_OK;
    fd = open_path(log->path);
    if (fd < 0)
        return refuse(log->path, ret_why);
    /* In place: whoever is writing right now writes to the one or the other. */
    if (dup3(fd, log->fd, O_CLOEXEC) < 0) {
        enum vb_err err = refuse(log->path, ret_why);

        close(fd);
        return err;
    }
    close(fd);
    atomic_store(&log->kind, (int)kind_of(log->fd));
    return VB_OK;
}

void vb_access_log_free(struct vb_access_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        close(log->fd);
    free(log->rules);
    free(log->path);
    free(log);
}
