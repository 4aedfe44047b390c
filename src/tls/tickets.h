/*
 * What other servers have given us to resume sessions with (RFC 8446 section
 * 4.6.1, RFC 5077): the last ones of each endpoint. From any thread.
 */
#ifndef VB_TLS_TICKETS_H
#define VB_TLS_TICKETS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct vb_tls_tickets;

/* NULL when out of memory. */
struct vb_tls_tickets *vb_tls_tickets_new(void);

/* NULL is fine. */
void vb_tls_tickets_free(struct vb_tls_tickets *tickets);

/* What an endpoint's tickets are found by. */
uint64_t vb_tls_tickets_key(struct vb_span endpoint);

/* Takes the ticket over; older ones may have to go for it. */
void vb_tls_tickets_put(struct vb_tls_tickets *tickets, uint64_t key,
                        gnutls_datum_t ticket);

/* Gives away the endpoint's youngest, since each is for one session (RFC 8446
 * appendix C.4); to be freed by vb_tls_forget. False: there is none. */
bool vb_tls_tickets_take(struct vb_tls_tickets *tickets, uint64_t key,
                         gnutls_datum_t *ret_ticket);

#endif
