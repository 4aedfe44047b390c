/*
 * A client, a loop and a service around one wire, for its tests: HTTP/1, or
 * what the first bytes say (h2_client.h).
 *
 *     driver_send(text) ─▶ pieces ─▶ wire ─▶ service below ─▶ d->log
 *     d->replies ◀─ strict reader ◀─ d->out ◀─┘
 *
 * What the service does is in the target:
 *
 *   /              a small representation, with its fields
 *   /large         one of LARGE_SIZE bytes, sent from where it lies
 *   /bytes/N       N bytes
 *   /source/N      N bytes from a source that knows its length
 *   /stream/N      the same from one that does not
 *   /slow/N        and that says PENDING before each piece
 *   /instant/N     and is ready before PENDING got home
 *   /wide/N        as /stream, in pieces too large to be copied
 *   /file/N        N bytes of a file, at once
 *   /parts/N       a stream of parts of that file, and bytes, in turn
 *   /broken/N      a stream that fails after N bytes
 *   /short/N       a source that ends one byte before its length
 *   /over/N        one that gives one byte more than its length
 *   /status/N      that status, without content
 *   /not-modified  304 of the small representation
 *   /echo          the request's content comes back
 *   /pause         the same, with a pause after each write
 *   /early         wants content, and answers 403 at its first bytes
 *   /refuse        403 at once, whatever content there is
 *   /later         nothing until driver_answer
 *   /later-echo    nothing until driver_answer, then as /echo
 *   /echo-later    wants content, then nothing until driver_answer
 *   /close         200 and the end of the connection
 *   /fields        what d->fields holds
 *   /trailers/N    as /stream, and d->trailers behind it
 *   /told/N        the interim replies N and 103, then wants content, and those
 *                  again before it comes back
 *   /switch        200, where both.h does not have it
 *
 * and in both.h.
 *
 * A HEAD is answered as HEAD; a bad head (x->verdict) with its status, the
 * reason being the content; everything else with 404.
 */
#ifndef VB_TESTS_WIRE_DRIVER_H
#define VB_TESTS_WIRE_DRIVER_H

#include "unit.h"

#include <stdbool.h>

#include "base/buf.h"
#include "exchange/exchange.h"
#include "wire/opening.h"

#define LARGE_SIZE  ((size_t)100 * 1000)
#define SOURCE_MAX  ((size_t)300 * 1000)
#define REPLIES_MAX 256
#define WAITING_MAX 4

/* One reply as a client reads it. */
struct reply {
    int status;
    struct vb_span head;     /* its field lines */
    struct vb_span content;  /* decoded */
    struct vb_span trailers; /* their lines */
    bool complete;
};

struct driver {
    struct vb_env env;
    struct vb_limits limits;
    struct vb_service service;
    struct vb_peer peer;
    struct vb_wire *wire; /* at the beginning of memory of ours */
    struct vb_rep *small;
    struct vb_rep *large;
    int file; /* SOURCE_MAX bytes of the pattern */

    size_t piece; /* bytes in a feed; 0: all */
    size_t room;  /* bytes that one sending takes; 0: all */
    bool stuck;   /* the client reads nothing */
    bool frozen;  /* allocate nothing for the driver itself */
    bool resumes; /* pauses and pending sources go on by themselves */
    int wakes;    /* calls of wire->wake */
    int ends;     /* calls of service->end */

    struct vb_buf unsent; /* the wire did not ask for it yet */
    struct vb_buf out;    /* what the client received */
    struct vb_buf log;    /* what the service saw, a line each */
    struct vb_exchange *waiting[WAITING_MAX]; /* /later */
    struct vb_exchange *paused;               /* /pause */
    struct vb_exchange *pending;              /* /slow */
    struct vb_exchange *both;                 /* the last of both.h */
    const struct vb_fields *trailers;         /* of /trailers */
    const struct vb_field_out *fields;        /* of /fields */
    size_t field_count;

    struct reply replies[REPLIES_MAX]; /* by driver_read */
    int reply_count;
    struct vb_buf decoded; /* what their contents lie in */
};

void driver_init(struct driver *d);
void driver_done(struct driver *d);

/* Ends the wire and begins a new one; forgets what was sent and received. */
void driver_restart(struct driver *d);

/* The client sends; what can happen then happens. */
void driver_send(struct driver *d, struct vb_span bytes);
void driver_send_str(struct driver *d, const char *text);

/* The client has sent all it will. */
void driver_eof(struct driver *d);

/* Lets happen what can happen. */
void driver_pump(struct driver *d);

/* Moves the clock, and ticks when the wire asked for it. */
void driver_pass(struct driver *d, int64_t ms);

/* Answers the i-th /later that waits. */
void driver_answer(struct driver *d, int i);

/* VB_WIRE_* bits now. */
unsigned driver_state(const struct driver *d);

/*
 * Reads d->out as a client would, and fails the test where it is no strict
 * HTTP/1.1. The methods asked for, in order, are taken from the log. 1xx are
 * passed over. How many replies there are.
 */
int driver_read(struct driver *d);

/* The statuses, "200 404", of all replies; also 1xx when `interim`. */
const char *driver_statuses(struct driver *d);

/* The value of a field of a reply; {NULL, 0} when absent. Fails when there
 * are two. */
struct vb_span reply_field(const struct reply *reply, const char *name);

#endif
