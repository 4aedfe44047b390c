/* A command of the command line, and what commands share. */
#ifndef VB_SERVER_COMMAND_H
#define VB_SERVER_COMMAND_H

#include <stddef.h>

#include "base/buf.h"
#include "describe/describe.h"
#include "server/config.h"

struct vb_command_line {
    char *const *words; /* what follows the command's name */
    size_t count;
    char *const *environment;
};

struct vb_command {
    const char *name;
    const char *usage;                /* what follows `verbatim` */
    const char *summary;              /* one line */
    const char *about;                /* paragraphs under the usage */
    void (*more)(struct vb_buf *buf); /* further help, or NULL */
    int (*run)(const struct vb_command_line *line); /* the exit status */
};

/* Says on stderr what is wrong with the command line; gives 2. */
int vb__usage_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Writes the text to stdout; `status`, or 2 when it cannot be written. */
int vb__print(const struct vb_buf *text, int status);

/*
 * Reads the options of `serve` that are among a command's words, and what is
 * not on the command line. `file`: the description that it names, or NULL. 0,
 * or 2 with the reason on stderr.
 */
int vb__command_config(const struct vb_command_line *line, char *const *rest,
                       size_t rest_count, const char *file,
                       struct vb_config *ret_config);

/* Of a report; a description has a bounded number of operations. */
#define VB__REPORT_MOST ((size_t)256 * 1024 * 1024)

/*
 * What a command does that takes one FILE and nothing else: reads it, and has
 * it reported on; `name` is the command's. The exit status.
 */
int vb__command_description(
    const struct vb_command_line *line, const char *name,
    int (*report)(const struct vb_description *description));

/* command_*.c */
int vb__command_account(const struct vb_command_line *line);
int vb__command_gateway(const struct vb_command_line *line);
int vb__command_proxy(const struct vb_command_line *line);
int vb__command_serve(const struct vb_command_line *line);
int vb__command_check(const struct vb_command_line *line);
int vb__command_explain(const struct vb_command_line *line);
int vb__command_cache(const struct vb_command_line *line);
int vb__command_storage(const struct vb_command_line *line);
int vb__command_user(const struct vb_command_line *line);
int vb__command_graphql(const struct vb_command_line *line);

/* explain_request.c: the options of `explain`, in two columns of 80; and as
 * words for a completion, each with a space behind it. */
void vb__explain_help(struct vb_buf *buf);
void vb__explain_words(struct vb_buf *buf);

/* command_cache.c: likewise those of `cache`. */
void vb__cache_help(struct vb_buf *buf);
void vb__cache_words(struct vb_buf *buf);

/* command_storage.c: likewise those of `storage`. */
void vb__storage_help(struct vb_buf *buf);
void vb__storage_words(struct vb_buf *buf);

/* account_request.c: likewise those of `account add`. */
void vb__account_help(struct vb_buf *buf);
void vb__account_words(struct vb_buf *buf);

#endif
