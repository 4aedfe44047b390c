/*
 * The store in a database that speaks PostgreSQL's protocol, and a worker's
 * client of it. See README.md of the room for the picture.
 */
#ifndef VB_STORAGE_POSTGRES_STATE_H
#define VB_STORAGE_POSTGRES_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/pool.h"
#include "storage/engine.h"
#include "storage/postgres/link.h"
#include "storage/store.h"

/* record.kind */
#define VB__PG_RECORD    1
#define VB__PG_TOMBSTONE 2
#define VB__PG_GONE      3 /* kept for its revision; nobody sees it */

/* record.ties */
#define VB__PG_HAS_CLAIMS     1U
#define VB__PG_HAS_REFERENCES 2U

struct vb__pg_store {
    struct vb_store store;
    struct vb__pg_url url;
    /* The greatest revision that anybody here has given or seen. */
    atomic_uint_fast64_t clock;
    /* All changes up to this revision are visible, as somebody here has seen;
     * history_read.c. */
    atomic_uint_fast64_t horizon;
    int64_t clock_ahead_ms; /* of the time; a test's */
    bool listens;           /* the database has LISTEN and NOTIFY */
    bool distributed; /* tables lie on several machines: no statement is on
                         several of them that are not kept together */
    char name[32]; /* of this process among others: the epoch, and a number */
    struct vb__pg_keeping *keeping; /* what its clients keep; keeper.c */
    atomic_uint blobs; /* counts the names that are given; begins anywhere */
    struct vb__pg_numbers *numbers; /* blocks that were taken; number.c */
    struct vb__pg_pins *pins;       /* blobs that are in use here; blob.c */
    pthread_mutex_t lock;           /* for the next two */
    struct vb_link own;             /* writers of this process; others.c */
    struct vb_indexes *indexes;     /* that are to be kept */
    atomic_uint_fast64_t declared;  /* how often that was said */
};

struct vb__pg_group; /* commits that are made together; group.c */
struct vb__pg_making;
struct vb__pg_replica; /* who else may be asked for lists; replica.c */
struct vb__pg_keeper;  /* what is done beside the requests; keeper.c */

/* Lists that are remembered, list_part.h. */
#define VB__PG_UNEVEN 128

/* What everybody here knows of a client's commits. */
struct vb__pg_own {
    struct vb_link link;       /* the store's, and */
    int64_t slot;              /* of its writer: under the store's lock */
    atomic_int_fast64_t told;  /* the last batch of which they do */
    atomic_int_fast64_t doubt; /* a batch of which nobody knows; or 0 */
};

struct vb__pg_client {
    struct vb_store_client base; /* first */
    struct vb__pg_store *store;
    struct vb__pg_link reads;  /* short: records, collections, claims, notes */
    struct vb__pg_link scans;  /* lists, sources, history, chunks, numbers */
    struct vb__pg_link writes; /* commits, one group at a time */
    struct vb__pg_replica *replica;
    struct vb__pg_group *group;
    struct vb__pg_keeper *keeper;   /* NULL: another client's */
    struct vb__pg_making *making;   /* of indexes: the keeper's */
    struct vb_pool readings;        /* what is being read; read.c */
    uint64_t uneven[VB__PG_UNEVEN]; /* lists with members of all kinds */
    struct vb_alarm held_back;      /* history is; history_read.c */
    struct vb_link held_pasts;      /* readings of it that wait for that */
    struct vb__pg_news *news;   /* of other instances, and for them; news.c */
    struct vb__pg_own own;      /* for others.c */
    struct vb_alarm succeeding; /* the keeper, where that is another client */
};

static inline struct vb__pg_store *vb__pg_store_of(struct vb_store *store)
{
    return VB_CONTAINER(store, struct vb__pg_store, store);
}

static inline struct vb__pg_client *
vb__pg_client_of(struct vb_store_client *client)
{
    return VB_CONTAINER(client, struct vb__pg_client, base);
}

/* It has seen this revision: those that it gives are greater. Any thread. */
void vb__pg_clock_saw(struct vb__pg_store *store, uint64_t revision);
/* What the next revisions have to be beyond: the clock, or the time. */
uint64_t vb__pg_clock_floor(const struct vb__pg_store *store);
/* The same, and the clock goes on by so many: nobody else here gets those. */
uint64_t vb__pg_clock_take(struct vb__pg_store *store, uint64_t count);

/* --- read*.c: the operations of struct vb_store_ops ----------------------- */

/* What a client needs for them, first and last. */
void vb__pg_reads_begin(struct vb__pg_client *client);
void vb__pg_reads_done(struct vb__pg_client *client);

enum vb_io vb__pg_read(struct vb_store_client *client, struct vb_read *read);
enum vb_io vb__pg_records(struct vb_store_client *client,
                          struct vb_records_read *read);
enum vb_io vb__pg_collection(struct vb_store_client *client,
                             struct vb_collection_read *read);
enum vb_io vb__pg_claim(struct vb_store_client *client,
                        struct vb_claim_read *read);
enum vb_io vb__pg_memo(struct vb_store_client *client,
                       struct vb_memo_read *read);
enum vb_io vb__pg_list(struct vb_store_client *client,
                       struct vb_list_read *list);
enum vb_io vb__pg_lists(struct vb_store_client *client,
                        struct vb_lists_read *read);
enum vb_io vb__pg_sources(struct vb_store_client *client,
                          struct vb_sources_read *read);
enum vb_io vb__pg_history(struct vb_store_client *client,
                          struct vb_history_read *read);

/* Makes a record of a row with the columns of VB__PG_RECORD_COLUMNS, the first
 * of which is `column`; a blob is pinned. NULL: no memory. */
struct vb_record *vb__pg_record(struct vb__pg_store *store,
                                const PGresult *result, int row, int column);

/* --- blob.c, number.c ------------------------------------------------------
 */

enum vb_io vb__pg_chunk_read(struct vb_store_client *client,
                             struct vb_chunk_read *read);
enum vb_io vb__pg_chunk_write(struct vb_store_client *base,
                              struct vb_chunk_write *write);
uint64_t vb__pg_blob_new(struct vb_store_client *base);
void vb__pg_blob_discard(struct vb_store_client *base, uint64_t blob);
void vb__pg_blob_unpin(struct vb_store *store, uint64_t blob);
void vb__pg_blob_pin(struct vb__pg_store *store, uint64_t blob);
enum vb_io vb__pg_number(struct vb_store_client *base,
                         struct vb_number_take *take);

/* --- group.c ---------------------------------------------------------------
 */

enum vb_io vb__pg_commit(struct vb_store_client *base,
                         struct vb_commit *commit);
/* NULL: no memory. */
struct vb__pg_group *vb__pg_group_new(struct vb__pg_client *client);
/* None of its commits may be under way. */
void vb__pg_group_free(struct vb__pg_group *group);
/* Begins with what has come, unless a group is under way. */
void vb__pg_group_flush(struct vb__pg_group *group);

#endif
