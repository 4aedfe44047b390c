/*
 * Opaque tokens that we issue: what a client says in Authorization, or as an
 * API key, instead of a password.
 *
 *     vbt_Zk3...          the token: 32 random bytes, base64url; the client's
 *        │ BLAKE2b-256
 *     hash ─▶ id          "token:ID" is the record's key, and the hash in it
 *
 * A record, which no URI leads to, is in the listing "tokens:" and the key of
 * its account. Who reads the store learns no token, and the id may be known.
 */
#ifndef VB_ACCESS_TOKEN_H
#define VB_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "access/opaque.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/ref.h"
#include "base/span.h"
#include "storage/store.h"

#define VB_TOKEN_PREFIX   "vbt_"
#define VB_TOKEN_LEN      (4 + VB_OPAQUE_LEN) /* with the prefix */
#define VB_TOKEN_HASH_LEN VB_OPAQUE_HASH_LEN
#define VB_TOKEN_ID_LEN   VB_OPAQUE_ID_LEN

/* Scopes of one token, and tokens of one account. */
#define VB_TOKEN_SCOPES_MOST  64
#define VB_TOKENS_PER_ACCOUNT 100

/* The keys of records, and of the listings of accounts. */
#define VB_TOKEN_KEYS     "token:"
#define VB_TOKEN_LISTINGS "tokens:"

/* What is known of a token. Immutable and counted. */
struct vb_token {
    struct vb_ref ref;
    unsigned char hash[VB_TOKEN_HASH_LEN];
    struct vb_span account; /* the key of its record, */
    uint64_t position;      /* and its place, which no other ever gets: what is
                               made anew under that key is another account */
    struct vb_span name;    /* what its holder calls it; may be "" */
    const struct vb_span *scopes;
    size_t scope_count;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never */
    size_t size;        /* bytes that it takes */
};

/* Makes a new one: its text without a NUL, and the hash of that. */
void vb_token_make(char text[VB_TOKEN_LEN],
                   unsigned char hash[VB_TOKEN_HASH_LEN]);

/* Can this be one of ours? Then its hash. */
bool vb_token_hash(struct vb_span text, unsigned char hash[VB_TOKEN_HASH_LEN]);

/* The key of the record with this id, in the arena; "": no memory. */
struct vb_span vb_token_key(struct vb_arena *arena, struct vb_span id);

/* The key of an account's listing, likewise. */
struct vb_span vb_token_listing(struct vb_arena *arena, struct vb_span account);

/* Appends the content of a record: JSON. Check buf->err. */
void vb_token_write(struct vb_buf *buf, const struct vb_token *token);

/* Appends what its holder may see of it, with its text where that is not "".
 * `id` is the record's. */
void vb_token_show(struct vb_buf *buf, const struct vb_token *token,
                   struct vb_span id, struct vb_span text);

/* Does it count, for the account of this record, now? */
bool vb_token_counts(const struct vb_token *token,
                     const struct vb_record *account, int64_t now_ms);

/* What a record says; one reference. NULL: it is damaged, or no memory. */
struct vb_token *vb_token_read(struct vb_span content);

/* NULL is fine. */
void vb_token_unref(struct vb_token *token);

#endif
