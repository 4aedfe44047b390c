/*
 * Subscriptions (October 2021, section 6.2.3), as events of graphql-sse's
 * distinct connections:
 *
 *     feed ── hear ──▶ events that wait ── one after the other ─▶ `next`
 *                      graph_subscribe.c       graph_event.c
 *
 * Each event is executed by itself, in an exchange of its own that is asked by
 * whoever subscribed: what it takes is given back with it. How many wait is
 * bounded; who has no room for more is told later (feed.h). What is shown of a
 * resource is its state right after the event, and of others what is there when
 * it is executed.
 *
 * It does not complete: where the server ends it, clients come back.
 */
#ifndef VB_RESOURCE_GRAPH_STREAM_H
#define VB_RESOURCE_GRAPH_STREAM_H

#include "resource/graph_part.h"
#include "resource/sight.h"
#include "resource/stream.h"

/* What has happened; the root of its execution. */
struct vb__graph_event {
    struct vb__graph_event *next;
    enum vb_seen kind;
    uint64_t moment;
    struct vb_record *record; /* as it is, or was, a reference; NULL: what has
                                 happened up to here is not known any more */
};

/* A subscription; in its exchange's arena, as `asked` is. */
struct vb__graph_stream {
    struct vb_stream stream;
    struct vb__graph_run *asked;
    const struct vb_route *route; /* that is listened to: a listing, or one */
    struct vb_span key;           /* of that */
    struct vb_sight sight;
    struct vb__graph_event *first, **end; /* that wait */
    size_t count, bytes;
    struct vb__graph_run *run;     /* that is under way; or NULL: */
    struct vb__graph_event *event; /* of this one, which waits no more */
    struct vb_peer peer; /* of who asked, without what is its connection's
                          */
};

static inline struct vb__graph_stream *
vb__graph_stream_of(struct vb_stream *stream)
{
    return VB_CONTAINER(stream, struct vb__graph_stream, stream);
}

/* --- graph_event.c */

/* Executes events that wait, as long as there is room: of a stream's kind,
 * `make`. */
void vb__graph_events_make(struct vb_stream *stream);

/* It is closed: what waits is forgotten, what is under way called off. */
void vb__graph_events_forget(struct vb__graph_stream *listening);

#endif
