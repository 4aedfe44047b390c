/*
 * What is answered without keeping anything about who asked. An answer is
 * never larger than what it answers, so that nobody is flooded with them under
 * a stranger's name.
 */
#include <gnutls/crypto.h>

#include "quic/inner.h"

/* Stateless resets a second, and at once (RFC 9000 section 10.3.3). */
#define RESETS_RATE  256
#define RESETS_BURST 256

/* The shortest stateless reset that looks like a packet, and the longest that
 * we make (RFC 9000 section 10.3). */
#define RESET_LEAST 21
#define RESET_MOST  42

static void answer(struct vb_quic *quic, const struct vb__quic_in *in,
                   const uint8_t *bytes, ngtcp2_ssize len)
{
    if (len > 0 && (size_t)len <= in->bytes.len)
        vb__quic_send_one(quic, in->path, bytes, (size_t)len);
}

void vb__quic_answer_versions(struct vb_quic *quic,
                              const struct vb__quic_in *in,
                              const ngtcp2_version_cid *ids)
{
    /* One that nobody will ever have keeps clients from taking the list for
     * fixed (RFC 9000 section 6.3). */
    uint32_t versions[] = {NGTCP2_RESERVED_VERSION_MASK, NGTCP2_PROTO_VER_V1};
    uint8_t bytes[7 + 2 * UINT8_MAX + sizeof(versions)];
    uint8_t random[2];

    if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) != 0)
        return;
    versions[0] |= (uint32_t)(random[1] & 0xf0) << 24;
    answer(quic, in, bytes,
           ngtcp2_pkt_write_version_negotiation(
               bytes, sizeof(bytes), random[0], ids->scid, ids->scidlen,
               ids->dcid, ids->dcidlen, versions,
               sizeof(versions) / sizeof(versions[0])));
}

void vb__quic_answer_retry(struct vb_quic *quic, const struct vb__quic_in *in,
                           const ngtcp2_pkt_hd *head)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    uint8_t bytes[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
    ngtcp2_cid id;
    size_t len;

    if (!vb__quic_id_make(quic, &id))
        return;
    len = vb__quic_token_retry(quic, in, head, &id, token);
    if (len > 0)
        answer(quic, in, bytes,
               ngtcp2_crypto_write_retry(bytes, sizeof(bytes), head->version,
                                         &head->scid, &id, &head->dcid, token,
                                         len));
}

void vb__quic_answer_refuse(struct vb_quic *quic, const struct vb__quic_in *in,
                            const ngtcp2_pkt_hd *head, uint64_t code)
{
    uint8_t bytes[NGTCP2_MAX_UDP_PAYLOAD_SIZE];

    answer(quic, in, bytes,
           ngtcp2_crypto_write_connection_close(bytes, sizeof(bytes),
                                                head->version, &head->scid,
                                                &head->dcid, code, NULL, 0));
}

/* False: that is enough for now. */
static bool may_reset(struct vb_quic *quic)
{
    double seconds =
        (double)(quic->now_ns - quic->resets_ns) / (double)VB__NS_PER_S;

    quic->resets += seconds * RESETS_RATE;
    quic->resets_ns = quic->now_ns;
    if (quic->resets > RESETS_BURST)
        quic->resets = RESETS_BURST;
    if (quic->resets < 1)
        return false;
    quic->resets--;
    return true;
}

/* One byte less than what it answers at most: so a loop gets shorter and
 * shorter, and ends (RFC 9000 section 10.3.3). */
void vb__quic_answer_reset(struct vb_quic *quic, const struct vb__quic_in *in,
                           const ngtcp2_version_cid *ids)
{
    uint8_t bytes[RESET_MOST], random[RESET_MOST];
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
    size_t len = in->bytes.len > RESET_MOST ? RESET_MOST : in->bytes.len - 1;
    ngtcp2_cid id;

    if (len < RESET_LEAST || !may_reset(quic))
        return;
    ngtcp2_cid_init(&id, ids->dcid, ids->dcidlen);
    if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) == 0 &&
        vb__quic_reset_token(quic, &id, token))
        answer(quic, in, bytes,
               ngtcp2_pkt_write_stateless_reset(
                   bytes, sizeof(bytes), token, random,
                   len - NGTCP2_STATELESS_RESET_TOKENLEN));
}
