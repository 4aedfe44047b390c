/*
 * Cursors: where a page begins, as a text that clients pass on but cannot make
 * up. It holds a position and a direction, and is sealed with a keyed hash.
 */
#ifndef VB_RESOURCE_CURSOR_H
#define VB_RESOURCE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct vb_cursor {
    uint64_t position; /* the page's members lie beyond this one */
    bool backward;     /* towards the listing's beginning */
};

#define VB_CURSOR_LEN 32 /* bytes of text */

/* Writes a cursor for the listing of `parent`, without a NUL. `epoch` is the
 * store's: a cursor is good for its listing in its store, for ever. */
void vb_cursor_format(const struct vb_cursor *cursor, struct vb_span parent,
                      struct vb_span epoch, char text[VB_CURSOR_LEN]);

/* False, *ret_cursor untouched, when it was not made by the above. */
bool vb_cursor_parse(struct vb_span text, struct vb_span parent,
                     struct vb_span epoch, struct vb_cursor *ret_cursor);

#endif
