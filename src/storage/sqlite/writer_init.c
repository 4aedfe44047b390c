/* What the writer finds in the file before it serves, and its end. */
#include "base/assert.h"
#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/writer.h"

/* Memory for one request's judgement, and for the notes of one group. */
#define SCRATCH_BLOCK ((size_t)64 * 1024)
#define SCRATCH_LIMIT ((size_t)1024 * 1024 * 1024)
#define NOTES_LIMIT   ((size_t)256 * 1024 * 1024)

static const char *const sql[VB__WRITER_COUNT] = {
#define VB__X(name, text) [VB__WRITER_##name] = (text),
    VB__WRITER_STATEMENTS(VB__X)
#undef VB__X
};

/* The one row that every store has; made with the store. What was made by an
 * older version is left as it is, and given what it lacks. */
static enum vb_err make_state(struct vb__writer *writer)
{
    struct vb_hash_key secret = vb_hash_key_random();
    char epoch[9];
    char *insert;
    enum vb_err err;

    vb__epoch_new(epoch);
    insert = sqlite3_mprintf("INSERT INTO state"
                             " (one, epoch, revision, position, secret)"
                             " VALUES (1, %Q, 0, 0, X'%016llx%016llx')"
                             " ON CONFLICT DO UPDATE SET"
                             " secret = coalesce(secret, excluded.secret)",
                             epoch, secret.k0, secret.k1);
    if (insert == NULL)
        return VB_ERR_NOMEM;
    err = vb__sql_exec(writer->db, insert);
    sqlite3_free(insert);
    return err;
}

/* ret_found: false when there is no usable row. */
static enum vb_err read_state(struct vb__writer *writer, bool *ret_found)
{
    static const char *const select =
        "SELECT revision, position, epoch, secret, history_kept,"
        " history_bytes FROM state";
    struct vb_store *store = &writer->sqlite->store;
    sqlite3_stmt *statement;
    struct vb__call call;
    enum vb_err err = vb__sql_prepare(writer->db, &select, 1, &statement);

    if (err != VB_OK)
        return err;
    call = vb__call(statement);
    *ret_found = false;
    if (vb__call_row(&call)) {
        struct vb_span text = vb__call_get_text(&call, 2);
        struct vb_span secret = vb__call_get_blob(&call, 3);

        writer->revision = vb__call_get_u64(&call, 0);
        writer->position = vb__call_get_u64(&call, 1);
        writer->history = (struct vb__history){
            .kept = vb__call_get_u64(&call, 4),
            .bytes = vb__call_get_u64(&call, 5),
            .trims = true,
        };
        *ret_found = text.len == 8 && secret.len == sizeof(store->secret);
        if (*ret_found) {
            memcpy(store->epoch, text.ptr, 9);
            memcpy(&store->secret, secret.ptr, secret.len);
        }
    }
    err = vb__call_end(&call);
    vb__sql_finalize(&statement, 1);
    return err;
}

static enum vb_err load_state(struct vb__writer *writer)
{
    int64_t last_chunk = 0, last_record = 0;
    bool found = false;
    enum vb_err err = read_state(writer, &found);

    if (err == VB_OK && !found) {
        err = make_state(writer);
        if (err == VB_OK)
            err = read_state(writer, &found);
        if (err == VB_OK && !found)
            err = VB_ERR_CORRUPT;
    }
    if (err == VB_OK)
        err = vb__sql_number(writer->db, "SELECT max(id) FROM chunk",
                             &last_chunk);
    if (err == VB_OK)
        err = vb__sql_number(writer->db, "SELECT max(blob) FROM loose",
                             &last_record);
    if (last_record < last_chunk >> 24)
        last_record = last_chunk >> 24;
    atomic_store(&writer->sqlite->blob, (uint64_t)last_record);
    return err;
}

/* It answers with the mode it could have. */
static enum vb_err use_log(struct vb__writer *writer, struct vb_buf *ret_why)
{
    static const char *const pragma = "PRAGMA journal_mode = WAL";
    sqlite3_stmt *statement;
    struct vb__call call;
    bool wal = false;
    enum vb_err err = vb__sql_prepare(writer->db, &pragma, 1, &statement);

    if (err != VB_OK)
        return err;
    call = vb__call(statement);
    if (vb__call_row(&call))
        wal = vb_span_eq(vb__call_get_text(&call, 0), VB_SPAN("wal"));
    err = vb__call_end(&call);
    vb__sql_finalize(&statement, 1);
    if (err == VB_OK && !wal) {
        vb_buf_str(ret_why, "the file system cannot share memory between"
                            " connections, which the write-ahead log needs");
        err = VB_ERR_IO;
    }
    return err;
}

static enum vb_err open_file(struct vb__writer *writer, struct vb_buf *ret_why)
{
    enum vb_err err = vb__sqlite_connect(writer->sqlite->path,
                                         VB__CONNECT_WRITE, &writer->db);

    if (err == VB_OK)
        err = vb__tables_apply(&vb__tables, writer->db, ret_why);
    if (err == VB_OK)
        err = vb__tables_whole(writer->db, ret_why);
    if (err == VB_OK)
        err = use_log(writer, ret_why);
    if (err == VB_OK)
        err = vb__sql_prepare(writer->db, sql, VB__WRITER_COUNT,
                              writer->statements);
    if (err == VB_OK)
        err = load_state(writer);
    if (err == VB_OK)
        err = vb__garbage_load(writer);
    if (err != VB_OK && ret_why->len == 0)
        vb_buf_str(ret_why, writer->db == NULL ? vb_err_text(err)
                                               : sqlite3_errmsg(writer->db));
    return err;
}

enum vb_err vb__writer_init(struct vb__writer *writer,
                            struct vb__sqlite *sqlite, struct vb_buf *ret_why)
{
    pthread_condattr_t attributes;
    enum vb_err err;

    *writer = (struct vb__writer){.sqlite = sqlite};
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->work, &attributes);
    pthread_condattr_destroy(&attributes);
    writer->last = &writer->first;
    vb_arena_init(&writer->scratch, SCRATCH_BLOCK, SCRATCH_LIMIT);
    vb_buf_init(&writer->touched, NOTES_LIMIT);
    vb_buf_init(&writer->loosened, NOTES_LIMIT);
    vb_buf_init(&writer->discarded, NOTES_LIMIT);
    vb__tallies_init(&writer->tallies);
    vb__garbage_init(&writer->garbage);
    vb__indexing_init(&writer->indexing);
    vb__coming_init(&writer->coming);
    err = open_file(writer, ret_why);
    if (err == VB_OK)
        vb__log_init(writer);
    else
        vb__writer_done(writer);
    return err;
}

void vb__writer_done(struct vb__writer *writer)
{
    int rc;

    vb__sql_finalize(writer->statements, VB__WRITER_COUNT);
    /* The last connection: SQLite copies the log and removes it. */
    rc = sqlite3_close(writer->db);
    vb_assert(rc == SQLITE_OK);
    vb__coming_done(&writer->coming);
    vb__indexing_done(&writer->indexing);
    vb__garbage_done(&writer->garbage);
    vb__tallies_done(&writer->tallies);
    vb_buf_done(&writer->discarded);
    vb_buf_done(&writer->loosened);
    vb_buf_done(&writer->touched);
    vb_arena_done(&writer->scratch);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
}
