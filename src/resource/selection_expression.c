/*
 * `filter`: an expression in the language of AIP-160 over the properties of a
 * listing's members. See selection.h.
 */
#include "resource/selection_part.h"

static bool find_field(void *context, size_t root, const struct vb_span *path,
                       size_t len, struct vb_filter_field *ret_field)
{
    const struct vb_route *route = context;

    (void)root; /* paths have none */
    return vb_selection_path(route, path, len, ret_field);
}

/* Characters before an offset, which counts bytes of UTF-8. */
static size_t characters(struct vb_span text, size_t offset)
{
    size_t count = 0;

    for (size_t i = 0; i < offset && i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static const char *tell(struct vb_arena *arena, struct vb_span text,
                        const struct vb_expression_error *error)
{
    size_t at = characters(text, error->offset) + 1;

    return vb_arena_printf(arena, "character %zu: %s", at,
                           error->name.len == 0
                               ? error->text
                               : "no such property can be asked for")
        .ptr;
}

const char *vb__selection_expression(const struct vb_selection_reading *reading,
                                     struct vb_span text)
{
    struct vb_selection *selection = reading->selection;
    struct vb_arena *arena = &reading->x->arena;
    const struct vb_expression_language language = {
        .field = find_field,
        /* The compiler's callback only reads it. */
        .context = (void *)(uintptr_t)selection->route,
    };
    struct vb_expression_error error;

    if (vb_span_trim(text).len == 0) /* which asks nothing (AIP-160) */
        return NULL;
    if (vb_expression_read(arena, text, &language, &selection->expression,
                           &error) != VB_ERR_INVALID)
        return NULL; /* without memory, the arena tells */
    return tell(arena, text, &error);
}
