/*
 * Calls, a loop and another server's side around one client wire, for its
 * tests.
 *
 *     caller_start ─▶ client ─▶ wire ─▶ c->out: what the server received
 *     c->log ◀─ head, content, end ◀─ wire ◀─ pieces ◀─ caller_answer(text)
 *
 * What a call is told goes to the log, a line each, behind the call's tag:
 *
 *     interim 103             head 200 5         its length, or -; "none" where
 *     field X=y                                  no content follows
 *     content hello           trailer X=y        eof
 *     end whole               end malformed: why
 *     room                    gone               of the client
 *
 * Fields are those that begin with X or are Connection, Via or Set-Cookie.
 * Content that comes in pieces is one line.
 */
#ifndef VB_TESTS_WIRE_CALLER_H
#define VB_TESTS_WIRE_CALLER_H

#include "unit.h"

#include <stdbool.h>

#include "base/buf.h"
#include "wire/client.h"

#define CALLS_MAX   128
#define CONTENT_MAX ((size_t)400 * 1000)

/* A request's content: `total` bytes of a pattern, in pieces. */
struct pattern_source {
    struct vb_source source;
    size_t at;
    size_t total;
    size_t piece;    /* bytes at most that a pull gives */
    size_t fails_at; /* 0: it does not fail */
    bool slow;       /* it says PENDING before each piece; */
    bool was_pending;
    bool told;    /* that it may go on */
    bool cancels; /* a pull cancels its call */
};

/* A call and all that it stands on. */
struct asked {
    struct vb_call call;
    struct vb_arena arena;
    struct pattern_source source;
    struct caller *caller;
    const char *tag; /* in the log, before its lines; "" */
    bool pauses;     /* after each piece of content */
    bool is_paused;
    bool cancels_at_head;
    bool cancels_at_content;
    unsigned status;      /* of the final reply; 0: none came */
    size_t got;           /* bytes of its content, */
    bool odd;             /* which are not the pattern's */
    bool ended;           /* or cancelled */
    enum vb_call_end end; /* and how */
};

struct caller {
    struct vb_env env;
    struct vb_limits limits;
    struct vb_call_limits call_limits;
    struct vb_peer peer;
    enum vb_client_kind kind;
    struct vb_wire *wire;
    struct vb_client *client;

    size_t piece; /* bytes in a feed; 0: all */
    size_t room;  /* bytes that one sending takes; 0: all */
    bool stuck;   /* the server reads nothing */
    bool frozen;  /* nothing is allocated for the driver itself */
    bool resumes; /* paused calls and pending sources go on by themselves */
    bool again;   /* a GET of /again is started when there is room: tag "2 " */
    int wakes;
    bool gone;

    struct vb_buf unfed; /* the wire did not ask for it yet */
    struct vb_buf out;   /* what the server received */
    struct vb_buf log;
    struct vb_buf content;          /* of the log's next line, */
    const struct asked *content_of; /* and whose it is */
    struct asked *asked[CALLS_MAX];
    int count;
};

void caller_init(struct caller *c, enum vb_client_kind kind);
void caller_done(struct caller *c);

/* Ends the wire and its calls, and begins a new one; forgets the rest. */
void caller_restart(struct caller *c);

/* A call to be filled further before it is started: GET, https, h. */
struct asked *caller_ask(struct caller *c, const char *method,
                         const char *target);

/* It has content; `known`: its length is said. */
void asked_content(struct asked *asked, size_t total, size_t piece, bool known);

/* Starts it, and lets happen what can happen. */
enum vb_err caller_start(struct caller *c, struct asked *asked);

/* The server sends. */
void caller_answer(struct caller *c, struct vb_span bytes);
void caller_answer_str(struct caller *c, const char *text);
void caller_eof(struct caller *c);

/* Lets happen what can happen. */
void caller_pump(struct caller *c);

/* Moves the clock, and ticks when the wire asked for it. */
void caller_pass(struct caller *c, int64_t ms);

/* Ends the wire as a loop does whose socket has failed. */
void caller_free(struct caller *c);

unsigned caller_state(const struct caller *c);

/* The log so far, NUL-terminated. */
const char *caller_log(struct caller *c);

/* Fails unless the log, or what the server received, is this. */
void assert_log(struct caller *c, const char *want);
void assert_out(struct caller *c, const char *want);

#endif
