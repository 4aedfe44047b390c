/* Groups of commits: who is in one, its two trips, and what becomes of it when
 * something is in the way. See group.h. */
#include "storage/postgres/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/postgres/keeper.h"
#include "storage/postgres/news.h"
#include "storage/postgres/others.h"
#include "storage/postgres/short.h"

/* Memory of one group, beside the content that is sent. */
#define ARENA_BLOCK ((size_t)32 * 1024)
#define ARENA_MOST  ((size_t)256 * 1024 * 1024)

/* How often the database may refuse a group, then each one of it by itself. */
#define TRIES       4
#define TRIES_ALONE 12

/* What is left for asking whether it was committed, at the least. */
#define RESOLVE_MS 1000

static void go_on(struct vb__pg_group *group);

/* --- its end ---------------------------------------------------------------
 */

static void forget(struct vb__pg_group *group)
{
    group->count = 0;
    group->phase = VB__PG_GROUP_IDLE;
    group->ask.once = false;
    group->columns.err = VB_OK;
    vb__pg_columns_trim(&group->columns);
    vb_arena_reset(&group->arena);
}

/* Those that were accepted come to this; what was said of the others holds. */
static void end(struct vb__pg_group *group, enum vb_err err)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct vb__pg_item *item = &group->items[i];

        vb__pg_group_answer(item, item->err == VB_OK ? err : item->err);
    }
    forget(group);
    go_on(group);
}

/* All of them, judged or not. */
static void fail(struct vb__pg_group *group, enum vb_err err)
{
    for (size_t i = 0; i < group->count; i++)
        group->items[i].err = VB_OK;
    end(group, err);
}

static void once_more(struct vb__pg_group *group)
{
    vb__pg_group_put_back(group);
    forget(group);
    go_on(group);
}

/* The database has seen something that we could not: next time it shows. */
static void refused(struct vb__pg_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        group->items[i].alone |= ++group->items[i].tries >= TRIES;
    if (group->count == 1 && group->items[0].tries > TRIES_ALONE)
        fail(group, VB_ERR_AGAIN);
    else
        once_more(group);
}

/* Perhaps it was one of them, or all together. */
static void try_singly(struct vb__pg_group *group, enum vb_err err)
{
    if (group->count == 1) {
        fail(group, err);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        group->items[i].alone = true;
    once_more(group);
}

/* Nothing was done. */
static void failed(struct vb__pg_group *group, enum vb_err err)
{
    if (group->columns.err != VB_OK)
        err = group->columns.err;
    switch (err) {
    case VB_ERR_AGAIN:
    case VB_ERR_EXISTS:
        refused(group);
        break;
    case VB_ERR_UNAVAILABLE: /* to some of them there is time left */
        once_more(group);
        break;
    case VB_ERR_CANCELLED: /* the link goes, and so do we */
        group->phase = VB__PG_GROUP_IDLE;
        break;
    case VB_ERR_TIMEOUT:
        fail(group, VB_ERR_UNAVAILABLE);
        break;
    default:
        try_singly(group, err);
        break;
    }
}

/* --- its trips -------------------------------------------------------------
 */

static void request(struct vb__pg_group *group, enum vb__pg_phase phase,
                    int64_t deadline_ms)
{
    struct vb__pg_link *link = &group->client->writes;

    group->phase = phase;
    group->ask.once =
        phase == VB__PG_GROUP_WRITING || phase == VB__PG_GROUP_AT_ONCE;
    vb__pg_link_ask(link, &group->ask);
    group->ask.deadline_ms = deadline_ms;
    vb__pg_link_flush(link);
}

void vb__pg_group_send(struct vb__pg_group *group,
                       enum vb__pg_statement statement,
                       const struct vb__pg_params *params)
{
    group->sent[group->sent_count++] = (unsigned char)statement;
    vb__pg_send(&group->client->writes, &group->ask, statement, params);
}

void vb__pg_group_send_rows(struct vb__pg_group *group,
                            const struct vb__pg_layout *layout,
                            const void *rows, size_t count)
{
    if (count == 0)
        return;
    vb__pg_columns_begin(&group->columns);
    vb__pg_columns_rows(&group->columns, layout, rows, count);
    vb__pg_group_send(group, layout->statement, &group->columns.params);
}

static void send_undo(struct vb__pg_group *group)
{
    if (group->open && group->serial == group->client->writes.serial)
        vb__pg_group_send(group, VB__PG_ROLLBACK, NULL);
    group->open = false;
}

/* Batches are numbered two by two: WRITER_FENCE puts one between. */
static void send_begin(struct vb__pg_group *group)
{
    send_undo(group);
    vb__pg_group_send(group, VB__PG_BEGIN, NULL);
    group->open = true;
    group->serial = group->client->writes.serial;
    group->floor = 0;
    group->writer.batch += 2;
}

static void send_look(struct vb__pg_group *group)
{
    struct vb__pg_store *store = group->client->store;
    struct vb__pg_params params = {.count = 0};
    uint64_t clock = vb__pg_clock_take(store, group->count);

    send_begin(group);
    vb__pg_int(&params, group->writer.slot);
    vb__pg_int(&params, (int64_t)clock);
    vb__pg_int(&params, (int64_t)group->count);
    vb__pg_int(&params, group->writer.batch);
    vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_group_send(group, VB__PG_WRITER_TAKE, &params);
    vb__pg_survey_send(group);
}

static void send_batch(struct vb__pg_group *group)
{
    struct vb__pg_params params = {.count = 0};

    group->found_batch = -1;
    vb__pg_int(&params, group->writer.slot);
    vb__pg_group_send(group, VB__PG_WRITER_BATCH, &params);
    if (!group->is_short)
        return;
    vb__pg_int(&params, group->writer.batch);
    vb__pg_group_send(group, VB__PG_WRITER_FENCE, &params);
    vb__pg_survey_send_see(group);
}

static void send(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_group *group = VB_CONTAINER(ask, struct vb__pg_group, ask);

    group->sent_count = 0;
    switch (group->phase) {
    case VB__PG_GROUP_AT_ONCE:
        send_begin(group);
        vb__pg_short_send(group);
        break;
    case VB__PG_GROUP_LOOKING:
        send_look(group);
        break;
    case VB__PG_GROUP_WRITING:
        group->lost = group->serial != link->serial;
        if (group->lost)
            vb__pg_group_send(group, VB__PG_ROLLBACK, NULL);
        else
            vb__pg_write_send(group);
        break;
    case VB__PG_GROUP_RESOLVING:
        send_batch(group);
        break;
    default:
        group->open = true; /* it is harmless when there is none */
        group->serial = link->serial;
        send_undo(group);
        break;
    }
}

static void take(struct vb__pg_ask *ask, unsigned n, const PGresult *result)
{
    struct vb__pg_group *group = VB_CONTAINER(ask, struct vb__pg_group, ask);
    enum vb__pg_statement statement = (enum vb__pg_statement)group->sent[n];

    if (statement == VB__PG_WRITER_TAKE) {
        group->unknown = PQntuples(result) != 1;
        if (!group->unknown)
            group->floor = (uint64_t)vb__pg_get_int(result, 0, 0);
    } else if (statement == VB__PG_WRITER_BATCH) {
        if (PQntuples(result) != 1)
            return;
        group->found_batch = vb__pg_get_int(result, 0, 0);
        vb__pg_short_take(group, result, 1);
    } else if (statement == VB__PG_SHORT_TAKE) {
        if (PQntuples(result) == 1)
            vb__pg_short_take(group, result, 0);
    } else {
        vb__pg_survey_take(group, statement, result);
    }
}

/* --- between them ----------------------------------------------------------
 */

/* A record's revision grows, and a collection's: who has seen a greater one
 * takes those after it. Nobody else writes what we have locked. */
static uint64_t first_revision(struct vb__pg_group *group)
{
    uint64_t newest = vb__pg_survey_newest(&group->survey);

    group->raises = group->floor < newest + group->count;
    if (group->raises)
        group->floor = newest + group->count;
    vb__pg_clock_saw(group->client->store, group->floor);
    return group->floor - group->count + 1;
}

static void judge(struct vb__pg_group *group)
{
    struct vb__pg_view view = vb__pg_view(group);
    uint64_t revision = first_revision(group);

    group->accepted = 0;
    for (size_t i = 0; i < group->count; i++) {
        struct vb__pg_item *item = &group->items[i];

        item->err =
            vb__judge(&view.base, item->commit, &group->arena, &item->plan);
        item->revision = revision;
        revision += item->err == VB_OK;
        group->accepted += item->err == VB_OK;
    }
    if (group->accepted > 0)
        request(group, VB__PG_GROUP_WRITING, vb__pg_group_deadline(group));
    else
        end(group, VB_OK);
}

static void has_looked(struct vb__pg_group *group)
{
    if (group->arena.failed) {
        try_singly(group, VB_ERR_NOMEM);
    } else if (group->unknown) {
        group->writer.known = false;
        once_more(group);
    } else if (!vb__pg_survey_is_whole(&group->survey)) {
        refused(group);
    } else {
        judge(group);
    }
}

/* --- after them ------------------------------------------------------------
 */

/* To everybody here. */
static void tell(struct vb__pg_group *group)
{
    group->muted = group->keeps_history ? 0 : group->floor;
    vb__store_tell(&group->client->store->store);
    vb__pg_news_tell(group->client->news);
    vb__pg_keeper_grew(group->client, group->cost);
}

/* Those that the short way has left out have the general one before them. */
static void committed(struct vb__pg_group *group)
{
    group->open = false;
    if (!group->is_short) {
        vb__pg_write_publish(group);
        tell(group);
        end(group, VB_OK);
        return;
    }
    if (group->done != 0) {
        vb__pg_short_publish(group);
        tell(group);
    } else {
        vb__pg_own_told(group->client, group->writer.batch);
    }
    vb__pg_short_answer(group);
    once_more(group);
}

static void be_uncertain(struct vb__pg_group *group)
{
    if (group->is_short)
        vb__pg_short_doubt(group);
    else
        vb__pg_write_doubt(group);
    vb__pg_own_doubt(group->client, group->writer.batch);
    end(group, VB_ERR_UNCERTAIN);
}

static void resolve(struct vb__pg_group *group)
{
    int64_t least = vb_clock_monotonic_ms() + RESOLVE_MS;
    int64_t deadline = vb__pg_group_deadline(group);

    group->open = false;
    request(group, VB__PG_GROUP_RESOLVING, deadline > least ? deadline : least);
}

/* The answer came after whatever the lost connection was still about: its
 * transaction had locked the row, or is fenced off. */
static void has_resolved(struct vb__pg_group *group, enum vb_err err)
{
    if (err == VB_ERR_AGAIN && group->ask.deadline_ms > vb_clock_monotonic_ms())
        request(group, VB__PG_GROUP_RESOLVING, group->ask.deadline_ms);
    else if (err == VB_ERR_CANCELLED)
        group->phase = VB__PG_GROUP_IDLE;
    else if (err != VB_OK || group->found_batch < 0)
        be_uncertain(group);
    else if (group->found_batch == group->writer.batch)
        committed(group);
    else
        once_more(group);
}

static void has_written(struct vb__pg_group *group, enum vb_err err)
{
    if (err == VB_ERR_CLOSED)
        resolve(group);
    else if (err != VB_OK)
        failed(group, err);
    else if (group->lost)
        once_more(group);
    else if (group->arena.failed || group->columns.err != VB_OK)
        failed(group, VB_ERR_NOMEM);
    else
        committed(group);
}

/* What was refused may pass by the general way, or hear there why not. */
static void was_at_once(struct vb__pg_group *group, enum vb_err err)
{
    bool commits = group->sent[group->sent_count - 1] == VB__PG_COMMIT;

    if (err == VB_ERR_CLOSED) {
        resolve(group);
        return;
    }
    if (err == VB_OK && commits) {
        committed(group);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        group->items[i].whole_way = true;
    failed(group, err == VB_OK ? VB_ERR_NOMEM : err);
}

static void over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_group *group = VB_CONTAINER(ask, struct vb__pg_group, ask);

    switch (group->phase) {
    case VB__PG_GROUP_AT_ONCE:
        was_at_once(group, err);
        break;
    case VB__PG_GROUP_LOOKING:
        if (err == VB_OK)
            has_looked(group);
        else
            failed(group, err);
        break;
    case VB__PG_GROUP_WRITING:
        has_written(group, err);
        break;
    case VB__PG_GROUP_RESOLVING:
        has_resolved(group, err);
        break;
    default:
        group->phase = VB__PG_GROUP_IDLE;
        if (err != VB_ERR_CANCELLED)
            go_on(group);
        break;
    }
}

/* --- the whole -------------------------------------------------------------
 */

static void registered(struct vb__pg_writer *writer, enum vb_err err)
{
    struct vb__pg_group *group =
        VB_CONTAINER(writer, struct vb__pg_group, writer);

    group->phase = VB__PG_GROUP_IDLE;
    if (err == VB_ERR_CANCELLED)
        return;
    if (err == VB_OK || err == VB_ERR_UNAVAILABLE) {
        go_on(group);
        return;
    }
    for (size_t i = 0; i < group->waiting_count; i++)
        vb__pg_group_answer(&group->waiting[i], err);
    group->waiting_count = 0;
}

static bool is_in_transaction(const struct vb__pg_group *group)
{
    return group->open && group->serial == group->client->writes.serial;
}

/* What a transaction does that is not committed is gone with it; and nobody
 * goes on with this one, whose locks are in the way of others. */
static void undo(struct vb__pg_group *group)
{
    request(group, VB__PG_GROUP_UNDOING,
            vb_clock_monotonic_ms() + group->client->store->url.timeout_ms);
}

static void begin(struct vb__pg_group *group)
{
    if (!group->writer.known || !vb__pg_writer_is_current(&group->writer)) {
        if (is_in_transaction(group)) {
            undo(group);
            return;
        }
        group->phase = VB__PG_GROUP_REGISTERING;
        vb__pg_writer_register(&group->writer, group->waiting[0].deadline_ms);
        return;
    }
    if (!vb__pg_group_form(group)) {
        group->items[group->count++] = group->waiting[0];
        memmove(group->waiting, group->waiting + 1,
                --group->waiting_count * sizeof(*group->waiting));
        fail(group, VB_ERR_NOMEM);
    } else if (!vb__pg_survey_begin(group)) {
        try_singly(group, VB_ERR_NOMEM);
    } else {
        group->keeps_history = !group->writer.silent;
        group->is_short = vb__pg_short_suits(group);
        request(group,
                group->is_short ? VB__PG_GROUP_AT_ONCE : VB__PG_GROUP_LOOKING,
                vb__pg_group_deadline(group));
    }
}

/* A transaction that nobody goes on with holds its locks no longer. */
static void go_on(struct vb__pg_group *group)
{
    vb__pg_group_answer_late(group);
    if (group->waiting_count > 0)
        begin(group);
    else if (is_in_transaction(group))
        undo(group);
}

void vb__pg_group_flush(struct vb__pg_group *group)
{
    if (group->phase == VB__PG_GROUP_IDLE && group->waiting_count > 0)
        go_on(group);
}

struct vb__pg_group *vb__pg_group_new(struct vb__pg_client *client)
{
    struct vb__pg_group *group = calloc(1, sizeof(*group));

    if (group == NULL)
        return NULL;
    group->client = client;
    vb__pg_writer_init(&group->writer, client);
    group->writer.done = registered;
    group->ask = (struct vb__pg_ask){.send = send, .take = take, .over = over};
    vb_arena_init(&group->arena, ARENA_BLOCK, ARENA_MOST);
    return group;
}

void vb__pg_group_free(struct vb__pg_group *group)
{
    if (group == NULL)
        return;
    vb__pg_kept_drop(&group->writer.kept);
    vb__pg_columns_done(&group->columns);
    vb_arena_done(&group->arena);
    free(group->waiting);
    free(group);
}
