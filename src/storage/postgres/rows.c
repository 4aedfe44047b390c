/* Rows of each table. See rows.h. */
#include "storage/postgres/rows.h"

#include "base/clock.h"
#include "base/span.h"
#include "storage/postgres/claim.h"

#define MAKE(rows, number)                                                     \
    ((rows)->at = vb_arena_alloc(arena, (number) * sizeof(*(rows)->at)))

static bool rows_init(struct vb__pg_rows *rows, struct vb__pg_group *group)
{
    struct vb_arena *arena = &group->arena;
    struct vb__pg_sums sums = vb__pg_group_sums(group);

    *rows = (struct vb__pg_rows){.arena = arena};
    MAKE(&rows->added, sums.changes);
    MAKE(&rows->changed, sums.changes);
    MAKE(&rows->amended, sums.changes);
    MAKE(&rows->created, sums.changes);
    MAKE(&rows->hidden, sums.changes);
    MAKE(&rows->happened, sums.changes);
    MAKE(&rows->claims, sums.claims);
    MAKE(&rows->references, sums.references);
    MAKE(&rows->memos, sums.memos);
    MAKE(&rows->members, sums.changes);
    MAKE(&rows->claims_of, sums.changes);
    MAKE(&rows->references_of, sums.changes);
    rows->taken = vb_arena_alloc(arena, sums.changes * sizeof(int64_t));
    rows->released = vb_arena_alloc(arena, sums.changes * sizeof(int64_t));
    return !arena->failed;
}

/* --- what each change comes to ---------------------------------------------
 */

struct writing {
    struct vb__pg_group *group;
    struct vb__pg_rows *rows;
    const struct vb__pg_item *item;
    uint64_t steps, step; /* of the commit that have a history, and so far */
};

/* An amended record is what it was. */
static bool counts(const struct vb__step *step)
{
    return vb_key_is_followed(step->change->key) &&
           (step->change->kind == VB_CHANGE_PUT ||
            (step->change->kind == VB_CHANGE_DELETE && step->now.id != 0));
}

static void count_steps(struct writing *writing)
{
    const struct vb__plan *plan = &writing->item->plan;

    writing->steps = writing->step = 0;
    for (size_t i = 0; i < plan->count; i++)
        writing->steps += counts(&plan->steps[i]);
}

/* The last one of a commit is known by its moment. */
static int64_t next_moment(struct writing *writing)
{
    uint64_t revision = writing->item->revision;

    writing->step++;
    return (int64_t)(writing->step == writing->steps
                         ? vb_moment(revision)
                         : revision << VB_MOMENT_STEP_BITS | writing->step);
}

/* What nobody can follow is not told, but what others keep of it goes. */
static void note_hidden(struct writing *writing, const struct vb__step *step)
{
    struct vb__pg_happening_row happening = {
        .key = step->change->key,
        .moment = (int64_t)vb_moment(writing->item->revision),
        .parent = step->now.id != 0 ? step->now.parent : step->change->parent,
    };

    writing->rows->cost +=
        VB__HISTORY_COST + happening.key.len + happening.parent.len;
    writing->rows->hidden.at[writing->rows->hidden.count++] = happening;
}

static void note_history(struct writing *writing, const struct vb__step *step,
                         const struct vb__pg_row *row)
{
    struct vb__pg_happening_row happening = {
        .key = step->change->key,
        .removed = step->change->kind == VB_CHANGE_DELETE,
        .parent = row->parent,
        .position = row->position,
    };

    if (!writing->group->keeps_history)
        return;
    if (!counts(step)) {
        note_hidden(writing, step);
        return;
    }
    happening.moment = next_moment(writing);
    writing->rows->cost +=
        VB__HISTORY_COST + row->key.len + row->parent.len + row->content.len;
    if (step->now.id == 0)
        writing->rows->created.at[writing->rows->created.count++] = happening;
    else
        writing->rows->happened.at[writing->rows->happened.count++] = happening;
}

static void count_in(struct writing *writing, struct vb_span parent,
                     const struct vb_change *change, int members)
{
    struct vb__pg_tally *tally =
        parent.len == 0 ? NULL
                        : vb__pg_survey_tally(&writing->group->survey, parent);

    if (tally == NULL)
        return;
    tally->touched = true;
    tally->revision = (int64_t)writing->item->revision;
    tally->count += members;
    if (change->modified_ms > tally->modified_ms)
        tally->modified_ms = change->modified_ms;
}

static void add_row(struct vb__pg_rows *rows, const struct vb__pg_known *known,
                    const struct vb__pg_row *row)
{
    if (known->kind == 0)
        rows->added.at[rows->added.count++] = *row;
    else
        rows->changed.at[rows->changed.count++] = *row;
}

static void release(struct vb__pg_rows *rows, uint64_t blob)
{
    if (blob != 0)
        rows->released[rows->released_count++] = (int64_t)blob;
}

static void tie(struct vb__pg_rows *rows, const struct vb_change *change,
                int64_t position)
{
    for (size_t i = 0; i < change->claim_count; i++)
        rows->claims.at[rows->claims.count++] = (struct vb__pg_claim_row){
            .scope = change->claims[i].scope,
            .value = vb__pg_claim_value(&change->claims[i], rows->arena),
            .key = change->key,
            .is_long = vb__pg_claim_is_long(&change->claims[i]),
            .whole = vb__pg_claim_is_long(&change->claims[i])
                         ? change->claims[i].value
                         : VB_SPAN(""),
        };
    for (size_t i = 0; i < change->reference_count; i++)
        rows->references.at[rows->references.count++] =
            (struct vb__pg_reference_row){
                .target = change->references[i],
                .position = position,
                .source = change->key,
            };
}

static void untie(struct vb__pg_rows *rows, const struct vb__step *step)
{
    if (step->now.ties & VB__PG_HAS_CLAIMS)
        rows->claims_of.at[rows->claims_of.count++] = step->change->key;
    if (step->now.ties & VB__PG_HAS_REFERENCES)
        rows->references_of.at[rows->references_of.count++] = step->change->key;
}

static int64_t ties_of(const struct vb_change *change)
{
    return (change->claim_count > 0 ? (int64_t)VB__PG_HAS_CLAIMS : 0) |
           (change->reference_count > 0 ? (int64_t)VB__PG_HAS_REFERENCES : 0);
}

/* Grows with creation, and no two of a collection have the same: its revision
 * grows with each commit that creates one. */
static int64_t new_position(const struct writing *writing,
                            const struct vb__step *step)
{
    return (int64_t)(writing->item->revision << VB_MOMENT_STEP_BITS |
                     (step->index + 1));
}

/* The keys of a member are to be those of its row; NULL: none. */
static void note_member(struct writing *writing, struct vb_span listing,
                        int64_t position, bool is_new,
                        const struct vb__pg_row *row)
{
    struct vb__pg_member_row *member;

    if (!vb__pg_kept_covers(&writing->group->writer.kept, listing))
        return;
    member = &writing->rows->members.at[writing->rows->members.count++];
    *member = (struct vb__pg_member_row){
        .listing = listing, .member = position, .is_new = is_new};
    if (row != NULL)
        member->state = (struct vb_record){
            .key = row->key,
            .parent = row->parent,
            .revision = (uint64_t)row->revision,
            .position = (uint64_t)row->position,
            .media_type = row->media_type,
            .content = row->content,
            .length = (uint64_t)row->length,
        };
}

static void put(struct writing *writing, struct vb__step *step,
                struct vb__pg_known *known)
{
    const struct vb_change *change = step->change;
    struct vb__pg_rows *rows = writing->rows;
    bool creates = step->now.id == 0;
    struct vb__pg_row row = {
        .key = change->key,
        .kind = VB__PG_RECORD,
        .revision = (int64_t)writing->item->revision,
        .position = creates ? new_position(writing, step) : known->position,
        .created_ms = creates ? vb__created_ms(change) : known->created_ms,
        .modified_ms = change->modified_ms,
        .length = (int64_t)change->length,
        .blob = (int64_t)change->blob,
        .ties = ties_of(change),
        .parent = creates ? change->parent : known->parent,
        .media_type = change->media_type,
        .content = change->blob == 0 ? change->content : VB_SPAN(""),
    };

    add_row(rows, known, &row);
    known->position = row.position;
    note_member(writing, row.parent, row.position, creates, &row);
    note_history(writing, step, &row);
    untie(rows, step);
    tie(rows, change, row.position);
    if (step->now.blob != change->blob) {
        release(rows, step->now.blob);
        if (change->blob != 0)
            rows->taken[rows->taken_count++] = (int64_t)change->blob;
    }
    count_in(writing, row.parent, change, creates ? 1 : 0);
}

/* The row stays for its revision: who creates the key again gives a greater
 * one. How long is reckoned by our time. */
static void delete_record(struct writing *writing, struct vb__step *step,
                          const struct vb__pg_known *known)
{
    const struct vb_change *change = step->change;
    struct vb_span left = change->tombstone ? change->moved_to : VB_SPAN("");
    struct vb__pg_row row = {
        .key = change->key,
        .kind = change->tombstone ? VB__PG_TOMBSTONE : VB__PG_GONE,
        .revision = (int64_t)writing->item->revision,
        .modified_ms =
            change->tombstone ? change->modified_ms : vb_clock_unix_ms(),
        .length = (int64_t)left.len,
        .parent = VB_SPAN(""),
        .media_type = VB_SPAN(""),
        .content = left,
    };

    if (step->now.id == 0)
        return;
    add_row(writing->rows, known, &row);
    note_member(writing, known->parent, known->position, false, NULL);
    note_history(writing, step, &row);
    untie(writing->rows, step);
    if (!step->passes_blob)
        release(writing->rows, step->now.blob);
    count_in(writing, known->parent, change, -1);
}

static void amend(struct vb__pg_rows *rows, const struct vb_change *change)
{
    rows->amended.at[rows->amended.count++] =
        (struct vb__pg_row){.key = change->key,
                            .length = (int64_t)change->length,
                            .content = change->content};
}

static void write_step(struct writing *writing, struct vb__step *step)
{
    struct vb__pg_known *known =
        vb__pg_survey_known(&writing->group->survey, step->change->key);

    switch (step->change->kind) {
    case VB_CHANGE_PUT:
        put(writing, step, known);
        break;
    case VB_CHANGE_DELETE:
        delete_record(writing, step, known);
        break;
    case VB_CHANGE_AMEND:
        amend(writing->rows, step->change);
        break;
    case VB_CHANGE_REQUIRE_EMPTY:
    case VB_CHANGE_REQUIRE_STATE:
        break;
    }
}

static void write_item(struct writing *writing, struct vb__pg_item *item)
{
    writing->item = item;
    count_steps(writing);
    for (size_t i = 0; i < item->plan.count; i++)
        write_step(writing, &item->plan.steps[i]);
    for (const struct vb_memo *memo = item->commit->memo; memo != NULL;
         memo = memo->next)
        writing->rows->memos.at[writing->rows->memos.count++] =
            (struct vb__pg_memo_row){.name = memo->name,
                                     .now_ms = memo->now_ms,
                                     .revision = (int64_t)item->revision,
                                     .expires_ms = memo->expires_ms,
                                     .bytes = memo->bytes,
                                     .over = memo->over};
}

bool vb__pg_rows_make(struct vb__pg_group *group, struct vb__pg_rows *rows)
{
    struct writing writing = {
        .group = group,
        .rows = rows,
    };

    if (!rows_init(rows, group))
        return false;
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i].err == VB_OK)
            write_item(&writing, &group->items[i]);
    return !group->arena.failed;
}
