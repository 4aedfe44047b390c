/*
 * Datagrams on their way out. Small ones are copied and wait for others, to go
 * with one call (sendmmsg); many of one size to one peer go as one message that
 * the kernel cuts up (GSO).
 */
#ifndef VB_LOOP_OUTBOX_H
#define VB_LOOP_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "quic/quic.h"

struct vb_outbox;

/* NULL when out of memory. */
struct vb_outbox *vb_outbox_new(void);
void vb_outbox_free(struct vb_outbox *outbox);

/*
 * Takes datagrams of `segment` bytes each, the last perhaps shorter, for the
 * socket. -1; or the socket that is full, perhaps another one whose datagrams
 * wait here: then nothing was taken. What the network refuses is lost, as
 * datagrams are.
 */
int vb_outbox_put(struct vb_outbox *outbox, int fd,
                  const struct vb_quic_path *path, unsigned ecn,
                  struct vb_span bytes, size_t segment);

/* Sends what waits. The socket that is full, or -1. */
int vb_outbox_flush(struct vb_outbox *outbox);

#endif
