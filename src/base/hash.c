/* SipHash-1-3. See hash.h. */
#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>

#include "base/assert.h"

struct vb_hash_key vb_hash_key_random(void)
{
    struct vb_hash_key key;
    ssize_t n = getrandom(&key, sizeof(key), 0);

    vb_assert(n == (ssize_t)sizeof(key));
    return key;
}

const struct vb_hash_key vb_hash_key_fixed = {0, 0};

static struct vb_hash_key shared_key;

static void make_shared_key(void)
{
    shared_key = vb_hash_key_random();
}

const struct vb_hash_key *vb_hash_key_shared(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_shared_key);
    return &shared_key;
}

static inline uint64_t rotl(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

/* The last 0 to 7 bytes, little-endian, with the length on top. */
static uint64_t tail_word(const char *at, size_t rest, size_t len)
{
    uint64_t word = (uint64_t)len << 56;
    uint32_t four;
    uint16_t two;
    unsigned shift = 0;

    if (rest & 4) {
        memcpy(&four, at, sizeof(four));
        word |= four;
        at += sizeof(four);
        shift = 32;
    }
    if (rest & 2) {
        memcpy(&two, at, sizeof(two));
        word |= (uint64_t)two << shift;
        at += sizeof(two);
        shift += 16;
    }
    if (rest & 1)
        word |= (uint64_t)(unsigned char)*at << shift;
    return word;
}

uint64_t vb_hash(const struct vb_hash_key *key, struct vb_span bytes)
{
    struct state s = {
        key->k0 ^ 0x736f6d6570736575ULL, key->k1 ^ 0x646f72616e646f6dULL,
        key->k0 ^ 0x6c7967656e657261ULL, key->k1 ^ 0x7465646279746573ULL};
    const char *at = bytes.ptr;
    size_t words = bytes.len / 8;

    for (size_t i = 0; i < words; i++, at += 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word)); /* little-endian machines only */
        absorb(&s, word);
    }
    absorb(&s, tail_word(at, bytes.len % 8, bytes.len));
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
