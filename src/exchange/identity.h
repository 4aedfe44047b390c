/*
 * Who a request comes from, once its credentials were found good (RFC 9110
 * section 11): x->identity, and NULL as long as nobody knows.
 *
 *     account    the key of the account's record, "/accounts/7"; "" where who
 *                asks has none here: a token's subject, a certificate's holder,
 *                the browser behind an anonymous session
 *     subject    by what it is told of, in logs and in what it owns: the last
 *                segment of the account's URI, else what the credentials say
 *     roles      what the account is: its own property says so
 *     scopes     what these credentials are good for (RFC 6749 section 3.3)
 *
 * All of it lies in the exchange's arena, or lives as long. No secret is in it.
 */
#ifndef VB_EXCHANGE_IDENTITY_H
#define VB_EXCHANGE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct vb_record; /* storage/store.h */

struct vb_identity {
    struct vb_span account;
    struct vb_span subject;
    const struct vb_span *roles;
    size_t role_count;
    const struct vb_span *scopes;
    size_t scope_count;
    bool unscoped; /* good for all that the account may: scopes say nothing */
    /* Whoever sends such credentials must have known them: no browser adds a
     * token or a key to what a page sends, as it adds cookies, certificates,
     * and passwords that it remembers. */
    bool deliberate;
    /* The account's holder has just said its password (Basic). */
    bool by_password;
    struct vb_span session; /* the id of the session; "" without one */
    /* The account's state, a reference that the exchange gives back when it is
     * over; NULL: no account. */
    struct vb_record *record;
};

/* NULL has no role and no scope. */
bool vb_identity_has_role(const struct vb_identity *identity,
                          struct vb_span role);
bool vb_identity_has_scope(const struct vb_identity *identity,
                           struct vb_span scope);

#endif
