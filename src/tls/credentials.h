/*
 * Certificates with their keys, as one set: what a server shows of itself, on
 * TCP and on UDP alike. A set never changes; a reload makes another one, and
 * each connection keeps the one it began with.
 */
#ifndef VB_TLS_CREDENTIALS_H
#define VB_TLS_CREDENTIALS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ref.h"
#include "tls/names.h"

/* Where a certificate lies, in PEM. */
struct vb_tls_files {
    const char *certificate; /* it, then what it is signed with, and so on */
    const char *key;         /* NULL: in the same file */
    const char *ocsp;        /* an OCSP response in DER to staple, or NULL */
};

/* Certificates up to the one that a client knows. */
#define VB_TLS_CHAIN_MOST 16

struct vb_tls_certificate {
    struct vb_tls_names names;
    gnutls_pcert_st chain[VB_TLS_CHAIN_MOST];
    unsigned chain_len;
    gnutls_privkey_t key;
    gnutls_pk_algorithm_t algorithm; /* of the key */
    gnutls_ocsp_data_st ocsp;        /* response.size 0: none */
};

struct vb_tls_credentials {
    struct vb_ref ref;
    gnutls_certificate_credentials_t gnutls; /* asks `pick` for a handshake */
    struct vb_tls_certificate *certificates; /* the first is the default */
    size_t count;
};

/* Frees it, and leaves nothing behind in the memory. */
void vb_tls_forget(gnutls_datum_t *secret);

/* Of a session: which certificate it shows. */
struct vb_tls_choice {
    struct vb_tls_credentials *from;              /* a reference */
    const struct vb_tls_certificate *certificate; /* chosen; NULL: not yet */
    unsigned
        suites; /* what the client's cipher suites sign with; see hello.h */
};

/*
 * Reads all files. VB_ERR_IO, VB_ERR_INVALID or VB_ERR_NOMEM, with one line in
 * ret_why that names the file. A certificate that names no host is refused, as
 * no client takes it; one that has expired is taken, and told on stderr.
 */
enum vb_err vb_tls_credentials_load(const struct vb_tls_files *files,
                                    size_t count,
                                    struct vb_tls_credentials **ret_credentials,
                                    struct vb_buf *ret_why);

struct vb_tls_credentials *
vb_tls_credentials_ref(struct vb_tls_credentials *credentials);
/* NULL is fine. */
void vb_tls_credentials_unref(struct vb_tls_credentials *credentials);

/*
 * The session's choice, and where it finds it: a pointer that GnuTLS keeps for
 * the cache of sessions, which we have none of. (gnutls_session_set_ptr belongs
 * to who carries the session.)
 */
struct vb_tls_choice *vb_tls_choice_of(gnutls_session_t session);
void vb_tls_choice_set(gnutls_session_t session, struct vb_tls_choice *choice);

/*
 * Chooses the certificate for a session whose ClientHello is there: of those
 * that its server_name (RFC 6066 section 3) is among the names of, else of all,
 * the first whose key the client can use; else the first.
 * GnuTLS asks for it by itself, unless the session is a resumed one.
 */
void vb_tls_choose(gnutls_session_t session);

#endif
