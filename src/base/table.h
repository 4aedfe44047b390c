/*
 * An intrusive hash table that never stalls: it grows by one bucket at a time
 * (linear hashing, W. Litwin 1980), so no insertion ever pays for all others.
 *
 *     directory ─▶ segment ─▶ bucket ─▶ node ─▶ node ─▶ NULL
 *     [0|1|2|..]   [512 buckets]        {next, hash}
 *
 * The table knows nodes and their 64-bit hashes only; keys and memory are the
 * owner's. Use vb_hash where a client chooses the keys: all bits must be good.
 *
 *     for (node = vb_table_first(&table, hash); node != NULL;
 *          node = vb_table_next(node))
 *         if (... VB_CONTAINER(node, struct mine, node) is it ...)
 */
#ifndef VB_BASE_TABLE_H
#define VB_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h" /* VB_CONTAINER */

#define VB_TABLE_SEGMENT 512 /* buckets, a power of two */

struct vb_table_node {
    struct vb_table_node *next;
    uint64_t hash;
};

struct vb_table {
    struct vb_table_node ***directory;
    size_t segments; /* allocated */
    size_t slots;    /* room in the directory */
    size_t buckets;  /* in use; 0 before the first insertion */
    size_t mask;     /* 2^k - 1, with 2^(k-1) <= buckets <= 2^k */
    size_t count;    /* nodes */
};

/* Takes no memory yet. */
void vb_table_init(struct vb_table *table);

/* Gives the buckets back. The nodes left in it are the owner's affair. */
void vb_table_done(struct vb_table *table);

/* Adds a node under a hash; equal ones may be there already. False: no memory
 * for the very first buckets (later it only makes chains longer). */
bool vb_table_insert(struct vb_table *table, struct vb_table_node *node,
                     uint64_t hash);

/* Takes out a node that is in the table. */
void vb_table_remove(struct vb_table *table, struct vb_table_node *node);

/* Takes out some node, NULL when there is none: for tearing the table down.
 * Buckets go with it, so mixing it with insertions makes chains long. */
struct vb_table_node *vb_table_pop(struct vb_table *table);

static inline size_t vb_table_bucket(const struct vb_table *table,
                                     uint64_t hash)
{
    size_t index = (size_t)hash & table->mask;

    /* Not split yet: its nodes are still in the lower half. */
    return index < table->buckets ? index : index & (table->mask >> 1);
}

static inline struct vb_table_node **
vb_table_chain(const struct vb_table *table, size_t bucket)
{
    return &table->directory[bucket / VB_TABLE_SEGMENT]
                            [bucket % VB_TABLE_SEGMENT];
}

static inline struct vb_table_node *vb_table_next(struct vb_table_node *node)
{
    uint64_t hash = node->hash;

    do
        node = node->next;
    while (node != NULL && node->hash != hash);
    return node;
}

/* The first node with exactly this hash, or NULL. */
static inline struct vb_table_node *vb_table_first(const struct vb_table *table,
                                                   uint64_t hash)
{
    struct vb_table_node *node;

    if (table->buckets == 0)
        return NULL;
    node = *vb_table_chain(table, vb_table_bucket(table, hash));
    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

#endif
