/* Judging commits. See judge.h for the idea, store.h for the rules. */
#include "storage/judge.h"

#include <stdlib.h>

#include "base/span.h"

/* One commit under judgement. */
struct court {
    struct vb__view *view;
    struct vb_commit *commit;
    struct vb_arena *arena;
    struct vb__plan plan;
};

/* --- Looking up in the plan. --- */

static int order_keys(const void *a, const void *b)
{
    const struct vb__step *const *x = a, *const *y = b;

    return vb_span_cmp((*x)->change->key, (*y)->change->key);
}

static int order_ids(const void *a, const void *b)
{
    const struct vb__step *const *x = a, *const *y = b;

    return ((*x)->now.id > (*y)->now.id) - ((*x)->now.id < (*y)->now.id);
}

struct vb__step *vb__plan_by_key(const struct vb__plan *plan,
                                 struct vb_span key)
{
    size_t low = 0, high = plan->key_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = vb_span_cmp(key, plan->by_key[middle]->change->key);

        if (order == 0)
            return plan->by_key[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static struct vb__step *by_id(const struct vb__plan *plan, uint64_t id)
{
    size_t low = 0, high = plan->id_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t there = plan->by_id[middle]->now.id;

        if (there == id)
            return plan->by_id[middle];
        if (id < there)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool vb__plan_touches(const struct vb__plan *plan, uint64_t id)
{
    return by_id(plan, id) != NULL;
}

bool vb__plan_deletes(const struct vb__plan *plan, uint64_t id)
{
    const struct vb__step *step = by_id(plan, id);

    return step != NULL && step->change->kind == VB_CHANGE_DELETE;
}

static bool is_put(const struct vb__step *step)
{
    return step->change->kind == VB_CHANGE_PUT;
}

/* --- Saying no. --- */

static enum vb_err refuse(struct court *court, enum vb_conflict_kind kind,
                          const struct vb__step *step, size_t item)
{
    court->commit->conflict.kind = kind;
    court->commit->conflict.change = step->index;
    court->commit->conflict.item = item;
    return VB_ERR_CONFLICT;
}

/* The same, because of a record that is in the store... */
static enum vb_err refuse_for_id(struct court *court,
                                 enum vb_conflict_kind kind,
                                 const struct vb__step *step, size_t item,
                                 uint64_t id)
{
    enum vb_err err =
        court->view->key(court->view, id, court->commit->conflict.key,
                         sizeof(court->commit->conflict.key));

    return err != VB_OK ? err : refuse(court, kind, step, item);
}

/* ... or that the same commit writes. */
static enum vb_err refuse_for_key(struct court *court,
                                  enum vb_conflict_kind kind,
                                  const struct vb__step *step, size_t item,
                                  struct vb_span key)
{
    vb__key_told(key, court->commit->conflict.key,
                 sizeof(court->commit->conflict.key));
    return refuse(court, kind, step, item);
}

/* --- Is the change set well-formed? --- */

static bool well_formed(const struct vb_change *change)
{
    if (change->key.len == 0 || change->moved_to.len > VB_STORE_CHUNK)
        return false;
    if (change->kind != VB_CHANGE_PUT && change->kind != VB_CHANGE_AMEND)
        return true;
    if (change->blob != 0)
        return change->length > VB_STORE_CHUNK && change->length <= INT64_MAX;
    return change->content.len <= VB_STORE_CHUNK &&
           change->content.len == change->length;
}

/* The other kinds only ask something of a collection. */
static bool is_written(const struct vb_change *change)
{
    return change->kind == VB_CHANGE_PUT || change->kind == VB_CHANGE_DELETE ||
           change->kind == VB_CHANGE_AMEND;
}

/* What is amended is one record, as it was seen. */
static bool amends_well(const struct vb_commit *commit)
{
    const struct vb_change *change = commit->changes;

    for (size_t i = 0; i < commit->change_count; i++)
        if (change[i].kind == VB_CHANGE_AMEND &&
            (commit->change_count != 1 || change->blob != 0 ||
             change->expect == VB_EXPECT_NONE ||
             change->expect >= VB_EXPECT_UNUSED))
            return false;
    return true;
}

static enum vb_err lay_out(struct court *court)
{
    size_t count = court->commit->change_count;
    struct vb__plan *plan = &court->plan;

    plan->count = count;
    plan->steps = vb_arena_calloc(court->arena, count, sizeof(*plan->steps));
    plan->by_key = vb_arena_calloc(court->arena, count, sizeof(void *));
    plan->by_id = vb_arena_calloc(court->arena, count, sizeof(void *));
    if (court->arena->failed)
        return VB_ERR_NOMEM;
    if (!amends_well(court->commit))
        return VB_ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        const struct vb_change *change = &court->commit->changes[i];

        if (!well_formed(change))
            return VB_ERR_INVALID;
        plan->steps[i].change = change;
        plan->steps[i].index = i;
        if (is_written(change))
            plan->by_key[plan->key_count++] = &plan->steps[i];
    }
    qsort(plan->by_key, plan->key_count, sizeof(void *), order_keys);
    for (size_t i = 1; i < plan->key_count; i++)
        if (order_keys(&plan->by_key[i - 1], &plan->by_key[i]) == 0)
            return VB_ERR_INVALID;
    return VB_OK;
}

/* --- Is everything as its author saw it? --- */

static bool as_expected(const struct vb__step *step)
{
    uint64_t expect = step->change->expect;

    if (expect == VB_EXPECT_ANY)
        return true;
    if (step->now.id != 0)
        return step->now.revision == expect;
    return expect == VB_EXPECT_NONE ||
           (expect == VB_EXPECT_UNUSED && step->now.tombstone == 0);
}

static enum vb_err look_at_records(struct court *court)
{
    struct vb__plan *plan = &court->plan;

    for (size_t i = 0; i < plan->key_count; i++) {
        struct vb__step *step = plan->by_key[i];
        enum vb_err err = court->view->find(court->view, step->change->key,
                                            true, court->arena, &step->now);

        if (err != VB_OK)
            return err;
        if (!as_expected(step))
            return VB_ERR_AGAIN;
        step->id = step->now.id;
        if (step->now.id != 0)
            plan->by_id[plan->id_count++] = step;
    }
    qsort(plan->by_id, plan->id_count, sizeof(void *), order_ids);
    return VB_OK;
}

static enum vb_err look_at_collections(struct court *court)
{
    for (size_t i = 0; i < court->plan.count; i++) {
        const struct vb_change *change = court->plan.steps[i].change;
        uint64_t revision;
        enum vb_err err;

        if (change->kind != VB_CHANGE_REQUIRE_STATE)
            continue;
        err = court->view->collection(court->view, change->key, &revision);
        if (err != VB_OK)
            return err;
        if (change->expect != VB_EXPECT_ANY && change->expect != revision)
            return VB_ERR_AGAIN;
    }
    return VB_OK;
}

/* --- Blobs: whole, and nobody else's. --- */

static int order_blobs(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The step that deletes the record which has it, or NULL. */
static struct vb__step *giver_of(const struct court *court, uint64_t blob)
{
    for (size_t i = 0; i < court->plan.id_count; i++) {
        struct vb__step *step = court->plan.by_id[i];

        if (step->now.blob == blob && step->change->kind == VB_CHANGE_DELETE)
            return step;
    }
    return NULL;
}

static bool is_ours(struct court *court, const struct vb__step *step)
{
    uint64_t blob = step->change->blob;
    struct vb__step *giver;

    if (step->now.blob == blob)
        return true;
    giver = giver_of(court, blob);
    if (giver != NULL)
        giver->passes_blob = true;
    return giver != NULL;
}

static enum vb_err look_at_blob(struct court *court,
                                const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__blob_state state;
    enum vb_err err =
        court->view->blob(court->view, change->blob, change->length, &state);

    if (err != VB_OK)
        return err;
    if (!state.complete || (!state.loose && !is_ours(court, step)))
        return VB_ERR_INVALID;
    return VB_OK;
}

static enum vb_err look_at_blobs(struct court *court)
{
    struct vb__plan *plan = &court->plan;
    uint64_t *blobs =
        vb_arena_alloc(court->arena, plan->count * sizeof(*blobs));
    size_t count = 0;

    if (blobs == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        struct vb__step *step = &plan->steps[i];
        enum vb_err err;

        if (!is_put(step) || step->change->blob == 0)
            continue;
        err = look_at_blob(court, step);
        if (err != VB_OK)
            return err;
        blobs[count++] = step->change->blob;
    }
    qsort(blobs, count, sizeof(*blobs), order_blobs);
    for (size_t i = 1; i < count; i++)
        if (blobs[i - 1] == blobs[i])
            return VB_ERR_INVALID;
    return VB_OK;
}

/* --- Claims: nobody else's in the store, nor in the commit. --- */

struct wish {
    const struct vb_claim *claim;
    const struct vb__step *step;
};

static int order_wishes(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;
    int order = vb_span_cmp(x->claim->scope, y->claim->scope);

    if (order == 0)
        order = vb_span_cmp(x->claim->value, y->claim->value);
    if (order == 0)
        order = (x->step->index > y->step->index) -
                (x->step->index < y->step->index);
    return order;
}

static bool same_claim(const struct vb_claim *a, const struct vb_claim *b)
{
    return vb_span_eq(a->scope, b->scope) && vb_span_eq(a->value, b->value);
}

static enum vb_err claims_apart(struct court *court)
{
    struct vb__plan *plan = &court->plan;
    struct wish *wishes;
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count +=
            is_put(&plan->steps[i]) ? plan->steps[i].change->claim_count : 0;
    if (count < 2 || plan->key_count < 2)
        return VB_OK;
    wishes = vb_arena_calloc(court->arena, count, sizeof(*wishes));
    if (wishes == NULL)
        return VB_ERR_NOMEM;
    count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct vb__step *step = &plan->steps[i];

        for (size_t j = 0; is_put(step) && j < step->change->claim_count; j++)
            wishes[count++] = (struct wish){&step->change->claims[j], step};
    }
    qsort(wishes, count, sizeof(*wishes), order_wishes);
    for (size_t i = 1; i < count; i++) {
        struct wish *one = &wishes[i - 1], *two = &wishes[i];

        if (one->step != two->step && same_claim(one->claim, two->claim))
            return refuse_for_key(
                court, VB_CONFLICT_CLAIMED, two->step,
                (size_t)(two->claim - two->step->change->claims),
                one->step->change->key);
    }
    return VB_OK;
}

static enum vb_err claims_free(struct court *court, const struct vb__step *step)
{
    for (size_t i = 0; i < step->change->claim_count; i++) {
        uint64_t holder;
        enum vb_err err =
            court->view->holder(court->view, &step->change->claims[i], &holder);

        if (err != VB_OK)
            return err;
        /* A record of this commit gives its claims up: what it still wants is
         * among the commit's wishes (claims_apart). */
        if (holder != 0 && by_id(&court->plan, holder) == NULL)
            return refuse_for_id(court, VB_CONFLICT_CLAIMED, step, i, holder);
    }
    return VB_OK;
}

/* --- References: what is referred to is there, and stays. --- */

static enum vb_err target_exists(struct court *court, struct vb__step *step,
                                 size_t item)
{
    struct vb_span key = step->change->references[item];
    const struct vb__step *other = vb__plan_by_key(&court->plan, key);
    struct vb__found found = {.id = 0};
    enum vb_err err;

    if (other != NULL) {
        step->targets[item] = 0;
        return is_put(other) ? VB_OK
                             : refuse(court, VB_CONFLICT_DANGLING, step, item);
    }
    err = court->view->find(court->view, key, false, court->arena, &found);
    if (err != VB_OK)
        return err;
    step->targets[item] = found.id;
    return found.id != 0 ? VB_OK
                         : refuse(court, VB_CONFLICT_DANGLING, step, item);
}

static enum vb_err targets_exist(struct court *court, struct vb__step *step)
{
    size_t count = step->change->reference_count;

    if (count == 0)
        return VB_OK;
    step->targets = vb_arena_calloc(court->arena, count, sizeof(uint64_t));
    if (step->targets == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        enum vb_err err = target_exists(court, step, i);

        if (err != VB_OK)
            return err;
    }
    return VB_OK;
}

/* Sources that the commit itself puts or deletes do not count: their new
 * references, if they have any, are judged by target_exists. */
static enum vb_err not_referenced(struct court *court,
                                  const struct vb__step *step)
{
    uint64_t source;
    enum vb_err err;

    if (step->now.id == 0)
        return VB_OK;
    err = court->view->source(court->view, step->now.id, &court->plan, &source);
    if (err != VB_OK || source == 0)
        return err;
    return refuse_for_id(court, VB_CONFLICT_REFERENCED, step, 0, source);
}

/* --- Emptiness. --- */

static enum vb_err stays_empty(struct court *court, const struct vb__step *step)
{
    struct vb_span parent = step->change->key;

    for (size_t i = 0; i < court->plan.key_count; i++) {
        const struct vb__step *other = court->plan.by_key[i];

        if (is_put(other) && other->now.id == 0 &&
            vb_span_eq(other->change->parent, parent))
            return refuse_for_key(court, VB_CONFLICT_NOT_EMPTY, step, 0,
                                  other->change->key);
    }
    return VB_OK;
}

static enum vb_err is_empty(struct court *court, const struct vb__step *step)
{
    uint64_t member;
    enum vb_err err = court->view->member(court->view, step->change->key,
                                          &court->plan, &member);

    if (err != VB_OK)
        return err;
    return member == 0
               ? stays_empty(court, step)
               : refuse_for_id(court, VB_CONFLICT_NOT_EMPTY, step, 0, member);
}

/* --- All of it. --- */

static enum vb_err judge_step(struct court *court, struct vb__step *step)
{
    enum vb_err err;

    switch (step->change->kind) {
    case VB_CHANGE_PUT:
        err = claims_free(court, step);
        return err != VB_OK ? err : targets_exist(court, step);
    case VB_CHANGE_DELETE:
        return not_referenced(court, step);
    case VB_CHANGE_REQUIRE_EMPTY:
        return is_empty(court, step);
    case VB_CHANGE_REQUIRE_STATE:
        return VB_OK; /* look_at_collections has seen to it */
    case VB_CHANGE_AMEND:
        return step->now.blob == 0 ? VB_OK : VB_ERR_INVALID;
    }
    return VB_ERR_INVALID;
}

static enum vb_err look_at_memo(struct court *court, const struct vb_memo *memo)
{
    bool found = false;
    enum vb_err err;

    if (memo->name.len < 1 || memo->name.len > VB_MEMO_NAME_MAX ||
        memo->bytes.len > VB_MEMO_MAX || memo->over.len > VB_MEMO_OVER_MAX)
        return VB_ERR_INVALID;
    err = court->view->memo(court->view, memo, &found);
    return err == VB_OK && found ? VB_ERR_EXISTS : err;
}

/* What was done once is not done again, whatever else is to be said of it. */
static enum vb_err look_at_memos(struct court *court)
{
    const struct vb_memo *memo = court->commit->memo;
    enum vb_err err = VB_OK;

    for (; err == VB_OK && memo != NULL; memo = memo->next)
        err = look_at_memo(court, memo);
    return err;
}

enum vb_err vb__judge(struct vb__view *view, struct vb_commit *commit,
                      struct vb_arena *arena, struct vb__plan *ret_plan)
{
    struct court court = {.view = view, .commit = commit, .arena = arena};
    enum vb_err err;

    memset(&commit->conflict, 0, sizeof(commit->conflict));
    err = lay_out(&court);
    if (err == VB_OK)
        err = look_at_memos(&court);
    if (err == VB_OK)
        err = look_at_records(&court);
    if (err == VB_OK)
        err = look_at_collections(&court);
    if (err == VB_OK)
        err = look_at_blobs(&court);
    if (err == VB_OK)
        err = claims_apart(&court);
    for (size_t i = 0; err == VB_OK && i < court.plan.count; i++)
        err = judge_step(&court, &court.plan.steps[i]);
    if (err == VB_OK)
        *ret_plan = court.plan;
    return err;
}
