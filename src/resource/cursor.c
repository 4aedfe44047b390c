/* Sealing where a page begins. See cursor.h. */
#include "resource/cursor.h"

#include "base/assert.h"
#include "base/hash.h"

/*
 * 0-15   position with the direction as its last bit, in hexadecimal
 * 16-31  SipHash of that and the listing, keyed with the store's epoch
 *
 * The seal keeps clients from building positions they were not given. It is
 * no secret worth guarding: a position shows no more than the order of
 * creation, so the epoch is key enough.
 */
#define HALF ((size_t)16)

static void write_hex(uint64_t n, char *at)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 15; i >= 0; i--, n >>= 4)
        at[i] = digits[n & 15];
}

static bool read_hex(const char *at, uint64_t *ret_n)
{
    uint64_t n = 0;

    for (size_t i = 0; i < HALF; i++) {
        char c = at[i];

        if (c >= '0' && c <= '9')
            n = n << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret_n = n;
    return true;
}

static uint64_t seal(uint64_t word, struct vb_span parent, struct vb_span epoch)
{
    struct vb_hash_key key = {word, 0};

    vb_assert(epoch.len >= sizeof(key.k1));
    memcpy(&key.k1, epoch.ptr, sizeof(key.k1));
    return vb_hash(&key, parent);
}

void vb_cursor_format(const struct vb_cursor *cursor, struct vb_span parent,
                      struct vb_span epoch, char text[VB_CURSOR_LEN])
{
    uint64_t word = cursor->position << 1 | cursor->backward;

    write_hex(word, text);
    write_hex(seal(word, parent, epoch), text + HALF);
}

bool vb_cursor_parse(struct vb_span text, struct vb_span parent,
                     struct vb_span epoch, struct vb_cursor *ret_cursor)
{
    uint64_t word, sealed;

    if (text.len != VB_CURSOR_LEN || !read_hex(text.ptr, &word) ||
        !read_hex(text.ptr + HALF, &sealed) ||
        sealed != seal(word, parent, epoch))
        return false;
    *ret_cursor = (struct vb_cursor){word >> 1, (word & 1) != 0};
    return true;
}
