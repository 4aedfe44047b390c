/* A worker's upstreams. See reach.h. */
#include "gateway/reach.h"

#include <stdlib.h>

#include "gateway/pipe.h"

/* Free blocks that are kept: a MiB. */
#define KEEP_BLOCKS 16

struct vb_reaches *vb_reaches_new(struct vb_env *env)
{
    struct vb_reaches *reaches = calloc(1, sizeof(*reaches));

    if (reaches == NULL)
        return NULL;
    reaches->env = env;
    vb_list_init(&reaches->list);
    vb_list_init(&reaches->dead);
    vb_pool_init(&reaches->pipe_blocks, VB_PIPE_BLOCK, KEEP_BLOCKS);
    return reaches;
}

static void free_reach(struct vb_reach *reach)
{
    for (size_t i = 0; i < reach->upstream->server_count; i++)
        vb__line_done(&reach->lines[i]);
    vb_upstream_unref(reach->upstream);
    free(reach);
}

static void free_all(struct vb_link *list)
{
    while (!vb_list_empty(list))
        free_reach(VB_CONTAINER(vb_list_pop(list), struct vb_reach, link));
}

void vb_reaches_free(struct vb_reaches *reaches)
{
    if (reaches == NULL)
        return;
    free_all(&reaches->list);
    free_all(&reaches->dead);
    vb_pool_done(&reaches->pipe_blocks);
    free(reaches);
}

void vb_reaches_turn_end(struct vb_reaches *reaches)
{
    free_all(&reaches->dead);
}

void vb_reaches_rest(struct vb_reaches *reaches)
{
    reaches->resting = true;
    for (struct vb_link *at = reaches->list.next; at != &reaches->list;
         at = at->next) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        for (size_t i = 0; i < reach->upstream->server_count; i++)
            vb__line_rest(&reach->lines[i]);
    }
}

/* --- finding one ------------------------------------------------------------
 */

static struct vb_reaches *all_of(const struct vb_reach *reach)
{
    return reach->env->reaches;
}

static void move_to(struct vb_link *list, struct vb_reach *reach)
{
    vb_list_remove(&reach->link);
    vb_list_insert_after(list, &reach->link);
}

static void retire(struct vb_reach *reach)
{
    struct vb_reaches *reaches = all_of(reach);

    reach->retired = true;
    if (reach->finder != NULL)
        reaches->found--;
    reach->finder = NULL;
    if (reach->asks == 0)
        move_to(&reaches->dead, reach);
}

void vb_reaches_sweep(struct vb_reaches *reaches)
{
    struct vb_link *at = reaches->list.next;

    while (at != &reaches->list) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        at = at->next;
        if (reach->finder == NULL && !reach->retired &&
            atomic_load(&reach->upstream->askers) == 0)
            retire(reach);
    }
}

void vb__reach_leave(struct vb_reach *reach)
{
    reach->asks--;
    if (reach->retired && reach->asks == 0)
        move_to(&all_of(reach)->dead, reach);
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
    reach->budget = VB_BUDGET_MOST;
    reach->upstream = vb_upstream_ref(upstream);
    for (size_t i = 0; i < count; i++) {
        vb__line_init(&reach->lines[i], reach, &upstream->servers[i]);
        if (!reaches->resting)
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

static bool is_for(const struct vb_reach *reach, const void *finder,
                   struct vb_span scheme, struct vb_span authority)
{
    return reach->finder == finder &&
           vb_span_ieq(reach->upstream->servers[0].authority, authority) &&
           vb_span_eq(reach->upstream->scheme, scheme);
}

struct vb_reach *vb_reach_find(struct vb_reaches *reaches, const void *finder,
                               struct vb_span scheme, struct vb_span authority)
{
    for (struct vb_link *at = reaches->list.next; at != &reaches->list;
         at = at->next) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        if (is_for(reach, finder, scheme, authority)) {
            move_to(&reaches->list, reach);
            return reach;
        }
    }
    return NULL;
}

static void forget_oldest(struct vb_reaches *reaches)
{
    for (struct vb_link *at = reaches->list.prev; at != &reaches->list;
         at = at->prev) {
        struct vb_reach *reach = VB_CONTAINER(at, struct vb_reach, link);

        if (reach->finder != NULL) {
            retire(reach);
            return;
        }
    }
}

struct vb_reach *vb_reach_add(struct vb_reaches *reaches,
                              struct vb_upstream *upstream, const void *finder)
{
    struct vb_reach *reach;

    if (finder != NULL && reaches->found >= VB_REACHES_FOUND_MOST)
        forget_oldest(reaches);
    reach = new_reach(reaches, upstream);
    if (reach == NULL)
        return NULL;
    reach->finder = finder;
    if (finder != NULL)
        reaches->found++;
    else
        reach->retired = true;
    return reach;
}
