/* What libpq says, as one line for the operator, and as an error of ours. For
 * what blocks: opening, making tables, copying. */
#ifndef VB_STORAGE_POSTGRES_SAY_H
#define VB_STORAGE_POSTGRES_SAY_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "base/err.h"
#include "storage/postgres/url.h"

/* Appends the connection's last message; the error that it stands for:
 * VB_ERR_CLOSED, when the connection is lost, or VB_ERR_IO. */
enum vb_err vb__pg_say(PGconn *conn, struct vb_buf *to);

/*
 * A connection to the first place of the URL that gives one; blocks, as long as
 * the URL's timeout for each of them and what looking their names up takes.
 * ret_why gets one line, which begins with the URL as it is shown. A server
 * that is too old: VB_ERR_UNSUPPORTED.
 */
enum vb_err vb__pg_connect(const struct vb__pg_url *url, PGconn **ret_conn,
                           struct vb_buf *ret_why);

/* A statement without parameters or rows; why it failed, in one line. */
enum vb_err vb__pg_do(PGconn *conn, const char *sql, struct vb_buf *ret_why);

#endif
