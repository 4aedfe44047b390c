/*
 * Logging in: is that the password of that account?
 *
 *     throttle ── 429 ─▶
 *        └─ who has this login? ── nobody: a hash that is nobody's ─┐
 *                 └─ the account's hash ── verify, elsewhere ◀──────┘
 *                                             └─ good, or not: both look alike
 *
 * What is good, but was hashed at another cost than today's, is hashed anew, so
 * that a cost that is raised comes to all who log in: in the record, where no
 * client can tell (VB_CHANGE_AMEND). If that fails, or the account has changed
 * meanwhile, it is left for the next time.
 *
 * What is shared by all workers lies in the env (env->logins).
 */
#ifndef VB_ACCESS_LOGIN_H
#define VB_ACCESS_LOGIN_H

#include "access/password.h"
#include "access/scheme.h"
#include "access/throttle.h"
#include "storage/store.h"

#define VB_LOGIN_KEY    32
#define VB_LOGIN_DIGEST 32

/* What a process needs to check who logs in. */
struct vb_logins {
    struct vb_passwords *passwords;
    struct vb_throttle *throttle;
    unsigned char key[VB_LOGIN_KEY]; /* of what is remembered (basic.c) */
};

/* NULL: no memory. */
struct vb_logins *vb_logins_new(const struct vb_password_cost *cost);

/* Nobody logs in any more. NULL is fine. */
void vb_logins_free(struct vb_logins *logins);

/*
 * By what it is remembered that a login, which has no colon, and a password
 * were good: a hash with a key that lives as long as the process, of no use to
 * who reads the memory later.
 */
void vb_login_digest(const struct vb_logins *logins, struct vb_span login,
                     struct vb_span password, char ret_digest[VB_LOGIN_DIGEST]);

/* One attempt, in the exchange's arena. */
struct vb_login {
    struct vb_exchange *x;
    const struct vb_accounts *accounts; /* NULL: the caller knows them, */
    struct vb_span hash; /* and what is kept of the password; "": nobody has
                            the login */
    struct vb_span login, password; /* as the client says them */
    /* Whose password it must be, which is about to be changed: a reference that
     * is given back; NULL: whoever has the login. */
    struct vb_record *record;
    /* Out, GOOD: whose it is, `record`, a reference the caller owns. */
    void (*done)(struct vb_login *login, enum vb_proof proof);
    void *context; /* the caller's */

    bool somebody; /* has the login; ours, and so are these */
    struct vb_claim_read claim;
    struct vb_password_work work;
    struct vb_change change;
    struct vb_commit commit;
};

/*
 * GOOD; BAD: there is no such account, it has no password or another one; HALT:
 * 429 or 503 is set; PENDING: `done` is called with one of these, once. What is
 * good may still be disabled.
 */
enum vb_proof vb_login_check(struct vb_login *login);

/* 503: too many passwords are being checked or hashed. HALT. */
enum vb_proof vb_login_busy(struct vb_exchange *x);

#endif
