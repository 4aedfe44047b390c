/*
 * Who asks: credentials are held against the security schemes of a
 * description, and `x->identity` says who it is.
 *
 *     security: [{a, b}, {c}]     one of these, all of each
 *        │
 *        ├─ prove a, prove b ─▶ both good, scopes too: that is who
 *        └─ prove c ─────────▶ ... else 401, with all that would have done
 *
 * How a scheme is proved is a row of the table in asking.c. A prover may say
 * PENDING (a password that is checked on another thread, a record that is
 * read); then it calls vb_access_proved, and the asking goes on.
 */
#ifndef VB_ACCESS_SCHEME_H
#define VB_ACCESS_SCHEME_H

#include "access/guard.h"
#include "describe/security.h"
#include "exchange/identity.h"
#include "http/challenge.h"

enum vb_proof {
    VB_PROOF_NONE,    /* there are no such credentials */
    VB_PROOF_GOOD,    /* these are whose they say */
    VB_PROOF_BAD,     /* they are there, and no good */
    VB_PROOF_PENDING, /* vb_access_proved will be called exactly once */
    VB_PROOF_HALT     /* x->reply.status is the final status: 429, 503 */
};

/*
 * Are there credentials of this scheme, which is served, and are they good?
 * Fills *ret, which lies in the exchange's arena (so it may be filled later,
 * too) and is all zero; a reference in ret->record is given back with the
 * exchange. What is no good may say why (vb_access_why).
 */
typedef enum vb_proof vb_prove(struct vb_exchange *x,
                               const struct vb_scheme *scheme,
                               struct vb_identity *ret);

/* After PENDING, once, on the worker's thread. The exchange may be gone when
 * it returns. */
void vb_access_proved(struct vb_exchange *x, enum vb_proof proof);

/* Nobody can be told apart: memory is short, or the store is in trouble. Sets
 * 503; HALT. */
enum vb_proof vb_access_halt(struct vb_exchange *x);

/* Why credentials are no good, in a sentence without a secret, which lives as
 * long as the exchange. It is told with 401; the first one stays. */
void vb_access_why(struct vb_exchange *x, struct vb_span why);

/* The credentials of Authorization, where they are of that scheme. */
bool vb_access_credentials(const struct vb_exchange *x, const char *scheme,
                           struct vb_challenge *ret_credentials);

/* The same of Proxy-Authorization (RFC 9110 section 11.7.2), and of whatever
 * else has their syntax. */
bool vb_access_credentials_in(const struct vb_exchange *x, enum vb_field_id id,
                              const char *scheme,
                              struct vb_challenge *ret_credentials);

/* Adds a challenge to the reply, in WWW-Authenticate or Proxy-Authenticate,
 * unless it is there (RFC 9110 sections 11.6.1 and 11.7.1). */
void vb_access_challenge(struct vb_exchange *x, enum vb_field_id id,
                         const char *scheme, const struct vb_auth_param *params,
                         size_t count);

/* Refuses what came where others could read it: 403, HALT. */
enum vb_answer vb_access_in_clear(struct vb_exchange *x);

/* What the exchange's resource is guarded with. */
static inline const struct vb_access *vb_access_of(const struct vb_exchange *x)
{
    return x->resource->guard->access;
}

/* --- the rows `authentic` and `permitted` of the flow ----------------------
 */

/* Finds out who asks: sets x->identity. 401 with the challenges where none of
 * what the description asks for is met. */
vb_question vb_access_authentic;

/* The row `authentic` where nothing is asked for, and inner exchanges are begun
 * (flow/inner.h): finds out all that its credentials tell, for those to be
 * judged by. x->identity is the first of it. 401 for what is no good. */
vb_question vb_access_introduce;

/* Who has met a requirement of the description may, from wherever; where
 * nothing is said, what goes without a description goes here. 403 for good
 * credentials that lack a scope or role (RFC 6750 section 3.1). */
vb_question vb_access_permitted;

#endif
