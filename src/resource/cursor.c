/* Sealing where a page begins. See cursor.h. */
#include "resource/cursor.h"

#include "base/base64.h"

/*
 * 0-15   position with the direction as its last bit, in hexadecimal
 * 16-31  SipHash of that, the listing and the sort key, keyed with the secret
 * 32-    the sort key, if any, in base64url
 *
 * The seal keeps clients from building positions that they were not given.
 */
#define HALF   ((size_t)16)
#define CODING (VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL)

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

static uint64_t seal(uint64_t word, struct vb_span key, struct vb_span scope,
                     const struct vb_hash_key *secret)
{
    const uint64_t parts[] = {word, vb_hash(secret, key),
                              vb_hash(secret, scope)};

    return vb_hash(secret, vb_span_of((const char *)parts, sizeof(parts)));
}

void vb_cursor_write(struct vb_buf *buf, const struct vb_cursor *cursor,
                     struct vb_span scope, const struct vb_hash_key *secret)
{
    uint64_t word = cursor->position << 1 | cursor->backward;
    char text[2 * HALF];

    write_hex(word, text);
    write_hex(seal(word, cursor->key, scope, secret), text + HALF);
    vb_buf_append(buf, vb_span_of(text, sizeof(text)));
    vb_base64_encode(buf, cursor->key, CODING);
}

/* What follows the seal; false: it is not base64url, or memory is short. */
static bool read_key(struct vb_arena *arena, struct vb_span text,
                     struct vb_span *ret_key)
{
    char *key = vb_arena_alloc(arena, vb_base64_decoded_max(text.len));
    size_t len;

    if (key == NULL || !vb_base64_decode(text, CODING, key, &len))
        return false;
    *ret_key = vb_span_of(key, len);
    return true;
}

bool vb_cursor_parse(struct vb_arena *arena, struct vb_span text,
                     struct vb_span scope, const struct vb_hash_key *secret,
                     struct vb_cursor *ret_cursor)
{
    struct vb_span key = VB_SPAN("");
    uint64_t word, sealed;

    if (text.len < 2 * HALF || !read_hex(text.ptr, &word) ||
        !read_hex(text.ptr + HALF, &sealed) ||
        !read_key(arena, vb_span_from(text, 2 * HALF), &key) ||
        sealed != seal(word, key, scope, secret))
        return false;
    *ret_cursor = (struct vb_cursor){word >> 1, key, (word & 1) != 0};
    return true;
}
