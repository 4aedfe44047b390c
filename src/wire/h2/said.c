/*
 * What was said of fields, said again. Fields that are all in the table are a
 * few indexes (RFC 7541 section 6.1), and such a block changes no table: until
 * something else does, the same fields are the same bytes. So one reply after
 * the other of the same resource costs a comparison, and no look for each
 * field.
 */
#include "wire/h2/inner.h"

struct vb_h2_said {
    uint16_t len;      /* of text */
    uint8_t block_len; /* 0: nothing is kept */
    char block[127];
    char text[VB_H2_SAID_MAX]; /* each field's lengths, name and value */
};

/* The lengths of a field, as they stand before it. */
struct lengths {
    uint16_t name;
    uint16_t value;
};

static bool is_long(const struct vb_field_out *field)
{
    return field->name.len > VB_H2_SAID_MAX ||
           field->value.len > VB_H2_SAID_MAX;
}

static struct lengths lengths_of(const struct vb_field_out *field)
{
    return (struct lengths){(uint16_t)field->name.len,
                            (uint16_t)field->value.len};
}

/* Is the field what stands there? Moves on behind it. */
static bool take_same(const char **at, const char *end,
                      const struct vb_field_out *field)
{
    struct lengths lengths = lengths_of(field);
    size_t size = sizeof(lengths) + field->name.len + field->value.len;
    const char *name = *at + sizeof(lengths);

    if (is_long(field) || (size_t)(end - *at) < size ||
        memcmp(*at, &lengths, sizeof(lengths)) != 0 ||
        memcmp(name, field->name.ptr, lengths.name) != 0 ||
        (lengths.value > 0 &&
         memcmp(name + lengths.name, field->value.ptr, lengths.value) != 0))
        return false;
    *at += size;
    return true;
}

struct vb_span vb__h2_said(const struct vb_h2 *h2,
                           const struct vb_section *section)
{
    const struct vb_h2_said *said = h2->said;
    const char *at, *end;

    if (said == NULL || said->block_len == 0 ||
        (section->as_came != NULL && section->as_came->guarded))
        return VB_SPAN("");
    at = said->text;
    end = at + said->len;
    for (size_t i = 0; i < section->count; i++)
        if (!take_same(&at, end, &section->at[i]))
            return VB_SPAN("");
    return at == end ? vb_span_of(said->block, said->block_len) : VB_SPAN("");
}

void vb__h2_said_forget(struct vb_h2 *h2)
{
    if (h2->said != NULL)
        h2->said->block_len = 0;
}

/* An integer with a prefix of so many bits (RFC 7541 section 5.1); ours are
 * small. */
static bool take_integer(struct vb_span *block, unsigned bits, size_t *ret)
{
    size_t most = ((size_t)1 << bits) - 1;
    unsigned shift = 0;
    unsigned char c;

    if (block->len == 0)
        return false;
    *ret = (unsigned char)block->ptr[0] & most;
    *block = vb_span_from(*block, 1);
    if (*ret < most)
        return true;
    do {
        if (block->len == 0 || shift > 14)
            return false;
        c = (unsigned char)block->ptr[0];
        *block = vb_span_from(*block, 1);
        *ret += (size_t)(c & 0x7f) << shift;
        shift += 7;
    } while ((c & 0x80) != 0);
    return true;
}

static bool take_string(struct vb_span *block)
{
    size_t len;

    if (!take_integer(block, 7, &len) || len > block->len)
        return false;
    *block = vb_span_from(*block, len);
    return true;
}

/* Does the block leave the table as it is? Only indexes (6.1) and literals
 * without indexing (6.2.2) do; those that are never to be indexed are not kept
 * by us either. */
static bool changes_nothing(struct vb_span block)
{
    while (block.len > 0) {
        unsigned char c = (unsigned char)block.ptr[0];
        size_t index;

        if ((c & 0x80) != 0) {
            if (!take_integer(&block, 7, &index))
                return false;
            continue;
        }
        if ((c & 0xf0) != 0 || !take_integer(&block, 4, &index) ||
            (index == 0 && !take_string(&block)) || !take_string(&block))
            return false;
    }
    return true;
}

static bool keep_text(struct vb_h2_said *said, const struct vb_section *section)
{
    size_t len = 0;

    for (size_t i = 0; i < section->count; i++) {
        const struct vb_field_out *field = &section->at[i];
        struct lengths lengths = lengths_of(field);

        if (is_long(field) ||
            sizeof(lengths) + field->name.len + field->value.len >
                VB_H2_SAID_MAX - len)
            return false;
        memcpy(said->text + len, &lengths, sizeof(lengths));
        len += sizeof(lengths);
        memcpy(said->text + len, field->name.ptr, field->name.len);
        len += field->name.len;
        if (field->value.len > 0)
            memcpy(said->text + len, field->value.ptr, field->value.len);
        len += field->value.len;
    }
    said->len = (uint16_t)len;
    return true;
}

void vb__h2_said_keep(struct vb_h2 *h2, const struct vb_section *section,
                      struct vb_span block)
{
    vb__h2_said_forget(h2); /* its indexes may be others' now */
    if (!changes_nothing(block) || block.len > sizeof(h2->said->block))
        return;
    if (h2->said == NULL)
        h2->said = vb_heap_alloc(&h2->env->heap, sizeof(*h2->said));
    if (h2->said == NULL || !keep_text(h2->said, section))
        return;
    memcpy(h2->said->block, block.ptr, block.len);
    h2->said->block_len = (uint8_t)block.len;
}
