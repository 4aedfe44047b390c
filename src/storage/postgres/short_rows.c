/*
 * What a group writes on the short way: rows, sent as columns. See short.c.
 */
#include "base/clock.h"
#include "base/span.h"
#include "storage/postgres/short.h"

/* A record's change. */
struct row {
    struct vb_span key, parent, media_type, content;
    int64_t ordinal; /* its revision is that many after what was */
    int64_t expect;  /* 0: nothing is there */
    int64_t kind;
    int64_t removed;
    int64_t created_ms, modified_ms;
    int64_t length;
    int64_t members; /* that its collection gets, or loses */
};

struct rows {
    struct vb__pg_group *group;
    struct row *at;    /* as many as the group has commits, in their order */
    struct row *these; /* as many: those that a statement is about */
    struct vb__pg_member_row *members;
    size_t member_count;
};

/* --- making them -----------------------------------------------------------
 */

static struct row row_of(const struct vb_change *change, size_t ordinal)
{
    bool creates = vb__pg_short_creates(change);
    struct row row = {
        .key = change->key,
        .parent = change->parent,
        .media_type = change->media_type,
        .content = change->content,
        .ordinal = (int64_t)ordinal,
        .expect = creates ? 0 : (int64_t)change->expect,
        .kind = VB__PG_RECORD,
        .created_ms = vb__created_ms(change),
        .modified_ms = change->modified_ms,
        .length = (int64_t)change->length,
        .members = creates,
    };

    if (change->kind != VB_CHANGE_DELETE)
        return row;
    row.removed = 1;
    row.members = -1;
    row.kind = change->tombstone ? VB__PG_TOMBSTONE : VB__PG_GONE;
    row.content = change->tombstone ? change->moved_to : VB_SPAN("");
    row.length = (int64_t)row.content.len;
    if (!change->tombstone)
        row.modified_ms = vb_clock_unix_ms(); /* how long it stays */
    return row;
}

/* Its position is the database's to say; its ordinal is there instead. */
static void note_member(struct rows *rows, const struct row *row)
{
    if (!vb__pg_kept_covers(&rows->group->writer.kept, row->parent))
        return;
    rows->members[rows->member_count++] = (struct vb__pg_member_row){
        .listing = row->parent,
        .member = row->ordinal,
        .is_new = row->expect == 0,
        .state = {.key = row->key,
                  .parent = row->parent,
                  .revision = row->removed == 0,
                  .media_type = row->media_type,
                  .content = row->content,
                  .length = (uint64_t)row->length},
    };
}

static bool make(struct rows *rows, struct vb__pg_group *group)
{
    struct vb_arena *arena = &group->arena;
    size_t count = group->count;

    *rows = (struct rows){.group = group};
    rows->at = vb_arena_calloc(arena, count, sizeof(*rows->at));
    rows->these = vb_arena_calloc(arena, count, sizeof(*rows->these));
    rows->members = vb_arena_calloc(arena, count, sizeof(*rows->members));
    if (arena->failed)
        return false;
    for (size_t i = 0; i < count; i++) {
        rows->at[i] = row_of(group->items[i].commit->changes, i + 1);
        note_member(rows, &rows->at[i]);
    }
    return true;
}

static bool is_created(const struct row *row)
{
    return row->expect == 0;
}

static bool is_replaced(const struct row *row)
{
    return row->expect != 0 && row->removed == 0;
}

static bool is_removed(const struct row *row)
{
    return row->removed != 0;
}

static bool is_member(const struct row *row)
{
    return row->parent.len > 0;
}

static bool has_past(const struct row *row)
{
    return row->expect != 0 && vb_key_is_followed(row->key);
}

static bool begins(const struct row *row)
{
    return row->expect == 0 && vb_key_is_followed(row->key);
}

static bool is_hidden(const struct row *row)
{
    return !vb_key_is_followed(row->key);
}

/* Which these are; how many. */
static size_t take(const struct rows *rows, bool (*which)(const struct row *))
{
    size_t count = 0;

    for (size_t i = 0; i < rows->group->count; i++)
        if (which(&rows->at[i]))
            rows->these[count++] = rows->at[i];
    return count;
}

/* --- sending them ----------------------------------------------------------
 */

#define INTS(columns, field, count)                                            \
    vb__pg_columns_ints(columns, &(field), sizeof(struct row), count)
#define SPANS(columns, field, count)                                           \
    vb__pg_columns_spans(columns, &(field), sizeof(struct row), count)

/* What all of them begin with. */
static struct vb__pg_columns *begin(struct vb__pg_group *group)
{
    struct vb__pg_columns *columns = &group->columns;

    vb__pg_columns_begin(columns);
    vb__pg_int(&columns->params, group->writer.slot);
    vb__pg_int(&columns->params, group->writer.batch);
    vb__pg_int(&columns->params, (int64_t)group->count);
    return columns;
}

static void end(struct vb__pg_group *group, enum vb__pg_statement statement)
{
    vb__pg_group_send(group, statement, &group->columns.params);
}

static void send_take(const struct rows *rows)
{
    struct vb__pg_group *group = rows->group;
    struct vb__pg_columns *columns = begin(group);
    size_t count = group->count;
    const struct row *at = rows->at;

    vb__pg_int(&columns->params,
               (int64_t)vb__pg_clock_take(group->client->store, count));
    vb__pg_int(&columns->params, vb_clock_unix_ms());
    SPANS(columns, at->key, count);
    INTS(columns, at->expect, count);
    SPANS(columns, at->parent, count);
    INTS(columns, at->removed, count);
    INTS(columns, at->ordinal, count);
    end(group, VB__PG_SHORT_TAKE);
}

static void send_happened(const struct rows *rows)
{
    size_t count = take(rows, has_past);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    INTS(columns, at->removed, count);
    end(rows->group, VB__PG_SHORT_HAPPENED);
}

static void send_begun(const struct rows *rows)
{
    size_t count = take(rows, begins);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    SPANS(columns, at->parent, count);
    end(rows->group, VB__PG_SHORT_CREATED);
}

static void send_hidden(const struct rows *rows)
{
    size_t count = take(rows, is_hidden);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    SPANS(columns, at->parent, count);
    end(rows->group, VB__PG_SHORT_HIDDEN);
}

static void send_created(const struct rows *rows)
{
    size_t count = take(rows, is_created);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    INTS(columns, at->created_ms, count);
    INTS(columns, at->modified_ms, count);
    INTS(columns, at->length, count);
    SPANS(columns, at->parent, count);
    SPANS(columns, at->media_type, count);
    SPANS(columns, at->content, count);
    end(rows->group, VB__PG_SHORT_ADD);
}

static void send_replaced(const struct rows *rows)
{
    size_t count = take(rows, is_replaced);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    INTS(columns, at->modified_ms, count);
    INTS(columns, at->length, count);
    SPANS(columns, at->media_type, count);
    SPANS(columns, at->content, count);
    end(rows->group, VB__PG_SHORT_REPLACE);
}

static void send_removed(const struct rows *rows)
{
    size_t count = take(rows, is_removed);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->key, count);
    INTS(columns, at->ordinal, count);
    INTS(columns, at->kind, count);
    INTS(columns, at->modified_ms, count);
    INTS(columns, at->length, count);
    SPANS(columns, at->content, count);
    end(rows->group, VB__PG_SHORT_REMOVE);
}

static void send_collections(const struct rows *rows)
{
    size_t count = take(rows, is_member);
    const struct row *at = rows->these;
    struct vb__pg_columns *columns;

    if (count == 0)
        return;
    columns = begin(rows->group);
    SPANS(columns, at->parent, count);
    INTS(columns, at->ordinal, count);
    INTS(columns, at->members, count);
    INTS(columns, at->modified_ms, count);
    end(rows->group, VB__PG_SHORT_COLLECTIONS);
}

/* Of the members that had some. */
static void send_keys_drop(const struct rows *rows)
{
    size_t size = sizeof(*rows->members), count = 0;
    struct vb__pg_member_row *at =
        vb_arena_calloc(&rows->group->arena, rows->member_count, size);
    struct vb__pg_columns *columns;

    for (size_t i = 0; at != NULL && i < rows->member_count; i++)
        if (!rows->members[i].is_new)
            at[count++] = rows->members[i];
    if (count == 0)
        return;
    columns = begin(rows->group);
    vb__pg_columns_spans(columns, &at->listing, size, count);
    vb__pg_columns_spans(columns, &at->state.key, size, count);
    vb__pg_columns_ints(columns, &at->member, size, count);
    end(rows->group, VB__PG_SHORT_KEYS_DROP);
}

static void send_keys(const struct rows *rows)
{
    struct vb__pg_group *group = rows->group;
    struct vb__pg_columns *columns;
    struct vb__pg_key_row *at = NULL;
    size_t size = sizeof(*at), count = 0;

    if (!vb__pg_kept_keys(&group->writer.kept, rows->members,
                          rows->member_count, &group->arena, &at, &count))
        group->columns.err = VB_ERR_NOMEM;
    if (count == 0)
        return;
    columns = begin(group);
    vb__pg_columns_spans(columns, &at->listing, size, count);
    vb__pg_columns_ints(columns, &at->idx, size, count);
    vb__pg_columns_spans(columns, &at->sort, size, count);
    vb__pg_columns_spans(columns, &at->key, size, count);
    vb__pg_columns_ints(columns, &at->member, size, count);
    end(group, VB__PG_SHORT_KEYS_ADD);
}

/* What was is read, by some, before it is written over. */
static void send_all(const struct rows *rows)
{
    send_take(rows);
    if (rows->group->keeps_history) {
        send_happened(rows);
        send_begun(rows);
        send_hidden(rows);
    }
    if (rows->member_count > 0)
        send_keys_drop(rows);
    send_created(rows);
    send_replaced(rows);
    send_removed(rows);
    if (rows->member_count > 0)
        send_keys(rows);
    send_collections(rows);
}

void vb__pg_short_send(struct vb__pg_group *group)
{
    struct rows rows;
    bool made = make(&rows, group);

    group->granted = group->done = 0;
    vb__pg_survey_send(group);
    if (made)
        send_all(&rows);
    made = made && !group->arena.failed && group->columns.err == VB_OK;
    vb__pg_group_send(group, made ? VB__PG_COMMIT : VB__PG_ROLLBACK, NULL);
}
