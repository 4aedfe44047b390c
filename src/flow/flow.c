/* The runner: one loop over the table. See flow.h. */
#include "flow/flow.h"

#include "base/assert.h"
#include "flow/reply.h"

const struct vb_node vb_flow_nodes[] = {
#define GO(next)                                                               \
    {                                                                          \
        .node = VB_NODE_##next                                                 \
    }
#define END(code)                                                              \
    {                                                                          \
        .ends = true, .status = (code)                                         \
    }
#define TELL(list)                                                             \
    {                                                                          \
        .ends = true, .statuses = (list)                                       \
    }
#define VB_NODE(group, name, yes, no, rfc, text)                               \
    [VB_NODE_##name] = {vb__q_##name, yes, no, #name, #group, text, rfc},
#include "flow/flow.tbl"
#undef VB_NODE
#undef GO
#undef END
#undef TELL
};

_Static_assert(VB_NODE_COUNT <= UINT8_MAX, "walk.node is a byte");

const char *vb_answer_text(enum vb_answer answer)
{
    static const char *const texts[] = {
        [VB_NO] = "NO",     [VB_YES] = "YES",     [VB_PENDING] = "PENDING",
        [VB_HALT] = "HALT", [VB_AGAIN] = "AGAIN",
    };

    return texts[answer];
}

static inline void record(struct vb_walk *walk, enum vb_answer answer)
{
    if (walk->length < VB_TRACE_MAX)
        walk->trace[walk->length++] =
            (uint16_t)(walk->node << 4 | (unsigned)answer);
}

static void finish(struct vb_exchange *x, unsigned status)
{
    x->walk.finished = true;
    x->walk.running = false;
    vb__reply_finish(x, status);
}

/* Back to `exists`, to look at what the other writer has left. */
static bool start_again(struct vb_exchange *x)
{
    if (x->walk.again == VB_FLOW_MAX_AGAIN)
        return false;
    x->walk.again++;
    vb_rep_unref(x->current);
    x->current = NULL;
    x->selected = (struct vb_selected){0};
    x->outcome = (struct vb_outcome){0};
    x->walk.node = VB_NODE_exists;
    return true;
}

/* An answer other than YES and NO, or one that ends the walk. True: go on. */
static bool follow_odd(struct vb_exchange *x, const struct vb_edge *edge,
                       enum vb_answer answer)
{
    unsigned status = answer == VB_HALT ? 0 : edge->status;

    if (answer == VB_AGAIN) {
        vb_assert(x->walk.node == VB_NODE_commit);
        if (start_again(x))
            return true;
        finish(x, VB_STATUS_SERVICE_UNAVAILABLE);
        return false;
    }
    finish(x, status != 0 ? status : x->reply.status);
    return false;
}

/* Follows an answer that is not PENDING. True: go on asking. */
static inline bool follow(struct vb_exchange *x, const struct vb_node *node,
                          enum vb_answer answer)
{
    const struct vb_edge *edge = answer == VB_YES ? &node->yes : &node->no;

    record(&x->walk, answer);
    if (answer > VB_YES || edge->ends)
        return follow_odd(x, edge, answer);
    x->walk.node = edge->node;
    return true;
}

static const struct vb_node *nodes_of(const struct vb_exchange *x)
{
    return x->env->nodes != NULL ? x->env->nodes : vb_flow_nodes;
}

/* The question said PENDING. True: it has been answered already. */
static bool answered(struct vb_walk *walk, enum vb_answer *ret_answer)
{
    if (!walk->answered) {
        record(walk, VB_PENDING);
        walk->waiting = true;
        walk->running = false;
        return false;
    }
    walk->answered = false;
    *ret_answer = (enum vb_answer)walk->answer;
    return true;
}

static void run(struct vb_exchange *x)
{
    const struct vb_node *nodes = nodes_of(x);
    const struct vb_node *node;
    enum vb_answer answer;

    x->walk.running = true;
    do {
        node = &nodes[x->walk.node];
        answer = node->ask(x);
        if (answer == VB_PENDING && !answered(&x->walk, &answer)) {
            if (x->resource != NULL) /* what takes time may use it */
                vb__reply_hint(x);
            return;
        }
    } while (follow(x, node, answer));
}

void vb_flow_start(struct vb_exchange *x)
{
    vb_assert(x->walk.length == 0);
    x->site = x->outer != NULL ? x->outer->site : x->env->site;
    x->walk.node = VB_NODE_well_formed;
    run(x);
}

void vb_flow_start_at(struct vb_exchange *x, enum vb_node_id node)
{
    x->walk.node = (uint8_t)node;
    run(x);
}

void vb_flow_resume(struct vb_exchange *x, enum vb_answer answer)
{
    struct vb_walk *walk = &x->walk;

    vb_assert((walk->waiting || walk->running) && !walk->answered &&
              answer != VB_PENDING);
    if (walk->running) {
        walk->answer = (uint8_t)answer;
        walk->answered = true;
        return;
    }
    walk->waiting = false;
    if (x->abandoned) {
        vb_exchange_release(x);
        return;
    }
    walk->running = true;
    if (follow(x, &nodes_of(x)[walk->node], answer))
        run(x);
}

unsigned vb_flow_foresee(struct vb_exchange *x)
{
    const struct vb_node *node = &vb_flow_nodes[VB_NODE_created];
    const struct vb_edge *edge;

    for (;;) {
        edge = node->ask(x) == VB_YES ? &node->yes : &node->no;
        if (edge->ends)
            return edge->status;
        node = &vb_flow_nodes[edge->node];
    }
}
