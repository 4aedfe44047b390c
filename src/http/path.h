/*
 * Paths of URIs (RFC 3986 section 3.3): the normal form that routes and cache
 * keys are looked up by, and the segments, still encoded, one by one.
 */
#ifndef VB_HTTP_PATH_H
#define VB_HTTP_PATH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The normal form of the path of a hierarchical URI (RFC 3986 section 6.2.2,
 * RFC 9110 section 4.2.3): escapes of unreserved characters undone, the other
 * escapes in upper case, then dot segments removed, never above the root
 * (5.2.4); an empty path is "/". "%2F" stays as it is, and so do empty
 * segments. A path that is normal already is handed back as it is, without
 * touching the arena; otherwise the result lies there.
 *
 * VB_ERR_SYNTAX: it does not start with "/", has a character outside the
 * grammar, a malformed escape, or "%00". VB_ERR_NOMEM.
 */
enum vb_err vb_path_normalise(struct vb_arena *arena, struct vb_span path,
                              struct vb_span *ret_path);

/* The segments between slashes: "/" has one, empty; "/a/" has "a" and "". */
struct vb_segments {
    struct vb_span rest; /* from the next slash on */
};

/* Starts at the first segment. `path` starts with "/"; an empty one has none.
 */
static inline void vb_segments_init(struct vb_segments *segments,
                                    struct vb_span path)
{
    segments->rest = path;
}

/* The next segment, as it is written (vb_percent_decode reads it); false at
 * the end. */
bool vb_segments_next(struct vb_segments *segments,
                      struct vb_span *ret_segment);

/*
 * Appends the name of a resource as one segment. False, nothing appended, for
 * what no segment can say: "." and "..", escaped or not, are dot segments to
 * everyone, and NUL is refused when it comes back.
 */
bool vb_path_append_segment(struct vb_buf *buf, struct vb_span name);

#endif
