/* An import's parts: see import.h. */
#ifndef VB_RESOURCE_IMPORT_PART_H
#define VB_RESOURCE_IMPORT_PART_H

#include "base/task.h"
#include "resource/import.h"
#include "resource/rows.h"

/* Values of one import. */
#define VB_IMPORT_MOST 10000

/* Lines that are told to be wrong. */
#define VB_IMPORT_TOLD 100

struct vb_import {
    struct vb_stored *stored; /* each value passes through it */
    struct vb_rows start;     /* before the first */
    bool checked, granted;    /* they need not be again */
    size_t count;             /* values */
    uint32_t *lines;          /* where each begins */

    /* What is wrong. */
    bool malformed;                /* some are no values at all */
    size_t bad;                    /* so many are, */
    uint32_t told[VB_IMPORT_TOLD]; /* the first of these, by line */

    /* The walk that is under way: what is done with each value, and in the
     * end. YES goes on with the next. */
    struct vb_task task;
    struct vb_rows rows;
    size_t at; /* index of the value */
    enum vb_answer (*each)(struct vb_import *import);
    enum vb_answer (*over)(struct vb_import *import);

    /* import_write.c */
    int64_t *numbers;
    size_t numbered;
    struct vb_change *changes; /* and room for one more */
    struct vb_span **claim_paths;
    struct vb_span first, last; /* paths of what is made */
};

static inline struct vb_exchange *vb__import_x(const struct vb_import *import)
{
    return import->stored->x;
}

/* Walks over all values. PENDING: the flow will be resumed. */
enum vb_answer vb__import_walk(struct vb_import *import,
                               enum vb_answer (*each)(struct vb_import *),
                               enum vb_answer (*over)(struct vb_import *));

/* How many complaints there are. */
size_t vb__import_complaints(const struct vb_exchange *x);

/* The complaints since there were so many are about this line. */
void vb__import_place(struct vb_exchange *x, size_t since, size_t line);

#endif
