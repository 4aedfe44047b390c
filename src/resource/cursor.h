/*
 * Cursors: where a page begins, as a text that clients pass on but cannot make
 * up. It holds a position and a direction, and is sealed with a keyed hash.
 */
#ifndef VB_RESOURCE_CURSOR_H
#define VB_RESOURCE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/span.h"

struct vb_cursor {
    uint64_t position;  /* the page's members lie beyond this one */
    struct vb_span key; /* where the listing is sorted: and beyond this */
    bool backward;      /* towards the listing's beginning */
};

/* Appends a cursor for a listing: `scope` is its key, with the order that it
 * is sorted in. `secret` is the store's: a cursor is good for its listing in
 * its store, for ever. */
void vb_cursor_write(struct vb_buf *buf, const struct vb_cursor *cursor,
                     struct vb_span scope, const struct vb_hash_key *secret);

/* False, *ret_cursor untouched, when it was not made by the above. The key lies
 * in the arena. */
bool vb_cursor_parse(struct vb_arena *arena, struct vb_span text,
                     struct vb_span scope, const struct vb_hash_key *secret,
                     struct vb_cursor *ret_cursor);

#endif
