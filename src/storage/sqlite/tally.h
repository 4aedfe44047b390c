/*
 * The writer's memory of collections: their row is read once and written once
 * per group, however many members the group changes.
 */
#ifndef VB_STORAGE_SQLITE_TALLY_H
#define VB_STORAGE_SQLITE_TALLY_H

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/span.h"
#include "base/table.h"

struct vb__writer;

struct vb__tally {
    struct vb_table_node node;
    struct vb_link dirty; /* to be written before the group is committed */
    uint64_t revision;
    uint64_t count;
    int64_t modified_ms;
    int64_t number;
    size_t key_len;
    char key[];
};

struct vb__tallies {
    struct vb_hash_key hash_key;
    struct vb_table table;
    struct vb_link dirty;
};

void vb__tallies_init(struct vb__tallies *tallies);
void vb__tallies_done(struct vb__tallies *tallies);

/* The collection's, read when it is not known. */
enum vb_err vb__tally_look(struct vb__writer *writer, struct vb_span key,
                           const struct vb__tally **ret_tally);

/* The same to be changed: it is marked dirty. */
enum vb_err vb__tally_get(struct vb__writer *writer, struct vb_span key,
                          struct vb__tally **ret_tally);

/* Writes the dirty ones. */
enum vb_err vb__tallies_save(struct vb__writer *writer);

/* After a group was undone: what is remembered may be wrong. */
void vb__tallies_forget(struct vb__tallies *tallies);

/* After a group was committed: keeps the memory bounded. */
void vb__tallies_trim(struct vb__tallies *tallies);

#endif
