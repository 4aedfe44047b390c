/*
 * Asking the next hop whether what is stored still holds, and what its answer
 * means (RFC 9111 section 4.3).
 *
 *     stored responses of the key ─▶ If-None-Match, If-Modified-Since ─▶
 *     304 ─▶ which of them it is about ─▶ each anew, with the 304's fields
 */
#ifndef VB_CACHING_VALIDATION_H
#define VB_CACHING_VALIDATION_H

#include "caching/response.h"

/* Stored responses whose tags are sent (section 4.3.1). */
#define VB_VALIDATED_MAX 8

/* What is validated: references to stored responses of one key. The one that
 * the request selects is the first, unless it selects none. */
struct vb_validated {
    struct vb_stored_response *at[VB_VALIDATED_MAX];
    size_t count;
    bool selects; /* at[0] is selected */
};

/*
 * The fields to send instead of the request's own conditions (vb_validation_
 * replaces), in the arena. The client's tags go with ours (9111-4.3.2-05), so
 * that a 304 may be for it. No field at all: there is nothing to validate by.
 * False: no memory.
 */
struct vb_validation_fields {
    struct vb_field_out at[2];
    size_t count;
};
bool vb_validation_fields(struct vb_arena *arena, const struct vb_asked *asked,
                          const struct vb_validated *validated,
                          struct vb_validation_fields *ret_fields);

/* Is a field of the client's request left out of a validation? A Range is, as
 * what is validated is whole. */
bool vb_validation_replaces(enum vb_field_id id);

/* What a 304 is about (section 4.3.4). */
enum vb_validation_outcome {
    VB_VALIDATION_STORED,  /* some of what is stored: to be freshened, and the
                              answer is at[answer] */
    VB_VALIDATION_CLIENT,  /* what the client itself has: pass it on */
    VB_VALIDATION_NOTHING, /* nothing we know of: ask again, unconditionally */
};

struct vb_validation {
    enum vb_validation_outcome outcome;
    uint32_t freshen; /* bits of the indexes of those to be freshened */
    size_t answer;    /* index of the response that answers the request */
};

void vb_validation_judge(const struct vb_asked *asked,
                         const struct vb_validated *validated,
                         const struct vb_received *received,
                         struct vb_validation *ret_validation);

/* What a 200 to a HEAD means for a stored response to GET (section 4.3.5):
 * does it describe the same? If not, that one is to be invalidated. */
bool vb_validation_head_agrees(const struct vb_received *received,
                               const struct vb_stored_response *stored);

/* A stored response, and the 304 or the 200 to HEAD that is about it. */
struct vb_freshening {
    const struct vb_asked *asked;
    struct vb_span uri; /* the key's */
    const struct vb_stored_response *stored;
    const struct vb_received *received;
    /* It is to be for requests like this one, and not for those that the stored
     * one was for: the origin has said that a variant that was not selected is
     * the right one (section 4.1). */
    bool here;
};

/*
 * The stored response with the received fields instead of its own (section
 * 3.2): a new one, of the same content, in *ret_response, one reference.
 * Whether it may be stored again is in *ret_storing; it answers this request
 * all the same. VB_ERR_NOMEM.
 */
enum vb_err vb_validation_freshen(const struct vb_caching_policy *policy,
                                  struct vb_arena *arena,
                                  const struct vb_freshening *freshening,
                                  struct vb_storing *ret_storing,
                                  struct vb_stored_response **ret_response);

/* The fields of a stored response, with those of a later one about it in their
 * place (section 3.2); in the arena. NULL: no memory. */
const struct vb_fields *
vb_validation_merge(struct vb_arena *arena,
                    const struct vb_stored_response *stored,
                    const struct vb_fields *fresh);

#endif
