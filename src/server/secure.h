/* A server's certificates: from what was asked for to what the loop speaks. */
#ifndef VB_SERVER_SECURE_H
#define VB_SERVER_SECURE_H

#include "base/buf.h"
#include "base/err.h"

struct vb_server;
struct vb_tls_clients;

/* Adds a certificate; its texts are copied. `ocsp` may be NULL, `key` too.
 * VB_ERR_NOMEM. */
enum vb_err vb_secure_add(struct vb_server *server, const char *certificate,
                          const char *key, const char *ocsp);

/* Asks clients for a certificate; the texts are copied. `crl` may be NULL.
 * VB_ERR_NOMEM. */
enum vb_err vb_secure_clients(struct vb_server *server,
                              const struct vb_tls_clients *clients);

/* Sets server->tls where an address is to speak TLS. On failure ret_why gets
 * one line. */
enum vb_err vb_secure_start(struct vb_server *server, struct vb_buf *ret_why);

/* Once it is known which ports there are: notes where HTTP/3 is served, for
 * Alt-Svc. VB_ERR_NOMEM. */
enum vb_err vb_secure_alternatives(struct vb_server *server);

/* Reads the certificates again; when that fails, all stays as it was. Says on
 * stderr what came of it. */
void vb_secure_reload(struct vb_server *server);

/* Tells people by what they know the certificate that nobody vouches for. */
void vb_secure_tell(const struct vb_server *server);

/* Frees what the above made. */
void vb_secure_done(struct vb_server *server);

#endif
