/*
 * Commits that wait for their group, and who is in the next one. See group.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/postgres/group.h"

/* Commits behind the first one that are looked at for a group. */
#define LOOKED_AT 256

/* --- who waits -------------------------------------------------------------
 */

/* Room for so many, and for those of a group that come back. */
static bool make_room(struct vb__pg_group *group, size_t count)
{
    size_t room = group->waiting_room == 0 ? 256 : group->waiting_room;
    struct vb__pg_item *waiting;

    while (room < count + VB__PG_GROUP_MOST)
        room *= 2;
    if (room == group->waiting_room)
        return true;
    waiting = realloc(group->waiting, room * sizeof(*waiting));
    if (waiting == NULL)
        return false;
    group->waiting = waiting;
    group->waiting_room = room;
    return true;
}

enum vb_io vb__pg_commit(struct vb_store_client *base, struct vb_commit *commit)
{
    struct vb__pg_client *client = vb__pg_client_of(base);
    struct vb__pg_group *group = client->group;

    commit->op.client = base;
    if (commit->change_count > VB_MOMENT_STEP_LAST - 1)
        return vb__op_done(&commit->op, VB_ERR_LIMIT);
    if (group->waiting_count >= VB__PG_WAITING_MOST)
        return vb__op_done(&commit->op, VB_ERR_UNAVAILABLE);
    if (!make_room(group, group->waiting_count + 1))
        return vb__op_done(&commit->op, VB_ERR_NOMEM);
    group->waiting[group->waiting_count++] = (struct vb__pg_item){
        .commit = commit,
        .deadline_ms = vb_clock_monotonic_ms() + client->store->url.timeout_ms,
    };
    return VB_IO_PENDING;
}

void vb__pg_group_answer(const struct vb__pg_item *item, enum vb_err err)
{
    item->commit->op.err = err;
    vb__op_answer(&item->commit->op);
}

void vb__pg_group_answer_late(struct vb__pg_group *group)
{
    int64_t now = vb_clock_monotonic_ms();
    size_t kept = 0;

    for (size_t i = 0; i < group->waiting_count; i++)
        if (group->waiting[i].deadline_ms <= now)
            vb__pg_group_answer(&group->waiting[i], VB_ERR_UNAVAILABLE);
        else
            group->waiting[kept++] = group->waiting[i];
    group->waiting_count = kept;
}

void vb__pg_group_put_back(struct vb__pg_group *group)
{
    memmove(group->waiting + group->count, group->waiting,
            group->waiting_count * sizeof(*group->waiting));
    memcpy(group->waiting, group->items,
           group->count * sizeof(*group->waiting));
    group->waiting_count += group->count;
    group->count = 0;
}

/* --- who is in the group ---------------------------------------------------
 */

static size_t weight_of(const struct vb_commit *commit)
{
    size_t bytes = 0;

    for (size_t i = 0; i < commit->change_count; i++)
        bytes += commit->changes[i].content.len;
    return bytes;
}

static bool joins(struct vb__pg_group *group, const struct vb__pg_item *item,
                  size_t bytes)
{
    if (group->count == 0)
        return vb__pg_footprint_begin(group, item->commit) &&
               vb__pg_footprint_add(group, item->commit);
    return group->count < VB__PG_GROUP_MOST && !item->alone &&
           !group->items[0].alone && bytes <= VB__PG_GROUP_BYTES &&
           vb__pg_footprint_add(group, item->commit);
}

bool vb__pg_group_form(struct vb__pg_group *group)
{
    size_t kept = 0, bytes = 0;

    for (size_t i = 0; i < group->waiting_count; i++) {
        struct vb__pg_item *item = &group->waiting[i];
        size_t weight = weight_of(item->commit);

        if (i < LOOKED_AT && joins(group, item, bytes + weight)) {
            bytes += weight;
            group->items[group->count] = *item;
            group->items[group->count++].err = VB_OK;
            continue;
        }
        if (group->count == 0)
            return false;
        group->waiting[kept++] = *item;
    }
    group->waiting_count = kept;
    return true;
}

int64_t vb__pg_group_deadline(const struct vb__pg_group *group)
{
    int64_t deadline = group->items[0].deadline_ms;

    for (size_t i = 1; i < group->count; i++)
        if (group->items[i].deadline_ms < deadline)
            deadline = group->items[i].deadline_ms;
    return deadline;
}
