/* SQLite's C interface, made smaller. See db.h. */
#include "storage/sqlite/db.h"

#include <errno.h>
#include <string.h>

enum vb_err vb__sql_err(int rc, int reason)
{
    switch (rc & 0xff) { /* the primary code */
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return VB_OK;
    case SQLITE_FULL:
        return VB_ERR_NOSPACE;
    case SQLITE_NOMEM:
        return VB_ERR_NOMEM;
    case SQLITE_TOOBIG:
        return VB_ERR_LIMIT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return VB_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* we look first: an index lies */
        return VB_ERR_CORRUPT;
    default:
        return reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                   ? VB_ERR_NOSPACE
                   : VB_ERR_IO;
    }
}

enum vb_err vb__sql_exec(sqlite3 *db, const char *sql)
{
    int rc;

    errno = 0;
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return vb__sql_err(rc, errno);
}

enum vb_err vb__sql_number(sqlite3 *db, const char *sql, int64_t *ret_number)
{
    sqlite3_stmt *statement = NULL;
    struct vb__call call;
    int64_t number = 0;
    enum vb_err err = vb__sql_prepare(db, &sql, 1, &statement);

    if (err != VB_OK)
        return err;
    call = vb__call(statement);
    if (vb__call_row(&call))
        number = vb__call_get_i64(&call, 0);
    err = vb__call_end(&call);
    vb__sql_finalize(&statement, 1);
    if (err == VB_OK)
        *ret_number = number;
    return err;
}

enum vb_err vb__sql_prepare(sqlite3 *db, const char *const *sql, size_t count,
                            sqlite3_stmt **statements)
{
    for (size_t i = 0; i < count; i++) {
        int rc;

        errno = 0;
        rc = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &statements[i], NULL);
        if (rc != SQLITE_OK) {
            enum vb_err err = vb__sql_err(rc, errno);

            vb__sql_finalize(statements, i);
            return err;
        }
    }
    return VB_OK;
}

void vb__sql_finalize(sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

static void bound(struct vb__call *call, int rc)
{
    if (call->rc == SQLITE_OK)
        call->rc = rc;
    call->next++;
}

void vb__call_i64(struct vb__call *call, int64_t value)
{
    bound(call, sqlite3_bind_int64(call->statement, call->next, value));
}

/* A NULL pointer would be bound as NULL, which is not "". */
static const char *never_null(struct vb_span s)
{
    return s.ptr == NULL ? "" : s.ptr;
}

void vb__call_text(struct vb__call *call, struct vb_span text)
{
    bound(call,
          sqlite3_bind_text64(call->statement, call->next, never_null(text),
                              text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void vb__call_blob(struct vb__call *call, struct vb_span bytes)
{
    bound(call,
          sqlite3_bind_blob64(call->statement, call->next, never_null(bytes),
                              bytes.len, SQLITE_STATIC));
}

bool vb__call_row(struct vb__call *call)
{
    if (call->rc == SQLITE_OK || call->rc == SQLITE_ROW) {
        errno = 0;
        call->rc = sqlite3_step(call->statement);
        call->reason = errno;
    }
    return call->rc == SQLITE_ROW;
}

enum vb_err vb__call_end(struct vb__call *call)
{
    sqlite3_reset(call->statement);
    return vb__sql_err(call->rc, call->reason);
}

enum vb_err vb__call_run(struct vb__call *call)
{
    vb__call_row(call);
    return vb__call_end(call);
}

struct vb_span vb__call_get_text(const struct vb__call *call, int column)
{
    const char *text =
        (const char *)sqlite3_column_text(call->statement, column);

    return vb_span_of(text,
                      (size_t)sqlite3_column_bytes(call->statement, column));
}

struct vb_span vb__call_get_blob(const struct vb__call *call, int column)
{
    const char *bytes = sqlite3_column_blob(call->statement, column);

    return vb_span_of(bytes,
                      (size_t)sqlite3_column_bytes(call->statement, column));
}
