/*
 * Content-Disposition of a response (RFC 6266): offer to save, under a name.
 */
#ifndef VB_HTTP_CONTENT_DISPOSITION_H
#define VB_HTTP_CONTENT_DISPOSITION_H

#include "base/buf.h"
#include "base/err.h"

enum vb_disposition {
    VB_DISPOSITION_INLINE,
    VB_DISPOSITION_ATTACHMENT,
};

/*
 * Appends the disposition and, unless `name` is empty, the file name. Path
 * separators in it are written as "_" (section 4.3). What plain quoted ASCII
 * cannot say everywhere (other characters, quotes, backslashes, something that
 * looks like an escape; appendix D) is "_" in filename and follows whole in
 * filename*, which recipients prefer (6266-4.3-01).
 * VB_ERR_INVALID, nothing appended: the name is not UTF-8 or has a control
 * character. Otherwise buf->err.
 */
enum vb_err vb_content_disposition_write(struct vb_buf *buf,
                                         enum vb_disposition disposition,
                                         struct vb_span name);

#endif
