/* A worker's end of QUIC: its sockets, its timer, and what comes and goes. */
#ifndef VB_LOOP_DATAGRAM_H
#define VB_LOOP_DATAGRAM_H

#include "base/buf.h"
#include "base/err.h"
#include "loop/address.h"

struct vb__worker;

/* Takes datagrams at these addresses too: binds their sockets. Once, before
 * the worker runs; nothing happens for none. */
enum vb_err vb__datagrams_open(struct vb__worker *worker,
                               const struct vb_address *addresses, size_t count,
                               struct vb_buf *ret_why);

/* Sends what connections have to send, if something happened to them. */
void vb__datagrams_flush(struct vb__worker *worker);

/* Connections that are there. */
size_t vb__datagrams_count(const struct vb__worker *worker);

/* Asks all connections to finish, or ends them. */
void vb__datagrams_shut_down(struct vb__worker *worker);
void vb__datagrams_end(struct vb__worker *worker);

/* Behind the worker's last turn, before what resources need is gone. */
void vb__datagrams_stop(struct vb__worker *worker);

/* When no worker runs any more: as long as one does, the kernel counts the
 * sockets of all. */
void vb__datagrams_close(struct vb__worker *worker);

#endif
