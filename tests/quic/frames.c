/*
 * See client.h: what ngtcp2 neither tells (STOP_SENDING and its code) nor
 * would send (quic_client_inject), seen and put in where packets are
 * protected: their callbacks get the frames as they are.
 *
 * What is to be injected takes the place of CRYPTO with a mark in it: when
 * ngtcp2 thinks that packet lost and repeats the CRYPTO, it is replaced again,
 * and never seen.
 */
#include "inner.h"

#include <string.h>

#define MARK_LEN 16

static const char MARK[MARK_LEN + 1] = "inject-a-packet!";

/* ngtcp2 gives these callbacks no context. */
static _Thread_local struct quic_client *protecting;

void frames_of(struct quic_client *c)
{
    protecting = c;
}

bool quic_client_inject(struct quic_client *c, struct vb_span frames)
{
    uint8_t marked[INJECT_MAX + MARK_LEN * 2];
    size_t len = frames.len + MARK_LEN * 2;

    if (frames.len > INJECT_MAX ||
        !ngtcp2_conn_get_handshake_completed(c->conn))
        return false;
    memcpy(c->frames, frames.ptr, frames.len);
    c->frames_len = frames.len;
    c->injecting = true;
    for (size_t i = 0; i < len; i++)
        marked[i] = (uint8_t)MARK[i % MARK_LEN];
    return ngtcp2_conn_submit_crypto_data(c->conn, NGTCP2_ENCRYPTION_LEVEL_1RTT,
                                          marked, len) == 0;
}

void quic_client_first_bits(struct quic_client *c, unsigned char bits)
{
    c->first_bits = bits;
}

static bool is_marked(const uint8_t *plain, size_t len)
{
    return memmem(plain, len, MARK, MARK_LEN) != NULL;
}

/* ngtcp2's signature. NOLINTNEXTLINE(readability-function-size) */
static int on_encrypt(uint8_t *into, const ngtcp2_crypto_aead *aead,
                      const ngtcp2_crypto_aead_ctx *context,
                      const uint8_t *plain, size_t len, const uint8_t *nonce,
                      size_t nonce_len, const uint8_t *head, size_t head_len)
{
    uint8_t other[65536] = {0}; /* PADDING */

    if (protecting != NULL && len <= sizeof(other) && is_marked(plain, len)) {
        if (len >= protecting->frames_len)
            memcpy(other, protecting->frames, protecting->frames_len);
        protecting->injecting = false;
        /* It lies where the packet does, and is not protected yet. */
        *(uint8_t *)(uintptr_t)head |= protecting->first_bits;
        plain = other;
    }
    return ngtcp2_crypto_encrypt_cb(into, aead, context, plain, len, nonce,
                                    nonce_len, head, head_len);
}

/* --- What comes --------------------------------------------------------------
 */

/* The rest of the frames; `bad` once it ended where it should not. */
struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static void skip(struct reader *r, uint64_t count)
{
    if (count > (uint64_t)(r->end - r->at))
        r->bad = true;
    else
        r->at += count;
}

static uint64_t read_byte(struct reader *r)
{
    const uint8_t *at = r->at;

    skip(r, 1);
    return r->bad ? 0 : *at;
}

/* RFC 9000 section 16. */
static uint64_t read_number(struct reader *r)
{
    uint64_t n = read_byte(r);
    int more = (1 << (n >> 6)) - 1;

    n &= 0x3f;
    for (int i = 0; i < more; i++)
        n = n << 8 | read_byte(r);
    return n;
}

/*
 * What is behind a frame's type (RFC 9000 section 19): n: a number, d: one that
 * tells the length of the data behind it, a: the ranges of ACK, i: a connection
 * ID and a token, 8: so many bytes, r: all of the rest. NULL: no frame of ours.
 */
static const char *shape_of(uint64_t type)
{
    static const char *const SHAPES[] = {
        [0x00] = "",    [0x01] = "",    [0x02] = "nna", [0x03] = "nnannn",
        [0x04] = "nnn", [0x05] = "nn",  [0x06] = "nd",  [0x07] = "d",
        [0x08] = "nr",  [0x09] = "nr",  [0x0a] = "nd",  [0x0b] = "nd",
        [0x0c] = "nnr", [0x0d] = "nnr", [0x0e] = "nnd", [0x0f] = "nnd",
        [0x10] = "n",   [0x11] = "nn",  [0x12] = "n",   [0x13] = "n",
        [0x14] = "n",   [0x15] = "nn",  [0x16] = "n",   [0x17] = "n",
        [0x18] = "nni", [0x19] = "n",   [0x1a] = "8",   [0x1b] = "8",
        [0x1c] = "nnd", [0x1d] = "nd",  [0x1e] = "",
    };

    return type < sizeof(SHAPES) / sizeof(SHAPES[0]) ? SHAPES[type] : NULL;
}

static void skip_ranges(struct reader *r)
{
    uint64_t count = read_number(r);

    read_number(r); /* the first one */
    for (uint64_t i = 0; i < count && !r->bad; i++) {
        read_number(r);
        read_number(r);
    }
}

/* The frame's first two numbers. */
static void read_frame(struct reader *r, const char *shape, uint64_t first[2])
{
    int count = 0;

    for (; *shape != '\0' && !r->bad; shape++) {
        uint64_t n = *shape == 'n' || *shape == 'd' ? read_number(r) : 0;

        if (*shape == 'n' && count < 2)
            first[count++] = n;
        else if (*shape == 'd')
            skip(r, n);
        else if (*shape == 'a')
            skip_ranges(r);
        else if (*shape == 'i')
            skip(r, read_byte(r) + NGTCP2_STATELESS_RESET_TOKENLEN);
        else if (*shape == '8')
            skip(r, 8);
        else if (*shape == 'r')
            r->at = r->end;
    }
}

static void look(struct quic_client *c, const uint8_t *plain, size_t len)
{
    struct reader r = {plain, plain + len, false};

    while (r.at < r.end && !r.bad) {
        uint64_t type = read_number(&r), first[2] = {0, 0};
        const char *shape = shape_of(type);

        if (shape == NULL)
            return;
        read_frame(&r, shape, first);
        if (type == 0x05 && !r.bad)
            emit(c, (struct quic_event){.kind = QUIC_STOP,
                                        .id = (int64_t)first[0],
                                        .code = first[1]});
    }
}

/* ngtcp2's signature. NOLINTNEXTLINE(readability-function-size) */
static int on_decrypt(uint8_t *into, const ngtcp2_crypto_aead *aead,
                      const ngtcp2_crypto_aead_ctx *context,
                      const uint8_t *bytes, size_t len, const uint8_t *nonce,
                      size_t nonce_len, const uint8_t *head, size_t head_len)
{
    int rv = ngtcp2_crypto_decrypt_cb(into, aead, context, bytes, len, nonce,
                                      nonce_len, head, head_len);

    if (rv == 0 && protecting != NULL && len >= aead->max_overhead)
        look(protecting, into, len - aead->max_overhead);
    return rv;
}

void frame_callbacks_set(ngtcp2_callbacks *callbacks)
{
    callbacks->encrypt = on_encrypt;
    callbacks->decrypt = on_decrypt;
}
