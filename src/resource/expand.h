/*
 * expand=author,author.country: what a property refers to is shown in its
 * place, as its GET would show it to who asks.
 *
 *     names ──▶ steps, a tree                        expand_read.c
 *     state ──▶ JSON, as far as is known ─┐          expand_write.c
 *        ▲                                ▼ wanting
 *        └──────── records ◀──────────── keys        expand.c
 *
 * It is written again, until nothing is wanting: once more than the steps are
 * deep. What is not there, or not for who asks, stays the reference that it is.
 */
#ifndef VB_RESOURCE_EXPAND_H
#define VB_RESOURCE_EXPAND_H

#include "base/table.h"
#include "content/json.h"
#include "describe/describe.h"
#include "flow/resource.h"
#include "storage/store.h"

#define VB_EXPAND_DEPTH_MOST 3  /* references behind each other */
#define VB_EXPAND_STEPS_MOST 16 /* in all */
#define VB_EXPAND_LOOKS_MOST 20000
#define VB_EXPAND_BYTES_MOST ((size_t)8 * 1024 * 1024)

/* What can be read again of what was expanded: states of the usual depth lie in
 * each other. */
extern const struct vb_json_limits vb_expand_json_limits;

/* A property that is expanded, and what is in what it refers to. */
struct vb_expand_step {
    const struct vb_property *property;
    struct vb_expand_step *below, *next; /* NULL: none */
};

/*
 * Adds a dotted path to the steps; of a property within the elements of an
 * array, without a name for those. NULL, or what is wrong with it: static.
 */
const char *vb_expand_add(struct vb_exchange *x, const struct vb_route *route,
                          struct vb_span path, struct vb_expand_step **steps);

/* What a dotted path leads into, if it begins with one of the steps: the route
 * of what that refers to, and the rest of the path behind it, "" for none.
 * Else NULL. */
const struct vb_route *vb_expand_leads(const struct vb_expand_step *steps,
                                       struct vb_span path,
                                       struct vb_span *ret_rest);

/* What one exchange brings. All zero but for the first five: begun. */
struct vb_expanding {
    struct vb_exchange *x;
    const struct vb_expand_step *steps;
    /* Writes what is to be shown, with vb_expanding_write. What goes wrong
     * shows in `err`, or in `excessive`. */
    void (*write)(void *context);
    /* It was written, and nothing is wanting: the answer. */
    enum vb_answer (*show)(void *context);
    void *context;
    struct vb_table by_key;
    struct vb__expanded *first, **end;  /* in the order of being wanted */
    struct vb__expanded *next;          /* the first that is not known yet */
    struct vb__expand_reading *reading; /* of some; NULL: none so far */
    size_t looks, bytes;
    uint64_t digest; /* of what was shown: no two that differ have the same */
    bool excessive;  /* more than there is room for */
    enum vb_err err;
};

/* Gives back what it holds. */
void vb_expanding_done(struct vb_expanding *expanding);

/*
 * Writes, and reads what is wanting, until nothing is, and shows it: the answer
 * to the question that the exchange is at. What there is no room for is 400;
 * 500 or 503 as vb_stored_failed has it.
 */
enum vb_answer vb_expanding_run(struct vb_expanding *expanding);

/*
 * Appends the JSON of a state as it is shown, of the exchange's resource or of
 * a member of it, with what is known of what it refers to.
 */
void vb_expanding_write(struct vb_expanding *expanding, struct vb_buf *buf,
                        yyjson_val *shown);

/* The variant of an entity tag, of what is shown so: `variant`, and what tells
 * this from other states of what is referred to. In the arena. */
struct vb_span vb_expanding_variant(const struct vb_expanding *expanding,
                                    struct vb_span variant);

/* --- inside ---------------------------------------------------------------
 */

/* What is known of a key. */
struct vb__expanded {
    struct vb_table_node node;
    struct vb__expanded *following;
    struct vb_span key;
    const struct vb_route *route; /* whose it is; NULL: no document's */
    struct vb_json *shown; /* its state as it may be shown; NULL: it may not */
};

/* What is known of it; NULL: nothing yet, and it is wanting now. */
struct vb__expanded *vb__expanding_find(struct vb_expanding *expanding,
                                        struct vb_span key);

#endif
