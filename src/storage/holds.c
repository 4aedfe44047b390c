/* Holds on names. See holds.h. */
#include "storage/holds.h"

#include "base/hash.h"

void vb__holds_init(struct vb_holds *holds)
{
    pthread_mutex_init(&holds->lock, NULL);
    vb_table_init(&holds->table);
}

void vb__holds_done(struct vb_holds *holds)
{
    vb_table_done(&holds->table);
    pthread_mutex_destroy(&holds->lock);
}

static bool is_held(const struct vb_holds *holds, struct vb_span name,
                    uint64_t hash)
{
    struct vb_table_node *node = vb_table_first(&holds->table, hash);

    for (; node != NULL; node = vb_table_next(node))
        if (vb_span_eq(VB_CONTAINER(node, struct vb_hold, node)->name, name))
            return true;
    return false;
}

bool vb_hold_take(struct vb_holds *holds, struct vb_hold *hold,
                  struct vb_span name)
{
    uint64_t hash = vb_hash(vb_hash_key_shared(), name);
    bool taken;

    hold->name = name;
    pthread_mutex_lock(&holds->lock);
    taken = !is_held(holds, name, hash) &&
            vb_table_insert(&holds->table, &hold->node, hash);
    pthread_mutex_unlock(&holds->lock);
    return taken;
}

void vb_hold_drop(struct vb_holds *holds, struct vb_hold *hold)
{
    pthread_mutex_lock(&holds->lock);
    vb_table_remove(&holds->table, &hold->node);
    pthread_mutex_unlock(&holds->lock);
}
