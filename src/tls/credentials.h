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
#include "exchange/certificate.h"
#include "tls/names.h"

/* Where a certificate lies, in PEM. */
struct vb_tls_files {
    const char *certificate; /* it, then what it is signed with, and so on */
    const char *key;         /* NULL: in the same file */
    const char *ocsp;        /* an OCSP response in DER to staple, or NULL */
};

/* Whose certificates know clients, and whether they must have one. */
struct vb_tls_clients {
    const char *ca;  /* PEM; NULL: clients are asked for nothing */
    const char *crl; /* what those have revoked, in PEM, or NULL */
    bool required;   /* who has none, is refused */
};

/* All that a set is read from. */
struct vb_tls_sources {
    const struct vb_tls_files *files;
    size_t count; /* at least one */
    struct vb_tls_clients clients;
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
    gnutls_certificate_request_t request; /* what clients are asked for */
    time_t crl_until; /* how long what is revoked is known; 0: for ever */
};

/* Frees it, and leaves nothing behind in the memory. */
void vb_tls_forget(gnutls_datum_t *secret);

/* Of a session: which certificate it shows. */
struct vb_tls_choice {
    struct vb_tls_credentials *from;              /* a reference */
    const struct vb_tls_certificate *certificate; /* chosen; NULL: not yet */
    unsigned
        suites; /* what the client's cipher suites sign with; see hello.h */
    struct vb_certificate *client; /* what it has shown; see client.h */
    uint8_t alert;                 /* why that was refused; 0: it was not */
};

/* Gives back what it holds, behind gnutls_deinit. */
void vb_tls_choice_done(struct vb_tls_choice *choice);

/*
 * Reads all files. VB_ERR_IO, VB_ERR_INVALID or VB_ERR_NOMEM, with one line in
 * ret_why that names the file. A certificate that names no host is refused, as
 * no client takes it; one that has expired is taken, and told on stderr.
 */
enum vb_err vb_tls_credentials_load(const struct vb_tls_sources *sources,
                                    struct vb_tls_credentials **ret_credentials,
                                    struct vb_buf *ret_why);

/* A file's bytes, to be freed; VB_ERR_IO with a line in ret_why. */
enum vb_err vb__tls_read_file(const char *file, gnutls_datum_t *ret_data,
                              struct vb_buf *ret_why);
/* "<file>: <reason>", and VB_ERR_INVALID. */
enum vb_err vb__tls_refuse(struct vb_buf *ret_why, const char *file,
                           const char *reason);

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
