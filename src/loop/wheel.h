/*
 * A timing wheel: many deadlines, most of which never come.
 *
 *     slot 0   slot 1   ...   slot 511      250 ms each, round and round
 *       │        │
 *     link ⇄ link     entries due within that quarter second
 *
 * Moving a deadline later costs nothing: the entry stays where it is, and is
 * asked again when its slot comes round. Only an earlier deadline moves it.
 * So keep-alive traffic never touches the wheel.
 */
#ifndef VB_LOOP_WHEEL_H
#define VB_LOOP_WHEEL_H

#include <stdint.h>

#include "base/list.h"

#define VB_WHEEL_SLOTS   512
#define VB_WHEEL_TICK_MS 250

struct vb_wheel_entry {
    struct vb_link link;
    int64_t tick; /* when it will be asked, in ticks */
};

struct vb_wheel {
    struct vb_link slots[VB_WHEEL_SLOTS];
    int64_t tick; /* the last one that was run */
};

void vb_wheel_init(struct vb_wheel *wheel, int64_t now_ms);

/* Adds an entry that is in no wheel. VB_TIME_NEVER is fine. */
void vb_wheel_add(struct vb_wheel *wheel, struct vb_wheel_entry *entry,
                  int64_t due_ms);

/* Makes sure that the entry is asked by due_ms (a tick later at most). */
void vb_wheel_move(struct vb_wheel *wheel, struct vb_wheel_entry *entry,
                   int64_t due_ms);

void vb_wheel_remove(struct vb_wheel_entry *entry);

/*
 * Time has come to now_ms. Each entry of the slots that have passed is taken
 * out and handed to `ask`, which looks whether its time has really come and
 * adds it again, or frees it.
 */
void vb_wheel_run(struct vb_wheel *wheel, int64_t now_ms,
                  void (*ask)(struct vb_wheel_entry *entry, void *context),
                  void *context);

#endif
