/*
 * What a server has to send, in order:
 *
 *     output ─▶ blocks (output.h)
 *     message ─▶ tail ─▶ bytes of a representation or a source, then CR LF
 *             or file ─▶ a part of one, then CR LF
 *
 * The tail, or file, is sent from where it lies; nothing is queued behind it
 * until it is gone.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"

static const char crlf[2] = {'\r', '\n'};

bool vb__h1_has_output(const struct vb_h1 *h1)
{
    const struct vb_h1_message *m = h1->message;

    return h1->output.queued > 0 ||
           (m != NULL &&
            (m->tail.len > 0 || m->file.length > 0 || m->tail_crlf > 0));
}

bool vb__h1_output_put(struct vb_h1 *h1, struct vb_span bytes)
{
    struct vb_h1_writer writer;

    vb__h1_writer_init(&writer, h1);
    vb__h1_write(&writer, bytes);
    return vb__h1_writer_done(&writer);
}

int vb__h1_output_drain(const struct vb_h1 *h1, struct iovec *iov, int max,
                        struct vb_file_part *ret_file)
{
    const struct vb_h1_message *m = h1->message;
    int n = vb__h1_blocks_drain(&h1->output, iov, max);

    ret_file->length = 0;
    if (m == NULL || n == max)
        return n;
    if (m->file.length > 0) {
        *ret_file = m->file;
        return n;
    }
    if (m->tail.len > 0)
        iov[n++] = (struct iovec){(void *)m->tail.ptr, m->tail.len};
    if (m->tail_crlf > 0 && n < max)
        iov[n++] = (struct iovec){(void *)(crlf + sizeof(crlf) - m->tail_crlf),
                                  m->tail_crlf};
    return n;
}

/* What of n bytes was sent from where the content lies. */
static size_t sent_content(struct vb_h1_message *m, size_t n)
{
    uint64_t there = m->file.length > 0 ? m->file.length : m->tail.len;

    if (n > there)
        n = (size_t)there;
    if (m->file.length > 0) {
        m->file.offset += n;
        m->file.length -= n;
    } else {
        m->tail = vb_span_from(m->tail, n);
    }
    m->x->sent += n;
    return n;
}

void vb__h1_output_sent(struct vb_h1 *h1, size_t n)
{
    struct vb_h1_message *m = h1->message;

    n -= vb__h1_blocks_sent(&h1->output, h1->wire.env, n);
    if (n == 0)
        return;
    vb_assert(m != NULL);
    n -= sent_content(m, n);
    vb_assert(n <= m->tail_crlf);
    m->tail_crlf = (uint8_t)(m->tail_crlf - n);
}
