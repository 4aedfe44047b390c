/* What a parameter means. See param_text.h. */
#include "http/param_text.h"

#include "http/quoted.h"

enum vb_err vb_param_text(struct vb_arena *arena, const struct vb_param *param,
                          struct vb_span *ret_text)
{
    char *memory;

    if (!param->quoted || vb_span_find(param->value, '\\', 0) < 0) {
        *ret_text = param->value;
        return VB_OK;
    }
    memory = vb_arena_alloc(arena, param->value.len);
    if (memory == NULL)
        return VB_ERR_NOMEM;
    return vb_quoted_unescape(param->value, memory, param->value.len, ret_text);
}
