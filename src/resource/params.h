/*
 * What comes with a request against what the description says of it: the
 * path's variables, parameters of the query, in fields and cookies, the
 * content.
 */
#ifndef VB_RESOURCE_PARAMS_H
#define VB_RESOURCE_PARAMS_H

#include "content/json.h"
#include "describe/describe.h"
#include "flow/resource.h"

/* Do the path's variables fit their schemas? If not there is no such
 * resource: 404 is set. */
bool vb_params_path_fits(struct vb_exchange *x, const struct vb_route *route);

/* The same for other variables than the exchange's; no status is set. */
bool vb_params_variables_fit(struct vb_exchange *x,
                             const struct vb_route *route,
                             const struct vb_span *variables);

/*
 * Is there nothing in the query? Nothing is done with parameters but by
 * listings (selection.h): 400 is set for one, or 501 if it is described.
 */
bool vb_params_query_fits(struct vb_exchange *x, const struct vb_route *route);

/* Is the text what the parameter's schema wants? If not, there are complaints;
 * no status is set. */
bool vb_params_text_fits(struct vb_exchange *x,
                         const struct vb_parameter *parameter,
                         struct vb_span text);

/* The same of the items of a list. */
bool vb_params_items_fit(struct vb_exchange *x,
                         const struct vb_parameter *parameter,
                         const struct vb_span *items, size_t count);

/* Is it a list that its style writes? */
bool vb_params_is_list(const struct vb_parameter *parameter);

/* Is it, or a part of it, by that name in a query? (params_query.c) */
bool vb_params_is_named(const struct vb_parameter *parameter,
                        struct vb_span name);

/* Complains about the parameter; false. `detail` is static. */
bool vb_params_complain(struct vb_exchange *x,
                        const struct vb_parameter *parameter,
                        const char *detail);

/*
 * Are the parameters there that the operation requires in query, fields and
 * cookies, and those in fields and cookies what their schemas want? (Those in
 * the query are for whoever reads it.) Where the operation demands anything. If
 * not, 400 is set. (demands.c)
 */
bool vb_params_demands_met(struct vb_exchange *x,
                           const struct vb_operation *operation);

/* Is the value what the schema of that query parameter wants, if the operation
 * (or NULL) describes it? If not, there are complaints. */
bool vb_params_parameter_fits(struct vb_exchange *x,
                              const struct vb_operation *operation,
                              struct vb_span name, struct vb_span value,
                              bool *ret_described);

/* Are all parameters described, and their values what their schemas want? For
 * resources to which they mean something. If not, 400 is set. */
bool vb_params_query_described(struct vb_exchange *x,
                               const struct vb_route *route);

/* The same, but others mean something, too. */
bool vb_params_query_known(struct vb_exchange *x, const struct vb_route *route);

/* The content is not the JSON that it should be: says where, with 413 for what
 * is beyond the bounds (VB_ERR_LIMIT), else 400. HALT. */
enum vb_answer vb_params_not_json(struct vb_exchange *x, enum vb_err err,
                                  const struct vb_json_error *error);

/* Does the JSON text meet the schema? If not, `invalid` is set, with a
 * complaint for each reason. */
bool vb_params_content_fits(struct vb_exchange *x,
                            const struct vb_schema *schema, struct vb_span text,
                            unsigned invalid);

/* The same for a value. */
bool vb_params_value_fits(struct vb_exchange *x, const struct vb_schema *schema,
                          yyjson_val *value, unsigned invalid);

/* The same, but for what is at a pointer, unless that is "": the schema says
 * nothing of that. */
bool vb_params_state_fits(struct vb_exchange *x, const struct vb_schema *schema,
                          yyjson_val *value, unsigned invalid,
                          struct vb_span unjudged);

#endif
