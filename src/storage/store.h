/*
 * The storage contract: what every storage engine gives the rest of Verbatim.
 *
 *     worker ──▶ vb_store_client ──▶ vb_store ──▶ memory | sqlite | postgres
 *        ▲             │
 *        └── mailbox ◀─┘   a request that could not be answered at once
 *
 * A store holds records: the state of one resource under its key (the
 * resource's canonical path). Each worker attaches once and makes requests
 * through its own client. A request is a structure the caller owns; the call
 * returns VB_IO_DONE when the result is already in it, or VB_IO_PENDING, and
 * then `op.done` is called later, exactly once, on the worker's thread through
 * its mailbox. Until then the request and everything it points to must stay.
 *
 * What every engine promises:
 * - A commit is atomic and durable before it is answered; changes are checked
 *   against the revision they expect inside the same transaction. A mismatch
 *   is VB_ERR_AGAIN: the caller reads again and decides again.
 * - A read that starts after a commit was answered (to any client) sees it.
 * - Revisions grow with every commit and are never used twice, not even after
 *   deletion, restart or a failed commit. (VB_CHANGE_AMEND keeps a record's.)
 *
 * The functions below (vb_store_read and the like) are what callers use; the
 * engine behind them is in `struct vb_store_ops`.
 */
#ifndef VB_STORAGE_STORE_H
#define VB_STORAGE_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/ref.h"
#include "base/span.h"
#include "base/task.h"
#include "storage/holds.h"
#include "storage/index.h"

/* Content up to this many bytes lies in the record itself; longer content is
 * a blob: chunks of exactly this size (the last one may be shorter). */
#define VB_STORE_CHUNK ((size_t)256 * 1024)

/* Records that one list request may ask for. */
#define VB_STORE_LIST_MAX 1000

/* `expect` of a change: there must be no record under the key. */
#define VB_EXPECT_NONE UINT64_C(0)
/* `expect` of a change: whatever is there, or nothing. */
#define VB_EXPECT_ANY UINT64_MAX
/* `expect` of a change: there must be no record under the key, and no
 * tombstone of one: nobody knows the key yet. */
#define VB_EXPECT_UNUSED (UINT64_MAX - 1)

enum vb_io {
    VB_IO_DONE,   /* the result is in the request */
    VB_IO_PENDING /* op.done will be called once */
};

struct vb_store;
struct vb_store_client;

/*
 * The state of one resource. Immutable and counted: it may be kept as long as
 * wanted, by any thread.
 */
struct vb_record {
    struct vb_ref ref;
    struct vb_span key;        /* "/books/7" */
    struct vb_span parent;     /* "/books": whose listing shows it; or empty */
    uint64_t revision;         /* of the commit that wrote it; >= 1 */
    uint64_t position;         /* its place in the parent's listing; kept
                                  through replacement; grows with creation */
    int64_t created_ms;        /* Unix time */
    int64_t modified_ms;       /* Unix time */
    struct vb_span media_type; /* as the client gave it, parameters included */
    uint64_t length;           /* bytes of content */
    struct vb_span content;    /* all of it, when length <= VB_STORE_CHUNK */
    uint64_t blob;             /* else the blob's id; 0 for none */
    struct vb_store *store;    /* set when blob != 0: the reference pins it */
};

/* Bytes it takes in memory. */
size_t vb_record_size(const struct vb_record *record);

struct vb_record *vb_record_ref(struct vb_record *record);
/* NULL is fine. The last reference of a blob's record unpins the blob, so it
 * must go before the store is closed. */
void vb_record_unref(struct vb_record *record);

/* The part that all requests share; the first member of each. */
struct vb_store_op {
    struct vb_task task; /* the store's, to come back through the mailbox */
    void (*done)(struct vb_store_op *op); /* the caller's; see above */
    void *context;                        /* the caller's */
    enum vb_err err;                      /* the outcome; always set */
    struct vb_store_client *client;       /* the store's */
};

/*
 * One record by its key; or what is left of it. A tombstone stands in the place
 * of a record that was deleted, if that was asked for, until there is a record
 * under the key again; it stays for as long as that. It is no member of any
 * collection, has no content, claims or references, and nothing can refer to
 * it. As a record: the key, the revision and (modified_ms) the time of the
 * deletion, and as content the key that the record was moved to, or "".
 */
struct vb_read {
    struct vb_store_op op;
    struct vb_span key;
    bool wants_tombstone;
    struct vb_record *record;    /* out: a reference the caller owns; NULL when
                                    there is none (op.err is VB_OK then) */
    struct vb_record *tombstone; /* out, where it is wanted and there is no
                                    record: likewise */
};

/*
 * Records of several keys, each as one that is read by itself: for who would
 * else ask for one after the other.
 */
struct vb_records_read {
    struct vb_store_op op;
    const struct vb_span *keys;
    size_t count;
    /* The caller's array, out: in the order of the keys, as in struct vb_read;
     * none at all after an error. */
    struct vb_record **records;
};

/* Gives back the records that the request brought. */
void vb_records_read_done(struct vb_records_read *read);

/* The state of a collection: what its members have been through. */
struct vb_collection_read {
    struct vb_store_op op;
    struct vb_span parent;
    uint64_t revision;   /* out: of the last commit that touched a member; 0
                            when there never was one */
    uint64_t count;      /* out: members now */
    int64_t modified_ms; /* out: the latest of its commits' times; 0 with
                            revision 0 */
};

/*
 * What a list request asks about each member: the caller's, called by the
 * engine for one member after the other, on whatever thread it works, until
 * the request is answered. The store knows nothing of what states mean.
 */
struct vb_sieve {
    /*
     * Does the list have this member? Where the list is sorted, a `yes`
     * appends the key that it is sorted by: lists are in the order of these
     * bytes, then of positions. `state` is borrowed for the call, and no
     * reference; a blob's content is not in it. What goes wrong shows in
     * key->err.
     */
    bool (*keep)(struct vb_sieve *sieve, const struct vb_record *state,
                 struct vb_buf *key);
    uint64_t most_records; /* looked at for one request, */
    uint64_t most_bytes;   /* and bytes of their content */
};

/*
 * A run of members of one collection in the order of their positions. Fewer
 * than `limit` come when `byte_limit` is reached (but always one, if any), or
 * when so many were sieved that the sieve's bounds are: then perhaps none.
 *
 * `whole`: all members are looked at, and counted, and come in the order of
 * their keys. VB_ERR_LIMIT: the collection is beyond the sieve's bounds.
 *
 * `index`: only members that have a key in its ranges. VB_ERR_UNSUPPORTED: the
 * store has no such index, or not yet; VB_ERR_LIMIT: there are too many keys.
 */
struct vb_list_read {
    struct vb_store_op op;
    struct vb_span parent;
    struct vb_span target;   /* only members that refer to this key, which are
                                all that counts then, and no `index` does; "":
                                whatever they do */
    uint64_t from;           /* only positions beyond this one; 0: from the end
                                that the direction starts at */
    struct vb_span from_key; /* whole: beyond this key and `from` */
    bool backward;           /* towards smaller positions (and keys) */
    bool whole;              /* needs a sieve */
    uint32_t limit;    /* records, 1 to VB_STORE_LIST_MAX; else ERR_RANGE */
    size_t byte_limit; /* bytes of content, over all; blobs' do not count */
    struct vb_sieve *sieve;            /* NULL: all members */
    const struct vb_list_index *index; /* needs a sieve; NULL: all are looked
                                          at */
    /* What is counted of, exact ranges of an index, where not all are looked
     * at; NULL: nothing. The errors are those of `index`. */
    const struct vb_list_index *counted;
    struct vb_record **records; /* out: malloc'ed array of references; give
                                   it to vb_list_read_done */
    size_t count;               /* out */
    bool more;                  /* out: others may follow in this direction */
    uint64_t reached; /* out, more: those that follow are beyond this */
    struct vb_buf reached_key; /* out, more and whole: and this */
    uint64_t members;          /* out: of the collection */
    uint64_t looked;   /* out, whole: how many of them were looked at, */
    uint64_t total;    /* and kept. Also where it ends with VB_ERR_LIMIT.
                          `counted`: keys in its ranges */
    uint64_t revision; /* out: the collection's, at the moment of reading */
};

/* Gives back what a list request brought. */
void vb_list_read_done(struct vb_list_read *list);

/*
 * Several lists, likewise. Each has its own outcome in its op.err, and is given
 * back by itself; nothing else of its `op` counts. Where the request fails,
 * there is nothing to give back.
 */
struct vb_lists_read {
    struct vb_store_op op;
    struct vb_list_read *const *lists;
    size_t count;
};

/* One chunk of a blob. The caller holds a reference on the record. */
struct vb_chunk_read {
    struct vb_store_op op;
    uint64_t blob;
    uint64_t index; /* 0, 1, ... */
    char *bytes;    /* the caller's buffer of VB_STORE_CHUNK bytes */
    size_t length;  /* out */
};

/*
 * Puts one chunk of a coming blob aside. Chunks are asked for in order, all
 * full but the last; several may be under way. A chunk out of order, or for a
 * blob that a record has, is VB_ERR_INVALID. `blob` is from vb_store_blob_new.
 * Nothing refers to it before a commit does; vb_store_blob_discard, or a
 * restart, removes it.
 */
struct vb_chunk_write {
    struct vb_store_op op;
    uint64_t blob;
    uint64_t index;
    struct vb_span bytes;
};

/*
 * A number nobody else gets for this collection: 1, 2, ... Once a commit that
 * was asked for after the number was taken is durable, no restart brings the
 * number back. (One that no commit followed before a crash may come again: no
 * one can have seen it in a record.)
 */
struct vb_number_take {
    struct vb_store_op op;
    struct vb_span parent;
    int64_t least;  /* what is below is passed over; 0: nothing is */
    int64_t number; /* out */
};

/* A value that only one record of a scope may have at a time. */
struct vb_claim {
    struct vb_span scope; /* "/books#/isbn" */
    struct vb_span value; /* canonical bytes */
};

/* Who has a claim: what it was made of may be written otherwise in the record,
 * so nobody else can tell. */
struct vb_claim_read {
    struct vb_store_op op;
    struct vb_claim claim;
    struct vb_record *record; /* out: a reference the caller owns; NULL:
                                 nobody has it (op.err is VB_OK then) */
};

/*
 * Which records refer to that of a key, in the order of their positions, at
 * most `limit` of them (1 to VB_STORE_LIST_MAX; else ERR_RANGE).
 */
struct vb_sources_read {
    struct vb_store_op op;
    struct vb_span key;
    uint32_t limit;
    struct vb_record **records; /* out: malloc'ed array of references; give
                                   it to vb_sources_read_done */
    size_t count;               /* out */
    bool more;                  /* out: there are others */
};

/* Gives back what the request brought. */
void vb_sources_read_done(struct vb_sources_read *read);

enum vb_change_kind {
    VB_CHANGE_PUT,           /* write a record */
    VB_CHANGE_DELETE,        /* remove a record */
    VB_CHANGE_REQUIRE_EMPTY, /* key is a collection that must have no member;
                                `expect` does not count */
    VB_CHANGE_REQUIRE_STATE, /* key is a collection whose revision must be
                                `expect` (VB_EXPECT_NONE: it never had a
                                member) */
    /*
     * What nobody is shown of a record is written otherwise, as a password's
     * hash that is made anew: `content` takes the place of its content, and all
     * else stays what it is, its revision and times too, its claims and
     * references, and its collection's state. So no client can tell, and who
     * has read the record may still replace it. `expect` is a revision; the
     * record has no blob; and it is its commit's only change.
     */
    VB_CHANGE_AMEND
};

struct vb_change {
    enum vb_change_kind kind;
    struct vb_span key;
    struct vb_span parent; /* PUT that creates: whose listing it joins */
    uint64_t expect;       /* a revision, or one of VB_EXPECT_... */
    int64_t modified_ms;   /* the time of the change, Unix time */

    /* For DELETE: leaves a tombstone in the record's place, which says where it
     * was moved to, if that is not "". */
    bool tombstone;
    struct vb_span moved_to;

    /* The rest is for PUT; AMEND has content and length. */
    struct vb_span media_type;
    struct vb_span content; /* at most VB_STORE_CHUNK bytes, unless blob */
    uint64_t blob;          /* 0, or a blob whose chunks are all written and
                               that no other record has, but one that the
                               same commit deletes; > VB_STORE_CHUNK */
    uint64_t length;        /* bytes of content or blob */
    int64_t created_ms;     /* where it creates, and what is created was under
                               another key before: since when; 0: now */
    const struct vb_claim *claims; /* replace the key's earlier ones */
    size_t claim_count;
    const struct vb_span *references; /* keys that must exist, now and as long
                                         as this record refers to them;
                                         replace the earlier ones */
    size_t reference_count;
};

/*
 * A note: bytes that are kept with a commit, in its own transaction, under a
 * name that only one commit can have until the note expires. So who has to do
 * something once writes down with it that it was done. Expired notes are gone;
 * engines remove them little by little, as others come.
 */
struct vb_memo {
    struct vb_span name;        /* 1 to VB_MEMO_NAME_MAX bytes */
    struct vb_span bytes;       /* at most VB_MEMO_MAX */
    int64_t now_ms;             /* Unix time, and */
    int64_t expires_ms;         /* when it goes */
    const struct vb_memo *next; /* another one of the same commit, or NULL */
};

#define VB_MEMO_NAME_MAX 64
#define VB_MEMO_MAX      ((size_t)4 * 1024 * 1024)

/* A note by its name. */
struct vb_memo_read {
    struct vb_store_op op;
    struct vb_span name;
    int64_t now_ms;
    bool found;          /* out */
    struct vb_buf bytes; /* out, the caller's: vb_buf_done */
    uint64_t revision;   /* out: of its commit */
};

/*
 * What has happened: a bounded history of what commits have done to records, in
 * order, for who follows it. Where somebody is in it is a *moment*: all changes
 * up to there are known. It is a commit's revision and a place in that commit,
 * and moments are ordered as numbers.
 */
#define VB_MOMENT_STEP_BITS 20
#define VB_MOMENT_STEP_LAST ((UINT64_C(1) << VB_MOMENT_STEP_BITS) - 1)

/* After all that the commit of this revision has done. */
static inline uint64_t vb_moment(uint64_t revision)
{
    return revision << VB_MOMENT_STEP_BITS | VB_MOMENT_STEP_LAST;
}

static inline uint64_t vb_moment_revision(uint64_t moment)
{
    return moment >> VB_MOMENT_STEP_BITS;
}

/* One record's change: what it was before and after it, references. A record is
 * as it was, or was amended since; but for content beyond VB_STORE_CHUNK, which
 * is not kept: then there is neither content nor blob, only its length. */
struct vb_happening {
    uint64_t moment; /* right after it; vb_moment of its commit's last */
    struct vb_record *before; /* NULL: it was created */
    struct vb_record *after;  /* NULL: it was removed */
};

/* Changes that one request may ask for. */
#define VB_HISTORY_MOST 1000

/*
 * The changes beyond a moment, in order: of one record, of one collection's
 * members, or of all records. No more are looked at than a bound of the
 * engine's, so perhaps none come and there are more nevertheless.
 *
 * VB_ERR_NOTFOUND: the history does not reach back that far, or the moment has
 * not come. With `limit` 0 no change is looked for, only where the history is
 * now; the moment does not matter, and the answer is there at once.
 */
struct vb_history_read {
    struct vb_store_op op;
    uint64_t beyond;       /* the moment */
    struct vb_span key;    /* ptr NULL: of any record */
    struct vb_span parent; /* ptr NULL: of any, listed or not */
    uint32_t limit;        /* at most VB_HISTORY_MOST; else ERR_RANGE */
    size_t byte_limit;     /* of records; but always one, if any */
    struct vb_happening *happenings; /* out: malloc'ed, with its references;
                                        give it to vb_history_read_done */
    size_t count;                    /* out */
    bool more;        /* out: others may follow, beyond `reached` */
    uint64_t reached; /* out: all up to here has come, */
    uint64_t now;     /* out: and this is how far it goes. Also with an error */
    uint64_t kept;    /* out: it reaches back to this moment. Likewise */
};

/* Gives back what the request brought. */
void vb_history_read_done(struct vb_history_read *read);

/* Bytes of history that are kept where nothing else is said. */
#define VB_HISTORY_USUAL ((uint64_t)64 * 1024 * 1024)

/*
 * Who wants to know when there is something new in the history: `heard` is
 * called on the client's thread after a commit is durable; once for all that
 * have come until then. It may be called once more after vb_store_unwatch: the
 * structure stays as long as the client.
 */
struct vb_watch {
    void (*heard)(struct vb_watch *watch);
    void *context;                  /* the caller's */
    struct vb_task task;            /* the store's, and all that follows */
    struct vb_watch *next;          /* of the store's */
    struct vb_store_client *client; /* NULL: it does not watch */
    atomic_bool told;               /* the task is on its way */
};

enum vb_conflict_kind {
    VB_CONFLICT_NONE,
    VB_CONFLICT_CLAIMED,    /* claims[item] is another record's (`key`) */
    VB_CONFLICT_DANGLING,   /* references[item] does not exist */
    VB_CONFLICT_REFERENCED, /* the record to delete is referred to by `key` */
    VB_CONFLICT_NOT_EMPTY,  /* the collection has a member, `key` */
    VB_CONFLICT_TWICE       /* another commit that is to be made with this one
                               changes the same key (joint.h) */
};

/*
 * Some changes, all or none. Their order does not matter: expectations hold
 * against the state before the commit, and the other conditions (claims,
 * references, emptiness) against the state it would leave. So two records may
 * refer to each other, and a claim may pass from one record to another, in one
 * commit; but a key may be put or deleted only once in it.
 *
 * Outcomes: VB_OK; VB_ERR_AGAIN (a revision was not the expected one; comes
 * before any conflict); VB_ERR_CONFLICT (see `conflict`); VB_ERR_INVALID (the
 * changes are not well-formed: a key twice, content too long, a blob that is
 * incomplete or another record's); VB_ERR_EXISTS (there is a note of that name:
 * what was to be done once has been done); VB_ERR_NOSPACE; VB_ERR_IO and others
 * when the store is in trouble. After anything but VB_OK nothing was changed. A
 * deletion with VB_EXPECT_ANY of what is not there is VB_OK.
 */
struct vb_commit {
    struct vb_store_op op;
    const struct vb_change *changes;
    size_t change_count;
    const struct vb_memo *memo; /* to be kept with it, and others behind it;
                                   NULL: none */
    uint64_t revision;          /* out, VB_OK: of all records written */
    uint64_t position; /* out, VB_OK, changes[0] is a PUT: its record's, and */
    uint64_t generation; /* its key's (below): what the caller makes of the
                            record counts as long as that is the current one */
    struct {             /* out, VB_ERR_CONFLICT */
        enum vb_conflict_kind kind;
        size_t change; /* index of the change that failed */
        size_t item;   /* see the kinds */
        char key[256]; /* NUL-terminated, cut when longer; "" when unknown */
    } conflict;
};

/*
 * The record that changes[0], a PUT of content, has written: for who has asked
 * for the commit, and need not read it then. `before` is what the change took
 * the place of; NULL: nothing. NULL when out of memory; a reference.
 */
struct vb_record *vb_commit_record(const struct vb_commit *commit,
                                   const struct vb_record *before);

/*
 * Generations: the thread that commits tells all workers that something under
 * a key changed, by bumping one of many counters, chosen by the key's hash,
 * after the commit is durable and before it is answered. A cache notes the
 * counter before it reads the store and trusts its entry while the counter
 * stays the same. A record's change bumps its key's and its parent's counter.
 * False sharing of a counter by two keys costs a reload, never staleness.
 */
struct vb_generations;

/* The counter for a key, now. Wait-free. */
uint64_t vb_store_generation(const struct vb_store *store, struct vb_span key);

/* The two steps of it, for who wants the hash for more than this. The hash is
 * keyed (base/hash.h): good until the store is closed, never stored. */
uint64_t vb_store_hash(const struct vb_store *store, struct vb_span key);
uint64_t vb_store_generation_hashed(const struct vb_store *store,
                                    uint64_t hash);

/* An engine's functions; all are called on the client's worker thread, but
 * blob_unpin and index (any thread) and close (no client is attached). */
struct vb_store_ops {
    const char *name; /* "memory", "sqlite" */
    struct vb_store_client *(*attach)(struct vb_store *store,
                                      struct vb_mailbox *mailbox,
                                      struct vb_executor *executor);
    void (*detach)(struct vb_store_client *client);
    enum vb_io (*read)(struct vb_store_client *client, struct vb_read *read);
    enum vb_io (*records)(struct vb_store_client *client,
                          struct vb_records_read *read);
    enum vb_io (*collection)(struct vb_store_client *client,
                             struct vb_collection_read *read);
    enum vb_io (*list)(struct vb_store_client *client,
                       struct vb_list_read *list);
    enum vb_io (*lists)(struct vb_store_client *client,
                        struct vb_lists_read *read);
    enum vb_io (*chunk_read)(struct vb_store_client *client,
                             struct vb_chunk_read *read);
    enum vb_io (*chunk_write)(struct vb_store_client *client,
                              struct vb_chunk_write *write);
    uint64_t (*blob_new)(struct vb_store_client *client);
    void (*blob_discard)(struct vb_store_client *client, uint64_t blob);
    enum vb_io (*number)(struct vb_store_client *client,
                         struct vb_number_take *take);
    enum vb_io (*commit)(struct vb_store_client *client,
                         struct vb_commit *commit);
    enum vb_io (*memo)(struct vb_store_client *client,
                       struct vb_memo_read *read);
    enum vb_io (*claim)(struct vb_store_client *client,
                        struct vb_claim_read *read);
    enum vb_io (*sources)(struct vb_store_client *client,
                          struct vb_sources_read *read);
    void (*index)(struct vb_store *store, struct vb_indexes *indexes);
    enum vb_io (*history)(struct vb_store_client *client,
                          struct vb_history_read *read);
    /* Begin what was only noted so far. */
    void (*flush)(struct vb_store_client *client);
    /* The worker's loop turn ends: flush, drop what was kept open over it. */
    void (*turn_end)(struct vb_store_client *client);
    /* The last reference to a record with this blob is gone. Any thread. */
    void (*blob_unpin)(struct vb_store *store, uint64_t blob);
    void (*close)(struct vb_store *store);
};

/* What every engine's store and client begin with. */
struct vb_store {
    const struct vb_store_ops *ops;
    struct vb_generations *generations;
    char epoch[9]; /* 8 characters [0-9a-z], NUL: made when the store was
                      created, kept for its life; entity tags carry it */
    /* Made and kept likewise, and never shown: what the server hands out and
     * wants back as it was is sealed with it. */
    struct vb_hash_key secret;
    struct vb_holds holds;        /* names for which one thing is under way */
    atomic_uint_fast64_t history; /* bytes of it that are kept */
    pthread_mutex_t watches_lock;
    struct vb_watch *watches;
};

struct vb_store_client {
    struct vb_store *store;
    struct vb_mailbox *mailbox;
    struct vb_executor *executor; /* or NULL */
};

/*
 * Opens a store. `url` is "memory:", or "sqlite:PATH" (PATH is created when
 * missing, its directory must exist). On failure, ret_why gets one line, with
 * the path, that tells the operator what is wrong (VB_ERR_BUSY: another
 * process has it; VB_ERR_NEWER: a newer version of Verbatim wrote it).
 */
enum vb_err vb_store_open(struct vb_span url, struct vb_store **ret_store,
                          struct vb_buf *ret_why);

/* How many bytes of history are kept from now on; 0: none. What is beyond goes
 * little by little, with later commits. Any thread. */
void vb_store_keep_history(struct vb_store *store, uint64_t bytes);

/* Is there an engine for such a URL? What it says is not looked at. */
bool vb_store_knows(struct vb_span url);

/*
 * Lets the store have these indexes (a reference is taken; NULL: none) and no
 * others: from the next commit on. Before the first one, and again when others
 * are wanted. A store that is written without being told has none any more.
 * Any thread, one at a time.
 */
void vb_store_index(struct vb_store *store, struct vb_indexes *indexes);

/* All clients must be detached. Finishes what is under way. NULL is fine. */
void vb_store_close(struct vb_store *store);

/*
 * The worker's view. `mailbox` brings results to the worker; `executor` runs
 * blocking work (lists) elsewhere, or NULL to run it on the spot. Both must
 * outlive the client. NULL when out of memory or, for a file, when another
 * connection to it cannot be opened.
 */
struct vb_store_client *vb_store_attach(struct vb_store *store,
                                        struct vb_mailbox *mailbox,
                                        struct vb_executor *executor);

/* No request may be under way. NULL is fine. */
void vb_store_detach(struct vb_store_client *client);

/*
 * The requests: the caller fills in the structure's input and `op.done` and
 * `op.context`; see enum vb_io for what comes back. On the worker's thread.
 */
static inline enum vb_io vb_store_read(struct vb_store_client *client,
                                       struct vb_read *read)
{
    return client->store->ops->read(client, read);
}

static inline enum vb_io vb_store_records(struct vb_store_client *client,
                                          struct vb_records_read *read)
{
    return client->store->ops->records(client, read);
}

static inline enum vb_io vb_store_collection(struct vb_store_client *client,
                                             struct vb_collection_read *read)
{
    return client->store->ops->collection(client, read);
}

static inline enum vb_io vb_store_list(struct vb_store_client *client,
                                       struct vb_list_read *list)
{
    return client->store->ops->list(client, list);
}

static inline enum vb_io vb_store_lists(struct vb_store_client *client,
                                        struct vb_lists_read *read)
{
    return client->store->ops->lists(client, read);
}

static inline enum vb_io vb_store_chunk_read(struct vb_store_client *client,
                                             struct vb_chunk_read *read)
{
    return client->store->ops->chunk_read(client, read);
}

static inline enum vb_io vb_store_chunk_write(struct vb_store_client *client,
                                              struct vb_chunk_write *write)
{
    return client->store->ops->chunk_write(client, write);
}

static inline enum vb_io vb_store_number(struct vb_store_client *client,
                                         struct vb_number_take *take)
{
    return client->store->ops->number(client, take);
}

static inline enum vb_io vb_store_commit(struct vb_store_client *client,
                                         struct vb_commit *commit)
{
    return client->store->ops->commit(client, commit);
}

static inline enum vb_io vb_store_memo(struct vb_store_client *client,
                                       struct vb_memo_read *read)
{
    return client->store->ops->memo(client, read);
}

static inline enum vb_io vb_store_claim(struct vb_store_client *client,
                                        struct vb_claim_read *read)
{
    return client->store->ops->claim(client, read);
}

static inline enum vb_io vb_store_sources(struct vb_store_client *client,
                                          struct vb_sources_read *read)
{
    return client->store->ops->sources(client, read);
}

static inline enum vb_io vb_store_history(struct vb_store_client *client,
                                          struct vb_history_read *read)
{
    return client->store->ops->history(client, read);
}

/* Begins and ends to watch; `heard` and `context` are set. On the worker's
 * thread. What has happened before it began is not told. */
void vb_store_watch(struct vb_store_client *client, struct vb_watch *watch);
void vb_store_unwatch(struct vb_watch *watch);

/* A name for a blob to write; never 0, never given before. */
static inline uint64_t vb_store_blob_new(struct vb_store_client *client)
{
    return client->store->ops->blob_new(client);
}

/* Removes a blob that no record has. None of its writes may be under way.
 * Harmless when a commit gave it to a record after all. */
static inline void vb_store_blob_discard(struct vb_store_client *client,
                                         uint64_t blob)
{
    client->store->ops->blob_discard(client, blob);
}

/*
 * Call it before waiting for answers within a turn: a store may keep changes
 * that it is asked for until it has several of them.
 */
static inline void vb_store_flush(struct vb_store_client *client)
{
    client->store->ops->flush(client);
}

/*
 * Call it when the worker's loop turn ends, before it waits for events: the
 * turn's changes are begun (as by vb_store_flush), and what reading kept open
 * over the turn is dropped.
 */
static inline void vb_store_turn_end(struct vb_store_client *client)
{
    client->store->ops->turn_end(client);
}

#endif
