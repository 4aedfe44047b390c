/*
 * What happens next on a connection: one step after the other until there is
 * nothing to be done without new bytes, room to send, or an answer.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"

/* RFC 9112 section 9.6: closing at once while the peer still sends would make
 * its system throw our reply away. Only who asked for the end, and has sent
 * all it had to, is sure to be waiting for nothing but that end. */
static bool may_still_send(const struct vb_h1_message *m)
{
    return m->keep_alive || m->broken;
}

static void finish_exchange(struct vb_h1 *h1)
{
    struct vb_h1_message *m = h1->message;

    if (m->close) {
        h1->linger = may_still_send(m);
        h1->phase = VB_H1_CLOSING;
    } else {
        h1->phase = VB_H1_HEAD;
    }
    h1->read_since = h1->wire.env->now.mono_ms;
    h1->message = NULL;
    vb_exchange_release(m->x);
}

/* Both ways at once, until all of the reply is sent; a tunnel, until both have
 * ended. */
static bool both_step(struct vb_h1 *h1, struct vb_span *in, bool sent)
{
    struct vb_h1_message *m = h1->message;
    bool read;

    if (m->all_sent && !m->switched) {
        vb__h1_content_apart(m);
        return true;
    }
    read = vb__h1_content_sink(m, in);
    if (!m->all_sent || !m->sink_ended)
        return sent || read;
    finish_exchange(h1);
    return true;
}

static bool exchange_step(struct vb_h1 *h1, struct vb_span *in)
{
    struct vb_h1_message *m = h1->message;
    bool sent;
    bool read;

    h1->more = in->len > 0;
    sent = vb__h1_send_step(m);
    if (h1->phase == VB_H1_BOTH)
        return both_step(h1, in, sent);
    read = vb__h1_content_step(m, in);
    if (!m->all_sent || m->content != VB_H1_ENDED)
        return sent || read;
    finish_exchange(h1);
    return true;
}

static bool head_step(struct vb_h1 *h1, struct vb_span *in)
{
    bool idle = in->len == 0 && !h1->head_begun;

    if (h1->output.queued > VB_H1_QUEUE_MAX)
        return false;
    if (idle && (h1->eof || h1->stopping)) {
        h1->phase = VB_H1_CLOSING;
        return true;
    }
    return vb__h1_receive_head(h1, in);
}

static bool closing_step(struct vb_h1 *h1, struct vb_span *in)
{
    if (in->len > 0)
        h1->linger = true;
    *in = vb_span_of(NULL, 0);
    if (h1->output.queued > 0)
        return false;
    h1->phase =
        h1->linger && !h1->eof && !h1->reset ? VB_H1_LINGER : VB_H1_CLOSED;
    h1->read_since = h1->wire.env->now.mono_ms;
    return true;
}

static bool step(struct vb_h1 *h1, struct vb_span *in)
{
    switch ((enum vb_h1_phase)h1->phase) {
    case VB_H1_HEAD:
        return head_step(h1, in);
    case VB_H1_EXCHANGE:
    case VB_H1_BOTH:
        return exchange_step(h1, in);
    case VB_H1_CLOSING:
        return closing_step(h1, in);
    case VB_H1_LINGER:
    case VB_H1_CLOSED:
        break;
    }
    *in = vb_span_of(NULL, 0);
    return false;
}

void vb__h1_run(struct vb_h1 *h1, struct vb_span *in)
{
    h1->running = true;
    while (step(h1, in)) {
    }
    h1->running = false;
}

void vb__h1_run_stored(struct vb_h1 *h1)
{
    struct vb_span in = vb__h1_input_span(h1->input);
    size_t before = in.len;

    vb__h1_run(h1, &in);
    vb__h1_input_drop(&h1->input, before - in.len);
}

bool vb__h1_receives_content(const struct vb_h1 *h1)
{
    const struct vb_h1_message *m = h1->message;

    if (m == NULL || m->content == VB_H1_ENDED)
        return false;
    if (m->replied && h1->phase != VB_H1_BOTH)
        return true;
    return m->wanted && !m->paused;
}

static void drop_exchange(struct vb_h1_message *m, bool both)
{
    if (m->wanted && !m->sink_ended && (!m->replied || both)) {
        m->sink_ended = true;
        vb_content_lost(m->x);
    }
    if (m->replied)
        vb_exchange_release(m->x);
    else
        vb_exchange_abandon(m->x);
}

void vb__h1_close(struct vb_h1 *h1)
{
    struct vb_h1_message *m = h1->message;
    bool both = h1->phase == VB_H1_BOTH;

    vb_assert(!h1->running);
    h1->phase = VB_H1_CLOSED;
    vb__h1_input_drop(&h1->input, vb__h1_input_span(h1->input).len);
    vb__h1_blocks_clear(&h1->output, h1->wire.env);
    h1->message = NULL;
    if (m != NULL)
        drop_exchange(m, both);
}
