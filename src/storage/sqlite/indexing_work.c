/* Making indexes, and letting them go, in small steps. See indexing.h. */
#include <inttypes.h>

#include "base/log.h"
#include "storage/sqlite/indexing.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"

/* Of one transaction: some milliseconds, as commits wait for it. */
#define STEP_RECORDS 1000
#define STEP_BYTES   ((size_t)2 * 1024 * 1024)
#define STEP_KEYS    5000

/* --- making --------------------------------------------------------------- */

/* The position from which on one that is being made has something missing. */
static uint64_t first_missing(const struct vb__indexing *indexing)
{
    uint64_t from = UINT64_MAX;

    for (size_t i = 0; i < indexing->declared->count; i++)
        if (indexing->kept[i].making && indexing->kept[i].reached < from)
            from = indexing->kept[i].reached;
    return from;
}

static enum vb_err add_keys(struct vb__writer *writer,
                            const struct vb_record *state)
{
    struct vb__indexing *indexing = &writer->indexing;
    struct vb_index_keys *keys = &indexing->new;
    enum vb_err err;

    vb_index_keys_reset(keys);
    indexing->declared->give(indexing->declared, state, keys);
    vb_index_keys_sort(keys);
    err = vb_index_keys_err(keys);
    for (size_t i = 0; err == VB_OK && i < vb_index_keys_count(keys); i++) {
        const struct vb_index_key *key = vb_index_keys_at(keys, i);

        if (indexing->kept[key->index].making)
            err = vb__indexing_write(writer, true, state->parent,
                                     state->position, keys, key);
    }
    return err;
}

/* Some records from `from` on; *ret_reached is the last one's position, or
 * UINT64_MAX when there was none left. */
static enum vb_err make_some(struct vb__writer *writer, uint64_t from,
                             uint64_t *ret_reached)
{
    const struct vb_indexes *declared = writer->indexing.declared;
    struct vb__call call = vb__writer_use(writer, VB__WRITER_RECORDS);
    enum vb_err err = VB_OK, ended;
    size_t bytes = 0, count = 0;

    vb__call_u64(&call, from);
    while (err == VB_OK && bytes < STEP_BYTES && count < STEP_RECORDS &&
           vb__call_row(&call)) {
        struct vb_record state = vb__row_of(&call);

        if (state.parent.len > 0 && declared->covers(declared, state.parent)) {
            err = add_keys(writer, &state);
            bytes += state.content.len;
        }
        from = state.position;
        count++;
    }
    ended = vb__call_end(&call);
    *ret_reached = count == 0 ? UINT64_MAX : from;
    return ended != VB_OK ? ended : err;
}

static enum vb_err save(struct vb__writer *writer,
                        const struct vb__kept_index *index)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_INDEX_SAVE);

    vb__call_u64(&call, index->id);
    vb__call_i64(&call, index->making ? VB__INDEX_MAKING : VB__INDEX_WHOLE);
    vb__call_u64(&call, index->reached);
    return vb__call_run(&call);
}

/* Those that have come as far, further or to the end. */
static enum vb_err advance(struct vb__writer *writer, uint64_t reached)
{
    struct vb__indexing *indexing = &writer->indexing;
    enum vb_err err = VB_OK;

    indexing->makes = reached != UINT64_MAX;
    for (size_t i = 0; err == VB_OK && i < indexing->declared->count; i++) {
        struct vb__kept_index *index = &indexing->kept[i];

        if (!index->making || index->reached >= reached)
            continue;
        index->making = reached != UINT64_MAX;
        if (index->making)
            index->reached = reached;
        else if (index->reached > 0)
            vb_log(VB_LOG_NOTICE, "%s: made an index: %.*s",
                   writer->sqlite->path, VB_FMT(indexing->declared->names[i]));
        err = save(writer, index);
    }
    return err;
}

/* --- letting go ----------------------------------------------------------- */

static enum vb_err drop(struct vb__writer *writer,
                        enum vb__writer_statement name)
{
    struct vb__call call = vb__writer_use(writer, name);

    vb__call_u64(&call, writer->indexing.going);
    return vb__call_run(&call);
}

static enum vb_err drop_some(struct vb__writer *writer)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_KEYS_DROP);
    enum vb_err err;

    vb__call_u64(&call, writer->indexing.going);
    vb__call_i64(&call, STEP_KEYS - 1);
    err = vb__call_run(&call);
    if (err != VB_OK || sqlite3_changes(writer->db) == STEP_KEYS)
        return err;
    err = drop(writer, VB__WRITER_KEYS_DROP_REST);
    if (err == VB_OK)
        err = drop(writer, VB__WRITER_INDEX_DROP);
    vb__indexing_forget(writer); /* perhaps there is another one */
    return err;
}

/* --- a step --------------------------------------------------------------- */

static enum vb_err step(struct vb__writer *writer)
{
    struct vb__indexing *indexing = &writer->indexing;
    enum vb_err err = vb__indexing_begin(writer);
    uint64_t reached;

    if (err != VB_OK)
        return err;
    if (indexing->going != 0)
        return drop_some(writer);
    if (!indexing->makes)
        return VB_OK;
    err = make_some(writer, first_missing(indexing), &reached);
    return err == VB_OK ? advance(writer, reached) : err;
}

static enum vb_err attempt(struct vb__writer *writer)
{
    enum vb_err err = vb__writer_begin(writer, true);

    if (err == VB_OK)
        err = step(writer);
    if (err == VB_OK)
        err = vb__writer_end(writer);
    else
        vb__writer_undo(writer);
    if (err != VB_OK)
        vb__indexing_forget(writer);
    return err;
}

bool vb__indexing_work(struct vb__writer *writer)
{
    const struct vb__indexing *indexing = &writer->indexing;
    enum vb_err err;

    if (indexing->read && !indexing->makes && indexing->going == 0)
        return false;
    if (!indexing->read && indexing->declared == NULL)
        return false; /* who says nothing is not asked before a commit */
    err = attempt(writer);
    if (err == VB_ERR_NOSPACE && vb__log_start_anew(writer))
        err = attempt(writer);
    /* As with garbage: it is tried again after the next group. */
    return err == VB_OK;
}
