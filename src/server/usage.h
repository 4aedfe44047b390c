/*
 * The table of options as text for people: for --help, for verbatim(1) and for
 * the shell. All of it is appended to a buffer; the caller checks its `err`.
 */
#ifndef VB_SERVER_USAGE_H
#define VB_SERVER_USAGE_H

#include <stddef.h>

#include "base/buf.h"

/* All options by groups, in two columns of 80. */
void vb_usage_help(struct vb_buf *buf);

/* "  name    text", the text wrapped at 80 columns. */
void vb_usage_row(struct vb_buf *buf, const char *name, const char *text);

/* All options as mdoc(7): a list for each group. */
void vb_usage_manual(struct vb_buf *buf);

/* A script for bash that completes commands, options and their values. */
void vb_usage_bash(struct vb_buf *buf, const char *const *commands,
                   size_t count);

#endif
