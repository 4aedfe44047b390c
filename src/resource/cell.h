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
#include "describe/describe.h"

/* Appends a field of what a property of these types (a set of enum
 * vb_schema_type, VB_SCHEMA_ANY where nothing is said) has; NULL: nothing. */
void vb_cell_write(struct vb_buf *buf, yyjson_val *value, unsigned types);

/*
 * What a cell's text means for a property: *ret_value, in the document, or NULL
 * for nothing, or null where only that can be meant. What cannot be meant at
 * all is a string, for the schema to refuse. False: out of memory.
 */
bool vb_cell_read(yyjson_mut_doc *doc, struct vb_span text, bool quoted,
                  const struct vb_property *property,
                  yyjson_mut_val **ret_value);

#endif
