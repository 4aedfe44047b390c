/*
 * The state of a store in memory.
 *
 *     rows (by key) ──▶ row ──▶ record (immutable, counted, handed out as is)
 *                        │
 *                        ├── claims ──▶ claim ◀── claims (by scope and value)
 *                        ├── targets ─▶ edge ◀── sources of another row
 *                        └── collection ──▶ members, in order of position
 *
 * Everything is under the store's one mutex, but the bytes of records.
 */
#ifndef VB_STORAGE_MEMORY_STATE_H
#define VB_STORAGE_MEMORY_STATE_H

#include <pthread.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/table.h"
#include "storage/judge.h"
#include "storage/store.h"

struct vb__row;

/* What is kept of what has happened; records are shared with the state. */
struct vb__history {
    struct vb_link entries; /* in the order of their moments */
    uint64_t bytes;         /* what they cost */
    uint64_t kept;          /* nothing up to this moment is there */
};

struct vb__memory {
    struct vb_store store;
    pthread_mutex_t lock;
    struct vb_hash_key hash_key;
    struct vb_table rows;
    struct vb_table collections;
    struct vb_table claims;
    struct vb_table blobs;
    struct vb_table memos;
    struct vb_link memos_by_age; /* in the order in which they came */
    struct vb__history history;
    struct vb_arena scratch; /* one commit's */
    uint64_t revision;       /* last given */
    uint64_t position;       /* last given */
    uint64_t blob;           /* last given */
};

struct vb__member {
    uint64_t position;
    struct vb__row *row; /* NULL: it is gone */
};

/* Once made, it stays as long as the store. */
struct vb__collection {
    struct vb_table_node node;
    uint64_t revision;
    int64_t modified_ms;
    int64_t number; /* last given */
    struct vb__member *members;
    size_t used;   /* entries, the gone ones included */
    size_t cap;    /* entries there is memory for */
    size_t count;  /* members */
    size_t coming; /* members that the commit under way will append */
    size_t key_len;
    char key[];
};

struct vb__row {
    struct vb_table_node node;
    struct vb_record *record;
    bool is_tombstone;                 /* the record is one, see store.h */
    struct vb__collection *collection; /* or NULL */
    size_t slot;                       /* in the collection's members */
    struct vb_link claims;             /* of struct vb__claim */
    struct vb_link targets;            /* edges from this row */
    struct vb_link sources;            /* edges to this row */
};

struct vb__claim {
    struct vb_table_node node;
    struct vb_link link; /* in its row's claims */
    struct vb__row *row;
    size_t scope_len;
    size_t value_len;
    char bytes[]; /* scope, then value */
};

struct vb__edge {
    struct vb_link from; /* in the source's targets */
    struct vb_link to;   /* in the target's sources */
    struct vb__row *source;
};

struct vb__blob {
    struct vb_table_node node;
    uint64_t id;
    uint64_t length;  /* of all chunks */
    uint64_t count;   /* of chunks */
    uint64_t records; /* vb_records alive that have it; 0: it is loose */
    char **chunks;
};

struct vb__memo {
    struct vb_table_node node;
    struct vb_link link; /* in the store's, by age */
    uint64_t revision;
    int64_t expires_ms;
    size_t name_len;
    size_t len;
    char bytes[]; /* the name, then the note's */
};

struct vb__entry {
    struct vb_link link;
    uint64_t moment;
    size_t cost;
    struct vb_record *before; /* references, see struct vb_happening */
    struct vb_record *after;
};

struct vb__memory_view {
    struct vb__view base;
    struct vb__memory *memory;
};

struct vb__memory_view vb__memory_view(struct vb__memory *memory);

static inline uint64_t vb__row_id(const struct vb__row *row)
{
    return (uintptr_t)row;
}

static inline struct vb__row *vb__row_of(uint64_t id)
{
    return (struct vb__row *)(uintptr_t)id;
}

struct vb__claim *vb__claim_find(struct vb__memory *memory,
                                 const struct vb_claim *claim);
uint64_t vb__claim_hash(const struct vb__memory *memory,
                        const struct vb_claim *claim);

struct vb__row *vb__row_find(struct vb__memory *memory, struct vb_span key);

struct vb__collection *vb__collection_find(struct vb__memory *memory,
                                           struct vb_span key);
/* Makes it when missing; NULL when out of memory. */
struct vb__collection *vb__collection_get(struct vb__memory *memory,
                                          struct vb_span key);
/* Room for `coming` members more than there are. */
bool vb__collection_reserve(struct vb__collection *collection);
void vb__collection_append(struct vb__collection *collection,
                           struct vb__row *row);
void vb__collection_remove(struct vb__collection *collection,
                           struct vb__row *row);
/* The index of the first entry with a position beyond `from`. */
size_t vb__collection_seek(const struct vb__collection *collection,
                           uint64_t from);
void vb__collection_free(struct vb__collection *collection);

/* A note that has not expired, or NULL. */
struct vb__memo *vb__memo_find(struct vb__memory *memory, struct vb_span name,
                               int64_t now_ms);
/* What list requests and those for sources are answered with (list.c). Under
 * the lock; the limit of sources is one that may be asked for. */
enum vb_err vb__memory_list(struct vb__memory *memory,
                            struct vb_list_read *list);
enum vb_err vb__memory_sources(struct vb__memory *memory,
                               struct vb_sources_read *read);

/* Notes of a commit, which are in no table yet, at the list's end.
 * VB_ERR_NOMEM. */
enum vb_err vb__memos_new(const struct vb_memo *memo, struct vb_link *list);
/* Keeps all of the list, each in the place of an expired one of that name; some
 * that have expired go. */
void vb__memos_keep(struct vb__memory *memory, struct vb_link *list,
                    int64_t now_ms);
/* Frees what is in the list still. */
void vb__memos_forget(struct vb_link *list);
void vb__memos_free(struct vb__memory *memory);

/* Of a change: what was there, and what is then. In no list yet; NULL when out
 * of memory. */
struct vb__entry *vb__entry_new(struct vb_record *before,
                                struct vb_record *after);
/* Frees what is in no list. NULL is fine. */
void vb__entry_abandon(struct vb__entry *entry);
/* What the commit with the last revision has done; NULLs are passed over. What
 * is beyond the store's bound goes. */
void vb__history_add(struct vb__memory *memory, struct vb__entry **entries,
                     size_t count);
void vb__history_init_empty(struct vb__history *history);
void vb__history_free(struct vb__history *history);

/* The rest of the contract's functions, where the other parts need them. */
enum vb_err vb__memory_commit(struct vb__memory *memory,
                              struct vb_commit *commit);
/* Under the lock; vb__history_init has been asked. */
enum vb_err vb__memory_history(struct vb__memory *memory,
                               struct vb_history_read *read);
struct vb__blob *vb__blob_find(struct vb__memory *memory, uint64_t id);
enum vb_err vb__blob_append(struct vb__memory *memory,
                            const struct vb_chunk_write *write);
void vb__blob_free(struct vb__blob *blob);
void vb__blob_drop(struct vb__memory *memory, struct vb__blob *blob);

/* Frees a row that is in no table any more, with its edges; its claims are
 * freed from their table. For the end of the store. */
void vb__row_free(struct vb__row *row);

#endif
