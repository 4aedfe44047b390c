/*
 * Web links in the Link field (RFC 8288 section 3): read, and written.
 *
 *     </items?page=2>; rel="next"; title="more, please"
 *      \___________/       \__/
 *         target            rel
 */
#ifndef VB_HTTP_LINK_H
#define VB_HTTP_LINK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* What a link says, read or to be written. Absent: ptr NULL. */
struct vb_link_value {
    struct vb_span target; /* a URI reference */
    struct vb_span anchor; /* its context, a URI reference; when there is one,
                              the link is not about the resource asked for, and
                              must not be taken so (8288-3.2-01) */
    struct vb_span rel;    /* relation types with spaces between */
    struct vb_span title;  /* from title* if that is there and readable */
    struct vb_span type;   /* media type hint */
    struct vb_span media;
    struct vb_span hreflang; /* the first; there may be more in `params` */
    struct vb_span params;   /* all, for vb_params_init with VB_PARAMS_BARE |
                                VB_PARAMS_BWS; not written */
};

struct vb_links {
    const struct vb_span *lines;
    size_t count;
    size_t line;
    struct vb_span rest; /* of that line */
    struct vb_arena *arena;
    enum vb_err err; /* why it ended early, or VB_OK */
};

/* Starts at the first link of all lines of the field, which are borrowed; what
 * must be unescaped will lie in the arena. */
void vb_links_init(struct vb_links *links, struct vb_arena *arena,
                   const struct vb_span *lines, size_t count);

/*
 * The next link. Token and quoted values are equal (8288-3-01); of a parameter
 * that occurs twice the first counts (8288-3.3-01, 8288-3.4.1-01). A link
 * without rel is handed out: it relates nothing. False at the end, and at the
 * first malformed link (links->err is VB_ERR_SYNTAX) or for want of memory
 * (VB_ERR_NOMEM).
 */
bool vb_links_next(struct vb_links *links, struct vb_link_value *ret_link);

/* Is `rel` among the link's relation types, in any case (8288-2.1.1-01,
 * 8288-2.1.2-01)? */
bool vb_link_has_rel(const struct vb_link_value *link, struct vb_span rel);

/*
 * Appends one link; the caller puts ", " between links. A title past ASCII is
 * written as title*. VB_ERR_INVALID, nothing appended: a target or anchor that
 * is no URI reference, no relation type, one that is neither a registered
 * type's form nor an absolute URI, a control character, a title that is not
 * UTF-8. Otherwise buf->err.
 */
enum vb_err vb_link_write(struct vb_buf *buf, const struct vb_link_value *link);

#endif
