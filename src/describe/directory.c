/*
 * Where files lie: `x-verbatim: {archetype: files, from: public}`. The
 * directory is one below the description's own, so that a description from
 * elsewhere can show nothing of this machine.
 */
#include <stdlib.h>

#include "describe/read.h"

static void read_directory(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *from = vb__extension_get(r, route->source, VB__AT_PATH, "from");
    char *real;

    if (route->archetype != VB_ARCHETYPE_FILES) {
        if (from)
            vb__error(r, from, "\"from\" is for files; %.*s is a %s",
                      VB_FMT(route->path), vb_archetype_name(route->archetype));
        return;
    }
    if (!from) {
        vb__error(r, route->source,
                  "x-verbatim.from is missing: the directory of the files");
        return;
    }
    if (vb_template_variables(&route->template)) {
        vb__error(r, from, "files lie below one path, without variables");
        return;
    }
    real = vb__files_directory(r->files, from);
    if (real)
        route->from = vb_arena_dup(r->arena, vb_span_str(real)).ptr;
    free(real);
}

void vb__directories(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_directory(r, &r->routes[i]);
}
