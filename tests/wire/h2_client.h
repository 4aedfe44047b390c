/*
 * A client of HTTP/2 for the wire's tests: nghttp2's own, and frames by hand.
 *
 *     h2_ask ─▶ client session ─▶ driver_send ─▶ wire
 *     c->replies ◀─ client session ◀─ d->out ◀─┘
 */
#ifndef VB_TESTS_WIRE_H2_CLIENT_H
#define VB_TESTS_WIRE_H2_CLIENT_H

#include "driver.h"

#include <nghttp2/nghttp2.h>

#define H2_REPLIES_MAX 8

struct h2_reply {
    int32_t id;
    int status;           /* 0: none came */
    char interim[32];     /* "103 103" */
    struct vb_buf fields; /* "name: value\n" */
    struct vb_buf content;
    struct vb_buf trailers;
    struct vb_span body; /* of the request, and what of it was sent */
    bool closed;
    uint32_t code; /* of its end */
};

struct h2_client {
    struct driver *d;
    nghttp2_session *session;
    struct h2_reply replies[H2_REPLIES_MAX];
    int count;
    size_t read;   /* bytes of d->out that it has taken */
    bool goaway;   /* came, with */
    uint32_t code; /* this, and */
    int32_t last;  /* this last stream */
    int pings;     /* answers to ours */
    int rv;        /* of nghttp2, when what came was no HTTP/2 */
};

/* With SETTINGS_INITIAL_WINDOW_SIZE of `window`; 0: the default. */
void h2_client_init(struct h2_client *c, struct driver *d, uint32_t window);
void h2_client_done(struct h2_client *c);

/* A request; `more` are name, value, ..., NULL. `body` NULL: none. Returns its
 * index in replies. */
int h2_ask(struct h2_client *c, const char *method, const char *path,
           const char *const *more, const char *body);

/* What the client has to send now, appended to `to`. */
void h2_client_bytes(struct h2_client *c, struct vb_buf *to);

/* Reads what came. */
void h2_client_read(struct h2_client *c);

/* Sends and reads until neither side has more to say. */
void h2_exchange(struct h2_client *c);

/* All replies in one text, to be compared. */
void h2_summary(const struct h2_client *c, struct vb_buf *to);

/* The value of a field of a reply; {NULL, 0}: there is none. */
struct vb_span h2_field(const struct h2_reply *reply, const char *name);

/* --- Frames by hand --------------------------------------------------------
 */

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

void h2_frame(struct vb_buf *to, uint8_t type, uint8_t flags, int32_t id,
              const void *payload, size_t len);

/* The preface and empty SETTINGS. */
void h2_begin(struct vb_buf *to);

/* Fields as literals without indexing: name, value, ..., NULL. */
void h2_section(struct vb_buf *to, const char *const *fields);

/* HEADERS of such a request: END_HEADERS, and END_STREAM where `end`. */
void h2_request(struct vb_buf *to, int32_t id, const char *const *fields,
                bool end);

/* The code of the GOAWAY in what came, or of the stream's RST_STREAM; -1 when
 * there is none. -2 when what came is no sequence of frames. */
int64_t h2_goaway_code(const struct driver *d);
int64_t h2_reset_code(const struct driver *d, int32_t id);

/* --- A connection for a test -------------------------------------------------
 */

/* Either `c` speaks on it, or `bytes` do, which begin with h2_begin's. What is
 * changed in d.limits counts until the first byte was sent. */
struct h2_talk {
    struct driver d;
    struct h2_client c;
    struct vb_buf bytes; /* made by hand, and not sent yet */
};

/* `window` as h2_client_init has it. */
void h2_talk_init(struct h2_talk *t, uint32_t window);
void h2_talk_done(struct h2_talk *t);

/* Sends `bytes`; they are empty then. */
void h2_send(struct h2_talk *t);

/* Did the service see this? */
bool h2_logged(const struct h2_talk *t, const char *text);

/* A test whose *state is a talk of its own. */
int h2_talk_setup(void **state);
int h2_talk_teardown(void **state);
#define h2_unit_test(test)                                                     \
    cmocka_unit_test_setup_teardown(test, h2_talk_setup, h2_talk_teardown)

#endif
