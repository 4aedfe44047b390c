/*
 * Which members a list has, the same way for every engine: the engine walks
 * over them, this decides. Two walks: in the order of positions until the
 * page is full (vb__sift), or over all members, of which the best are kept
 * (vb__pick).
 */
#ifndef VB_STORAGE_SIEVE_H
#define VB_STORAGE_SIEVE_H

#include "storage/store.h"

/* --- In the order of positions. --- */

enum vb__sift {
    VB__SIFT_TAKE, /* the list has it: add it to list->records */
    VB__SIFT_PASS, /* it has not: go on */
    VB__SIFT_END   /* enough: list->more is set */
};

struct vb__sifting {
    struct vb_list_read *list;
    struct vb_sieve *sieve; /* NULL: the list has all that is looked at */
    uint64_t records;       /* looked at */
    uint64_t looked;        /* bytes of them */
    size_t bytes;           /* of what was taken */
    struct vb_buf key;
};

void vb__sift_init(struct vb__sifting *sifting, struct vb_list_read *list);

/* The next member. It may be a borrowed one, without a reference count. */
enum vb__sift vb__sift(struct vb__sifting *sifting,
                       const struct vb_record *state);

/* Frees it; what went wrong in the sieve. */
enum vb_err vb__sift_done(struct vb__sifting *sifting);

/* --- All of them, the best kept. --- */

struct vb__picked {
    uint64_t position;
    void *row; /* the engine's */
    char *key; /* malloc'ed */
    size_t key_len;
};

/* A heap of the limit and one more, the last of the order on top. */
struct vb__pick {
    struct vb_list_read *list;
    struct vb__picked *kept;
    size_t count;
    uint64_t records; /* looked at */
    uint64_t looked;  /* bytes of them */
    struct vb_buf key;
};

/* VB_ERR_NOMEM. */
enum vb_err vb__pick_init(struct vb__pick *pick, struct vb_list_read *list);

/* The next member, in any order. VB_ERR_LIMIT, VB_ERR_NOMEM. */
enum vb_err vb__pick_offer(struct vb__pick *pick, const struct vb_record *state,
                           void *row);

/* After the last one: puts pick->kept in the list's order. */
void vb__pick_sort(struct vb__pick *pick);

/* After the first `taken` of them became list->records: says where it ends.
 * VB_ERR_NOMEM. */
enum vb_err vb__pick_end(struct vb__pick *pick, size_t taken);

void vb__pick_done(struct vb__pick *pick);

#endif
