/* Many states in one content. See rows.h. */
#include "resource/rows.h"

#include <stdio.h>

#include "resource/cell.h"

/* Bytes of one field. */
#define FIELD_LIMIT ((size_t)1024 * 1024)

static enum vb_rows_step wrong(struct vb_rows *rows, const char *what)
{
    snprintf(rows->wrong, sizeof(rows->wrong), "%s", what);
    return VB_ROWS_WRONG;
}

/* --- the first row ---------------------------------------------------------
 */

/* Where nothing is said of what members hold, any name is one. */
static const struct vb_property anything = {.types = VB_SCHEMA_ANY};

static const struct vb_property *find_property(const struct vb_state *state,
                                               struct vb_span name)
{
    for (size_t i = 0; i < state->property_count; i++)
        if (state->properties[i].path_len == 1 &&
            vb_span_eq(state->properties[i].path[0], name))
            return &state->properties[i];
    return state->property_count == 0 ? &anything : NULL;
}

static enum vb_rows_step add_column(struct vb_rows *rows,
                                    const struct vb_state *state,
                                    struct vb_span name)
{
    const struct vb_property *property = find_property(state, name);

    rows->name = name;
    if (rows->column_count == VB_ROWS_COLUMNS_MOST)
        return wrong(rows, "is one column too many");
    if (property == NULL)
        return wrong(rows, "names no property");
    for (size_t i = 0; i < rows->column_count; i++)
        if (vb_span_eq(rows->names[i], name))
            return wrong(rows, "names two columns");
    rows->columns[rows->column_count] = property;
    rows->names[rows->column_count++] = name;
    rows->name = VB_SPAN("");
    return VB_ROWS_VALUE;
}

/* A field's text; "" with buf->err where there is no memory. */
static struct vb_span read_field(struct vb_buf *buf,
                                 const struct vb_csv_field *field)
{
    vb_buf_reset(buf);
    vb_csv_read(buf, field);
    return vb_buf_span(buf);
}

static enum vb_rows_step broken(struct vb_rows *rows)
{
    rows->line = rows->csv.line;
    rows->over = true;
    return wrong(rows, rows->csv.wrong);
}

static enum vb_rows_step read_names(struct vb_rows *rows,
                                    struct vb_arena *arena,
                                    const struct vb_state *state)
{
    enum vb_rows_step step = VB_ROWS_VALUE;
    enum vb_csv_step found = VB_CSV_FIELD;
    struct vb_csv_field field;
    struct vb_buf buf;

    vb_buf_init(&buf, FIELD_LIMIT);
    while (step == VB_ROWS_VALUE && found == VB_CSV_FIELD) {
        found = vb_csv_next(&rows->csv, &field);
        if (found == VB_CSV_WRONG)
            step = broken(rows);
        else if (found == VB_CSV_END)
            step = wrong(rows, "has no row of names");
        else
            step = add_column(rows, state,
                              vb_arena_dup(arena, read_field(&buf, &field)));
    }
    if (buf.err != VB_OK || arena->failed)
        step = VB_ROWS_NO_MEMORY;
    vb_buf_done(&buf);
    return step == VB_ROWS_VALUE ? VB_ROWS_OVER : step;
}

enum vb_rows_step vb_rows_begin(struct vb_rows *rows, struct vb_arena *arena,
                                enum vb_media_kind kind, struct vb_span content,
                                const struct vb_state *state)
{
    *rows = (struct vb_rows){
        .table = kind == VB_MEDIA_TABLE,
        .lines = {.text = content},
        .name = VB_SPAN(""),
    };
    if (!rows->table)
        return VB_ROWS_OVER;
    vb_csv_init(&rows->csv, content);
    rows->line = 1;
    rows->columns =
        vb_arena_calloc(arena, VB_ROWS_COLUMNS_MOST, sizeof(*rows->columns));
    rows->names =
        vb_arena_calloc(arena, VB_ROWS_COLUMNS_MOST, sizeof(*rows->names));
    if (arena->failed)
        return VB_ROWS_NO_MEMORY;
    return read_names(rows, arena, state);
}

/* --- rows ------------------------------------------------------------------
 */

/* One row as it is read into an object. */
struct row {
    yyjson_mut_doc *doc;
    yyjson_mut_val *object;
    struct vb_buf text; /* of a field */
    size_t count;       /* fields so far */
    bool blank;         /* all of it so far is one empty field */
};

static bool add_field(const struct vb_rows *rows, struct row *row,
                      const struct vb_csv_field *field)
{
    size_t at = row->count++;
    struct vb_span name;
    yyjson_mut_val *value;

    row->blank = at == 0 && !field->quoted && field->text.len == 0;
    if (at >= rows->column_count)
        return true; /* it will be told that there are too many */
    name = rows->names[at];
    read_field(&row->text, field);
    if (row->text.err != VB_OK)
        return false;
    if (!vb_cell_read(row->doc, vb_buf_span(&row->text), field->quoted,
                      rows->columns[at], &value))
        return false;
    return value == NULL ||
           yyjson_mut_obj_add(row->object,
                              yyjson_mut_strncpy(row->doc, name.ptr, name.len),
                              value);
}

/* A row of as many fields as there are columns is a value. */
static enum vb_rows_step judge_row(struct vb_rows *rows, struct row *row,
                                   struct vb_json **ret_json)
{
    if (row->count != rows->column_count) {
        snprintf(rows->wrong, sizeof(rows->wrong),
                 "has %zu fields, where there are %zu columns", row->count,
                 rows->column_count);
        return VB_ROWS_WRONG;
    }
    return vb_json_freeze(row->object, NULL, ret_json, NULL) == VB_OK
               ? VB_ROWS_VALUE
               : VB_ROWS_NO_MEMORY;
}

/* An empty line between rows, or behind them, is none. */
static bool is_none(const struct vb_rows *rows, const struct row *row)
{
    return row->count == 1 && row->blank && rows->column_count > 1;
}

static enum vb_rows_step read_row(struct vb_rows *rows, struct row *row,
                                  struct vb_json **ret_json)
{
    struct vb_csv_field field;
    enum vb_csv_step found;

    do {
        found = vb_csv_next(&rows->csv, &field);
        if (row->count == 0)
            rows->line = rows->csv.line;
        if (found == VB_CSV_END)
            return VB_ROWS_OVER;
        if (found == VB_CSV_WRONG)
            return broken(rows);
        if (!add_field(rows, row, &field))
            return VB_ROWS_NO_MEMORY;
        if (found == VB_CSV_LAST && is_none(rows, row))
            row->count = 0;
    } while (found != VB_CSV_LAST || row->count == 0);
    return judge_row(rows, row, ret_json);
}

static enum vb_rows_step next_row(struct vb_rows *rows,
                                  struct vb_json **ret_json)
{
    struct row row = {.doc = yyjson_mut_doc_new(NULL)};
    enum vb_rows_step step = VB_ROWS_NO_MEMORY;

    vb_buf_init(&row.text, FIELD_LIMIT);
    row.object = row.doc == NULL ? NULL : yyjson_mut_obj(row.doc);
    if (row.object != NULL)
        step = read_row(rows, &row, ret_json);
    vb_buf_done(&row.text);
    yyjson_mut_doc_free(row.doc);
    return step;
}

/* --- lines -----------------------------------------------------------------
 */

static enum vb_rows_step next_line(struct vb_rows *rows,
                                   struct vb_json **ret_json)
{
    struct vb_json_error error;
    struct vb_span line;
    enum vb_err err;

    if (!vb_lines_next(&rows->lines, &line))
        return VB_ROWS_OVER;
    rows->line = rows->lines.line;
    err = vb_json_parse(line, NULL, ret_json, &error);
    if (err == VB_OK)
        return VB_ROWS_VALUE;
    if (err == VB_ERR_NOMEM)
        return VB_ROWS_NO_MEMORY;
    snprintf(rows->wrong, sizeof(rows->wrong), "column %zu: %s", error.column,
             error.text);
    return VB_ROWS_WRONG;
}

enum vb_rows_step vb_rows_next(struct vb_rows *rows, struct vb_json **ret_json)
{
    if (rows->over)
        return VB_ROWS_OVER;
    return rows->table ? next_row(rows, ret_json) : next_line(rows, ret_json);
}
