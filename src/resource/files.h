/*
 * Files: everything below one path is the content of a directory.
 *
 *     exists ── cache ── looked at within a second? ─▶ current     worker
 *        │                └── look again: the same? ─▶ current     worker
 *        └────────────── look, load ──▶ cache, current             executor
 *
 * Both looks are also at the directory, for the languages that there are
 * (files_language.h): once a second for all of its files. What is current is
 * the default; which variant the client gets is chosen from what was seen with
 * it (files_choose.c), and is current if it was looked at as well.
 *
 * What the client sees is never older than VB_FILES_TRUST_MS.
 */
#ifndef VB_RESOURCE_FILES_H
#define VB_RESOURCE_FILES_H

#include "flow/resource.h"

/* For so long, milliseconds, nobody looks whether a file has changed. */
#define VB_FILES_TRUST_MS 1000

/* What it does for a method; NULL: nothing. */
const struct vb_slot *vb_files_slot(enum vb_method method);

/* Sets questions and the slot of GET; resource->data is a struct vb_built whose
 * route has `from`. */
void vb_files_init(struct vb_resource *resource);

#endif
