/* Digest fields: see digest.h. */
#include "http/digest.h"

#include "base/assert.h"
#include "http/sf.h"

static const struct {
    struct vb_span name;
    size_t len; /* octets */
} infos[VB_DIGEST_COUNT] = {
    [VB_DIGEST_SHA_256] = {VB_SPAN_INIT("sha-256"), 32},
    [VB_DIGEST_SHA_512] = {VB_SPAN_INIT("sha-512"), 64},
};

static enum vb_digest_algorithm find(struct vb_span name)
{
    unsigned i = 0;

    while (i < VB_DIGEST_COUNT && !vb_span_eq(name, infos[i].name))
        i++;
    return (enum vb_digest_algorithm)i;
}

size_t vb_digest_len(enum vb_digest_algorithm algorithm)
{
    vb_assert((unsigned)algorithm < VB_DIGEST_COUNT);
    return infos[algorithm].len;
}

enum vb_err vb_digests_parse(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_digests *ret_digests)
{
    struct vb_digests digests = {.values = {{NULL, 0}}};
    struct vb_sf_list dictionary;
    enum vb_err err = vb_sf_parse_dictionary(arena, lines, count, &dictionary);

    if (err != VB_OK)
        return err;
    for (size_t i = 0; i < dictionary.count; i++) {
        const struct vb_sf_member *member = &dictionary.members[i];
        enum vb_digest_algorithm algorithm = find(member->key);

        if (algorithm == VB_DIGEST_NONE)
            continue;
        if (member->item.value.type != VB_SF_BYTES ||
            member->item.value.text.len != infos[algorithm].len)
            return VB_ERR_SYNTAX;
        digests.values[algorithm] = member->item.value.text;
    }
    *ret_digests = digests;
    return VB_OK;
}

enum vb_err vb_digest_wanted(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             enum vb_digest_algorithm *ret_algorithm)
{
    enum vb_digest_algorithm best = VB_DIGEST_NONE;
    struct vb_sf_list dictionary;
    int64_t best_weight = 0;
    enum vb_err err = vb_sf_parse_dictionary(arena, lines, count, &dictionary);

    if (err != VB_OK)
        return err;
    for (size_t i = 0; i < dictionary.count; i++) {
        const struct vb_sf_value *weight = &dictionary.members[i].item.value;
        enum vb_digest_algorithm algorithm = find(dictionary.members[i].key);

        if (weight->type != VB_SF_INTEGER || weight->integer < 0 ||
            weight->integer > 10)
            return VB_ERR_SYNTAX;
        if (algorithm == VB_DIGEST_NONE || weight->integer <= best_weight)
            continue;
        best = algorithm;
        best_weight = weight->integer;
    }
    *ret_algorithm = best;
    return VB_OK;
}

void vb_digest_write(struct vb_buf *buf, enum vb_digest_algorithm algorithm,
                     struct vb_span digest)
{
    struct vb_sf_member member = {.item.value = {.type = VB_SF_BYTES}};
    struct vb_sf_list dictionary = {.members = &member, .count = 1};
    enum vb_err err;

    vb_assert(digest.len == vb_digest_len(algorithm));
    member.key = infos[algorithm].name;
    member.item.value.text = digest;
    err = vb_sf_write_dictionary(buf, &dictionary);
    vb_assert(err == buf->err);
}
