/* What both forms of a problem have in common. See problem.h. */
#ifndef VB_CONTENT_PROBLEM_PART_H
#define VB_CONTENT_PROBLEM_PART_H

#include "content/problem.h"

/* Bytes of any one text that are written. */
#define VB__PROBLEM_TEXT 1000

/* The title, or the status's phrase (RFC 9457 section 4.2.1). */
struct vb_span vb__problem_title(const struct vb_problem *problem);

/* "pointer", "parameter" or "header". */
struct vb_span vb__problem_part_name(enum vb_problem_part part);

/* How many complaints are written out. */
size_t vb__problem_shown(const struct vb_problem *problem);

#endif
