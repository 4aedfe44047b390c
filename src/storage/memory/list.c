/* Members of a collection, and who refers to a record. See state.h. */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/memory/state.h"
#include "storage/sieve.h"

/* --- members -----------------------------------------------------------------
 */

/* The entries of a collection one after the other, in one direction. */
struct walk {
    const struct vb__collection *collection;
    size_t next; /* index, forward; index + 1, backward */
    bool backward;
};

static void walk_init(struct walk *walk, const struct vb_list_read *list,
                      const struct vb__collection *collection)
{
    walk->collection = collection;
    walk->backward = list->backward;
    if (!list->backward)
        walk->next = vb__collection_seek(collection, list->from);
    else if (list->from == 0)
        walk->next = collection->used;
    else
        walk->next = vb__collection_seek(collection, list->from - 1);
}

static const struct vb__row *walk_next(struct walk *walk)
{
    const struct vb__collection *collection = walk->collection;
    const struct vb__row *row = NULL;

    while (row == NULL && walk->backward && walk->next > 0)
        row = collection->members[--walk->next].row;
    while (row == NULL && !walk->backward && walk->next < collection->used)
        row = collection->members[walk->next++].row;
    return row;
}

static enum vb_err fill(struct vb_list_read *list,
                        const struct vb__collection *collection)
{
    struct vb__sifting sifting;
    struct walk walk;
    const struct vb__row *row;
    enum vb__sift verdict = VB__SIFT_PASS;

    vb__sift_init(&sifting, list);
    walk_init(&walk, list, collection);
    while (verdict != VB__SIFT_END && (row = walk_next(&walk)) != NULL) {
        verdict = vb__sift(&sifting, row->record);
        if (verdict == VB__SIFT_TAKE)
            list->records[list->count++] = vb_record_ref(row->record);
    }
    return vb__sift_done(&sifting);
}

/* The best of all members; as many of them as fit the page. */
static enum vb_err take_picked(struct vb__pick *pick)
{
    struct vb_list_read *list = pick->list;
    size_t bytes = 0;

    vb__pick_sort(pick);
    while (list->count < pick->count && list->count < list->limit) {
        struct vb__row *row = pick->kept[list->count].row;

        bytes += row->record->content.len;
        if (list->count > 0 && bytes > list->byte_limit)
            break;
        list->records[list->count++] = vb_record_ref(row->record);
    }
    return vb__pick_end(pick, list->count);
}

static enum vb_err fill_whole(struct vb_list_read *list,
                              const struct vb__collection *collection)
{
    struct vb__pick pick;
    enum vb_err err = vb__pick_init(&pick, list);

    list->total = 0;
    for (size_t i = 0; err == VB_OK && i < collection->used; i++) {
        struct vb__row *row = collection->members[i].row;

        if (row != NULL)
            err = vb__pick_offer(&pick, row->record, row);
    }
    if (err == VB_OK)
        err = take_picked(&pick);
    vb__pick_done(&pick);
    return err;
}

/* How many references there are to a record. */
static size_t count_sources(const struct vb__row *row)
{
    size_t count = 0;

    for (const struct vb_link *link = row->sources.next; link != &row->sources;
         link = link->next)
        count++;
    return count;
}

static int order_members(const void *a, const void *b)
{
    const struct vb__member *x = a, *y = b;

    return (x->position > y->position) - (x->position < y->position);
}

/* The members of a collection that refer to a key, as a collection of their
 * own; its members are the caller's. VB_ERR_NOMEM. */
static enum vb_err referring(struct vb__memory *memory,
                             const struct vb__collection *collection,
                             struct vb_span target,
                             struct vb__collection *ret_some)
{
    struct vb__row *row = vb__row_find(memory, target);

    *ret_some = (struct vb__collection){.revision = collection->revision};
    if (row == NULL)
        return VB_OK;
    ret_some->members =
        calloc(count_sources(row) + 1, sizeof(*ret_some->members));
    if (ret_some->members == NULL)
        return VB_ERR_NOMEM;
    for (struct vb_link *link = row->sources.next; link != &row->sources;
         link = link->next) {
        struct vb__row *source =
            VB_CONTAINER(link, struct vb__edge, to)->source;

        if (source->collection == collection)
            ret_some->members[ret_some->used++] =
                (struct vb__member){source->record->position, source};
    }
    ret_some->count = ret_some->used;
    if (ret_some->used > 1)
        qsort(ret_some->members, ret_some->used, sizeof(*ret_some->members),
              order_members);
    return VB_OK;
}

static enum vb_err fill_from(struct vb_list_read *list,
                             const struct vb__collection *collection)
{
    list->revision = collection->revision;
    list->members = list->total = collection->count;
    return list->whole ? fill_whole(list, collection) : fill(list, collection);
}

enum vb_err vb__memory_list(struct vb__memory *memory,
                            struct vb_list_read *list)
{
    const struct vb__collection *collection;
    struct vb__collection some;
    enum vb_err err;

    if (!vb__list_init(list))
        return VB_ERR_RANGE;
    if (list->index != NULL || list->counted != NULL)
        return VB_ERR_UNSUPPORTED;
    collection = vb__collection_find(memory, list->parent);
    if (collection == NULL)
        return VB_OK;
    list->records = malloc(list->limit * sizeof(struct vb_record *));
    if (list->records == NULL)
        return VB_ERR_NOMEM;
    if (list->target.len == 0) {
        err = fill_from(list, collection);
    } else {
        err = referring(memory, collection, list->target, &some);
        if (err == VB_OK)
            err = fill_from(list, &some);
        free(some.members);
    }
    if (err != VB_OK)
        vb_list_read_done(list);
    return err;
}

/* --- who refers --------------------------------------------------------------
 */

static int order_positions(const void *a, const void *b)
{
    const struct vb_record *const *x = a, *const *y = b;

    return ((*x)->position > (*y)->position) -
           ((*x)->position < (*y)->position);
}

/* All of them, and then the first: edges are in the order they were made. */
enum vb_err vb__memory_sources(struct vb__memory *memory,
                               struct vb_sources_read *read)
{
    const struct vb__row *row = vb__row_find(memory, read->key);

    if (row == NULL)
        return VB_OK;
    read->records = calloc(count_sources(row) + 1, sizeof(*read->records));
    if (read->records == NULL)
        return VB_ERR_NOMEM;
    for (struct vb_link *link = row->sources.next; link != &row->sources;
         link = link->next)
        read->records[read->count++] = vb_record_ref(
            VB_CONTAINER(link, struct vb__edge, to)->source->record);
    qsort(read->records, read->count, sizeof(*read->records), order_positions);
    read->more = read->count > read->limit;
    while (read->count > read->limit)
        vb_record_unref(read->records[--read->count]);
    return VB_OK;
}
