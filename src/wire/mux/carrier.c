/*
 * What an exchange asks of its wire. All but an interim reply, whose fields
 * are borrowed for the call, only leaves marks for vb_mux_step; called from
 * outside of it (an answer came later), that runs now, and the loop is told.
 *
 * The exchange may be gone when they return.
 */
#include "base/assert.h"
#include "wire/mux/mux.h"

static struct vb_mux_stream *stream_of(const struct vb_exchange *x)
{
    return x->carrier_data;
}

void vb_mux_want_content(struct vb_exchange *x)
{
    struct vb_mux_stream *s = stream_of(x);

    vb_assert(x->sink != NULL && !s->replied);
    s->wanted = true;
    s->since = x->env->now.mono_ms;
    s->ops->mark(s);
}

void vb_mux_resume_content(struct vb_exchange *x)
{
    struct vb_mux_stream *s = stream_of(x);

    s->paused = false;
    s->since = x->env->now.mono_ms;
    s->ops->mark(s);
}

void vb_mux_interim(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count)
{
    struct vb_mux_stream *s = stream_of(x);

    vb_assert(!s->replied && x->head.interim_ok);
    if (s->closed || (status == VB_STATUS_CONTINUE && s->continued))
        return;
    if (status == VB_STATUS_CONTINUE) {
        s->continued = true;
        s->expects = false;
    }
    vb_mux_send_interim(s, status, fields, count);
    s->ops->mark(s);
}

void vb_mux_reply(struct vb_exchange *x)
{
    struct vb_mux_stream *s = stream_of(x);

    vb_assert(!s->replied);
    s->replied = true;
    if (x->reply.duplex)
        vb_mux_content_both(s);
    s->since = x->env->now.mono_ms;
    s->ops->mark(s);
}

void vb_mux_output_ready(struct vb_exchange *x)
{
    struct vb_mux_stream *s = stream_of(x);

    s->ready = true;
    s->since = x->env->now.mono_ms;
    s->ops->mark(s);
}
