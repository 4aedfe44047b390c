/*
 * The statements that are sent: prepared on each connection when first used,
 * their parameters and results in binary form. Their texts are in
 * statements_*.tbl; every parameter has its type there ($1::bigint).
 */
#ifndef VB_STORAGE_POSTGRES_STATEMENT_H
#define VB_STORAGE_POSTGRES_STATEMENT_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

/* In this order wherever a row of `record` is read. */
#define VB__PG_RECORD_COLUMNS                                                  \
    "r.key, r.parent, r.revision, r.position, r.created_ms, r.modified_ms, "   \
    "r.length, r.blob, r.media_type, r.content"
#define VB__PG_RECORD_WIDTH 10

enum vb__pg_statement {
#define VB_PG_STATEMENT(name, text) VB__PG_##name,
#include "storage/postgres/statements.tbl"
#undef VB_PG_STATEMENT
    VB__PG_STATEMENTS
};

const char *vb__pg_statement_text(enum vb__pg_statement statement);

/* --- parameters ------------------------------------------------------------
 */

#define VB__PG_PARAMS_MOST 32

/* In the order of $1, $2, …; spans are borrowed until they are sent. */
struct vb__pg_params {
    int count;
    const char *values[VB__PG_PARAMS_MOST];
    int lengths[VB__PG_PARAMS_MOST];
    unsigned char numbers[VB__PG_PARAMS_MOST][8];
};

void vb__pg_int(struct vb__pg_params *params, int64_t value); /* bigint */
void vb__pg_bytes(struct vb__pg_params *params, struct vb_span bytes);
void vb__pg_null(struct vb__pg_params *params);

/*
 * Arrays: bigint[] and bytea[], made in a buffer of the caller's that stays
 * until they are sent. vb__pg_array_begin writes how many there will be.
 */
void vb__pg_ints_begin(struct vb_buf *buf, uint32_t count);
void vb__pg_ints_add(struct vb_buf *buf, int64_t value);
void vb__pg_byteas_begin(struct vb_buf *buf, uint32_t count);
void vb__pg_byteas_add(struct vb_buf *buf, struct vb_span bytes);

/* --- results ---------------------------------------------------------------
 */

/* A bigint (0 where it is NULL), and bytes, borrowed from the result. */
int64_t vb__pg_get_int(const PGresult *result, int row, int column);
struct vb_span vb__pg_get_bytes(const PGresult *result, int row, int column);

/* How many rows a statement without RETURNING has changed. */
int64_t vb__pg_changed(const PGresult *result);

#endif
