/* The history in memory: a list of what has happened, the oldest first. */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/memory/state.h"

static void entry_free(struct vb__entry *entry)
{
    if (entry == NULL)
        return;
    vb_record_unref(entry->before);
    vb_record_unref(entry->after);
    free(entry);
}

struct vb__entry *vb__entry_new(struct vb_record *before,
                                struct vb_record *after)
{
    struct vb__entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->before = vb__history_record(before);
    entry->after = vb__history_record(after);
    entry->cost = VB__HISTORY_COST;
    if (entry->before != NULL)
        entry->cost += vb_record_size(entry->before);
    if ((before != NULL && entry->before == NULL) ||
        (after != NULL && entry->after == NULL)) {
        entry_free(entry);
        return NULL;
    }
    return entry;
}

void vb__entry_abandon(struct vb__entry *entry)
{
    entry_free(entry);
}

static struct vb__entry *entry_of(struct vb_link *link)
{
    return VB_CONTAINER(link, struct vb__entry, link);
}

static void drop_oldest(struct vb__history *history)
{
    struct vb__entry *oldest = entry_of(vb_list_pop(&history->entries));

    history->bytes -= oldest->cost;
    history->kept = oldest->moment;
    entry_free(oldest);
}

void vb__history_add(struct vb__memory *memory, struct vb__entry **entries,
                     size_t count)
{
    struct vb__history *history = &memory->history;
    uint64_t limit = atomic_load(&memory->store.history);
    uint64_t first = memory->revision << VB_MOMENT_STEP_BITS;
    struct vb__entry *last = NULL;
    uint64_t step = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i] == NULL)
            continue;
        last = entries[i];
        last->moment = first | ++step;
        history->bytes += last->cost;
        vb_list_append(&history->entries, &last->link);
    }
    if (last != NULL)
        last->moment = vb_moment(memory->revision);
    while (history->bytes > limit || step >= VB_MOMENT_STEP_LAST) {
        if (vb_list_empty(&history->entries))
            break;
        drop_oldest(history);
    }
    if (limit == 0)
        history->kept = vb_moment(memory->revision);
}

void vb__history_init_empty(struct vb__history *history)
{
    *history = (struct vb__history){.bytes = 0};
    vb_list_init(&history->entries);
}

void vb__history_free(struct vb__history *history)
{
    while (!vb_list_empty(&history->entries))
        drop_oldest(history);
}

/* --- reading ---------------------------------------------------------------
 */

/* The first beyond a moment; most ask for the newest. */
static struct vb_link *seek(struct vb__history *history, uint64_t beyond)
{
    struct vb_link *link = &history->entries;

    while (link->prev != &history->entries &&
           entry_of(link->prev)->moment > beyond)
        link = link->prev;
    return link;
}

static bool wants(const struct vb_history_read *read,
                  const struct vb__entry *entry)
{
    const struct vb_record *record =
        entry->after != NULL ? entry->after : entry->before;

    return vb__history_wants(read, record->key, record->parent);
}

static size_t size_of(const struct vb__entry *entry)
{
    return (entry->before != NULL ? vb_record_size(entry->before) : 0) +
           (entry->after != NULL ? vb_record_size(entry->after) : 0);
}

static void take(struct vb_history_read *read, const struct vb__entry *entry)
{
    struct vb_happening *happening = &read->happenings[read->count++];

    happening->moment = entry->moment;
    happening->before =
        entry->before != NULL ? vb_record_ref(entry->before) : NULL;
    happening->after =
        entry->after != NULL ? vb_record_ref(entry->after) : NULL;
}

static void fill(struct vb__history *history, struct vb_history_read *read)
{
    struct vb_link *link = seek(history, read->beyond);
    size_t bytes = 0;

    for (size_t looked = 0; link != &history->entries;
         link = link->next, looked++) {
        const struct vb__entry *entry = entry_of(link);
        bool wanted = wants(read, entry);

        if (wanted)
            bytes += size_of(entry);
        read->more =
            looked == VB__HISTORY_LOOKED ||
            (wanted && (read->count == read->limit ||
                        (read->count > 0 && bytes > read->byte_limit)));
        if (read->more)
            return;
        if (wanted)
            take(read, entry);
        read->reached = entry->moment;
    }
    read->reached = read->now;
}

enum vb_err vb__memory_history(struct vb__memory *memory,
                               struct vb_history_read *read)
{
    struct vb__history *history = &memory->history;

    read->now = vb_moment(memory->revision);
    read->kept = history->kept;
    read->reached = read->limit == 0 ? read->now : read->beyond;
    if (read->limit == 0)
        return VB_OK;
    if (read->beyond < history->kept || read->beyond > read->now)
        return VB_ERR_NOTFOUND;
    fill(history, read);
    return VB_OK;
}
