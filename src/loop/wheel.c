/* The timing wheel. See wheel.h. */
#include "loop/wheel.h"

void vb_wheel_init(struct vb_wheel *wheel, int64_t now_ms)
{
    for (int i = 0; i < VB_WHEEL_SLOTS; i++)
        vb_list_init(&wheel->slots[i]);
    wheel->tick = now_ms / VB_WHEEL_TICK_MS;
}

/* The tick at which something due at due_ms has certainly passed; no later
 * than one round from now, when it is asked in between. */
static int64_t tick_of(const struct vb_wheel *wheel, int64_t due_ms)
{
    int64_t last = wheel->tick + VB_WHEEL_SLOTS - 1;
    int64_t tick = due_ms / VB_WHEEL_TICK_MS;

    if (tick >= last)
        return last;
    return tick < wheel->tick ? wheel->tick + 1 : tick + 1;
}

static void put(struct vb_wheel *wheel, struct vb_wheel_entry *entry,
                int64_t tick)
{
    entry->tick = tick;
    vb_list_append(&wheel->slots[tick % VB_WHEEL_SLOTS], &entry->link);
}

void vb_wheel_add(struct vb_wheel *wheel, struct vb_wheel_entry *entry,
                  int64_t due_ms)
{
    put(wheel, entry, tick_of(wheel, due_ms));
}

void vb_wheel_move(struct vb_wheel *wheel, struct vb_wheel_entry *entry,
                   int64_t due_ms)
{
    int64_t tick = tick_of(wheel, due_ms);

    if (tick >= entry->tick)
        return;
    vb_list_remove(&entry->link);
    put(wheel, entry, tick);
}

void vb_wheel_remove(struct vb_wheel_entry *entry)
{
    vb_list_remove(&entry->link);
}

/* Takes all of `from` into `to`, so that what `ask` adds is not seen. */
static void take_all(struct vb_link *from, struct vb_link *to)
{
    vb_list_init(to);
    if (vb_list_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    vb_list_init(from);
}

void vb_wheel_run(struct vb_wheel *wheel, int64_t now_ms,
                  void (*ask)(struct vb_wheel_entry *entry, void *context),
                  void *context)
{
    int64_t now = now_ms / VB_WHEEL_TICK_MS;

    /* After a long sleep one round sees every slot. */
    if (now - wheel->tick > VB_WHEEL_SLOTS)
        wheel->tick = now - VB_WHEEL_SLOTS;
    while (wheel->tick < now) {
        struct vb_link due;

        wheel->tick++;
        take_all(&wheel->slots[wheel->tick % VB_WHEEL_SLOTS], &due);
        while (!vb_list_empty(&due)) {
            struct vb_link *link = due.next;

            vb_list_remove(link);
            ask(VB_CONTAINER(link, struct vb_wheel_entry, link), context);
        }
    }
}
