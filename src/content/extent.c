/* How large a value under construction is. See extent.h. */
#include "content/extent.h"

static void add_children(struct vb__extent *sum, yyjson_mut_val *container,
                         unsigned most)
{
    size_t count = unsafe_yyjson_get_len(container);
    /* The children are a ring; of an object each key leads to its value. */
    yyjson_mut_val *child = container->uni.ptr;

    if (yyjson_mut_is_obj(container))
        count *= 2;
    for (size_t i = 0; i < count && sum->depth <= most; i++) {
        struct vb__extent extent = vb__extent_of(child, most - 1);

        sum->values += extent.values;
        sum->text += extent.text;
        if (extent.depth + 1 > sum->depth)
            sum->depth = extent.depth + 1;
        child = child->next;
    }
}

struct vb__extent vb__extent_of(yyjson_mut_val *value, unsigned most)
{
    struct vb__extent extent = {.values = 1};

    if (yyjson_mut_is_ctn(value)) {
        extent.depth = 1;
        if (most > 0)
            add_children(&extent, value, most);
    } else if (yyjson_mut_is_str(value) || yyjson_mut_is_raw(value)) {
        extent.text = yyjson_mut_get_len(value);
    }
    return extent;
}
