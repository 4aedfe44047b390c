/*
 * The explanations of replies (flow/explain.h) that clients have asked for,
 * kept for a minute: a ring of some, shared by all workers, since the request
 * that reads one may come to another worker. Without --explain there is none.
 *
 *     Prefer: explain ─▶ keep ─▶ ring ─▶ GET /.verbatim/explain/{id}
 */
#ifndef VB_SERVER_TRACES_H
#define VB_SERVER_TRACES_H

#include "flow/explain.h"

struct vb_traces;

/* NULL when out of memory. */
struct vb_traces *vb_traces_new(void);

/* NULL is fine. */
void vb_traces_free(struct vb_traces *traces);

/* What env.explainer of every worker is. */
struct vb_explainer *vb_traces_explainer(struct vb_traces *traces);

/* The resource that owns a path, known by its beginning; NULL: none of ours. */
const struct vb_resource *vb_traces_find(const struct vb_traces *traces,
                                         struct vb_span path);

#endif
