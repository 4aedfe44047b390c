/*
 * How we speak TLS with other servers: whom we believe, and who we are.
 *
 *     CAs, a certificate ─▶ struct vb_tls_outward ─▶ sessions, one a connection
 *                                    └─ tickets ◀──────┘
 *
 * A server is believed when its certificate leads to one of the CAs, is good
 * now, for servers, and for the host that was asked for: a subjectAltName of
 * it, and nothing else (RFC 9110 section 4.3.4, RFC 9525). Never changed, so
 * all workers share one, counted; only the tickets that let a session go on
 * where another one was are under a lock.
 */
#ifndef VB_TLS_OUTWARD_H
#define VB_TLS_OUTWARD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct vb_tls_outward;

struct vb_tls_outward_sources {
    const char *ca;          /* PEM; NULL: those that the system believes */
    bool insecure;           /* anybody is believed */
    const char *server_name; /* whose certificate it must be, and who is asked
                                for (RFC 6066 section 3), in the place of the
                                endpoint's host; or NULL */
    const char *certificate; /* ours, PEM, then what it is signed with, and so
                                on; or NULL */
    const char *key;         /* its key; NULL: in the same file */
};

/* Reads the files; nothing of the sources is kept. VB_ERR_IO, VB_ERR_INVALID or
 * VB_ERR_NOMEM, with one line in ret_why. */
enum vb_err vb_tls_outward_new(const struct vb_tls_outward_sources *sources,
                               struct vb_tls_outward **ret_outward,
                               struct vb_buf *ret_why);

/* Every connection has a reference of its own. NULL is fine. */
void vb_tls_outward_unref(struct vb_tls_outward *outward);

#endif
