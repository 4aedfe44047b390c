/* What is in a struct vb_tls_outward, for the sessions that are made of it. */
#ifndef VB_TLS_OUTWARD_INNER_H
#define VB_TLS_OUTWARD_INNER_H

#include <gnutls/gnutls.h>

#include "base/ref.h"
#include "tls/outward.h"
#include "tls/tickets.h"

struct vb_tls_outward {
    struct vb_ref ref;
    gnutls_certificate_credentials_t gnutls;
    gnutls_priority_t offered;
    bool insecure;
    char *server_name; /* or NULL */
    struct vb_tls_tickets *tickets;
};

struct vb_tls_outward *vb__tls_outward_ref(const struct vb_tls_outward *from);

#endif
