/*
 * A session of ours with another server: who that must be, what is offered, and
 * what comes of it. It knows no transport.
 */
#ifndef VB_TLS_VISIT_H
#define VB_TLS_VISIT_H

#include <gnutls/gnutls.h>

#include "exchange/call.h"
#include "tls/outward.h"

/* The longest name of DNS, brackets and a NUL. */
#define VB_TLS_HOST_MOST 256

struct vb_tls_visit {
    struct vb_tls_outward *outward; /* a reference */
    enum vb_dial_protocol protocol;
    uint64_t ticket_key;
    bool verified;            /* the server is who it must be */
    struct vb_client *client; /* when the handshake is done */
    enum vb_dial_end end;     /* why not, with a line */
    uint8_t alert;            /* that tells the server so; 0: GnuTLS knows */
    char why[128];
    char host[VB_TLS_HOST_MOST]; /* whose certificate it must be, as in Host;
                                    "": there is no such name */
};

/* A session set up but for its transport, to be given back before the visit.
 * NULL when out of memory. */
struct vb_tls_visit *vb_tls_visit_new(const struct vb_endpoint *to,
                                      gnutls_session_t *ret_session);

/* NULL is fine. */
void vb_tls_visit_free(struct vb_tls_visit *visit);

/*
 * The handshake is done. 0, or the code of GnuTLS's with which the session is
 * to end, as it is not what was asked for. *ret_http_2 says what ALPN has
 * chosen.
 */
int vb_tls_visit_open(struct vb_tls_visit *visit, gnutls_session_t session,
                      bool *ret_http_2);

/* The handshake has failed with a code of GnuTLS's: notes why, unless that is
 * known. */
void vb_tls_visit_failed(struct vb_tls_visit *visit, gnutls_session_t session,
                         int rc);

#endif
