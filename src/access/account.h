/*
 * The accounts of a description (describe/security.h): who has which one, and
 * what it is.
 */
#ifndef VB_ACCESS_ACCOUNT_H
#define VB_ACCESS_ACCOUNT_H

#include "access/scheme.h"
#include "content/json.h"
#include "storage/cache.h"

/*
 * Says in *ret who the holder of the account under this key is, which the
 * caller has found to be whom it is asked by: account, subject, roles, and a
 * reference to the record, as vb_prove has it. What else the credentials say
 * (scopes, session) is the caller's to fill in, before or after.
 *
 * `position` is that of the account's record: one that is made anew under the
 * same key is another account.
 *
 * GOOD; BAD where there is no such account, or it is disabled; PENDING: then
 * vb_access_proved is called with one of these; HALT where the store fails. The
 * key lives as long as the exchange.
 */
enum vb_proof vb_account_identify(struct vb_exchange *x, struct vb_span key,
                                  uint64_t position, struct vb_identity *ret);

/* Bytes by which a password is told from the next one. */
#define VB_ACCOUNT_MARK 16

/*
 * What an account's record says, read once and kept in the hot cache while it
 * is true. One worker's.
 */
struct vb_account {
    unsigned references;
    struct vb_record *record; /* a reference */
    bool disabled;
    char mark[VB_ACCOUNT_MARK]; /* of its password; zero: it has none */
    size_t role_count;
    struct vb_span roles[]; /* their texts lie behind them */
};

struct vb_account *vb_account_ref(struct vb_account *account);
/* NULL is fine. */
void vb_account_unref(struct vb_account *account);

/* One account by its key; vb_account_read. */
struct vb_account_read {
    struct vb_exchange *x;
    struct vb_span key;
    bool fresh; /* not from the cache, where that has what is a while old: it is
                   held against something that is not */
    struct vb_account *account; /* out: a reference the caller owns; NULL: there
                                   is none, or the store has failed, */
    enum vb_err err;            /* out: which this says */
    void (*done)(struct vb_account_read *read); /* see there */
    void *context;                              /* the caller's */
    struct vb_read read;                        /* ours, and so is this */
    struct vb_cache_stamp stamp;
};

/* True: the answer is there. False: `done` will be called, once. The structure
 * lives as long as the exchange. */
bool vb_account_read(struct vb_account_read *read);

/* What the holder of an account is; roles are copied into the arena. BAD where
 * it is disabled, HALT out of memory. */
enum vb_proof vb_account_is(struct vb_exchange *x,
                            const struct vb_account *account,
                            struct vb_identity *ret);

/* Bytes of a login that are looked for. */
#define VB_ACCOUNT_LOGIN_MOST 1024

/* Can an account have it? Not what is empty, too long or no UTF-8. */
bool vb_account_login_fits(struct vb_span login);

/* Who has that login has this claim (vb_store_claim); in the arena, whose
 * `failed` says that there was no memory. */
struct vb_claim vb_account_claim(struct vb_arena *arena,
                                 const struct vb_accounts *accounts,
                                 struct vb_span login);

/*
 * What the mark of a password is, by what is kept of it; of "": zero. It is
 * another for each that is set, also for the same one, and stays where its hash
 * is only made anew at another cost (login.h): it is of the hash's salt.
 */
void vb_account_mark(struct vb_span hash, char ret_mark[VB_ACCOUNT_MARK]);

/* What is kept of the password in an account's state; "": nothing. Borrowed
 * from the arena. */
struct vb_span vb_account_hash(struct vb_exchange *x,
                               const struct vb_accounts *accounts,
                               const struct vb_record *record);

/* The state with this hash where its password is, or what is kept of it. NULL:
 * out of memory. */
struct vb_json *vb_account_put_hash(const struct vb_accounts *accounts,
                                    yyjson_val *state, const char *hash);

#endif
