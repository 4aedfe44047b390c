/*
 * JSON values as pages to browse: text/html in UTF-8, complete, without script
 * and without anything to load, light or dark as the reader has it.
 *
 * Everything in a page may come from a client; all of it is escaped, and only
 * what cannot do harm becomes a link. A page stays below VB_HTML_MOST: of what
 * is larger it shows the beginning and says how much is missing.
 */
#ifndef VB_CONTENT_HTML_H
#define VB_CONTENT_HTML_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/span.h"

/* Bytes; a buffer with this limit holds any page of this room whose path has
 * no more than 16 KiB. */
#define VB_HTML_MOST ((size_t)4 << 20)

/* Content-Security-Policy for these pages: nothing but our own style, by its
 * hash. */
#define VB_HTML_POLICY                                                         \
    "default-src 'none'; "                                                     \
    "style-src 'sha256-0YK1JcJzF2PvM1o5pgw6DC7fCtjHD3nEs1jdhVkF06g='; "        \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* What surrounds the value; spans are borrowed, and "" leaves a thing out. */
struct vb_html_page {
    struct vb_span title;   /* "": the last segment of the path */
    struct vb_span path;    /* of the target URI, as it came; begins with "/" */
    struct vb_span json;    /* URI reference of the JSON representation */
    struct vb_span openapi; /* URI reference of the API's description */
    struct vb_span first;   /* URI references of other parts of a list */
    struct vb_span prev;
    struct vb_span next;
};

/* Appends a page that shows one value. Check buf->err. */
void vb_html_value(struct vb_buf *buf, const struct vb_html_page *page,
                   yyjson_val *value);

/* A member of a collection. */
struct vb_html_member {
    struct vb_span href; /* URI reference of the member */
    yyjson_val *value;
};

/* Appends a page with a table of members, one row each; the columns are the
 * names that their objects have. Check buf->err. */
void vb_html_collection(struct vb_buf *buf, const struct vb_html_page *page,
                        const struct vb_html_member *members, size_t count);

/* A place that a start page leads to. */
struct vb_html_entry {
    struct vb_span href; /* URI reference */
    bool linked;         /* it can be looked at */
    struct vb_span kind;
    struct vb_span methods;
    struct vb_span text; /* what it is; "" for unknown */
};

/* Appends the page where an API begins: a text about it, and a table of places
 * to go to. Check buf->err. */
void vb_html_start(struct vb_buf *buf, const struct vb_html_page *page,
                   struct vb_span text, const struct vb_html_entry *entries,
                   size_t count);

/*
 * Appends s so that it is text and nothing else, in an element or in a quoted
 * attribute: markup escaped; controls and what is not UTF-8 become U+FFFD.
 */
void vb_html_text(struct vb_buf *buf, struct vb_span s);

#endif
