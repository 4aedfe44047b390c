/*
 * May a response be stored (RFC 9111 section 3), and which of its fields
 * (section 3.1)?
 */
#ifndef VB_CACHING_STORING_H
#define VB_CACHING_STORING_H

#include "caching/freshness.h"
#include "caching/reason.h"

struct vb_storing {
    enum vb_caching_reason reason; /* VB_CACHING_STORABLE: it may be */
    struct vb_directives ruling;
    struct vb_freshness freshness;
};

/*
 * Judges the response to a request, by both heads alone. `uri` is the target's
 * normal form (caching/key.h), which a POST's Content-Location is compared
 * with. What the verdict borrows lies in the arena and in the fields.
 */
void vb_storing_judge(const struct vb_caching_policy *policy,
                      struct vb_arena *arena, const struct vb_asked *asked,
                      struct vb_span uri, const struct vb_received *received,
                      struct vb_storing *ret_storing);

/*
 * Is a field of the response kept with it? Not what is for one connection, for
 * a proxy or about the message's framing; not Age, Date and Cache-Status, which
 * are made anew; and not what private or no-cache name: these could be used
 * after validation only, and not to keep them is simpler (sections 5.2.2.4 and
 * 5.2.2.7).
 */
bool vb_storing_keeps(const struct vb_storing *storing,
                      const struct vb_fields *fields,
                      const struct vb_field *field);

/* Do private or no-cache name it? Then it is for who has asked, and not kept.
 */
bool vb_storing_withholds(const struct vb_storing *storing,
                          struct vb_span name);

#endif
