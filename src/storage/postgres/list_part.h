/* A list that is being read: list.c, list_page.c, list_index.c. */
#ifndef VB_STORAGE_POSTGRES_LIST_PART_H
#define VB_STORAGE_POSTGRES_LIST_PART_H

#include "storage/postgres/read_part.h"
#include "storage/postgres/replica.h"
#include "storage/sieve.h"

/* What comes after a page. */
enum vb__pg_list_next {
    VB__PG_LIST_DONE,
    VB__PG_LIST_MORE,  /* another page */
    VB__PG_LIST_AGAIN, /* the same, in the form that any list has */
    VB__PG_LIST_ANEW   /* the collection is another one than that of the pages
                         before: all of it in one */
};

/*
 * How a page is asked for. Only one form is for any list: in it the database
 * adds up how much content there is, and that takes most of its time. Most
 * collections have members of which a page's would fit whichever they were,
 * which is tried first; a client knows the last ones that were not like that.
 */
enum vb__pg_list_form {
    VB__PG_LIST_ANY,
    VB__PG_LIST_EVEN, /* no member has more than its part of the bytes */
    VB__PG_LIST_BRIEF /* and all may come brief */
};

struct vb__pg_listing {
    struct vb__pg_ask ask;
    struct vb_task task; /* to the executor, and back */
    struct vb__pg_client *client;
    struct vb_list_read *list;
    struct vb__pg_link *link; /* the client's scans, or a replica's: then */
    struct vb__pg_freshness freshness; /* this has to be so, */
    int64_t until_ms; /* and then the database has to answer (monotonic) */
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
    enum vb__pg_list_form form;
    bool uneven;    /* a page had to be of the form for any list */
    uint64_t like;  /* what it is remembered by: in client->uneven */
    unsigned pages; /* that were looked at */
    PGresult *page; /* the one that is looked at */
    struct vb__sifting sifting;
    size_t cap; /* of list->records */
    enum vb__pg_list_next next;
    enum vb_err err;
};

/* In the order of an index. */
static inline bool vb__pg_list_is_ordered(const struct vb_list_read *list)
{
    return list->whole && list->index != NULL && list->index->ordered;
}

/* All that it can have is looked at, and the best are picked. */
static inline bool vb__pg_list_is_picked(const struct vb_list_read *list)
{
    return list->whole && !vb__pg_list_is_ordered(list);
}

/* --- list_page.c */

/* How much a page is: of all that the list can look at, the first one, and the
 * one after this. */
void vb__pg_list_bound_all(struct vb__pg_listing *listing);
void vb__pg_list_bound_first(struct vb__pg_listing *listing);
void vb__pg_list_bound_next(struct vb__pg_listing *listing);

/* Which form is tried, when the first page is bounded; and what is to be known
 * of it next time. On the worker's thread. */
void vb__pg_list_choose_form(struct vb__pg_listing *listing);
void vb__pg_list_remember_form(const struct vb__pg_listing *listing);
/* Are all members of the page like those that EVEN or BRIEF are for? Else a
 * page of such a form has not all that it should. */
bool vb__pg_list_page_is_even(const struct vb__pg_listing *listing);

/* Sends the statement of a page, where no index is gone by. `params` has the
 * collection, where it begins, and how many rows. */
void vb__pg_list_send_page(struct vb__pg_listing *listing,
                           struct vb__pg_link *link,
                           struct vb__pg_params *params);

/* The row of the collection, which is where no position is before it, or in the
 * order of an index the first; -1: there is none. */
int vb__pg_list_row_of_collection(const struct vb__pg_listing *listing);
/* What it says: its revision (0: there is no row), as its length how many
 * members there are; of a list by an index its times say more (list_index.c).
 */
struct vb_record vb__pg_list_collection(const struct vb__pg_listing *listing);
/* A member, borrowed from the page: for a sieve. */
struct vb_record vb__pg_list_row(const struct vb__pg_listing *listing, int row);
/* The list's own, brief or counted. NULL: no memory. */
struct vb_record *vb__pg_list_record(const struct vb__pg_listing *listing,
                                     int row);

/* --- list_index.c */

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
