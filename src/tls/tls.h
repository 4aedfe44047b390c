/*
 * TLS 1.2 and 1.3 for a server (RFC 8446, RFC 5246), with GnuTLS.
 *
 *     files ─▶ credentials ─┐
 *     ticket key ───────────┼─▶ struct vb_tls ─▶ sessions, one a connection
 *     what is offered ──────┘
 *
 * All workers share one; a reload gives new sessions new certificates.
 */
#ifndef VB_TLS_TLS_H
#define VB_TLS_TLS_H

#include <gnutls/gnutls.h>

#include "tls/credentials.h"

struct vb_tls;

/*
 * Reads the certificates. The files' names are borrowed for its life. On
 * failure ret_why gets one line, as from vb_tls_credentials_load.
 */
enum vb_err vb_tls_new(const struct vb_tls_sources *sources,
                       struct vb_tls **ret_tls, struct vb_buf *ret_why);

/* All sessions must have ended. NULL is fine. */
void vb_tls_free(struct vb_tls *tls);

/* Reads the files again, for sessions to come. When it fails, all stays as it
 * was. From any thread. */
enum vb_err vb_tls_reload(struct vb_tls *tls, struct vb_buf *ret_why);

/* Appends the SHA-256 fingerprint of a certificate, "AB:CD:..." */
void vb_tls_fingerprint(struct vb_tls *tls, size_t index,
                        struct vb_buf *ret_text);

/* What carries a session. QUIC has a record layer of its own, TLS 1.3 and
 * nothing older, and early data (RFC 9001 sections 4.2 and 4.6). */
enum vb_tls_carrier { VB_TLS_TCP, VB_TLS_QUIC, VB_TLS_CARRIERS };

/* What is offered and taken in such a session, by a server and by a client:
 * versions, ciphers, groups and signatures. False when out of memory. */
bool vb_tls_priority(enum vb_tls_carrier carrier,
                     gnutls_priority_t *ret_priority);

/*
 * A server's session, set up but for its transport. It resumes sessions of all
 * workers that the same carrier has carried: what early data was promised is
 * the carrier's. `choice` gets a reference to today's credentials, to be given
 * back by vb_tls_choice_done; it must stay where it is. VB_ERR_NOMEM.
 */
enum vb_err vb_tls_session_new(struct vb_tls *tls, enum vb_tls_carrier carrier,
                               int64_t now_ms, struct vb_tls_choice *choice,
                               gnutls_session_t *ret_session);

/* The alert that tells the peer why its session failed with a code of
 * GnuTLS's (RFC 8446 section 6.2), where GnuTLS knows no better; 0: it does. */
gnutls_alert_description_t vb_tls_alert(gnutls_session_t session, int code);

/* Offers protocols (RFC 7301), best first: a client that asks for others only
 * is refused. At most VB_TLS_PROTOCOLS_MOST. False when out of memory. */
#define VB_TLS_PROTOCOLS_MOST 4
bool vb_tls_offer(gnutls_session_t session, const char *const *names,
                  size_t count);

#endif
