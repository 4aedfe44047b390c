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
    writer->log = (struct vb__log_state){.pages = 1, .due = STEP};
    sqlite3_wal_hook(writer->db, grown, &writer->log);
    vb__room_for_log(writer);
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

/* True: all was copied, and in a mode that waits for readers, nobody reads the
 * log any more. */
static bool copy(struct vb__writer *writer, int mode)
{
    struct vb__log_state *log = &writer->log;
    int pages = -1, done = -1;
    int rc = sqlite3_wal_checkpoint_v2(writer->db, NULL, mode, &pages, &done);

    tell(writer, rc);
    if (pages >= 0 && done >= 0) {
        log->pages = pages;
        log->done = done;
    }
    log->due = log->pages + STEP;
    writer->pages = 0; /* once all is copied, the rest of the file is cut off */
    return rc == SQLITE_OK && log->done == log->pages;
}

/* Waits for readers, but not for long. */
static bool copy_all(struct vb__writer *writer, int mode)
{
    bool copied;

    sqlite3_busy_timeout(writer->db, WAIT_MS);
    copied = copy(writer, mode);
    sqlite3_busy_timeout(writer->db, VB__BUSY_MS);
    return copied;
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
    copy_all(writer, SQLITE_CHECKPOINT_RESTART);
}

/* All of its room but what it keeps becomes the database's to take. */
bool vb__log_start_anew(struct vb__writer *writer)
{
    if (writer->log.pages == 0)
        return false;
    if (!copy_all(writer, SQLITE_CHECKPOINT_TRUNCATE))
        return false;
    vb__room_for_log(writer);
    return true;
}

bool vb__log_is_behind(const struct vb__writer *writer)
{
    return writer->log.done < writer->log.pages;
}

void vb__log_catch_up(struct vb__writer *writer)
{
    copy(writer, SQLITE_CHECKPOINT_PASSIVE);
}
