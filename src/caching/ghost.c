/* A set that forgets. See ghost.h. */
#include "caching/ghost.h"

#include <stdlib.h>

#define WAYS 4

bool vb_ghost_init(struct vb_ghost *ghost, size_t count)
{
    size_t places = 1;

    while (places * WAYS < count)
        places *= 2;
    *ghost = (struct vb_ghost){
        .marks = calloc(places * WAYS, sizeof(struct vb_ghost_mark)),
        .mask = places - 1};
    return ghost->marks != NULL;
}

void vb_ghost_done(struct vb_ghost *ghost)
{
    free(ghost->marks);
    ghost->marks = NULL;
}

size_t vb_ghost_size(const struct vb_ghost *ghost)
{
    return (ghost->mask + 1) * WAYS * sizeof(*ghost->marks);
}

static struct vb_ghost_mark *place_of(const struct vb_ghost *ghost,
                                      uint64_t hash)
{
    return &ghost->marks[((size_t)hash & ghost->mask) * WAYS];
}

/* The bits that have not chosen the place. */
static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* Additions since; a mark that is not set is older than all. */
static uint32_t age_of(const struct vb_ghost *ghost,
                       const struct vb_ghost_mark *mark)
{
    return mark->when == 0 ? UINT32_MAX : ghost->now - mark->when;
}

void vb_ghost_add(struct vb_ghost *ghost, uint64_t hash)
{
    struct vb_ghost_mark *place = place_of(ghost, hash), *oldest = place;

    for (size_t i = 1; i < WAYS; i++)
        if (age_of(ghost, &place[i]) > age_of(ghost, oldest))
            oldest = &place[i];
    if (++ghost->now == 0)
        ghost->now = 1;
    *oldest = (struct vb_ghost_mark){mark_of(hash), ghost->now};
}

bool vb_ghost_take(struct vb_ghost *ghost, uint64_t hash, size_t most)
{
    struct vb_ghost_mark *place = place_of(ghost, hash);

    for (size_t i = 0; i < WAYS; i++) {
        if (place[i].hash != mark_of(hash) ||
            age_of(ghost, &place[i]) >= most || place[i].when == 0)
            continue;
        place[i].when = 0;
        return true;
    }
    return false;
}
