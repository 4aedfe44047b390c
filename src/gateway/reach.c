/* A worker's upstreams. See reach.h. */
#include "gateway/reach.h"

#include <stdlib.h>

struct vb_reaches *vb_reaches_new(struct vb_env *env)
{
    struct vb_reaches *reaches = malloc(sizeof(*reaches));

    if (reaches == NULL)
        return NULL;
    reaches->env = env;
    vb_list_init(&reaches->list);
    return reaches;
}

static void free_reach(struct vb_reach *reach)
{
    for (size_t i = 0; i < reach->upstream->server_count; i++)
        vb__line_done(&reach->lines[i]);
    vb_list_remove(&reach->link);
    vb_upstream_unref(reach->upstream);
    free(reach);
}

void vb_reaches_free(struct vb_reaches *reaches)
{
    if (reaches == NULL)
        return;
    while (!vb_list_empty(&reaches->list))
        free_reach(VB_CONTAINER(reaches->list.next, struct vb_reach, link));
    free(reaches);
}

void vb_reaches_rest(struct vb_reaches *reaches)
{
    for (struct vb_link *at = reaches->list.next; at != &reaches->list;
         at = at->next) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        reach->retired = true;
        for (size_t i = 0; i < reach->upstream->server_count; i++)
            vb__line_rest(&reach->lines[i]);
    }
}

static struct vb_reach *new_reach(struct vb_reaches *reaches,
                                  struct vb_upstream *upstream)
{
    size_t count = upstream->server_count;
    struct vb_reach *reach =
        calloc(1, sizeof(*reach) + count * sizeof(reach->lines[0]));

    if (reach == NULL)
        return NULL;
    reach->env = reaches->env;
    reach->upstream = vb_upstream_ref(upstream);
    for (size_t i = 0; i < count; i++) {
        vb__line_init(&reach->lines[i], reach, &upstream->servers[i]);
        vb__line_begin_probe(&reach->lines[i]);
    }
    vb_list_insert_after(&reaches->list, &reach->link);
    return reach;
}

struct vb_reach *vb_reach_of(struct vb_reaches *reaches,
                             struct vb_upstream *upstream)
{
    for (struct vb_link *at = reaches->list.next; at != &reaches->list;
         at = at->next) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        if (reach->upstream == upstream)
            return reach;
    }
    return new_reach(reaches, upstream);
}
