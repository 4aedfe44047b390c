/*
 * The trailer section behind the last chunk (RFC 9112 section 7.1.2), of a
 * request or a reply.
 *
 * Trailers are kept apart from the head's fields. All of it must be there
 * before any of it is looked at; a head's bound on its fields bounds it too.
 */
#ifndef VB_WIRE_H1_TRAILERS_H
#define VB_WIRE_H1_TRAILERS_H

#include "exchange/head.h"

/* Where they go. */
struct vb_h1_trailers {
    struct vb_arena *arena;
    const struct vb_head_limits *limits;
    struct vb_fields **fields; /* *fields stays NULL where there are none */
};

/* Takes the section when it is all there; *scanned, which begins as 0, is what
 * of it is known not to end it. False when it takes more input; else *ret_why
 * says what was wrong. */
bool vb__h1_trailers_next(const struct vb_h1_trailers *to, uint32_t *scanned,
                          struct vb_span *in, struct vb_verdict *ret_why);

#endif
