/*
 * Bytes to be sent, in order:
 *
 *     output ─▶ [..from####to] ─▶ [####to....]   blocks from the worker's pool
 *     message ─▶ tail ─▶ bytes of a representation or a source, then CR LF
 *             or file ─▶ a part of one, then CR LF
 *
 * A block goes back to the pool with its last byte, so that a connection with
 * nothing to send holds none. The tail, or file, is sent from where it lies;
 * nothing is queued behind it until it is gone.
 */
#include "base/assert.h"
#include "wire/h1/inner.h"

struct vb_h1_block {
    struct vb_h1_block *next;
    uint32_t from;
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct vb_h1_block))

static const char crlf[2] = {'\r', '\n'};

static struct vb_h1_block *last_block(const struct vb_h1 *h1)
{
    struct vb_h1_block *block = h1->output;

    while (block != NULL && block->next != NULL)
        block = block->next; /* VB_H1_QUEUE_MAX bounds their number */
    return block;
}

bool vb__h1_has_output(const struct vb_h1 *h1)
{
    const struct vb_h1_message *m = h1->message;

    return h1->queued > 0 ||
           (m != NULL &&
            (m->tail.len > 0 || m->file.length > 0 || m->tail_crlf > 0));
}

static struct vb_h1_block *add_block(struct vb_h1 *h1, struct vb_h1_block *last)
{
    struct vb_h1_block *block = vb_pool_take(&h1->wire.env->output_blocks);

    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->from = block->to = 0;
    if (last == NULL)
        h1->output = block;
    else
        last->next = block;
    return block;
}

static void give_back(struct vb_h1 *h1, struct vb_h1_block *first)
{
    while (first != NULL) {
        struct vb_h1_block *next = first->next;

        vb_pool_give(&h1->wire.env->output_blocks, first);
        first = next;
    }
}

/* --- Writing ----------------------------------------------------------------
 */

static void continue_in(struct vb_h1_writer *writer, struct vb_h1_block *block)
{
    writer->block = block;
    writer->at = block->bytes + block->to;
    writer->end = block->bytes + CAPACITY;
}

void vb__h1_writer_init(struct vb_h1_writer *writer, struct vb_h1 *h1)
{
    struct vb_h1_block *last = last_block(h1);

    *writer = (struct vb_h1_writer){
        .h1 = h1, .first = last, .first_to = last == NULL ? 0 : last->to};
    if (last == NULL)
        last = add_block(h1, NULL);
    if (last != NULL)
        continue_in(writer, last);
    else
        writer->failed = true;
}

static void commit(struct vb_h1_writer *writer)
{
    struct vb_h1_block *block = writer->block;
    uint32_t to;

    if (block == NULL)
        return;
    to = (uint32_t)(writer->at - block->bytes);
    writer->h1->queued += to - block->to;
    block->to = to;
}

void vb__h1_write_slow(struct vb_h1_writer *writer, struct vb_span s)
{
    while (s.len > 0 && !writer->failed) {
        size_t n = (size_t)(writer->end - writer->at);
        struct vb_h1_block *next;

        if (n > s.len)
            n = s.len;
        if (n > 0) {
            memcpy(writer->at, s.ptr, n);
            writer->at += n;
            s = vb_span_from(s, n);
            continue;
        }
        commit(writer);
        next = add_block(writer->h1, writer->block);
        if (next == NULL)
            writer->failed = true;
        else
            continue_in(writer, next);
    }
}

/* Takes everything back that this writer wrote. */
static void undo(const struct vb_h1_writer *writer)
{
    struct vb_h1 *h1 = writer->h1;
    struct vb_h1_block **end = &h1->output;

    if (writer->first != NULL) {
        writer->first->to = writer->first_to;
        end = &writer->first->next;
    }
    give_back(h1, *end);
    *end = NULL;
    h1->queued = 0;
    for (struct vb_h1_block *at = h1->output; at != NULL; at = at->next)
        h1->queued += at->to - at->from;
}

bool vb__h1_writer_done(struct vb_h1_writer *writer)
{
    struct vb_h1 *h1 = writer->h1;

    if (writer->failed) {
        undo(writer);
        return false;
    }
    if (h1->queued == 0) /* waiting for the peer begins now */
        h1->write_since = h1->wire.env->now.mono_ms;
    commit(writer);
    return true;
}

bool vb__h1_output_put(struct vb_h1 *h1, struct vb_span bytes)
{
    struct vb_h1_writer writer;

    vb__h1_writer_init(&writer, h1);
    vb__h1_write(&writer, bytes);
    return vb__h1_writer_done(&writer);
}

/* --- Sending -----------------------------------------------------------------
 */

void vb__h1_output_clear(struct vb_h1 *h1)
{
    give_back(h1, h1->output);
    h1->output = NULL;
    h1->queued = 0;
}

int vb__h1_output_drain(const struct vb_h1 *h1, struct iovec *iov, int max,
                        struct vb_file_part *ret_file)
{
    const struct vb_h1_message *m = h1->message;
    struct vb_h1_block *block = h1->output;
    int n = 0;

    ret_file->length = 0;
    for (; block != NULL && n < max; block = block->next)
        iov[n++] =
            (struct iovec){block->bytes + block->from, block->to - block->from};
    if (m == NULL || block != NULL)
        return n;
    if (m->file.length > 0) {
        *ret_file = m->file;
        return n;
    }
    if (m->tail.len > 0 && n < max)
        iov[n++] = (struct iovec){(void *)m->tail.ptr, m->tail.len};
    if (m->tail_crlf > 0 && n < max)
        iov[n++] = (struct iovec){(void *)(crlf + sizeof(crlf) - m->tail_crlf),
                                  m->tail_crlf};
    return n;
}

/* What of n bytes was sent from the blocks. */
static size_t sent_blocks(struct vb_h1 *h1, size_t n)
{
    size_t before = h1->queued;

    while (n > 0 && h1->output != NULL) {
        struct vb_h1_block *first = h1->output;
        uint32_t len = first->to - first->from;

        if (n < len) {
            first->from += (uint32_t)n;
            h1->queued -= (uint32_t)n;
            break;
        }
        n -= len;
        h1->queued -= len;
        h1->output = first->next;
        vb_pool_give(&h1->wire.env->output_blocks, first);
    }
    return before - h1->queued;
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

    h1->write_since = h1->wire.env->now.mono_ms;
    n -= sent_blocks(h1, n);
    if (n == 0)
        return;
    vb_assert(m != NULL);
    n -= sent_content(m, n);
    vb_assert(n <= m->tail_crlf);
    m->tail_crlf = (uint8_t)(m->tail_crlf - n);
}
