/* What makes stored responses, for response.c and frozen.c. */
#ifndef VB_CACHING_RESPONSE_INNER_H
#define VB_CACHING_RESPONSE_INNER_H

#include "caching/response.h"

/*
 * All that `from` says, with texts of its own, and a representation of these
 * parts with this content (NULL: none; then as the parts say). One reference;
 * NULL: no memory.
 */
struct vb_stored_response *
vb__response_form(const struct vb_stored_response *from,
                  struct vb_rep_parts *parts, struct vb_kept_content *content);

/* The parts of a response's representation, but for the content; they lie in
 * it. */
void vb__response_parts(const struct vb_stored_response *response,
                        struct vb_rep_parts *ret_parts);

#endif
