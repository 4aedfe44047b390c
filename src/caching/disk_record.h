/*
 * What the disk tier writes about a response, and reads again:
 *
 *     [fixed part][the key's text][the response, frozen]
 *
 * The fixed part has a check of itself and one of what follows, both made with
 * the directory's secret and for this place in this file: what was written for
 * another one, by others, or damaged, is none. The content lies elsewhere.
 */
#ifndef VB_CACHING_DISK_RECORD_H
#define VB_CACHING_DISK_RECORD_H

#include "base/buf.h"
#include "base/hash.h"

/* Bytes of a record at most: fields of a response are 64 KiB, and a key is a
 * URI. */
#define VB__DISK_RECORD_MAX ((size_t)256 * 1024)

enum vb__disk_kind {
    VB__DISK_STORED = 1, /* in its place */
    VB__DISK_GONE,       /* there is nothing in this place any more */
};

/* Where content lies, and its check. */
struct vb__disk_content {
    uint64_t segment;
    uint64_t check;
    uint32_t at;
    uint32_t len;
};

struct vb__disk_record {
    enum vb__disk_kind kind;
    bool has_content;
    uint64_t moment; /* moments.h: when the response was asked for */
    uint64_t key_hash;
    uint64_t place_hash; /* of its key, its Vary, and the values in these */
    struct vb__disk_content content;
    size_t uri_len;        /* of the key's text */
    struct vb_span key;    /* "" of what is GONE, as is the next one */
    struct vb_span frozen; /* frozen.h */
};

/* A place for a record: segment and offset. */
struct vb__disk_at {
    uint64_t segment;
    uint32_t at;
};

enum vb__disk_read {
    VB__DISK_WHOLE,
    VB__DISK_TORN, /* the bytes end before the record does */
    VB__DISK_BAD   /* it is none */
};

/* Appends a record but for `frozen`, which is what the buffer gets behind it;
 * then vb__disk_record_seal, with the offset in the buffer where it begins. */
void vb__disk_record_write(struct vb_buf *buf,
                           const struct vb__disk_record *record);
void vb__disk_record_seal(struct vb_buf *buf, size_t begin,
                          const struct vb_hash_key *secret,
                          struct vb__disk_at where);

/* The record that these bytes begin with; its texts lie there. *ret_len is how
 * many it has, also with TORN where that is known, else 0. */
enum vb__disk_read vb__disk_record_read(struct vb_span bytes,
                                        const struct vb_hash_key *secret,
                                        struct vb__disk_at where,
                                        struct vb__disk_record *ret_record,
                                        size_t *ret_len);

#endif
