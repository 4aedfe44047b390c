/* What the parts of a page share: page.c, page_links.c, page_members.c,
 * page_tag.c. */
#ifndef VB_RESOURCE_PAGE_PART_H
#define VB_RESOURCE_PAGE_PART_H

#include "resource/page.h"

/* Bytes of a page's text. */
#define VB__PAGE_LIMIT ((size_t)8 * 1024 * 1024)

/* --- page_links.c --------------------------------------------------------- */

struct vb__page_links {
    struct vb_span first, prev, next; /* URI references; "" for none */
    struct vb_span field;             /* the value of Link */
};

struct vb__page_links vb__page_links(struct vb_exchange *x,
                                     const struct vb_page *page);

/* Is its URI one to be given out? Some QUERY contents are too long for one. */
bool vb__page_fits_uri(const struct vb_page *page);

/* --- page_members.c ------------------------------------------------------- */

/* Records in the order in which they are shown. */
struct vb_record *vb__page_shown(const struct vb_page *page, size_t index);

/* Whose states these are: where members are not described, the listing stands
 * for them. */
const struct vb_route *vb__page_member(const struct vb_page *page);

/* Appends the array. */
void vb__page_write_json(struct vb_buf *buf, const struct vb_page *page);

/* --- page_tag.c ----------------------------------------------------------- */

/* The results of different queries at one URI have different tags, and so has
 * what different people see, or what another description shows: what is the
 * page's own follows the revision (see exchange/rep.h). */
struct vb_span vb__page_variant(struct vb_exchange *x,
                                const struct vb_page *page);

#endif
