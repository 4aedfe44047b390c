/* The writer's transactions, and what is said when they fail. */
#include "base/clock.h"
#include "base/log.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/writer.h"

/* The operator is told of failures at most this often. */
#define TELL_MS 10000

/* A disk that is full now and then would fill the log too. */
static void tell_failure(struct vb__writer *writer, enum vb_err err)
{
    int64_t now = vb_clock_monotonic_ms();
    /* SQLite has nothing to say where the file could not be lengthened. */
    bool known = sqlite3_errcode(writer->db) != SQLITE_OK;

    if (writer->ailing || now < writer->tell_after_ms)
        return;
    vb_log(VB_LOG_ERROR, "%s: cannot be written: %s (%s)", writer->sqlite->path,
           known ? sqlite3_errmsg(writer->db) : "it cannot grow",
           vb_err_text(err));
    writer->ailing = true;
    writer->tell_after_ms = now + TELL_MS;
}

enum vb_err vb__writer_failed(struct vb__writer *writer, enum vb_err err)
{
    if (err != VB_OK && writer->medium == VB_OK) {
        writer->medium = err;
        tell_failure(writer, err);
    }
    return err;
}

static enum vb_err run(struct vb__writer *writer,
                       enum vb__writer_statement name)
{
    struct vb__call call = vb__call(writer->statements[name]);

    return vb__writer_failed(writer, vb__call_run(&call));
}

/* FULL syncs the log at every commit, NORMAL only before it is copied. */
static enum vb_err set_lazy(struct vb__writer *writer, bool lazy)
{
    enum vb_err err;

    if (writer->lazy == lazy)
        return VB_OK;
    err = vb__sql_exec(writer->db, lazy ? "PRAGMA synchronous = NORMAL"
                                        : "PRAGMA synchronous = FULL");
    if (err == VB_OK)
        writer->lazy = lazy;
    return vb__writer_failed(writer, err);
}

enum vb_err vb__writer_begin(struct vb__writer *writer, bool lazy)
{
    enum vb_err err;

    writer->medium = VB_OK;
    err = set_lazy(writer, lazy);
    return err != VB_OK ? err : run(writer, VB__WRITER_BEGIN);
}

void vb__writer_undo(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_ROLLBACK]);

    /* Some failures have undone it already. */
    if (sqlite3_get_autocommit(writer->db) == 0)
        vb__call_run(&call);
}

enum vb_err vb__writer_end(struct vb__writer *writer)
{
    enum vb_err err = vb__writer_failed(writer, vb__room_take(writer));

    if (err == VB_OK)
        err = run(writer, VB__WRITER_COMMIT);
    if (err != VB_OK) {
        vb__writer_undo(writer);
        return err;
    }
    if (writer->ailing)
        vb_log(VB_LOG_NOTICE, "%s: can be written again", writer->sqlite->path);
    writer->ailing = false;
    return VB_OK;
}
