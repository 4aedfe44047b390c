/*
 * Content that is kept: counted bytes, which several stored responses share
 * where one is another one that was validated.
 */
#ifndef VB_CACHING_CONTENT_H
#define VB_CACHING_CONTENT_H

#include <stddef.h>

#include "base/ref.h"
#include "base/span.h"

struct vb_kept_content {
    struct vb_ref ref;
    size_t size; /* bytes it has room for */
    size_t len;  /* and that are in it; whoever alone holds it may add some */
    char bytes[];
};

/* Room for so many bytes, and none in it. One reference; NULL: no memory. */
struct vb_kept_content *vb_kept_content_new(size_t size);

/* The same, with these in it. */
struct vb_kept_content *vb_kept_content_of(struct vb_span bytes);

static inline struct vb_kept_content *
vb_kept_content_ref(struct vb_kept_content *content)
{
    vb_ref_get(&content->ref);
    return content;
}

/* NULL is fine. */
void vb_kept_content_unref(struct vb_kept_content *content);

static inline struct vb_span
vb_kept_content_span(const struct vb_kept_content *content)
{
    return vb_span_of(content->bytes, content->len);
}

#endif
