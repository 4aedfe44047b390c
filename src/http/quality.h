/*
 * Weights, `q=0.5`, in thousandths (RFC 9110 section 12.4.2).
 */
#ifndef VB_HTTP_QUALITY_H
#define VB_HTTP_QUALITY_H

#include <stdbool.h>

#include "base/span.h"
#include "http/param.h"

#define VB_Q_MAX 1000

/* qvalue: 0 to 1 with up to three decimals; 1000 times that. */
bool vb_q_parse(struct vb_span s, int *ret_q);

/* Is it a parameter named q? */
bool vb_q_is(const struct vb_param *param);

/*
 * Reads `name [;q=...]`, all of s, as Accept-Encoding and Accept-Language have
 * it; name is what stands before the first ";" or white space, unread. *ret_q
 * is VB_Q_MAX without a weight. False when the weight is malformed, or
 * something else follows the name.
 */
bool vb_q_split(struct vb_span s, struct vb_span *ret_name, int *ret_q);

#endif
