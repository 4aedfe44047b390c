/*
 * Which entry has to go: S3-FIFO (Yang and others, "FIFO queues are all you
 * need for cache eviction", 2023), over entries of any size.
 *
 *     new ─▶ small, a tenth of all ── asked for meanwhile ──▶ main ─┐
 *               └── not ─▶ out, and remembered (ghost)         ▲     │ asked
 * for: come back soon ──────────────────┘     └▶ once more not: out
 *
 * Most of what comes is asked for once: it goes through the small queue, and
 * never troubles what is in use. A hit writes a few bits, and moves nothing.
 */
#ifndef VB_CACHING_FIFO_H
#define VB_CACHING_FIFO_H

#include "base/list.h"
#include "caching/ghost.h"

struct vb_fifo_entry {
    struct vb_link link;
    uint64_t hash; /* of its name */
    size_t size;   /* bytes */
    uint8_t hits;  /* since it was last looked at, up to a few */
    bool main;     /* which queue it is in */
};

struct vb_fifo {
    struct vb_link small; /* the next to be looked at is the first */
    struct vb_link main;
    size_t small_bytes;
    size_t main_bytes;
    size_t count;
    struct vb_ghost ghost;
};

/* `ghosts`: how many that are gone may be remembered. False: no memory. */
bool vb_fifo_init(struct vb_fifo *fifo, size_t ghosts);
/* Entries that are left in it are their owner's affair. */
void vb_fifo_done(struct vb_fifo *fifo);

/* An entry whose hash and size are set. */
void vb_fifo_add(struct vb_fifo *fifo, struct vb_fifo_entry *entry);

/* It was asked for. */
void vb_fifo_hit(struct vb_fifo_entry *entry);

/* Takes it out, for another reason than that it has to go. */
void vb_fifo_remove(struct vb_fifo *fifo, struct vb_fifo_entry *entry);

/* Takes out the one that has to go; NULL when there is none. */
struct vb_fifo_entry *vb_fifo_evict(struct vb_fifo *fifo);

#endif
