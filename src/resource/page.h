/*
 * One page of a listing as a representation: made of the records that were
 * read, with the links to the pages around it.
 */
#ifndef VB_RESOURCE_PAGE_H
#define VB_RESOURCE_PAGE_H

#include "describe/describe.h"
#include "exchange/exchange.h"
#include "resource/cursor.h"
#include "storage/store.h"

struct vb_page {
    const struct vb_route *member;   /* whose states these are; or NULL */
    const struct vb_list_read *list; /* what was read */
    struct vb_cursor cursor;         /* where from */
    struct vb_span limit;            /* as the client gave it, or "" */
};

/* The caller's reference; NULL with a status set. */
struct vb_rep *vb_page_present(struct vb_exchange *x,
                               const struct vb_page *page);

#endif
