/* Secrets that say nothing. See opaque.h. */
#include "access/opaque.h"

#include <sodium.h>

#include "base/base64.h"

/* Bytes that a record's text may stand for. */
#define READ_MOST 64

static const unsigned flags = VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL;

void vb_opaque_make(char text[VB_OPAQUE_LEN])
{
    char encoded[VB_OPAQUE_LEN + 1];
    unsigned char secret[32];

    randombytes_buf(secret, sizeof(secret));
    sodium_bin2base64(encoded, sizeof(encoded), secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(text, encoded, VB_OPAQUE_LEN);
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(encoded, sizeof(encoded));
}

void vb_opaque_hash(struct vb_span text, unsigned char hash[VB_OPAQUE_HASH_LEN])
{
    crypto_generichash(hash, VB_OPAQUE_HASH_LEN,
                       (const unsigned char *)text.ptr, text.len, NULL, 0);
}

void vb_opaque_id(const unsigned char hash[VB_OPAQUE_HASH_LEN],
                  char id[VB_OPAQUE_ID_LEN])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

    for (size_t i = 0; i < VB_OPAQUE_ID_LEN; i++)
        id[i] = digits[hash[i] & 31];
}

void vb_opaque_write(struct vb_buf *buf, const void *bytes, size_t len)
{
    vb_base64_encode(buf, vb_span_of(bytes, len), flags);
}

bool vb_opaque_read(struct vb_span text, void *bytes, size_t len)
{
    char decoded[READ_MOST + 3];
    size_t got;

    if (len > READ_MOST || text.len != (len * 4 + 2) / 3 ||
        !vb_base64_decode(text, flags, decoded, &got) || got != len)
        return false;
    memcpy(bytes, decoded, len);
    return true;
}
