/*
 * QUERY, whose content is a part of its key (RFC 10008 section 2.7): it is
 * taken in before anything is looked for, and goes on from memory.
 *
 *     content ─▶ pipe, digest ─ all of it ────────▶ key ─▶ look
 *                     └ more than the pipe holds ─▶ not for the cache: the rest
 *                                                   goes on as it comes
 *
 * Where it was judged before it goes on, it is all there.
 */
#include "gateway/filling.h"

#include <sodium.h>

#include "flow/flow.h"
#include "flow/intake.h"
#include "flow/reply.h"

struct queried {
    struct vb_sink sink;
    struct vb_cached *c;
    crypto_hash_sha256_state digest;
    bool decided; /* what still comes is the forward's */
};

/* What an origin is asked for with 100-continue is its own to want (RFC 9110
 * section 10.1.1). */
static bool can_be_keyed(const struct vb_head *head)
{
    return head->content_length <= (int64_t)VB_FORWARD_BOUND &&
           vb_fields_first(&head->fields, VB_FIELD_EXPECT) == NULL;
}

static enum vb_answer look(struct queried *q)
{
    char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(&q->digest, (unsigned char *)digest);
    return vb__cached_key(q->c, vb_span_of(digest, sizeof(digest)))
               ? vb__cached_kept(q->c)
               : VB_NO;
}

static void decide(struct queried *q, enum vb_answer answer)
{
    q->decided = true;
    if (answer != VB_PENDING) /* else it is read from the disk */
        vb_flow_resume(q->c->x, answer);
}

/* It is longer than what is held. The flow may end in this, and with it what
 * lies in the exchange. */
static enum vb_sink_want pass_on(struct queried *q)
{
    struct vb_exchange *x = q->c->x;
    enum vb_sink_want want;

    q->c->forward->up_paused = true;
    vb_exchange_hold(x);
    decide(q, VB_NO);
    want = x->walk.finished ? VB_SINK_DONE : VB_SINK_PAUSE;
    vb_exchange_unhold(x);
    return want;
}

static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct queried *q = VB_CONTAINER(sink, struct queried, sink);
    struct vb_forward *f = q->c->forward;

    if (q->decided)
        return f->sink.write(&f->sink, bytes);
    if (!vb_pipe_put(&f->up, bytes))
        f->up_end = VB_WAY_LOST;
    crypto_hash_sha256_update(&q->digest, (const unsigned char *)bytes.ptr,
                              bytes.len);
    return f->up.held < f->up.bound ? VB_SINK_MORE : pass_on(q);
}

/* Fields behind the content are in no key. */
static enum vb_answer end_of_content(struct queried *q, enum vb_err err)
{
    struct vb_exchange *x = q->c->x;
    struct vb_forward *f = q->c->forward;

    if (err != VB_OK) {
        (void)vb_intake_verdict(x, err);
        return VB_HALT;
    }
    if (f->up_end == VB_WAY_LOST)
        return vb_reply_unavailable(x);
    f->up_end = VB_WAY_WHOLE;
    f->content.length = (int64_t)f->up.held;
    return x->trailers == NULL ? look(q) : VB_NO;
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct queried *q = VB_CONTAINER(sink, struct queried, sink);
    struct vb_forward *f = q->c->forward;

    if (q->decided)
        f->sink.end(&f->sink, err);
    else
        decide(q, end_of_content(q, err));
}

/* It was taken in before, to be judged. */
static enum vb_answer look_at_whole(struct queried *q)
{
    struct vb_span whole = q->c->forward->whole;

    crypto_hash_sha256_update(&q->digest, (const unsigned char *)whole.ptr,
                              whole.len);
    return q->c->x->trailers == NULL ? look(q) : VB_NO;
}

enum vb_answer vb__cached_queried(struct vb_cached *c)
{
    struct vb_exchange *x = c->x;
    struct queried *q;

    if (!can_be_keyed(&x->head))
        return VB_NO;
    q = vb_arena_calloc(&x->arena, 1, sizeof(*q));
    if (q == NULL || !vb__forward_new(x))
        return vb_reply_unavailable(x);
    q->c = c;
    q->sink = (struct vb_sink){.write = take, .end = end};
    crypto_hash_sha256_init(&q->digest);
    if (!x->head.has_content)
        return look(q);
    if (c->forward->is_whole)
        return look_at_whole(q);
    c->forward->up_wanted = true;
    x->sink = &q->sink;
    x->carrier->want_content(x);
    return VB_PENDING;
}
