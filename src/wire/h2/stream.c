/* The life of a stream: as long as its exchange, whose arena it is in. */
#include "base/assert.h"
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
    s->id = id;
    vb_mux_begin(&s->mux, &vb__h2_mux_ops, x, h2->wire.peer->secure);
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

void vb__h2_stream_closed(struct vb_h2_stream *s)
{
    vb_assert(!s->mux.closed);
    s->mux.closed = true;
    if (*vb__h2_current(s->h2) == s)
        *vb__h2_current(s->h2) = NULL;
    vb_mux_content_drop(&s->mux);
    unlink_stream(s);
    if (s->pieces == 0)
        vb_mux_end(&s->mux);
}

void vb__h2_stream_piece_done(struct vb_h2_stream *s)
{
    vb_assert(s->pieces > 0);
    s->pieces--;
    if (s->pieces > 0)
        return;
    if (s->mux.closed) {
        vb_mux_end(&s->mux);
    } else if (s->held) { /* its source may be asked for more */
        s->held = false;
        s->mux.ready = s->mux.marked = s->h2->marked = true;
    }
}

void vb__h2_reset(struct vb_h2_stream *s, uint32_t code)
{
    nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* --- Time -------------------------------------------------------------------
 */

int64_t vb__h2_stream_deadline(const struct vb_h2_stream *s)
{
    /* With nothing queued, it waits for its window to open. */
    return vb_mux_deadline(&s->mux, vb__h2_moved(s->h2),
                           vb__h2_output_queued(s->h2) == 0);
}

void vb__h2_stream_late(struct vb_h2_stream *s)
{
    if (s->mux.state == VB_MUX_HEAD) {
        /* What compresses other heads is in it: no other can be read. */
        vb__h2_give_up(s->h2, NGHTTP2_ENHANCE_YOUR_CALM);
        return;
    }
    s->mux.since = s->mux.x->env->now.mono_ms;
    if (vb_mux_receives_content(&s->mux)) {
        vb_mux_content_fail(&s->mux, &vb_content_late);
        vb__h2_mark(s);
    } else {
        vb__h2_reset(s, NGHTTP2_CANCEL);
    }
}
