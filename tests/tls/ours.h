/*
 * A wire of ours towards another server, over byte arrays: before the server
 * that we are ourselves (client.h), or before one of GnuTLS's own.
 *
 *     stand-in (tests/wire) ◀─ outward wire ◀─ talk ─▶ TLS wire ─▶ driver
 *     stand-in ◀────────────── outward wire ◀─ talk_raw ─▶ GnuTLS
 */
#ifndef VB_TESTS_TLS_OURS_H
#define VB_TESTS_TLS_OURS_H

#include "client.h"
#include "wire/stand_in.h"

#include "tls/outward.h"

struct ours {
    struct vb_limits limits;
    struct vb_env env;
    struct vb_peer peer;
    struct vb_tls_outward *outward; /* NULL: the endpoint's is another's */
    struct vb_endpoint to;          /* a.example:443 */
    struct vb_wire *wire;           /* NULL: it is closed */
    struct vb_tls_outcome outcome;
    bool settled; /* there is an outcome */
    size_t piece; /* bytes in a feed; 0: all */
};

/* NULL: `to.tls` is set by who begins. */
void ours_init(struct ours *o, const struct vb_tls_outward_sources *sources);
void ours_begin(struct ours *o);
void ours_end(struct ours *o);
void ours_done(struct ours *o);

/* As the loop does after each of its calls. */
void ours_look(struct ours *o);
void ours_feed(struct ours *o, struct vb_span bytes);
/* What it has to send; how much. */
size_t ours_drain(struct ours *o, struct vb_buf *into);

unsigned ours_state(const struct ours *o);
/* Has its stand-in heard the text? */
bool ours_heard(const struct ours *o, const char *text);

/* Both begin anew, and what can happen happens. */
void ours_meet(struct ours *o, struct client *c);

/* Whoever shows the client's first certificate is believed. */
struct vb_tls_outward_sources ours_trusting(const struct client *c);

/* A server that knows nothing of ALPN. */
struct raw {
    gnutls_session_t session;
    struct vb_tls_choice choice;
    struct vb_buf in, out;
    bool open; /* its handshake is done */
    int rc;
    bool ended; /* close_notify has come */
    char heard[256];
    size_t heard_len;
};

/* `priority` NULL: ours. */
void raw_begin(struct raw *r, struct vb_tls *tls, const char *priority);
/* Both begin anew, and what can happen happens. */
void raw_meet(struct raw *r, struct ours *o, struct vb_tls *tls,
              const char *priority);
void raw_talk(struct raw *r, struct ours *o);
void raw_done(struct raw *r);

#endif
