/* Blocking connections, and what they say. See say.h. */
#include "storage/postgres/say.h"

/*
 * The oldest server that is known to do: YugabyteDB says it is an 11. Of
 * PostgreSQL itself, those before 12 get no repairs any more.
 */
#define SERVER_LEAST 110000

/* Lines become one: words with a space between them. */
static void append_line(struct vb_buf *to, const char *text)
{
    bool space = false, any = false;

    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\t' || *text == ' ') {
            space = true;
            continue;
        }
        if (space && any)
            vb_buf_char(to, ' ');
        vb_buf_char(to, *text);
        space = false;
        any = true;
    }
}

enum vb_err vb__pg_say(PGconn *conn, struct vb_buf *to)
{
    append_line(to, PQerrorMessage(conn));
    return PQstatus(conn) == CONNECTION_OK ? VB_ERR_IO : VB_ERR_CLOSED;
}

/* What is only news is not told. */
static void ignore(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static enum vb_err connect_to(const struct vb__pg_url *url,
                              const struct vb__pg_place *place,
                              PGconn **ret_conn, struct vb_buf *ret_why)
{
    struct vb__pg_words words;
    PGconn *conn;
    enum vb_err err = VB_OK;

    vb__pg_url_words(url, place, NULL, &words);
    conn = PQconnectdbParams(words.names, words.values, 0);
    if (conn == NULL)
        return VB_ERR_NOMEM;
    vb_buf_reset(ret_why);
    vb_buf_printf(ret_why, "%s: ", url->shown);
    if (PQstatus(conn) != CONNECTION_OK) {
        err = vb__pg_say(conn, ret_why);
    } else if (PQserverVersion(conn) < SERVER_LEAST) {
        vb_buf_printf(ret_why, "the server is of version %d, and too old",
                      PQserverVersion(conn) / 10000);
        err = VB_ERR_UNSUPPORTED;
    }
    if (err != VB_OK) {
        PQfinish(conn);
        return err;
    }
    (void)PQsetNoticeReceiver(conn, ignore, NULL);
    vb_buf_reset(ret_why);
    *ret_conn = conn;
    return VB_OK;
}

enum vb_err vb__pg_connect(const struct vb__pg_url *url, PGconn **ret_conn,
                           struct vb_buf *ret_why)
{
    enum vb_err err = VB_ERR_CLOSED;

    for (size_t i = 0; err != VB_OK && i < url->place_count; i++)
        err = connect_to(url, &url->places[i], ret_conn, ret_why);
    return err;
}

enum vb_err vb__pg_do(PGconn *conn, const char *sql, struct vb_buf *ret_why)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    enum vb_err err = VB_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        err = vb__pg_say(conn, ret_why);
    PQclear(result);
    return err;
}
