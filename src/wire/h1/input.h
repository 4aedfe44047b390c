/*
 * Bytes that were received and cannot be used yet: a part of a head, content
 * that nobody wants yet, what is behind the message under way.
 *
 * How many there can be is bounded by what asks for more: a head by its
 * limits, everything else by one read of the loop's, since the wire does not
 * ask to read while bytes wait that it cannot use. NULL: there are none.
 */
#ifndef VB_WIRE_H1_INPUT_H
#define VB_WIRE_H1_INPUT_H

#include <stdbool.h>

#include "base/span.h"

struct vb_h1_input;

/* Keeps bytes behind those that wait; false when out of memory. */
bool vb__h1_input_add(struct vb_h1_input **input, struct vb_span bytes);
struct vb_span vb__h1_input_span(const struct vb_h1_input *input);
/* Drops the first n; gives the memory back with the last. */
void vb__h1_input_drop(struct vb_h1_input **input, size_t n);

#endif
