/*
 * A certificate for development, that nobody but its own key vouches for.
 */
#ifndef VB_TLS_SELF_SIGNED_H
#define VB_TLS_SELF_SIGNED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/*
 * Makes sure that the file has a certificate and its key (ECDSA, P-256), in
 * PEM, for the owner alone: one that is there stays, so that who has come to
 * trust it can go on, until it has expired. It is for localhost, the loopback
 * addresses, this machine's name, and `hosts`. VB_ERR_IO, VB_ERR_INVALID (it
 * is something else) or VB_ERR_NOMEM, with one line in ret_why.
 */
enum vb_err vb_tls_self_signed(const char *file, const struct vb_span *hosts,
                               size_t host_count, struct vb_buf *ret_why);

#endif
