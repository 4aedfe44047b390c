/* Names of cache groups: see cache_groups.h. */
#include "http/cache_groups.h"

#include "http/sf.h"

void vb_cache_groups_parse(struct vb_arena *arena, const struct vb_span *lines,
                           size_t count, struct vb_cache_groups *ret_groups)
{
    struct vb_sf_list list;

    ret_groups->count = 0;
    if (vb_sf_parse_list(arena, lines, count, &list) != VB_OK)
        return;
    for (size_t i = 0; i < list.count; i++)
        if (list.members[i].item.value.type != VB_SF_STRING)
            return;
    for (size_t i = 0;
         i < list.count && ret_groups->count < VB_CACHE_GROUPS_MAX; i++) {
        struct vb_span name = list.members[i].item.value.text;

        if (name.len <= VB_CACHE_GROUP_NAME_MAX)
            ret_groups->at[ret_groups->count++] = name;
    }
}
