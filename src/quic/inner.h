/*
 * The shape of the room.
 *
 *     datagram ─▶ quic.c ─ ID is known ─▶ conn.c ─▶ ngtcp2 ┬▶ session.c (TLS)
 *                   │                                ▲     └▶ streams.c ─▶ h3
 *                door.c ─ an Initial ─ new ─▶ conn.c ┘              │
 *                   │                                               │
 *                   └──▶ answer.c (nothing is kept)   send.c ◀── dirty
 *
 *     HANDSHAKE ─▶ OPEN ─┬─ we end it ──────▶ CLOSING ──┬─ 3 PTO ─▶ gone
 *         │              ├─ the peer ends it ▶ DRAINING ┘
 *         └──────────────┴─ silence ─▶ gone
 *
 *     quic.c      the endpoint: who gets a datagram, time, the end
 *     door.c      who comes in: limits, address validation
 *     token.c     tokens: an address that was validated
 *     answer.c    what is answered without a connection
 *     id.c        connection IDs, and the table of them
 *     conn.c      a connection's life
 *     params.c    what ngtcp2 is told of us
 *     session.c   the handshake, and keys
 *     streams.c   between ngtcp2's streams and h3
 *     send.c      packets, in batches
 *     deadlines.c      deadlines
 *     replay.c    early data that has come before
 *
 * ngtcp2 calls us back from within its own calls; so does h3. A connection
 * that fails there is marked, and ends when both have come back. What is to be
 * sent makes it dirty, and goes out with the flush.
 *
 * From CLOSING on, only its IDs are left of a connection, and its last packet.
 */
#ifndef VB_QUIC_INNER_H
#define VB_QUIC_INNER_H

#include <netinet/in.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/table.h"
#include "quic/deadlines.h"
#include "quic/quic.h"
#include "quic/replay.h"
#include "tls/peer.h"
#include "wire/h3/h3.h"

#define VB__NS_PER_MS INT64_C(1000000)
#define VB__NS_PER_S  INT64_C(1000000000)

enum vb__quic_phase {
    VB_QUIC_HANDSHAKE,
    VB_QUIC_OPEN,
    VB_QUIC_CLOSING, /* CONNECTION_CLOSE is sent, and again to who asks */
    VB_QUIC_DRAINING /* the peer has sent it: silence */
};

/* The last packet of a connection, for as long as it may be lost. */
struct vb__quic_last {
    struct vb_quic_path path;
    unsigned heard; /* datagrams since */
    size_t len;
    char bytes[];
};

struct vb__quic_conn {
    struct vb_quic *quic;
    struct vb_link link;     /* of quic->conns, or quic->rests */
    struct vb_link dirty;    /* of quic->dirty, or of nothing */
    struct vb__deadline due; /* of quic->deadlines */
    struct vb_link ids;      /* of struct vb__quic_id */
    enum vb__quic_phase phase;
    bool has_place;    /* of config.take_place */
    bool failed;       /* `error` says why */
    bool shaken;       /* TLS's handshake is done */
    unsigned requests; /* streams of theirs that are open */
    ngtcp2_ccerr error;
    ngtcp2_conn *ngtcp2; /* these four until CLOSING */
    ngtcp2_crypto_conn_ref ref;
    gnutls_session_t tls; /* from the first message to the last */
    struct vb_h3 *h3;     /* once there are keys to send with */
    struct vb_h3_below below;
    struct vb_tls_peer shown;
    struct vb__quic_last *last; /* in CLOSING */
};

/* Bytes that are written at once: less than an IP packet may have, as the
 * kernel takes a batch for one at first. */
#define VB__QUIC_OUT_SIZE ((size_t)60 * 1024)

/* A batch of datagrams that the socket did not take. */
struct vb__quic_batch {
    struct vb_quic_path path;
    unsigned ecn;
    size_t offset; /* in out_bytes */
    size_t len;
    size_t segment;
};

/* A batch that is under way, and a packet that did not fit in with it. */
#define VB__QUIC_WAITING 2

struct vb_quic {
    struct vb_quic_config config;
    ngtcp2_mem mem; /* the worker's heap, for ngtcp2 */
    struct vb_hash_key key;
    struct vb_table ids;
    struct vb__deadlines deadlines;
    struct vb__replay replay;
    struct vb_link conns; /* in HANDSHAKE and OPEN */
    struct vb_link rests; /* in CLOSING and DRAINING, oldest first */
    struct vb_link dirty;
    size_t conn_count;
    size_t rest_count;
    size_t handshakes;  /* connections in HANDSHAKE */
    int64_t now_ns;     /* the time of the call we are in */
    double resets;      /* stateless resets that may be sent, */
    int64_t resets_ns;  /* reckoned at this time */
    bool busy;          /* in a call of the loop's: no need to wake it */
    bool leaving;       /* takes no new connections */
    bool full;          /* the socket is */
    uint8_t *out_bytes; /* where packets are written */
    struct vb__quic_batch waiting[VB__QUIC_WAITING];
    unsigned waiting_count;
};

/* A datagram on its way in. */
struct vb__quic_in {
    const struct vb_quic_path *path;
    unsigned ecn;
    struct vb_span bytes;
};

/* --- quic.c ------------------------------------------------------------------
 */

/* Something is to be sent on it, or its deadlines have changed. */
void vb__quic_mark(struct vb__quic_conn *c);

/* An address as ngtcp2 compares, keeps and seals it: without what the kernel
 * may have left in the corners. Its length; 0 for another family. */
ngtcp2_socklen vb__quic_address(const struct sockaddr_storage *from,
                                ngtcp2_sockaddr_union *ret);

/* A path as ngtcp2 wants it, in memory of the caller's. False: see above. */
bool vb__quic_path_in(const struct vb_quic_path *from,
                      ngtcp2_path_storage *ret);
void vb__quic_path_out(const ngtcp2_path *from, struct vb_quic_path *ret);

/* --- id.c --------------------------------------------------------------------
 */

struct vb__quic_id {
    struct vb_table_node node; /* of quic->ids */
    struct vb_link link;       /* of conn->ids */
    struct vb__quic_conn *conn;
    uint8_t len;
    uint8_t bytes[NGTCP2_MAX_CIDLEN];
};

/* Makes up an ID that leads to this worker. False: no random numbers. */
bool vb__quic_id_make(const struct vb_quic *quic, ngtcp2_cid *ret_id);

/* By it a connection is found from now on. False: out of memory. */
bool vb__quic_id_add(struct vb__quic_conn *c, const ngtcp2_cid *id);
void vb__quic_id_remove(struct vb__quic_conn *c, const ngtcp2_cid *id);
void vb__quic_ids_clear(struct vb__quic_conn *c);

/* Whose it is; NULL: nobody's. */
struct vb__quic_conn *vb__quic_id_find(const struct vb_quic *quic,
                                       const uint8_t *bytes, size_t len);

/* The stateless reset token of an ID (RFC 9000 section 10.3.2). */
bool vb__quic_reset_token(const struct vb_quic *quic, const ngtcp2_cid *id,
                          uint8_t ret_token[NGTCP2_STATELESS_RESET_TOKENLEN]);

/* --- door.c ------------------------------------------------------------------
 */

/* A datagram for nobody who is known. */
void vb__quic_knock(struct vb_quic *quic, const struct vb__quic_in *in,
                    const ngtcp2_version_cid *ids);

/* --- token.c -----------------------------------------------------------------
 */

/* What an Initial's token shows (RFC 9000 section 8.1). */
enum vb__quic_token {
    VB_QUIC_TOKEN_NONE,   /* nothing: none, or one that does not count */
    VB_QUIC_TOKEN_RETRY,  /* the address, in answer to a Retry */
    VB_QUIC_TOKEN_FORMER, /* the address, on an earlier connection */
    VB_QUIC_TOKEN_FALSE   /* it claims to be a Retry's, and is not */
};

/* *ret_original is the first ID of all, in the case of RETRY. */
enum vb__quic_token vb__quic_token_read(const struct vb_quic *quic,
                                        const struct vb__quic_in *in,
                                        const ngtcp2_pkt_hd *head,
                                        ngtcp2_cid *ret_original);

/* Bytes of a token for a Retry; 0: it cannot be made. */
size_t vb__quic_token_retry(const struct vb_quic *quic,
                            const struct vb__quic_in *in,
                            const ngtcp2_pkt_hd *head, const ngtcp2_cid *id,
                            uint8_t *ret_token);

/* Gives the peer one for the next time (NEW_TOKEN), for this address. */
void vb__quic_token_give(struct vb__quic_conn *c, const ngtcp2_addr *address);

/* --- answer.c ----------------------------------------------------------------
 */

void vb__quic_answer_versions(struct vb_quic *quic,
                              const struct vb__quic_in *in,
                              const ngtcp2_version_cid *ids);
void vb__quic_answer_retry(struct vb_quic *quic, const struct vb__quic_in *in,
                           const ngtcp2_pkt_hd *head);
/* CONNECTION_CLOSE with a transport's error code. */
void vb__quic_answer_refuse(struct vb_quic *quic, const struct vb__quic_in *in,
                            const ngtcp2_pkt_hd *head, uint64_t code);
/* A stateless reset, where the datagram is large enough for one. */
void vb__quic_answer_reset(struct vb_quic *quic, const struct vb__quic_in *in,
                           const ngtcp2_version_cid *ids);

/* --- conn.c ------------------------------------------------------------------
 */

/* Takes in who has sent this Initial. `original` is NULL where there was no
 * Retry. */
void vb__quic_conn_open(struct vb_quic *quic, const struct vb__quic_in *in,
                        const ngtcp2_pkt_hd *head, enum vb__quic_token token,
                        const ngtcp2_cid *original);

void vb__quic_conn_receive(struct vb__quic_conn *c,
                           const struct vb__quic_in *in);

/* Its deadline has come. */
void vb__quic_conn_tick(struct vb__quic_conn *c);

/* Sets its deadline: now, where `more` is to be sent at once. */
void vb__quic_conn_schedule(struct vb__quic_conn *c, bool more);

/* What it fails for; the first reason counts. */
void vb__quic_conn_fail(struct vb__quic_conn *c, int error);
void vb__quic_conn_fail_alert(struct vb__quic_conn *c, uint8_t alert);
void vb__quic_conn_fail_h3(struct vb__quic_conn *c, uint64_t code);

/* Ends one that failed. It may be gone then. */
void vb__quic_conn_close(struct vb__quic_conn *c);

/* The service ends it: in CLOSING, or gone. */
void vb__quic_conn_leave(struct vb__quic_conn *c);

/* It is gone at once, without a word. */
void vb__quic_conn_free(struct vb__quic_conn *c);

/* Its handshake is done. */
void vb__quic_conn_opened(struct vb__quic_conn *c);

/* The peer is at another address, and was reached there. */
void vb__quic_conn_moved(struct vb__quic_conn *c, const ngtcp2_path *path);

/* --- params.c ----------------------------------------------------------------
 */

/* What ngtcp2 allocates with. */
ngtcp2_mem vb__quic_params_mem(struct vb_heap *heap);

/* Makes the ngtcp2_conn: `id` is ours, `original` as above. ngtcp2's error. */
int vb__quic_params_apply(struct vb__quic_conn *c, const ngtcp2_path *path,
                          const ngtcp2_pkt_hd *head, const ngtcp2_cid *id,
                          enum vb__quic_token token,
                          const ngtcp2_cid *original);

/* --- session.c, streams.c: what ngtcp2 calls back --------------------------
 */

int vb__quic_on_crypto_data(ngtcp2_conn *conn, ngtcp2_encryption_level level,
                            uint64_t offset, const uint8_t *data, size_t len,
                            void *context);
int vb__quic_on_handshake(ngtcp2_conn *conn, void *context);
int vb__quic_on_tx_key(ngtcp2_conn *conn, ngtcp2_encryption_level level,
                       void *context);
int vb__quic_on_path(ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path,
                     const ngtcp2_path *former,
                     ngtcp2_path_validation_result result, void *context);

int vb__quic_on_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                            uint64_t offset, const uint8_t *data, size_t len,
                            void *context, void *stream);
int vb__quic_on_acked(ngtcp2_conn *conn, int64_t id, uint64_t offset,
                      uint64_t len, void *context, void *stream);
int vb__quic_on_stream_open(ngtcp2_conn *conn, int64_t id, void *context);
int vb__quic_on_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                             uint64_t code, void *context, void *stream);
int vb__quic_on_stream_reset(ngtcp2_conn *conn, int64_t id, uint64_t final_size,
                             uint64_t code, void *context, void *stream);
int vb__quic_on_window(ngtcp2_conn *conn, int64_t id, uint64_t max,
                       void *context, void *stream);

/* Makes the h3 of a connection. False: out of memory. */
bool vb__quic_h3_begin(struct vb__quic_conn *c);
void vb__quic_h3_end(struct vb__quic_conn *c);

/* --- send.c ------------------------------------------------------------------
 */

/* Writes and sends what there is to be sent, and may be. True: more can be
 * sent at once, but others are to have their turn. */
bool vb__quic_send(struct vb__quic_conn *c);

/* Sends what waits for the socket. False: it is full again. */
bool vb__quic_send_waiting(struct vb_quic *quic);

/* Sends one datagram, which is lost when the socket is full. */
void vb__quic_send_one(struct vb_quic *quic, const struct vb_quic_path *path,
                       const void *bytes, size_t len);

#endif
