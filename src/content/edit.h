/*
 * A document being edited: a mutable copy of a value, changed at places that
 * JSON Pointers name, within bounds on memory, depth and work.
 *
 * Lists under yyjson's mutable values are linked, so finding a place takes
 * steps; `work` counts them down. Pointers must be valid.
 */
#ifndef VB_CONTENT_EDIT_H
#define VB_CONTENT_EDIT_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/span.h"
#include "content/budget.h"
#include "content/json.h"

/* What became of a step. */
enum vb__edited {
    VB__EDITED,
    VB__EDIT_NO_VALUE,   /* the pointer names nothing */
    VB__EDIT_NO_PARENT,  /* nothing there that could have such a child */
    VB__EDIT_NO_INDEX,   /* the parent is an array and has no such place */
    VB__EDIT_TOO_DEEP,   /* than the limits allow */
    VB__EDIT_TOO_LARGE,  /* for the memory allowed */
    VB__EDIT_TOO_COSTLY, /* the work allowed is used up */
    VB__EDIT_NOMEM,
};

/* Must not move while in use. */
struct vb__edit {
    yyjson_mut_doc *doc;
    yyjson_mut_val *root; /* NULL: there is no document (any more) */
    struct vb_budget budget;
    size_t work;    /* steps left */
    unsigned depth; /* how deep the document may become */
};

/* Starts with a copy of `value`, or with nothing when it is NULL. After a
 * failure vb__edit_done is still to be called. */
enum vb__edited vb__edit_init(struct vb__edit *edit, yyjson_val *value,
                              const struct vb_json_limits *limits, size_t work);

void vb__edit_done(struct vb__edit *edit);

/* Finds a value; it stays where it is. */
enum vb__edited vb__edit_get(struct vb__edit *edit, struct vb_span pointer,
                             yyjson_mut_val **ret_value);

/* A copy that is not in the document yet: of a foreign value, of one within. */
enum vb__edited vb__edit_import(struct vb__edit *edit, yyjson_val *value,
                                yyjson_mut_val **ret_copy);
enum vb__edited vb__edit_copy(struct vb__edit *edit, yyjson_mut_val *value,
                              yyjson_mut_val **ret_copy);

/* Puts a value that is in no document in: RFC 6902 section 4.1. */
enum vb__edited vb__edit_add(struct vb__edit *edit, struct vb_span pointer,
                             yyjson_mut_val *value);

/* Puts such a value in the place of one that is there. */
enum vb__edited vb__edit_replace(struct vb__edit *edit, struct vb_span pointer,
                                 yyjson_mut_val *value);

enum vb__edited vb__edit_remove(struct vb__edit *edit, struct vb_span pointer);

/* Removes and adds what it removed; `from` does not cover `to`. Only `from`
 * can have NO_VALUE, only `to` NO_PARENT and NO_INDEX. */
enum vb__edited vb__edit_move(struct vb__edit *edit, struct vb_span from,
                              struct vb_span to);

/* Is the value there equal to a foreign one? */
enum vb__edited vb__edit_equal(struct vb__edit *edit, struct vb_span pointer,
                               yyjson_val *value, bool *ret_equal);

#endif
