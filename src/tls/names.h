/*
 * The hosts that a certificate is valid for: its subjectAltName and nothing
 * else (RFC 9110 sections 4.3.4 and 4.3.5, RFC 9525 section 6.3).
 *
 *     DNS:example.org      that name
 *     DNS:*.example.org    any one label in the place of the star
 *     IP:192.0.2.1         that address, written in whatever way
 */
#ifndef VB_TLS_NAMES_H
#define VB_TLS_NAMES_H

#include <gnutls/x509-ext.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct vb_tls_name {
    struct vb_span dns; /* ptr NULL: an address; owned */
    bool wildcard;      /* dns is what follows the star: ".example.org" */
    unsigned char address[16];
    size_t address_len; /* 4 or 16 */
};

/* {0} has none. */
struct vb_tls_names {
    struct vb_tls_name *at;
    size_t count;
};

/* Reads a certificate's. VB_ERR_NOMEM; VB_ERR_LIMIT: there are more than
 * anyone looks through for each request. Names of other kinds (mail, URIs) are
 * passed over. *ret_names is {0} when it fails. */
enum vb_err vb_tls_names_read(gnutls_x509_crt_t certificate,
                              struct vb_tls_names *ret_names);

void vb_tls_names_done(struct vb_tls_names *names);

/* Is the host among them? `authority` is as in Host: a port, if any, does not
 * count, nor does the dot at a name's end. */
bool vb_tls_names_cover(const struct vb_tls_names *names,
                        struct vb_span authority);

#endif
