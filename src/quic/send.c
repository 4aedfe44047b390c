/*
 * Packets go out in batches: as many of one size as there are for one path,
 * so that the kernel is called once for all of them (UDP_SEGMENT), or a card
 * cuts them. The last of a batch may be shorter.
 *
 *     out_bytes │ packet │ packet │ packet │ pkt │
 *               └──────────── one batch ─────────┘
 *
 * When the socket is full, the batch stays where it is, and nothing else is
 * written until it is gone.
 */
#include "quic/inner.h"

/* Pieces that h3 is asked for at once. */
#define PIECES 16

/* Batches of a connection in one flush, before others have their turn. */
#define BATCHES 8

_Static_assert(sizeof(struct iovec) == sizeof(ngtcp2_vec) &&
                   offsetof(struct iovec, iov_base) ==
                       offsetof(ngtcp2_vec, base) &&
                   offsetof(struct iovec, iov_len) == offsetof(ngtcp2_vec, len),
               "pieces go to ngtcp2 as they come from h3");

/* Of a packet: where it goes. */
struct label {
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
};

/* --- One packet -------------------------------------------------------------
 */

/* What h3 wants to send; with the connection's window shut, only ends. */
static int pull(struct vb__quic_conn *c, int64_t *ret_id, bool *ret_fin,
                struct iovec *iov)
{
    int n = 0;

    *ret_id = -1;
    if (c->h3 != NULL && !c->failed)
        n = vb_h3_pull(c->h3, ret_id, ret_fin, iov, PIECES);
    if (n > 0 && ngtcp2_conn_get_max_data_left(c->ngtcp2) == 0)
        *ret_id = -1;
    return *ret_id < 0 ? 0 : n;
}

/* The stream's data did not go into a packet: h3 is told why, and has others.
 * False: that was no matter of the stream's. */
static bool refused(struct vb__quic_conn *c, int64_t id, ngtcp2_ssize reason)
{
    switch (reason) {
    case NGTCP2_ERR_STREAM_SHUT_WR:
        vb_h3_peer_stopped(c->h3, id, 0);
        return true;
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
        vb_h3_blocked(c->h3, id);
        return true;
    default:
        return false;
    }
}

/* A packet of several streams, if they are short. Its length; 0: there is
 * nothing to send, or it may not be sent now; else ngtcp2's error. */
static ngtcp2_ssize write_packet(struct vb__quic_conn *c, struct label *label,
                                 uint8_t *at, size_t most)
{
    for (;;) {
        struct iovec iov[PIECES];
        bool fin = false;
        int64_t id;
        int n = pull(c, &id, &fin, iov);
        ngtcp2_ssize taken;
        ngtcp2_ssize len = ngtcp2_conn_writev_stream(
            c->ngtcp2, &label->path.path, &label->info, at, most, &taken,
            (id >= 0 ? NGTCP2_WRITE_STREAM_FLAG_MORE : 0) |
                (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0),
            id, (const ngtcp2_vec *)(const void *)iov, (size_t)n,
            (ngtcp2_tstamp)c->quic->now_ns);

        if (taken >= 0)
            vb_h3_wrote(c->h3, id, (size_t)taken);
        if (len != NGTCP2_ERR_WRITE_MORE && !refused(c, id, len))
            return len;
    }
}

/* --- Batches ----------------------------------------------------------------
 */

static bool deliver(struct vb_quic *quic, const struct vb__quic_batch *batch)
{
    return quic->config.send(
        quic->config.context, &batch->path, batch->ecn,
        vb_span_of((const char *)quic->out_bytes + batch->offset, batch->len),
        batch->segment);
}

static void dispatch(struct vb_quic *quic, const struct vb__quic_batch *batch)
{
    if (!quic->full && deliver(quic, batch))
        return;
    quic->full = true;
    quic->waiting[quic->waiting_count++] = *batch;
}

bool vb__quic_send_waiting(struct vb_quic *quic)
{
    unsigned sent = 0;

    while (sent < quic->waiting_count && deliver(quic, &quic->waiting[sent]))
        sent++;
    quic->waiting_count -= sent;
    memmove(quic->waiting, quic->waiting + sent,
            quic->waiting_count * sizeof(quic->waiting[0]));
    quic->full = quic->waiting_count > 0;
    return !quic->full;
}

void vb__quic_send_one(struct vb_quic *quic, const struct vb_quic_path *path,
                       const void *bytes, size_t len)
{
    if (!quic->full)
        quic->config.send(quic->config.context, path, 0, vb_span_of(bytes, len),
                          len);
}

/* Bytes of one batch: as many as congestion control wants to go at once. */
static size_t room_of(struct vb__quic_conn *c)
{
    size_t quantum = ngtcp2_conn_get_send_quantum(c->ngtcp2);
    size_t least = ngtcp2_conn_get_max_tx_udp_payload_size(c->ngtcp2);

    if (quantum > VB__QUIC_OUT_SIZE)
        quantum = VB__QUIC_OUT_SIZE;
    return quantum > least ? quantum : least;
}

static struct vb__quic_batch batch_of(const struct label *label, size_t offset,
                                      size_t len)
{
    struct vb__quic_batch batch = {
        .ecn = label->info.ecn, .offset = offset, .len = len, .segment = len};

    vb__quic_path_out(&label->path.path, &batch.path);
    return batch;
}

/* Can the packet be the next of the batch? One that is larger than what the
 * path is known to take is a probe, and may get lost: it goes with its like. */
static bool goes_with(const struct vb__quic_batch *batch,
                      const struct vb__quic_batch *packet, size_t usual)
{
    return batch->ecn == packet->ecn && packet->len <= batch->segment &&
           (batch->segment <= usual || packet->len == batch->segment) &&
           memcmp(&batch->path, &packet->path, sizeof(batch->path)) == 0;
}

/* Fills out_bytes and sends it. False: nothing more is to be written now. */
static bool write_batch(struct vb__quic_conn *c)
{
    size_t most = ngtcp2_conn_get_max_tx_udp_payload_size(c->ngtcp2);
    size_t usual = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->ngtcp2);
    size_t room = room_of(c), used = 0;
    struct vb__quic_batch batch = {.len = 0}, packet = {.len = 0};
    struct label label = {.info = {0}};
    ngtcp2_ssize len = 0;

    ngtcp2_path_storage_zero(&label.path);
    while (room - used >= usual && packet.len == batch.segment) {
        len = write_packet(c, &label, c->quic->out_bytes + used,
                           room - used < most ? usual : most);
        if (len <= 0)
            break;
        packet = batch_of(&label, used, (size_t)len);
        used += (size_t)len;
        if (batch.len == 0) {
            batch = packet;
        } else if (goes_with(&batch, &packet, usual)) {
            batch.len += packet.len;
        } else {
            dispatch(c->quic, &batch);
            batch = packet;
            break;
        }
    }
    if (batch.len > 0)
        dispatch(c->quic, &batch);
    ngtcp2_conn_update_pkt_tx_time(c->ngtcp2, (ngtcp2_tstamp)c->quic->now_ns);
    if (len < 0)
        vb__quic_conn_fail(c, (int)len);
    return len > 0;
}

bool vb__quic_send(struct vb__quic_conn *c)
{
    for (int i = 0; i < BATCHES; i++)
        if (c->failed || !write_batch(c) || c->quic->full)
            return false;
    return !c->failed;
}
