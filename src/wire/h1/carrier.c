/*
 * What an exchange asks of its wire. Called from within vb__h1_run (the
 * service answers at once) these only leave marks; called from elsewhere (an
 * answer came later) they go on from there, and tell the loop.
 *
 * The exchange may be gone when they return.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"

static struct vb_h1_message *message_of(const struct vb_exchange *x)
{
    return x->carrier_data;
}

static void go_on(struct vb_h1 *h1)
{
    if (h1->running || h1->message == NULL)
        return;
    vb__h1_run_stored(h1);
    if (h1->wire.wake != NULL)
        h1->wire.wake(&h1->wire); /* which may end the wire */
}

static void want_content(struct vb_exchange *x)
{
    struct vb_h1_message *m = message_of(x);

    vb_assert(x->sink != NULL && !m->replied);
    m->wanted = true;
    m->h1->read_since = x->env->now.mono_ms;
    go_on(m->h1);
}

static void resume_content(struct vb_exchange *x)
{
    struct vb_h1_message *m = message_of(x);

    m->paused = false;
    m->h1->read_since = x->env->now.mono_ms;
    go_on(m->h1);
}

static void interim(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count)
{
    struct vb_h1_message *m = message_of(x);
    struct vb_h1 *h1 = m->h1;

    vb_assert(!m->replied && x->head.interim_ok);
    if (h1->output.queued > VB_H1_QUEUE_MAX ||
        (status == VB_STATUS_CONTINUE && m->continued))
        return;
    vb__h1_write_interim(m, status, fields, count);
    if (!h1->running && h1->wire.wake != NULL)
        h1->wire.wake(&h1->wire);
}

static void reply(struct vb_exchange *x)
{
    struct vb_h1_message *m = message_of(x);
    struct vb_h1 *h1 = m->h1;

    vb_assert(!m->replied);
    m->replied = true;
    m->paused = false; /* what still comes goes nowhere, */
    h1->read_since = x->env->now.mono_ms;
    if (x->reply.duplex)
        vb__h1_content_both(m); /* or to the sink, which begins anew */
    go_on(h1);
}

static void output_ready(struct vb_exchange *x)
{
    struct vb_h1_message *m = message_of(x);

    m->ready = true;
    m->pending = false;
    if (m->h1->phase == VB_H1_BOTH)
        m->all_sent = false; /* in a tunnel, its source is asked again */
    go_on(m->h1);
}

#define CARRIER(version)                                                       \
    {                                                                          \
        .protocol = (version), .want_content = want_content,                   \
        .resume_content = resume_content, .interim = interim, .reply = reply,  \
        .output_ready = output_ready,                                          \
    }

const struct vb_carrier vb__h1_carrier = CARRIER("HTTP/1.1");
const struct vb_carrier vb__h1_carrier_1_0 = CARRIER("HTTP/1.0");
