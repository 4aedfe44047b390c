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

/* --- what is sent ----------------------------------------------------------
 */

#define RECORD_FIELDS                                                          \
    {                                                                          \
        VB__PG_BYTES(vb__pg_row, key), VB__PG_INT(vb__pg_row, kind),           \
            VB__PG_INT(vb__pg_row, revision),                                  \
            VB__PG_INT(vb__pg_row, position),                                  \
            VB__PG_INT(vb__pg_row, created_ms),                                \
            VB__PG_INT(vb__pg_row, modified_ms),                               \
            VB__PG_INT(vb__pg_row, length), VB__PG_INT(vb__pg_row, blob),      \
            VB__PG_INT(vb__pg_row, ties), VB__PG_BYTES(vb__pg_row, parent),    \
            VB__PG_BYTES(vb__pg_row, media_type),                              \
            VB__PG_BYTES(vb__pg_row, content)                                  \
    }

static const struct vb__pg_layout records_new = {
    VB__PG_RECORDS_ADD, sizeof(struct vb__pg_row), RECORD_FIELDS};
static const struct vb__pg_layout records_changed = {
    VB__PG_RECORDS_CHANGE, sizeof(struct vb__pg_row), RECORD_FIELDS};
static const struct vb__pg_layout records_amended = {
    VB__PG_RECORDS_AMEND,
    sizeof(struct vb__pg_row),
    {VB__PG_BYTES(vb__pg_row, key), VB__PG_INT(vb__pg_row, length),
     VB__PG_BYTES(vb__pg_row, content)}};

#undef RECORD_FIELDS

#define INT(field)   VB__PG_INT(vb__pg_happening_row, field)
#define BYTES(field) VB__PG_BYTES(vb__pg_happening_row, field)

static const struct vb__pg_layout history_changed = {
    VB__PG_HISTORY_CHANGED,
    sizeof(struct vb__pg_happening_row),
    {BYTES(key), INT(moment), INT(removed)}};
static const struct vb__pg_layout history_created = {
    VB__PG_HISTORY_CREATED,
    sizeof(struct vb__pg_happening_row),
    {BYTES(key), INT(moment), BYTES(parent), INT(position)}};

static const struct vb__pg_layout history_hidden = {
    VB__PG_HISTORY_HIDDEN,
    sizeof(struct vb__pg_happening_row),
    {BYTES(key), INT(moment), BYTES(parent)}};

#undef INT
#undef BYTES

static const struct vb__pg_layout claims_new = {
    VB__PG_CLAIMS_ADD,
    sizeof(struct vb__pg_claim_row),
    {VB__PG_BYTES(vb__pg_claim_row, scope),
     VB__PG_BYTES(vb__pg_claim_row, value), VB__PG_BYTES(vb__pg_claim_row, key),
     VB__PG_INT(vb__pg_claim_row, is_long),
     VB__PG_BYTES(vb__pg_claim_row, whole)}};
static const struct vb__pg_layout references_new = {
    VB__PG_REFERENCES_ADD,
    sizeof(struct vb__pg_reference_row),
    {VB__PG_BYTES(vb__pg_reference_row, target),
     VB__PG_INT(vb__pg_reference_row, position),
     VB__PG_BYTES(vb__pg_reference_row, source)}};

static const struct vb__pg_layout claims_gone = {
    VB__PG_CLAIMS_DROP, sizeof(struct vb_span), {{VB__PG_BYTES_FIELD, 0}}};
static const struct vb__pg_layout references_gone = {
    VB__PG_REFERENCES_DROP, sizeof(struct vb_span), {{VB__PG_BYTES_FIELD, 0}}};
static const struct vb__pg_layout blobs_taken = {
    VB__PG_LOOSE_DROP, sizeof(int64_t), {{VB__PG_INT_FIELD, 0}}};

#define INT(field)   VB__PG_INT(vb__pg_memo_row, field)
#define BYTES(field) VB__PG_BYTES(vb__pg_memo_row, field)

static const struct vb__pg_layout memos_giving_way = {
    VB__PG_MEMOS_DROP,
    sizeof(struct vb__pg_memo_row),
    {BYTES(name), INT(now_ms), BYTES(over)}};
static const struct vb__pg_layout memos_new = {
    VB__PG_MEMOS_ADD,
    sizeof(struct vb__pg_memo_row),
    {BYTES(name), INT(revision), INT(expires_ms), BYTES(bytes)}};

#undef INT
#undef BYTES

static const struct vb__pg_layout keys_gone = {
    VB__PG_INDEX_KEYS_DROP,
    sizeof(struct vb__pg_member_row),
    {VB__PG_BYTES(vb__pg_member_row, listing),
     VB__PG_INT(vb__pg_member_row, member)}};
static const struct vb__pg_layout keys_new = {
    VB__PG_INDEX_KEYS_ADD,
    sizeof(struct vb__pg_key_row),
    {VB__PG_BYTES(vb__pg_key_row, listing), VB__PG_INT(vb__pg_key_row, idx),
     VB__PG_BYTES(vb__pg_key_row, sort), VB__PG_INT(vb__pg_key_row, member),
     VB__PG_BYTES(vb__pg_key_row, key)}};

static const struct vb__pg_layout collections_changed = {
    VB__PG_COLLECTIONS_SAVE,
    sizeof(struct vb__pg_tally),
    {VB__PG_BYTES(vb__pg_tally, key), VB__PG_INT(vb__pg_tally, revision),
     VB__PG_INT(vb__pg_tally, count), VB__PG_INT(vb__pg_tally, modified_ms)}};

/* --- sending ---------------------------------------------------------------
 */

static void send_released(struct vb__pg_group *group,
                          const struct vb__pg_rows *rows)
{
    struct vb__pg_columns *columns = &group->columns;

    if (rows->released_count == 0)
        return;
    vb__pg_columns_begin(columns);
    vb__pg_columns_ints(columns, rows->released, sizeof(*rows->released),
                        rows->released_count);
    vb__pg_int(&columns->params, vb_clock_unix_ms());
    vb__pg_group_send(group, VB__PG_LOOSE_ADD, &columns->params);
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
    if (rows->memos.count == 0)
        return;
    send_expired(group, rows);
    if (group->survey.memo_count > 0) /* what gives way is in the way */
        vb__pg_group_send_rows(group, &memos_giving_way, rows->memos.at,
                               rows->memos.count);
    vb__pg_group_send_rows(group, &memos_new, rows->memos.at,
                           rows->memos.count);
}

/* Those that a member had go; what is new had none. */
static void send_index_keys(struct vb__pg_group *group,
                            const struct vb__pg_rows *rows)
{
    struct vb__pg_member_row *members = rows->members.at;
    struct vb__pg_key_row *keys = NULL;
    size_t count = 0, old = 0;

    if (!vb__pg_kept_keys(&group->writer.kept, members, rows->members.count,
                          rows->arena, &keys, &count))
        group->columns.err = VB_ERR_NOMEM;
    for (size_t i = 0; i < rows->members.count; i++)
        if (!members[i].is_new)
            members[old++] = members[i];
    vb__pg_group_send_rows(group, &keys_gone, members, old);
    vb__pg_group_send_rows(group, &keys_new, keys, count);
}

static void send_collections(struct vb__pg_group *group)
{
    struct vb__pg_survey *survey = &group->survey;
    size_t count = 0;

    for (size_t i = 0; i < survey->tally_count; i++)
        if (survey->tallies[i].touched)
            survey->tallies[count++] = survey->tallies[i];
    survey->tally_count = count;
    vb__pg_group_send_rows(group, &collections_changed, survey->tallies, count);
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

#define SEND(layout, rows)                                                     \
    vb__pg_group_send_rows(group, layout, (rows).at, (rows).count)

/* What was comes before what is: it is read where it is. Old ties go before new
 * ones come: they may pass from one record to another. */
static void send_all(struct vb__pg_group *group, const struct vb__pg_rows *rows)
{
    send_floor(group);
    send_gap(group);
    SEND(&history_changed, rows->happened);
    SEND(&history_created, rows->created);
    SEND(&history_hidden, rows->hidden);
    SEND(&claims_gone, rows->claims_of);
    SEND(&references_gone, rows->references_of);
    SEND(&records_new, rows->added);
    SEND(&records_changed, rows->changed);
    SEND(&records_amended, rows->amended);
    SEND(&claims_new, rows->claims);
    SEND(&references_new, rows->references);
    vb__pg_group_send_rows(group, &blobs_taken, rows->taken, rows->taken_count);
    send_released(group, rows);
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
