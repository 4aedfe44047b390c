/*
 * Entity tags (RFC 9110 section 8.8.3): reading, writing, the two ways to
 * compare them (8.8.3.2), and the lists of If-Match and If-None-Match.
 *
 * A backslash in a tag is an octet like others, and so is a comma: a tag is
 * no quoted-string, whatever it looks like.
 */
#ifndef VB_HTTP_ETAG_H
#define VB_HTTP_ETAG_H

#include <stdbool.h>

#include "base/span.h"
#include "http/elements.h"

struct vb_etag {
    struct vb_span opaque; /* between the quotes; may be empty */
    bool weak;             /* W/ */
};

/* Reads s, all of it, as one entity tag. W/ is case-sensitive. */
bool vb_etag_parse(struct vb_span s, struct vb_etag *ret_tag);

/* Bytes that writing a tag takes beyond those of ->opaque. */
#define VB_ETAG_MORE 4

/*
 * Writes the tag without a NUL; text has room for opaque.len + VB_ETAG_MORE.
 * The length is returned. The opaque part must be made of etagc.
 */
size_t vb_etag_format(const struct vb_etag *tag, char *text);

/* Strong comparison: both strong, and alike octet by octet. */
bool vb_etag_strong_eq(const struct vb_etag *a, const struct vb_etag *b);

/* Weak comparison: alike octet by octet. */
bool vb_etag_weak_eq(const struct vb_etag *a, const struct vb_etag *b);

/* What stands at one place of `"*" / #entity-tag`. */
enum vb_etags_item {
    VB_ETAGS_END = 0,
    VB_ETAGS_TAG,
    VB_ETAGS_ANY,       /* the asterisk: well-formed only when alone */
    VB_ETAGS_MALFORMED, /* one element that is neither; more may follow */
};

struct vb_etags {
    struct vb_elements elements;
};

/* Starts on all the lines of an If-Match or If-None-Match field. */
void vb_etags_init(struct vb_etags *etags, const struct vb_span *values,
                   size_t count);

/* The next item; *ret_tag is set only for VB_ETAGS_TAG. */
enum vb_etags_item vb_etags_next(struct vb_etags *etags,
                                 struct vb_etag *ret_tag);

#endif
