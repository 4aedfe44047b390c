/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past
 * U+10FFFF. The bytes of a field or of content are only text once this has
 * said so.
 */
#ifndef VB_BASE_UTF8_H
#define VB_BASE_UTF8_H

#include "base/span.h"

/* Is all of s well-formed UTF-8? The empty span is. */
bool vb_utf8_valid(struct vb_span s);

/* How many bytes at the front of s are well-formed UTF-8. */
size_t vb_utf8_prefix(struct vb_span s);

/* The longest front of s of at most `most` bytes that cuts no character in
 * two, where s is well-formed. */
struct vb_span vb_utf8_head(struct vb_span s, size_t most);

#endif
