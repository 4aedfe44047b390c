/* Blobs in use. See pins.h. */
#include "storage/postgres/pins.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

struct pin {
    struct vb_table_node node; /* its hash is the blob, which is well mixed in
                                  its lowest bits */
    unsigned count;            /* records */
    bool written;
};

struct vb__pg_pins {
    pthread_mutex_t lock;
    struct vb_table table;
};

struct vb__pg_pins *vb__pg_pins_new(void)
{
    struct vb__pg_pins *pins = calloc(1, sizeof(*pins));

    if (pins == NULL)
        return NULL;
    pthread_mutex_init(&pins->lock, NULL);
    vb_table_init(&pins->table);
    return pins;
}

static struct pin *pin_of(struct vb_table_node *node)
{
    return node == NULL ? NULL : VB_CONTAINER(node, struct pin, node);
}

void vb__pg_pins_free(struct vb__pg_pins *pins)
{
    struct vb_table_node *node;

    if (pins == NULL)
        return;
    while ((node = vb_table_pop(&pins->table)) != NULL)
        free(pin_of(node));
    vb_table_done(&pins->table);
    pthread_mutex_destroy(&pins->lock);
    free(pins);
}

static struct pin *find(struct vb__pg_pins *pins, uint64_t blob)
{
    return pin_of(vb_table_first(&pins->table, blob));
}

static struct pin *get(struct vb__pg_pins *pins, uint64_t blob)
{
    struct pin *pin = find(pins, blob);

    if (pin != NULL)
        return pin;
    pin = calloc(1, sizeof(*pin));
    if (pin != NULL && !vb_table_insert(&pins->table, &pin->node, blob)) {
        free(pin);
        pin = NULL;
    }
    return pin;
}

static void drop_unused(struct vb__pg_pins *pins, struct pin *pin)
{
    if (pin->count > 0 || pin->written)
        return;
    vb_table_remove(&pins->table, &pin->node);
    free(pin);
}

void vb__pg_pins_add(struct vb__pg_pins *pins, uint64_t blob)
{
    struct pin *pin;

    pthread_mutex_lock(&pins->lock);
    pin = get(pins, blob);
    if (pin != NULL)
        pin->count++;
    pthread_mutex_unlock(&pins->lock);
}

void vb__pg_pins_remove(struct vb__pg_pins *pins, uint64_t blob)
{
    struct pin *pin;

    pthread_mutex_lock(&pins->lock);
    pin = find(pins, blob);
    if (pin != NULL && pin->count > 0) {
        pin->count--;
        drop_unused(pins, pin);
    }
    pthread_mutex_unlock(&pins->lock);
}

void vb__pg_pins_write(struct vb__pg_pins *pins, uint64_t blob)
{
    struct pin *pin;

    pthread_mutex_lock(&pins->lock);
    pin = get(pins, blob);
    if (pin != NULL)
        pin->written = true;
    pthread_mutex_unlock(&pins->lock);
}

void vb__pg_pins_written(struct vb__pg_pins *pins, uint64_t blob)
{
    struct pin *pin;

    pthread_mutex_lock(&pins->lock);
    pin = find(pins, blob);
    if (pin != NULL) {
        pin->written = false;
        drop_unused(pins, pin);
    }
    pthread_mutex_unlock(&pins->lock);
}

bool vb__pg_pins_has(struct vb__pg_pins *pins, uint64_t blob)
{
    bool has;

    pthread_mutex_lock(&pins->lock);
    has = find(pins, blob) != NULL;
    pthread_mutex_unlock(&pins->lock);
    return has;
}
