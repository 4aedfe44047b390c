/*
 * Names that the server gives to new members of a collection, beside plain
 * numbers (which the store counts).
 */
#ifndef VB_RESOURCE_ID_H
#define VB_RESOURCE_ID_H

#include <stdint.h>

#include "base/span.h"

#define VB_UUID_LEN     36
#define VB_SHORT_ID_LEN 20

/* A UUID of version 7 (RFC 9562 section 5.7): sorts by time, in lower case,
 * without a NUL. unix_ms is its time. */
void vb_id_uuid7(int64_t unix_ms, char text[VB_UUID_LEN]);

/*
 * 20 characters of [0-9a-v], without a NUL: 45 bits of time in milliseconds,
 * so that they sort by time, then 55 random ones, so that none is guessed.
 */
void vb_id_short(int64_t unix_ms, char text[VB_SHORT_ID_LEN]);

#endif
