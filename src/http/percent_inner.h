/* The decoder that percent.h and query.h share. */
#ifndef VB_HTTP_PERCENT_INNER_H
#define VB_HTTP_PERCENT_INNER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* As vb_percent_decode; with `plus`, `+` stands for a space. */
enum vb_err vb__percent_decode(struct vb_arena *arena, struct vb_span text,
                               bool plus, struct vb_span *ret_bytes);

/* Appends "%XX" for one octet. */
void vb__percent_append(struct vb_buf *buf, unsigned char octet);

#endif
