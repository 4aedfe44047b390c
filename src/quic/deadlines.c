/* See deadlines.h. */
#include "quic/deadlines.h"

#include <stdlib.h>

#include "base/assert.h"

/* Entries that the first allocation has room for. */
#define LEAST 64

bool vb__deadlines_reserve(struct vb__deadlines *all, size_t count)
{
    struct vb__deadline **entries;
    size_t room = all->room > 0 ? all->room : LEAST;

    while (room < count)
        room *= 2;
    if (room == all->room)
        return true;
    entries = realloc(all->entries, room * sizeof(struct vb__deadline *));
    if (entries == NULL)
        return false;
    all->entries = entries;
    all->room = room;
    return true;
}

void vb__deadlines_done(struct vb__deadlines *all)
{
    free(all->entries);
    *all = (struct vb__deadlines){0};
}

static void place(struct vb__deadlines *all, struct vb__deadline *entry,
                  size_t index)
{
    all->entries[index] = entry;
    entry->index = index + 1;
}

/* Where the entry belongs, at `index` or above; who is later moves down. */
static size_t rise(struct vb__deadlines *all, const struct vb__deadline *entry,
                   size_t index)
{
    while (index > 0 && all->entries[(index - 1) / 2]->at > entry->at) {
        place(all, all->entries[(index - 1) / 2], index);
        index = (index - 1) / 2;
    }
    return index;
}

/* The same downwards; who is sooner moves up. */
static size_t sink(struct vb__deadlines *all, const struct vb__deadline *entry,
                   size_t index)
{
    for (;;) {
        size_t child = 2 * index + 1;

        if (child + 1 < all->count &&
            all->entries[child + 1]->at < all->entries[child]->at)
            child++;
        if (child >= all->count || all->entries[child]->at >= entry->at)
            return index;
        place(all, all->entries[child], index);
        index = child;
    }
}

static void settle(struct vb__deadlines *all, struct vb__deadline *entry,
                   size_t index)
{
    size_t higher = rise(all, entry, index);

    place(all, entry, higher < index ? higher : sink(all, entry, index));
}

void vb__deadlines_set(struct vb__deadlines *all, struct vb__deadline *entry,
                       int64_t at)
{
    entry->at = at;
    if (entry->index == 0) {
        vb_assert(all->count < all->room);
        place(all, entry, all->count++);
    }
    settle(all, entry, entry->index - 1);
}

void vb__deadlines_remove(struct vb__deadlines *all, struct vb__deadline *entry)
{
    size_t index = entry->index;
    struct vb__deadline *last;

    if (index == 0)
        return;
    entry->index = 0;
    last = all->entries[--all->count];
    if (last != entry)
        settle(all, last, index - 1);
}
