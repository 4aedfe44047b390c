/*
 * Tokens: they show that whoever has one was reached at its address (RFC 9000
 * section 8.1). ngtcp2 seals them; what is in them is the time, and in those
 * of a Retry the IDs of the handshake.
 */
#include "quic/inner.h"

/* How long tokens are good for. A Retry is answered at once; the other kind
 * shows less the older it is, as addresses change hands. */
#define RETRY_NS  (UINT64_C(10) * NGTCP2_SECONDS)
#define FORMER_NS (UINT64_C(3600) * NGTCP2_SECONDS)

static enum vb__quic_token read_retry(const struct vb_quic *quic,
                                      const ngtcp2_pkt_hd *head,
                                      const ngtcp2_sockaddr_union *address,
                                      ngtcp2_socklen len,
                                      ngtcp2_cid *ret_original)
{
    int rc = ngtcp2_crypto_verify_retry_token2(
        ret_original, head->token, head->tokenlen, quic->config.secrets->token,
        sizeof(quic->config.secrets->token), head->version, &address->sa, len,
        &head->dcid, RETRY_NS, (ngtcp2_tstamp)quic->now_ns);

    if (rc == 0)
        return VB_QUIC_TOKEN_RETRY;
    /* Who was given this, for this address and ID, would know it (RFC 9000
     * section 8.1.2); what cannot even be read may be of another server's. */
    return rc == NGTCP2_CRYPTO_ERR_VERIFY_TOKEN ? VB_QUIC_TOKEN_FALSE
                                                : VB_QUIC_TOKEN_NONE;
}

enum vb__quic_token vb__quic_token_read(const struct vb_quic *quic,
                                        const struct vb__quic_in *in,
                                        const ngtcp2_pkt_hd *head,
                                        ngtcp2_cid *ret_original)
{
    ngtcp2_sockaddr_union address;
    ngtcp2_socklen len = vb__quic_address(&in->path->remote, &address);

    if (head->tokenlen == 0 || len == 0)
        return VB_QUIC_TOKEN_NONE;
    if (head->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2)
        return read_retry(quic, head, &address, len, ret_original);
    if (head->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
        ngtcp2_crypto_verify_regular_token(
            head->token, head->tokenlen, quic->config.secrets->token,
            sizeof(quic->config.secrets->token), &address.sa, len, FORMER_NS,
            (ngtcp2_tstamp)quic->now_ns) == 0)
        return VB_QUIC_TOKEN_FORMER;
    return VB_QUIC_TOKEN_NONE;
}

size_t vb__quic_token_retry(const struct vb_quic *quic,
                            const struct vb__quic_in *in,
                            const ngtcp2_pkt_hd *head, const ngtcp2_cid *id,
                            uint8_t *ret_token)
{
    ngtcp2_sockaddr_union address;
    ngtcp2_socklen len = vb__quic_address(&in->path->remote, &address);
    ngtcp2_ssize n;

    if (len == 0)
        return 0;
    n = ngtcp2_crypto_generate_retry_token2(
        ret_token, quic->config.secrets->token,
        sizeof(quic->config.secrets->token), head->version, &address.sa, len,
        id, &head->dcid, (ngtcp2_tstamp)quic->now_ns);
    return n > 0 ? (size_t)n : 0;
}

void vb__quic_token_give(struct vb__quic_conn *c, const ngtcp2_addr *address)
{
    const struct vb_quic_secrets *secrets = c->quic->config.secrets;
    uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
    ngtcp2_ssize n = ngtcp2_crypto_generate_regular_token(
        token, secrets->token, sizeof(secrets->token), address->addr,
        address->addrlen, (ngtcp2_tstamp)c->quic->now_ns);

    if (n > 0) /* without it, the next handshake takes longer */
        ngtcp2_conn_submit_new_token(c->ngtcp2, token, (size_t)n);
}
