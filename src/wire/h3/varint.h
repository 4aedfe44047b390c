/* Variable-length integers (RFC 9000 section 16): of what QUIC carries. */
#ifndef VB_WIRE_H3_VARINT_H
#define VB_WIRE_H3_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define VB_VARINT_MAX ((UINT64_C(1) << 62) - 1)

/* Bytes of the longest. */
#define VB_VARINT_LEN 8

/* One that comes in pieces; all zero at first. */
struct vb_varint {
    uint64_t value;
    uint8_t left; /* bytes to come */
    bool begun;
};

/* Takes bytes off the front, as many as belong to it. True when it is whole:
 * then it must be made zero before the next. */
bool vb_varint_read(struct vb_varint *varint, struct vb_span *bytes);

/* Takes a whole one off the front; false when it is cut short. */
bool vb_varint_take(struct vb_span *bytes, uint64_t *ret_value);

/* Writes the shortest form of a value up to VB_VARINT_MAX; its bytes. */
size_t vb_varint_put(char *at, uint64_t value);

#endif
