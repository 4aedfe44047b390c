/* A database of PostgreSQL's as what is copied into. See copy_postgres.h. */
#include <endian.h>
#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"
#include "storage/copy_postgres.h"
#include "storage/history.h"

/* Bytes of a claim's value that stands for itself. */
#define CLAIM_MOST 1000

/* Bytes that are handed to libpq at once. */
#define HANDED ((size_t)256 * 1024)

enum vb_err vb__copy_postgres_clear(struct vb__copy_end *end)
{
    static const char *const tables[] = {
        "record",     "claim",  "reference", "chunk",   "loose",
        "collection", "number", "memo",      "history", "indexes",
        "index_key",  "writer", "copying"};
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    enum vb_err err = vb__copy_postgres_execute(postgres, "BEGIN");
    char sql[64];

    for (size_t i = 0; err == VB_OK && i < sizeof(tables) / sizeof(tables[0]);
         i++) {
        (void)snprintf(sql, sizeof(sql), "DELETE FROM %s", tables[i]);
        err = vb__copy_postgres_execute(postgres, sql);
    }
    return err == VB_OK ? vb__copy_postgres_execute(postgres, "COMMIT") : err;
}

/* --- writing: COPY in its binary form ----------------------------------------
 */

/* A claim's value is a key of an index there, and must not be long. */
enum vb_err vb__copy_postgres_shape(struct vb__copy_end *end,
                                    const struct vb__copy_table *table,
                                    struct vb__copy_row *row)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
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

static enum vb_err hand_over(struct vb__copy_postgres *postgres)
{
    struct vb_buf *rows = &postgres->rows;
    enum vb_err err = rows->err;

    if (err == VB_OK && rows->len > 0 &&
        PQputCopyData(postgres->conn, rows->ptr, (int)rows->len) != 1)
        err = vb__copy_postgres_failed(postgres);
    vb_buf_reset(rows);
    return err;
}

enum vb_err vb__copy_postgres_write_begin(struct vb__copy_end *end,
                                          const struct vb__copy_table *table)
{
    static const struct vb_span signature =
        VB_SPAN_INIT("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0");
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    enum vb_err err = vb__copy_postgres_execute(postgres, "BEGIN");
    char sql[512];
    PGresult *result;

    end->table = table;
    if (err != VB_OK || table == NULL)
        return err;
    (void)snprintf(sql, sizeof(sql), "COPY %s FROM STDIN WITH BINARY",
                   table->postgres_write);
    result = PQexec(postgres->conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        err = vb__copy_postgres_failed(postgres);
    PQclear(result);
    vb_buf_reset(&postgres->rows);
    vb_buf_append(&postgres->rows, signature);
    return err;
}

enum vb_err vb__copy_postgres_write(struct vb__copy_end *end,
                                    const struct vb__copy_row *row)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
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

static enum vb_err end_copy(struct vb__copy_postgres *postgres)
{
    enum vb_err err = VB_OK;
    PGresult *result;

    put_16(&postgres->rows, UINT16_MAX);
    err = hand_over(postgres);
    if (err == VB_OK && PQputCopyEnd(postgres->conn, NULL) != 1)
        err = vb__copy_postgres_failed(postgres);
    while (err == VB_OK && (result = PQgetResult(postgres->conn)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            err = vb__copy_postgres_failed(postgres);
        PQclear(result);
    }
    return err;
}

static enum vb_err write_note(struct vb__copy_postgres *postgres,
                              const char *name,
                              const struct vb__copy_note *note)
{
    struct vb__copy_parameters with = {.count = 0};
    PGresult *result;

    vb__copy_add_bytes(&with, vb_span_str(name));
    vb__copy_add_number(&with, (int64_t)note->rows);
    vb__copy_add_number(&with, note->done);
    vb__copy_add_bytes(&with, vb_buf_span(&note->mark));
    vb__copy_add_bytes(
        &with, vb_span_of((const char *)note->digest, sizeof(note->digest)));
    result = vb__copy_postgres_ask(
        postgres,
        "INSERT INTO copying (name, rows, done, mark, digest)"
        " VALUES (convert_from($1, 'UTF8'), $2, $3, $4, $5)"
        " ON CONFLICT (name) DO UPDATE SET rows = excluded.rows,"
        " done = excluded.done, mark = excluded.mark,"
        " digest = excluded.digest",
        &with);
    PQclear(result);
    return result == NULL ? VB_ERR_IO : VB_OK;
}

enum vb_err vb__copy_postgres_write_end(struct vb__copy_end *end,
                                        const char *name,
                                        const struct vb__copy_note *note)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    enum vb_err err = end->table == NULL ? VB_OK : end_copy(postgres);

    if (err == VB_OK)
        err = write_note(postgres, name, note);
    return err == VB_OK ? vb__copy_postgres_execute(postgres, "COMMIT") : err;
}

/* A writer of which nothing but its floor is left: who comes goes on beyond. */
static enum vb_err leave_floor(struct vb__copy_postgres *postgres,
                               uint64_t revision)
{
    struct vb__copy_parameters with = {.count = 0};
    PGresult *result;

    vb__copy_add_number(&with, (int64_t)revision);
    vb__copy_add_number(&with, vb_clock_unix_ms());
    result =
        vb__copy_postgres_ask(postgres,
                              "INSERT INTO writer (slot, floor, batch, seen_ms)"
                              " VALUES (0, $1, 0, $2)",
                              &with);
    PQclear(result);
    return result == NULL ? VB_ERR_IO : VB_OK;
}

static enum vb_err set_state(struct vb__copy_postgres *postgres,
                             const struct vb__copy_identity *identity)
{
    struct vb__copy_parameters with = {.count = 0};
    PGresult *result;

    vb__copy_add_bytes(&with, vb_span_str(identity->epoch));
    vb__copy_add_bytes(&with, vb_span_of((const char *)identity->secret,
                                         sizeof(identity->secret)));
    vb__copy_add_number(&with, (int64_t)vb_moment(identity->revision));
    result = vb__copy_postgres_ask(
        postgres,
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

enum vb_err vb__copy_postgres_finish(struct vb__copy_end *end,
                                     const struct vb__copy_identity *identity)
{
    struct vb__copy_postgres *postgres = vb__copy_postgres_of(end);
    enum vb_err err = vb__copy_postgres_execute(postgres, "BEGIN");

    if (err == VB_OK)
        err = leave_floor(postgres, identity->revision);
    if (err == VB_OK)
        err = set_state(postgres, identity);
    if (err == VB_OK)
        err = vb__copy_postgres_execute(postgres, "DELETE FROM copying");
    return err == VB_OK ? vb__copy_postgres_execute(postgres, "COMMIT") : err;
}
