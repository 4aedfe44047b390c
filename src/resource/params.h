/*
 * What comes with a request against what the description says of it: the
 * path's variables, the query's parameters, the content.
 */
#ifndef VB_RESOURCE_PARAMS_H
#define VB_RESOURCE_PARAMS_H

#include "describe/describe.h"
#include "flow/resource.h"

/* Do the path's variables fit their schemas? If not there is no such
 * resource: 404 is set. */
bool vb_params_path_fits(struct vb_exchange *x, const struct vb_route *route);

/* What a collection's page is asked for with; ours, whether declared or not. */
struct vb_page_query {
    struct vb_span limit;  /* ptr NULL: not given */
    struct vb_span cursor; /* likewise */
};

/*
 * Is the query well-formed, is each parameter known and its value what its
 * schema wants? If not, 400 is set, or 501 for one that is described but does
 * nothing here yet. `ret_page`: limit and cursor are known, and given back;
 * NULL: they are not.
 */
bool vb_params_query_fits(struct vb_exchange *x, const struct vb_route *route,
                          struct vb_page_query *ret_page);

/* The same where the parameters that are described mean something to the
 * resource. */
bool vb_params_query_described(struct vb_exchange *x,
                               const struct vb_route *route);

/* Does the JSON text meet the schema? If not, `invalid` is set, with a
 * complaint for each reason. */
bool vb_params_content_fits(struct vb_exchange *x,
                            const struct vb_schema *schema, struct vb_span text,
                            unsigned invalid);

#endif
