/* An SQLite file as an end of a copy. See copy_part.h. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/copy_part.h"
#include "storage/history.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/state.h"

#define WHY_MOST ((size_t)4096)

struct sqlite_end {
    struct vb__copy_end end;
    char *shown;
    char *path;
    int lock_fd;
    sqlite3 *db;
    sqlite3_stmt *reading;
    sqlite3_stmt *writing;
    sqlite3_stmt *moved; /* a record's new position, if it has one */
    struct vb__call call;
    uint64_t blobs; /* names that were given to them here */
};

static struct sqlite_end *of(struct vb__copy_end *end)
{
    return VB_CONTAINER(end, struct sqlite_end, end);
}

/* Notes why, if that is not done yet. */
static enum vb_err failed(struct sqlite_end *sqlite, enum vb_err err)
{
    if (err != VB_OK && sqlite->end.why.len == 0)
        vb_buf_str(&sqlite->end.why, sqlite->db == NULL
                                         ? vb_err_text(err)
                                         : sqlite3_errmsg(sqlite->db));
    return err;
}

static enum vb_err execute(struct sqlite_end *sqlite, const char *sql)
{
    return failed(sqlite, vb__sql_exec(sqlite->db, sql));
}

static enum vb_err prepare(struct sqlite_end *sqlite, const char *sql,
                           sqlite3_stmt **statement)
{
    vb__sql_finalize(statement, 1);
    return failed(sqlite, vb__sql_prepare(sqlite->db, &sql, 1, statement));
}

/* As many of the row's first fields as the statement has parameters. */
static void bind(struct vb__call *call, const struct vb__copy_table *table,
                 const struct vb__copy_row *row)
{
    int count = sqlite3_bind_parameter_count(call->statement);

    for (int i = 0; i < count; i++) {
        if (table->fields[i].kind == VB__COPY_INT)
            vb__call_i64(call, row->numbers[i]);
        else
            vb__call_blob(call, row->bytes[i]);
    }
}

/* --- reading -----------------------------------------------------------------
 */

static enum vb_err count(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         uint64_t *ret_count)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__copy_note none = {.rows = 0};
    struct vb__copy_row mark;
    char *sql =
        sqlite3_mprintf("SELECT count(*) FROM (%s)", table->sqlite_read);
    enum vb_err err =
        sql == NULL ? VB_ERR_NOMEM : prepare(sqlite, sql, &sqlite->reading);

    sqlite3_free(sql);
    if (err != VB_OK)
        return err;
    (void)vb__copy_note_mark(&none, table, &mark);
    sqlite->call = vb__call(sqlite->reading);
    bind(&sqlite->call, table, &mark);
    if (vb__call_row(&sqlite->call))
        *ret_count = vb__call_get_u64(&sqlite->call, 0);
    return failed(sqlite, vb__call_end(&sqlite->call));
}

static enum vb_err read_begin(struct vb__copy_end *end,
                              const struct vb__copy_table *table,
                              const struct vb__copy_row *mark)
{
    struct sqlite_end *sqlite = of(end);
    enum vb_err err = prepare(sqlite, table->sqlite_read, &sqlite->reading);

    if (err != VB_OK)
        return err;
    end->table = table;
    sqlite->call = vb__call(sqlite->reading);
    bind(&sqlite->call, table, mark);
    return VB_OK;
}

static enum vb_err read_next(struct vb__copy_end *end, struct vb__copy_row *row,
                             bool *ret_found)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__call *call = &sqlite->call;

    *ret_found = vb__call_row(call);
    if (!*ret_found && call->rc != SQLITE_DONE)
        return failed(sqlite, vb__sql_err(call->rc, call->reason));
    for (size_t i = 0; *ret_found && i < end->table->count; i++) {
        row->numbers[i] = 0;
        row->bytes[i] = VB_SPAN("");
        if (end->table->fields[i].kind == VB__COPY_INT)
            row->numbers[i] = vb__call_get_i64(call, (int)i);
        else
            row->bytes[i] = vb__call_get_blob(call, (int)i);
    }
    return VB_OK;
}

static enum vb_err read_end(struct vb__copy_end *end)
{
    vb__sql_finalize(&of(end)->reading, 1);
    return VB_OK;
}

/* Positions are its rows' numbers: no two are the same. */
static enum vb_err shared(struct vb__copy_end *end,
                          enum vb_err (*take)(void *context, struct vb_span key,
                                              int64_t position),
                          void *context)
{
    (void)end;
    (void)take;
    (void)context;
    return VB_OK;
}

/* --- what it has -------------------------------------------------------------
 */

static enum vb_err read_identity(struct sqlite_end *sqlite)
{
    struct vb__copy_identity *identity = &sqlite->end.identity;
    enum vb_err err = prepare(
        sqlite, "SELECT epoch, secret, revision FROM state", &sqlite->reading);
    struct vb__call call = vb__call(sqlite->reading);
    bool good = false;

    if (err == VB_OK && vb__call_row(&call)) {
        struct vb_span epoch = vb__call_get_blob(&call, 0);
        struct vb_span secret = vb__call_get_blob(&call, 1);

        good = epoch.len == 8 && secret.len == sizeof(identity->secret);
        if (good) {
            memcpy(identity->epoch, epoch.ptr, 8);
            memcpy(identity->secret, secret.ptr, secret.len);
            identity->revision = vb__call_get_u64(&call, 2);
        }
    }
    if (err == VB_OK)
        err = failed(sqlite, vb__call_end(&call));
    if (err == VB_OK && !good) {
        vb_buf_str(&sqlite->end.why, "has lost its epoch or its secret");
        err = VB_ERR_CORRUPT;
    }
    return err;
}

static enum vb_err look(struct vb__copy_end *end, bool *ret_empty,
                        bool *ret_copy)
{
    struct sqlite_end *sqlite = of(end);
    int64_t rows = 0, copies = 0;
    enum vb_err err = vb__sql_number(
        sqlite->db,
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM record LIMIT 1))"
        " + (SELECT count(*) FROM (SELECT 1 FROM chunk LIMIT 1))"
        " + (SELECT count(*) FROM (SELECT 1 FROM collection LIMIT 1))"
        " + (SELECT count(*) FROM (SELECT 1 FROM memo LIMIT 1))",
        &rows);

    if (err == VB_OK)
        err = vb__sql_number(
            sqlite->db,
            "SELECT count(*) FROM sqlite_schema WHERE name = 'copying'",
            &copies);
    *ret_empty = rows == 0;
    *ret_copy = copies > 0;
    return failed(sqlite, err);
}

static enum vb_err clear(struct vb__copy_end *end)
{
    return execute(
        of(end), "BEGIN IMMEDIATE;"
                 "DELETE FROM record; DELETE FROM claim; DELETE FROM reference;"
                 "DELETE FROM chunk; DELETE FROM loose; DELETE FROM collection;"
                 "DELETE FROM memo; DELETE FROM history; DELETE FROM indexes;"
                 "DELETE FROM index_key; DELETE FROM state;"
                 "DROP TABLE IF EXISTS copying; DROP TABLE IF EXISTS moved;"
                 "CREATE TABLE copying ("
                 "  name TEXT PRIMARY KEY,"
                 "  rows INTEGER NOT NULL,"
                 "  done INTEGER NOT NULL,"
                 "  mark BLOB NOT NULL,"
                 "  digest BLOB NOT NULL"
                 ") STRICT, WITHOUT ROWID;"
                 "CREATE TABLE moved ("
                 "  key BLOB PRIMARY KEY,"
                 "  position INTEGER NOT NULL"
                 ") STRICT, WITHOUT ROWID;"
                 "COMMIT");
}

static enum vb_err note_read(struct vb__copy_end *end, const char *name,
                             struct vb__copy_note *note)
{
    struct sqlite_end *sqlite = of(end);
    enum vb_err err = prepare(
        sqlite, "SELECT rows, done, mark, digest FROM copying WHERE name = ?1",
        &sqlite->reading);
    struct vb__call call = vb__call(sqlite->reading);

    vb__copy_note_reset(note);
    if (err != VB_OK)
        return err;
    vb__call_text(&call, vb_span_str(name));
    if (vb__call_row(&call)) {
        struct vb_span digest = vb__call_get_blob(&call, 3);

        note->rows = vb__call_get_u64(&call, 0);
        note->done = vb__call_get_i64(&call, 1) != 0;
        vb_buf_append(&note->mark, vb__call_get_blob(&call, 2));
        if (digest.len == sizeof(note->digest))
            memcpy(note->digest, digest.ptr, digest.len);
    }
    err = vb__call_end(&call);
    return failed(sqlite, err == VB_OK ? note->mark.err : err);
}

/* --- writing -----------------------------------------------------------------
 */

static enum vb_err take_moved(void *context, struct vb_span key,
                              int64_t position)
{
    struct sqlite_end *sqlite = context;
    struct vb__call call = vb__call(sqlite->writing);

    vb__call_blob(&call, key);
    vb__call_i64(&call, position);
    return failed(sqlite, vb__call_run(&call));
}

/* Notes which records get another position, so that each has its own. */
static enum vb_err adopt(struct vb__copy_end *end, struct vb__copy_end *from)
{
    struct sqlite_end *sqlite = of(end);
    int64_t blobs = 0;
    enum vb_err err = execute(sqlite, "BEGIN IMMEDIATE; DELETE FROM moved");

    if (err == VB_OK)
        err = prepare(sqlite, "INSERT INTO moved (key, position) VALUES (?, ?)",
                      &sqlite->writing);
    if (err == VB_OK)
        err = from->ops->shared(from, take_moved, sqlite);
    if (err == VB_OK)
        err = execute(sqlite, "COMMIT");
    if (err == VB_OK)
        err = failed(
            sqlite,
            vb__sql_number(sqlite->db, "SELECT max(blob) FROM record", &blobs));
    sqlite->blobs = (uint64_t)blobs;
    return err == VB_OK
               ? prepare(sqlite, "SELECT position FROM moved WHERE key = ?1",
                         &sqlite->moved)
               : err;
}

static enum vb_err shape(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         struct vb__copy_row *row)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__call call;

    if (table == VB__COPY_CLAIM && row->numbers[VB__COPY_CLAIM_LONG] != 0) {
        vb_buf_str(&end->why, "a claim came as its digest alone");
        return VB_ERR_UNSUPPORTED;
    }
    if (table != VB__COPY_RECORD)
        return VB_OK;
    /* PostgreSQL's engine has larger names for blobs than there is room. */
    if (row->numbers[VB__COPY_RECORD_BLOB] != 0)
        row->numbers[VB__COPY_RECORD_BLOB] = (int64_t)++sqlite->blobs;
    call = vb__call(sqlite->moved);
    vb__call_blob(&call, row->bytes[0]);
    if (vb__call_row(&call))
        row->numbers[VB__COPY_RECORD_POSITION] = vb__call_get_i64(&call, 0);
    return failed(sqlite, vb__call_end(&call));
}

static enum vb_err write_begin(struct vb__copy_end *end,
                               const struct vb__copy_table *table)
{
    struct sqlite_end *sqlite = of(end);
    enum vb_err err = execute(sqlite, "BEGIN IMMEDIATE");

    end->table = table;
    return err == VB_OK && table != NULL
               ? prepare(sqlite, table->sqlite_write, &sqlite->writing)
               : err;
}

static enum vb_err write_row(struct vb__copy_end *end,
                             const struct vb__copy_row *row)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__call call = vb__call(sqlite->writing);

    bind(&call, end->table, row);
    return failed(sqlite, vb__call_run(&call));
}

static enum vb_err write_end(struct vb__copy_end *end, const char *name,
                             const struct vb__copy_note *note)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__call call;
    enum vb_err err = prepare(sqlite,
                              "INSERT OR REPLACE INTO copying"
                              " (name, rows, done, mark, digest)"
                              " VALUES (?, ?, ?, ?, ?)",
                              &sqlite->writing);

    if (err != VB_OK)
        return err;
    call = vb__call(sqlite->writing);
    vb__call_text(&call, vb_span_str(name));
    vb__call_u64(&call, note->rows);
    vb__call_i64(&call, note->done);
    vb__call_blob(&call, vb_buf_span(&note->mark));
    vb__call_blob(&call,
                  vb_span_of((const char *)note->digest, sizeof(note->digest)));
    err = failed(sqlite, vb__call_run(&call));
    return err == VB_OK ? execute(sqlite, "COMMIT") : err;
}

static enum vb_err finish(struct vb__copy_end *end,
                          const struct vb__copy_identity *identity)
{
    struct sqlite_end *sqlite = of(end);
    struct vb__call call;
    enum vb_err err = execute(sqlite, "BEGIN IMMEDIATE; DELETE FROM state;"
                                      "DROP TABLE copying; DROP TABLE moved");

    if (err == VB_OK)
        err = prepare(sqlite,
                      "INSERT INTO state (one, epoch, secret, revision,"
                      " history_kept, position) VALUES (1, ?, ?, ?, ?,"
                      " (SELECT coalesce(max(id), 0) FROM record))",
                      &sqlite->writing);
    if (err != VB_OK)
        return err;
    call = vb__call(sqlite->writing);
    vb__call_text(&call, vb_span_str(identity->epoch));
    vb__call_blob(&call, vb_span_of((const char *)identity->secret,
                                    sizeof(identity->secret)));
    vb__call_u64(&call, identity->revision);
    vb__call_u64(&call, vb_moment(identity->revision));
    err = failed(sqlite, vb__call_run(&call));
    return err == VB_OK ? execute(sqlite, "COMMIT") : err;
}

/* --- opening -----------------------------------------------------------------
 */

static void close_end(struct vb__copy_end *end)
{
    struct sqlite_end *sqlite = of(end);

    vb__sql_finalize(&sqlite->reading, 1);
    vb__sql_finalize(&sqlite->writing, 1);
    vb__sql_finalize(&sqlite->moved, 1);
    (void)sqlite3_close(sqlite->db);
    if (sqlite->lock_fd >= 0)
        close(sqlite->lock_fd);
    vb_buf_done(&end->why);
    free(sqlite->path);
    free(sqlite->shown);
    free(sqlite);
}

static const struct vb__copy_end_ops sqlite_ops = {
    .count = count,
    .read_begin = read_begin,
    .read_next = read_next,
    .read_end = read_end,
    .shared = shared,
    .look = look,
    .clear = clear,
    .note_read = note_read,
    .adopt = adopt,
    .shape = shape,
    .write_begin = write_begin,
    .write = write_row,
    .write_end = write_end,
    .finish = finish,
    .close = close_end,
};

static enum vb_err open_from(struct sqlite_end *sqlite)
{
    enum vb_err err =
        failed(sqlite,
               vb__sqlite_connect(sqlite->path, VB__CONNECT_READ, &sqlite->db));

    if (err == VB_OK)
        err = execute(sqlite, "BEGIN");
    if (err == VB_OK)
        err = failed(sqlite, vb__tables_check(&vb__tables, sqlite->db,
                                              &sqlite->end.why));
    return err == VB_OK ? read_identity(sqlite) : err;
}

static enum vb_err open_to(struct sqlite_end *sqlite)
{
    struct vb_buf *why = &sqlite->end.why;
    enum vb_err err = vb__lock_take(sqlite->path, &sqlite->lock_fd, why);

    if (err == VB_OK)
        err = vb__sqlite_make_file(sqlite->path, why);
    if (err == VB_OK)
        err = failed(sqlite, vb__sqlite_connect(sqlite->path, VB__CONNECT_WRITE,
                                                &sqlite->db));
    if (err == VB_OK)
        err = failed(sqlite, vb__tables_apply(&vb__tables, sqlite->db, why));
    return err;
}

enum vb_err vb__copy_sqlite(struct vb_span url, bool writes,
                            struct vb__copy_end **ret_end,
                            struct vb_buf *ret_why)
{
    struct vb_span rest = vb_span_from(url, sizeof("sqlite:") - 1);
    struct sqlite_end *sqlite = calloc(1, sizeof(*sqlite));
    enum vb_err err = VB_ERR_NOMEM;

    if (sqlite == NULL)
        return err;
    sqlite->lock_fd = -1;
    sqlite->end.ops = &sqlite_ops;
    vb_buf_init(&sqlite->end.why, WHY_MOST);
    sqlite->end.shown = sqlite->shown = strndup(url.ptr, url.len);
    if (sqlite->shown != NULL) {
        sqlite->path =
            vb__sqlite_absolute(sqlite->shown + (url.len - rest.len));
        if (sqlite->path != NULL)
            err = writes ? open_to(sqlite) : open_from(sqlite);
        if (sqlite->path == NULL) {
            vb_buf_str(&sqlite->end.why, strerror(errno));
            err = VB_ERR_IO;
        }
    }
    if (err != VB_OK) {
        vb_buf_printf(ret_why, "%.*s: %.*s", VB_FMT(url),
                      VB_FMT(vb_buf_span(&sqlite->end.why)));
        close_end(&sqlite->end);
        return err;
    }
    *ret_end = &sqlite->end;
    return VB_OK;
}
