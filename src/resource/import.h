/*
 * Many members at once: POST of lines of JSON or of a table to a collection.
 * All or none, in one commit; what is wrong is told line by line.
 *
 *     received ── content, whole
 *     parsed ──── the table's first row
 *     valid ───── each value against the schema           import.c
 *     granted ─── each value by the rule
 *     commit ──── a number, state and ties for each,      import_write.c
 *                 and all changes in one commit
 *
 * The values are read anew for each of these steps, a few at a time: only the
 * states to be are ever held, and the worker goes on with others in between.
 */
#ifndef VB_RESOURCE_IMPORT_H
#define VB_RESOURCE_IMPORT_H

#include "resource/build.h"
#include "resource/stored.h"

/* Does the request bring many? Once its media type is understood. */
bool vb_import_is(const struct vb_exchange *x);

/* The questions of the slot, for the state that each of the values passes
 * through. */
enum vb_answer vb_import_receive(struct vb_stored *stored);
enum vb_answer vb_import_parse(struct vb_stored *stored);
enum vb_answer vb_import_valid(struct vb_stored *stored);
enum vb_answer vb_import_write(struct vb_stored *stored);

/* Asks the rule of a guarded collection, if this is one, of each value. */
void vb_import_put(struct vb_built *built);

#endif
