/*
 * The life of a request's stream. Its exchange may end before it (all of the
 * reply is acknowledged, or nobody wants it any more); what still comes then is
 * thrown away.
 */
#include "base/clock.h"
#include "wire/h3/inner.h"

static struct vb_h3_stream **bucket_of(struct vb_h3 *h3, int64_t id)
{
    return &h3->buckets[((uint64_t)id / 4) % VB_H3_BUCKETS];
}

struct vb_h3_stream *vb__h3_stream_find(const struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = h3->buckets[((uint64_t)id / 4) % VB_H3_BUCKETS];

    while (s != NULL && s->out.id != id)
        s = s->chain;
    return s;
}

struct vb_h3_stream *vb__h3_stream_new(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb_heap_calloc(&h3->env->heap, 1, sizeof(*s));
    struct vb_h3_stream **bucket = bucket_of(h3, id);

    if (s == NULL) {
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
        return NULL;
    }
    s->h3 = h3;
    s->out.id = id;
    s->mux.id = id;
    s->mux.closed = true;
    s->chain = *bucket;
    *bucket = s;
    s->next = h3->streams;
    if (s->next != NULL)
        s->next->prev = s;
    h3->streams = s;
    if (id > h3->highest)
        h3->highest = id;
    vb_mux_early_recall(&h3->early, &s->mux);
    return s;
}

bool vb__h3_stream_begin(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;
    struct vb_exchange *x = vb_exchange_new(h3->env);

    if (x == NULL)
        return false;
    s->mux.closed = false;
    vb_mux_begin(&s->mux, &vb__h3_mux_ops, x, h3->peer->secure);
    h3->busy++;
    return true;
}

/* --- Ends --------------------------------------------------------------------
 */

bool vb__h3_stream_is_over(const struct vb_h3_stream *s)
{
    return s->mux.all_sent && s->out.acked == s->out.added &&
           (!s->mux.switched || s->mux.sink_ended);
}

void vb__h3_stream_done(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;

    if (s->mux.x == NULL)
        return;
    vb_mux_turn_leave(&h3->turns, &s->mux);
    vb_mux_content_drop(&s->mux);
    vb__h3_output_clear(h3, &s->out);
    s->mux.closed = true;
    s->broken = false;
    s->sourced = false;
    vb_mux_end(&s->mux);
    s->mux.x = NULL;
    h3->busy--;
    if (h3->busy > 0)
        return;
    vb__h3_qpack_rest(h3);
    if (!h3->stopping)
        h3->read_since = h3->env->now.mono_ms;
}

void vb__h3_stream_unread(struct vb_h3_stream *s, uint64_t code, bool tell)
{
    struct vb_h3 *h3 = s->h3;

    tell &= !s->in_done;
    if (!s->in_done || s->section != NULL)
        vb__h3_qpack_cancel(s);
    s->in_done = true;
    if (tell && !h3->over)
        h3->below->ops->stop_sending(h3->below, s->out.id, code);
}

void vb__h3_stream_unsent(struct vb_h3_stream *s, uint64_t code)
{
    struct vb_h3 *h3 = s->h3;

    if (!s->out_done && !h3->over)
        h3->below->ops->reset(h3->below, s->out.id, code);
    s->out_done = true;
}

void vb__h3_break(struct vb_h3_stream *s, uint16_t code)
{
    if (s->broken)
        return;
    s->broken = true;
    s->code = code;
    vb_mux_enlist(&s->h3->marks, &s->mux);
    vb_mux_turn_leave(&s->h3->turns, &s->mux);
}

void vb__h3_stream_abort(struct vb_h3_stream *s)
{
    vb__h3_stream_unsent(s, s->code);
    vb__h3_stream_unread(s, s->code, true);
    vb__h3_stream_done(s);
}

void vb__h3_stream_free(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;
    struct vb_h3_stream **at = bucket_of(h3, s->out.id);

    vb__h3_stream_unread(s, 0, false);
    vb__h3_stream_done(s);
    vb_mux_delist(&h3->marks, &s->mux);
    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    if (s->prev == NULL)
        h3->streams = s->next;
    else
        s->prev->next = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    vb_heap_free(&h3->env->heap, s);
}

/* --- Time --------------------------------------------------------------------
 */

int64_t vb__h3_stream_deadline(const struct vb_h3_stream *s)
{
    if (s->mux.x == NULL)
        return VB_TIME_NEVER;
    if (s->mux.state == VB_MUX_HEAD && s->complete)
        return s->mux.since + VB_H3_GRACE_MS;
    return vb_mux_deadline(
        &s->mux, s->h3->moved,
        !s->mux.deferred ||
            (s->out.blocked && vb__h3_output_unsent(&s->out) > 0));
}

void vb__h3_stream_late(struct vb_h3_stream *s)
{
    s->mux.since = s->h3->env->now.mono_ms;
    if (s->mux.state == VB_MUX_HEAD && s->complete) {
        vb__h3_ask(s, false); /* then content has to come */
    } else if (s->mux.state == VB_MUX_HEAD) {
        vb__h3_break(s, NGHTTP3_H3_REQUEST_REJECTED);
    } else if (vb_mux_receives_content(&s->mux)) {
        vb_mux_content_fail(&s->mux, &vb_content_late);
        vb__h3_mark(s);
    } else {
        vb__h3_break(s, NGHTTP3_H3_REQUEST_CANCELLED);
    }
}
