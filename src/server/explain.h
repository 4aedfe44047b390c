/*
 * The inside of `verbatim explain`: a request, asked of a description in this
 * process (explain_local.c) or of a running server (explain_remote.c), and what
 * is known of its reply.
 *
 *     words ─▶ vb__question ─▶ bytes of HTTP/1.1 ─▶ vb__finding ─▶ stdout
 */
#ifndef VB_SERVER_EXPLAIN_H
#define VB_SERVER_EXPLAIN_H

#include "base/buf.h"
#include "server/command.h"
#include "server/config.h"

/* Whom to trust over TLS, and by what to be known there: files in PEM, or
 * NULL. */
struct vb__trusted {
    const char *cacert; /* NULL: whom the system trusts */
    const char *cert;
    const char *key; /* NULL: in the same file */
    bool insecure;   /* anybody */
};

/* What is asked, as the command line has it; texts are borrowed from it. */
struct vb__question {
    const char *file;   /* the description, or NULL */
    const char *target; /* a path, or the URL of a running server */
    const char *method;
    struct vb_buf fields;  /* lines of the head, each with its CRLF */
    struct vb_buf content; /* what is sent */
    bool has_content;
    struct vb__trusted trusted;
    bool include; /* show the reply's content, too */
    bool json;    /* the answer as JSON */
    char **rest;  /* options of `serve` */
    size_t rest_count;
};

/* What came of it. */
struct vb__finding {
    struct vb_buf trace; /* JSON, see flow/explain.h; empty: none was had */
    struct vb_buf reply; /* bytes from the wire; empty: it did not come to it */
    /* The request would change something, and the flow was stopped before it:
     * the question that was not asked, or NULL. */
    const char *stopped;
    int would;         /* the status that its success would have */
    const char *might; /* those of its failure, space-separated */
};

/* explain_request.c: reads the words. 0, or the exit status with the reason on
 * stderr. In either case: vb__question_done. */
int vb__question_read(const struct vb_command_line *line,
                      struct vb__question *ret_question);
void vb__question_done(struct vb__question *question);

/* Is a running server asked? */
bool vb__question_is_remote(const struct vb__question *question);

/* The request in HTTP/1.1. `target` and `host` as in the request line and Host;
 * `more`: further lines with their CRLF. */
void vb__question_write(const struct vb__question *question,
                        struct vb_span target, struct vb_span host,
                        const char *more, struct vb_buf *bytes);

/* 0, or the exit status with the reason on stderr. */
int vb__explain_local(const struct vb__question *question,
                      const struct vb_config *config,
                      struct vb__finding *finding);
int vb__explain_remote(const struct vb__question *question,
                       struct vb__finding *finding);

/* --- explain_tls.c: a client's TLS over a socket that blocks ------------- */

struct vb__secured;

/* NULL, or why it cannot be: good until the next call. `host` is a name or an
 * address. Everything is borrowed. */
const char *vb__secured_begin(int fd, const char *host,
                              const struct vb__trusted *trusted,
                              struct vb__secured **ret);
/* As send(2) and recv(2), but for errno: EPROTO where TLS is at fault. */
ssize_t vb__secured_send(struct vb__secured *secured, struct vb_span bytes);
ssize_t vb__secured_receive(struct vb__secured *secured, void *into,
                            size_t size);
/* NULL is fine. */
void vb__secured_end(struct vb__secured *secured);

/* explain_print.c: appends all of it for people, or as JSON. */
enum vb_err vb__finding_print(const struct vb__question *question,
                              const struct vb__finding *finding,
                              struct vb_buf *out);

/* --- answer.c: a response in HTTP/1.1, read whole ------------------------- */

struct vb__answer {
    int status;
    struct vb_span line; /* the status line, borrowed */
    struct vb_span head; /* the field lines, borrowed, with their CRLF */
    struct vb_buf content;
};

/* Reads the final response in these bytes. VB_ERR_SYNTAX: there is none, or
 * not all of it. Give it to vb__answer_done when VB_OK. */
enum vb_err vb__answer_read(struct vb_span bytes, bool to_head,
                            struct vb__answer *ret_answer);
void vb__answer_done(struct vb__answer *answer);

/* The next field of *rest, which begins as answer->head. False at the end. */
bool vb__answer_field(struct vb_span *rest, struct vb_span *ret_name,
                      struct vb_span *ret_value);

#endif
