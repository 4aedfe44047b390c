/* Entity tags: see etag.h. */
#include "http/etag.h"

#include "base/assert.h"
#include "http/chars.h"

bool vb_etag_parse(struct vb_span s, struct vb_etag *ret_tag)
{
    bool weak = vb_span_starts(s, VB_SPAN("W/"));
    struct vb_span opaque;

    s = vb_span_from(s, weak ? 2 : 0);
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
        return false;
    opaque = vb_span_of(s.ptr + 1, s.len - 2);
    if (vb_chars_run(opaque, VB_CHAR_ETAGC) != opaque.len)
        return false;
    *ret_tag = (struct vb_etag){opaque, weak};
    return true;
}

size_t vb_etag_format(const struct vb_etag *tag, char *text)
{
    char *at = text;

    vb_assert(vb_chars_run(tag->opaque, VB_CHAR_ETAGC) == tag->opaque.len);
    if (tag->weak) {
        *at++ = 'W';
        *at++ = '/';
    }
    *at++ = '"';
    if (tag->opaque.len > 0)
        memcpy(at, tag->opaque.ptr, tag->opaque.len);
    at += tag->opaque.len;
    *at++ = '"';
    return (size_t)(at - text);
}

bool vb_etag_strong_eq(const struct vb_etag *a, const struct vb_etag *b)
{
    return !a->weak && !b->weak && vb_span_eq(a->opaque, b->opaque);
}

bool vb_etag_weak_eq(const struct vb_etag *a, const struct vb_etag *b)
{
    return vb_span_eq(a->opaque, b->opaque);
}

void vb_etags_init(struct vb_etags *etags, const struct vb_span *values,
                   size_t count)
{
    vb_elements_init(&etags->elements, values, count, VB_ELEMENTS_NO_ESCAPE);
}

enum vb_etags_item vb_etags_next(struct vb_etags *etags,
                                 struct vb_etag *ret_tag)
{
    struct vb_span element;

    if (!vb_elements_next(&etags->elements, &element))
        return VB_ETAGS_END;
    if (vb_span_eq(element, VB_SPAN("*")))
        return VB_ETAGS_ANY;
    return vb_etag_parse(element, ret_tag) ? VB_ETAGS_TAG : VB_ETAGS_MALFORMED;
}
