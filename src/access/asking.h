/*
 * How it is found out who asks, for one exchange: what each scheme has said.
 * Inside of this room only.
 */
#ifndef VB_ACCESS_ASKING_H
#define VB_ACCESS_ASKING_H

#include "access/scheme.h"

/* What a scheme has said of this request. */
struct vb_proven {
    bool asked;
    enum vb_proof proof;
    struct vb_identity identity;
};

struct vb_session;

struct vb_asking {
    const struct vb_access *access;
    const struct vb_security *security;
    const struct vb_scheme *waiting; /* the one that said PENDING */
    bool running;                    /* a prover is on the stack */
    bool answered;                   /* and has said what it will already */
    bool introduces;                 /* all schemes are asked, for others */
    /* Met but for scopes or roles: 403. */
    const struct vb_requirement *lacking;
    struct vb_session *session; /* that the cookie names, a reference; NULL */
    /* Who is nobody, with a session all the same; NULL: no such. */
    const struct vb_identity *guest;
    struct vb_span why;        /* credentials are no good; or "" */
    struct vb_proven proven[]; /* by the scheme's index */
};

/* The exchange's asking, begun. NULL: out of memory. */
struct vb_asking *vb__asking_begin(struct vb_exchange *x);

/* What the scheme says, asked once. */
enum vb_proof vb__asking_prove(struct vb_exchange *x,
                               const struct vb_scheme *scheme);

/* Has the client itself said something that is no good? What a browser sends
 * unasked may be stale. */
bool vb__asking_refuted(const struct vb_asking *asking);

/* Do credentials of this kind have scopes? Those of others are the account's,
 * and what the description lists are roles. */
bool vb__asking_has_scopes(enum vb_scheme_kind kind);

/* Goes on where it stood (authentic.c). */
enum vb_answer vb__authentic_go_on(struct vb_exchange *x);

/*
 * By what somebody is known whom others vouch for, and who has no account here:
 * what the credentials say, in the arena. Where there are accounts, it begins
 * with the scheme's name and a bar, which no segment of a path has: so nobody's
 * subject is an account's id or URI. ptr NULL: no memory.
 */
struct vb_span vb__asking_subject(struct vb_exchange *x,
                                  const struct vb_scheme *scheme,
                                  struct vb_span said);

/* How a scheme is proved; the files of this room. */
vb_prove vb__prove_basic, vb__prove_certificate, vb__prove_jwt, vb__prove_key,
    vb__prove_session, vb__prove_token;

/* The token of Authorization: Bearer; "" for one that is malformed. False:
 * there is none. */
bool vb__bearer_token(const struct vb_exchange *x, struct vb_span *ret_token);

/*
 * Who has the account of this login, for which somebody else vouches; the login
 * lives as long as the exchange. As vb_account_identify; BAD, too, where nobody
 * has it.
 */
enum vb_proof vb__holder_identify(struct vb_exchange *x, struct vb_span login,
                                  struct vb_identity *ret);

/* --- challenge.c -----------------------------------------------------------
 */

/* Adds the challenges of all that would do (RFC 9110 section 11.6.1), and says
 * in words what that is. */
void vb__challenge_all(struct vb_exchange *x);

/* Adds that of a token whose scopes are too few (RFC 6750 section 3.1). */
void vb__challenge_lacking(struct vb_exchange *x);

#endif
