/*
 * The little that this room wants over SQLite's C interface: our errors, and
 * statements that are bound in order and cannot run with a binding missing.
 */
#ifndef VB_STORAGE_SQLITE_DB_H
#define VB_STORAGE_SQLITE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The local failure that a result code stands for. `reason` is errno after the
 * call that gave it (and 0 before): a full disk, quota or file size is NOSPACE
 * by whichever of its names it comes. sqlite3_system_errno would be the way to
 * know, but SQLite 3.40 does not note it when COMMIT fails.
 */
enum vb_err vb__sql_err(int rc, int reason);

/* Statements without parameters or results. */
enum vb_err vb__sql_exec(sqlite3 *db, const char *sql);

/* The first column of the first row, e.g. of a PRAGMA; 0 when there is none. */
enum vb_err vb__sql_number(sqlite3 *db, const char *sql, int64_t *ret_number);

/* Prepares `count` statements, to be kept; all or none. */
enum vb_err vb__sql_prepare(sqlite3 *db, const char *const *sql, size_t count,
                            sqlite3_stmt **statements);
void vb__sql_finalize(sqlite3_stmt **statements, size_t count);

/*
 * One use of a prepared statement. Bind its parameters in their order, then
 * either run it, or step through its rows and end it. What was bound must
 * stay until then.
 */
struct vb__call {
    sqlite3_stmt *statement;
    int next;   /* parameter */
    int rc;     /* of the first failure; sticky */
    int reason; /* errno then */
};

static inline struct vb__call vb__call(sqlite3_stmt *statement)
{
    return (struct vb__call){.statement = statement, .next = 1};
}

void vb__call_i64(struct vb__call *call, int64_t value);
void vb__call_text(struct vb__call *call, struct vb_span text);
void vb__call_blob(struct vb__call *call, struct vb_span bytes);

static inline void vb__call_u64(struct vb__call *call, uint64_t value)
{
    vb__call_i64(call, (int64_t)value);
}

/* To the end, no rows wanted; ends the call. */
enum vb_err vb__call_run(struct vb__call *call);

/* To the next row: true; false at the end or on failure (call->rc). */
bool vb__call_row(struct vb__call *call);

/* Frees the statement for its next use; how the call went. */
enum vb_err vb__call_end(struct vb__call *call);

/* A row's columns; spans live until the next row or the end. */
static inline int64_t vb__call_get_i64(const struct vb__call *call, int column)
{
    return sqlite3_column_int64(call->statement, column);
}

static inline uint64_t vb__call_get_u64(const struct vb__call *call, int column)
{
    return (uint64_t)sqlite3_column_int64(call->statement, column);
}

struct vb_span vb__call_get_text(const struct vb__call *call, int column);
struct vb_span vb__call_get_blob(const struct vb__call *call, int column);

#endif
