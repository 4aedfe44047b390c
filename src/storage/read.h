/* What is asked of a store to be read, one thing or several by name; and the
 * chunks of blobs and numbers. Lists: list.h. See store.h. */
#ifndef VB_STORAGE_READ_H
#define VB_STORAGE_READ_H

#include <stdbool.h>

#include "base/buf.h"
#include "storage/commit.h"
#include "storage/list.h"

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

/* A note by its name. */
struct vb_memo_read {
    struct vb_store_op op;
    struct vb_span name;
    int64_t now_ms;
    bool found;          /* out */
    struct vb_buf bytes; /* out, the caller's: vb_buf_done */
    uint64_t revision;   /* out: of its commit */
    int64_t expires_ms;  /* out: when it goes */
};

#endif
