/*
 * What pages of other origins may do here (Fetch, "CORS protocol"): a policy,
 * as a description or the operator says it.
 *
 * Without one, browsers keep every answer from pages of other origins, and we
 * refuse what these would write (flow/trust.h).
 */
#ifndef VB_HTTP_CORS_H
#define VB_HTTP_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct vb_cors {
    /* Whose pages may read and write: "https://app.example". */
    const struct vb_span *origins;
    size_t origin_count;
    bool any;               /* anybody's may read, without credentials */
    bool credentials;       /* the listed ones may send cookies and the like */
    struct vb_span headers; /* fields that they may send, and */
    struct vb_span expose;  /* see, beside what every client of ours needs:
                               lists of names, "" for none */
    struct vb_span max_age; /* seconds that a browser may remember all this; ""
                               for the usual */
};

#endif
