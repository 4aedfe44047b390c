/* A connection's life. See the drawing in inner.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "exchange/peer.h"
#include "quic/inner.h"

/* Connections of a worker that are over, but for their IDs. */
#define RESTS_MOST 4096

/* What HTTP/3 calls it when nothing is wrong (RFC 9114 section 8.1). */
#define H3_NO_ERROR 0x100

/* --- How it ends ------------------------------------------------------------
 */

void vb__quic_conn_fail(struct vb__quic_conn *c, int error)
{
    if (c->failed)
        return;
    c->failed = true;
    if (error == NGTCP2_ERR_CRYPTO)
        ngtcp2_ccerr_set_tls_alert(
            &c->error, ngtcp2_conn_get_tls_alert(c->ngtcp2), NULL, 0);
    else
        ngtcp2_ccerr_set_liberr(&c->error, error, NULL, 0);
}

void vb__quic_conn_fail_alert(struct vb__quic_conn *c, uint8_t alert)
{
    if (c->failed)
        return;
    c->failed = true;
    ngtcp2_ccerr_set_tls_alert(&c->error, alert, NULL, 0);
}

void vb__quic_conn_fail_h3(struct vb__quic_conn *c, uint64_t code)
{
    if (c->failed)
        return;
    c->failed = true;
    ngtcp2_ccerr_set_application_error(&c->error, code, NULL, 0);
    vb__quic_mark(c);
}

/* Leaves nothing but its IDs. What h3 lets go of may ask for something still,
 * so it is the first to go. */
static void empty(struct vb__quic_conn *c)
{
    vb__quic_h3_end(c);
    vb_list_remove(&c->dirty);
    if (c->ngtcp2 != NULL)
        ngtcp2_conn_del(c->ngtcp2);
    if (c->tls != NULL)
        gnutls_deinit(c->tls);
    vb_tls_choice_done(&c->shown.choice);
    c->ngtcp2 = NULL;
    c->tls = NULL;
}

/* It does not count any more. */
static void uncount(struct vb__quic_conn *c)
{
    struct vb_quic *quic = c->quic;

    vb_list_remove(&c->link);
    if (c->phase == VB_QUIC_HANDSHAKE)
        quic->handshakes--;
    if (c->phase <= VB_QUIC_OPEN)
        quic->conn_count--;
    else
        quic->rest_count--;
    if (c->has_place)
        quic->config.give_place(quic->config.context);
    c->has_place = false;
}

void vb__quic_conn_free(struct vb__quic_conn *c)
{
    uncount(c);
    empty(c);
    vb__deadlines_remove(&c->quic->deadlines, &c->due);
    vb__quic_ids_clear(c);
    free(c->last);
    free(c);
}

/* For three PTO what comes for it is known as what it is (RFC 9000 section
 * 10.2). Where there are too many, the oldest is forgotten. */
static void rest(struct vb__quic_conn *c, enum vb__quic_phase phase)
{
    struct vb_quic *quic = c->quic;
    int64_t period = 3 * (int64_t)ngtcp2_conn_get_pto(c->ngtcp2);

    uncount(c);
    empty(c);
    c->phase = phase;
    vb_list_append(&quic->rests, &c->link);
    vb__deadlines_set(&quic->deadlines, &c->due, quic->now_ns + period);
    if (++quic->rest_count > RESTS_MOST)
        vb__quic_conn_free(
            VB_CONTAINER(quic->rests.next, struct vb__quic_conn, link));
}

void vb__quic_conn_close(struct vb__quic_conn *c)
{
    uint8_t bytes[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    ngtcp2_ssize n;

    ngtcp2_path_storage_zero(&path);
    n = ngtcp2_conn_write_connection_close(c->ngtcp2, &path.path, &info, bytes,
                                           sizeof(bytes), &c->error,
                                           (ngtcp2_tstamp)c->quic->now_ns);
    if (n > 0)
        c->last = malloc(sizeof(*c->last) + (size_t)n);
    if (c->last == NULL) {
        vb__quic_conn_free(c);
        return;
    }
    vb__quic_path_out(&path.path, &c->last->path);
    c->last->heard = 0;
    c->last->len = (size_t)n;
    memcpy(c->last->bytes, bytes, (size_t)n);
    vb__quic_send_one(c->quic, &c->last->path, bytes, (size_t)n);
    rest(c, VB_QUIC_CLOSING);
}

void vb__quic_conn_leave(struct vb__quic_conn *c)
{
    vb__quic_conn_fail_h3(c, H3_NO_ERROR);
    vb__quic_conn_close(c);
}

/* What ngtcp2 says when it has read something, or a timer has run out. */
static void settle(struct vb__quic_conn *c, int rc)
{
    switch (rc) {
    case 0:
        vb__quic_mark(c);
        break;
    case NGTCP2_ERR_DRAINING:
        rest(c, VB_QUIC_DRAINING);
        break;
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_IDLE_CLOSE:
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        vb__quic_conn_free(c);
        break;
    default:
        vb__quic_conn_fail(c, rc);
        vb__quic_conn_close(c);
    }
}

/* --- What comes -------------------------------------------------------------
 */

static int take_in(struct vb__quic_conn *c, const struct vb__quic_in *in)
{
    ngtcp2_pkt_info info = {.ecn = (uint8_t)in->ecn};
    ngtcp2_path_storage path;

    vb__quic_path_in(in->path, &path);
    return ngtcp2_conn_read_pkt(c->ngtcp2, &path.path, &info,
                                (const uint8_t *)in->bytes.ptr, in->bytes.len,
                                (ngtcp2_tstamp)c->quic->now_ns);
}

/* The last packet again, less and less often (RFC 9000 section 10.2.1), and
 * never larger than three times what it answers. */
static void repeat_last(struct vb__quic_conn *c, const struct vb__quic_in *in)
{
    unsigned heard = ++c->last->heard;

    if ((heard & (heard - 1)) == 0 && c->last->len <= 3 * in->bytes.len)
        vb__quic_send_one(c->quic, &c->last->path, c->last->bytes,
                          c->last->len);
}

void vb__quic_conn_receive(struct vb__quic_conn *c,
                           const struct vb__quic_in *in)
{
    if (c->phase == VB_QUIC_CLOSING)
        repeat_last(c, in);
    else if (c->phase != VB_QUIC_DRAINING && !c->failed)
        settle(c, take_in(c, in));
}

/* --- How it begins ----------------------------------------------------------
 */

/* In no list but its own. NULL: out of memory. */
static struct vb__quic_conn *conn_new(struct vb_quic *quic,
                                      const struct vb__quic_in *in)
{
    struct vb__quic_conn *c = NULL;

    if (vb__deadlines_reserve(&quic->deadlines,
                              quic->conn_count + quic->rest_count + 1))
        c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->quic = quic;
    c->has_place = true;
    c->shown.peer = vb_peer_of(&in->path->remote);
    ngtcp2_ccerr_default(&c->error);
    vb_list_init(&c->dirty);
    vb_list_init(&c->ids);
    vb_list_append(&quic->conns, &c->link);
    quic->conn_count++;
    quic->handshakes++;
    return c;
}

/* False: out of memory. The client's first ID stays its own, for what of the
 * handshake comes late. */
static bool set_up(struct vb__quic_conn *c, const struct vb__quic_in *in,
                   const ngtcp2_pkt_hd *head, enum vb__quic_token token,
                   const ngtcp2_cid *original)
{
    ngtcp2_path_storage path;
    ngtcp2_cid id;

    vb__quic_path_in(in->path, &path);
    return vb__quic_id_make(c->quic, &id) && vb__quic_id_add(c, &id) &&
           vb__quic_id_add(c, &head->dcid) &&
           vb__quic_params_apply(c, &path.path, head, &id, token, original) ==
               0;
}

void vb__quic_conn_open(struct vb_quic *quic, const struct vb__quic_in *in,
                        const ngtcp2_pkt_hd *head, enum vb__quic_token token,
                        const ngtcp2_cid *original)
{
    struct vb__quic_conn *c;
    int rc;

    if (!quic->config.take_place(quic->config.context)) {
        vb__quic_answer_refuse(quic, in, head, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    c = conn_new(quic, in);
    if (c == NULL) {
        quic->config.give_place(quic->config.context);
        return;
    }
    if (!set_up(c, in, head, token, original)) {
        vb__quic_conn_free(c);
        return;
    }
    rc = take_in(c, in);
    settle(c, rc);
    if (rc == NGTCP2_ERR_RETRY)
        vb__quic_answer_retry(quic, in, head);
}

void vb__quic_conn_opened(struct vb__quic_conn *c)
{
    c->phase = VB_QUIC_OPEN;
    c->quic->handshakes--;
}

/* Who was not of this machine does not come to be. */
void vb__quic_conn_moved(struct vb__quic_conn *c, const ngtcp2_path *path)
{
    struct vb_peer *peer = &c->shown.peer;
    struct vb_quic_path moved;
    struct vb_peer there;

    vb__quic_path_out(path, &moved);
    there = vb_peer_of(&moved.remote);
    memcpy(peer->ip, there.ip, sizeof(peer->ip));
    peer->port = there.port;
    peer->loopback = peer->loopback && there.loopback;
}

/* --- Time -------------------------------------------------------------------
 */

static int64_t h3_deadline(const struct vb__quic_conn *c)
{
    int64_t ms =
        c->h3 != NULL && !c->failed ? vb_h3_deadline(c->h3) : VB_TIME_NEVER;

    return ms < VB_TIME_NEVER / VB__NS_PER_MS ? ms * VB__NS_PER_MS
                                              : VB_TIME_NEVER;
}

static int64_t expiry(const struct vb__quic_conn *c)
{
    ngtcp2_tstamp at = ngtcp2_conn_get_expiry(c->ngtcp2);

    return at < (ngtcp2_tstamp)VB_TIME_NEVER ? (int64_t)at : VB_TIME_NEVER;
}

void vb__quic_conn_tick(struct vb__quic_conn *c)
{
    int64_t now = c->quic->now_ns;

    vb__deadlines_remove(&c->quic->deadlines,
                         &c->due); /* until it is scheduled anew */
    if (c->phase > VB_QUIC_OPEN) {
        vb__quic_conn_free(c);
        return;
    }
    if (h3_deadline(c) <= now)
        vb_h3_tick(c->h3);
    settle(c, expiry(c) <= now
                  ? ngtcp2_conn_handle_expiry(c->ngtcp2, (ngtcp2_tstamp)now)
                  : 0);
}

/* A deadline that stays in the past must not keep the worker from sleeping. */
void vb__quic_conn_schedule(struct vb__quic_conn *c, bool more)
{
    int64_t now = c->quic->now_ns, at = expiry(c), other = h3_deadline(c);

    if (other < at)
        at = other;
    if (more)
        at = now;
    else if (at <= now)
        at = now + VB__NS_PER_MS;
    vb__deadlines_set(&c->quic->deadlines, &c->due, at);
}
