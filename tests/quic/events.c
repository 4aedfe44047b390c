/* See client.h: what happens to the connection, told. */
#include "inner.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <string.h>

static const char *const WORDS[] = {
#define ROW(kind, word) word,
    QUIC_EVENTS(ROW)
#undef ROW
};

static void print_hex(struct vb_buf *to, struct vb_span bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *at = vb_buf_reserve(to, 2 * bytes.len);

    if (at == NULL)
        return;
    for (size_t i = 0; i < bytes.len; i++) {
        *at++ = DIGITS[(unsigned char)bytes.ptr[i] >> 4];
        *at++ = DIGITS[(unsigned char)bytes.ptr[i] & 15];
    }
    to->len += 2 * bytes.len;
}

/* Which members a kind has. */
static bool has_code(enum quic_event_kind kind)
{
    static const unsigned CODES = 1u << QUIC_HANDSHAKE | 1u << QUIC_RESET |
                                  1u << QUIC_STOP | 1u << QUIC_STREAMS_BIDI |
                                  1u << QUIC_STREAMS_UNI | 1u << QUIC_PATH |
                                  1u << QUIC_CLOSED | 1u << QUIC_FAILED;

    return (CODES >> kind & 1) != 0;
}

static bool has_bytes(enum quic_event_kind kind)
{
    static const unsigned BYTES = 1u << QUIC_HANDSHAKE | 1u << QUIC_DATA |
                                  1u << QUIC_TOKEN | 1u << QUIC_TICKET |
                                  1u << QUIC_VERSIONS | 1u << QUIC_CLOSED |
                                  1u << QUIC_TIMED_OUT | 1u << QUIC_FAILED;

    return (BYTES >> kind & 1) != 0;
}

void quic_event_print(const struct quic_event *event, struct vb_buf *to)
{
    vb_buf_str(to, WORDS[event->kind]);
    if (event->id >= 0) {
        vb_buf_char(to, ' ');
        vb_buf_i64(to, event->id);
    }
    if (event->kind == QUIC_CLOSED)
        vb_buf_str(to, event->application ? " application" : " transport");
    if (has_code(event->kind)) {
        vb_buf_char(to, ' ');
        vb_buf_i64(to, (int64_t)event->code);
    }
    if (has_bytes(event->kind)) {
        vb_buf_char(to, ' ');
        print_hex(to, event->bytes);
    }
    vb_buf_str(to, event->fin ? " fin\n" : "\n");
}

/* --- Callbacks ---------------------------------------------------------------
 */

static struct vb_span bytes_of(const uint8_t *bytes, size_t len)
{
    return (struct vb_span){(const char *)bytes, len};
}

static void tell(void *user, enum quic_event_kind kind, uint64_t code,
                 struct vb_span bytes)
{
    emit(user, (struct quic_event){
                   .kind = kind, .id = -1, .code = code, .bytes = bytes});
}

static int on_handshake(ngtcp2_conn *conn, void *user)
{
    struct quic_client *c = user;
    gnutls_datum_t alpn = {NULL, 0};
    bool taken =
        (gnutls_session_get_flags(c->session) & GNUTLS_SFLAGS_EARLY_DATA) != 0;

    gnutls_alpn_get_selected_protocol(c->session, &alpn);
    if (c->early && !taken) {
        if (ngtcp2_conn_tls_early_data_rejected(conn) != 0)
            return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    tell(c, QUIC_HANDSHAKE, c->early && taken, bytes_of(alpn.data, alpn.size));
    return 0;
}

static int on_rejected(ngtcp2_conn *conn, void *user)
{
    (void)conn;
    streams_forget(user);
    tell(user, QUIC_REJECTED, 0, bytes_of(NULL, 0));
    return 0;
}

static int on_confirmed(ngtcp2_conn *conn, void *user)
{
    (void)conn;
    tell(user, QUIC_CONFIRMED, 0, bytes_of(NULL, 0));
    return 0;
}

static int on_bidi(ngtcp2_conn *conn, uint64_t most, void *user)
{
    (void)conn;
    tell(user, QUIC_STREAMS_BIDI, most, bytes_of(NULL, 0));
    return 0;
}

static int on_uni(ngtcp2_conn *conn, uint64_t most, void *user)
{
    (void)conn;
    tell(user, QUIC_STREAMS_UNI, most, bytes_of(NULL, 0));
    return 0;
}

static int on_token(ngtcp2_conn *conn, const uint8_t *token, size_t len,
                    void *user)
{
    (void)conn;
    tell(user, QUIC_TOKEN, 0, bytes_of(token, len));
    return 0;
}

static int on_retry(ngtcp2_conn *conn, const ngtcp2_pkt_hd *head, void *user)
{
    tell(user, QUIC_RETRY, 0, bytes_of(NULL, 0));
    return ngtcp2_crypto_recv_retry_cb(conn, head, user);
}

static int on_versions(ngtcp2_conn *conn, const ngtcp2_pkt_hd *head,
                       const uint32_t *versions, size_t count, void *user)
{
    uint32_t offered[64];

    (void)conn;
    (void)head;
    if (count > 64)
        count = 64;
    for (size_t i = 0; i < count; i++)
        offered[i] = htonl(versions[i]);
    tell(user, QUIC_VERSIONS, 0,
         bytes_of((const uint8_t *)offered, count * sizeof(offered[0])));
    return 0;
}

static int on_stateless(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *sr,
                        void *user)
{
    (void)conn;
    (void)sr;
    ((struct quic_client *)user)->stateless = true;
    tell(user, QUIC_STATELESS, 0, bytes_of(NULL, 0));
    return 0;
}

static int on_path(ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path,
                   const ngtcp2_path *old, ngtcp2_path_validation_result result,
                   void *user)
{
    (void)conn;
    (void)flags;
    (void)path;
    (void)old;
    tell(user, QUIC_PATH, (uint64_t)result, bytes_of(NULL, 0));
    return 0;
}

static void on_random(uint8_t *into, size_t len, const ngtcp2_rand_ctx *context)
{
    (void)context;
    gnutls_rnd(GNUTLS_RND_NONCE, into, len);
}

static int on_id_wanted(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token,
                        size_t len, void *user)
{
    (void)conn;
    (void)user;
    cid->datalen = len;
    gnutls_rnd(GNUTLS_RND_RANDOM, cid->data, len);
    gnutls_rnd(GNUTLS_RND_RANDOM, token, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
}

void callbacks_set(ngtcp2_callbacks *callbacks)
{
    *callbacks = (ngtcp2_callbacks){
        .client_initial = ngtcp2_crypto_client_initial_cb,
        .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
        .handshake_completed = on_handshake,
        .recv_version_negotiation = on_versions,
        .hp_mask = ngtcp2_crypto_hp_mask_cb,
        .recv_stateless_reset = on_stateless,
        .recv_retry = on_retry,
        .extend_max_local_streams_bidi = on_bidi,
        .extend_max_local_streams_uni = on_uni,
        .rand = on_random,
        .get_new_connection_id = on_id_wanted,
        .update_key = ngtcp2_crypto_update_key_cb,
        .path_validation = on_path,
        .handshake_confirmed = on_confirmed,
        .recv_new_token = on_token,
        .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
        .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
        .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
        .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
        .tls_early_data_rejected = on_rejected,
    };
}
