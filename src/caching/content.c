/* Counted content: see content.h. */
#include "caching/content.h"

#include <stdlib.h>

struct vb_kept_content *vb_kept_content_new(size_t size)
{
    struct vb_kept_content *content = malloc(sizeof(*content) + size);

    if (content == NULL)
        return NULL;
    vb_ref_init(&content->ref);
    content->size = size;
    content->len = 0;
    return content;
}

struct vb_kept_content *vb_kept_content_of(struct vb_span bytes)
{
    struct vb_kept_content *content = vb_kept_content_new(bytes.len);

    if (content != NULL && bytes.len > 0)
        memcpy(content->bytes, bytes.ptr, bytes.len);
    if (content != NULL)
        content->len = bytes.len;
    return content;
}

void vb_kept_content_unref(struct vb_kept_content *content)
{
    if (content != NULL && vb_ref_put(&content->ref))
        free(content);
}
