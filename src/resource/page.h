/*
 * One page of a listing as a representation: made of the records that were
 * read, with the links to the pages around it.
 */
#ifndef VB_RESOURCE_PAGE_H
#define VB_RESOURCE_PAGE_H

#include "exchange/exchange.h"
#include "resource/cursor.h"
#include "resource/selection.h"
#include "storage/store.h"

struct vb_page {
    const struct vb_selection *selection; /* what is asked for */
    const struct vb_list_read *list;      /* what was read */
    struct vb_cursor cursor;              /* where from */
    struct vb_span scope;                 /* what cursors are good for, */
    const struct vb_hash_key *secret;     /* and sealed with: the store's */
    struct vb_expanding *expanding; /* what brings what is expanded; or NULL */
    bool personal;      /* it shows what who asks may see, and no more */
    struct vb_span uri; /* where GET has this very page; see vb_page_name */
};

/* Sets page->uri from the selection and cursor. "": out of memory. */
void vb_page_name(struct vb_exchange *x, struct vb_page *page);

/* Does the page show anything that is still to be read (expand.h)? */
bool vb_page_wants(const struct vb_page *page);

/* The caller's reference; NULL with a status set. */
struct vb_rep *vb_page_present(struct vb_exchange *x,
                               const struct vb_page *page);

#endif
