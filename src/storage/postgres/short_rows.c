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

/* --- what is sent of them --------------------------------------------------
 */

/* A statement, and which rows it is about. */
struct sending {
    bool (*which)(const struct row *);
    struct vb__pg_layout layout;
};

#define INT(field)   VB__PG_INT(row, field)
#define BYTES(field) VB__PG_BYTES(row, field)

static const struct vb__pg_layout taking = {
    VB__PG_SHORT_TAKE,
    sizeof(struct row),
    {BYTES(key), INT(expect), BYTES(parent), INT(removed), INT(ordinal)}};

static const struct sending happening = {
    has_past,
    {VB__PG_SHORT_HAPPENED,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), INT(removed)}}};

static const struct sending beginning = {
    begins,
    {VB__PG_SHORT_CREATED,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), BYTES(parent)}}};

static const struct sending hiding = {
    is_hidden,
    {VB__PG_SHORT_HIDDEN,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), BYTES(parent)}}};

static const struct sending creating = {
    is_created,
    {VB__PG_SHORT_ADD,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), INT(created_ms), INT(modified_ms), INT(length),
      BYTES(parent), BYTES(media_type), BYTES(content)}}};

static const struct sending replacing = {
    is_replaced,
    {VB__PG_SHORT_REPLACE,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), INT(modified_ms), INT(length),
      BYTES(media_type), BYTES(content)}}};

static const struct sending removing = {
    is_removed,
    {VB__PG_SHORT_REMOVE,
     sizeof(struct row),
     {BYTES(key), INT(ordinal), INT(kind), INT(modified_ms), INT(length),
      BYTES(content)}}};

static const struct sending counting = {
    is_member,
    {VB__PG_SHORT_COLLECTIONS,
     sizeof(struct row),
     {BYTES(parent), INT(ordinal), INT(members), INT(modified_ms)}}};

#undef INT
#undef BYTES

/* An ordinal is where a position would be. */
static const struct vb__pg_layout keys_going = {
    VB__PG_SHORT_KEYS_DROP,
    sizeof(struct vb__pg_member_row),
    {VB__PG_BYTES(vb__pg_member_row, listing),
     VB__PG_BYTES(vb__pg_member_row, state.key),
     VB__PG_INT(vb__pg_member_row, member)}};

static const struct vb__pg_layout keys_coming = {
    VB__PG_SHORT_KEYS_ADD,
    sizeof(struct vb__pg_key_row),
    {VB__PG_BYTES(vb__pg_key_row, listing), VB__PG_INT(vb__pg_key_row, idx),
     VB__PG_BYTES(vb__pg_key_row, sort), VB__PG_BYTES(vb__pg_key_row, key),
     VB__PG_INT(vb__pg_key_row, member)}};

/* --- sending it ------------------------------------------------------------
 */

/* What all of them begin with. */
static void begin(struct vb__pg_group *group)
{
    struct vb__pg_columns *columns = &group->columns;

    vb__pg_columns_begin(columns);
    vb__pg_int(&columns->params, group->writer.slot);
    vb__pg_int(&columns->params, group->writer.batch);
    vb__pg_int(&columns->params, (int64_t)group->count);
}

static void end(struct vb__pg_group *group, const struct vb__pg_layout *layout,
                const void *rows, size_t count)
{
    vb__pg_columns_rows(&group->columns, layout, rows, count);
    vb__pg_group_send(group, layout->statement, &group->columns.params);
}

static void send_take(const struct rows *rows)
{
    struct vb__pg_group *group = rows->group;
    uint64_t clock = vb__pg_clock_take(group->client->store, group->count);

    begin(group);
    vb__pg_int(&group->columns.params, (int64_t)clock);
    vb__pg_int(&group->columns.params, vb_clock_unix_ms());
    end(group, &taking, rows->at, group->count);
}

static void send(const struct rows *rows, const struct sending *sending)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->group->count; i++)
        if (sending->which(&rows->at[i]))
            rows->these[count++] = rows->at[i];
    if (count == 0)
        return;
    begin(rows->group);
    end(rows->group, &sending->layout, rows->these, count);
}

/* Of the members that had some. */
static void send_keys_drop(const struct rows *rows)
{
    size_t count = 0;
    struct vb__pg_member_row *at = vb_arena_calloc(
        &rows->group->arena, rows->member_count, sizeof(*rows->members));

    for (size_t i = 0; at != NULL && i < rows->member_count; i++)
        if (!rows->members[i].is_new)
            at[count++] = rows->members[i];
    if (count == 0)
        return;
    begin(rows->group);
    end(rows->group, &keys_going, at, count);
}

static void send_keys(const struct rows *rows)
{
    struct vb__pg_group *group = rows->group;
    struct vb__pg_key_row *at = NULL;
    size_t count = 0;

    if (!vb__pg_kept_keys(&group->writer.kept, rows->members,
                          rows->member_count, &group->arena, &at, &count))
        group->columns.err = VB_ERR_NOMEM;
    if (count == 0)
        return;
    begin(group);
    end(group, &keys_coming, at, count);
}

/* What was is read, by some, before it is written over. */
static void send_all(const struct rows *rows)
{
    send_take(rows);
    if (rows->group->keeps_history) {
        send(rows, &happening);
        send(rows, &beginning);
        send(rows, &hiding);
    }
    if (rows->member_count > 0)
        send_keys_drop(rows);
    send(rows, &creating);
    send(rows, &replacing);
    send(rows, &removing);
    if (rows->member_count > 0)
        send_keys(rows);
    send(rows, &counting);
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
