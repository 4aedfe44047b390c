/*
 * What the accepted commits of a group write, one statement for all rows of a
 * kind; and what is told of it. See group.h.
 */
#include "base/clock.h"
#include "base/span.h"
#include "storage/generations.h"
#include "storage/postgres/pins.h"
#include "storage/postgres/rows.h"

/* Expired ones that each new note takes with it. */
#define MEMOS_GOING 8

/* --- sending ---------------------------------------------------------------
 */

static void ints(struct vb__pg_group *group, const int64_t *first, size_t size,
                 size_t count)
{
    vb__pg_columns_ints(&group->columns, first, size, count);
}

static void spans(struct vb__pg_group *group, const struct vb_span *first,
                  size_t size, size_t count)
{
    vb__pg_columns_spans(&group->columns, first, size, count);
}

static void begin(struct vb__pg_group *group)
{
    vb__pg_columns_begin(&group->columns);
}

static void end(struct vb__pg_group *group, enum vb__pg_statement statement)
{
    vb__pg_group_send(group, statement, &group->columns.params);
}

static void send_rows(struct vb__pg_group *group,
                      enum vb__pg_statement statement,
                      const struct vb__pg_row *at, size_t count)
{
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->kind, sizeof(*at), count);
    ints(group, &at->revision, sizeof(*at), count);
    ints(group, &at->position, sizeof(*at), count);
    ints(group, &at->created_ms, sizeof(*at), count);
    ints(group, &at->modified_ms, sizeof(*at), count);
    ints(group, &at->length, sizeof(*at), count);
    ints(group, &at->blob, sizeof(*at), count);
    ints(group, &at->ties, sizeof(*at), count);
    spans(group, &at->parent, sizeof(*at), count);
    spans(group, &at->media_type, sizeof(*at), count);
    spans(group, &at->content, sizeof(*at), count);
    end(group, statement);
}

static void send_amended(struct vb__pg_group *group,
                         const struct vb__pg_row *at, size_t count)
{
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->length, sizeof(*at), count);
    spans(group, &at->content, sizeof(*at), count);
    end(group, VB__PG_RECORDS_AMEND);
}

static void send_happened(struct vb__pg_group *group,
                          const struct vb__pg_happening_row *at, size_t count)
{
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->moment, sizeof(*at), count);
    ints(group, &at->removed, sizeof(*at), count);
    end(group, VB__PG_HISTORY_CHANGED);
}

static void send_created(struct vb__pg_group *group,
                         const struct vb__pg_happening_row *at, size_t count)
{
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->moment, sizeof(*at), count);
    spans(group, &at->parent, sizeof(*at), count);
    ints(group, &at->position, sizeof(*at), count);
    end(group, VB__PG_HISTORY_CREATED);
}

static void send_hidden(struct vb__pg_group *group,
                        const struct vb__pg_happening_row *at, size_t count)
{
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->moment, sizeof(*at), count);
    spans(group, &at->parent, sizeof(*at), count);
    end(group, VB__PG_HISTORY_HIDDEN);
}

static void send_keys(struct vb__pg_group *group,
                      enum vb__pg_statement statement,
                      const struct vb__pg_names *names)
{
    if (names->count == 0)
        return;
    begin(group);
    spans(group, names->at, sizeof(*names->at), names->count);
    end(group, statement);
}

static void send_ties(struct vb__pg_group *group,
                      const struct vb__pg_rows *rows)
{
    const struct vb__pg_claim_row *claim = rows->claims.at;
    const struct vb__pg_reference_row *reference = rows->references.at;

    if (rows->claims.count > 0) {
        begin(group);
        spans(group, &claim->scope, sizeof(*claim), rows->claims.count);
        spans(group, &claim->value, sizeof(*claim), rows->claims.count);
        spans(group, &claim->key, sizeof(*claim), rows->claims.count);
        ints(group, &claim->is_long, sizeof(*claim), rows->claims.count);
        spans(group, &claim->whole, sizeof(*claim), rows->claims.count);
        end(group, VB__PG_CLAIMS_ADD);
    }
    if (rows->references.count > 0) {
        size_t count = rows->references.count;

        begin(group);
        spans(group, &reference->target, sizeof(*reference), count);
        ints(group, &reference->position, sizeof(*reference), count);
        spans(group, &reference->source, sizeof(*reference), count);
        end(group, VB__PG_REFERENCES_ADD);
    }
}

static void send_blobs(struct vb__pg_group *group,
                       const struct vb__pg_rows *rows)
{
    if (rows->taken_count > 0) {
        begin(group);
        ints(group, rows->taken, sizeof(*rows->taken), rows->taken_count);
        end(group, VB__PG_LOOSE_DROP);
    }
    if (rows->released_count > 0) {
        begin(group);
        ints(group, rows->released, sizeof(*rows->released),
             rows->released_count);
        vb__pg_int(&group->columns.params, vb_clock_unix_ms());
        end(group, VB__PG_LOOSE_ADD);
    }
}

/* More expired ones go than new ones come, so they never pile up. */
static void send_expired(struct vb__pg_group *group,
                         const struct vb__pg_rows *rows)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, rows->memos.at->now_ms);
    vb__pg_int(&params, (int64_t)rows->memos.count * MEMOS_GOING);
    vb__pg_group_send(group, VB__PG_MEMOS_EXPIRED, &params);
}

static void send_memos(struct vb__pg_group *group,
                       const struct vb__pg_rows *rows)
{
    const struct vb__pg_memo_row *memo = rows->memos.at;
    size_t count = rows->memos.count;

    if (count == 0)
        return;
    send_expired(group, rows);
    if (group->survey.memo_count > 0) { /* what gives way is in the way */
        begin(group);
        spans(group, &memo->name, sizeof(*memo), count);
        ints(group, &memo->now_ms, sizeof(*memo), count);
        spans(group, &memo->over, sizeof(*memo), count);
        end(group, VB__PG_MEMOS_DROP);
    }
    begin(group);
    spans(group, &memo->name, sizeof(*memo), count);
    ints(group, &memo->revision, sizeof(*memo), count);
    ints(group, &memo->expires_ms, sizeof(*memo), count);
    spans(group, &memo->bytes, sizeof(*memo), count);
    end(group, VB__PG_MEMOS_ADD);
}

/* Those that it had go; what is new had none. */
static void send_members(struct vb__pg_group *group,
                         const struct vb__pg_rows *rows)
{
    struct vb__pg_member_row *at = rows->members.at;
    size_t count = rows->members.count, old = 0;

    for (size_t i = 0; i < count; i++)
        if (!at[i].is_new)
            at[old++] = at[i];
    if (old == 0)
        return;
    begin(group);
    spans(group, &at->listing, sizeof(*at), old);
    ints(group, &at->member, sizeof(*at), old);
    end(group, VB__PG_INDEX_KEYS_DROP);
}

static void send_index_keys(struct vb__pg_group *group,
                            const struct vb__pg_rows *rows)
{
    struct vb__pg_key_row *at = NULL;
    size_t count = 0;

    if (rows->members.count == 0)
        return;
    if (!vb__pg_kept_keys(&group->writer.kept, rows->members.at,
                          rows->members.count, rows->arena, &at, &count))
        group->columns.err = VB_ERR_NOMEM;
    send_members(group, rows);
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->listing, sizeof(*at), count);
    ints(group, &at->idx, sizeof(*at), count);
    spans(group, &at->sort, sizeof(*at), count);
    ints(group, &at->member, sizeof(*at), count);
    spans(group, &at->key, sizeof(*at), count);
    end(group, VB__PG_INDEX_KEYS_ADD);
}

static void send_collections(struct vb__pg_group *group)
{
    struct vb__pg_survey *survey = &group->survey;
    const struct vb__pg_tally *at = survey->tallies;
    size_t count = 0;

    for (size_t i = 0; i < survey->tally_count; i++)
        if (survey->tallies[i].touched)
            survey->tallies[count++] = survey->tallies[i];
    survey->tally_count = count;
    if (count == 0)
        return;
    begin(group);
    spans(group, &at->key, sizeof(*at), count);
    ints(group, &at->revision, sizeof(*at), count);
    ints(group, &at->count, sizeof(*at), count);
    ints(group, &at->modified_ms, sizeof(*at), count);
    end(group, VB__PG_COLLECTIONS_SAVE);
}

static void send_floor(struct vb__pg_group *group)
{
    struct vb__pg_params params = {.count = 0};

    if (!group->raises)
        return;
    vb__pg_int(&params, group->writer.slot);
    vb__pg_int(&params, (int64_t)group->floor);
    vb__pg_group_send(group, VB__PG_WRITER_SET, &params);
}

/* Where there is history again, it does not reach back beyond what has none. */
bool vb__pg_group_has_gap(const struct vb__pg_group *group)
{
    return group->keeps_history && group->muted != 0;
}

static void send_gap(struct vb__pg_group *group)
{
    struct vb__pg_params params = {.count = 0};

    if (!vb__pg_group_has_gap(group))
        return;
    vb__pg_int(&params, (int64_t)vb_moment(group->muted));
    vb__pg_group_send(group, VB__PG_HISTORY_GAP, &params);
}

/* What was comes before what is: it is read where it is. Old ties go before new
 * ones come: they may pass from one record to another. */
static void send_all(struct vb__pg_group *group, const struct vb__pg_rows *rows)
{
    send_floor(group);
    send_gap(group);
    send_happened(group, rows->happened.at, rows->happened.count);
    send_created(group, rows->created.at, rows->created.count);
    send_hidden(group, rows->hidden.at, rows->hidden.count);
    send_keys(group, VB__PG_CLAIMS_DROP, &rows->claims_of);
    send_keys(group, VB__PG_REFERENCES_DROP, &rows->references_of);
    send_rows(group, VB__PG_RECORDS_ADD, rows->added.at, rows->added.count);
    send_rows(group, VB__PG_RECORDS_CHANGE, rows->changed.at,
              rows->changed.count);
    send_amended(group, rows->amended.at, rows->amended.count);
    send_ties(group, rows);
    send_blobs(group, rows);
    send_memos(group, rows);
    send_index_keys(group, rows);
    send_collections(group);
}

void vb__pg_write_send(struct vb__pg_group *group)
{
    struct vb__pg_rows rows;
    bool made = vb__pg_rows_make(group, &rows);

    group->cost = rows.cost;
    if (made)
        send_all(group, &rows);
    vb__pg_group_send(group,
                      made && group->columns.err == VB_OK ? VB__PG_COMMIT
                                                          : VB__PG_ROLLBACK,
                      NULL);
}

/* --- when it is durable ----------------------------------------------------
 */

uint64_t vb__pg_group_bump(struct vb__pg_group *group, struct vb_span key)
{
    struct vb_store *store = &group->client->store->store;

    return vb__generations_bump(store->generations, vb_store_hash(store, key));
}

/* The parent of what was deleted is known from what was found: `parent` of it
 * is not changed by put() and delete_record(). */
static uint64_t bump_step(struct vb__pg_group *group,
                          const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb_span parent =
        step->now.id != 0 ? step->now.parent : change->parent;
    uint64_t generation = vb__pg_group_bump(group, change->key);

    if (parent.len > 0 && change->kind != VB_CHANGE_AMEND)
        (void)vb__pg_group_bump(group, parent);
    return generation;
}

static bool is_written(const struct vb__step *step)
{
    switch (step->change->kind) {
    case VB_CHANGE_PUT:
    case VB_CHANGE_AMEND:
        return true;
    case VB_CHANGE_DELETE:
        return step->now.id != 0;
    case VB_CHANGE_REQUIRE_EMPTY:
    case VB_CHANGE_REQUIRE_STATE:
        break;
    }
    return false;
}

static void publish(struct vb__pg_group *group, struct vb__pg_item *item)
{
    struct vb_commit *commit = item->commit;

    commit->revision = item->revision;
    commit->position = commit->generation = 0;
    for (size_t i = 0; i < item->plan.count; i++) {
        const struct vb__step *step = &item->plan.steps[i];
        uint64_t generation =
            is_written(step) ? bump_step(group, step) : UINT64_MAX;

        if (i == 0)
            commit->generation = generation;
        if (step->change->kind == VB_CHANGE_PUT && step->change->blob != 0)
            vb__pg_pins_written(group->client->store->pins, step->change->blob);
    }
    if (commit->change_count > 0 && commit->changes->kind == VB_CHANGE_PUT)
        commit->position =
            (uint64_t)vb__pg_survey_known(&group->survey, commit->changes->key)
                ->position;
}

void vb__pg_write_doubt(struct vb__pg_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct vb__pg_item *item = &group->items[i];

        for (size_t k = 0; item->err == VB_OK && k < item->plan.count; k++)
            if (is_written(&item->plan.steps[k]))
                (void)bump_step(group, &item->plan.steps[k]);
    }
}

void vb__pg_write_publish(struct vb__pg_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i].err == VB_OK)
            publish(group, &group->items[i]);
}
