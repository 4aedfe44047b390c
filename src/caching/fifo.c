/* S3-FIFO. See fifo.h. */
#include "caching/fifo.h"

/* Hits that are counted. One makes a newcomer one of the main queue: on the
 * traces of tests/caching/test_fifo.c no worse than two, and better where all
 * is read now and then. */
enum { HITS_MAX = 3 };

/* The small queue's part of all bytes. */
enum { SMALL_PART = 10 };

/* How many entries are looked at before one goes all the same: no insertion
 * may have to look at all of them. */
enum { PATIENCE = 64 };

bool vb_fifo_init(struct vb_fifo *fifo, size_t ghosts)
{
    *fifo = (struct vb_fifo){.count = 0};
    vb_list_init(&fifo->small);
    vb_list_init(&fifo->main);
    return vb_ghost_init(&fifo->ghost, ghosts);
}

void vb_fifo_done(struct vb_fifo *fifo)
{
    vb_ghost_done(&fifo->ghost);
}

static void push(struct vb_fifo *fifo, struct vb_fifo_entry *entry, bool main)
{
    entry->main = main;
    vb_list_append(main ? &fifo->main : &fifo->small, &entry->link);
    *(main ? &fifo->main_bytes : &fifo->small_bytes) += entry->size;
    fifo->count++;
}

void vb_fifo_remove(struct vb_fifo *fifo, struct vb_fifo_entry *entry)
{
    vb_list_remove(&entry->link);
    *(entry->main ? &fifo->main_bytes : &fifo->small_bytes) -= entry->size;
    fifo->count--;
}

void vb_fifo_add(struct vb_fifo *fifo, struct vb_fifo_entry *entry)
{
    entry->hits = 0;
    push(fifo, entry, vb_ghost_take(&fifo->ghost, entry->hash, fifo->count));
}

void vb_fifo_hit(struct vb_fifo_entry *entry)
{
    if (entry->hits < HITS_MAX) /* do not write to it for nothing */
        entry->hits++;
}

static struct vb_fifo_entry *pop(struct vb_fifo *fifo, struct vb_link *queue)
{
    struct vb_fifo_entry *entry =
        VB_CONTAINER(queue->next, struct vb_fifo_entry, link);

    vb_fifo_remove(fifo, entry);
    return entry;
}

/* Is it the small queue's turn to give? */
static bool is_small_due(const struct vb_fifo *fifo)
{
    return !vb_list_empty(&fifo->small) &&
           (vb_list_empty(&fifo->main) ||
            fifo->small_bytes >
                (fifo->small_bytes + fifo->main_bytes) / SMALL_PART);
}

struct vb_fifo_entry *vb_fifo_evict(struct vb_fifo *fifo)
{
    for (int i = 0; fifo->count > 0; i++) {
        bool small = is_small_due(fifo);
        struct vb_fifo_entry *entry =
            pop(fifo, small ? &fifo->small : &fifo->main);

        if (i >= PATIENCE || entry->hits == 0) {
            if (small)
                vb_ghost_add(&fifo->ghost, entry->hash);
            return entry;
        }
        entry->hits = small ? 0 : (uint8_t)(entry->hits - 1);
        push(fifo, entry, true);
    }
    return NULL;
}
