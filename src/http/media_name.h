/*
 * Which media type a file's content has, by the end of its name
 * (media_name.tbl), for want of anything better: RFC 9110 section 8.3.
 */
#ifndef VB_HTTP_MEDIA_NAME_H
#define VB_HTTP_MEDIA_NAME_H

#include "base/span.h"

/* Of "logo.PNG": "image/png". What has no end, or one that is not known, is
 * application/octet-stream. Static. */
struct vb_span vb_media_of_name(struct vb_span name);

#endif
