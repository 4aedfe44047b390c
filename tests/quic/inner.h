/* What the files of the client share. */
#ifndef VB_TESTS_QUIC_INNER_H
#define VB_TESTS_QUIC_INNER_H

#include "client.h"

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#define INJECT_MAX 1000

/* Bytes to send; they stay where they are until they are acknowledged. */
struct chunk {
    struct chunk *next;
    size_t len;
    size_t sent;
    uint8_t bytes[];
};

struct stream {
    struct stream *next;
    int64_t id;
    struct chunk *first, *last; /* not acknowledged */
    uint64_t acked;             /* bytes of all, and */
    uint64_t gone;              /* those of the chunks that are freed */
    bool fin;                   /* is to be sent, and */
    bool fin_sent;              /* was */
    bool shut;                  /* nothing more can be sent */
};

struct quic_client {
    struct quic_client_options o;
    ngtcp2_conn *conn;
    ngtcp2_crypto_conn_ref ref;
    gnutls_session_t session;
    gnutls_certificate_credentials_t trust;
    struct stream *streams;
    ngtcp2_ccerr error; /* to be said, if `closing` */
    bool closing;
    bool over;
    bool early;                 /* 0-RTT is tried */
    bool stateless;             /* a stateless reset has come */
    uint8_t frames[INJECT_MAX]; /* of quic_client_inject, the last */
    size_t frames_len;
    unsigned char first_bits; /* of quic_client_first_bits */
    bool injecting;           /* they have not gone yet */
};

void emit(struct quic_client *c, struct quic_event event);

/* events.c: all callbacks but those of streams. */
void callbacks_set(ngtcp2_callbacks *callbacks);

/* streams.c */
void stream_callbacks_set(ngtcp2_callbacks *callbacks);
void streams_forget(struct quic_client *c);
/* Writes a packet, with what streams have to send: as ngtcp2_conn_writev_stream
 * returns. */
ngtcp2_ssize streams_write(struct quic_client *c, ngtcp2_path *path,
                           ngtcp2_pkt_info *info, uint8_t *buf, size_t size,
                           ngtcp2_tstamp now);

/* session.c: a TLS session; false when GnuTLS refuses. */
bool session_begin(struct quic_client *c);
void session_end(struct quic_client *c);
/* A ticket's two parts. */
struct vb_span ticket_session(struct vb_span ticket);
struct vb_span ticket_parameters(struct vb_span ticket);

/* frames.c: looks into packets on their way, and replaces some. */
void frame_callbacks_set(ngtcp2_callbacks *callbacks);
/* Whose packets are protected now; NULL: nobody's. */
void frames_of(struct quic_client *c);

#endif
