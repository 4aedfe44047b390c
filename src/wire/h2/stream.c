/* The life of a stream: as long as its exchange, whose arena it is in. */
#include "base/assert.h"
#include "base/clock.h"
#include "wire/h2/inner.h"

struct vb_h2_stream *vb__h2_stream_new(struct vb_h2 *h2, int32_t id)
{
    struct vb_exchange *x = vb_exchange_new(h2->wire.env);
    struct vb_h2_stream *s;

    if (x == NULL)
        return NULL;
    s = vb_arena_calloc(&x->arena, 1, sizeof(*s));
    if (s == NULL) {
        vb_exchange_release(x);
        return NULL;
    }
    s->h2 = h2;
    s->x = x;
    s->id = id;
    s->since = h2->wire.env->now.mono_ms;
    s->crumbs_end = &s->crumbs;
    vb_buf_init(&s->waiting, VB_H2_STREAM_WINDOW);
    vb_head_begin(&s->builder, &x->head, &x->arena, &x->env->limits->head,
                  h2->wire.peer->secure ? VB_SPAN("https") : VB_SPAN("http"));
    s->next = h2->streams;
    if (s->next != NULL)
        s->next->prev = s;
    h2->streams = s;
    return s;
}

static void unlink_stream(struct vb_h2_stream *s)
{
    struct vb_h2 *h2 = s->h2;

    if (s->prev == NULL)
        h2->streams = s->next;
    else
        s->prev->next = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    if (h2->streams == NULL && !h2->stopping)
        h2->read_since = h2->wire.env->now.mono_ms;
}

static void end_exchange(struct vb_h2_stream *s)
{
    struct vb_exchange *x = s->x;

    if (s->wanted && !s->sink_ended && !s->replied) {
        s->sink_ended = true;
        vb_content_lost(x);
    }
    vb_buf_done(&s->waiting);
    if (s->replied || s->state == VB_H2_HEAD || s->malformed)
        vb_exchange_release(x);
    else
        vb_exchange_abandon(x);
}

void vb__h2_stream_closed(struct vb_h2_stream *s)
{
    vb_assert(!s->closed);
    s->closed = true;
    vb__h2_content_drop(s);
    unlink_stream(s);
    if (s->pieces == 0)
        end_exchange(s);
}

void vb__h2_stream_piece_done(struct vb_h2_stream *s)
{
    vb_assert(s->pieces > 0);
    s->pieces--;
    if (s->closed && s->pieces == 0)
        end_exchange(s);
}

void vb__h2_reset(struct vb_h2_stream *s, uint32_t code)
{
    nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* --- Time -------------------------------------------------------------------
 */

int64_t vb__h2_stream_deadline(const struct vb_h2_stream *s)
{
    const struct vb_limits *limits = s->x->env->limits;
    int64_t moved = vb__h2_moved(s->h2);
    /* Streams take turns: one that waits for its own may wait long. */
    int64_t since = moved > s->since ? moved : s->since;

    if (s->state == VB_H2_HEAD)
        return s->since + limits->head_timeout_ms;
    if (vb__h2_receives_content(s))
        return since + limits->content_timeout_ms;
    if (s->replied && !s->all_sent && !s->deferred &&
        vb__h2_output_queued(s->h2) == 0)
        return since + limits->write_timeout_ms; /* its window is shut */
    return VB_TIME_NEVER;
}

void vb__h2_stream_late(struct vb_h2_stream *s)
{
    if (s->state == VB_H2_HEAD) {
        /* What compresses other heads is in it: no other can be read. */
        vb__h2_give_up(s->h2, NGHTTP2_ENHANCE_YOUR_CALM);
        return;
    }
    s->since = s->x->env->now.mono_ms;
    if (vb__h2_receives_content(s)) {
        vb__h2_content_fail(s, &vb_content_late);
        vb__h2_mark(s);
    } else {
        vb__h2_reset(s, NGHTTP2_CANCEL);
    }
}
