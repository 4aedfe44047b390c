/*
 * Field names: see field.h; the data is field.tbl.
 *
 * The look-up is a perfect hash that tools/field_hash.py makes at build time:
 *
 *     name ─▶ head, tail ─▶ x ─▶ shift = field_shifts[x >> 58]
 *                                id    = field_slots[(x >> 48) + shift mod 256]
 *
 * head and tail are the first and last eight bytes of the name in lower case
 * (four of a name shorter than eight; all three of one shorter than four).
 * Together they hold all of a name of up to 16 bytes, so that comparing them
 * finishes the job for most.
 */
#include "http/field.h"

#include "base/assert.h"

struct field_key {
    uint64_t head;
    uint64_t tail;
    struct vb_span lower;
};

#include "field_hash.inc"

static const struct {
    struct vb_span name;
    uint8_t properties;
} infos[VB_FIELD_COUNT] = {
    [VB_FIELD_OTHER] = {VB_SPAN_INIT(""), 0},
#define LIST       VB_FIELD_IS_LIST
#define ONE        VB_FIELD_IS_ONE
#define SOFT       VB_FIELD_IS_SOFT
#define HOP        VB_FIELD_IS_HOP
#define TRAILER    VB_FIELD_IS_TRAILER
#define NO_TRAILER VB_FIELD_IS_NO_TRAILER
#define SECRET     VB_FIELD_IS_SECRET
#define VB_FIELD(id, name, properties)                                         \
    [VB_FIELD_##id] = {VB_SPAN_INIT(name), properties},
#include "http/field.tbl"
#undef VB_FIELD
};

_Static_assert(sizeof field_keys / sizeof field_keys[0] == VB_FIELD_COUNT,
               "the hash was made from this table");
_Static_assert(VB_FIELD_COUNT <= 251, "ids index arrays of bytes");

/* Little-endian, as the generator counts. */
static uint64_t load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/*
 * Lower-cases the letters A to Z among eight bytes, and nothing else: or'ing
 * 0x20 into every byte would take "Content\rLength" for a known name. In the
 * bytes below 0x80, adding 0x3f carries into bit 7 from 'A' up, adding 0x25
 * from '[' up; bit 7 of the exclusive-or marks the letters.
 */
static uint64_t lower8(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t low = word & (ones * 0x7f);
    uint64_t letter =
        ((low + ones * 0x3f) ^ (low + ones * 0x25)) & ~word & (ones * 0x80);

    return word | (letter >> 2);
}

static void read_words(struct vb_span name, uint64_t *head, uint64_t *tail)
{
    const unsigned char *at = (const unsigned char *)name.ptr;

    if (name.len >= 8) {
        *head = load8(name.ptr);
        *tail = load8(name.ptr + name.len - 8);
    } else if (name.len >= 4) {
        *head = load4(name.ptr);
        *tail = load4(name.ptr + name.len - 4);
    } else {
        *head = (uint64_t)at[0] | (uint64_t)at[name.len / 2] << 8 |
                (uint64_t)at[name.len - 1] << 16;
        *tail = 0;
    }
    *head = lower8(*head);
    *tail = lower8(*tail);
}

/* Do the bytes between the first and the last eight agree? */
static bool middle_eq(struct vb_span name, struct vb_span lower)
{
    for (size_t i = 8; i + 8 < name.len; i += 8)
        if (lower8(load8(name.ptr + i)) != load8(lower.ptr + i))
            return false;
    return true;
}

enum vb_field_id vb_field_find(struct vb_span name)
{
    const struct field_key *key;
    uint64_t head;
    uint64_t tail;
    uint64_t x;
    unsigned id;

    if (name.len == 0)
        return VB_FIELD_OTHER;
    read_words(name, &head, &tail);
    x = (head ^ name.len) * FIELD_MULTIPLIER;
    x = (x ^ (x >> 32) ^ tail) * FIELD_MULTIPLIER;
    id = field_slots[(uint8_t)((x >> 48) + field_shifts[x >> 58])];
    key = &field_keys[id];
    if (key->head != head || key->tail != tail || key->lower.len != name.len)
        return VB_FIELD_OTHER;
    return middle_eq(name, key->lower) ? (enum vb_field_id)id : VB_FIELD_OTHER;
}

struct vb_span vb_field_name(enum vb_field_id id)
{
    vb_assert((unsigned)id < VB_FIELD_COUNT);
    return infos[id].name;
}

struct vb_span vb_field_name_lower(enum vb_field_id id)
{
    vb_assert((unsigned)id < VB_FIELD_COUNT);
    return field_keys[id].lower;
}

unsigned vb_field_properties(enum vb_field_id id)
{
    vb_assert((unsigned)id < VB_FIELD_COUNT);
    return infos[id].properties;
}
