/*
 * Walking along an index, for a list in its order.
 *
 * Members of one key are in the order of their positions whichever way the
 * keys go. Where both go the same way, so does the table; else the walk goes
 * from key to key:
 *
 *     [ low                  high )        ranges
 *       1968  1968 │ 1969 │ 1970 …         groups, each from its first position
 *
 * See reader_part.h.
 */
#include "storage/engine.h"
#include "storage/sqlite/reader_part.h"

/* Bytes of a key. */
#define KEY_LIMIT ((size_t)64 * 1024)

struct walk {
    const struct vb__index *index;
    struct vb__filling filling;
    struct vb__sifting sifting;
    bool up; /* towards larger keys */
    enum vb__sift verdict;
    struct vb_buf key;    /* of the group */
    struct vb_buf behind; /* the first key behind it */
};

/* A key of the index as one of the list, or the other way round. */
static void turn(struct vb_buf *to, const struct vb_list_index *index,
                 struct vb_span key)
{
    vb_buf_reset(to);
    for (size_t i = 0; i < key.len; i++)
        vb_buf_char(to, (char)(index->descending ? ~key.ptr[i] : key.ptr[i]));
}

static enum vb_err walk_group(struct walk *walk, uint64_t from)
{
    struct vb_list_read *list = walk->filling.list;
    uint64_t reached = list->reached;
    enum vb_err err =
        vb__index_group(&walk->filling, &walk->sifting, walk->index,
                        vb_buf_span(&walk->key), from, &walk->verdict);

    if (err == VB_OK && list->reached != reached) {
        turn(&list->reached_key, walk->index->wanted, vb_buf_span(&walk->key));
        err = list->reached_key.err;
    }
    return err;
}

/* What is left of a range beyond the group. */
static struct vb_range rest_of(struct walk *walk, struct vb_range range)
{
    struct vb_span key = vb_buf_span(&walk->key);

    if (key.len == 0)
        return range;
    if (!walk->up) {
        if (vb_span_cmp(key, range.high) < 0)
            range.high = key;
        return range;
    }
    vb_buf_reset(&walk->behind);
    vb_buf_append(&walk->behind, key);
    vb_buf_char(&walk->behind, '\0');
    if (vb_span_cmp(vb_buf_span(&walk->behind), range.low) > 0)
        range.low = vb_buf_span(&walk->behind);
    return range;
}

/* The nearest key of what is left of the range becomes the group's. */
static enum vb_err next_key(struct walk *walk, struct vb_range range,
                            bool *ret_found)
{
    struct vb__reader *reader = walk->filling.reader;
    struct vb_range rest = rest_of(walk, range);
    struct vb__call call;
    enum vb_err err;

    *ret_found = false;
    if (walk->behind.err != VB_OK || vb_span_cmp(rest.low, rest.high) >= 0)
        return walk->behind.err;
    call = vb__index_use(reader,
                         walk->up ? VB__READER_KEY_UP : VB__READER_KEY_DOWN,
                         walk->index, walk->filling.list->parent);
    vb__call_blob(&call, rest.low);
    vb__call_blob(&call, rest.high);
    *ret_found = vb__call_row(&call);
    if (*ret_found) { /* over what is bound, which the row needs no more */
        vb_buf_reset(&walk->key);
        vb_buf_append(&walk->key, vb__call_get_blob(&call, 0));
    }
    err = vb__reader_ended(reader, &call);
    return err != VB_OK ? err : walk->key.err;
}

static enum vb_err walk_groups(struct walk *walk, struct vb_range range)
{
    bool found = true;
    enum vb_err err = VB_OK;

    while (err == VB_OK && found && walk->verdict != VB__SIFT_END) {
        err = next_key(walk, range, &found);
        if (err == VB_OK && found)
            err = walk_group(walk, 0);
    }
    return err;
}

static enum vb_err walk_row(struct walk *walk, const struct vb__call *call)
{
    struct vb_list_read *list = walk->filling.list;
    struct vb_record row = vb__row_for(call, list);
    uint64_t reached = list->reached;
    enum vb_err err = VB_OK;

    walk->verdict = vb__sift(&walk->sifting, &row);
    if (walk->verdict == VB__SIFT_TAKE)
        err = vb__fill(&walk->filling, &row);
    if (list->reached == reached)
        return err;
    vb_buf_reset(&list->reached_key);
    vb_buf_append(&list->reached_key, vb__call_get_blob(call, VB__ROW_EXTRA));
    return err != VB_OK ? err : list->reached_key.err;
}

/* Where the list begins: before a range (-1), in it, or behind it (1). */
static int place_of(const struct vb_list_read *list, struct vb_range range)
{
    if (vb_span_cmp(list->from_key, range.low) < 0)
        return -1;
    return vb_span_cmp(list->from_key, range.high) >= 0;
}

/* The rows of a range in the table's own order, from where the list begins. */
static enum vb_err walk_straight(struct walk *walk, struct vb_range range)
{
    const struct vb_list_read *list = walk->filling.list;
    struct vb_span near = walk->up ? range.low : range.high;
    struct vb_span far = walk->up ? range.high : range.low;
    struct vb__reader *reader = walk->filling.reader;
    uint64_t beyond = 0; /* no id is less */
    struct vb__call call;
    enum vb_err err = VB_OK;

    if (list->from != 0) {
        int place = place_of(list, range);

        if (place == (walk->up ? 1 : -1))
            return VB_OK;
        if (place == 0) {
            near = list->from_key;
            beyond = list->from;
        }
    }
    call = vb__index_use(
        reader,
        vb__walk_for(walk->up ? VB__READER_ROWS_UP : VB__READER_ROWS_DOWN,
                     list),
        walk->index, list->parent);
    vb__call_blob(&call, near);
    vb__call_u64(&call, beyond);
    vb__call_blob(&call, far);
    while (err == VB_OK && walk->verdict != VB__SIFT_END && vb__call_row(&call))
        err = walk_row(walk, &call);
    return vb__reader_ended_with(reader, &call, err);
}

static enum vb_err walk_all(struct walk *walk)
{
    const struct vb_list_read *list = walk->filling.list;
    const struct vb_list_index *wanted = walk->index->wanted;
    const struct vb_ranges *ranges = &wanted->ranges;
    enum vb_err err = VB_OK;

    if (wanted->descending && list->from != 0) {
        turn(&walk->key, wanted, list->from_key);
        err = walk->key.err == VB_OK ? walk_group(walk, list->from)
                                     : walk->key.err;
    }
    for (size_t i = 0;
         err == VB_OK && walk->verdict != VB__SIFT_END && i < ranges->count;
         i++) {
        size_t at = walk->up ? i : ranges->count - 1 - i;

        err = wanted->descending ? walk_groups(walk, ranges->ranges[at])
                                 : walk_straight(walk, ranges->ranges[at]);
    }
    return err;
}

enum vb_err vb__index_ordered(struct vb__reader *reader,
                              const struct vb__index *index,
                              struct vb_list_read *list)
{
    struct walk walk = {
        .index = index,
        .filling = {.reader = reader, .list = list},
        .up = list->backward == index->wanted->descending,
        .verdict = VB__SIFT_PASS,
    };
    enum vb_err err, sieved;

    vb__sift_init(&walk.sifting, list);
    vb_buf_init(&walk.key, KEY_LIMIT);
    vb_buf_init(&walk.behind, KEY_LIMIT);
    vb_buf_init(&list->reached_key, KEY_LIMIT);
    err = walk_all(&walk);
    sieved = vb__sift_done(&walk.sifting);
    vb_buf_done(&walk.key);
    vb_buf_done(&walk.behind);
    return err != VB_OK ? err : sieved;
}
