/* A list that is being read: list.c. */
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

    uint64_t beyond; /* where the next page begins */
    uint64_t rows;   /* of a page, at most, */
    uint64_t bytes;  /* and of their content, but always two rows */
    unsigned pages;  /* that were looked at */
    PGresult *page;  /* the one that is looked at */
    struct vb__sifting sifting;
    size_t cap; /* of list->records */
    enum vb__pg_list_next next;
    enum vb_err err;
};

/* The list has the member of this row. */
enum vb_err vb__pg_list_add(struct vb__pg_listing *listing, int row);

#endif
