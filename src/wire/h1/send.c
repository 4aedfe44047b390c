/*
 * A reply on its way out: first its head, then its content, copied into the
 * output blocks when small and sent from where it lies when not. A source is
 * asked for more as what it gave drains, so that what is in memory is bounded
 * by VB_H1_QUEUE_MAX and one piece of the source's.
 */
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
    m->file.length = 0;
    m->tail_crlf = 0;
    if (m->h1->phase == VB_H1_BOTH)
        m->h1->phase = VB_H1_EXCHANGE; /* nothing more is for the sink */
    if (m->head_sent && m->delimit == VB_H1_BY_CLOSE)
        m->h1->reset = true;
}

/* Is it less than what is better sent from where it lies? */
static bool is_small(const struct vb_h1_message *m, size_t len)
{
    return len <= (m->h1->more ? VB_H1_COPY_MORE_MAX : VB_H1_COPY_MAX);
}

/* Bytes that live until they are sent: small ones join what is written, large
 * ones are sent from where they lie, behind it. */
static void send_bytes(struct vb_h1_message *m, struct vb_h1_writer *writer,
                       struct vb_span bytes)
{
    if (is_small(m, bytes.len)) {
        vb__h1_write(writer, bytes);
        m->x->sent += bytes.len;
    } else {
        m->tail = bytes;
    }
}

/* --- Sources ---------------------------------------------------------------
 */

/* What is sent from where it lies, and has not gone yet. */
static bool has_tail(const struct vb_h1_message *m)
{
    return m->tail.len > 0 || m->file.length > 0;
}

/* Bytes that nothing is written before, nor behind; or a part of a file. */
static bool send_bare(struct vb_h1_message *m, struct vb_span bytes)
{
    if (m->h1->output.queued == 0) /* waiting for the peer begins now */
        m->h1->output.since = m->h1->wire.env->now.mono_ms;
    m->tail = bytes;
    return true;
}

/* A piece of the source's: bytes, or the part of a file in m->file. It is a
 * chunk of its own (RFC 9112 section 7.1); its CR LF follows a tail. */
static bool send_piece(struct vb_h1_message *m, struct vb_span bytes)
{
    bool chunk = m->delimit == VB_H1_BY_CHUNKS;
    struct vb_h1_writer writer;

    if (!chunk && (m->file.length > 0 || !is_small(m, bytes.len)))
        return send_bare(m, bytes);
    vb__h1_writer_init(&writer, m->h1);
    if (chunk) {
        vb__h1_write_hex(&writer, bytes.len + m->file.length);
        vb__h1_write(&writer, VB_SPAN("\r\n"));
    }
    send_bytes(m, &writer, bytes);
    if (chunk && has_tail(m))
        m->tail_crlf = 2;
    else if (chunk)
        vb__h1_write(&writer, VB_SPAN("\r\n"));
    return vb__h1_writer_done(&writer);
}

static bool end_source(struct vb_h1_message *m)
{
    struct vb_h1_writer writer;

    m->all_sent = true;
    if (m->delimit != VB_H1_BY_CHUNKS)
        return true;
    vb__h1_writer_init(&writer, m->h1);
    vb__h1_write(&writer, VB_SPAN("0\r\n"));
    vb__h1_write_trailers(m, &writer);
    return vb__h1_writer_done(&writer);
}

/* One pull. False when the reply must be broken off. */
static bool pull(struct vb_h1_message *m)
{
    struct vb_source *source = m->x->reply.source;
    struct vb_span bytes = {NULL, 0};

    m->ready = false;
    switch (vb_pull_owed(source, &m->source_left, &bytes)) {
    case VB_PULL_BYTES:
        return send_piece(m, bytes);
    case VB_PULL_FILE:
        m->file = source->file;
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

    while (!m->all_sent && !m->pending && !has_tail(m) && m->tail_crlf == 0 &&
           m->h1->output.queued < VB_H1_QUEUE_MAX) {
        if (!pull(m))
            break_off(m);
        progress = true;
    }
    return progress;
}

/* --- Everything --------------------------------------------------------------
 */

/* Behind the head: content that is there already goes out at once. */
static void begin_content(struct vb_h1_message *m, struct vb_h1_writer *writer)
{
    const struct vb_reply *reply = &m->x->reply;

    m->all_sent = true;
    if (m->delimit == VB_H1_NO_CONTENT || reply->head_only)
        return;
    switch (reply->content) {
    case VB_CONTENT_NONE:
        return;
    case VB_CONTENT_REP:
        send_bytes(m, writer, reply->rep->content);
        break;
    case VB_CONTENT_BYTES:
        send_bytes(m, writer, reply->bytes);
        break;
    case VB_CONTENT_SOURCE:
        m->source_left = reply->source->length;
        m->all_sent = false;
        return;
    }
    m->all_sent = m->tail.len == 0;
}

static void begin_reply(struct vb_h1_message *m)
{
    struct vb_h1_writer writer;

    vb__h1_writer_init(&writer, m->h1);
    vb__h1_write_head(m, &writer);
    begin_content(m, &writer);
    if (vb__h1_writer_done(&writer))
        m->head_sent = true;
    else
        break_off(m);
}

bool vb__h1_send_step(struct vb_h1_message *m)
{
    if (!m->replied || m->all_sent)
        return false;
    if (!m->head_sent) {
        begin_reply(m);
        return true;
    }
    if (m->x->reply.content == VB_CONTENT_SOURCE)
        return pump_source(m);
    m->all_sent = m->tail.len == 0;
    return m->all_sent;
}
