/* Lists that go by an index. See list_part.h, and indexing.h for what there
 * is of indexes. */
#include "storage/postgres/indexing.h"
#include "storage/postgres/list_part.h"

/* Bytes of ranges: a hundred of the longest keys, low and high. */
#define RANGES_LIMIT ((size_t)4 * 1024 * 1024)

/* --- asking ----------------------------------------------------------------
 */

static int64_t bounded(uint64_t most)
{
    return most < INT32_MAX ? (int64_t)most + 1 : INT32_MAX;
}

/* The index and its ranges behind what all lists have, and perhaps a key; and
 * sends it. */
static void send(struct vb__pg_listing *listing, struct vb__pg_link *link,
                 enum vb__pg_statement statement,
                 const struct vb_list_index *index,
                 struct vb__pg_params *params)
{
    const struct vb_ranges *ranges = &index->ranges;
    struct vb_buf low, high;

    vb_buf_init(&low, RANGES_LIMIT);
    vb_buf_init(&high, RANGES_LIMIT);
    vb__pg_byteas_begin(&low, (uint32_t)ranges->count);
    vb__pg_byteas_begin(&high, (uint32_t)ranges->count);
    for (size_t i = 0; i < ranges->count; i++) {
        vb__pg_byteas_add(&low, ranges->ranges[i].low);
        vb__pg_byteas_add(&high, ranges->ranges[i].high);
    }
    vb__pg_bytes(params, index->name);
    vb__pg_int(params, vb__pg_index_id(index->name));
    vb__pg_bytes(params, vb_buf_span(&low));
    vb__pg_bytes(params, vb_buf_span(&high));
    vb__pg_int(params, bounded(index->most));
    if (statement == VB__PG_KEYED_UP || statement == VB__PG_KEYED_DOWN ||
        statement == VB__PG_KEYS_COUNT)
        ;
    else if (listing->has_key)
        vb__pg_bytes(params, vb_buf_span(&listing->beyond_key));
    else
        vb__pg_null(params);
    vb__pg_send(link, &listing->ask, statement, params);
    vb_buf_done(&low);
    vb_buf_done(&high);
}

void vb__pg_list_send_count(struct vb__pg_listing *listing,
                            struct vb__pg_link *link,
                            struct vb__pg_params *params)
{
    send(listing, link, VB__PG_KEYS_COUNT, listing->list->counted, params);
}

void vb__pg_list_send_keyed(struct vb__pg_listing *listing,
                            struct vb__pg_link *link,
                            struct vb__pg_params *params)
{
    static const enum vb__pg_statement walks[2][2] = {
        {VB__PG_ORDERED_UP, VB__PG_ORDERED_DOWN},
        {VB__PG_TURNED_UP, VB__PG_TURNED_DOWN}};
    const struct vb_list_read *list = listing->list;
    enum vb__pg_statement statement =
        list->backward ? VB__PG_KEYED_DOWN : VB__PG_KEYED_UP;

    if (vb__pg_list_is_ordered(list))
        statement = walks[list->index->descending][list->backward];
    send(listing, link, statement, list->index, params);
}

/* --- what comes of it ------------------------------------------------------
 */

static bool is_point(const struct vb_list_index *index)
{
    return index->ranges.count == 1 &&
           vb_range_is_point(&index->ranges.ranges[0]);
}

enum vb_err vb__pg_list_judge(struct vb_list_read *list,
                              const struct vb_list_index *index, int64_t whole,
                              int64_t keys)
{
    bool is_bounded =
        index == list->counted ||
        (!vb__pg_list_is_ordered(list) && (list->whole || !is_point(index)));

    if (whole == 0)
        return VB_ERR_UNSUPPORTED;
    return is_bounded && (uint64_t)keys > index->most ? VB_ERR_LIMIT : VB_OK;
}

/* A key of the index as one of the list, or the other way round. */
static enum vb_err turn(struct vb_buf *to, const struct vb_list_index *index,
                        struct vb_span key)
{
    vb_buf_reset(to);
    for (size_t i = 0; i < key.len; i++)
        vb_buf_char(to, (char)(index->descending ? ~key.ptr[i] : key.ptr[i]));
    return to->err;
}

enum vb_err vb__pg_list_begin_ordered(struct vb__pg_listing *listing)
{
    struct vb_list_read *list = listing->list;

    vb_buf_init(&list->reached_key, VB_INDEX_KEY_MOST + 1);
    listing->has_key = list->from != 0;
    return listing->has_key
               ? turn(&listing->beyond_key, list->index, list->from_key)
               : VB_OK;
}

enum vb_err vb__pg_list_reached(struct vb__pg_listing *listing, int row,
                                bool advanced)
{
    struct vb_list_read *list = listing->list;
    struct vb_span sort =
        vb__pg_get_bytes(listing->page, row, VB__PG_RECORD_WIDTH);

    vb_buf_reset(&listing->beyond_key);
    vb_buf_append(&listing->beyond_key, sort);
    listing->has_key = true;
    if (listing->beyond_key.err != VB_OK || !advanced)
        return listing->beyond_key.err;
    return turn(&list->reached_key, list->index, sort);
}
