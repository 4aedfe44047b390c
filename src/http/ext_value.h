/*
 * Extended values of parameters (RFC 8187): text past ASCII in title* and
 * filename*, as UTF-8''caf%C3%A9.
 */
#ifndef VB_HTTP_EXT_VALUE_H
#define VB_HTTP_EXT_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Decodes charset "'" [language] "'" value; the text is UTF-8, in the arena or
 * borrowed. VB_ERR_SYNTAX: not of that form, a character or escape out of
 * place, NUL, or bytes that are not UTF-8. VB_ERR_UNSUPPORTED: another charset
 * than UTF-8, which is the only one to be produced (section 3.2.1).
 * VB_ERR_NOMEM.
 */
enum vb_err vb_ext_value_decode(struct vb_arena *arena, struct vb_span value,
                                struct vb_span *ret_text);

/* Appends `text`, which is UTF-8, as an extended value without a language. */
void vb_ext_value_append(struct vb_buf *buf, struct vb_span text);

#endif
