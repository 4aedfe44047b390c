/*
 * Preferences of the client (RFC 7240):
 *
 *     Prefer: return=minimal; x=y, respond-async, wait=10
 *
 * Unknown ones are no error, and neither is a malformed element: it is passed
 * over. Of two with one name the first counts. Names compare in any case,
 * values letter for letter (section 2).
 */
#ifndef VB_HTTP_PREFER_H
#define VB_HTTP_PREFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "http/param.h"

enum vb_prefer_return {
    VB_PREFER_RETURN_NONE = 0,
    VB_PREFER_RETURN_MINIMAL,
    VB_PREFER_RETURN_REPRESENTATION,
};

enum vb_prefer_handling {
    VB_PREFER_HANDLING_NONE = 0,
    VB_PREFER_HANDLING_STRICT,
    VB_PREFER_HANDLING_LENIENT,
};

enum vb_prefer_count {
    VB_PREFER_COUNT_NONE = 0,
    VB_PREFER_COUNT_EXACT,
    VB_PREFER_COUNT_ESTIMATED,
};

/* The registered preferences (section 4), and one of PostgREST's that has
 * become usual. All zero means none. */
struct vb_prefer {
    enum vb_prefer_return returns; /* section 4.2 */
    enum vb_prefer_handling
        handling;               /* section 4.4; none when both are there */
    bool respond_async;         /* section 4.1 */
    bool has_wait;              /* section 4.3 */
    int64_t wait;               /* seconds; saturated at INT64_MAX */
    enum vb_prefer_count count; /* how many there are in all */
};

/* Reads them from the values of all lines of Prefer. */
struct vb_prefer vb_prefer_parse(const struct vb_span *values, size_t count);

struct vb_preference {
    struct vb_param self;  /* name and value; an empty value means none */
    struct vb_span params; /* well-formed; for vb_params_init with the syntax
                              VB_PREFER_PARAMS */
};

#define VB_PREFER_PARAMS (VB_PARAMS_BARE | VB_PARAMS_BWS)

/* The first preference of that name, for those that are not registered. */
bool vb_prefer_find(const struct vb_span *values, size_t count,
                    struct vb_span name, struct vb_preference *ret_preference);

/*
 * Appends `name` or `name=value` to the value of a Preference-Applied field
 * (section 3), behind a comma if there is something before. A value that is no
 * token is quoted.
 */
void vb_preference_applied(struct vb_buf *buf, struct vb_span name,
                           struct vb_span value);

#endif
