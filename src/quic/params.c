/* What ngtcp2 is told of us: settings, transport parameters (RFC 9000 section
 * 18.2), and whom to call back. */
#include <gnutls/crypto.h>

#include "quic/inner.h"

/* Connection IDs of the client that we keep, to have a fresh one for each
 * path. */
#define IDS_MOST 7

/* --- Callbacks --------------------------------------------------------------
 */

static void on_random(uint8_t *bytes, size_t len,
                      const ngtcp2_rand_ctx *context)
{
    (void)context;
    if (gnutls_rnd(GNUTLS_RND_NONCE, bytes, len) != 0)
        memset(bytes, 0, len); /* it spreads timers, and hides nothing */
}

static int on_id_wanted(ngtcp2_conn *conn, ngtcp2_cid *id, uint8_t *token,
                        size_t len, void *context)
{
    struct vb__quic_conn *c = context;

    (void)conn, (void)len;
    return vb__quic_id_make(c->quic, id) &&
                   vb__quic_reset_token(c->quic, id, token) &&
                   vb__quic_id_add(c, id)
               ? 0
               : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int on_id_retired(ngtcp2_conn *conn, const ngtcp2_cid *id, void *context)
{
    (void)conn;
    vb__quic_id_remove(context, id);
    return 0;
}

static const ngtcp2_callbacks callbacks = {
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = vb__quic_on_crypto_data,
    .handshake_completed = vb__quic_on_handshake,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .recv_stream_data = vb__quic_on_stream_data,
    .acked_stream_data_offset = vb__quic_on_acked,
    .stream_open = vb__quic_on_stream_open,
    .stream_close = vb__quic_on_stream_close,
    .rand = on_random,
    .get_new_connection_id = on_id_wanted,
    .remove_connection_id = on_id_retired,
    .update_key = ngtcp2_crypto_update_key_cb,
    .path_validation = vb__quic_on_path,
    .stream_reset = vb__quic_on_stream_reset,
    .extend_max_stream_data = vb__quic_on_window,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    .recv_tx_key = vb__quic_on_tx_key,
};

/* --- Memory -----------------------------------------------------------------
 */

static void *allocate(size_t size, void *heap)
{
    return vb_heap_alloc(heap, size);
}

static void *allocate_zeros(size_t count, size_t size, void *heap)
{
    return vb_heap_calloc(heap, count, size);
}

static void *allocate_again(void *at, size_t size, void *heap)
{
    return vb_heap_realloc(heap, at, size);
}

static void give_back(void *at, void *heap)
{
    vb_heap_free(heap, at);
}

ngtcp2_mem vb__quic_params_mem(struct vb_heap *heap)
{
    return (ngtcp2_mem){heap, allocate, give_back, allocate_zeros,
                        allocate_again};
}

/* --- Settings ---------------------------------------------------------------
 */

static ngtcp2_settings settings_of(const struct vb__quic_conn *c,
                                   const ngtcp2_pkt_hd *head,
                                   enum vb__quic_token token)
{
    const struct vb_limits *limits = c->quic->config.env->limits;
    ngtcp2_settings settings;

    ngtcp2_settings_default(&settings);
    settings.cc_algo = NGTCP2_CC_ALGO_CUBIC;
    settings.initial_ts = (ngtcp2_tstamp)c->quic->now_ns;
    settings.handshake_timeout =
        (ngtcp2_duration)limits->head_timeout_ms * NGTCP2_MILLISECONDS;
    if (token == VB_QUIC_TOKEN_RETRY || token == VB_QUIC_TOKEN_FORMER) {
        settings.token = head->token;
        settings.tokenlen = head->tokenlen;
        settings.token_type = token == VB_QUIC_TOKEN_RETRY
                                  ? NGTCP2_TOKEN_TYPE_RETRY
                                  : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
    }
    return settings;
}

/* False: no reset token can be made. */
static bool transport_params(const struct vb__quic_conn *c,
                             const ngtcp2_pkt_hd *head, const ngtcp2_cid *id,
                             const ngtcp2_cid *original,
                             ngtcp2_transport_params *p)
{
    ngtcp2_transport_params_default(p);
    p->original_dcid = original != NULL ? *original : head->dcid;
    p->original_dcid_present = 1;
    if (original != NULL) {
        p->retry_scid = head->dcid;
        p->retry_scid_present = 1;
    }
    p->initial_max_data = VB_MUX_WINDOW;
    p->initial_max_stream_data_bidi_remote = VB_MUX_STREAM_WINDOW;
    p->initial_max_stream_data_uni = VB_H3_UNI_STREAM_WINDOW;
    p->initial_max_streams_bidi = VB_MUX_STREAMS_MAX;
    p->initial_max_streams_uni = VB_H3_UNI_STREAMS_MAX;
    p->max_idle_timeout =
        (ngtcp2_duration)c->quic->config.env->limits->idle_timeout_ms *
        NGTCP2_MILLISECONDS;
    p->max_udp_payload_size = VB_QUIC_DATAGRAM_MAX;
    p->active_connection_id_limit = IDS_MOST;
    p->stateless_reset_token_present = 1;
    return vb__quic_reset_token(c->quic, id, p->stateless_reset_token);
}

int vb__quic_params_apply(struct vb__quic_conn *c, const ngtcp2_path *path,
                          const ngtcp2_pkt_hd *head, const ngtcp2_cid *id,
                          enum vb__quic_token token, const ngtcp2_cid *original)
{
    ngtcp2_settings settings = settings_of(c, head, token);
    ngtcp2_transport_params params;
    ngtcp2_conn *made; /* set, and gone again, when it fails */
    int rc;

    if (!transport_params(c, head, id, original, &params))
        return NGTCP2_ERR_INTERNAL;
    rc = ngtcp2_conn_server_new(&made, &head->scid, id, path, head->version,
                                &callbacks, &settings, &params, &c->quic->mem,
                                c);
    if (rc == 0)
        c->ngtcp2 = made;
    return rc;
}
