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
 * - A read that starts after a commit was answered (to any client) sees it; and
 *   so does one that starts after another read that has seen it was answered.
 * - Revisions grow with every commit and are never used twice, not even after
 *   deletion, restart or a failed commit. (VB_CHANGE_AMEND keeps a record's.)
 *
 * The functions below (vb_store_read and the like) are what callers use; the
 * engine behind them is in `struct vb_store_ops`. What is asked and answered is
 * in read.h, list.h, commit.h and history.h, which come with this one.
 */
#ifndef VB_STORAGE_STORE_H
#define VB_STORAGE_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/reactor.h"
#include "storage/commit.h"
#include "storage/history.h"
#include "storage/holds.h"
#include "storage/index.h"
#include "storage/list.h"
#include "storage/op.h"
#include "storage/read.h"
#include "storage/record.h"

struct vb_store;
struct vb_store_client;

/*
 * Generations: the thread that commits tells all workers that something under
 * a key changed, by bumping one of many counters, chosen by the key's hash,
 * after the commit is durable and before it is answered. A cache notes the
 * counter before it reads the store and trusts its entry while the counter
 * stays the same. A record's change bumps its key's and its parent's counter.
 * False sharing of a counter by two keys costs a reload, never staleness.
 * What other processes commit to a store that is `shared` bumps them a moment
 * later, if it is followed (vb_store_follow).
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
    const char *name; /* "memory", "sqlite", "postgres" */
    struct vb_store_client *(*attach)(struct vb_store *store,
                                      struct vb_mailbox *mailbox,
                                      struct vb_executor *executor,
                                      struct vb_reactor *reactor);
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
    /* Set by the engine: other processes may have it open as well, and write.
     * What must hold for all of them is kept in it, and not in this one. */
    bool shared;
    atomic_bool followed;         /* see vb_store_follow */
    struct vb_holds holds;        /* names for which one thing is under way */
    atomic_uint_fast64_t history; /* bytes of it that are kept */
    pthread_mutex_t watches_lock;
    atomic_uint watching; /* how many they are */
    struct vb_watch *watches;
};

struct vb_store_client {
    struct vb_store *store;
    struct vb_mailbox *mailbox;
    struct vb_executor *executor; /* or NULL */
    struct vb_reactor *reactor;   /* or NULL */
};

/*
 * Opens a store. `url` is "memory:", "sqlite:PATH" (PATH is created when
 * missing, its directory must exist), or "postgresql://HOST/DATABASE" (whose
 * tables are made when there are none). On failure, ret_why gets one line, with
 * the path or the database, that tells the operator what is wrong (VB_ERR_BUSY:
 * another process has it; VB_ERR_NEWER: a newer version of Verbatim wrote it;
 * VB_ERR_UNSUPPORTED: an older one did, or a copy is unfinished; VB_ERR_CLOSED:
 * the database cannot be reached).
 */
enum vb_err vb_store_open(struct vb_span url, struct vb_store **ret_store,
                          struct vb_buf *ret_why);

/* How many bytes of history are kept from now on; 0: none. What is beyond goes
 * little by little, with later commits. Any thread. */
void vb_store_keep_history(struct vb_store *store, uint64_t bytes);

/*
 * Generations follow what other processes commit as well, from now on and as
 * soon as it is heard of: for who keeps for a while what is made of records.
 * It is asked what was changed; where nobody else writes, nothing is. Any
 * thread, best before the first client attaches.
 */
void vb_store_follow(struct vb_store *store);

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
 * blocking work (lists) elsewhere, or NULL to run it on the spot; `reactor`
 * watches the connections to a database, and may be NULL where there are none.
 * All must outlive the client. NULL when out of memory or, for a file, when
 * another connection to it cannot be opened.
 */
struct vb_store_client *vb_store_attach(struct vb_store *store,
                                        struct vb_mailbox *mailbox,
                                        struct vb_executor *executor,
                                        struct vb_reactor *reactor);

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
