/*
 * Field names we know: from a name to a small number, and what is so about
 * the field (list, singleton, hop-by-hop, trailers, secrecy). The data is
 * field.tbl; a field that is not in it is VB_FIELD_OTHER.
 */
#ifndef VB_HTTP_FIELD_H
#define VB_HTTP_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Small enough to index an array with, or to keep in a uint8_t. */
enum vb_field_id {
    VB_FIELD_OTHER = 0,
#define VB_FIELD(id, name, properties) VB_FIELD_##id,
#include "http/field.tbl"
#undef VB_FIELD
    VB_FIELD_COUNT
};

/* Properties; field.tbl says what each means. */
enum vb_field_property {
    VB_FIELD_IS_LIST = 1 << 0,
    VB_FIELD_IS_ONE = 1 << 1,
    VB_FIELD_IS_SOFT = 1 << 2,
    VB_FIELD_IS_HOP = 1 << 3,
    VB_FIELD_IS_TRAILER = 1 << 4,
    VB_FIELD_IS_NO_TRAILER = 1 << 5,
    VB_FIELD_IS_SECRET = 1 << 6,
};

/*
 * The id of a field name in any case (RFC 9110 section 5.1), VB_FIELD_OTHER
 * when it is not in the table. Costs the same few nanoseconds either way.
 */
enum vb_field_id vb_field_find(struct vb_span name);

/* The name as registered, "Content-Type"; static; "" for VB_FIELD_OTHER. */
struct vb_span vb_field_name(enum vb_field_id id);

/* The name in lower case, as HTTP/2 and HTTP/3 send it; static. */
struct vb_span vb_field_name_lower(enum vb_field_id id);

/* The enum vb_field_property bits; none for VB_FIELD_OTHER. */
unsigned vb_field_properties(enum vb_field_id id);

static inline bool vb_field_is(enum vb_field_id id,
                               enum vb_field_property property)
{
    return (vb_field_properties(id) & property) != 0;
}

#endif
