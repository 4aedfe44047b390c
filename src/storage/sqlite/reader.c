/* Reading. See reader.h for the rule, README.md for the argument. */
#include "storage/sqlite/reader.h"

#include <sched.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "storage/engine.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

static const char *const sql[VB__READER_COUNT] = {
#define VB__X(name, text) [VB__READER_##name] = (text),
    VB__READER_STATEMENTS(VB__X)
#undef VB__X
};

/* --- The connection. --- */

enum vb_err vb__reader_init(struct vb__reader *reader,
                            struct vb__sqlite *sqlite)
{
    enum vb_err err;

    *reader = (struct vb__reader){.sqlite = sqlite};
    atomic_init(&reader->since, VB__NO_SNAPSHOT);
    err = vb__sqlite_connect(sqlite->path, VB__CONNECT_READ, &reader->db);
    if (err == VB_OK)
        err = vb__sql_prepare(reader->db, sql, VB__READER_COUNT,
                              reader->statements);
    if (err != VB_OK) {
        vb_log(
            VB_LOG_ERROR, "%s: cannot be opened for reading: %s", sqlite->path,
            reader->db == NULL ? vb_err_text(err) : sqlite3_errmsg(reader->db));
        sqlite3_close(reader->db);
        return err;
    }
    pthread_mutex_lock(&sqlite->readers_lock);
    vb_list_append(&sqlite->readers, &reader->link);
    pthread_mutex_unlock(&sqlite->readers_lock);
    return VB_OK;
}

void vb__reader_done(struct vb__reader *reader)
{
    int rc;

    vb__reader_turn_end(reader);
    pthread_mutex_lock(&reader->sqlite->readers_lock);
    vb_list_remove(&reader->link);
    pthread_mutex_unlock(&reader->sqlite->readers_lock);
    vb__sql_finalize(reader->statements, VB__READER_COUNT);
    rc = sqlite3_close(reader->db);
    vb_assert(rc == SQLITE_OK);
}

struct vb__reader *vb__reader_borrow(struct vb__sqlite *sqlite)
{
    struct vb__reader *reader;

    pthread_mutex_lock(&sqlite->readers_lock);
    reader = sqlite->pool;
    if (reader != NULL)
        sqlite->pool = reader->next;
    pthread_mutex_unlock(&sqlite->readers_lock);
    if (reader != NULL)
        return reader;
    /* As many as threads ask at the same time: the executor bounds it. */
    reader = malloc(sizeof(*reader));
    if (reader != NULL && vb__reader_init(reader, sqlite) == VB_OK)
        return reader;
    free(reader);
    return NULL;
}

void vb__reader_return(struct vb__reader *reader)
{
    struct vb__sqlite *sqlite = reader->sqlite;

    vb__reader_turn_end(reader);
    pthread_mutex_lock(&sqlite->readers_lock);
    reader->next = sqlite->pool;
    sqlite->pool = reader;
    pthread_mutex_unlock(&sqlite->readers_lock);
}

/* --- The snapshot. --- */

void vb__reader_turn_end(struct vb__reader *reader)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_END]);

    if (!reader->open)
        return;
    reader->open = false;
    /* It read only: it cannot fail but where it was undone already. */
    vb__call_run(&call);
    atomic_store(&reader->since, VB__NO_SNAPSHOT);
    if (atomic_load(&reader->sqlite->writer.garbage.awaits_snapshot))
        vb__writer_nudge(&reader->sqlite->writer);
}

/*
 * Opens a transaction, or keeps the open one when no commit was finished since
 * it was begun. `since` is announced before the snapshot is taken (and both
 * sides are sequentially consistent): a writer that has not seen it there has
 * finished its commit before the snapshot, which then shows that commit.
 */
static enum vb_err turn_begin(struct vb__reader *reader)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_BEGIN]);
    uint64_t commits = atomic_load(&reader->sqlite->commits);
    enum vb_err err;

    if (reader->open) {
        if (commits ==
            atomic_load_explicit(&reader->since, memory_order_relaxed))
            return VB_OK;
        vb__reader_turn_end(reader);
    }
    atomic_store(&reader->since, commits);
    err = vb__call_run(&call);
    if (err != VB_OK) {
        atomic_store(&reader->since, VB__NO_SNAPSHOT);
        return err;
    }
    reader->open = true;
    return VB_OK;
}

/* Of the snapshot. */
static enum vb_err last_revision(struct vb__reader *reader,
                                 uint64_t *ret_revision)
{
    struct vb__call call =
        vb__call(reader->statements[VB__READER_HISTORY_STATE]);

    *ret_revision =
        vb__call_row(&call) ? vb__call_get_u64(&call, 0) : UINT64_C(0);
    return vb__call_end(&call);
}

/*
 * COMMIT shows a group to new snapshots a moment before the writer has counted
 * it and bumped its generations. What was read of it is told only after that:
 * or whoever heard of it might next be shown what was before, by another worker
 * that goes on with an older snapshot, or from its cache. The writer has
 * nothing else to do in that moment, so it is short.
 */
static enum vb_err await_publication(struct vb__reader *reader)
{
    struct vb__sqlite *sqlite = reader->sqlite;
    uint64_t pending = atomic_load(&sqlite->pending);
    uint64_t shown;
    enum vb_err err;

    if (pending == 0)
        return VB_OK;
    err = last_revision(reader, &shown);
    while (err == VB_OK && shown >= pending &&
           atomic_load(&sqlite->pending) == pending)
        sched_yield();
    return err;
}

enum vb_err vb__reader_ended(struct vb__reader *reader, struct vb__call *call)
{
    enum vb_err err = vb__call_end(call);

    if (err == VB_OK)
        err = await_publication(reader);
    if (err != VB_OK) {
        if (!reader->ailing)
            vb_log(VB_LOG_ERROR, "%s: cannot be read: %s (%s)",
                   reader->sqlite->path, sqlite3_errmsg(reader->db),
                   vb_err_text(err));
        vb__reader_turn_end(reader);
    }
    reader->ailing = err != VB_OK;
    return err;
}

/* --- Records. --- */

/* In the order of VB__RECORD_COLUMNS. */
enum column {
    ID,
    REVISION,
    CREATED_MS,
    MODIFIED_MS,
    LENGTH,
    BLOB,
    KEY,
    PARENT,
    MEDIA_TYPE,
    CONTENT,
    TOMBSTONE
};

struct vb_record vb__row_of(const struct vb__call *row)
{
    return (struct vb_record){
        .position = vb__call_get_u64(row, ID),
        .revision = vb__call_get_u64(row, REVISION),
        .created_ms = vb__call_get_i64(row, CREATED_MS),
        .modified_ms = vb__call_get_i64(row, MODIFIED_MS),
        .length = vb__call_get_u64(row, LENGTH),
        .blob = vb__call_get_u64(row, BLOB),
        .key = vb__call_get_text(row, KEY),
        .parent = vb__call_get_text(row, PARENT),
        .media_type = vb__call_get_text(row, MEDIA_TYPE),
        .content = vb__call_get_blob(row, CONTENT),
    };
}

bool vb__row_is_tombstone(const struct vb__call *row)
{
    return vb__call_get_i64(row, TOMBSTONE) != 0;
}

struct vb_record vb__row_for(const struct vb__call *row,
                             const struct vb_list_read *list)
{
    struct vb_record state;

    if (list->brief.len == 0)
        return vb__row_of(row);
    state = (struct vb_record){
        .position = vb__call_get_u64(row, ID),
        .media_type = vb__call_get_text(row, MEDIA_TYPE),
        .content = vb__call_get_blob(row, CONTENT),
    };
    state.length = state.content.len;
    return state;
}

/* Its blob is pinned while the snapshot still shows it, so that it cannot be
 * removed before. */
struct vb_record *vb__record_of(struct vb__reader *reader,
                                const struct vb_record *row)
{
    struct vb__sqlite *sqlite = reader->sqlite;
    struct vb_record fields = *row;
    struct vb_record *record;

    if (fields.blob != 0) {
        fields.store = &sqlite->store;
        if (!vb__pins_add(&sqlite->pins, fields.blob))
            return NULL;
    }
    record = vb__record_new(&fields);
    if (record == NULL && fields.blob != 0)
        vb__pins_remove(&sqlite->pins, fields.blob);
    return record;
}

enum vb_err vb__reader_read(struct vb__reader *reader, struct vb_read *read)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_READ]);
    enum vb_err err = turn_begin(reader);
    struct vb_record **to = NULL;

    read->record = read->tombstone = NULL;
    if (err != VB_OK)
        return err;
    vb__call_text(&call, read->key);
    if (vb__call_row(&call)) {
        struct vb_record row = vb__row_of(&call);

        if (!vb__row_is_tombstone(&call))
            to = &read->record;
        else if (read->wants_tombstone)
            to = &read->tombstone;
        if (to != NULL)
            *to = vb__record_of(reader, &row);
    }
    err = vb__reader_ended(reader, &call);
    if (err == VB_OK && to != NULL && *to == NULL)
        err = VB_ERR_NOMEM;
    return err;
}

enum vb_err vb__reader_records(struct vb__reader *reader,
                               struct vb_records_read *read)
{
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < read->count; i++)
        read->records[i] = NULL;
    for (size_t i = 0; err == VB_OK && i < read->count; i++) {
        struct vb_read one = {.key = read->keys[i]};

        err = vb__reader_read(reader, &one);
        read->records[i] = one.record;
    }
    if (err != VB_OK)
        vb_records_read_done(read);
    return err;
}

enum vb_err vb__reader_claim(struct vb__reader *reader,
                             struct vb_claim_read *read)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_BY_CLAIM]);
    enum vb_err err = turn_begin(reader);
    bool found;

    read->record = NULL;
    if (err != VB_OK)
        return err;
    vb__call_text(&call, read->claim.scope);
    vb__call_blob(&call, read->claim.value);
    found = vb__call_row(&call);
    if (found) {
        struct vb_record row = vb__row_of(&call);

        read->record = vb__record_of(reader, &row);
    }
    err = vb__reader_ended(reader, &call);
    if (err != VB_OK) {
        vb_record_unref(read->record);
        read->record = NULL;
    }
    return err == VB_OK && found && read->record == NULL ? VB_ERR_NOMEM : err;
}

enum vb_err vb__reader_sources(struct vb__reader *reader,
                               struct vb_sources_read *read)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_SOURCES]);
    enum vb_err err = turn_begin(reader);
    bool failed = false;

    read->records = calloc((size_t)read->limit + 1, sizeof(*read->records));
    read->count = 0;
    if (err != VB_OK || read->records == NULL)
        return err != VB_OK ? err : VB_ERR_NOMEM;
    vb__call_text(&call, read->key);
    vb__call_i64(&call, (int64_t)read->limit + 1);
    while (!failed && vb__call_row(&call)) {
        struct vb_record row = vb__row_of(&call);

        read->records[read->count] = vb__record_of(reader, &row);
        failed = read->records[read->count] == NULL;
        read->count += !failed;
    }
    err = vb__reader_ended(reader, &call);
    read->more = read->count > read->limit;
    if (read->more)
        vb_record_unref(read->records[--read->count]);
    return err == VB_OK && failed ? VB_ERR_NOMEM : err;
}

/* --- Collections. --- */

enum vb_err vb__reader_collected(struct vb__reader *reader,
                                 struct vb_span parent,
                                 struct vb__collected *ret_collected)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_COLLECTION]);
    struct vb__collected collection = {.revision = 0};
    enum vb_err err = turn_begin(reader);

    if (err != VB_OK)
        return err;
    vb__call_text(&call, parent);
    if (vb__call_row(&call)) {
        collection.revision = vb__call_get_u64(&call, 0);
        collection.count = vb__call_get_u64(&call, 1);
        collection.modified_ms = vb__call_get_i64(&call, 2);
        collection.number = vb__call_get_i64(&call, 3);
    }
    err = vb__reader_ended(reader, &call);
    if (err == VB_OK)
        *ret_collected = collection;
    return err;
}

enum vb_err vb__reader_collection(struct vb__reader *reader,
                                  struct vb_collection_read *read)
{
    struct vb__collected collection;
    enum vb_err err = vb__reader_collected(reader, read->parent, &collection);

    if (err != VB_OK)
        return err;
    read->revision = collection.revision;
    read->count = collection.count;
    read->modified_ms = collection.modified_ms;
    return VB_OK;
}

enum vb_err vb__reader_number(struct vb__reader *reader, struct vb_span parent,
                              int64_t *ret_number)
{
    struct vb__collected collection;
    enum vb_err err = vb__reader_collected(reader, parent, &collection);

    if (err == VB_OK)
        *ret_number = collection.number;
    return err;
}

/* --- Chunks. --- */

enum vb_err vb__reader_chunk(struct vb__reader *reader,
                             struct vb_chunk_read *read)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_CHUNK]);
    struct vb_span bytes = VB_SPAN("");
    enum vb_err err = turn_begin(reader);
    bool found;

    if (err != VB_OK)
        return err;
    if (read->blob > VB__BLOB_MAX || read->index > VB__CHUNK_MAX)
        return VB_ERR_NOTFOUND;
    vb__call_u64(&call, vb__chunk_id(read->blob, read->index));
    found = vb__call_row(&call);
    if (found) {
        bytes = vb__call_get_blob(&call, 0);
        if (bytes.len <= VB_STORE_CHUNK)
            memcpy(read->bytes, bytes.ptr, bytes.len);
    }
    err = vb__reader_ended(reader, &call);
    if (err != VB_OK)
        return err;
    if (!found)
        return VB_ERR_NOTFOUND;
    if (bytes.len > VB_STORE_CHUNK)
        return VB_ERR_CORRUPT;
    read->length = bytes.len;
    return VB_OK;
}

/* --- Notes. --- */

enum vb_err vb__reader_memo(struct vb__reader *reader,
                            struct vb_memo_read *read)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_MEMO]);
    enum vb_err err = turn_begin(reader);

    vb__memo_init(read);
    if (err != VB_OK)
        return err;
    vb__call_blob(&call, read->name);
    vb__call_i64(&call, read->now_ms);
    if (vb__call_row(&call)) {
        read->found = true;
        read->revision = vb__call_get_u64(&call, 0);
        vb_buf_append(&read->bytes, vb__call_get_blob(&call, 1));
        read->expires_ms = vb__call_get_i64(&call, 2);
    }
    err = vb__reader_ended(reader, &call);
    return err == VB_OK ? read->bytes.err : err;
}

/* --- History (history_read.c). --- */

enum vb_err vb__reader_begin(struct vb__reader *reader)
{
    return turn_begin(reader);
}

struct vb__call vb__reader_use(struct vb__reader *reader,
                               enum vb__reader_statement name)
{
    return vb__call(reader->statements[name]);
}

struct vb_record vb__reader_row(const struct vb__call *row)
{
    return vb__call_get_i64(row, TOMBSTONE) != 0
               ? (struct vb_record){.revision = 0}
               : vb__row_of(row);
}
