/*
 * Who may write without credentials: clients on this machine, and pages of
 * this server's own.
 *
 * A browser is a client on this machine, too, and runs the pages of anybody. It
 * keeps our answers from a page of another origin, but it sends that page's
 * requests: a form or a text needs no leave. So an unsafe method is refused
 *
 * - when a page of another origin sent it, as Sec-Fetch-Site says, or where
 *   that is missing, Origin (Fetch, "Origin header");
 * - when it is for a host that only somebody else's DNS can have led here (DNS
 *   rebinding makes such a page one of our own origin).
 *
 * What is no browser sends neither field and is not concerned; unless it has a
 * session's cookie, which is a browser's: then one of them must be there.
 */
#ifndef VB_FLOW_TRUST_H
#define VB_FLOW_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "exchange/exchange.h"

/* What the operator has said; the spans live as long as the server. */
struct vb_trust {
    bool open; /* writes from other machines, too (--open) */
    /* Credentials from other machines without TLS, too: something in between
     * that is ours ends it (--plain-credentials). */
    bool plain_credentials;
    /* Origins whose pages may read and write, with credentials (--origin):
     * "https://app.example". */
    const struct vb_span *origins;
    size_t origin_count;
    /* Names of this server (--server-name), beside IP addresses and localhost.
     * With `open` and without names, any will do. */
    const struct vb_span *hosts;
    size_t host_count;
};

/* What holds for the exchange; never NULL. */
const struct vb_trust *vb__trust_of(const struct vb_exchange *x);

/* Is it a host's name, without a port? */
bool vb_trust_host_valid(struct vb_span text);

/* Of a request with an unsafe method: did this server's own page send it, an
 * origin that may, one that knows a secret of the client's own, or no page at
 * all? If not, the reply says why. */
bool vb__trusts_origin(struct vb_exchange *x);

/* Does TLS protect the way to the client, ours or that of a gateway of the
 * operator's? */
bool vb_is_protected(const struct vb_exchange *x);

/* May credentials come over this connection? Not where others can read them on
 * their way (RFC 7617 section 4, RFC 6750 section 5.3). */
bool vb_trusts_connection(const struct vb_exchange *x);

/* The same: is it from this machine, for a name of ours, or is the server open
 * to anyone? */
bool vb__trusts_client(struct vb_exchange *x);

#endif
