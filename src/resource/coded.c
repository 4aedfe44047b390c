/* Encoding representations. See coded.h. */
#include "resource/coded.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/task.h"
#include "content/coding.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "resource/cached.h"

/* Encoding so much takes a worker's loop about a millisecond; what is larger
 * is encoded on another thread meanwhile. Bytes. */
#define ON_THE_SPOT ((size_t)32 * 1024)

/* What Vary can be, its own fields and ours. */
#define VARY_MOST 64

struct vb_rep *vb_coded_base(struct vb_rep_draft *draft)
{
    char vary[VARY_MOST];
    int len;

    draft->codable = !draft->streamed && vb_coding_is_worth(draft->media_type);
    if (draft->codable) {
        len = snprintf(vary, sizeof(vary), "%.*s%sAccept-Encoding",
                       VB_FMT(draft->vary), draft->vary.len > 0 ? ", " : "");
        vb_assert(len > 0 && (size_t)len < sizeof(vary));
        draft->vary = vb_span_of(vary, (size_t)len);
    }
    return vb_rep_new(draft);
}

/* Is there anything to encode? Only who refuses it as it is gets what does
 * not become smaller. */
static bool is_to_be_coded(const struct vb_exchange *x,
                           const struct vb_rep *rep)
{
    if (x->coding == VB_CODING_IDENTITY || !rep->codable)
        return false;
    return x->identity_refused || rep->length >= VB_CODING_MIN;
}

/*
 * What is to be sent instead: takes over the reference, and gives one. NULL:
 * out of memory, and the client takes nothing else. Touches no exchange: it
 * may run on any thread.
 */
static struct vb_rep *encode(struct vb_rep *rep, enum vb_coding coding,
                             bool identity_refused)
{
    struct vb_rep *coded = NULL;
    struct vb_buf buf;

    vb_buf_init(&buf, SIZE_MAX);
    if (vb_coding_encode(coding, rep->content, &buf) == VB_OK &&
        (identity_refused || buf.len < rep->length))
        coded = vb_rep_coded(rep, vb_coding_name(coding), vb_buf_span(&buf));
    vb_buf_done(&buf);
    if (coded == NULL && !identity_refused)
        return rep;
    vb_rep_unref(rep);
    return coded;
}

static enum vb_answer select_coded(struct vb_exchange *x,
                                   struct vb_coded_place place,
                                   struct vb_rep *rep)
{
    if (rep == NULL)
        return vb_reply_unavailable(x);
    if (place.key.len > 0)
        vb_cached_put(x, place.key, x->coding, place.stamp, rep);
    vb_cached_select(x, rep);
    return VB_YES;
}

/* --- on another thread ------------------------------------------------------
 */

struct job {
    struct vb_task task;
    struct vb_exchange *x; /* waits, and stays until it is resumed */
    struct vb_mailbox *mailbox;
    struct vb_coded_place place;
    struct vb_rep *rep; /* what it is made of; then what was made */
    enum vb_coding coding;
    bool identity_refused;
};

static void finish(struct vb_task *task)
{
    struct job *job = VB_CONTAINER(task, struct job, task);

    vb_flow_resume(job->x, select_coded(job->x, job->place, job->rep));
}

static void work(struct vb_task *task)
{
    struct job *job = VB_CONTAINER(task, struct job, task);

    job->rep = encode(job->rep, job->coding, job->identity_refused);
    job->task.run = finish;
    vb_mailbox_post(job->mailbox, &job->task);
}

static enum vb_answer submit(struct vb_exchange *x, struct vb_coded_place place,
                             struct vb_rep *rep)
{
    struct job *job = vb_arena_alloc(&x->arena, sizeof(*job));

    if (job == NULL) {
        vb_rep_unref(rep);
        return vb_reply_unavailable(x);
    }
    *job = (struct job){
        .task.run = work,
        .x = x,
        .mailbox = x->env->mailbox,
        .place = place,
        .rep = rep,
        .coding = (enum vb_coding)x->coding,
        .identity_refused = x->identity_refused,
    };
    x->env->executor->submit(x->env->executor, &job->task);
    return VB_PENDING;
}

/* --- for resources ----------------------------------------------------------
 */

enum vb_answer vb_coded_select(struct vb_exchange *x,
                               struct vb_coded_place place, struct vb_rep *rep)
{
    if (!is_to_be_coded(x, rep)) {
        if (!x->identity_refused) {
            vb_cached_select(x, rep);
            return VB_YES;
        }
        vb_rep_unref(rep);
        vb_reply_no_coding(x);
        return vb_reply_refuse(x, VB_STATUS_NOT_ACCEPTABLE, VB_SPAN(""));
    }
    if (rep->length > ON_THE_SPOT && x->env->executor != NULL)
        return submit(x, place, rep);
    return select_coded(
        x, place, encode(rep, (enum vb_coding)x->coding, x->identity_refused));
}

struct vb_rep *vb_coded_now(struct vb_exchange *x, struct vb_rep *rep)
{
    if (!is_to_be_coded(x, rep))
        return rep;
    return encode(rep, (enum vb_coding)x->coding, x->identity_refused);
}
