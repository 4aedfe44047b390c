/*
 * Sessions: what the server remembers of a browser between its requests, under
 * a secret that its cookie says (cookie.h).
 *
 *     session:ID         the record: whose, since when, last seen
 *     sessions:ACCOUNT   the listing of an account's; sessions: of nobody's
 *     of-session:DATA/P  what the session has of the document P (`per:
 * session`)
 *
 * No URI leads to any of these. A session without an account is a guest's: it
 * has what it has, and meets no requirement of a description.
 */
#ifndef VB_ACCESS_SESSION_H
#define VB_ACCESS_SESSION_H

#include <stdint.h>

#include "access/account.h"
#include "access/opaque.h"
#include "base/ref.h"

/* Sessions of one account; one more ends the one that was away the longest. */
#define VB_SESSIONS_PER_ACCOUNT 100

/* What the keys of records begin with, and of listings. */
#define VB_SESSION_KEYS     "session:"
#define VB_SESSION_LISTINGS "sessions:"
#define VB_SESSION_DATA     VB_KEY_OF "session:"

/* What is known of a session. Counted; one worker's, or not shared yet. */
struct vb_session {
    struct vb_ref ref;
    unsigned char hash[VB_OPAQUE_HASH_LEN];
    char id[VB_OPAQUE_ID_LEN];
    /* What its documents are under: the id of the first session that had
     * them; who logs in takes along what it has as a guest. */
    char data[VB_OPAQUE_ID_LEN];
    char mark[VB_ACCOUNT_MARK]; /* the account's, at login: a session is over
                                   when that is another one */
    struct vb_span account;     /* the key of its record; "": a guest's */
    int64_t created_ms;
    int64_t seen_ms;   /* at or after its last request, by at most 1/16 of the
                          time that it may be idle */
    uint64_t revision; /* of the record that this was read from */
};

/* Makes a new one, as of now, and its secret: nobody's, with data of its own.
 * The rest is the caller's to fill in. */
void vb_session_make(struct vb_session *session, char text[VB_OPAQUE_LEN],
                     int64_t now_ms);

/* When it will be over, if it is not seen again: Unix milliseconds. */
int64_t vb_session_expires(const struct vb_session *session,
                           const struct vb_session_rules *rules);

/* Should its record say that it was seen? */
bool vb_session_is_due(const struct vb_session *session,
                       const struct vb_session_rules *rules, int64_t now_ms);

/* Keys, in the arena; "": no memory. */
struct vb_span vb_session_key(struct vb_arena *arena, struct vb_span id);
struct vb_span vb_session_listing(struct vb_arena *arena,
                                  struct vb_span account);
struct vb_span vb_session_data_key(struct vb_arena *arena, struct vb_span data,
                                   struct vb_span path);

/* The change that writes its record, in the arena; content "": no memory. */
struct vb_change vb_session_put(struct vb_arena *arena,
                                const struct vb_session *session,
                                int64_t now_ms, uint64_t expect);

/* Changes that removals of one session take at most. */
size_t vb_session_removals_most(const struct vb_description *description);

/*
 * Writes the changes that end the session of this id, and its documents under
 * `data` unless that is "", whether they are there or not: how many. Check
 * arena->failed.
 */
size_t vb_session_remove(struct vb_arena *arena,
                         const struct vb_description *description,
                         struct vb_span id, struct vb_span data,
                         struct vb_change *changes);

/* What a record says; one reference. NULL: it is damaged, or no memory. */
struct vb_session *vb_session_read(const struct vb_record *record);

/* NULL is fine. */
void vb_session_unref(struct vb_session *session);

/* The session of who asks, borrowed; NULL: there is none. */
const struct vb_session *vb_session_of(const struct vb_exchange *x);

static inline struct vb_span vb_session_id(const struct vb_session *session)
{
    return vb_span_of(session->id, VB_OPAQUE_ID_LEN);
}

static inline struct vb_span vb_session_data(const struct vb_session *session)
{
    return vb_span_of(session->data, VB_OPAQUE_ID_LEN);
}

#endif
