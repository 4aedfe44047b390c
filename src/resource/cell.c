/* Values in cells. See cell.h. */
#include "resource/cell.h"

#include "content/json.h"
#include "content/schema.h"

/* Bytes of a value's JSON text. */
#define CELL_LIMIT ((size_t)1024 * 1024)

/* Can it be nothing but text? */
static bool is_text(unsigned types)
{
    return (types & ~(unsigned)(VB_SCHEMA_STRING | VB_SCHEMA_NULL)) == 0;
}

static bool reads_as_json(struct vb_span text)
{
    struct vb_json *json;

    if (vb_json_parse(text, NULL, &json, NULL) != VB_OK)
        return false;
    vb_json_free(json);
    return true;
}

static void write_json(struct vb_buf *buf, yyjson_val *value)
{
    struct vb_buf text;

    vb_buf_init(&text, CELL_LIMIT);
    vb_json_write(&text, value);
    if (text.err == VB_OK)
        vb_csv_write(buf, vb_buf_span(&text));
    else
        buf->err = text.err;
    vb_buf_done(&text);
}

void vb_cell_write(struct vb_buf *buf, yyjson_val *value, unsigned types)
{
    if (value == NULL || yyjson_is_null(value))
        return;
    if (yyjson_is_str(value) &&
        (is_text(types) || !reads_as_json(vb_json_text(value))))
        vb_csv_write(buf, vb_json_text(value));
    else
        write_json(buf, value);
}
