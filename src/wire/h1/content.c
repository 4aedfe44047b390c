/*
 * Request content on its way to the exchange's sink, or into nothing.
 *
 * Content that nobody has asked for yet stays where it is; it is then the
 * peer's turn to wait (VB_WIRE_READ goes off with the first byte of it). Once
 * the reply is decided, or all of it sent where it goes both ways, what is left
 * of it is read and thrown away, so that the next request can be found, or the
 * connection is closed.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"
#include "wire/h1/trailers.h"

enum got {
    GOT_NOTHING, /* more input is needed */
    GOT_DATA,
    GOT_END,
    GOT_BAD,
    GOT_EOF /* more is needed, and will not come */
};

static enum got got_bad(struct vb_verdict *why, uint16_t status,
                        const char *reason)
{
    *why = (struct vb_verdict){status, reason};
    return GOT_BAD;
}

static enum got take_length(struct vb_h1_message *m, struct vb_span *in,
                            struct vb_span *ret_data)
{
    size_t n = in->len < m->left ? in->len : (size_t)m->left;

    if (m->left == 0)
        return GOT_END;
    if (n == 0)
        return GOT_NOTHING;
    *ret_data = vb_span_head(*in, n);
    *in = vb_span_from(*in, n);
    m->left -= n;
    return GOT_DATA;
}

static enum got take_raw(const struct vb_h1_message *m, struct vb_span *in,
                         struct vb_span *ret_data)
{
    if (in->len == 0)
        return m->h1->eof ? GOT_END : GOT_NOTHING;
    *ret_data = *in;
    *in = vb_span_of(NULL, 0);
    return GOT_DATA;
}

static enum got take_trailers(struct vb_h1_message *m, struct vb_span *in,
                              struct vb_verdict *ret_why)
{
    const struct vb_h1_trailers to = {&m->x->arena, &m->x->env->limits->head,
                                      &m->x->trailers};

    if (!vb__h1_trailers_next(&to, &m->h1->scanned, in, ret_why))
        return GOT_NOTHING;
    return ret_why->status == 0 ? GOT_END : GOT_BAD;
}

static enum got take_chunked(struct vb_h1_message *m, struct vb_span *in,
                             struct vb_span *ret_data,
                             struct vb_verdict *ret_why)
{
    switch (vb_chunked_next(&m->chunked, in, ret_data)) {
    case VB_CHUNKED_DATA:
        return GOT_DATA;
    case VB_CHUNKED_LAST:
        m->content = VB_H1_TRAILERS;
        m->h1->scanned = 0;
        return take_trailers(m, in, ret_why);
    case VB_CHUNKED_BAD:
        return got_bad(ret_why, VB_STATUS_BAD_REQUEST, "A chunk is malformed.");
    case VB_CHUNKED_LARGE:
        return got_bad(ret_why, VB_STATUS_BAD_REQUEST,
                       "There are too many chunk extensions.");
    case VB_CHUNKED_MORE:
        break;
    }
    return GOT_NOTHING;
}

/* The next piece of content in *in. */
static enum got take(struct vb_h1_message *m, struct vb_span *in,
                     struct vb_span *ret_data, struct vb_verdict *ret_why)
{
    enum got got = GOT_END;

    switch (m->content) {
    case VB_H1_LENGTH:
        got = take_length(m, in, ret_data);
        break;
    case VB_H1_CHUNKED:
        got = take_chunked(m, in, ret_data, ret_why);
        break;
    case VB_H1_TRAILERS:
        got = take_trailers(m, in, ret_why);
        break;
    case VB_H1_RAW:
        got = take_raw(m, in, ret_data);
        break;
    case VB_H1_ENDED:
        break;
    }
    return got == GOT_NOTHING && m->h1->eof ? GOT_EOF : got;
}

void vb__h1_content_fail(struct vb_h1_message *m, const struct vb_failure *why)
{
    m->content = VB_H1_ENDED;
    m->error = why->err;
    m->close = true;
    m->broken = true;
    m->x->verdict = why->verdict;
}

/* RFC 9110 section 10.1.1: unless content is already here, the client may be
 * waiting for this. */
static void send_continue(struct vb_h1_message *m, const struct vb_span *in)
{
    m->expects = false;
    if (in->len > 0 || m->h1->eof)
        return;
    m->continued = true;
    if (!vb__h1_output_put(m->h1, VB_SPAN("HTTP/1.1 100 Continue\r\n\r\n")))
        vb__h1_content_fail(m, &vb_content_no_memory);
}

/* What the length or the chunk announces counts already: bytes that will not
 * do any good are not even given to the sink. What goes through a tunnel is
 * without bound. */
static bool takes(const struct vb_h1_message *m, size_t len)
{
    uint64_t max = m->x->env->limits->max_content;
    uint64_t ahead = m->content == VB_H1_LENGTH ? m->left : m->chunked.left;

    return m->switched ||
           (len <= max - m->taken && ahead <= max - m->taken - len);
}

static void give(struct vb_h1_message *m, struct vb_span data)
{
    if (!takes(m, data.len)) {
        vb__h1_content_fail(m, &vb_content_too_large);
        return;
    }
    m->taken += data.len;
    m->x->received += data.len;
    if (m->x->sink->write(m->x->sink, data) == VB_SINK_PAUSE)
        m->paused = true;
}

static bool deliver(struct vb_h1_message *m, struct vb_span *in)
{
    struct vb_span data = {NULL, 0};
    struct vb_failure why = {.err = VB_ERR_SYNTAX};

    switch (take(m, in, &data, &why.verdict)) {
    case GOT_NOTHING:
        return false;
    case GOT_DATA:
        give(m, data);
        break;
    case GOT_END:
        m->content = VB_H1_ENDED;
        break;
    case GOT_BAD:
        vb__h1_content_fail(m, &why);
        break;
    case GOT_EOF: /* RFC 9112 section 8 */
        vb__h1_content_fail(m, &vb_content_cut_short);
        break;
    }
    return true;
}

static bool give_up(struct vb_h1_message *m)
{
    m->content = VB_H1_ENDED;
    m->close = true;
    m->broken = true;
    return true;
}

static bool discard(struct vb_h1_message *m, struct vb_span *in)
{
    struct vb_span data = {NULL, 0};
    struct vb_verdict why = {0, NULL};

    if (m->close)
        return give_up(m);
    switch (take(m, in, &data, &why)) {
    case GOT_NOTHING:
        return false;
    case GOT_DATA:
        m->discarded += data.len;
        if (m->discarded > VB_H1_DISCARD_MAX)
            return give_up(m);
        break;
    case GOT_END:
        m->content = VB_H1_ENDED;
        break;
    case GOT_BAD:
    case GOT_EOF:
        return give_up(m);
    }
    return true;
}

/* The sink has everything: tell it so, once. */
static bool end_sink(struct vb_h1_message *m)
{
    if (m->sink_ended)
        return false;
    m->sink_ended = true;
    m->x->sink->end(m->x->sink, m->error);
    return true;
}

/* RFC 9110 section 10.1.1: whoever waits for it would not send what is to go on
 * beside the reply. */
static void continue_first(struct vb_h1_message *m)
{
    m->expects = false;
    if (m->content != VB_H1_ENDED && !m->continued)
        vb__h1_write_interim(m, VB_STATUS_CONTINUE, NULL, 0);
}

/* Out of the way of all other replies. */
__attribute__((noinline)) void vb__h1_content_both(struct vb_h1_message *m)
{
    vb_assert(vb_reply_goes_both_ways(m->x));
    m->h1->phase = VB_H1_BOTH;
    m->wanted = true;
    if (m->expects)
        continue_first(m);
    if (!m->x->reply.switched)
        return;
    vb_assert(m->content == VB_H1_ENDED);
    m->switched = true;
    m->content = VB_H1_RAW;
    m->sink_ended = false;
}

void vb__h1_content_apart(struct vb_h1_message *m)
{
    m->h1->phase = VB_H1_EXCHANGE;
    m->h1->read_since = m->x->env->now.mono_ms;
    m->paused = false;
}

bool vb__h1_content_sink(struct vb_h1_message *m, struct vb_span *in)
{
    if (m->content == VB_H1_ENDED)
        return end_sink(m);
    if (m->paused)
        return false;
    if (m->content == VB_H1_LENGTH && m->left > m->x->env->limits->max_content)
        vb__h1_content_fail(m, &vb_content_too_large);
    else if (m->expects)
        send_continue(m, in);
    else
        return deliver(m, in);
    return true;
}

bool vb__h1_content_step(struct vb_h1_message *m, struct vb_span *in)
{
    if (m->replied)
        return m->head_sent && m->content != VB_H1_ENDED && discard(m, in);
    return m->wanted && vb__h1_content_sink(m, in);
}
