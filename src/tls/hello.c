/* See hello.h. */
#include "tls/hello.h"

/* Bytes of legacy_version and random, which a ClientHello begins with. */
#define FIXED ((size_t)2 + 32)

/* Cuts a vector off the front of *rest, whose length takes `width` bytes. */
static bool take_vector(struct vb_span *rest, size_t width,
                        struct vb_span *ret_vector)
{
    size_t len = 0;

    if (rest->len < width)
        return false;
    for (size_t i = 0; i < width; i++)
        len = len << 8 | (unsigned char)rest->ptr[i];
    *rest = vb_span_from(*rest, width);
    if (rest->len < len)
        return false;
    *ret_vector = vb_span_head(*rest, len);
    *rest = vb_span_from(*rest, len);
    return true;
}

static unsigned suite_bits(unsigned suite)
{
    static const struct {
        uint16_t suite;
        uint8_t bits;
    } rows[] = {
        {0x1301, VB_TLS_SIGNS_RSA | VB_TLS_SIGNS_ECDSA}, /* TLS 1.3 */
        {0x1302, VB_TLS_SIGNS_RSA | VB_TLS_SIGNS_ECDSA},
        {0x1303, VB_TLS_SIGNS_RSA | VB_TLS_SIGNS_ECDSA},
        {0xc02b, VB_TLS_SIGNS_ECDSA}, /* ECDHE_ECDSA with AES-GCM */
        {0xc02c, VB_TLS_SIGNS_ECDSA},
        {0xcca9, VB_TLS_SIGNS_ECDSA}, /* and with ChaCha20 */
        {0xc02f, VB_TLS_SIGNS_RSA},   /* ECDHE_RSA likewise */
        {0xc030, VB_TLS_SIGNS_RSA},
        {0xcca8, VB_TLS_SIGNS_RSA},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].suite == suite)
            return rows[i].bits;
    return 0;
}

unsigned vb_tls_hello_suites(struct vb_span hello)
{
    struct vb_span session, suites;
    unsigned bits = 0;

    if (hello.len < FIXED)
        return 0;
    hello = vb_span_from(hello, FIXED);
    if (!take_vector(&hello, 1, &session) || !take_vector(&hello, 2, &suites))
        return 0;
    for (size_t i = 0; i + 1 < suites.len; i += 2)
        bits |= suite_bits((unsigned)(unsigned char)suites.ptr[i] << 8 |
                           (unsigned char)suites.ptr[i + 1]);
    return bits;
}

bool vb_tls_hello_takes(unsigned suites, gnutls_pk_algorithm_t key)
{
    bool rsa = key == GNUTLS_PK_RSA || key == GNUTLS_PK_RSA_PSS;

    return (suites & (rsa ? VB_TLS_SIGNS_RSA : VB_TLS_SIGNS_ECDSA)) != 0;
}
