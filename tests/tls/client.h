/*
 * A TLS client before the wire under test, over byte arrays.
 *
 *     client_send(text) ─▶ GnuTLS ─▶ driver (tests/wire) ─▶ TLS wire ─▶ h1
 *     plain ◀───────────── GnuTLS ◀─ driver's out ◀────────────┘
 */
#ifndef VB_TESTS_TLS_CLIENT_H
#define VB_TESTS_TLS_CLIENT_H

#include "wire/driver.h"

#include "tls/self_signed.h"
#include "tls/wire.h"

#define CERTIFICATES_MOST 4

struct client {
    struct driver d;
    char folder[32];
    char paths[CERTIFICATES_MOST][64];
    struct vb_tls_files files[CERTIFICATES_MOST];
    struct vb_tls_sources sources;
    struct vb_tls *tls;

    gnutls_certificate_credentials_t trust;
    gnutls_session_t session;
    const char *name;      /* server_name; NULL: none */
    const char *priority;  /* NULL: GnuTLS's */
    const char *protocol;  /* of ALPN; NULL: none */
    void *user;            /* the session's pointer */
    gnutls_datum_t ticket; /* of the last session, to resume it */
    size_t read;           /* of d.out */
    bool ended;            /* close_notify has come */
    struct vb_buf plain;
};

/* A certificate for each of the hosts, and a wire. */
void client_init(struct client *c, const char *const *hosts, size_t count);
void client_done(struct client *c);

/* Begins anew, with another wire and session. */
void client_restart(struct client *c);

/* Shakes hands; what gnutls_handshake says. */
int client_handshake(struct client *c);

/* Encrypts, sends, and decrypts what comes back. */
void client_send(struct client *c, struct vb_span plain);
/* Decrypts what has come. */
void client_read(struct client *c);

/* Which of the certificates was shown: its index; -1: none of them. */
int client_shown(const struct client *c);

#endif
