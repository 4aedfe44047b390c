/*
 * Sort keys: bytes whose order (memcmp) is the order of JSON values, so that
 * who sorts, or keeps an index, need not know what JSON is.
 *
 *     nothing and null < false < true < numbers < strings < arrays, objects
 *
 * Numbers are in the order of their values (content/number.h), strings in that
 * of their code points: no language's alphabet. The key of one value never
 * begins that of another, so several can be joined into one.
 */
#ifndef VB_CONTENT_COLLATE_H
#define VB_CONTENT_COLLATE_H

#include <yyjson.h>

#include "base/buf.h"

/* What of a string or a number counts: what differs behind these bytes, or
 * digits, is equal. It bounds the keys, and whoever hands them out. */
#define VB_COLLATE_MOST 256

/* The first byte of a key; none begins with 0xff. */
enum vb_collate_rank {
    VB_RANK_NOTHING = 0x10,
    VB_RANK_FALSE = 0x20,
    VB_RANK_TRUE = 0x21,
    VB_RANK_NUMBER = 0x30,
    VB_RANK_TIME = 0x40,
    VB_RANK_STRING = 0x41,
    VB_RANK_OTHER = 0x50,
};

enum vb_collate_flag {
    VB_COLLATE_ASCENDING = 0,
    VB_COLLATE_DESCENDING = 1,
    VB_COLLATE_TIME = 2, /* strings that are date-times (RFC 3339) are in the
                            order of the instants, before other strings */
};

/* Appends the key of a value; NULL: there is none. Arrays and objects are all
 * equal. `flags` are vb_collate_flag. */
void vb_collate(struct vb_buf *buf, yyjson_val *value, unsigned flags);

/* The ascending keys of what is written so: a number of JSON, a string. */
void vb_collate_number(struct vb_buf *buf, struct vb_span text);
void vb_collate_string(struct vb_buf *buf, struct vb_span text, unsigned flags);

/* What the keys of all strings begin with that begin with this. */
void vb_collate_prefix(struct vb_buf *buf, struct vb_span text);

#endif
