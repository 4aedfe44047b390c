/* Collections' rows, written once per group. See tally.h. */
#include "storage/sqlite/tally.h"

#include <stdlib.h>

#include "storage/sqlite/db.h"
#include "storage/sqlite/writer.h"

/* Collections remembered at most. */
#define KEEP 4096

void vb__tallies_init(struct vb__tallies *tallies)
{
    tallies->hash_key = vb_hash_key_random();
    vb_table_init(&tallies->table);
    vb_list_init(&tallies->dirty);
}

void vb__tallies_forget(struct vb__tallies *tallies)
{
    struct vb_table_node *node;

    while ((node = vb_table_pop(&tallies->table)) != NULL)
        free(VB_CONTAINER(node, struct vb__tally, node));
    vb_list_init(&tallies->dirty);
}

void vb__tallies_done(struct vb__tallies *tallies)
{
    vb__tallies_forget(tallies);
    vb_table_done(&tallies->table);
}

void vb__tallies_trim(struct vb__tallies *tallies)
{
    if (tallies->table.count > KEEP)
        vb__tallies_forget(tallies);
}

static struct vb__tally *find(const struct vb__tallies *tallies,
                              struct vb_span key, uint64_t hash)
{
    struct vb_table_node *node = vb_table_first(&tallies->table, hash);

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__tally *tally = VB_CONTAINER(node, struct vb__tally, node);

        if (vb_span_eq(vb_span_of(tally->key, tally->key_len), key))
            return tally;
    }
    return NULL;
}

static enum vb_err fill(struct vb__writer *writer, struct vb__tally *tally)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_TALLY_READ]);

    vb__call_text(&call, vb_span_of(tally->key, tally->key_len));
    if (vb__call_row(&call)) {
        tally->revision = vb__call_get_u64(&call, 0);
        tally->count = vb__call_get_u64(&call, 1);
        tally->modified_ms = vb__call_get_i64(&call, 2);
        tally->number = vb__call_get_i64(&call, 3);
    }
    return vb__call_end(&call);
}

static enum vb_err load(struct vb__writer *writer, struct vb_span key,
                        uint64_t hash, struct vb__tally **ret_tally)
{
    struct vb__tally *tally = calloc(1, sizeof(*tally) + key.len);
    enum vb_err err;

    if (tally == NULL)
        return VB_ERR_NOMEM;
    vb_list_init(&tally->dirty);
    tally->key_len = key.len;
    if (key.len > 0)
        memcpy(tally->key, key.ptr, key.len);
    err = fill(writer, tally);
    if (err == VB_OK &&
        !vb_table_insert(&writer->tallies.table, &tally->node, hash))
        err = VB_ERR_NOMEM;
    if (err != VB_OK) {
        free(tally);
        return err;
    }
    *ret_tally = tally;
    return VB_OK;
}

static enum vb_err find_or_load(struct vb__writer *writer, struct vb_span key,
                                struct vb__tally **ret_tally)
{
    struct vb__tallies *tallies = &writer->tallies;
    uint64_t hash = vb_hash(&tallies->hash_key, key);

    *ret_tally = find(tallies, key, hash);
    return *ret_tally != NULL ? VB_OK : load(writer, key, hash, ret_tally);
}

enum vb_err vb__tally_look(struct vb__writer *writer, struct vb_span key,
                           const struct vb__tally **ret_tally)
{
    struct vb__tally *tally;
    enum vb_err err = find_or_load(writer, key, &tally);

    if (err == VB_OK)
        *ret_tally = tally;
    return err;
}

enum vb_err vb__tally_get(struct vb__writer *writer, struct vb_span key,
                          struct vb__tally **ret_tally)
{
    struct vb__tally *tally;
    enum vb_err err = find_or_load(writer, key, &tally);

    if (err != VB_OK)
        return err;
    vb_list_remove(&tally->dirty);
    vb_list_append(&writer->tallies.dirty, &tally->dirty);
    *ret_tally = tally;
    return VB_OK;
}

static enum vb_err save(struct vb__writer *writer,
                        const struct vb__tally *tally)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_TALLY_SAVE]);

    vb__call_text(&call, vb_span_of(tally->key, tally->key_len));
    vb__call_u64(&call, tally->revision);
    vb__call_u64(&call, tally->count);
    vb__call_i64(&call, tally->modified_ms);
    vb__call_i64(&call, tally->number);
    return vb__call_run(&call);
}

enum vb_err vb__tallies_save(struct vb__writer *writer)
{
    struct vb_link *dirty = &writer->tallies.dirty;

    while (!vb_list_empty(dirty)) {
        struct vb__tally *tally =
            VB_CONTAINER(dirty->next, struct vb__tally, dirty);
        enum vb_err err = save(writer, tally);

        if (err != VB_OK)
            return err;
        vb_list_remove(&tally->dirty);
    }
    return VB_OK;
}
