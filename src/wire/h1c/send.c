/*
 * A request's content on its way out: small pieces are copied behind the head,
 * large ones are sent from where they lie, and the source is asked for more as
 * what it gave drains. So what is in memory is bounded by VB_H1_QUEUE_MAX and
 * one piece of the source's.
 */
#include "base/assert.h"
#include "wire/h1c/inner.h"
#include "wire/message.h"

static const char crlf[2] = {'\r', '\n'};

static bool has_tail(const struct vb_h1c *c)
{
    return c->tail.len > 0 || c->tail_crlf > 0;
}

bool vb__h1c_has_output(const struct vb_h1c *c)
{
    return c->output.queued > 0 || has_tail(c);
}

int vb__h1c_output_drain(const struct vb_h1c *c, struct iovec *iov, int max)
{
    int n = vb__h1_blocks_drain(&c->output, iov, max);

    if (c->tail.len > 0 && n < max)
        iov[n++] = (struct iovec){(void *)c->tail.ptr, c->tail.len};
    if (c->tail_crlf > 0 && n < max)
        iov[n++] = (struct iovec){(void *)(crlf + sizeof(crlf) - c->tail_crlf),
                                  c->tail_crlf};
    return n;
}

void vb__h1c_output_sent(struct vb_h1c *c, size_t n)
{
    size_t part;

    n -= vb__h1_blocks_sent(&c->output, c->wire.env, n);
    part = n < c->tail.len ? n : c->tail.len;
    c->tail = vb_span_from(c->tail, part);
    n -= part;
    vb_assert(n <= c->tail_crlf);
    c->tail_crlf = (uint8_t)(c->tail_crlf - n);
}

/* A piece of the source's is a chunk of its own (RFC 9112 section 7.1), if it
 * goes out in chunks; its CR LF follows a tail. */
static bool put_piece(struct vb_h1c *c, struct vb_span bytes)
{
    struct vb_h1_writer writer;

    vb__h1_writer_begin(&writer, &c->output, c->wire.env);
    if (c->chunks) {
        vb__h1_write_hex(&writer, bytes.len);
        vb__h1_write(&writer, VB_SPAN("\r\n"));
    }
    if (bytes.len <= VB_H1_COPY_MAX) {
        vb__h1_write(&writer, bytes);
        if (c->chunks)
            vb__h1_write(&writer, VB_SPAN("\r\n"));
    } else {
        c->tail = bytes;
        c->tail_crlf = c->chunks ? sizeof(crlf) : 0;
    }
    return vb__h1_writer_done(&writer);
}

/* The last chunk, and what is to follow content (RFC 9112 section 7.1.2). */
static bool put_end(struct vb_h1c *c)
{
    const struct vb_fields *trailers = c->call->trailers;
    struct vb_h1_writer writer;

    if (!c->chunks)
        return true;
    vb__h1_writer_begin(&writer, &c->output, c->wire.env);
    vb__h1_write(&writer, VB_SPAN("0\r\n"));
    for (unsigned i = 0; trailers != NULL && i < trailers->count; i++) {
        const struct vb_field *field = &trailers->at[i];
        const struct vb_field_out line = {field->name, field->value};

        if (!vb_field_is((enum vb_field_id)field->id, VB_FIELD_IS_NO_TRAILER))
            vb__h1_write_field(&writer, &line);
    }
    vb__h1_write(&writer, VB_SPAN("\r\n"));
    return vb__h1_writer_done(&writer);
}

static void end_content(struct vb_h1c *c)
{
    c->call->content_sent = true;
    c->sending = VB_H1C_SENT;
    if (!put_end(c))
        vb__h1c_fail(c, VB_CALL_NOMEM, NULL);
}

/* The peer must not take what it has got for all of it: of a request its length
 * or the last chunk is missing, and a tunnel ends with a reset. */
static void break_off(struct vb_h1c *c)
{
    c->reset = c->call->switched;
    vb__h1c_fail(c, VB_CALL_OWN_CUT, NULL);
}

static void pull(struct vb_h1c *c)
{
    const struct vb_call *call = c->call;
    struct vb_span bytes = {NULL, 0};
    enum vb_pull pulled;

    c->ready = false;
    pulled = vb_pull_owed(call->content, &c->owed, &bytes);
    if (c->call != call) /* it was cancelled meanwhile */
        return;
    switch (pulled) {
    case VB_PULL_BYTES:
        if (!put_piece(c, bytes))
            vb__h1c_fail(c, VB_CALL_NOMEM, NULL);
        break;
    case VB_PULL_PENDING:
        c->pending = !c->ready;
        break;
    case VB_PULL_END:
        end_content(c);
        break;
    case VB_PULL_FILE:
    case VB_PULL_FAILED:
        break_off(c);
        break;
    }
}

bool vb__h1c_can_send(const struct vb_h1c *c)
{
    return c->phase == VB_H1C_CALL && c->sending == VB_H1C_PULLING &&
           !c->pending && !has_tail(c) && c->output.queued < VB_H1_QUEUE_MAX;
}

bool vb__h1c_send_step(struct vb_h1c *c)
{
    if (!vb__h1c_can_send(c))
        return false;
    if (c->call->content == NULL) /* a tunnel that only the other side fills */
        end_content(c);
    else
        pull(c);
    return true;
}
