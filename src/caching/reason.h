/* Why the cache decided as it did. The data is reason.tbl. */
#ifndef VB_CACHING_REASON_H
#define VB_CACHING_REASON_H

#include "base/span.h"
#include "http/cache_status.h"

enum vb_caching_reason {
#define VB_REASON(id, fwd, section, text) VB_CACHING_##id,
#include "caching/reason.tbl"
#undef VB_REASON
    VB_CACHING_REASON_COUNT
};

struct vb_caching_reason_info {
    enum vb_cache_fwd fwd;
    struct vb_span token;   /* "URI_MISS" */
    struct vb_span section; /* of RFC 9111, where it names no other */
    struct vb_span text;    /* a sentence */
};

/* Static. */
const struct vb_caching_reason_info *
vb_caching_reason_info(enum vb_caching_reason reason);

#endif
