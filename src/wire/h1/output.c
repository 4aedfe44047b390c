/*
 * Bytes to be sent, in order:
 *
 *     output ─▶ [..from####to] ─▶ [####to....]   blocks from the worker's pool
 *     message ─▶ tail ─▶ bytes of a representation or a source, then CR LF
 *
 * A block goes back to the pool with its last byte, so that a connection with
 * nothing to send holds none. The tail is sent from where it lies; nothing is
 * queued behind it until it is gone.
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

_Static_assert(VB_H1_RESERVE_MAX <= CAPACITY, "fits into one block");

static const char crlf[2] = {'\r', '\n'};

static struct vb_h1_block *last_block(const struct vb_h1 *h1)
{
    struct vb_h1_block *block = h1->output;

    while (block != NULL && block->next != NULL)
        block = block->next; /* VB_H1_QUEUE_MAX bounds their number */
    return block;
}

static struct vb_span *tail_of(const struct vb_h1 *h1)
{
    return h1->message != NULL && h1->message->tail.len > 0 ? &h1->message->tail
                                                            : NULL;
}

bool vb__h1_has_output(const struct vb_h1 *h1)
{
    return h1->queued > 0 || tail_of(h1) != NULL ||
           (h1->message != NULL && h1->message->tail_crlf > 0);
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

/* More is queued: if there was nothing, waiting for the peer begins now. */
static void count(struct vb_h1 *h1, size_t n)
{
    if (h1->queued == 0)
        h1->write_since = h1->wire.env->now.mono_ms;
    h1->queued += (uint32_t)n;
}

char *vb__h1_output_reserve(struct vb_h1 *h1, size_t n)
{
    struct vb_h1_block *last = last_block(h1);

    vb_assert(n <= VB_H1_RESERVE_MAX);
    if (last == NULL || n > CAPACITY - last->to)
        last = add_block(h1, last);
    return last == NULL ? NULL : last->bytes + last->to;
}

void vb__h1_output_commit(struct vb_h1 *h1, const char *end)
{
    struct vb_h1_block *last = last_block(h1);
    uint32_t to = (uint32_t)(end - last->bytes);

    count(h1, to - last->to);
    last->to = to;
}

bool vb__h1_output_put(struct vb_h1 *h1, struct vb_span bytes)
{
    struct vb_h1_block *last = last_block(h1);

    while (bytes.len > 0) {
        size_t n = bytes.len;

        if (last == NULL || last->to == CAPACITY)
            last = add_block(h1, last);
        if (last == NULL)
            return false;
        if (n > CAPACITY - last->to)
            n = CAPACITY - last->to;
        memcpy(last->bytes + last->to, bytes.ptr, n);
        count(h1, n);
        last->to += (uint32_t)n;
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

struct vb_h1_mark vb__h1_output_mark(const struct vb_h1 *h1)
{
    struct vb_h1_block *last = last_block(h1);

    return (struct vb_h1_mark){last, last == NULL ? 0 : last->to, h1->queued};
}

static void give_back(struct vb_h1 *h1, struct vb_h1_block *first)
{
    while (first != NULL) {
        struct vb_h1_block *next = first->next;

        vb_pool_give(&h1->wire.env->output_blocks, first);
        first = next;
    }
}

void vb__h1_output_back_to(struct vb_h1 *h1, struct vb_h1_mark mark)
{
    struct vb_h1_block **end = &h1->output;

    if (mark.block != NULL) {
        mark.block->to = mark.to;
        end = &mark.block->next;
    }
    give_back(h1, *end);
    *end = NULL;
    h1->queued = mark.queued;
}

void vb__h1_output_clear(struct vb_h1 *h1)
{
    give_back(h1, h1->output);
    h1->output = NULL;
    h1->queued = 0;
}

int vb__h1_output_drain(const struct vb_h1 *h1, struct iovec *iov, int max)
{
    const struct vb_h1_message *m = h1->message;
    struct vb_h1_block *block = h1->output;
    int n = 0;

    for (; block != NULL && n < max; block = block->next)
        iov[n++] =
            (struct iovec){block->bytes + block->from, block->to - block->from};
    if (m == NULL)
        return n;
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

void vb__h1_output_sent(struct vb_h1 *h1, size_t n)
{
    struct vb_h1_message *m = h1->message;
    size_t of_tail;

    h1->write_since = h1->wire.env->now.mono_ms;
    n -= sent_blocks(h1, n);
    if (n == 0)
        return;
    vb_assert(m != NULL);
    of_tail = n < m->tail.len ? n : m->tail.len;
    m->tail = vb_span_from(m->tail, of_tail);
    m->x->sent += of_tail;
    n -= of_tail;
    vb_assert(n <= m->tail_crlf);
    m->tail_crlf = (uint8_t)(m->tail_crlf - n);
}
