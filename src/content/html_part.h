/* The parts that pages are made of. See html.h. */
#ifndef VB_CONTENT_HTML_PART_H
#define VB_CONTENT_HTML_PART_H

#include <stdbool.h>

#include "content/html.h"

/* A page ends where it has this many bytes; what is open then is closed. */
#define VB__HTML_ENOUGH ((size_t)1 << 20)

/* Appends everything up to and with the level-one heading. Without a path
 * there is no trail above it. */
void vb__html_begin(struct vb_buf *buf, const struct vb_html_page *page);

/* Appends the links of the page and everything from </main>. */
void vb__html_end(struct vb_buf *buf, const struct vb_html_page *page);

/* Appends text of which at most `most` bytes are shown. */
void vb__html_cut(struct vb_buf *buf, struct vb_span s, size_t most);

/*
 * Appends a link with a label of at most `most` bytes. It becomes one only
 * where `href` is a relative reference to this server or an absolute http or
 * https URI, never for a scheme that runs something; otherwise only the label
 * is written.
 */
void vb__html_link(struct vb_buf *buf, struct vb_span href,
                   struct vb_span label, size_t most);

/* Appends a scalar. A string is cut to `most` bytes; whole and either a path
 * ("/books/7") or an http or https URI it becomes a link. */
void vb__html_scalar(struct vb_buf *buf, yyjson_val *value, size_t most);

/* Appends "3 members" or "1 element", for an object or an array. */
void vb__html_count(struct vb_buf *buf, yyjson_val *container);

#endif
