/*
 * What status codes mean: default reason, class, whether a cache may guess
 * freshness, whether content follows. The data is status.tbl.
 *
 * All functions take a code as an int, since another server may send one that
 * has no name.
 */
#ifndef VB_HTTP_STATUS_H
#define VB_HTTP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include <verbatim/status.h>

#include "base/span.h"

/* RFC 9110 section 15. */
enum vb_status_class {
    VB_STATUS_CLASS_INVALID = 0, /* not within 100 to 599 */
    VB_STATUS_CLASS_INFORMATIONAL,
    VB_STATUS_CLASS_SUCCESSFUL,
    VB_STATUS_CLASS_REDIRECTION,
    VB_STATUS_CLASS_CLIENT_ERROR,
    VB_STATUS_CLASS_SERVER_ERROR,
};

/* Where a code stands in the registry. */
enum vb_status_standing {
    VB_STATUS_CURRENT,
    VB_STATUS_TEMPORARY, /* registered for a draft */
    VB_STATUS_OBSOLETE,
    VB_STATUS_UNUSED, /* reserved: never to be sent */
};

struct vb_status_info {
    uint16_t code;
    bool heuristic; /* heuristically cacheable, RFC 9110 section 15.1 */
    bool content;   /* something may follow the header section */
    enum vb_status_standing standing;
    struct vb_span reason; /* the default reason phrase */
};

/* The registry's entry for a code; static; NULL when it has none. */
const struct vb_status_info *vb_status_info(int code);

/* The default reason phrase; empty for a code that has no name. */
struct vb_span vb_status_reason(int code);

static inline enum vb_status_class vb_status_class(int code)
{
    if (code < 100 || code > 599)
        return VB_STATUS_CLASS_INVALID;
    return (enum vb_status_class)(code / 100);
}

/*
 * The code whose meaning a recipient falls back to (RFC 9110 section 15): the
 * code itself when we know it, the x00 of its class when not, 500 when it lies
 * outside of all classes.
 */
int vb_status_known(int code);

/* May a cache guess how long it stays fresh? False for codes without name. */
bool vb_status_is_heuristic(int code);

/*
 * Whether a response with this code to a request other than HEAD and CONNECT
 * has content (RFC 9110 section 6.4.1): not 1xx, 204, 304. A 205 counts as
 * having content, which must then be of length zero (section 15.3.6).
 */
bool vb_status_has_content(int code);

#endif
