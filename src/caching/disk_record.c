/* Records of the disk tier. See disk_record.h. */
#include "caching/disk_record.h"

#include <stddef.h>

/* One more with each change of what follows, or of the names that moments are
 * found by. Numbers are as the machine has them: on another one this is not
 * found, and all begins anew. */
#define MAGIC UINT32_C(0x56626431)

struct fixed {
    uint64_t check; /* of what follows in here */
    uint64_t rest;  /* and of what is behind it */
    uint32_t magic;
    uint32_t length; /* of all */
    uint64_t moment;
    uint64_t key_hash;
    uint64_t place_hash;
    uint64_t content_segment;
    uint64_t content_check;
    uint32_t content_at;
    uint32_t content_len;
    uint32_t kind;
    uint32_t has_content;
    uint32_t uri_len;
    uint32_t key_len;
};

_Static_assert(sizeof(struct fixed) == 88, "written as it lies in memory");

static struct vb_hash_key key_at(const struct vb_hash_key *secret,
                                 struct vb__disk_at where)
{
    return (struct vb_hash_key){secret->k0 ^ where.segment,
                                secret->k1 ^ where.at};
}

static uint64_t check_of(const struct fixed *fixed,
                         const struct vb_hash_key *key)
{
    return vb_hash(key,
                   vb_span_from(vb_span_of((const char *)fixed, sizeof(*fixed)),
                                sizeof(fixed->check)));
}

void vb__disk_record_write(struct vb_buf *buf,
                           const struct vb__disk_record *record)
{
    const struct fixed fixed = {
        .magic = MAGIC,
        .moment = record->moment,
        .key_hash = record->key_hash,
        .place_hash = record->place_hash,
        .content_segment = record->content.segment,
        .content_check = record->content.check,
        .content_at = record->content.at,
        .content_len = record->content.len,
        .kind = record->kind,
        .has_content = record->has_content,
        .uri_len = (uint32_t)record->uri_len,
        .key_len = (uint32_t)record->key.len,
    };

    vb_buf_append(buf, vb_span_of((const char *)&fixed, sizeof(fixed)));
    vb_buf_append(buf, record->key);
}

void vb__disk_record_seal(struct vb_buf *buf, size_t begin,
                          const struct vb_hash_key *secret,
                          struct vb__disk_at where)
{
    const struct vb_hash_key key = key_at(secret, where);
    struct vb_span all;
    struct fixed fixed;

    if (buf->err != VB_OK)
        return;
    all = vb_span_from(vb_buf_span(buf), begin);
    memcpy(&fixed, all.ptr, sizeof(fixed));
    fixed.length = (uint32_t)all.len;
    fixed.rest = vb_hash(&key, vb_span_from(all, sizeof(fixed)));
    fixed.check = check_of(&fixed, &key);
    memcpy(buf->ptr + begin, &fixed, sizeof(fixed));
}

static bool is_sound(const struct fixed *fixed)
{
    return fixed->magic == MAGIC && fixed->length >= sizeof(*fixed) &&
           fixed->length <= VB__DISK_RECORD_MAX &&
           fixed->key_len <= fixed->length - sizeof(*fixed) &&
           fixed->uri_len <= fixed->key_len &&
           (fixed->kind == VB__DISK_STORED || fixed->kind == VB__DISK_GONE);
}

static struct vb__disk_record record_of(const struct fixed *fixed,
                                        struct vb_span texts)
{
    return (struct vb__disk_record){
        .kind = (enum vb__disk_kind)fixed->kind,
        .has_content = fixed->has_content != 0,
        .moment = fixed->moment,
        .key_hash = fixed->key_hash,
        .place_hash = fixed->place_hash,
        .content = {.segment = fixed->content_segment,
                    .check = fixed->content_check,
                    .at = fixed->content_at,
                    .len = fixed->content_len},
        .uri_len = fixed->uri_len,
        .key = vb_span_head(texts, fixed->key_len),
        .frozen = vb_span_from(texts, fixed->key_len),
    };
}

enum vb__disk_read vb__disk_record_read(struct vb_span bytes,
                                        const struct vb_hash_key *secret,
                                        struct vb__disk_at where,
                                        struct vb__disk_record *ret_record,
                                        size_t *ret_len)
{
    const struct vb_hash_key key = key_at(secret, where);
    struct vb_span texts;
    struct fixed fixed;

    *ret_len = 0;
    if (bytes.len < sizeof(fixed))
        return VB__DISK_TORN;
    memcpy(&fixed, bytes.ptr, sizeof(fixed));
    if (fixed.check != check_of(&fixed, &key) || !is_sound(&fixed))
        return VB__DISK_BAD;
    *ret_len = fixed.length;
    if (bytes.len < fixed.length)
        return VB__DISK_TORN;
    texts = vb_span_from(vb_span_head(bytes, fixed.length), sizeof(fixed));
    if (fixed.rest != vb_hash(&key, texts))
        return VB__DISK_BAD;
    *ret_record = record_of(&fixed, texts);
    return VB__DISK_WHOLE;
}
