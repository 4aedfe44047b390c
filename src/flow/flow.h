/*
 * The decision flow: from a request to a status, one question at a time.
 *
 *     vb_flow_start ─▶ ask ─▶ record ─▶ follow the edge ─▶ ask ... ─▶ reply
 *                       │                                      ▲
 *                       └─ PENDING ─▶ (later) vb_flow_resume ──┘
 *
 * The table is flow.tbl; the runner is one loop; each question is a function
 * in q_<group>.c. Every answer is recorded in x->walk.trace, always.
 */
#ifndef VB_FLOW_FLOW_H
#define VB_FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/resource.h"

enum vb_node_id {
#define VB_NODE(group, name, yes, no, rfc, text) VB_NODE_##name,
#include "flow/flow.tbl"
#undef VB_NODE
    VB_NODE_COUNT
};

/* Where an answer leads. */
struct vb_edge {
    uint8_t node; /* the next question, unless it ends */
    bool ends;
    uint16_t status;      /* the status it ends with; 0: the question's own */
    const char *statuses; /* TELL: the possible ones, space-separated */
};

/* What the runner looks at comes first. */
struct vb_node {
    vb_question *ask;
    struct vb_edge yes;
    struct vb_edge no;
    const char *name;
    const char *group;
    const char *question;
    const char *rfc;
};

/* The flow, VB_NODE_COUNT rows. */
extern const struct vb_node vb_flow_nodes[];

/* Times that `commit` may say AGAIN before the client gets a 503. */
#define VB_FLOW_MAX_AGAIN 8

/* Walks the exchange from the first question. The reply goes to x->carrier,
 * in this call or, when a question waits for something, later. */
void vb_flow_start(struct vb_exchange *x);

/* The same from another question on, for a request that was asked before: what
 * those above have found is set. */
void vb_flow_start_at(struct vb_exchange *x, enum vb_node_id node);

/*
 * The answer to the question that said PENDING; exactly once, on the worker's
 * thread, not before the question has been asked. May be called before the
 * question's PENDING has returned. The exchange may be gone afterwards.
 */
void vb_flow_resume(struct vb_exchange *x, enum vb_answer answer);

/* The status that a commit's outcome, as it stands, leads to: the rows `reply`,
 * asked ahead and not recorded. */
unsigned vb_flow_foresee(struct vb_exchange *x);

/* An entry of the trace. */
static inline enum vb_node_id vb_trace_node(uint16_t entry)
{
    return (enum vb_node_id)(entry >> 4);
}

static inline enum vb_answer vb_trace_answer(uint16_t entry)
{
    return (enum vb_answer)(entry & 15);
}

/* "YES", "NO", ...; static. */
const char *vb_answer_text(enum vb_answer answer);

/* Is it a request to go no further: Max-Forwards is 0 (RFC 9110 section
 * 7.6.2)? For TRACE and OPTIONS. */
bool vb__is_last_hop(const struct vb_exchange *x);

/* The questions, in q_<group>.c. */
#define VB_NODE(group, name, yes, no, rfc, text) vb_question vb__q_##name;
#include "flow/flow.tbl"
#undef VB_NODE

#endif
