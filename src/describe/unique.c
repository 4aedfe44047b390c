/* How a unique value is claimed. See unique.h. */
#include "describe/unique.h"

#include "content/json.h"
#include "content/number.h"
#include "content/pointer.h"

#define POINTER_MOST 4096

/* What was written, in the arena; NULL: it could not be. */
static struct vb_span keep(struct vb_arena *arena, struct vb_buf *buf)
{
    struct vb_span kept = {NULL, 0};

    if (buf->err == VB_OK)
        kept = vb_arena_dup(arena, vb_buf_span(buf));
    vb_buf_done(buf);
    return kept;
}

struct vb_span vb_unique_pointer(struct vb_arena *arena,
                                 const struct vb_property *property)
{
    struct vb_buf buf;

    vb_buf_init(&buf, POINTER_MOST);
    for (size_t i = 0; i < property->path_len; i++) {
        if (property->path[i].ptr == NULL)
            break;
        vb_pointer_append(&buf, property->path[i]);
    }
    return keep(arena, &buf);
}

struct vb_span vb_unique_scope(struct vb_arena *arena, struct vb_span listing,
                               const struct vb_property *property)
{
    struct vb_span pointer = vb_unique_pointer(arena, property);

    return vb_arena_printf(arena, "%.*s#%.*s", VB_FMT(listing),
                           VB_FMT(pointer));
}

struct vb_span vb_unique_value(struct vb_arena *arena, yyjson_val *value,
                               size_t most)
{
    struct vb_buf buf;

    vb_buf_init(&buf, most);
    if (vb_json_is_number(value))
        vb_number_write(&buf, vb_json_text(value));
    else
        vb_json_write(&buf, value);
    return keep(arena, &buf);
}
