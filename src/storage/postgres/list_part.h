/* A list that is being read: list.c, list_index.c. */
#ifndef VB_STORAGE_POSTGRES_LIST_PART_H
#define VB_STORAGE_POSTGRES_LIST_PART_H

#include "storage/postgres/read_part.h"
#include "storage/sieve.h"

/* What comes after a page. */
enum vb__pg_list_next {
    VB__PG_LIST_DONE,
    VB__PG_LIST_MORE, /* another page */
    VB__PG_LIST_ANEW  /* the collection is another one than that of the pages
                         before: all of it in one */
};

struct vb__pg_listing {
    struct vb__pg_ask ask;
    struct vb_task task; /* to the executor, and back */
    struct vb__pg_client *client;
    struct vb_list_read *list;
    /* Its outcome is in list->op.err; the owner frees it. */
    void (*over)(struct vb__pg_listing *listing);
    void *context; /* the owner's */

    uint64_t beyond;          /* where the next page begins */
    struct vb_buf beyond_key; /* in the order of an index: of that key; */
    bool has_key;             /* else at its end */
    bool paged;               /* a page of rows was looked at */
    bool counting;            /* first it is counted what is in some ranges */
    uint64_t rows;            /* of a page, at most, */
    uint64_t bytes;           /* and of their content, but always two rows */
    unsigned pages;           /* that were looked at */
    PGresult *page;           /* the one that is looked at */
    struct vb__sifting sifting;
    size_t cap; /* of list->records */
    enum vb__pg_list_next next;
    enum vb_err err;
};

/* --- list_index.c */

/* In the order of an index. */
static inline bool vb__pg_list_is_ordered(const struct vb_list_read *list)
{
    return list->whole && list->index != NULL && list->index->ordered;
}

/* Sends what counts, or a page of what goes by an index. `params` has what all
 * lists have. */
void vb__pg_list_send_count(struct vb__pg_listing *listing,
                            struct vb__pg_link *link,
                            struct vb__pg_params *params);
void vb__pg_list_send_keyed(struct vb__pg_listing *listing,
                            struct vb__pg_link *link,
                            struct vb__pg_params *params);
/* Is the index whole, and are there not too many keys? The numbers are those
 * that its statement has found. */
enum vb_err vb__pg_list_judge(struct vb_list_read *list,
                              const struct vb_list_index *index, int64_t whole,
                              int64_t keys);
/* Where the list begins, and how far it has come with this row. VB_ERR_NOMEM,
 * VB_ERR_LIMIT. */
enum vb_err vb__pg_list_begin_ordered(struct vb__pg_listing *listing);
enum vb_err vb__pg_list_reached(struct vb__pg_listing *listing, int row,
                                bool advanced);

/* The list has the member of this row. */
enum vb_err vb__pg_list_add(struct vb__pg_listing *listing, int row);

#endif
