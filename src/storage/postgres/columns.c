/* Rows as arrays, one for each column. See group.h. */
#include "storage/postgres/group.h"

/* Memory of one that stays from group to group. */
#define USUAL ((size_t)64 * 1024)

void vb__pg_columns_begin(struct vb__pg_columns *columns)
{
    columns->count = 0;
    columns->params.count = 0;
}

static struct vb_buf *next(struct vb__pg_columns *columns)
{
    struct vb_buf *buf = &columns->bufs[columns->count++];

    vb_buf_reset(buf);
    buf->limit = INT32_MAX / 2;
    return buf;
}

static void end(struct vb__pg_columns *columns, const struct vb_buf *buf)
{
    if (buf->err != VB_OK)
        columns->err = buf->err;
    vb__pg_bytes(&columns->params, vb_buf_span(buf));
}

void vb__pg_columns_ints(struct vb__pg_columns *columns, const int64_t *first,
                         size_t size, size_t count)
{
    struct vb_buf *buf = next(columns);
    const char *at = (const char *)first;

    vb__pg_ints_begin(buf, (uint32_t)count);
    for (size_t i = 0; i < count; i++, at += size)
        vb__pg_ints_add(buf, *(const int64_t *)(const void *)at);
    end(columns, buf);
}

void vb__pg_columns_spans(struct vb__pg_columns *columns,
                          const struct vb_span *first, size_t size,
                          size_t count)
{
    struct vb_buf *buf = next(columns);
    const char *at = (const char *)first;

    vb__pg_byteas_begin(buf, (uint32_t)count);
    for (size_t i = 0; i < count; i++, at += size)
        vb__pg_byteas_add(buf, *(const struct vb_span *)(const void *)at);
    end(columns, buf);
}

void vb__pg_columns_rows(struct vb__pg_columns *columns,
                         const struct vb__pg_layout *layout, const void *rows,
                         size_t count)
{
    for (const struct vb__pg_field *field = layout->fields;
         field->kind != VB__PG_NO_FIELD; field++) {
        const void *first = (const char *)rows + field->at;

        if (field->kind == VB__PG_INT_FIELD)
            vb__pg_columns_ints(columns, first, layout->size, count);
        else
            vb__pg_columns_spans(columns, first, layout->size, count);
    }
}

void vb__pg_columns_done(struct vb__pg_columns *columns)
{
    for (size_t i = 0; i < VB__PG_COLUMNS; i++)
        vb_buf_done(&columns->bufs[i]);
}

void vb__pg_columns_trim(struct vb__pg_columns *columns)
{
    for (size_t i = 0; i < VB__PG_COLUMNS; i++)
        if (columns->bufs[i].cap > USUAL)
            vb_buf_done(&columns->bufs[i]);
}
