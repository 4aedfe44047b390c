/* Which properties the server fills, by what they are called. */
#ifndef VB_DESCRIBE_FILL_H
#define VB_DESCRIBE_FILL_H

#include "describe/describe.h"

/*
 * What the server puts into a property of a resource of this route that does
 * not say it: the id where the property is called like the last variable, or
 * "id"; the time where it is readOnly, of the format date-time and called
 * after creation or change (createdAt, updated_on, lastModified, ...).
 */
enum vb_fill vb__fill_infer(const struct vb_route *route,
                            const struct vb_property *property);

#endif
