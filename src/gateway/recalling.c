/*
 * What is stored on the disk only: a thread that may wait reads it, and the
 * flow goes on where it stood. See cached.h.
 */
#include "gateway/cached.h"

#include "flow/flow.h"

/* In the exchange's arena. */
struct recall {
    struct vb_task task;
    struct vb_cached *cached;
    struct vb_stored_response *brought; /* a reference; NULL: nothing */
};

/* The exchange is as the worker left it, and stays, also where its client has
 * gone: nobody else looks at it until the flow has its answer. */
static void read_it(struct recall *recall)
{
    struct vb_cached *c = recall->cached;

    recall->brought =
        vb_memory_recall(c->cache->tier, &c->key, &c->x->head.fields);
}

static enum vb_answer answer(struct recall *recall)
{
    if (recall->brought == NULL)
        return VB_NO;
    vb__cached_brought(recall->cached, recall->brought);
    return VB_YES;
}

static void back(struct vb_task *task)
{
    struct recall *recall = VB_CONTAINER(task, struct recall, task);

    vb_flow_resume(recall->cached->x, answer(recall));
}

static void run(struct vb_task *task)
{
    struct recall *recall = VB_CONTAINER(task, struct recall, task);

    read_it(recall);
    task->run = back;
    vb_mailbox_post(recall->cached->x->env->mailbox, task);
}

enum vb_answer vb__cached_recall(struct vb_cached *c)
{
    struct vb_env *env = c->x->env;
    struct recall *recall = vb_arena_calloc(&c->x->arena, 1, sizeof(*recall));

    if (recall == NULL)
        return VB_NO;
    recall->cached = c;
    recall->task.run = run;
    if (env->executor == NULL) {
        read_it(recall);
        return answer(recall);
    }
    env->executor->submit(env->executor, &recall->task);
    return VB_PENDING;
}
