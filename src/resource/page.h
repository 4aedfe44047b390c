/*
 * One page of a listing as a representation: made of the records that were
 * read, with the links to the pages around it.
 */
#ifndef VB_RESOURCE_PAGE_H
#define VB_RESOURCE_PAGE_H

#include "exchange/exchange.h"
#include "resource/columns.h"
#include "resource/cursor.h"
#include "resource/selection.h"
#include "storage/store.h"

/* The form of an offer of a listing: how its members are written. */
enum vb_form {
    VB_FORM_USUAL, /* an array, or a page for people */
    VB_FORM_LINES, /* each on a line of its own (content/lines.h) */
    VB_FORM_TABLE  /* each a row (resource/columns.h) */
};

struct vb_page {
    const struct vb_selection *selection; /* what is asked for */
    const struct vb_list_read *list;      /* what was read */
    struct vb_cursor cursor;              /* where from */
    struct vb_span scope;                 /* what cursors are good for, */
    const struct vb_hash_key *secret;     /* and sealed with: the store's */
    struct vb_expanding *expanding; /* what brings what is expanded; or NULL */
    bool personal;      /* it shows what who asks may see, and no more */
    struct vb_span uri; /* where GET has this very page; see vb_page_name */
    struct vb_columns columns; /* for VB_FORM_TABLE: see vb_page_prepare */
    /* More than a page: this has what is there, and is released with the
     * representation. NULL: no. */
    void *flow;
    void (*release)(void *flow);
};

/* Sets page->uri from the selection and cursor. "": out of memory. */
void vb_page_name(struct vb_exchange *x, struct vb_page *page);

/* Finds out what the page shows that is still to be read (expand.h). */
void vb_page_expand(const struct vb_page *page);

/* In which form the exchange's offer has it. */
enum vb_form vb_page_form(const struct vb_exchange *x);

/* Members of which it takes no more than what they hold (vb_list_read.brief):
 * those in JSON, unless it links to each. */
struct vb_span vb_page_brief(const struct vb_exchange *x);

/* Once it is known what is asked for. False: out of memory. */
bool vb_page_prepare(struct vb_exchange *x, struct vb_page *page);

/* Appends the members that were read, in a form that is not the usual one; at
 * the beginning with what comes before all of them. Check buf->err. */
void vb_page_write_rows(struct vb_exchange *x, struct vb_buf *buf,
                        const struct vb_page *page, bool beginning);

/* The caller's reference; NULL with a status set. What flows is released with
 * it, or is the caller's still. */
struct vb_rep *vb_page_present(struct vb_exchange *x,
                               const struct vb_page *page);

#endif
