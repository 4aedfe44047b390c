/* Reading lists: walks over members, in the order of their positions or over
 * all of them. See reader_part.h. */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

/* A member that is not to come brief, of which the walk has nothing else. */
static enum vb_err take_whole(struct vb__reader *reader, uint64_t id,
                              struct vb_record **ret_record)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_BY_ID]);

    vb__call_u64(&call, id);
    if (vb__call_row(&call)) {
        struct vb_record row = vb__row_of(&call);

        *ret_record = vb__record_of(reader, &row);
    }
    return vb__reader_ended(reader, &call);
}

/* Brief, if the list takes it so: what holds nothing may be a blob. */
static enum vb_err take_member(struct vb__filling *filling,
                               const struct vb_record *row,
                               struct vb_record **ret_record)
{
    struct vb_list_read *list = filling->list;
    struct vb_record brief = *row;

    *ret_record = NULL;
    if (list->brief.len > 0 && row->content.len > 0 &&
        vb_span_eq(row->media_type, list->brief)) {
        brief.media_type = list->brief;
        *ret_record = vb__record_brief(&list->briefs, &brief);
        return VB_OK;
    }
    if (vb__record_is_brief(row))
        return take_whole(filling->reader, row->position, ret_record);
    *ret_record = vb__record_of(filling->reader, row);
    return VB_OK;
}

enum vb_err vb__fill(struct vb__filling *filling, const struct vb_record *row)
{
    struct vb_list_read *list = filling->list;
    enum vb_err err;

    if (list->count == filling->cap) {
        size_t more = filling->cap == 0 ? 16 : filling->cap * 2;
        struct vb_record **records =
            realloc(list->records, more * sizeof(struct vb_record *));

        if (records == NULL)
            return VB_ERR_NOMEM;
        list->records = records;
        filling->cap = more;
    }
    err = take_member(filling, row, &list->records[list->count]);
    if (err == VB_OK && list->records[list->count] == NULL)
        err = VB_ERR_NOMEM;
    list->count += err == VB_OK;
    return err;
}

enum vb_err vb__reader_ended_with(struct vb__reader *reader,
                                  struct vb__call *call, enum vb_err err)
{
    if (err == VB_OK)
        return vb__reader_ended(reader, call);
    vb__call_end(call);
    return err;
}

enum vb_err vb__sift_rows(struct vb__filling *filling,
                          struct vb__sifting *sifting, struct vb__call *call,
                          enum vb__sift *ret_verdict)
{
    enum vb__sift verdict = VB__SIFT_PASS;
    enum vb_err err = VB_OK;

    while (err == VB_OK && verdict != VB__SIFT_END && vb__call_row(call)) {
        struct vb_record row = vb__row_for(call, filling->list);

        verdict = vb__sift(sifting, &row);
        if (verdict == VB__SIFT_TAKE)
            err = vb__fill(filling, &row);
    }
    *ret_verdict = verdict;
    return vb__reader_ended_with(filling->reader, call, err);
}

/* The call for members beyond an id; `limit` -1: all of them. */
static struct vb__call members(struct vb__reader *reader,
                               const struct vb_list_read *list, bool backward,
                               int64_t from, int64_t limit)
{
    static const enum vb__reader_statement walks[2][2] = {
        {VB__READER_LIST_FORWARD, VB__READER_LIST_BACKWARD},
        {VB__READER_SOME_FORWARD, VB__READER_SOME_BACKWARD}};
    bool some = list->target.len > 0;
    struct vb__call call =
        vb__call(reader->statements[vb__walk_for(walks[some][backward], list)]);

    vb__call_text(&call, list->parent);
    vb__call_i64(&call, from);
    vb__call_i64(&call, limit);
    if (some)
        vb__call_text(&call, list->target);
    return call;
}

/* Members in the order of their ids from where the list begins. One row more
 * is asked for than wanted, to know whether there are more; where they are
 * sieved, all rows, and stepping ends when there are enough. */
static enum vb_err read_rows(struct vb__reader *reader,
                             struct vb_list_read *list)
{
    bool beginning = list->backward && list->from == 0;
    struct vb__call call =
        members(reader, list, list->backward,
                beginning ? INT64_MAX : (int64_t)list->from,
                list->sieve != NULL ? -1 : (int64_t)list->limit + 1);
    struct vb__filling filling = {.reader = reader, .list = list};
    struct vb__sifting sifting;
    enum vb__sift verdict;
    enum vb_err err, sieved;

    vb__sift_init(&sifting, list);
    err = vb__sift_rows(&filling, &sifting, &call, &verdict);
    sieved = vb__sift_done(&sifting);
    return err != VB_OK ? err : sieved;
}

/* Looks at all members, and keeps the ids of the best. */
static enum vb_err pick_all(struct vb__reader *reader, struct vb__pick *pick)
{
    struct vb__call call = members(reader, pick->list, false, 0, -1);
    enum vb_err err = VB_OK;

    while (err == VB_OK && vb__call_row(&call)) {
        struct vb_record row = vb__row_for(&call, pick->list);

        err = vb__pick_offer(pick, &row, NULL);
    }
    return vb__reader_ended_with(reader, &call, err);
}

/* One of the picked, in the snapshot that it was picked in. */
static enum vb_err add_picked(struct vb__filling *filling, uint64_t id,
                              size_t *bytes, bool *full)
{
    struct vb__reader *reader = filling->reader;
    struct vb_list_read *list = filling->list;
    struct vb__call call = vb__call(reader->statements[VB__READER_BY_ID]);
    enum vb_err err = VB_OK;

    vb__call_u64(&call, id);
    if (vb__call_row(&call)) {
        struct vb_record row = vb__row_of(&call);

        *bytes += row.content.len;
        *full = list->count > 0 && *bytes > list->byte_limit;
        if (!*full)
            err = vb__fill(filling, &row);
    }
    return vb__reader_ended_with(reader, &call, err);
}

static enum vb_err take_picked(struct vb__reader *reader, struct vb__pick *pick)
{
    struct vb_list_read *list = pick->list;
    struct vb__filling filling = {.reader = reader, .list = list};
    enum vb_err err = VB_OK;
    size_t bytes = 0;
    bool full = false;

    vb__pick_sort(pick);
    for (size_t i = 0;
         err == VB_OK && !full && i < pick->count && list->count < list->limit;
         i++)
        err = add_picked(&filling, pick->kept[i].position, &bytes, &full);
    return err == VB_OK ? vb__pick_end(pick, list->count) : err;
}

static enum vb_err read_whole(struct vb__reader *reader,
                              const struct vb__index *index,
                              struct vb_list_read *list)
{
    struct vb__pick pick;
    enum vb_err err = vb__pick_init(&pick, list);

    list->total = 0;
    if (err == VB_OK)
        err = index != NULL ? vb__index_pick(reader, index, &pick)
                            : pick_all(reader, &pick);
    if (err == VB_OK)
        err = take_picked(reader, &pick);
    vb__pick_done(&pick);
    return err;
}

/* Through an index. */
static enum vb_err read_indexed(struct vb__reader *reader,
                                struct vb_list_read *list)
{
    struct vb__index index;
    enum vb_err err = vb__reader_index(reader, list->index, &index);

    if (err != VB_OK)
        return err;
    if (list->whole)
        return list->index->ordered ? vb__index_ordered(reader, &index, list)
                                    : read_whole(reader, &index, list);
    return vb__index_is_point(list->index)
               ? vb__index_point(reader, &index, list)
               : vb__index_ranges(reader, &index, list);
}

static enum vb_err count_members(struct vb__reader *reader,
                                 struct vb_list_read *list)
{
    struct vb__index index;
    enum vb_err err = vb__reader_index(reader, list->counted, &index);

    return err == VB_OK ? vb__index_count(reader, &index, list) : err;
}

static enum vb_err read_members(struct vb__reader *reader,
                                struct vb_list_read *list)
{
    enum vb_err err =
        list->counted != NULL ? count_members(reader, list) : VB_OK;

    if (err != VB_OK)
        return err;
    if (list->index != NULL)
        return read_indexed(reader, list);
    return list->whole ? read_whole(reader, NULL, list)
                       : read_rows(reader, list);
}

/* How many members refer to what the list is about. */
static enum vb_err count_some(struct vb__reader *reader,
                              const struct vb_list_read *list,
                              uint64_t *ret_count)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_SOME_COUNT]);

    vb__call_text(&call, list->parent);
    vb__call_text(&call, list->target);
    if (vb__call_row(&call))
        *ret_count = vb__call_get_u64(&call, 0);
    return vb__reader_ended(reader, &call);
}

enum vb_err vb__reader_list(struct vb__reader *reader,
                            struct vb_list_read *list)
{
    struct vb__collected collection;
    enum vb_err err;

    if (!vb__list_init(list))
        return VB_ERR_RANGE;
    /* Both in one snapshot: a commit between them must not begin another. */
    err = vb__reader_collected(reader, list->parent, &collection);
    if (err == VB_OK) {
        list->revision = collection.revision;
        if (list->target.len > 0)
            err = count_some(reader, list, &collection.count);
        list->members = list->total = collection.count;
    }
    if (err == VB_OK)
        err = read_members(reader, list);
    if (err != VB_OK)
        vb_list_read_done(list);
    return err;
}

enum vb_err vb__reader_lists(struct vb__reader *reader,
                             struct vb_lists_read *read)
{
    for (size_t i = 0; i < read->count; i++)
        read->lists[i]->op.err = vb__reader_list(reader, read->lists[i]);
    return VB_OK;
}
