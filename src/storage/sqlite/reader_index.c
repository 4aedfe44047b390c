/* Walks through an index. See reader_part.h. */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/sqlite/indexing.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

/* Bytes of the ids of one walk. */
#define IDS_LIMIT ((size_t)64 * 1024 * 1024)

enum vb_err vb__reader_index(struct vb__reader *reader,
                             const struct vb_list_index *wanted,
                             struct vb__index *ret_index)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_INDEX]);
    bool found;
    enum vb_err err;

    vb__call_text(&call, wanted->name);
    found = vb__call_row(&call);
    if (found)
        *ret_index = (struct vb__index){vb__call_get_u64(&call, 0), wanted};
    err = vb__reader_ended(reader, &call);
    return err == VB_OK && !found ? VB_ERR_UNSUPPORTED : err;
}

struct vb__call vb__index_use(struct vb__reader *reader,
                              enum vb__reader_statement which,
                              const struct vb__index *index,
                              struct vb_span listing)
{
    struct vb__call call = vb__call(reader->statements[which]);

    vb__call_u64(&call, index->id);
    vb__call_text(&call, listing);
    return call;
}

/* --- counting ------------------------------------------------------------- */

enum vb_err vb__index_count(struct vb__reader *reader,
                            const struct vb__index *index,
                            struct vb_list_read *list)
{
    const struct vb_ranges *ranges = &index->wanted->ranges;
    enum vb_err err = VB_OK;
    uint64_t total = 0;

    for (size_t i = 0;
         err == VB_OK && i < ranges->count && total <= index->wanted->most;
         i++) {
        struct vb__call call =
            vb__index_use(reader, VB__READER_KEYS_COUNT, index, list->parent);

        vb__call_blob(&call, ranges->ranges[i].low);
        vb__call_blob(&call, ranges->ranges[i].high);
        vb__call_u64(&call, index->wanted->most + 1 - total);
        if (vb__call_row(&call))
            total += vb__call_get_u64(&call, 0);
        err = vb__reader_ended(reader, &call);
    }
    if (err == VB_OK && total > index->wanted->most)
        err = VB_ERR_LIMIT;
    list->total = total;
    return err;
}

/* --- all that has one key ------------------------------------------------- */

bool vb__index_is_point(const struct vb_list_index *wanted)
{
    return wanted->ranges.count == 1 &&
           vb_range_is_point(&wanted->ranges.ranges[0]);
}

enum vb_err vb__index_group(struct vb__filling *filling,
                            struct vb__sifting *sifting,
                            const struct vb__index *index, struct vb_span key,
                            uint64_t from, enum vb__sift *ret_verdict)
{
    const struct vb_list_read *list = filling->list;
    struct vb__call call =
        vb__index_use(filling->reader,
                      vb__walk_for(list->backward ? VB__READER_KEY_BACKWARD
                                                  : VB__READER_KEY_FORWARD,
                                   list),
                      index, list->parent);

    vb__call_blob(&call, key);
    vb__call_i64(&call,
                 list->backward && from == 0 ? INT64_MAX : (int64_t)from);
    return vb__sift_rows(filling, sifting, &call, ret_verdict);
}

enum vb_err vb__index_point(struct vb__reader *reader,
                            const struct vb__index *index,
                            struct vb_list_read *list)
{
    struct vb__filling filling = {.reader = reader, .list = list};
    struct vb__sifting sifting;
    enum vb__sift verdict;
    enum vb_err err, sieved;

    vb__sift_init(&sifting, list);
    err = vb__index_group(&filling, &sifting, index,
                          index->wanted->ranges.ranges[0].low, list->from,
                          &verdict);
    sieved = vb__sift_done(&sifting);
    return err != VB_OK ? err : sieved;
}

/* --- all in the ranges ---------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static enum vb_err note_range(struct vb__reader *reader,
                              const struct vb__index *index,
                              const struct vb_list_read *list,
                              const struct vb_range *range, struct vb_buf *ids)
{
    struct vb__call call =
        vb__index_use(reader, VB__READER_KEYS, index, list->parent);
    uint64_t most = index->wanted->most;
    enum vb_err err = VB_OK;

    vb__call_blob(&call, range->low);
    vb__call_blob(&call, range->high);
    while (err == VB_OK && vb__call_row(&call)) {
        uint64_t id = vb__call_get_u64(&call, 0);

        if (ids->len / sizeof(id) == most)
            err = VB_ERR_LIMIT;
        vb_buf_append(ids, vb_span_of((const char *)&id, sizeof(id)));
    }
    if (err == VB_OK)
        err = ids->err;
    return vb__reader_ended_with(reader, &call, err);
}

/* The ids of all that have a key in the ranges, in their order; one with
 * several keys perhaps several times. */
static enum vb_err note_ids(struct vb__reader *reader,
                            const struct vb__index *index,
                            const struct vb_list_read *list, struct vb_buf *ids)
{
    const struct vb_ranges *ranges = &index->wanted->ranges;
    enum vb_err err = VB_OK;

    for (size_t i = 0; err == VB_OK && i < ranges->count; i++)
        err = note_range(reader, index, list, &ranges->ranges[i], ids);
    if (ids->len > 0)
        qsort(ids->ptr, ids->len / sizeof(uint64_t), sizeof(uint64_t),
              compare_ids);
    return err;
}

/* Calls `visit` with each of them once, in their order or backward, until it
 * says that it is enough. */
static enum vb_err
each_id(struct vb__reader *reader, const struct vb_buf *ids, bool backward,
        enum vb_err (*visit)(void *context, const struct vb__call *row,
                             bool *ret_enough),
        void *context, uint64_t from)
{
    const uint64_t *id = (const uint64_t *)(const void *)ids->ptr;
    size_t count = ids->len / sizeof(*id);
    enum vb_err err = VB_OK;
    uint64_t last = 0;
    bool enough = false;

    for (size_t n = 0; err == VB_OK && !enough && n < count; n++) {
        uint64_t at = id[backward ? count - 1 - n : n];
        struct vb__call call = vb__call(reader->statements[VB__READER_BY_ID]);

        if (at == last || (from != 0 && (backward ? at >= from : at <= from)))
            continue;
        last = at;
        vb__call_u64(&call, at);
        if (vb__call_row(&call))
            err = visit(context, &call, &enough);
        err = vb__reader_ended_with(reader, &call, err);
    }
    return err;
}

struct sifts {
    struct vb__filling filling;
    struct vb__sifting sifting;
};

static enum vb_err sift_one(void *context, const struct vb__call *call,
                            bool *ret_enough)
{
    struct sifts *sifts = context;
    struct vb_record row = vb__row_of(call);
    enum vb__sift verdict = vb__sift(&sifts->sifting, &row);

    *ret_enough = verdict == VB__SIFT_END;
    return verdict == VB__SIFT_TAKE ? vb__fill(&sifts->filling, &row) : VB_OK;
}

enum vb_err vb__index_ranges(struct vb__reader *reader,
                             const struct vb__index *index,
                             struct vb_list_read *list)
{
    struct sifts sifts = {.filling = {.reader = reader, .list = list}};
    struct vb_buf ids;
    enum vb_err err, sieved;

    vb_buf_init(&ids, IDS_LIMIT);
    vb__sift_init(&sifts.sifting, list);
    err = note_ids(reader, index, list, &ids);
    if (err == VB_OK)
        err =
            each_id(reader, &ids, list->backward, sift_one, &sifts, list->from);
    sieved = vb__sift_done(&sifts.sifting);
    vb_buf_done(&ids);
    return err != VB_OK ? err : sieved;
}

static enum vb_err offer_one(void *context, const struct vb__call *call,
                             bool *ret_enough)
{
    struct vb__pick *pick = context;
    struct vb_record row = vb__row_of(call);

    *ret_enough = false;
    return vb__pick_offer(pick, &row, NULL);
}

enum vb_err vb__index_pick(struct vb__reader *reader,
                           const struct vb__index *index, struct vb__pick *pick)
{
    struct vb_buf ids;
    enum vb_err err;

    vb_buf_init(&ids, IDS_LIMIT);
    err = note_ids(reader, index, pick->list, &ids);
    if (err == VB_OK)
        err = each_id(reader, &ids, false, offer_one, pick, 0);
    vb_buf_done(&ids);
    return err;
}
