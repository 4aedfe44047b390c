/*
 * A client of HTTP/3 for the wire's tests: nghttp3's own, and frames by hand.
 *
 *     h3_ask ─▶ client connection ─▶ link_send ─▶ h3
 *     c->replies ◀─ client connection ◀─ stream->down ◀─┘
 */
#ifndef VB_TESTS_WIRE_H3_CLIENT_H
#define VB_TESTS_WIRE_H3_CLIENT_H

#include "h3_link.h"

#include <nghttp3/nghttp3.h>

#define H3_REPLIES_MAX 16

struct h3_reply {
    int64_t id;
    int status;           /* 0: none came */
    char interim[32];     /* "103 103 " */
    struct vb_buf fields; /* "name: value\n" */
    struct vb_buf content;
    struct vb_span body; /* of the request */
    bool ended;          /* properly */
};

struct h3_client {
    struct h3_link *l;
    nghttp3_conn *conn;
    struct h3_reply replies[H3_REPLIES_MAX];
    int count;
    int goaways;    /* that came; */
    int64_t goaway; /* the last of them */
    int rv;         /* of nghttp3, when what came was no HTTP/3 */
};

void h3_client_init(struct h3_client *c, struct h3_link *l);
void h3_client_done(struct h3_client *c);

/* A request; `more` are name, value, ..., NULL. `body` NULL: none. Returns its
 * index in replies. */
int h3_ask(struct h3_client *c, const char *method, const char *path,
           const char *const *more, const char *body);

/* What the client has to send now goes to the link. */
void h3_client_write(struct h3_client *c);

/* Reads what came. */
void h3_client_read(struct h3_client *c);

/* Sends and reads until neither side has more to say. */
void h3_exchange(struct h3_client *c);

/* All replies in one text, to be compared. */
void h3_summary(const struct h3_client *c, struct vb_buf *to);

/* The value of a field of a reply; {NULL, 0}: there is none. */
struct vb_span h3_field(const struct h3_reply *reply, const char *name);

/* --- Frames by hand --------------------------------------------------------
 */

/* The client's streams, as these tests open them. */
enum { H3_CONTROL = 2, H3_ENCODER = 6, H3_DECODER = 10 };

void h3_varint(struct vb_buf *to, uint64_t value);
void h3_frame(struct vb_buf *to, uint64_t type, const void *payload,
              size_t len);

/* Fields as literals, behind an empty prefix: name, value, ..., NULL. */
void h3_section(struct vb_buf *to, const char *const *fields);

/* HEADERS of such a section. */
void h3_headers(struct vb_buf *to, const char *const *fields);

/* --- A connection for a test -------------------------------------------------
 */

/* Either `c` speaks on it, or bytes by hand do. */
struct h3_talk {
    struct h3_link l;
    struct h3_client c;
    struct vb_buf bytes;
};

struct h3_talk *h3_talk_new(void);
void h3_talk_free(struct h3_talk *t);

/* Sends t->bytes on a stream, and forgets them. */
void h3_send(struct h3_talk *t, int64_t id, bool fin);

/* A control stream with empty SETTINGS. */
void h3_begin(struct h3_talk *t);

/* A request of these fields, without content unless `open`. */
void h3_request(struct h3_talk *t, int64_t id, const char *const *fields,
                bool open);

int h3_talk_setup(void **state);
int h3_talk_teardown(void **state);

#define h3_unit_test(f)                                                        \
    cmocka_unit_test_setup_teardown(f, h3_talk_setup, h3_talk_teardown)

#endif
