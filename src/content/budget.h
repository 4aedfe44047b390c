/*
 * A budget: heap memory for one document, counted and bounded.
 *
 * yyjson takes its memory through an allocator; this one refuses what would
 * exceed `limit`, so that no input, however it is made, costs more than that.
 */
#ifndef VB_CONTENT_BUDGET_H
#define VB_CONTENT_BUDGET_H

#include <stddef.h>
#include <yyjson.h>

#include "base/err.h"

/* Must not move while anything is allocated: alc points back at it. */
struct vb_budget {
    yyjson_alc alc;  /* for yyjson: &budget.alc */
    size_t limit;    /* bytes it may hold at a time */
    size_t used;     /* bytes it holds */
    enum vb_err err; /* why it last refused: VB_ERR_LIMIT or VB_ERR_NOMEM */
};

/* Takes no memory yet. What is allocated is given back by who allocated. */
void vb_budget_init(struct vb_budget *budget, size_t limit);

/* `size` bytes for any type, or NULL and budget->err. */
void *vb_budget_alloc(struct vb_budget *budget, size_t size);

/* Gives one allocation back; NULL is fine. */
void vb_budget_free(struct vb_budget *budget, void *memory);

#endif
