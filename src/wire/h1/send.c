/*
 * A reply on its way out: first its head, then its content, copied into the
 * output blocks when small and sent from where it lies when not. A source is
 * asked for more as what it gave drains, so that what is in memory is bounded
 * by VB_H1_QUEUE_MAX and one piece of the source's.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"

/* It cannot go on: the client must see that the reply is cut short, by the
 * missing last chunk or bytes, or else by the way the connection ends (RFC
 * 9112 section 8). */
static void break_off(struct vb_h1_message *m)
{
    m->close = true;
    m->broken = true;
    m->all_sent = true;
    m->tail = vb_span_of(NULL, 0);
    m->tail_crlf = 0;
    if (m->head_sent && m->delimit == VB_H1_BY_CLOSE)
        m->h1->reset = true;
}

/* Bytes that live until they are sent. False when out of memory. */
static bool send_bytes(struct vb_h1_message *m, struct vb_span bytes)
{
    if (bytes.len <= VB_H1_COPY_MAX) {
        m->x->sent += bytes.len;
        return vb__h1_output_put(m->h1, bytes);
    }
    if (m->h1->queued == 0)
        m->h1->write_since = m->h1->wire.env->now.mono_ms;
    m->tail = bytes;
    return true;
}

/* --- Sources ---------------------------------------------------------------
 */

static char *put_hex(char *at, size_t n)
{
    int shift = 0;

    while (shift < 60 && n >> (shift + 4) > 0)
        shift += 4;
    for (; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[n >> shift & 15];
    return at;
}

/* A chunk of its own (RFC 9112 section 7.1); its CR LF follows a tail. */
static bool send_chunk(struct vb_h1_message *m, struct vb_span bytes)
{
    char line[20];
    char *end = put_hex(line, bytes.len);

    *end++ = '\r';
    *end++ = '\n';
    if (!vb__h1_output_put(m->h1, vb_span_of(line, (size_t)(end - line))) ||
        !send_bytes(m, bytes))
        return false;
    if (m->tail.len == 0)
        return vb__h1_output_put(m->h1, VB_SPAN("\r\n"));
    m->tail_crlf = 2;
    return true;
}

static bool send_piece(struct vb_h1_message *m, struct vb_span bytes)
{
    if (m->delimit == VB_H1_BY_CHUNKS)
        return send_chunk(m, bytes);
    if (m->delimit == VB_H1_BY_LENGTH) {
        if (bytes.len > m->source_left) /* more than it had announced */
            return false;
        m->source_left -= bytes.len;
    }
    return send_bytes(m, bytes);
}

static bool end_source(struct vb_h1_message *m)
{
    if (m->delimit == VB_H1_BY_LENGTH && m->source_left > 0)
        return false;
    m->all_sent = true;
    return m->delimit != VB_H1_BY_CHUNKS ||
           vb__h1_output_put(m->h1, VB_SPAN("0\r\n\r\n"));
}

/* One pull. False when the reply must be broken off. */
static bool pull(struct vb_h1_message *m)
{
    struct vb_source *source = m->x->reply.source;
    struct vb_span bytes = {NULL, 0};

    m->ready = false;
    switch (source->pull(source, &bytes)) {
    case VB_PULL_BYTES:
        vb_assert(bytes.len > 0);
        return send_piece(m, bytes);
    case VB_PULL_PENDING:
        m->pending = !m->ready;
        return true;
    case VB_PULL_END:
        return end_source(m);
    case VB_PULL_FAILED:
        break;
    }
    return false;
}

static bool pump_source(struct vb_h1_message *m)
{
    bool progress = false;

    while (!m->all_sent && !m->pending && m->tail.len == 0 &&
           m->tail_crlf == 0 && m->h1->queued < VB_H1_QUEUE_MAX) {
        if (!pull(m))
            break_off(m);
        progress = true;
    }
    return progress;
}

/* --- Everything --------------------------------------------------------------
 */

/* Behind the head: content that is there already goes out at once. */
static bool begin_content(struct vb_h1_message *m)
{
    const struct vb_reply *reply = &m->x->reply;
    struct vb_span bytes = {NULL, 0};

    if (m->delimit == VB_H1_NO_CONTENT || reply->head_only) {
        m->all_sent = true;
        return true;
    }
    if (reply->content == VB_CONTENT_SOURCE) {
        if (m->delimit == VB_H1_BY_LENGTH)
            m->source_left = (uint64_t)reply->source->length;
        return true;
    }
    if (reply->content == VB_CONTENT_REP)
        bytes = reply->rep->content;
    else if (reply->content == VB_CONTENT_BYTES)
        bytes = reply->bytes;
    if (!send_bytes(m, bytes))
        return false;
    m->all_sent = m->tail.len == 0;
    return true;
}

static bool begin_reply(struct vb_h1_message *m)
{
    if (!vb__h1_write_head(m))
        return false;
    m->head_sent = true;
    return begin_content(m);
}

bool vb__h1_send_step(struct vb_h1_message *m)
{
    if (!m->replied || m->all_sent)
        return false;
    if (!m->head_sent) {
        if (!begin_reply(m))
            break_off(m);
        return true;
    }
    if (m->x->reply.content == VB_CONTENT_SOURCE)
        return pump_source(m);
    m->all_sent = m->tail.len == 0;
    return m->all_sent;
}
