/* A database of PostgreSQL's as an end of a copy. See copy_part.h. */
#include <assert.h>
#include <endian.h>
#include <libpq-fe.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "storage/copy_part.h"
#include "storage/history.h"
#include "storage/postgres/say.h"
#include "storage/postgres/schema.h"

#define WHY_MOST ((size_t)4096)

/* Types of parameters, by their numbers in pg_type, which are fixed. */
#define TYPE_BIGINT 20
#define TYPE_BYTEA  17

/* Bytes of a claim's value that stands for itself. */
#define CLAIM_MOST 1000

/* What is handed to libpq at once, and what one row may have at most. */
#define HANDED   ((size_t)256 * 1024)
#define ROW_MOST ((size_t)64 * 1024 * 1024)

struct postgres_end {
    struct vb__copy_end end;
    struct vb__pg_url url;
    PGconn *conn;
    PGresult *row;                         /* that was read last */
    struct vb_buf rows;                    /* that are to be written */
    bool reading;                          /* a query is under way */
    char digest[crypto_hash_sha256_BYTES]; /* of the claim's value */
};

static struct postgres_end *of(struct vb__copy_end *end)
{
    return VB_CONTAINER(end, struct postgres_end, end);
}

static enum vb_err failed(struct postgres_end *postgres)
{
    vb_buf_reset(&postgres->end.why);
    return vb__pg_say(postgres->conn, &postgres->end.why);
}

static enum vb_err execute(struct postgres_end *postgres, const char *sql)
{
    vb_buf_reset(&postgres->end.why);
    return vb__pg_do(postgres->conn, sql, &postgres->end.why);
}

/* --- parameters and results: binary ------------------------------------------
 */

struct parameters {
    Oid types[VB__COPY_FIELDS];
    const char *values[VB__COPY_FIELDS];
    int lengths[VB__COPY_FIELDS], formats[VB__COPY_FIELDS];
    uint64_t numbers[VB__COPY_FIELDS];
    int count;
};

static void add_bytes(struct parameters *to, struct vb_span bytes)
{
    to->types[to->count] = TYPE_BYTEA;
    to->values[to->count] = bytes.len == 0 ? "" : bytes.ptr;
    to->lengths[to->count] = (int)bytes.len;
    to->formats[to->count++] = 1;
}

static void add_number(struct parameters *to, int64_t number)
{
    uint64_t *word = &to->numbers[to->count];

    *word = htobe64((uint64_t)number);
    to->types[to->count] = TYPE_BIGINT;
    to->values[to->count] = (const char *)word;
    to->lengths[to->count] = (int)sizeof(*word);
    to->formats[to->count++] = 1;
}

static void add_mark(struct parameters *to, const struct vb__copy_table *table,
                     const struct vb__copy_row *mark)
{
    for (size_t i = 0; i < table->keys; i++) {
        if (table->fields[i].kind == VB__COPY_INT)
            add_number(to, mark->numbers[i]);
        else
            add_bytes(to, mark->bytes[i]);
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

/* A statement with one answer, which is the caller's; NULL: it failed. */
static PGresult *ask(struct postgres_end *postgres, const char *sql,
                     const struct parameters *with)
{
    PGresult *result =
        PQexecParams(postgres->conn, sql, with->count, with->types,
                     with->values, with->lengths, with->formats, 1);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    (void)failed(postgres);
    PQclear(result);
    return NULL;
}

static enum vb_err ask_number(struct postgres_end *postgres, const char *sql,
                              const struct parameters *with,
                              int64_t *ret_number)
{
    PGresult *result = ask(postgres, sql, with);

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
    struct parameters with = {.count = 0};
    struct vb__copy_row mark;
    int64_t rows = 0;
    char sql[1024];
    enum vb_err err;

    (void)vb__copy_note_mark(&none, table, &mark);
    add_mark(&with, table, &mark);
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM (%s) AS t",
                   table->postgres_read);
    err = ask_number(of(end), sql, &with, &rows);
    *ret_count = (uint64_t)rows;
    return err;
}

/* Its rows come one by one, so that no more than one is in memory. */
static enum vb_err query(struct postgres_end *postgres, const char *sql,
                         const struct parameters *with)
{
    if (PQsendQueryParams(postgres->conn, sql, with->count, with->types,
                          with->values, with->lengths, with->formats, 1) == 0)
        return failed(postgres);
    postgres->reading = true;
    (void)PQsetSingleRowMode(postgres->conn);
    return VB_OK;
}

/* The next row as postgres->row; NULL behind the last. */
static enum vb_err step(struct postgres_end *postgres)
{
    ExecStatusType status;

    PQclear(postgres->row);
    postgres->row = PQgetResult(postgres->conn);
    status = PQresultStatus(postgres->row);
    if (status == PGRES_SINGLE_TUPLE)
        return VB_OK;
    PQclear(postgres->row);
    postgres->row = NULL;
    return status == PGRES_TUPLES_OK ? VB_OK : failed(postgres);
}

static enum vb_err read_begin(struct vb__copy_end *end,
                              const struct vb__copy_table *table,
                              const struct vb__copy_row *mark)
{
    struct parameters with = {.count = 0};

    end->table = table;
    add_mark(&with, table, mark);
    return query(of(end), table->postgres_read, &with);
}

static enum vb_err read_next(struct vb__copy_end *end, struct vb__copy_row *row,
                             bool *ret_found)
{
    struct postgres_end *postgres = of(end);
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
    struct postgres_end *postgres = of(end);
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
    struct postgres_end *postgres = of(end);
    struct parameters none = {.count = 0};
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

static enum vb_err read_identity(struct postgres_end *postgres)
{
    struct vb__copy_identity *identity = &postgres->end.identity;
    struct vb__pg_identity found;
    struct parameters none = {.count = 0};
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
    struct postgres_end *postgres = of(end);
    struct parameters none = {.count = 0};
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

static enum vb_err clear(struct vb__copy_end *end)
{
    static const char *const tables[] = {
        "record",     "claim",  "reference", "chunk",   "loose",
        "collection", "number", "memo",      "history", "indexes",
        "index_key",  "writer", "copying"};
    struct postgres_end *postgres = of(end);
    enum vb_err err = execute(postgres, "BEGIN");
    char sql[64];

    for (size_t i = 0; err == VB_OK && i < sizeof(tables) / sizeof(tables[0]);
         i++) {
        (void)snprintf(sql, sizeof(sql), "DELETE FROM %s", tables[i]);
        err = execute(postgres, sql);
    }
    return err == VB_OK ? execute(postgres, "COMMIT") : err;
}

static enum vb_err note_read(struct vb__copy_end *end, const char *name,
                             struct vb__copy_note *note)
{
    struct parameters with = {.count = 0};
    PGresult *result;

    vb__copy_note_reset(note);
    add_bytes(&with, vb_span_str(name));
    result = ask(of(end),
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

/* --- writing: COPY in its binary form ----------------------------------------
 */

static enum vb_err adopt(struct vb__copy_end *end, struct vb__copy_end *from)
{
    (void)end;
    (void)from;
    return VB_OK;
}

/* A claim's value is a key of an index there, and must not be long. */
static enum vb_err shape(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         struct vb__copy_row *row)
{
    struct postgres_end *postgres = of(end);
    struct vb_span value = row->bytes[VB__COPY_CLAIM_VALUE];

    if (table != VB__COPY_CLAIM)
        return VB_OK;
    row->bytes[VB__COPY_CLAIM_STORED] = value;
    row->bytes[VB__COPY_CLAIM_WHOLE] = VB_SPAN("");
    if (value.len <= CLAIM_MOST)
        return VB_OK;
    (void)crypto_hash_sha256((unsigned char *)postgres->digest,
                             (const unsigned char *)value.ptr, value.len);
    row->numbers[VB__COPY_CLAIM_LONG] = 1;
    row->bytes[VB__COPY_CLAIM_STORED] =
        vb_span_of(postgres->digest, sizeof(postgres->digest));
    row->bytes[VB__COPY_CLAIM_WHOLE] = value;
    return VB_OK;
}

static void put_16(struct vb_buf *to, uint16_t number)
{
    uint16_t word = htobe16(number);

    vb_buf_append(to, vb_span_of((const char *)&word, sizeof(word)));
}

static void put_32(struct vb_buf *to, uint32_t number)
{
    uint32_t word = htobe32(number);

    vb_buf_append(to, vb_span_of((const char *)&word, sizeof(word)));
}

static void put_64(struct vb_buf *to, uint64_t number)
{
    uint64_t word = htobe64(number);

    vb_buf_append(to, vb_span_of((const char *)&word, sizeof(word)));
}

static enum vb_err hand_over(struct postgres_end *postgres)
{
    struct vb_buf *rows = &postgres->rows;
    enum vb_err err = rows->err;

    if (err == VB_OK && rows->len > 0 &&
        PQputCopyData(postgres->conn, rows->ptr, (int)rows->len) != 1)
        err = failed(postgres);
    vb_buf_reset(rows);
    return err;
}

static enum vb_err write_begin(struct vb__copy_end *end,
                               const struct vb__copy_table *table)
{
    static const struct vb_span signature =
        VB_SPAN_INIT("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0");
    struct postgres_end *postgres = of(end);
    enum vb_err err = execute(postgres, "BEGIN");
    char sql[512];
    PGresult *result;

    end->table = table;
    if (err != VB_OK || table == NULL)
        return err;
    (void)snprintf(sql, sizeof(sql), "COPY %s FROM STDIN WITH BINARY",
                   table->postgres_write);
    result = PQexec(postgres->conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        err = failed(postgres);
    PQclear(result);
    vb_buf_reset(&postgres->rows);
    vb_buf_append(&postgres->rows, signature);
    return err;
}

static enum vb_err write_row(struct vb__copy_end *end,
                             const struct vb__copy_row *row)
{
    struct postgres_end *postgres = of(end);
    const struct vb__copy_table *table = end->table;
    struct vb_buf *to = &postgres->rows;

    put_16(to, (uint16_t)table->postgres_count);
    for (size_t i = 0; i < table->postgres_count; i++) {
        size_t field = table->postgres_fields[i];

        if (table->fields[field].kind == VB__COPY_INT) {
            put_32(to, sizeof(uint64_t));
            put_64(to, (uint64_t)row->numbers[field]);
        } else {
            put_32(to, (uint32_t)row->bytes[field].len);
            vb_buf_append(to, row->bytes[field]);
        }
    }
    return to->len < HANDED ? VB_OK : hand_over(postgres);
}

static enum vb_err end_copy(struct postgres_end *postgres)
{
    enum vb_err err = VB_OK;
    PGresult *result;

    put_16(&postgres->rows, UINT16_MAX);
    err = hand_over(postgres);
    if (err == VB_OK && PQputCopyEnd(postgres->conn, NULL) != 1)
        err = failed(postgres);
    while (err == VB_OK && (result = PQgetResult(postgres->conn)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            err = failed(postgres);
        PQclear(result);
    }
    return err;
}

static enum vb_err write_note(struct postgres_end *postgres, const char *name,
                              const struct vb__copy_note *note)
{
    struct parameters with = {.count = 0};
    PGresult *result;

    add_bytes(&with, vb_span_str(name));
    add_number(&with, (int64_t)note->rows);
    add_number(&with, note->done);
    add_bytes(&with, vb_buf_span(&note->mark));
    add_bytes(&with,
              vb_span_of((const char *)note->digest, sizeof(note->digest)));
    result = ask(postgres,
                 "INSERT INTO copying (name, rows, done, mark, digest)"
                 " VALUES (convert_from($1, 'UTF8'), $2, $3, $4, $5)"
                 " ON CONFLICT (name) DO UPDATE SET rows = excluded.rows,"
                 " done = excluded.done, mark = excluded.mark,"
                 " digest = excluded.digest",
                 &with);
    PQclear(result);
    return result == NULL ? VB_ERR_IO : VB_OK;
}

static enum vb_err write_end(struct vb__copy_end *end, const char *name,
                             const struct vb__copy_note *note)
{
    struct postgres_end *postgres = of(end);
    enum vb_err err = end->table == NULL ? VB_OK : end_copy(postgres);

    if (err == VB_OK)
        err = write_note(postgres, name, note);
    return err == VB_OK ? execute(postgres, "COMMIT") : err;
}

/* A writer of which nothing but its floor is left: who comes goes on beyond. */
static enum vb_err leave_floor(struct postgres_end *postgres, uint64_t revision)
{
    struct parameters with = {.count = 0};
    PGresult *result;

    add_number(&with, (int64_t)revision);
    add_number(&with, vb_clock_unix_ms());
    result = ask(postgres,
                 "INSERT INTO writer (slot, floor, batch, seen_ms)"
                 " VALUES (0, $1, 0, $2)",
                 &with);
    PQclear(result);
    return result == NULL ? VB_ERR_IO : VB_OK;
}

static enum vb_err set_state(struct postgres_end *postgres,
                             const struct vb__copy_identity *identity)
{
    struct parameters with = {.count = 0};
    PGresult *result;

    add_bytes(&with, vb_span_str(identity->epoch));
    add_bytes(&with, vb_span_of((const char *)identity->secret,
                                sizeof(identity->secret)));
    add_number(&with, (int64_t)vb_moment(identity->revision));
    result = ask(postgres,
                 "UPDATE state SET text = CASE name WHEN 'epoch' THEN"
                 " convert_from($1, 'UTF8') WHEN 'secret' THEN"
                 " encode($2, 'hex') ELSE text END,"
                 " number = CASE name WHEN 'history_kept' THEN $3"
                 " ELSE number END WHERE name IN"
                 " ('epoch', 'secret', 'history_kept')",
                 &with);
    PQclear(result);
    return result == NULL ? VB_ERR_IO : VB_OK;
}

static enum vb_err finish(struct vb__copy_end *end,
                          const struct vb__copy_identity *identity)
{
    struct postgres_end *postgres = of(end);
    enum vb_err err = execute(postgres, "BEGIN");

    if (err == VB_OK)
        err = leave_floor(postgres, identity->revision);
    if (err == VB_OK)
        err = set_state(postgres, identity);
    if (err == VB_OK)
        err = execute(postgres, "DELETE FROM copying");
    return err == VB_OK ? execute(postgres, "COMMIT") : err;
}

/* --- opening -----------------------------------------------------------------
 */

static void close_end(struct vb__copy_end *end)
{
    struct postgres_end *postgres = of(end);

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
    .clear = clear,
    .note_read = note_read,
    .adopt = adopt,
    .shape = shape,
    .write_begin = write_begin,
    .write = write_row,
    .write_end = write_end,
    .finish = finish,
    .close = close_end,
};

/* A copy takes as long as it takes, whatever the server's bounds are. */
static enum vb_err unbind(struct postgres_end *postgres)
{
    enum vb_err err = execute(postgres, "SET statement_timeout = 0");

    return err == VB_OK
               ? execute(postgres, "SET idle_in_transaction_session_timeout"
                                   " = 0")
               : err;
}

static enum vb_err open_tables(struct postgres_end *postgres, bool writes,
                               bool citus)
{
    struct vb__pg_schema schema = {
        .reads = !writes, .copies = writes, .citus = citus};
    enum vb_err err = vb__pg_schema_make(&vb__pg_tables, postgres->conn,
                                         &schema, &postgres->end.why);

    if (err == VB_OK)
        err = unbind(postgres);
    if (err == VB_OK && !writes)
        err = execute(postgres, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE"
                                " READ READ ONLY");
    return err == VB_OK && !writes ? read_identity(postgres) : err;
}

enum vb_err vb__copy_postgres(struct vb_span url, bool writes, bool citus,
                              struct vb__copy_end **ret_end,
                              struct vb_buf *ret_why)
{
    struct postgres_end *postgres = calloc(1, sizeof(*postgres));
    enum vb_err err;

    if (postgres == NULL)
        return VB_ERR_NOMEM;
    postgres->end.ops = &postgres_ops;
    vb_buf_init(&postgres->end.why, WHY_MOST);
    vb_buf_init(&postgres->rows, ROW_MOST);
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
