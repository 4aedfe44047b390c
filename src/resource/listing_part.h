/*
 * The parts of a listing:
 *
 *     GET    ─ query ──────────────────┐
 *     QUERY  ─ query, received, parsed ┴▶ selection      listing_ask.c
 *                                             │
 *     cache? ─▶ current ◀── owner there? ◀────┤          listing_owner.c
 *                  ▲                          │
 *                  ├─ cache ◀── page ◀── list ┤          listing.c, page.c
 *                  └──────────── flow ◀─┴ more┘          listing_flow.c
 */
#ifndef VB_RESOURCE_LISTING_PART_H
#define VB_RESOURCE_LISTING_PART_H

#include "http/prefer.h"
#include "resource/build.h"
#include "resource/listing.h"
#include "resource/page.h"
#include "resource/stored.h"

/* What reading a listing keeps in between. */
struct vb__listing {
    struct vb_exchange *x;
    const struct vb_route *route;
    struct vb_json *input; /* a QUERY's content */
    struct vb_selection selection;
    struct vb_selection_sieve sieve;
    struct vb_read owner; /* what the listing is part of */
    struct vb_list_read list;
    struct vb_collection_read state; /* for a write's precondition */
    struct vb_page page;
    struct vb_expanding expanding;
    struct vb_span cache_key;       /* "" where it is not to be cached */
    struct vb_cache_stamp stamp;    /* taken before the listing was read */
    const struct vb_allow *members; /* the rule of the members' GET, where it
                                       may keep some out; else NULL */
    struct vb_ruling ruling;
    enum vb_prefer_count counts; /* the client wants to know how many */
    uint64_t total;              /* then: that many, */
    bool counted;                /* as is known from a look before this one */
    bool flows; /* if there is more than can be looked at now, all of it follows
                   while it is sent */
    struct vb_selection_plan plan;
    size_t attempt;    /* plans before it that were too much */
    bool only_members; /* without any, there is no listing either */
    /* What to go on with once what the listing is part of is there. */
    enum vb_answer (*then)(struct vb__listing *listing);
};

static inline const struct vb_built *
vb__listing_built(const struct vb_exchange *x)
{
    return x->resource->data;
}

/* NULL when out of memory, with 503 set: HALT then. */
struct vb__listing *vb__listing_new(struct vb_exchange *x);

/* Gives back what it holds, where it is x->state. */
void vb__listing_done(struct vb_exchange *x);

/* --- listing.c ----------------------------------------------------------- */

/* How the next reading goes about it, after so many ways that could not be
 * gone. False: no other is left. */
bool vb__listing_plan(struct vb__listing *listing, size_t attempt);

/* Could the last one not be gone? */
static inline bool vb__listing_lacks_way(const struct vb__listing *listing)
{
    return listing->list.op.err == VB_ERR_LIMIT ||
           listing->list.op.err == VB_ERR_UNSUPPORTED;
}

/* Reads from page.cursor on, into `list`, which is empty. `done` is called when
 * that is not done at once. */
enum vb_io vb__listing_read(struct vb__listing *listing,
                            void (*done)(struct vb_store_op *op),
                            void *context);

/* --- listing_flow.c ------------------------------------------------------ */

/* May the listing that is asked for flow? Not a page: who asks for so many
 * members gets no more, and going back is for pages, as is what refers to what
 * else has to be read. */
bool vb__listing_may_flow(const struct vb__listing *listing);

/* What was read becomes the beginning of what flows, as x->current. NULL with a
 * status set; the caller's reference. */
struct vb_rep *vb__listing_flow(struct vb__listing *listing);

/* --- listing_ask.c ------------------------------------------------------- */

/* Takes what is asked for from the query, a QUERY's content and Prefer. False
 * with a status set. */
bool vb__listing_ask(struct vb__listing *listing);

/* A parameter is not what it should be; false. */
bool vb__listing_refuse(struct vb_exchange *x, const char *name,
                        const char *detail);

/* The key of the collection whose members it lists. */
struct vb_span vb__listing_parent(struct vb_exchange *x);

/* --- listing_owner.c ----------------------------------------------------- */

/* Is the listing part of a document, and so there only with it? */
bool vb__listing_has_owner(struct vb_exchange *x);

/* Goes on with `then` if what the listing is part of is there; else NO. */
enum vb_answer
vb__listing_after_owner(struct vb__listing *listing,
                        enum vb_answer (*then)(struct vb__listing *));

#endif
