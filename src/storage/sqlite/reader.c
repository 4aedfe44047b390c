/* Reading. See reader.h for the rule, README.md for the argument. */
#include "storage/sqlite/reader.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "storage/engine.h"
#include "storage/sieve.h"
#include "storage/sqlite/db.h"
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

/* After a failure the transaction may be gone; start afresh next time. */
static enum vb_err ended(struct vb__reader *reader, struct vb__call *call)
{
    enum vb_err err = vb__call_end(call);

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

/* The record in the current row, borrowed from it. */
static struct vb_record row_of(const struct vb__call *row)
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

/* A record with the row's fields; NULL when out of memory. Its blob is pinned
 * while the snapshot still shows it, so that it cannot be removed before. */
static struct vb_record *record_of(struct vb__reader *reader,
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
        struct vb_record row = row_of(&call);

        if (vb__call_get_i64(&call, TOMBSTONE) == 0)
            to = &read->record;
        else if (read->wants_tombstone)
            to = &read->tombstone;
        if (to != NULL)
            *to = record_of(reader, &row);
    }
    err = ended(reader, &call);
    if (err == VB_OK && to != NULL && *to == NULL)
        err = VB_ERR_NOMEM;
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
        struct vb_record row = row_of(&call);

        read->record = record_of(reader, &row);
    }
    err = ended(reader, &call);
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
        struct vb_record row = row_of(&call);

        read->records[read->count] = record_of(reader, &row);
        failed = read->records[read->count] == NULL;
        read->count += !failed;
    }
    err = ended(reader, &call);
    read->more = read->count > read->limit;
    if (read->more)
        vb_record_unref(read->records[--read->count]);
    return err == VB_OK && failed ? VB_ERR_NOMEM : err;
}

/* --- Collections. --- */

struct collection {
    uint64_t revision;
    uint64_t count;
    int64_t modified_ms;
    int64_t number;
};

static enum vb_err read_collection(struct vb__reader *reader,
                                   struct vb_span parent,
                                   struct collection *ret_collection)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_COLLECTION]);
    struct collection collection = {.revision = 0};
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
    err = ended(reader, &call);
    if (err == VB_OK)
        *ret_collection = collection;
    return err;
}

enum vb_err vb__reader_collection(struct vb__reader *reader,
                                  struct vb_collection_read *read)
{
    struct collection collection;
    enum vb_err err = read_collection(reader, read->parent, &collection);

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
    struct collection collection;
    enum vb_err err = read_collection(reader, parent, &collection);

    if (err == VB_OK)
        *ret_number = collection.number;
    return err;
}

/* --- Lists. --- */

static enum vb_err add_record(struct vb__reader *reader,
                              struct vb_list_read *list, size_t *cap,
                              const struct vb_record *row)
{
    if (list->count == *cap) {
        size_t more = *cap == 0 ? 16 : *cap * 2;
        struct vb_record **records =
            realloc(list->records, more * sizeof(struct vb_record *));

        if (records == NULL)
            return VB_ERR_NOMEM;
        list->records = records;
        *cap = more;
    }
    list->records[list->count] = record_of(reader, row);
    if (list->records[list->count] == NULL)
        return VB_ERR_NOMEM;
    list->count++;
    return VB_OK;
}

static enum vb_err ended_with(struct vb__reader *reader, struct vb__call *call,
                              enum vb_err err)
{
    if (err == VB_OK)
        return ended(reader, call);
    vb__call_end(call);
    return err;
}

/* Members in the order of their ids from where the list begins. One row more
 * is asked for than wanted, to know whether there are more; where they are
 * sieved, all rows, and stepping ends when there are enough. */
static enum vb_err read_rows(struct vb__reader *reader,
                             struct vb_list_read *list)
{
    bool beginning = list->backward && list->from == 0;
    struct vb__call call =
        vb__call(reader->statements[list->backward ? VB__READER_LIST_BACKWARD
                                                   : VB__READER_LIST_FORWARD]);
    enum vb__sift verdict = VB__SIFT_PASS;
    struct vb__sifting sifting;
    enum vb_err err = VB_OK, sieved;
    size_t cap = 0;

    vb__sift_init(&sifting, list);
    vb__call_text(&call, list->parent);
    vb__call_i64(&call, beginning ? INT64_MAX : (int64_t)list->from);
    vb__call_i64(&call, list->sieve != NULL ? -1 : (int64_t)list->limit + 1);
    while (err == VB_OK && verdict != VB__SIFT_END && vb__call_row(&call)) {
        struct vb_record row = row_of(&call);

        verdict = vb__sift(&sifting, &row);
        if (verdict == VB__SIFT_TAKE)
            err = add_record(reader, list, &cap, &row);
    }
    sieved = vb__sift_done(&sifting);
    return ended_with(reader, &call, err != VB_OK ? err : sieved);
}

/* Looks at all members, and keeps the ids of the best. */
static enum vb_err pick_rows(struct vb__reader *reader, struct vb__pick *pick)
{
    struct vb__call call =
        vb__call(reader->statements[VB__READER_LIST_FORWARD]);
    enum vb_err err = VB_OK;

    vb__call_text(&call, pick->list->parent);
    vb__call_i64(&call, 0);
    vb__call_i64(&call, -1);
    while (err == VB_OK && vb__call_row(&call)) {
        struct vb_record row = row_of(&call);

        err = vb__pick_offer(pick, &row, NULL);
    }
    return ended_with(reader, &call, err);
}

/* One of the picked, in the snapshot that it was picked in. */
static enum vb_err add_picked(struct vb__reader *reader,
                              struct vb_list_read *list, size_t *cap,
                              uint64_t id, size_t *bytes, bool *full)
{
    struct vb__call call = vb__call(reader->statements[VB__READER_BY_ID]);
    enum vb_err err = VB_OK;

    vb__call_u64(&call, id);
    if (vb__call_row(&call)) {
        struct vb_record row = row_of(&call);

        *bytes += row.content.len;
        *full = list->count > 0 && *bytes > list->byte_limit;
        if (!*full)
            err = add_record(reader, list, cap, &row);
    }
    return ended_with(reader, &call, err);
}

static enum vb_err take_picked(struct vb__reader *reader, struct vb__pick *pick)
{
    struct vb_list_read *list = pick->list;
    enum vb_err err = VB_OK;
    size_t cap = 0, bytes = 0;
    bool full = false;

    vb__pick_sort(pick);
    for (size_t i = 0;
         err == VB_OK && !full && i < pick->count && list->count < list->limit;
         i++)
        err = add_picked(reader, list, &cap, pick->kept[i].position, &bytes,
                         &full);
    return err == VB_OK ? vb__pick_end(pick, list->count) : err;
}

static enum vb_err read_whole(struct vb__reader *reader,
                              struct vb_list_read *list)
{
    struct vb__pick pick;
    enum vb_err err = vb__pick_init(&pick, list);

    list->total = 0;
    if (err == VB_OK)
        err = pick_rows(reader, &pick);
    if (err == VB_OK)
        err = take_picked(reader, &pick);
    vb__pick_done(&pick);
    return err;
}

enum vb_err vb__reader_list(struct vb__reader *reader,
                            struct vb_list_read *list)
{
    struct collection collection;
    enum vb_err err;

    if (!vb__list_init(list))
        return VB_ERR_RANGE;
    /* Both in one snapshot: a commit between them must not begin another. */
    err = read_collection(reader, list->parent, &collection);
    if (err == VB_OK) {
        list->revision = collection.revision;
        list->members = list->total = collection.count;
        err = list->whole ? read_whole(reader, list) : read_rows(reader, list);
    }
    if (err != VB_OK)
        vb_list_read_done(list);
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
    err = ended(reader, &call);
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
    }
    err = ended(reader, &call);
    return err == VB_OK ? read->bytes.err : err;
}
