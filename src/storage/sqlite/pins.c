/* Counting who holds which blob. See pins.h. */
#include "storage/sqlite/pins.h"

#include <stdlib.h>

#include "base/assert.h"

struct pin {
    struct vb_table_node node;
    uint64_t blob;
    uint64_t count;
};

void vb__pins_init(struct vb__pins *pins)
{
    pthread_mutex_init(&pins->lock, NULL);
    vb_table_init(&pins->table);
}

void vb__pins_done(struct vb__pins *pins)
{
    vb_assert(pins->table.count == 0);
    vb_table_done(&pins->table);
    pthread_mutex_destroy(&pins->lock);
}

/* We number blobs one after the other: their numbers spread by themselves. */
static struct pin *find(const struct vb__pins *pins, uint64_t blob)
{
    struct vb_table_node *node = vb_table_first(&pins->table, blob);

    return node == NULL ? NULL : VB_CONTAINER(node, struct pin, node);
}

static struct pin *get(struct vb__pins *pins, uint64_t blob)
{
    struct pin *pin = find(pins, blob);

    if (pin != NULL)
        return pin;
    pin = calloc(1, sizeof(*pin));
    if (pin == NULL)
        return NULL;
    pin->blob = blob;
    if (!vb_table_insert(&pins->table, &pin->node, blob)) {
        free(pin);
        return NULL;
    }
    return pin;
}

bool vb__pins_add(struct vb__pins *pins, uint64_t blob)
{
    struct pin *pin;

    pthread_mutex_lock(&pins->lock);
    pin = get(pins, blob);
    if (pin != NULL)
        pin->count++;
    pthread_mutex_unlock(&pins->lock);
    return pin != NULL;
}

bool vb__pins_remove(struct vb__pins *pins, uint64_t blob)
{
    struct pin *pin;
    bool last;

    pthread_mutex_lock(&pins->lock);
    pin = find(pins, blob);
    vb_assert(pin != NULL);
    last = --pin->count == 0;
    if (last) {
        vb_table_remove(&pins->table, &pin->node);
        free(pin);
    }
    pthread_mutex_unlock(&pins->lock);
    return last;
}

bool vb__pins_has(struct vb__pins *pins, uint64_t blob)
{
    bool has;

    pthread_mutex_lock(&pins->lock);
    has = find(pins, blob) != NULL;
    pthread_mutex_unlock(&pins->lock);
    return has;
}
