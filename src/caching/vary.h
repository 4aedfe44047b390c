/*
 * Vary (RFC 9111 section 4.1): the fields of a request that a response was
 * selected by, and their values in a form in which equal ones are alike.
 */
#ifndef VB_CACHING_VARY_H
#define VB_CACHING_VARY_H

#include "base/buf.h"
#include "exchange/head.h"

/* Fields that one response may vary on, and bytes of their values, that are
 * kept. */
#define VB_VARY_NAMES_MAX 16
#define VB_VARY_TEXT_MAX  4096

struct vb_vary {
    bool any; /* `*`, or what is no field name: no request will match */
    size_t count;
    struct vb_span names[VB_VARY_NAMES_MAX]; /* sorted, each once; any case */
};

/* Of a response; the names lie in its fields. False: it varies on too much. */
bool vb_vary_read(const struct vb_fields *fields, struct vb_vary *ret_vary);

/* The same from a list of names written by vb_vary_names. */
void vb_vary_split(struct vb_span names, struct vb_vary *ret_vary);

/* Appends the names in lower case, a comma between them. */
void vb_vary_names(struct vb_buf *buf, const struct vb_vary *vary);

/*
 * Appends what a request says in these fields: a line for each, in the order of
 * the names. That a field is absent is told apart from its being empty
 * (9111-4.1-03). White space and lines that make no difference make none, nor
 * do upper case and order where the field's definition says so (9111-4.1-02).
 */
void vb_vary_values(struct vb_buf *buf, const struct vb_vary *vary,
                    const struct vb_fields *fields);

/* Section 4.1: does a request say in the fields of these names, as
 * vb_vary_names has written them, what another one did? */
bool vb_vary_fits(struct vb_span names, struct vb_span values,
                  const struct vb_fields *fields);

#endif
