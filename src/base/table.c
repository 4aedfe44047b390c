/* Linear hashing. See table.h for the shape. */
#include "base/table.h"

#include <stdlib.h>

#include "base/assert.h"

void vb_table_init(struct vb_table *table)
{
    *table = (struct vb_table){.directory = NULL};
}

void vb_table_done(struct vb_table *table)
{
    for (size_t i = 0; i < table->segments; i++)
        free(table->directory[i]);
    free(table->directory);
    vb_table_init(table);
}

static bool add_segment(struct vb_table *table)
{
    struct vb_table_node **segment;

    if (table->segments == table->slots) {
        size_t slots = table->slots == 0 ? 8 : table->slots * 2;
        struct vb_table_node ***directory =
            realloc(table->directory, slots * sizeof(struct vb_table_node **));

        if (directory == NULL)
            return false;
        table->directory = directory;
        table->slots = slots;
    }
    segment = calloc(VB_TABLE_SEGMENT, sizeof(struct vb_table_node *));
    if (segment == NULL)
        return false;
    table->directory[table->segments++] = segment;
    return true;
}

/* One bucket more: what belongs there comes out of the one it splits from. */
static void split(struct vb_table *table)
{
    size_t fresh = table->buckets;
    struct vb_table_node **from, **to;

    if (fresh / VB_TABLE_SEGMENT == table->segments && !add_segment(table))
        return;
    if (fresh > table->mask)
        table->mask = table->mask * 2 + 1;
    from = vb_table_chain(table, fresh & (table->mask >> 1));
    to = vb_table_chain(table, fresh);
    table->buckets++;
    while (*from != NULL) {
        struct vb_table_node *node = *from;

        if (((size_t)node->hash & table->mask) != fresh) {
            from = &node->next;
            continue;
        }
        *from = node->next;
        *to = node;
        to = &node->next;
    }
    *to = NULL;
}

bool vb_table_insert(struct vb_table *table, struct vb_table_node *node,
                     uint64_t hash)
{
    struct vb_table_node **chain;

    if (table->buckets == 0) {
        if (table->segments == 0 && !add_segment(table))
            return false;
        table->buckets = 1;
        table->mask = 1;
    }
    chain = vb_table_chain(table, vb_table_bucket(table, hash));
    node->hash = hash;
    node->next = *chain;
    *chain = node;
    if (++table->count > table->buckets)
        split(table);
    return true;
}

void vb_table_remove(struct vb_table *table, struct vb_table_node *node)
{
    struct vb_table_node **at;

    vb_assert(table->count > 0);
    at = vb_table_chain(table, vb_table_bucket(table, node->hash));
    while (*at != node) {
        vb_assert(*at != NULL);
        at = &(*at)->next;
    }
    *at = node->next;
    table->count--;
}

/* The last bucket, which is empty, is no longer used. */
static void drop_bucket(struct vb_table *table)
{
    table->buckets--;
    if (table->buckets > 0 && table->buckets <= table->mask >> 1)
        table->mask >>= 1;
}

struct vb_table_node *vb_table_pop(struct vb_table *table)
{
    while (table->count > 0) {
        struct vb_table_node **chain =
            vb_table_chain(table, table->buckets - 1);
        struct vb_table_node *node = *chain;

        if (node != NULL) {
            *chain = node->next;
            table->count--;
            return node;
        }
        drop_bucket(table);
    }
    return NULL;
}
