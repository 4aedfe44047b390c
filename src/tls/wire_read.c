/* Records as they come: what is in them is the inner wire's. */
#include "tls/wire_inner.h"

/* Does the inner wire go on to hear? */
static bool hears(const struct vb_tls_wire *t)
{
    return t->inside && (t->phase == VB_TLS_OPEN || t->phase == VB_TLS_LAST) &&
           (t->inner.ops->state(&t->inner) & VB_WIRE_CLOSE) == 0;
}

/* Hands on what a record holds. In LAST the inner wire may throw it away. */
static void hand_on(struct vb_tls_wire *t, gnutls_packet_t packet)
{
    gnutls_datum_t data;

    gnutls_packet_get(packet, &data, NULL);
    if (hears(t))
        t->inner.ops->feed(&t->inner,
                           vb_span_of((const char *)data.data, data.size));
    gnutls_packet_deinit(packet);
}

static void end_of_input(struct vb_tls_wire *t)
{
    if (hears(t))
        t->inner.ops->eof(&t->inner);
    t->notified = true;
}

/* GnuTLS says AGAIN also for a message of its own, such as a new key, while
 * there are bytes behind it. */
static void read_records(struct vb_tls_wire *t)
{
    while (!t->notified) {
        size_t before = t->input.len;
        gnutls_packet_t packet = NULL;
        ssize_t n = gnutls_record_recv_packet(t->session, &packet);

        if (n > 0) {
            hand_on(t, packet);
            continue;
        }
        if (packet != NULL)
            gnutls_packet_deinit(packet);
        if (n == 0) {
            end_of_input(t);
        } else if (n == GNUTLS_E_AGAIN && t->input.len == before) {
            return;
        } else if (n == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)n)) {
            if (t->phase == VB_TLS_OPEN)
                vb__tls_fail(t, (int)n);
            return;
        }
    }
}

void vb__tls_feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);

    if (bytes.len == 0)
        return;
    if (t->phase == VB_TLS_FRESH)
        vb__tls_begin(t, bytes.ptr[0]);
    if (t->phase == VB_TLS_BARE) {
        t->inner.ops->feed(&t->inner, bytes);
        return;
    }
    t->input = bytes;
    if (t->phase == VB_TLS_HANDSHAKE)
        vb__tls_go_on(t, bytes.len);
    if (t->phase == VB_TLS_OPEN || (t->phase == VB_TLS_LAST && t->inside))
        read_records(t);
    t->input = VB_SPAN("");
}

/* Who closes without close_notify may have been cut off by a stranger (RFC
 * 9112 section 9.8). */
void vb__tls_eof(struct vb_wire *wire)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);

    t->eof = true;
    if (t->phase == VB_TLS_OPEN || (t->phase == VB_TLS_LAST && hears(t))) {
        if (!t->notified)
            t->side->cut(t);
    } else if (t->phase == VB_TLS_BARE) {
        t->inner.ops->eof(&t->inner);
    } else {
        vb__tls_die(t);
    }
}
