/*
 * A JSON value as the text of one cell of a table, and back. What was written
 * is read as the same value; only nothing and null are one and the same.
 *
 *     nothing, null       nothing: an empty cell
 *     ""                  "", in quotes
 *     text                the text; where the property may be something else
 *                         as well, and the text would be taken for that, as a
 *                         JSON string
 *     number, true, []..  its JSON text
 */
#ifndef VB_RESOURCE_CELL_H
#define VB_RESOURCE_CELL_H

#include <yyjson.h>

#include "content/csv.h"

/* Appends a field of what a property of these types (a set of enum
 * vb_schema_type, VB_SCHEMA_ANY where nothing is said) has; NULL: nothing. */
void vb_cell_write(struct vb_buf *buf, yyjson_val *value, unsigned types);

#endif
