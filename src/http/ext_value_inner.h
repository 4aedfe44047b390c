/* What ext_value.c lends to those who write names octet by octet. */
#ifndef VB_HTTP_EXT_VALUE_INNER_H
#define VB_HTTP_EXT_VALUE_INNER_H

#include "base/buf.h"

/* Appends one octet of a value, escaped unless it is an attr-char. */
void vb__ext_value_octet(struct vb_buf *buf, char c);

#endif
