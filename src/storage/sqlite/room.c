/*
 * Room on the disk, taken before it is needed.
 *
 * A deletion is written to the log first, so on a full disk even making room
 * takes some. It is there because of two rules:
 *
 * - The database is as long as what the log holds for it: before a commit adds
 *   pages, the file is made longer. So the log can always be copied into the
 *   database, and then be started anew in the room that it has.
 * - The log keeps some room of its own, enough for any deletion.
 *
 * File systems that never write in place (btrfs, ZFS) promise less.
 */
#include "storage/sqlite/db.h"
#include "storage/sqlite/writer.h"

/* As PRAGMA page_size has it (sqlite.c). */
#define PAGE 4096

/* Pages: the database grows by so many at a time, the log has no less. */
#define STEP 256

/*
 * Makes the file so many pages long, unless it is. SQLite lengthens files in
 * chunks of a size that is to be set, and fills what is new: what it also
 * rounds up when it cuts a file off would be holes, but for chunks of a page.
 */
static enum vb_err lengthen(struct vb__writer *writer, int which, int64_t pages)
{
    sqlite3_int64 bytes = pages * PAGE;
    sqlite3_file *file = NULL;
    int chunk = PAGE;
    int rc;

    sqlite3_file_control(writer->db, "main", which, &file);
    if (file == NULL || file->pMethods == NULL)
        return VB_OK; /* not open yet */
    file->pMethods->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
    rc = file->pMethods->xFileControl(file, SQLITE_FCNTL_SIZE_HINT, &bytes);
    return rc == SQLITE_OK ? VB_OK : VB_ERR_NOSPACE; /* whatever it lacks */
}

static enum vb_err lengthen_database(struct vb__writer *writer, int64_t pages)
{
    enum vb_err err = lengthen(writer, SQLITE_FCNTL_FILE_POINTER, pages);

    if (err == VB_OK)
        writer->pages = pages;
    return err;
}

void vb__room_for_log(struct vb__writer *writer)
{
    /* On a disk that is full already it is as it is. */
    lengthen(writer, SQLITE_FCNTL_JOURNAL_POINTER, STEP);
}

enum vb_err vb__room_take(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_PAGES]);
    int64_t pages = vb__call_row(&call) ? vb__call_get_i64(&call, 0) : 0;
    enum vb_err err = vb__call_end(&call);

    if (err != VB_OK || pages <= writer->pages)
        return err;
    if (lengthen_database(writer, (pages + STEP - 1) / STEP * STEP) == VB_OK)
        return VB_OK;
    return lengthen_database(writer, pages);
}
