/*
 * The cookie of sessions (RFC 6265bis): what it is called, and setting it.
 *
 * Over TLS its name begins with "__Host-", whatever the description calls it: a
 * browser then takes it from this host alone, for all of it, and sends it over
 * TLS only (section 4.1.3.2). Without TLS, on this machine, no browser would
 * take such a one.
 */
#ifndef VB_ACCESS_COOKIE_H
#define VB_ACCESS_COOKIE_H

#include "access/scheme.h"

/* The cookie's name on this exchange's connection. */
struct vb_span vb_cookie_name(const struct vb_exchange *x,
                              const struct vb_scheme *scheme);

/* Sets the cookie to a session's secret, for as long as the browser runs; the
 * server knows when the session is over. False: no memory. */
bool vb_cookie_set(struct vb_exchange *x, const struct vb_scheme *scheme,
                   struct vb_span text);

/* The browser is to forget it. */
bool vb_cookie_end(struct vb_exchange *x, const struct vb_scheme *scheme);

#endif
