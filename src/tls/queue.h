/*
 * Bytes on their way out, in blocks of a worker's pool; a block goes back with
 * its last byte, so that nothing to send holds no memory.
 */
#ifndef VB_TLS_QUEUE_H
#define VB_TLS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/pool.h"
#include "base/span.h"

struct vb_tls_block;

/* {.pool = ...} is empty. */
struct vb_tls_queue {
    struct vb_pool *pool; /* of blocks of VB_OUTPUT_BLOCK bytes */
    struct vb_tls_block *first;
    struct vb_tls_block *last;
    size_t len; /* bytes in all */
};

/* Adds a copy. False when out of memory: then some of it may be queued. */
bool vb_tls_queue_put(struct vb_tls_queue *queue, struct vb_span bytes);

/* Up to `max` pieces of what is queued, in order; how many. */
int vb_tls_queue_pieces(const struct vb_tls_queue *queue, struct iovec *iov,
                        int max);

/* Drops the first n bytes. */
void vb_tls_queue_drop(struct vb_tls_queue *queue, size_t n);

#endif
