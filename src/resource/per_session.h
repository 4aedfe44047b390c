/*
 * Documents of which each session has one of its own (x-verbatim: {per:
 * session}): a shopping cart. Who has no session and writes one, where that is
 * for anybody, gets a session with it: a guest's.
 *
 *     PUT /cart ── a session? ── its document, of-session:DATA/cart
 *                    └─ none: one is made, in the same commit ─▶ Set-Cookie
 */
#ifndef VB_RESOURCE_PER_SESSION_H
#define VB_RESOURCE_PER_SESSION_H

#include "resource/stored.h"

/* Of a resource that is a document already (vb_document_init). */
void vb_per_session_init(struct vb_resource *resource);

#endif
