/*
 * The tables, and how a file of an older version comes to have them.
 *
 * Every step, once released, stays as it is: a change is a new step at the
 * end. PRAGMA user_version counts the steps a file has been through.
 */
#ifndef VB_STORAGE_SQLITE_SCHEMA_H
#define VB_STORAGE_SQLITE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* "Vrbt": says whose file it is (PRAGMA application_id, file(1)). */
#define VB__APPLICATION_ID 0x56726274

struct vb__tables {
    const char *const *steps; /* each a script of SQL statements */
    size_t count;
};

extern const struct vb__tables vb__tables;

/*
 * Brings the file up to the schema, all missing steps in one transaction; a
 * file without any tables becomes ours. VB_ERR_NEWER when it has been through
 * more steps than there are, VB_ERR_CORRUPT when it is not ours; ret_why gets
 * what is wrong, to follow the path and a colon.
 */
enum vb_err vb__tables_apply(const struct vb__tables *schema, sqlite3 *db,
                             struct vb_buf *ret_why);

/* Is it at the schema already, and whole? Changes nothing; VB_ERR_NOTFOUND: it
 * has no tables; VB_ERR_UNSUPPORTED: it is older, or as below. */
enum vb_err vb__tables_check(const struct vb__tables *schema, sqlite3 *db,
                             struct vb_buf *ret_why);

/* VB_ERR_UNSUPPORTED: a copy into it (storage/copy.h) is unfinished. */
enum vb_err vb__tables_whole(sqlite3 *db, struct vb_buf *ret_why);

#endif
