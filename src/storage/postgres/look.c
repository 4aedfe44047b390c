/* Looking at a database. See look.h. */
#include "storage/postgres/look.h"

#include <stdlib.h>

#include "storage/postgres/say.h"

static enum vb_err read_revision(PGconn *conn, uint64_t *ret_revision,
                                 struct vb_buf *why)
{
    PGresult *result =
        PQexec(conn, "SELECT coalesce(max(floor), 0) FROM writer");
    enum vb_err err = VB_OK;

    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        *ret_revision = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    else
        err = vb__pg_say(conn, why);
    PQclear(result);
    return err;
}

/* Not all that speak the protocol have it: the rest does without. */
static bool has_listen(PGconn *conn)
{
    PGresult *result = PQexec(conn, "LISTEN verbatim");
    bool has = PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return has;
}

static enum vb_err look(PGconn *conn, struct vb__pg_found *found,
                        struct vb_buf *why)
{
    enum vb_err err =
        vb__pg_schema_make(&vb__pg_tables, conn, &found->schema, why);

    if (err == VB_OK)
        err = vb__pg_identity_read(conn, &found->identity, why);
    if (err == VB_OK)
        err = read_revision(conn, &found->revision, why);
    if (err == VB_OK)
        found->listens = has_listen(conn);
    return err;
}

enum vb_err vb__pg_look(const struct vb__pg_url *url,
                        struct vb__pg_found *found, struct vb_buf *ret_why)
{
    struct vb_buf why;
    PGconn *conn;
    enum vb_err err = vb__pg_connect(url, &conn, ret_why);

    if (err != VB_OK)
        return err;
    vb_buf_init(&why, 4096);
    err = look(conn, found, &why);
    PQfinish(conn);
    if (err != VB_OK)
        vb_buf_printf(ret_why, "%s: %.*s", url->shown,
                      VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return err;
}
