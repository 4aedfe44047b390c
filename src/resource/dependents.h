/*
 * Deleting what others refer to, as their descriptions say (x-verbatim:
 * {references: …, on-delete: …}): they go along, or let go of it, or keep it.
 *
 *     DELETE /authors/3
 *       └─ who refers to it? ─ cascade ─▶ deleted too; who refers to that? ...
 *            └─ set-null ─▶ changed: what they refer to becomes null
 *            └─ restrict ─▶ 409
 *
 * All of it is one commit; what changes meanwhile is looked at again (AGAIN).
 * Whose these resources are is not asked: that they follow is the word of the
 * description.
 */
#ifndef VB_RESOURCE_DEPENDENTS_H
#define VB_RESOURCE_DEPENDENTS_H

#include "resource/stored.h"

/* Resources that go along or change with one deletion at most; else 409. */
#define VB_DEPENDENTS_MOST 500

/* The question `commit` of DELETE, where the route is depended on. */
enum vb_answer vb_dependents_delete(struct vb_stored *stored);

#endif
