/*
 * Quoted strings and comments (RFC 9110 sections 5.6.4 and 5.6.5): how far
 * they go, what they say, how to write one.
 *
 *     "a \"b\" c"       s, with its quotes
 *      a \"b\" c        inner: between them, still escaped
 *      a "b" c          what it means
 */
#ifndef VB_HTTP_QUOTED_H
#define VB_HTTP_QUOTED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/*
 * Length of the quoted-string that s begins with, quotes included; 0 when s
 * does not begin with one that is well-formed and closed.
 */
size_t vb_quoted_len(struct vb_span s);

/* Length of the comment that s begins with, of any depth; 0 as above. */
size_t vb_comment_len(struct vb_span s);

/* Octets as they stand, or the inner text of a quoted-string. */
struct vb_escaped {
    struct vb_span text;
    bool escapes; /* a backslash counts as the octet after it */
};

/*
 * Do both mean the same (9110-5.6.4-01)? With `fold`, the case of ASCII
 * letters makes no difference.
 */
bool vb_escaped_eq(struct vb_escaped a, struct vb_escaped b, bool fold);

/*
 * What the inner text means. Without a backslash it is `inner` itself, and
 * buf is not used; otherwise it is written to buf, of cap bytes (inner.len
 * always suffices). VB_ERR_LIMIT when it does not fit.
 */
enum vb_err vb_quoted_unescape(struct vb_span inner, char *buf, size_t cap,
                               struct vb_span *ret_text);

/*
 * Appends text as a quoted-string, escaping DQUOTE and backslash only.
 * VB_ERR_INVALID, and nothing appended, when text has an octet that no
 * quoted-string can hold (a control character); else buf->err.
 */
enum vb_err vb_quoted_append(struct vb_buf *buf, struct vb_span text);

#endif
