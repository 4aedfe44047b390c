/*
 * A session within a wire, whichever side is ours: the transport that GnuTLS is
 * given, the handshake, and the inner wire that comes of it.
 */
#include <errno.h>

#include "tls/wire_inner.h"

/* Bytes of a handshake without its end: a ClientHello with all that is in use
 * is a few KiB, and so is a chain of certificates. */
#define HANDSHAKE_MOST ((uint32_t)64 * 1024)

/* --- GnuTLS's transport -----------------------------------------------------
 */

static ssize_t pull(gnutls_transport_ptr_t pointer, void *into, size_t size)
{
    struct vb_tls_wire *t = pointer;
    size_t n = size < t->input.len ? size : t->input.len;

    if (t->input.len == 0) {
        if (t->eof)
            return 0;
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    memcpy(into, t->input.ptr, n);
    t->input = vb_span_from(t->input, n);
    return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
    const struct vb_tls_wire *t = pointer;

    (void)ms;
    return t->input.len > 0 || t->eof;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *iov,
                    int count)
{
    struct vb_tls_wire *t = pointer;
    size_t before = t->queue.len;

    if (before == 0) /* waiting for the peer begins now */
        t->write_since = t->wire.env->now.mono_ms;
    for (int i = 0; i < count; i++)
        if (!vb_tls_queue_put(&t->queue,
                              vb_span_of(iov[i].iov_base, iov[i].iov_len))) {
            gnutls_transport_set_errno(t->session, ENOMEM);
            return -1;
        }
    return (ssize_t)(t->queue.len - before);
}

void vb__tls_carry(struct vb_tls_wire *t)
{
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
    gnutls_transport_set_vec_push_function(t->session, push);
}

/* --- The inner wire ---------------------------------------------------------
 */

static void inner_wake(struct vb_wire *inner)
{
    struct vb_tls_wire *t = VB_CONTAINER(inner, struct vb_tls_wire, inner);

    t->wire.wake(&t->wire);
}

void vb__tls_begin_inner(struct vb_tls_wire *t)
{
    t->inner.wake = inner_wake;
    t->inside = true;
}

void vb__tls_end_inner(struct vb_tls_wire *t)
{
    if (!t->inside)
        return;
    if (t->visit != NULL)
        t->visit->client = NULL;
    t->inside = false;
    t->inner.ops->free(&t->inner);
}

/* --- The handshake ----------------------------------------------------------
 */

/* GnuTLS looks at a message's size only when it is there. */
void vb__tls_go_on(struct vb_tls_wire *t, size_t len)
{
    int rc;

    t->taken += (uint32_t)len;
    do
        rc = gnutls_handshake(t->session);
    while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
    if (rc == 0)
        rc = t->side->open(t);
    if (rc < 0 && rc != GNUTLS_E_AGAIN)
        vb__tls_fail(t, rc);
    else if (rc == GNUTLS_E_AGAIN && t->taken > HANDSHAKE_MOST)
        vb__tls_fail(t, GNUTLS_E_RECORD_OVERFLOW);
}
