/*
 * What a parameter means, whichever form its value came in, for those who must
 * keep it; to compare, vb_param_eq is enough and needs no memory.
 */
#ifndef VB_HTTP_PARAM_TEXT_H
#define VB_HTTP_PARAM_TEXT_H

#include "base/arena.h"
#include "base/err.h"
#include "http/param.h"

/* The value without its escapes: in the arena when there are some, borrowed
 * otherwise. VB_ERR_NOMEM. */
enum vb_err vb_param_text(struct vb_arena *arena, const struct vb_param *param,
                          struct vb_span *ret_text);

#endif
