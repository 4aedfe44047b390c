/* Statements, their parameters and results. See statement.h. */
#include "storage/postgres/statement.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* Of PostgreSQL (pg_type.dat): they never change. */
#define OID_BYTEA 17
#define OID_INT8  20

static const char *const texts[] = {
#define VB_PG_STATEMENT(name, text) [VB__PG_##name] = (text),
#include "storage/postgres/statements.tbl"
#undef VB_PG_STATEMENT
};

const char *vb__pg_statement_text(enum vb__pg_statement statement)
{
    return texts[statement];
}

/* --- parameters ------------------------------------------------------------
 */

static void add(struct vb__pg_params *params, const char *value, size_t length)
{
    vb_assert(params->count < VB__PG_PARAMS_MOST && length <= INT32_MAX);
    params->values[params->count] = value;
    params->lengths[params->count] = (int)length;
    params->count++;
}

void vb__pg_int(struct vb__pg_params *params, int64_t value)
{
    uint64_t word = htobe64((uint64_t)value);
    unsigned char *at = params->numbers[params->count];

    memcpy(at, &word, sizeof(word));
    add(params, (const char *)at, sizeof(word));
}

/* A pointer that is NULL would be the value NULL. */
void vb__pg_bytes(struct vb__pg_params *params, struct vb_span bytes)
{
    add(params, bytes.ptr != NULL ? bytes.ptr : "", bytes.len);
}

void vb__pg_null(struct vb__pg_params *params)
{
    add(params, NULL, 0);
}

/* --- arrays ----------------------------------------------------------------
 *
 * As array_send of PostgreSQL writes them: the number of dimensions, whether
 * there are NULLs, the type of the elements; for each dimension its length and
 * where it begins; then the elements, each behind its length.
 */

static void append_word(struct vb_buf *buf, uint32_t value)
{
    uint32_t word = htobe32(value);

    vb_buf_append(buf, vb_span_of((const char *)&word, sizeof(word)));
}

static void begin_array(struct vb_buf *buf, uint32_t type, uint32_t count)
{
    append_word(buf, count > 0 ? 1 : 0);
    append_word(buf, 0);
    append_word(buf, type);
    if (count == 0)
        return;
    append_word(buf, count);
    append_word(buf, 1);
}

void vb__pg_ints_begin(struct vb_buf *buf, uint32_t count)
{
    begin_array(buf, OID_INT8, count);
}

void vb__pg_ints_add(struct vb_buf *buf, int64_t value)
{
    uint64_t word = htobe64((uint64_t)value);

    append_word(buf, sizeof(word));
    vb_buf_append(buf, vb_span_of((const char *)&word, sizeof(word)));
}

void vb__pg_byteas_begin(struct vb_buf *buf, uint32_t count)
{
    begin_array(buf, OID_BYTEA, count);
}

void vb__pg_byteas_add(struct vb_buf *buf, struct vb_span bytes)
{
    append_word(buf, (uint32_t)bytes.len);
    vb_buf_append(buf, bytes);
}

/* --- results ---------------------------------------------------------------
 */

int64_t vb__pg_get_int(const PGresult *result, int row, int column)
{
    uint64_t word;

    if (PQgetisnull(result, row, column))
        return 0;
    vb_assert(PQgetlength(result, row, column) == sizeof(word));
    memcpy(&word, PQgetvalue(result, row, column), sizeof(word));
    return (int64_t)be64toh(word);
}

struct vb_span vb__pg_get_bytes(const PGresult *result, int row, int column)
{
    return vb_span_of(PQgetvalue(result, row, column),
                      (size_t)PQgetlength(result, row, column));
}

int64_t vb__pg_changed(const PGresult *result)
{
    /* It is not const in libpq, but reads only. */
    return strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10);
}
