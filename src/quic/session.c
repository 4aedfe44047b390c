/*
 * The handshake: TLS's messages go to GnuTLS and back (RFC 9001 section 4),
 * and with the keys to send with HTTP/3 begins.
 */
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "quic/inner.h"
#include "tls/tls.h"

/* Bytes of a handshake: a ClientHello with all that is in use is a few KiB. */
#define HANDSHAKE_MOST (UINT64_C(64) * 1024)

static const char *const protocols[] = {"h3"};

static ngtcp2_conn *ngtcp2_of(ngtcp2_crypto_conn_ref *ref)
{
    struct vb__quic_conn *c = ref->user_data;

    return c->ngtcp2;
}

/* Only when the first message is there: what is no handshake costs no session.
 */
static bool begin(struct vb__quic_conn *c)
{
    struct vb_quic *quic = c->quic;

    if (vb_tls_session_new(quic->config.tls, VB_TLS_QUIC,
                           quic->config.env->now.mono_ms, &c->shown.choice,
                           &c->tls) != VB_OK)
        return false;
    c->ref = (ngtcp2_crypto_conn_ref){ngtcp2_of, c};
    gnutls_session_set_ptr(c->tls, &c->ref);
    ngtcp2_conn_set_tls_native_handle(c->ngtcp2, c->tls);
    vb__replay_guard(&quic->replay, c->tls, quic->now_ns);
    /* RFC 9001 section 4.6.1: the streams' windows bound it instead. */
    return gnutls_record_set_max_early_data_size(c->tls, UINT32_MAX) == 0 &&
           vb_tls_offer(c->tls, protocols, 1) &&
           ngtcp2_crypto_gnutls_configure_server_session(c->tls) == 0;
}

/* GnuTLS refuses, or we do: what an alert would say is the error's code. */
static int refused(struct vb__quic_conn *c, int rc)
{
    int error = ngtcp2_conn_get_tls_error(c->ngtcp2);
    gnutls_alert_description_t alert = vb_tls_alert(c->tls, rc);

    if (alert != 0) {
        vb__quic_conn_fail_alert(c, (uint8_t)alert);
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    gnutls_alert_send_appropriate(c->tls, rc);
    return error != 0 ? error : NGTCP2_ERR_CRYPTO;
}

/*
 * A client has nothing more to say when its handshake is done. GnuTLS would
 * take a KeyUpdate, which RFC 9001 section 6 forbids, and for which neither it
 * nor ngtcp2 is made.
 */
int vb__quic_on_crypto_data(ngtcp2_conn *conn, ngtcp2_encryption_level level,
                            uint64_t offset, const uint8_t *data, size_t len,
                            void *context)
{
    struct vb__quic_conn *c = context;
    int rc;

    if (c->shaken) {
        vb__quic_conn_fail_alert(c, GNUTLS_A_UNEXPECTED_MESSAGE);
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    if (offset + len > HANDSHAKE_MOST)
        return NGTCP2_ERR_CRYPTO_BUFFER_EXCEEDED;
    if (c->tls == NULL && !begin(c))
        return NGTCP2_ERR_NOMEM;
    rc = gnutls_handshake_write(
        c->tls, ngtcp2_crypto_gnutls_from_ngtcp2_encryption_level(level), data,
        len);
    if (rc == 0)
        rc = gnutls_handshake(c->tls);
    if (rc == 0)
        rc = vb_tls_peer_open(&c->shown, c->tls);
    if (rc == 0) {
        c->shaken = true;
        ngtcp2_conn_tls_handshake_completed(conn);
    }
    return rc < 0 && gnutls_error_is_fatal(rc) ? refused(c, rc) : 0;
}

/* RFC 9001 section 8.1: to offer no protocol is to offer the wrong one. */
static bool has_protocol(gnutls_session_t session)
{
    gnutls_datum_t name;

    return gnutls_alpn_get_selected_protocol(session, &name) == 0;
}

/* The alert for what a ClientHello lacks; 0: nothing. Without transport
 * parameters nothing says that the IDs of the packets are the client's own (RFC
 * 9001 section 8.2), and neither GnuTLS nor ngtcp2 misses them. */
static uint8_t lacking(const struct vb__quic_conn *c)
{
    if (!has_protocol(c->tls))
        return GNUTLS_A_NO_APPLICATION_PROTOCOL;
    return ngtcp2_conn_get_remote_transport_params(c->ngtcp2) == NULL
               ? GNUTLS_A_MISSING_EXTENSION
               : 0;
}

int vb__quic_on_tx_key(ngtcp2_conn *conn, ngtcp2_encryption_level level,
                       void *context)
{
    struct vb__quic_conn *c = context;
    uint8_t alert;
    int rc;

    (void)conn;
    if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT)
        return 0;
    alert = lacking(c);
    if (alert != 0) {
        vb__quic_conn_fail_alert(c, alert);
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    rc = vb_tls_peer_open(&c->shown, c->tls);
    if (rc != 0)
        return refused(c, rc);
    return vb__quic_h3_begin(c) && !c->failed ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

/* GnuTLS has nothing more to do: the keys are ngtcp2's, which makes new ones of
 * them by itself, and an idle connection is to cost little. */
static void end(struct vb__quic_conn *c)
{
    ngtcp2_conn_set_tls_native_handle(c->ngtcp2, NULL);
    gnutls_deinit(c->tls);
    c->tls = NULL;
}

/* With it goes what makes the next one shorter: a ticket and a token. */
int vb__quic_on_handshake(ngtcp2_conn *conn, void *context)
{
    struct vb__quic_conn *c = context;

    vb__quic_conn_opened(c);
    gnutls_session_ticket_send(c->tls, 1, 0);
    vb__quic_token_give(c, &ngtcp2_conn_get_path(conn)->remote);
    end(c);
    return 0;
}

/* Only an address that the peer was reached at is the peer's: until then it is
 * known by the one before. */
int vb__quic_on_path(ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path,
                     const ngtcp2_path *former,
                     ngtcp2_path_validation_result result, void *context)
{
    struct vb__quic_conn *c = context;

    (void)former;
    if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
        return 0;
    if ((flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN) != 0)
        vb__quic_token_give(c, &path->remote);
    if (ngtcp2_path_eq(path, ngtcp2_conn_get_path(conn)))
        vb__quic_conn_moved(c, path);
    return 0;
}
