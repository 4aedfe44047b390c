/* Removing blobs that nobody has. See garbage.h. */
#include "storage/sqlite/garbage.h"

#include <stdlib.h>

#include "storage/sqlite/db.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"
#include "storage/sqlite/writer.h"

/* Chunks per transaction: 4 MiB, some milliseconds. */
#define STEP 16

void vb__garbage_init(struct vb__garbage *garbage)
{
    *garbage = (struct vb__garbage){.items = NULL};
    atomic_init(&garbage->any, false);
    atomic_init(&garbage->awaits_snapshot, false);
}

void vb__garbage_done(struct vb__garbage *garbage)
{
    free(garbage->items);
    garbage->items = NULL;
}

void vb__garbage_add(struct vb__garbage *garbage, uint64_t blob,
                     uint64_t commits)
{
    if (garbage->count == garbage->cap) {
        size_t cap = garbage->cap == 0 ? 16 : garbage->cap * 2;
        struct vb__loose *items = realloc(garbage->items, cap * sizeof(*items));

        if (items == NULL)
            return;
        garbage->items = items;
        garbage->cap = cap;
    }
    garbage->items[garbage->count++] = (struct vb__loose){blob, commits, 0};
    atomic_store(&garbage->any, true);
}

/* The first one that may go, or NULL. */
static struct vb__loose *choose(struct vb__writer *writer)
{
    struct vb__garbage *garbage = &writer->garbage;
    struct vb__loose *chosen = NULL;
    bool waits = false;
    uint64_t oldest;

    if (garbage->count == 0)
        return NULL;
    /* Said before looking: a reader that ends its snapshot after the look
     * sees it, and nudges. */
    atomic_store(&garbage->awaits_snapshot, true);
    /* Snapshots before pins: who could still find a blob in one is gone
     * first, so that whoever has found it has pinned it by now. */
    oldest = vb__sqlite_oldest_snapshot(writer->sqlite);
    for (size_t i = 0; i < garbage->count && chosen == NULL; i++) {
        struct vb__loose *item = &garbage->items[i];

        if (item->commits > oldest)
            waits = true;
        else if (!vb__pins_has(&writer->sqlite->pins, item->blob))
            chosen = item;
    }
    atomic_store(&garbage->awaits_snapshot, waits);
    return chosen;
}

static enum vb_err drop_chunks(struct vb__writer *writer,
                               const struct vb__loose *item, bool *ret_done)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_CHUNKS_DROP]);
    enum vb_err err;

    vb__call_u64(&call, vb__chunk_id(item->blob, item->next));
    vb__call_u64(&call, vb__chunk_id(item->blob, item->next + STEP - 1));
    err = vb__call_run(&call);
    if (err == VB_OK)
        *ret_done = sqlite3_changes(writer->db) < STEP ||
                    item->next + STEP > VB__CHUNK_MAX;
    return err;
}

static enum vb_err drop_name(struct vb__writer *writer, uint64_t blob)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_LOOSE_DROP]);

    vb__call_u64(&call, blob);
    return vb__call_run(&call);
}

static enum vb_err drop_some(struct vb__writer *writer,
                             const struct vb__loose *item, bool *ret_done)
{
    bool loose = false, done = true;
    enum vb_err err = vb__writer_begin(writer, true);

    if (err != VB_OK)
        return err;
    /* Is it indeed? Who discards a blob may have lost sight of a commit. */
    err = vb__blob_is_loose(writer, item->blob, &loose);
    if (err == VB_OK && loose)
        err = drop_chunks(writer, item, &done);
    if (err == VB_OK && loose && done)
        err = drop_name(writer, item->blob);
    if (err != VB_OK) {
        vb__writer_undo(writer);
        return err;
    }
    err = vb__writer_end(writer);
    if (err == VB_OK)
        *ret_done = done;
    return err;
}

bool vb__garbage_collect(struct vb__writer *writer)
{
    struct vb__garbage *garbage = &writer->garbage;
    struct vb__loose *item = choose(writer);
    enum vb_err err;
    bool done;

    if (item == NULL)
        return false;
    err = drop_some(writer, item, &done);
    if (err == VB_ERR_NOSPACE && vb__log_start_anew(writer))
        err = drop_some(writer, item, &done);
    /* A failure is no one's outcome: it is tried again after the next group,
     * or by the next process. */
    if (err != VB_OK)
        return false;
    if (done)
        *item = garbage->items[--garbage->count];
    else
        item->next += STEP;
    atomic_store(&garbage->any, garbage->count > 0);
    return true;
}

enum vb_err vb__garbage_load(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_LOOSE_ALL]);

    while (vb__call_row(&call))
        vb__garbage_add(&writer->garbage, vb__call_get_u64(&call, 0), 0);
    return vb__call_end(&call);
}
