/*
 * How one resource is to be shown: GET /books/7?fields=title&expand=author asks
 * as a listing does (selection.h), but of one state.
 */
#ifndef VB_RESOURCE_SHOWN_H
#define VB_RESOURCE_SHOWN_H

#include "resource/selection.h"
#include "resource/stored.h"

struct vb_shown {
    struct vb_selection selection;
    struct vb_expanding expanding;
    struct vb_buf json; /* what is shown in the end */
};

/* Reads the query of a safe method into *ret_shown: NULL where all of it is to
 * be shown as it is. False with a status set. */
bool vb_shown_ask(struct vb_exchange *x, const struct vb_route *route,
                  struct vb_shown **ret_shown);

/* The record of stored->shown has come, and may be shown: selects that
 * representation, once all is there that is expanded in it. */
enum vb_answer vb_shown_select(struct vb_stored *stored);

/* Gives back what it holds. NULL is fine. */
void vb_shown_done(struct vb_shown *shown);

#endif
