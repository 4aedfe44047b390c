/* Keeping the indexes with every commit. See indexing.h. */
#include "storage/sqlite/indexing.h"

#include <stdlib.h>

#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"

void vb__indexing_init(struct vb__indexing *indexing)
{
    *indexing = (struct vb__indexing){.next = NULL};
    vb_index_keys_init(&indexing->old);
    vb_index_keys_init(&indexing->new);
}

void vb__indexing_done(struct vb__indexing *indexing)
{
    vb_indexes_unref(indexing->next);
    vb_indexes_unref(indexing->declared);
    free(indexing->kept);
    vb_index_keys_done(&indexing->old);
    vb_index_keys_done(&indexing->new);
}

/* --- what is declared ----------------------------------------------------- */

void vb__indexing_hear(struct vb__writer *writer)
{
    struct vb__indexing *indexing = &writer->indexing;

    if (!indexing->changed)
        return;
    vb_indexes_unref(indexing->declared);
    free(indexing->kept);
    indexing->kept = NULL;
    indexing->declared = indexing->next;
    indexing->next = NULL;
    indexing->changed = false;
    vb__indexing_forget(writer);
}

void vb__indexing_forget(struct vb__writer *writer)
{
    writer->indexing.read = false;
}

static size_t count_of(const struct vb__indexing *indexing)
{
    return indexing->declared == NULL ? 0 : indexing->declared->count;
}

/* Which of those that are declared; their number: none. */
static size_t find(const struct vb__indexing *indexing, struct vb_span name)
{
    size_t i = 0;

    while (i < count_of(indexing) &&
           !vb_span_eq(indexing->declared->names[i], name))
        i++;
    return i;
}

/* A row of the table: one that is declared, or one that is to go. */
static void take_row(struct vb__indexing *indexing, const struct vb__call *row,
                     struct vb_buf *unwanted)
{
    uint64_t id = vb__call_get_u64(row, 0);
    int64_t state = vb__call_get_i64(row, 2);
    size_t i = find(indexing, vb__call_get_text(row, 1));

    if (state == VB__INDEX_GOING) {
        indexing->going = id;
    } else if (i == count_of(indexing)) {
        vb_buf_append(unwanted, vb_span_of((const char *)&id, sizeof(id)));
        indexing->going = id;
    } else {
        indexing->kept[i] = (struct vb__kept_index){
            id, state == VB__INDEX_MAKING, vb__call_get_u64(row, 3)};
        indexing->makes |= indexing->kept[i].making;
    }
}

static enum vb_err read_table(struct vb__writer *writer,
                              struct vb_buf *unwanted)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_INDEX_ALL);
    enum vb_err err;

    while (vb__call_row(&call))
        take_row(&writer->indexing, &call, unwanted);
    err = vb__call_end(&call);
    return err == VB_OK ? unwanted->err : err;
}

static enum vb_err let_go(struct vb__writer *writer,
                          const struct vb_buf *unwanted)
{
    enum vb_err err = VB_OK;
    uint64_t id;

    for (size_t i = 0; err == VB_OK && i < unwanted->len; i += sizeof(id)) {
        struct vb__call call = vb__writer_use(writer, VB__WRITER_INDEX_SAVE);

        memcpy(&id, unwanted->ptr + i, sizeof(id));
        vb__call_u64(&call, id);
        vb__call_i64(&call, VB__INDEX_GOING);
        vb__call_i64(&call, 0);
        err = vb__call_run(&call);
    }
    return err;
}

static enum vb_err add_new(struct vb__writer *writer)
{
    struct vb__indexing *indexing = &writer->indexing;
    enum vb_err err = VB_OK;

    for (size_t i = 0; err == VB_OK && i < count_of(indexing); i++) {
        struct vb__call call = vb__writer_use(writer, VB__WRITER_INDEX_ADD);

        if (indexing->kept[i].id != 0)
            continue;
        vb__call_text(&call, indexing->declared->names[i]);
        err = vb__call_run(&call);
        indexing->kept[i] = (struct vb__kept_index){
            (uint64_t)sqlite3_last_insert_rowid(writer->db), true, 0};
        indexing->makes = true;
    }
    return err;
}

enum vb_err vb__indexing_begin(struct vb__writer *writer)
{
    struct vb__indexing *indexing = &writer->indexing;
    struct vb_buf unwanted;
    enum vb_err err;

    if (indexing->read)
        return VB_OK;
    free(indexing->kept);
    indexing->kept = calloc(count_of(indexing) + 1, sizeof(*indexing->kept));
    indexing->makes = false;
    indexing->going = 0;
    vb_buf_init(&unwanted, (size_t)1024 * 1024);
    err = indexing->kept == NULL ? VB_ERR_NOMEM : read_table(writer, &unwanted);
    if (err == VB_OK)
        err = let_go(writer, &unwanted);
    if (err == VB_OK)
        err = add_new(writer);
    vb_buf_done(&unwanted);
    indexing->read = err == VB_OK;
    return vb__writer_failed(writer, err);
}

/* --- the keys of a record ------------------------------------------------- */

bool vb__indexing_covers(const struct vb__writer *writer, struct vb_span parent)
{
    const struct vb_indexes *declared = writer->indexing.declared;

    return declared != NULL && parent.len > 0 &&
           declared->covers(declared, parent);
}

void vb__indexing_start(struct vb__writer *writer)
{
    vb_index_keys_reset(&writer->indexing.old);
}

/* The keys of what is there; none where that is no member. */
static enum vb_err note(const struct vb__writer *writer,
                        const struct vb_record *state,
                        struct vb_index_keys *keys)
{
    const struct vb_indexes *declared = writer->indexing.declared;

    vb_index_keys_reset(keys);
    if (state == NULL || !vb__indexing_covers(writer, state->parent))
        return VB_OK;
    declared->give(declared, state, keys);
    vb_index_keys_sort(keys);
    return vb_index_keys_err(keys);
}

enum vb_err vb__indexing_before(struct vb__writer *writer,
                                const struct vb_record *state)
{
    return note(writer, state, &writer->indexing.old);
}

enum vb_err vb__indexing_write(struct vb__writer *writer, bool add,
                               struct vb_span parent, uint64_t id,
                               const struct vb_index_keys *keys,
                               const struct vb_index_key *key)
{
    struct vb__call call =
        vb__writer_use(writer, add ? VB__WRITER_KEY_ADD : VB__WRITER_KEY_DROP);

    vb__call_u64(&call, writer->indexing.kept[key->index].id);
    vb__call_text(&call, parent);
    vb__call_blob(&call, vb_index_key_bytes(keys, key));
    vb__call_u64(&call, id);
    return vb__call_run(&call);
}

/* Both are in order: what only one of them has is dropped, or added. */
static enum vb_err write_difference(struct vb__writer *writer,
                                    struct vb_span parent, uint64_t id)
{
    struct vb_index_keys *old = &writer->indexing.old;
    struct vb_index_keys *new = &writer->indexing.new;
    size_t i = 0, j = 0;
    enum vb_err err = VB_OK;

    while (err == VB_OK &&
           (i < vb_index_keys_count(old) || j < vb_index_keys_count(new))) {
        int by = i == vb_index_keys_count(old) ? 1
                 : j == vb_index_keys_count(new)
                     ? -1
                     : vb_index_key_cmp(old, vb_index_keys_at(old, i), new,
                                        vb_index_keys_at(new, j));

        if (by < 0)
            err = vb__indexing_write(writer, false, parent, id, old,
                                     vb_index_keys_at(old, i));
        else if (by > 0)
            err = vb__indexing_write(writer, true, parent, id, new,
                                     vb_index_keys_at(new, j));
        i += by <= 0;
        j += by >= 0;
    }
    return err;
}

enum vb_err vb__indexing_after(struct vb__writer *writer, struct vb_span parent,
                               uint64_t id, const struct vb_record *state)
{
    enum vb_err err = note(writer, state, &writer->indexing.new);

    return err == VB_OK ? write_difference(writer, parent, id) : err;
}

void vb__indexing_declare(struct vb__writer *writer, struct vb_indexes *indexes)
{
    struct vb__indexing *indexing = &writer->indexing;
    struct vb_indexes *unheard;

    pthread_mutex_lock(&writer->lock);
    unheard = indexing->next;
    indexing->next = vb_indexes_ref(indexes);
    indexing->changed = true;
    pthread_mutex_unlock(&writer->lock);
    vb_indexes_unref(unheard);
    vb__writer_nudge(writer);
}
