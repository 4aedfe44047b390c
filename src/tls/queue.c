/* See queue.h. */
#include "tls/queue.h"

#include "exchange/exchange.h"

struct vb_tls_block {
    struct vb_tls_block *next;
    uint32_t from;
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct vb_tls_block))

static bool add_block(struct vb_tls_queue *queue)
{
    struct vb_tls_block *block = vb_pool_take(queue->pool);

    if (block == NULL)
        return false;
    block->next = NULL;
    block->from = block->to = 0;
    if (queue->last == NULL)
        queue->first = block;
    else
        queue->last->next = block;
    queue->last = block;
    return true;
}

bool vb_tls_queue_put(struct vb_tls_queue *queue, struct vb_span bytes)
{
    while (bytes.len > 0) {
        struct vb_tls_block *last = queue->last;
        size_t n;

        if (last == NULL || last->to == CAPACITY) {
            if (!add_block(queue))
                return false;
            last = queue->last;
        }
        n = CAPACITY - last->to < bytes.len ? CAPACITY - last->to : bytes.len;
        memcpy(last->bytes + last->to, bytes.ptr, n);
        last->to += (uint32_t)n;
        queue->len += n;
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

int vb_tls_queue_pieces(const struct vb_tls_queue *queue, struct iovec *iov,
                        int max)
{
    int n = 0;

    for (struct vb_tls_block *at = queue->first; at != NULL && n < max;
         at = at->next)
        iov[n++] = (struct iovec){at->bytes + at->from, at->to - at->from};
    return n;
}

void vb_tls_queue_drop(struct vb_tls_queue *queue, size_t n)
{
    while (n > 0 && queue->first != NULL) {
        struct vb_tls_block *first = queue->first;
        size_t len = first->to - first->from;

        if (n < len) {
            first->from += (uint32_t)n;
            queue->len -= n;
            return;
        }
        n -= len;
        queue->len -= len;
        queue->first = first->next;
        if (queue->first == NULL)
            queue->last = NULL;
        vb_pool_give(queue->pool, first);
    }
}
