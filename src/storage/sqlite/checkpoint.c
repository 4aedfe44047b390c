/*
 * Keeping the write-ahead log short.
 *
 * SQLite starts the log anew when all of it has been copied into the database
 * and no reader needs it any more. The writer copies between two groups, once
 * the log has grown by a step. Readers hold it only for a loop turn or a list,
 * so it normally starts anew soon after; if it has not for many steps, the
 * writer waits for the readers, a short while.
 */
#include "base/log.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/writer.h"

/* Pages of 4 KiB: at 16 MiB a copy is worth its two fsyncs. */
#define STEP 4096
/* From here on the log has to be started anew, if it takes some waiting. */
#define TOO_LONG (8 * STEP)
#define WAIT_MS  200

/* Called by SQLite after each commit. */
static int grown(void *context, sqlite3 *db, const char *name, int pages)
{
    struct vb__log_state *log = context;

    (void)db;
    (void)name;
    if (pages < log->pages) { /* it was started anew */
        log->due = STEP;
        log->done = 0;
    }
    log->pages = pages;
    return SQLITE_OK;
}

void vb__log_init(struct vb__writer *writer)
{
    writer->log = (struct vb__log_state){.due = STEP};
    sqlite3_wal_hook(writer->db, grown, &writer->log);
}

static void tell(struct vb__writer *writer, int rc)
{
    struct vb__log_state *log = &writer->log;
    bool failed = rc != SQLITE_OK && rc != SQLITE_BUSY;

    if (failed && !log->ailing)
        vb_log(VB_LOG_ERROR, "%s-wal: cannot be copied into the database: %s",
               writer->sqlite->path, sqlite3_errmsg(writer->db));
    else if (!failed && log->ailing)
        vb_log(VB_LOG_NOTICE, "%s-wal: is copied into the database again",
               writer->sqlite->path);
    log->ailing = failed;
}

static void copy(struct vb__writer *writer, int mode)
{
    struct vb__log_state *log = &writer->log;
    int pages = -1, done = -1;
    int rc = sqlite3_wal_checkpoint_v2(writer->db, NULL, mode, &pages, &done);

    tell(writer, rc);
    if (done >= 0)
        log->done = done;
    log->due = log->pages + STEP;
}

void vb__log_tend(struct vb__writer *writer)
{
    struct vb__log_state *log = &writer->log;

    if (log->pages < log->due)
        return;
    if (log->pages < TOO_LONG) {
        copy(writer, SQLITE_CHECKPOINT_PASSIVE);
        return;
    }
    sqlite3_busy_timeout(writer->db, WAIT_MS);
    copy(writer, SQLITE_CHECKPOINT_RESTART);
    sqlite3_busy_timeout(writer->db, VB__BUSY_MS);
}

bool vb__log_is_behind(const struct vb__writer *writer)
{
    return writer->log.done < writer->log.pages;
}

void vb__log_catch_up(struct vb__writer *writer)
{
    copy(writer, SQLITE_CHECKPOINT_PASSIVE);
}
