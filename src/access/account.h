/*
 * The accounts of a description (describe/security.h): who has which one, and
 * what it is.
 */
#ifndef VB_ACCESS_ACCOUNT_H
#define VB_ACCESS_ACCOUNT_H

#include "access/scheme.h"

/*
 * Says in *ret who the holder of the account under this key is, which the
 * caller has found to be whom it is asked by: account, subject, roles, and a
 * reference to the record, as vb_prove has it. What else the credentials say
 * (scopes, ambient, session) is the caller's to fill in.
 *
 * GOOD; BAD where there is no such account, or it is disabled; PENDING: then
 * vb_access_proved is called with one of these; HALT where the store fails. The
 * key lives as long as the exchange.
 */
enum vb_proof vb_account_identify(struct vb_exchange *x, struct vb_span key,
                                  struct vb_identity *ret);

#endif
