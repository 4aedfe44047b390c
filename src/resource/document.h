/* Documents: see document.c. */
#ifndef VB_RESOURCE_DOCUMENT_H
#define VB_RESOURCE_DOCUMENT_H

#include "resource/stored.h"

/* What a document does for a method; NULL: nothing. */
const struct vb_slot *vb_document_slot(enum vb_method method, bool creates);

/* Sets the questions that a document answers itself. */
void vb_document_init(struct vb_resource *resource);

/* Bytes that JSON content may have: as configured, but no more than a record
 * holds in one piece, since JSON is read and changed as a whole. */
uint64_t vb_document_limit(const struct vb_exchange *x);

/* The questions `received`, `parsed` and `valid` for content that is to be the
 * whole state: JSON into stored->input, or bytes as they are. */
enum vb_answer vb_document_receive(struct vb_stored *stored);
enum vb_answer vb_document_parse(struct vb_stored *stored);
enum vb_answer vb_document_valid(struct vb_stored *stored);

/*
 * Holds stored->input, as it would be stored, against a schema (NULL: anything
 * goes). YES, NO with `invalid` and complaints, or HALT. `purpose`: see enum
 * vb_compose_for.
 */
enum vb_answer vb_document_check(struct vb_stored *stored,
                                 const struct vb_schema *schema,
                                 unsigned invalid, unsigned purpose);

/* The state to be cannot be made: it would be beyond the bounds (VB_ERR_LIMIT),
 * or there is no memory for it. Sets 413 or 503; HALT. */
enum vb_answer vb_document_beyond(struct vb_exchange *x, enum vb_err err);

/* The question `commit`: composes stored->input (or takes stored->bytes as
 * they are) and writes it. */
enum vb_answer vb_document_write(struct vb_stored *stored, unsigned purpose);

/* The question `exists` of a document whose record is under x->key. */
vb_question vb_document_exists;

#endif
