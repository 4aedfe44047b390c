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

/* --- reading ---------------------------------------------------------------
 */

/* Is nothing null? Not where a default would fill in, nor where nothing is said
 * of what it is. */
static bool means_null(const struct vb_property *property)
{
    return property->types != VB_SCHEMA_ANY &&
           (property->types & VB_SCHEMA_NULL) != 0 &&
           property->default_value == NULL;
}

static unsigned type_of(yyjson_val *value)
{
    if (vb_json_is_number(value))
        return VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER;
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
        return VB_SCHEMA_NULL;
    case YYJSON_TYPE_BOOL:
        return VB_SCHEMA_BOOLEAN;
    case YYJSON_TYPE_STR:
        return VB_SCHEMA_STRING;
    case YYJSON_TYPE_ARR:
        return VB_SCHEMA_ARRAY;
    default:
        return VB_SCHEMA_OBJECT;
    }
}

/* What it reads as, where the property may be that; else NULL. */
static yyjson_mut_val *read_json(yyjson_mut_doc *doc, struct vb_span text,
                                 unsigned types)
{
    yyjson_mut_val *value = NULL;
    struct vb_json *json;

    if (vb_json_parse(text, NULL, &json, NULL) != VB_OK)
        return NULL;
    if ((type_of(json->root) & types) != 0)
        value = yyjson_val_mut_copy(doc, json->root);
    vb_json_free(json);
    return value;
}

bool vb_cell_read(yyjson_mut_doc *doc, struct vb_span text, bool quoted,
                  const struct vb_property *property,
                  yyjson_mut_val **ret_value)
{
    unsigned types = property->types;

    *ret_value = NULL;
    if (text.len == 0 && (!quoted || (types & VB_SCHEMA_STRING) == 0)) {
        if (means_null(property))
            *ret_value = yyjson_mut_null(doc);
        return *ret_value != NULL || !means_null(property);
    }
    if (!is_text(types))
        *ret_value = read_json(doc, text, types);
    if (*ret_value == NULL)
        *ret_value =
            yyjson_mut_strncpy(doc, text.len > 0 ? text.ptr : "", text.len);
    return *ret_value != NULL;
}
