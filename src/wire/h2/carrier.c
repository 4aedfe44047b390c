/*
 * What an exchange asks of its wire. All but an interim reply, whose fields
 * are borrowed for the call, only leaves marks for vb__h2_run; called from
 * outside of it (an answer came later), that runs now, and the loop is told.
 *
 * The exchange may be gone when they return.
 */
#include "base/assert.h"
#include "wire/h2/inner.h"

static struct vb_h2_stream *stream_of(const struct vb_exchange *x)
{
    return x->carrier_data;
}

static void want_content(struct vb_exchange *x)
{
    struct vb_h2_stream *s = stream_of(x);

    vb_assert(x->sink != NULL && !s->replied);
    s->wanted = true;
    s->since = x->env->now.mono_ms;
    vb__h2_mark(s);
}

static void resume_content(struct vb_exchange *x)
{
    struct vb_h2_stream *s = stream_of(x);

    s->paused = false;
    s->since = x->env->now.mono_ms;
    vb__h2_mark(s);
}

static void interim(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count)
{
    struct vb_h2_stream *s = stream_of(x);

    vb_assert(!s->replied && x->head.interim_ok);
    if (s->closed)
        return;
    vb__h2_submit_interim(s, status, fields, count);
    vb__h2_mark(s);
}

static void reply(struct vb_exchange *x)
{
    struct vb_h2_stream *s = stream_of(x);

    vb_assert(!s->replied);
    s->replied = true;
    s->since = x->env->now.mono_ms;
    vb__h2_mark(s);
}

static void output_ready(struct vb_exchange *x)
{
    struct vb_h2_stream *s = stream_of(x);

    s->ready = true;
    s->since = x->env->now.mono_ms;
    vb__h2_mark(s);
}

const struct vb_carrier vb__h2_carrier = {
    .protocol = "HTTP/2",
    .want_content = want_content,
    .resume_content = resume_content,
    .interim = interim,
    .reply = reply,
    .output_ready = output_ready,
};
