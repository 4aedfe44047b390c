/*
 * A database of PostgreSQL's as an end of a copy: what its two files share,
 * copy_postgres.c (opening, reading) and copy_postgres_write.c.
 */
#ifndef VB_STORAGE_COPY_POSTGRES_H
#define VB_STORAGE_COPY_POSTGRES_H

#include <libpq-fe.h>

#include "base/list.h"
#include "storage/copy_part.h"
#include "storage/postgres/url.h"

struct vb__copy_postgres {
    struct vb__copy_end end;
    struct vb__pg_url url;
    PGconn *conn;
    PGresult *row;      /* that was read last */
    struct vb_buf rows; /* that are to be written */
    bool reading;       /* a query is under way */
    char digest[32];    /* of a claim's value: SHA-256 */
};

static inline struct vb__copy_postgres *
vb__copy_postgres_of(struct vb__copy_end *end)
{
    return VB_CONTAINER(end, struct vb__copy_postgres, end);
}

/* Notes why; the error that it is. */
enum vb_err vb__copy_postgres_failed(struct vb__copy_postgres *postgres);

/* A statement without rows. */
enum vb_err vb__copy_postgres_execute(struct vb__copy_postgres *postgres,
                                      const char *sql);

/* $1, $2 …, in binary form; bytes are borrowed. */
struct vb__copy_parameters {
    Oid types[VB__COPY_FIELDS];
    const char *values[VB__COPY_FIELDS];
    int lengths[VB__COPY_FIELDS], formats[VB__COPY_FIELDS];
    uint64_t numbers[VB__COPY_FIELDS];
    int count;
};

void vb__copy_add_bytes(struct vb__copy_parameters *to, struct vb_span bytes);
void vb__copy_add_number(struct vb__copy_parameters *to, int64_t number);

/* A statement with one answer, in binary form, which is the caller's; NULL: it
 * failed. */
PGresult *vb__copy_postgres_ask(struct vb__copy_postgres *postgres,
                                const char *sql,
                                const struct vb__copy_parameters *with);

/* --- copy_postgres_write.c: functions of struct vb__copy_end_ops ---------- */

enum vb_err vb__copy_postgres_clear(struct vb__copy_end *end);
enum vb_err vb__copy_postgres_shape(struct vb__copy_end *end,
                                    const struct vb__copy_table *table,
                                    struct vb__copy_row *row);
enum vb_err vb__copy_postgres_write_begin(struct vb__copy_end *end,
                                          const struct vb__copy_table *table);
enum vb_err vb__copy_postgres_write(struct vb__copy_end *end,
                                    const struct vb__copy_row *row);
enum vb_err vb__copy_postgres_write_end(struct vb__copy_end *end,
                                        const char *name,
                                        const struct vb__copy_note *note);
enum vb_err vb__copy_postgres_finish(struct vb__copy_end *end,
                                     const struct vb__copy_identity *identity);

#endif
