/*
 * Passwords: Argon2id (RFC 9106) by libsodium, away from the loop.
 *
 *     worker ── submit ──▶ gate ──▶ executor, two at once in this process
 *        ▲                  │ wait ... or BUSY where too many do
 *        └── mailbox ◀── done
 *
 * One hash takes tens of megabytes and a tenth of a second, by intent: so no
 * more than a few are made at once, however many clients log in, and all else
 * goes on meanwhile.
 */
#ifndef VB_ACCESS_PASSWORD_H
#define VB_ACCESS_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/task.h"

struct vb_env;

/* What one hash costs whoever makes it. */
struct vb_password_cost {
    uint64_t memory; /* bytes */
    uint32_t passes;
};

/*
 * 64 MiB and 3 passes: what RFC 9106 section 4 recommends second, where 2 GiB
 * are too much, and beyond what OWASP asks for at least (19 MiB, 2 passes).
 */
#define VB_PASSWORD_MEMORY ((uint64_t)64 * 1024 * 1024)
#define VB_PASSWORD_PASSES 3

/* Bytes of a password, and of what is kept of it with its NUL. */
#define VB_PASSWORD_MOST 1024
#define VB_PASSWORD_HASH 128

/*
 * The password as it is compared (RFC 8265 section 4.2, OpaqueString): spaces
 * of any script are spaces, composed characters are one (NFC). False: it is
 * empty, too long, no UTF-8 or has control characters, so it is no password;
 * or memory is short.
 */
bool vb_password_prepare(struct vb_arena *arena, struct vb_span said,
                         struct vb_span *ret_password);

/* Is that text what is kept of a password? */
bool vb_password_is_hash(struct vb_span text);

/* Its salt, as it stands there: each password that is set has one of its own,
 * and keeps it where only the cost is another. "": it has none. */
struct vb_span vb_password_salt(struct vb_span hash);

struct vb_passwords;

/* NULL: no memory. */
struct vb_passwords *vb_passwords_new(const struct vb_password_cost *cost);

/* Nothing may be under way. NULL is fine. */
void vb_passwords_free(struct vb_passwords *passwords);

/* What costs the same as verifying a hash of today, and is nobody's. */
const char *vb_passwords_dummy(const struct vb_passwords *passwords);

/* One hash to be made, or verified. The caller's until `done`. */
struct vb_password_work {
    struct vb_task task; /* ours, and so are these */
    struct vb_passwords *passwords;
    struct vb_mailbox *mailbox;
    struct vb_password_work *next;

    bool makes;                     /* a hash; else it verifies one, */
    bool renews;                    /* and makes one at today's cost of it where
                                       it is good and stale */
    struct vb_span password;        /* prepared */
    char hash[VB_PASSWORD_HASH];    /* to verify; or out. NUL-terminated */
    bool good;                      /* out: it is made, or it is that one */
    bool failed;                    /* out: there was no memory for it */
    bool stale;                     /* out, verified: made at another cost */
    char renewed[VB_PASSWORD_HASH]; /* out, renews: the hash of today, with the
                                       same salt; "": there is none */
    /* On the worker's thread. */
    void (*done)(struct vb_password_work *work);
};

enum vb_password_begun {
    VB_PASSWORD_PENDING, /* `done` will be called once */
    VB_PASSWORD_DONE,    /* it has been done here and now */
    VB_PASSWORD_BUSY     /* too many are waiting: try again in a while */
};

/* Begins it. Where the env has no executor, it is done on the spot. */
enum vb_password_begun vb_passwords_begin(struct vb_passwords *passwords,
                                          struct vb_env *env,
                                          struct vb_password_work *work);

#endif
