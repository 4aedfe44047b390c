/*
 * The access log: one line for each exchange, when it is over.
 *
 *     worker 0: exchange ends ─▶ line ─▶ buffer ─┐ at the turn's end, or when
 *     worker 1: exchange ends ─▶ line ─▶ buffer ─┤ the buffer is full
 *                                                ▼
 *                                  file, opened to append, or stderr
 *
 * Writing never waits for a reader: where stderr is a pipe, a socket or a
 * terminal that takes nothing, lines stay in the buffer; when that is full,
 * further ones are counted and left out, which is told once it goes on.
 *
 * The formats:
 *
 *     combined  Apache's: client - - [time] "request line" status bytes
 *               "referer" "user agent"; what is missing is "-"
 *     json      an object: time, client, client_subject, method, target, host,
 *               protocol, status, bytes, received, duration_ms, referer,
 *               user_agent, aborted; what is missing has no member
 *
 * The subject is that of the certificate that the client has shown in TLS.
 * Bytes are those of content, or of what went through a tunnel, whose line
 * comes when it is over: to the client, and `received` from it. The time is
 * when the request's head had come. Of a request, nothing else is ever logged:
 * no credentials, no cookies, no content. What of a query is logged is decided
 * by rules (redact.h).
 */
#ifndef VB_OBSERVE_ACCESS_LOG_H
#define VB_OBSERVE_ACCESS_LOG_H

#include "base/buf.h"
#include "base/err.h"
#include "exchange/exchange.h"
#include "observe/redact.h"

enum vb_access_format { VB_ACCESS_COMBINED, VB_ACCESS_JSON };

/* A log, shared by all workers. */
struct vb_access_log;
/* One worker's way to it. */
struct vb_access_writer;

struct vb_access_options {
    const char *path; /* or "stderr" */
    enum vb_access_format format;
    const char *redact; /* rules, as in redact.h */
};

/* Opens a log. VB_ERR_IO, _SYNTAX or _LIMIT (the rules), _NOMEM; ret_why gets
 * one line. */
enum vb_err vb_access_log_open(const struct vb_access_options *options,
                               struct vb_access_log **ret_log,
                               struct vb_buf *ret_why);

/* Opens the file anew, for whoever renamed it; lines go there from the next
 * flush on. On failure the old one stays. From any thread. NULL is fine. */
enum vb_err vb_access_log_reopen(struct vb_access_log *log,
                                 struct vb_buf *ret_why);

/* All writers must be gone. NULL is fine. */
void vb_access_log_free(struct vb_access_log *log);

/* A worker's writer; the log must outlive it. NULL when out of memory. */
struct vb_access_writer *vb_access_writer_new(struct vb_access_log *log);

/* Flushes, and waits a second at most for somebody to take it. NULL is fine. */
void vb_access_writer_free(struct vb_access_writer *writer);

/* Notes an exchange that is over; x->env->now is when. `keys` are left out of
 * its URIs. NULL: no log. */
void vb_access_note(struct vb_access_writer *writer,
                    const struct vb_exchange *x, struct vb_redact_keys keys);

/* Writes what was noted; once a turn. NULL: no log. */
void vb_access_flush(struct vb_access_writer *writer);

#endif
