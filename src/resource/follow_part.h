/* The parts of an event stream: the stream itself (follow.c), what is in it
 * (follow_event.c), and who may still have it (follow_check.c). */
#ifndef VB_RESOURCE_FOLLOW_PART_H
#define VB_RESOURCE_FOLLOW_PART_H

#include "access/rule.h"
#include "resource/feed.h"
#include "resource/follow.h"

/* Bytes of events that wait to be sent; with more, it is told nothing. */
#define VB__FOLLOW_ROOM ((size_t)64 * 1024)

struct vb__check;

/* One stream; in its exchange's arena. */
struct vb__follow {
    struct vb_exchange *x;
    struct vb_listener listener;
    struct vb_source source;
    const struct vb_route *route;         /* whose states these are */
    const struct vb_selection *selection; /* NULL: all */
    struct vb_span uri;           /* of what is followed, as clients know it */
    bool renamed;                 /* it is not its record's key */
    const struct vb_allow *allow; /* who may see a state; NULL: anybody */
    struct vb_ruling ruling;
    bool document; /* x->state is its record, and not needed any more */
    bool lost;     /* where it would begin is not known here */
    bool begun;    /* it listens, or has done */
    bool waiting;  /* the wire is to be told when there is something */
    bool over;
    bool checking;           /* it is asked for again, further up */
    struct vb_buf queue;     /* events to be sent */
    struct vb_buf sent;      /* the wire's, until it wants others */
    int64_t beat_at;         /* when a sign of life is due: monotonic */
    int64_t check_at;        /* when who asks is to be looked at again */
    struct vb__check *check; /* that is under way; or NULL */
};

/* --- follow_event.c */

/* The listener's `hear` and `begun`. */
bool vb__follow_hear(struct vb_listener *listener, struct vb_news *news);
void vb__follow_begun(struct vb_listener *listener, bool lost);

/* A sign of life, with the moment it is up to. */
void vb__follow_beat(struct vb__follow *follow);

/* --- follow_check.c */

/* Asks for it once more, as if it had not begun: where that is refused, or by
 * now asked by somebody else, it ends. */
void vb__follow_check(struct vb__follow *follow);
/* The stream is closed while that goes on. */
void vb__follow_check_leave(struct vb__follow *follow);

/* --- follow.c */

/* Nothing more comes. The exchange may be gone after. */
void vb__follow_end(struct vb__follow *follow);

#endif
