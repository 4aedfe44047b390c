/* Listings as tables. See columns.h. */
#include "resource/columns.h"

#include "resource/cell.h"

/* Bytes of a column's name. */
#define NAME_LIMIT ((size_t)64 * 1024)

static bool is_column(const struct vb_property *property)
{
    return property->path_len == 1 && !property->write_only;
}

static size_t count_columns(const struct vb_state *state)
{
    size_t count = 0;

    for (size_t i = 0; i < state->property_count; i++)
        count += is_column(&state->properties[i]);
    return count;
}

bool vb_columns_fit(const struct vb_route *listing)
{
    const struct vb_state *state = listing->state;

    return state != NULL && state->json && !state->verbatim &&
           count_columns(state) > 0;
}

/* Once, however often it is asked for. */
static void add(struct vb_columns *columns,
                const struct vb_filter_field *column)
{
    for (size_t i = 0; i < columns->count; i++)
        if (vb_filter_field_same(&columns->at[i], column))
            return;
    columns->at[columns->count++] = *column;
}

/* Those of the description. */
static void add_all(struct vb_columns *columns, const struct vb_state *state)
{
    for (size_t i = 0; i < state->property_count; i++)
        if (is_column(&state->properties[i]))
            add(columns, &(struct vb_filter_field){
                             .path = state->properties[i].path,
                             .path_len = 1,
                             .types = state->properties[i].types,
                         });
}

bool vb_columns_choose(struct vb_columns *columns, struct vb_arena *arena,
                       const struct vb_selection *selection)
{
    const struct vb_state *state = selection->route->state;
    bool chosen = selection->field_count > 0;
    size_t most = chosen ? selection->field_count : state->property_count;

    columns->count = 0;
    columns->at = vb_arena_calloc(arena, most, sizeof(*columns->at));
    if (columns->at == NULL)
        return false;
    for (size_t i = 0; i < selection->field_count; i++)
        add(columns, &selection->fields[i]);
    if (!chosen)
        add_all(columns, state);
    return true;
}

static void write_name(struct vb_buf *buf, const struct vb_filter_field *column)
{
    struct vb_buf name;

    vb_buf_init(&name, NAME_LIMIT);
    for (size_t i = 0; i < column->path_len; i++) {
        if (i > 0)
            vb_buf_char(&name, '.');
        vb_buf_append(&name, column->path[i]);
    }
    vb_csv_write(buf, vb_buf_span(&name));
    if (name.err != VB_OK)
        buf->err = name.err;
    vb_buf_done(&name);
}

void vb_columns_write_head(struct vb_buf *buf, const struct vb_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        write_name(buf, &columns->at[i]);
    }
    vb_csv_end(buf);
}

void vb_columns_write_row(struct vb_buf *buf, const struct vb_columns *columns,
                          yyjson_val *root)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct vb_filter_field *column = &columns->at[i];

        if (i > 0)
            vb_buf_char(buf, ',');
        vb_cell_write(buf, vb_filter_value(column, root), column->types);
    }
    vb_csv_end(buf);
}
