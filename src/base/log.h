/*
 * Diagnostics for the operator: one line each, to stderr. Not the access log
 * (observe/), and never with anything a client sent unless it went through
 * vb_log_quoted.
 */
#ifndef VB_BASE_LOG_H
#define VB_BASE_LOG_H

#include "base/buf.h"
#include "base/span.h"

enum vb_log_level { VB_LOG_ERROR, VB_LOG_WARNING, VB_LOG_NOTICE, VB_LOG_DEBUG };

/* Lines above `level` are dropped. Default: VB_LOG_NOTICE. Any thread. */
void vb_log_set_level(enum vb_log_level level);

/* "verbatim: warning: <text>"; a notice has no level word. Thread-safe. */
void vb_log(enum vb_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends s with control bytes, quotes, backslashes and what is not ASCII as
 * \xHH, so that a log line stays one harmless line. */
void vb_log_quoted(struct vb_buf *buf, struct vb_span s);

#endif
