/*
 * The short way of a group: what it looks at and what it writes leave in one
 * send, COMMIT too. For commits that change one record each and nothing beside
 * it but its collection's state, its history and its index keys.
 *
 *     BEGIN, locks ──▶ which are as expected? ──▶ their writes, COMMIT
 *                      (SHORT_TAKE)
 *
 * Nobody here sees what is found before it is too late to say no. So the
 * database judges, in the writer's row: it takes the batch, with a bit for each
 * commit whose record is as it expects it, and the statements behind it write
 * what has its bit. Of the others the judge says what is wrong with them, by
 * what was found; nothing, as it may be: then they go the general way
 * (group.h).
 *
 * What a lost connection has sent may still be carried out when its successor
 * asks what became of it, and has not even locked the writer's row yet. So who
 * asks puts a later batch into that row: whatever comes then finds it.
 */
#include "storage/postgres/short.h"
#include "base/clock.h"
#include "base/span.h"
#include "storage/generations.h"

/* --- which commits are simple enough ---------------------------------------
 */

static bool has_fitting_content(const struct vb_change *change)
{
    return change->blob == 0 && change->content.len <= VB_STORE_CHUNK &&
           change->content.len == change->length;
}

/* What is not well-formed is not: the judge says so. */
static bool is_simple(const struct vb_commit *commit)
{
    const struct vb_change *change = commit->changes;

    if (commit->change_count != 1 || commit->memo != NULL ||
        change->key.len == 0 || change->expect == VB_EXPECT_ANY)
        return false;
    if (change->kind == VB_CHANGE_DELETE)
        return !vb__pg_short_creates(change) &&
               change->moved_to.len <= VB_STORE_CHUNK;
    return change->kind == VB_CHANGE_PUT && change->claim_count == 0 &&
           change->reference_count == 0 && has_fitting_content(change);
}

bool vb__pg_short_suits(const struct vb__pg_group *group)
{
    const struct vb__pg_store *store = group->client->store;

    if (store->distributed || vb__pg_group_has_gap(group))
        return false;
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i].whole_way || !is_simple(group->items[i].commit))
            return false;
    return true;
}

/* --- what came of it -------------------------------------------------------
 */

void vb__pg_short_take(struct vb__pg_group *group, const PGresult *result,
                       int column)
{
    group->granted = (uint64_t)vb__pg_get_int(result, 0, column);
    group->done = (uint64_t)vb__pg_get_int(result, 0, column + 1);
}

static uint64_t bump(struct vb__pg_group *group, const struct vb_change *change)
{
    uint64_t generation = vb__pg_group_bump(group, change->key);

    if (change->parent.len > 0)
        (void)vb__pg_group_bump(group, change->parent);
    return generation;
}

static void publish(struct vb__pg_group *group, const struct vb__pg_item *item)
{
    struct vb_commit *commit = item->commit;
    const struct vb_change *change = commit->changes;

    commit->revision = item->revision;
    commit->position = 0;
    if (vb__pg_short_creates(change))
        commit->position = vb__pg_short_position(item->revision);
    else if (change->kind == VB_CHANGE_PUT)
        commit->position =
            (uint64_t)vb__pg_survey_known(&group->survey, change->key)
                ->position;
    commit->generation = bump(group, change);
    if (group->keeps_history && vb_key_is_followed(change->key))
        group->cost += VB__HISTORY_COST + change->key.len + change->parent.len +
                       change->content.len;
}

static bool is_done(const struct vb__pg_group *group, size_t item)
{
    return (group->done >> item & 1) != 0;
}

void vb__pg_short_publish(struct vb__pg_group *group)
{
    group->floor = group->granted;
    group->cost = 0;
    vb__pg_clock_saw(group->client->store, group->floor);
    for (size_t i = 0; i < group->count; i++) {
        group->items[i].revision = group->granted - group->count + 1 + i;
        if (is_done(group, i))
            publish(group, &group->items[i]);
    }
}

void vb__pg_short_doubt(struct vb__pg_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        (void)bump(group, group->items[i].commit->changes);
}

/* What was found, and locked, need not be all; it is none of what a lost
 * connection has said. */
static enum vb_err judge(struct vb__pg_group *group, struct vb__pg_item *item)
{
    struct vb__pg_view view = vb__pg_view(group);
    enum vb_err err = VB_OK;

    if (group->phase == VB__PG_GROUP_AT_ONCE && !group->arena.failed)
        err = vb__judge(&view.base, item->commit, &group->arena, &item->plan);
    return err == VB_ERR_NOMEM ? VB_OK : err;
}

void vb__pg_short_answer(struct vb__pg_group *group)
{
    size_t kept = 0;

    for (size_t i = 0; i < group->count; i++) {
        struct vb__pg_item *item = &group->items[i];
        bool done = is_done(group, i);
        enum vb_err err = done ? VB_OK : judge(group, item);

        if (done || err != VB_OK) {
            vb__pg_group_answer(item, err);
            continue;
        }
        item->whole_way = true;
        group->items[kept++] = *item;
    }
    group->count = kept;
}
