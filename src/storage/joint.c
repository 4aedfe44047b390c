/* Several commits as one. See joint.h. */
#include "storage/joint.h"

#include <stdlib.h>
#include <string.h>

static void answer(struct vb_commit *commit, enum vb_err err)
{
    commit->op.err = err;
    commit->op.done(&commit->op);
}

enum vb_io vb_joint_commit(struct vb_joint *joint,
                           struct vb_store_client *client,
                           struct vb_commit *commit)
{
    if (joint == NULL)
        return vb_store_commit(client, commit);
    if (joint->count == joint->most) {
        commit->op.err = VB_ERR_LIMIT;
        return VB_IO_DONE;
    }
    joint->parked[joint->count++] = commit;
    joint->changed(joint);
    return VB_IO_PENDING;
}

/* --- whose is what -----------------------------------------------------------
 */

/* Whoever is answered may commit again at once: so none is parked by then. */
static void take_all(struct vb_joint *joint)
{
    memcpy(joint->taken, joint->parked, joint->count * sizeof(*joint->taken));
    joint->taken_count = joint->count;
    joint->count = 0;
}

static void answer_all(struct vb_joint *joint, enum vb_err err)
{
    size_t count = joint->taken_count;

    for (size_t i = 0; i < count; i++)
        answer(joint->taken[i], err);
}

/* The one is answered; the others are parked again. */
static void answer_one(struct vb_joint *joint, struct vb_commit *one)
{
    for (size_t i = 0; i < joint->taken_count; i++)
        if (joint->taken[i] != one)
            joint->parked[joint->count++] = joint->taken[i];
    answer(one, VB_ERR_CONFLICT);
}

/* --- two of one key ----------------------------------------------------------
 */

struct owned {
    const struct vb_change *change;
    struct vb_commit *commit;
    size_t index; /* in the order of all */
};

static int order_owned(const void *a, const void *b)
{
    const struct owned *x = a, *y = b;
    int order = vb_span_cmp(x->change->key, y->change->key);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static bool is_written(const struct vb_change *change)
{
    return change->kind == VB_CHANGE_PUT || change->kind == VB_CHANGE_DELETE;
}

/* The second of two that change the same; NULL: there is none. */
static struct vb_commit *second_of_key(const struct vb_joint *joint,
                                       struct owned *all, size_t *ret_change)
{
    size_t count = 0;

    for (size_t i = 0; i < joint->taken_count; i++) {
        struct vb_commit *commit = joint->taken[i];

        for (size_t k = 0; k < commit->change_count; k++, count++)
            all[count] = (struct owned){&commit->changes[k], commit, count};
    }
    qsort(all, count, sizeof(*all), order_owned);
    for (size_t i = 1, last = 0; i < count; i++) {
        if (!is_written(all[i].change))
            continue;
        if (is_written(all[last].change) && all[last].commit != all[i].commit &&
            vb_span_eq(all[last].change->key, all[i].change->key)) {
            *ret_change = (size_t)(all[i].change - all[i].commit->changes);
            return all[i].commit;
        }
        last = i;
    }
    return NULL;
}

/* --- all as one --------------------------------------------------------------
 */

static void give_back(struct vb_joint *joint)
{
    free(joint->changes);
    free(joint->memos);
    joint->changes = NULL;
    joint->memos = NULL;
}

static size_t count_changes(const struct vb_joint *joint)
{
    size_t count = 0;

    for (size_t i = 0; i < joint->taken_count; i++)
        count += joint->taken[i]->change_count;
    return count;
}

static void gather(struct vb_joint *joint)
{
    size_t count = 0, memos = 0;

    for (size_t i = 0; i < joint->taken_count; i++) {
        const struct vb_commit *commit = joint->taken[i];

        memcpy(joint->changes + count, commit->changes,
               commit->change_count * sizeof(*joint->changes));
        count += commit->change_count;
        if (commit->memo == NULL)
            continue;
        joint->memos[memos] = *commit->memo;
        joint->memos[memos].next = memos > 0 ? &joint->memos[memos - 1] : NULL;
        memos++;
    }
    joint->commit.changes = joint->changes;
    joint->commit.change_count = count;
    joint->commit.memo = memos > 0 ? &joint->memos[memos - 1] : NULL;
}

/* Only of the first change is more known than the revision. */
static void tell_made(struct vb_joint *joint)
{
    for (size_t i = 0; i < joint->taken_count; i++) {
        joint->taken[i]->revision = joint->commit.revision;
        joint->taken[i]->position = i == 0 ? joint->commit.position : 0;
        joint->taken[i]->generation = i == 0 ? joint->commit.generation : 0;
    }
}

/* Whose change it is, numbered as its own. */
static struct vb_commit *culprit(struct vb_joint *joint)
{
    size_t change = joint->commit.conflict.change, i = 0;

    while (change >= joint->taken[i]->change_count)
        change -= joint->taken[i++]->change_count;
    joint->taken[i]->conflict = joint->commit.conflict;
    joint->taken[i]->conflict.change = change;
    return joint->taken[i];
}

static void made(struct vb_joint *joint)
{
    enum vb_err err = joint->commit.op.err;

    give_back(joint);
    if (err == VB_ERR_CONFLICT) {
        answer_one(joint, culprit(joint));
        return;
    }
    if (err == VB_OK)
        tell_made(joint);
    answer_all(joint, err);
}

static void commit_done(struct vb_store_op *op)
{
    made(op->context);
}

void vb_joint_make(struct vb_joint *joint)
{
    struct vb_commit *second = NULL;
    struct owned *all;
    size_t change = 0, count;

    take_all(joint);
    count = count_changes(joint);
    all = malloc(count * sizeof(*all));
    joint->changes = malloc(count * sizeof(*joint->changes));
    joint->memos = calloc(joint->taken_count, sizeof(*joint->memos));
    if (all != NULL)
        second = second_of_key(joint, all, &change);
    free(all);
    if (all == NULL || joint->changes == NULL || joint->memos == NULL) {
        give_back(joint);
        answer_all(joint, VB_ERR_NOMEM);
        return;
    }
    if (second != NULL) {
        give_back(joint);
        second->conflict.kind = VB_CONFLICT_TWICE;
        second->conflict.change = change;
        answer_one(joint, second);
        return;
    }
    joint->commit =
        (struct vb_commit){.op = {.done = commit_done, .context = joint}};
    gather(joint);
    if (vb_store_commit(joint->client, &joint->commit) == VB_IO_DONE)
        made(joint);
}

void vb_joint_cancel(struct vb_joint *joint, enum vb_err err)
{
    take_all(joint);
    answer_all(joint, err);
}
