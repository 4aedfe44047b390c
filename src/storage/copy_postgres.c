/* A database of PostgreSQL's as an end of a copy: opening it, and reading. See
 * copy_part.h. */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#include "storage/copy_postgres.h"
#include "storage/postgres/say.h"
#include "storage/postgres/schema.h"

#define WHY_MOST ((size_t)4096)
/* Of one batch that is handed to libpq. */
#define ROWS_MOST ((size_t)64 * 1024 * 1024)

/* Types of parameters, by their numbers in pg_type, which are fixed. */
#define TYPE_BIGINT 20
#define TYPE_BYTEA  17

/* --- the connection
 * -----------------------------------------------------------
 */

enum vb_err vb__copy_postgres_failed(struct vb__copy_postgres *postgres)
{
    vb_buf_reset(&postgres->end.why);
    return vb__pg_say(postgres->conn, &postgres->end.why);
}

enum vb_err vb__copy_postgres_execute(struct vb__copy_postgres *postgres,
                                      const char *sql)
{
    vb_buf_reset(&postgres->end.why);
    return vb__pg_do(postgres->conn, sql, &postgres->end.why);
}

/* --- parameters and results: binary ------------------------------------------
 */

void vb__copy_add_bytes(struct vb__copy_parameters *to, struct vb_span bytes)
{
    to->types[to->count] = TYPE_BYTEA;
    to->values[to->count] = bytes.len == 0 ? "" : bytes.ptr;
    to->lengths[to->count] = (int)bytes.len;
    to->formats[to->count++] = 1;
}

void vb__copy_add_number(struct vb__copy_parameters *to, int64_t number)
{
    uint64_t *word = &to->numbers[to->count];

    *word = htobe64((uint64_t)number);
    to->types[to->count] = TYPE_BIGINT;
    to->values[to->count] = (const char *)word;
    to->lengths[to->count] = (int)sizeof(*word);
    to->formats[to->count++] = 1;
}

static void add_mark(struct vb__copy_parameters *to,
                     const struct vb__copy_table *table,
                     const struct vb__copy_row *mark)
{
    for (size_t i = 0; i < table->keys; i++) {
        if (table->fields[i].kind == VB__COPY_INT)
            vb__copy_add_number(to, mark->numbers[i]);
        else
            vb__copy_add_bytes(to, mark->bytes[i]);
    }
}

static int64_t number_at(const PGresult *result, int column)
{
    uint64_t word = 0;

    if (PQgetlength(result, 0, column) == (int)sizeof(word))
        memcpy(&word, PQgetvalue(result, 0, column), sizeof(word));
    return (int64_t)be64toh(word);
}

static struct vb_span bytes_at(const PGresult *result, int column)
{
    return vb_span_of(PQgetvalue(result, 0, column),
                      (size_t)PQgetlength(result, 0, column));
}

PGresult *vb__copy_postgres_ask(struct vb__copy_postgres *postgres,
                                const char *sql,
                                const struct vb__copy_parameters *with)
{
    PGresult *result =
        PQexecParams(postgres->conn, sql, with->count, with->types,
                     with->values, with->lengths, with->formats, 1);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    (void)vb__copy_postgres_failed(postgres);
    PQclear(result);
    return NULL;
}

static enum vb_err ask_number(struct vb__copy_postgres *postgres,
                              const char *sql,
                              const struct vb__copy_parameters *with,
                              int64_t *ret_number)
{
    PGresult *result = vb__copy_postgres_ask(postgres, sql, with);

    if (result == NULL)
        return VB_ERR_IO;
    *ret_number = PQntuples(result) == 0 ? 0 : number_at(result, 0);
    PQclear(result);
    return VB_OK;
}

/* --- reading -----------------------------------------------------------------
 */

static enum vb_err count(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         uint64_t *ret_count)
{
    struct vb__copy_note none = {.rows = 0};
    struct vb__copy_parameters with = {.count = 0};
    struct vb__copy_row mark;
    int64_t rows = 0;
    char sql[1024];
    enum vb_err err;

    (void)vb__copy_note_mark(&none, table, &mark);
    add_mark(&with, table, &mark);
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM (%s) AS t",
                   table->postgres_read);
    err = ask_number(vb__copy_postgres_of(end), sql, &with, &rows);
    *ret_count = (uint64_t)rows;
    return err;
}

/* Its rows come one by one, so that no more than one is in memory. */
static enum vb_err query(struct vb__copy_postgres *postgres, const char *sql,
                         const struct vb__copy_parameters *with)
{
    if (PQsendQueryParams(postgres->conn, sql, with->count, with->types,
                          with->values, with->lengths, with->formats, 1) == 0)
        return vb__copy_postgres_failed(postgres);
    postgres->reading = true;
    (void)PQsetSingleRowMode(postgres->conn);
    return VB_OK;
}

/* The next row as postgres->row; NULL behind the last. */
static enum vb_err step(struct vb__copy_postgres *postgres)
{
    ExecStatusType status;

    PQclear(postgres->row);
    postgres->row = PQgetResult(postgres->conn);
    status = PQresultStatus(postgres->row);
    if (status == PGRES_SINGLE_TUPLE)
        return VB_OK;
    PQclear(postgres->row);
    postgres->row = NULL;
    return status == PGRES_TUPLES_OK ? VB_OK
                                     : vb__copy_postgres_failed(postgres);
}

static enum vb_err read_begin(struct vb__copy_end *end,
                              const struct vb__copy_table *table,
                              const struct vb__copy_row *mark)
{
    struct vb__copy_parameters with = {.count = 0};

    end->table = table;
    add_mark(&with, table, mark);
    return query(vb__copy_postgres_of(end), table->postgres_read, &with);
}

static enum vb_err read_next(struct vb__copy_end *end, struct vb__copy_row *row,
                             bool *ret_found)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    enum vb_err err = step(postgres);

    *ret_found = err == VB_OK && postgres->row != NULL;
    for (size_t i = 0; *ret_found && i < end->table->count; i++) {
        row->numbers[i] = 0;
        row->bytes[i] = VB_SPAN("");
        if (end->table->fields[i].kind == VB__COPY_INT)
            row->numbers[i] = number_at(postgres->row, (int)i);
        else
            row->bytes[i] = bytes_at(postgres->row, (int)i);
    }
    return err;
}

/* What is still on its way is passed over. */
static enum vb_err read_end(struct vb__copy_end *end)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    PGresult *rest;

    PQclear(postgres->row);
    postgres->row = NULL;
    while (postgres->reading && (rest = PQgetResult(postgres->conn)) != NULL)
        PQclear(rest);
    postgres->reading = false;
    return VB_OK;
}

/*
 * A position is a commit's revision and a place in it (20 bits), and two
 * commits to different collections may have the same revision. Where a position
 * is there twice, all that were made at that revision get places anew, one
 * collection after the other: in each of them they stay in their order.
 */
static enum vb_err shared(struct vb__copy_end *end,
                          enum vb_err (*take)(void *context, struct vb_span key,
                                              int64_t position),
                          void *context)
{
    static const char sql[] =
        "SELECT key, (position >> 20 << 20) + place FROM (SELECT key, position,"
        " row_number() OVER (PARTITION BY position >> 20"
        " ORDER BY parent, position, key) AS place FROM record"
        " WHERE kind <> 3 AND position >> 20 IN (SELECT position >> 20 FROM"
        " record WHERE kind <> 3 GROUP BY position HAVING count(*) > 1)) AS t"
        " WHERE (position >> 20 << 20) + place <> position";
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    struct vb__copy_parameters none = {.count = 0};
    enum vb_err err = query(postgres, sql, &none);

    while (err == VB_OK) {
        err = step(postgres);
        if (err != VB_OK || postgres->row == NULL)
            break;
        err = take(context, bytes_at(postgres->row, 0),
                   number_at(postgres->row, 1));
    }
    (void)read_end(end);
    return err;
}

/* --- what it has -------------------------------------------------------------
 */

static enum vb_err read_identity(struct vb__copy_postgres *postgres)
{
    struct vb__copy_identity *identity = &postgres->end.identity;
    struct vb__pg_identity found;
    struct vb__copy_parameters none = {.count = 0};
    int64_t revision = 0;
    enum vb_err err =
        vb__pg_identity_read(postgres->conn, &found, &postgres->end.why);

    if (err == VB_OK)
        err = ask_number(postgres,
                         "SELECT greatest((SELECT max(floor) FROM writer),"
                         " (SELECT max(revision) FROM record), 0)",
                         &none, &revision);
    if (err != VB_OK)
        return err;
    memcpy(identity->epoch, found.epoch, sizeof(identity->epoch));
    static_assert(sizeof(identity->secret) == sizeof(found.secret), "as long");
    memcpy(identity->secret, &found.secret, sizeof(identity->secret));
    identity->revision = (uint64_t)revision;
    return VB_OK;
}

static enum vb_err look(struct vb__copy_end *end, bool *ret_empty,
                        bool *ret_copy)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    struct vb__copy_parameters none = {.count = 0};
    int64_t rows = 0, copies = 0;
    enum vb_err err = ask_number(
        postgres,
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM record LIMIT 1) AS a)"
        " + (SELECT count(*) FROM (SELECT 1 FROM chunk LIMIT 1) AS b)"
        " + (SELECT count(*) FROM (SELECT 1 FROM collection LIMIT 1) AS c)"
        " + (SELECT count(*) FROM (SELECT 1 FROM memo LIMIT 1) AS d)"
        " + (SELECT count(*) FROM (SELECT 1 FROM number LIMIT 1) AS e)",
        &none, &rows);

    if (err == VB_OK)
        err = ask_number(postgres, "SELECT count(*) FROM copying", &none,
                         &copies);
    *ret_empty = rows == 0;
    *ret_copy = copies > 0;
    return err;
}

static enum vb_err note_read(struct vb__copy_end *end, const char *name,
                             struct vb__copy_note *note)
{
    struct vb__copy_parameters with = {.count = 0};
    PGresult *result;

    vb__copy_note_reset(note);
    vb__copy_add_bytes(&with, vb_span_str(name));
    result =
        vb__copy_postgres_ask(vb__copy_postgres_of(end),
                              "SELECT rows, done, mark, digest FROM copying"
                              " WHERE name = convert_from($1, 'UTF8')",
                              &with);
    if (result == NULL)
        return VB_ERR_IO;
    if (PQntuples(result) > 0) {
        struct vb_span digest = bytes_at(result, 3);

        note->rows = (uint64_t)number_at(result, 0);
        note->done = number_at(result, 1) != 0;
        vb_buf_append(&note->mark, bytes_at(result, 2));
        if (digest.len == sizeof(note->digest))
            memcpy(note->digest, digest.ptr, digest.len);
    }
    PQclear(result);
    return note->mark.err;
}

static enum vb_err adopt(struct vb__copy_end *end, struct vb__copy_end *from)
{
    (void)end;
    (void)from;
    return VB_OK;
}

/* --- opening -----------------------------------------------------------------
 */

static void close_end(struct vb__copy_end *end)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);

    PQclear(postgres->row);
    PQfinish(postgres->conn);
    vb_buf_done(&postgres->rows);
    vb_buf_done(&end->why);
    vb__pg_url_done(&postgres->url);
    free(postgres);
}

static const struct vb__copy_end_ops postgres_ops = {
    .count = count,
    .read_begin = read_begin,
    .read_next = read_next,
    .read_end = read_end,
    .shared = shared,
    .look = look,
    .clear = vb__copy_postgres_clear,
    .note_read = note_read,
    .adopt = adopt,
    .shape = vb__copy_postgres_shape,
    .write_begin = vb__copy_postgres_write_begin,
    .write = vb__copy_postgres_write,
    .write_end = vb__copy_postgres_write_end,
    .finish = vb__copy_postgres_finish,
    .close = close_end,
};

/* A copy takes as long as it takes, whatever the server's bounds are. */
static enum vb_err unbind(struct vb__copy_postgres *postgres)
{
    enum vb_err err =
        vb__copy_postgres_execute(postgres, "SET statement_timeout = 0");

    return err == VB_OK
               ? vb__copy_postgres_execute(
                     postgres, "SET idle_in_transaction_session_timeout"
                               " = 0")
               : err;
}

static enum vb_err open_tables(struct vb__copy_postgres *postgres, bool writes,
                               bool citus)
{
    struct vb__pg_schema schema = {
        .reads = !writes, .copies = writes, .citus = citus};
    enum vb_err err = vb__pg_schema_make(&vb__pg_tables, postgres->conn,
                                         &schema, &postgres->end.why);

    if (err == VB_OK)
        err = unbind(postgres);
    if (err == VB_OK && !writes)
        err = vb__copy_postgres_execute(
            postgres, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE"
                      " READ READ ONLY");
    return err == VB_OK && !writes ? read_identity(postgres) : err;
}

enum vb_err vb__copy_postgres(struct vb_span url, bool writes, bool citus,
                              struct vb__copy_end **ret_end,
                              struct vb_buf *ret_why)
{
    struct vb__copy_postgres *postgres = calloc(1, sizeof(*postgres));
    enum vb_err err;

    if (postgres == NULL)
        return VB_ERR_NOMEM;
    postgres->end.ops = &postgres_ops;
    vb_buf_init(&postgres->end.why, WHY_MOST);
    vb_buf_init(&postgres->rows, ROWS_MOST);
    err = vb__pg_url_read(url, &postgres->url, ret_why);
    if (err == VB_OK)
        err = vb__pg_connect(&postgres->url, &postgres->conn, ret_why);
    if (err == VB_OK) {
        postgres->end.shown = postgres->url.shown;
        err = open_tables(postgres, writes, citus);
        if (err != VB_OK)
            vb_buf_printf(ret_why, "%s: %.*s", postgres->url.shown,
                          VB_FMT(vb_buf_span(&postgres->end.why)));
    }
    if (err != VB_OK) {
        close_end(&postgres->end);
        return err;
    }
    *ret_end = &postgres->end;
    return VB_OK;
}
