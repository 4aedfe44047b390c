/* The parts of following: what is followed (follow.c), and what is told of it
 * (follow_event.c). */
#ifndef VB_RESOURCE_FOLLOW_PART_H
#define VB_RESOURCE_FOLLOW_PART_H

#include "resource/follow.h"
#include "resource/sight.h"
#include "resource/stream.h"

/* In its exchange's arena. */
struct vb__follow {
    struct vb_stream stream;
    const struct vb_route *route; /* whose states these are */
    struct vb_span uri;           /* of what is followed, as clients know it */
    bool renamed;                 /* it is not its record's key */
    bool document; /* x->state is its record, and not needed any more */
    struct vb_sight sight;
};

static inline struct vb__follow *vb__follow_of(struct vb_listener *listener)
{
    return VB_CONTAINER(listener, struct vb__follow, stream.listener);
}

/* --- follow_event.c */

/* The listener's `hear` and `begun`. */
bool vb__follow_hear(struct vb_listener *listener, struct vb_news *news);
void vb__follow_begun(struct vb_listener *listener, bool lost);

#endif
