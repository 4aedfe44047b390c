/*
 * Parts of a representation (RFC 9111 sections 3.3 and 3.4, RFC 9110 section
 * 15.3.7.3): what a 206 has brought is kept, and answers ranges that lie in it.
 *
 *     [first ####### )                      complete
 *            [ ######### )   touches it, and has the same strong tag
 *     [first ########### )   one part, or all there is: then it is a 200
 *
 * One part is kept of each selected response, and under a key of its own: who
 * looks for all of it never finds a part. Whoever puts none in needs to know
 * nothing of this. Its representation is the whole's, and streamed: how long
 * that is, and what its fields are; the bytes that are there are in `content`.
 */
#ifndef VB_CACHING_PARTIAL_H
#define VB_CACHING_PARTIAL_H

#include "caching/memory.h"
#include "http/range.h"

/* The key of parts beside that of the whole, in the arena. False: no memory. */
bool vb_part_key(struct vb_arena *arena, const struct vb_caching_key *key,
                 struct vb_caching_key *ret_key);

/*
 * Which part a 206 brings, and how many bytes. False: what is no part that
 * could be combined with others (9111-3.3-02): of several ranges, of another
 * unit, of unknown length, or without a strong tag.
 */
bool vb_part_read(const struct vb_received *received, struct vb_part *ret_part,
                  uint64_t *ret_length);

/* The bytes of a range, where a stored part has them all; ptr NULL: it has not
 * (9111-3.3-03). Borrowed from it; for a 206 with Content-Range
 * (9111-3.3-04). */
struct vb_span vb_part_bytes(const struct vb_stored_response *stored,
                             const struct vb_range *range);

/* A range that, with what is there, would make it all: for Range, with its tag
 * in If-Range. False: there are two, before and behind it. */
bool vb_part_missing(const struct vb_stored_response *stored,
                     struct vb_range *ret_range);

/*
 * What was stored and what came after it as one, with the fields of the later
 * one (9111-3.4-01): a new response, one reference. NULL: they have not the
 * same strong tag (9111-3.4-02), or there is a gap between them; or no memory.
 */
struct vb_stored_response *
vb_part_combine(const struct vb_stored_response *stored,
                const struct vb_stored_response *later);

/* Keeps a part, together with what there is; `key` is the whole's, under which
 * all of it is kept once it is there. As vb_memory_put. */
bool vb_part_keep(struct vb_memory_tier *tier, const struct vb_caching_key *key,
                  uint64_t moment, struct vb_stored_response *part);

#endif
