/*
 * A reply that is an event stream (content/event_stream.h) of what a listener
 * is told (feed.h), for as long as its client is there:
 *
 *     feed ── hear ──▶ kind ── events ──▶ queue ── pull ──▶ wire
 *      ▲                                    │
 *      └───────── there is room again ──────┘
 *
 * Every 15 seconds comes a sign of life, and who asks is looked at again: a
 * stream outlives what it was granted for. What its events are is for its kind
 * to say (follow.h, graph_stream.c).
 *
 * An id is a moment (storage/store.h): the core of the entity tags of that
 * revision, with a place in the commit before its dot where others of it
 * follow. So who has read a state or a listing goes on from its tag.
 */
#ifndef VB_RESOURCE_STREAM_H
#define VB_RESOURCE_STREAM_H

#include "flow/resource.h"
#include "resource/feed.h"

/* Bytes of events that wait to be sent; with more, it is told nothing. */
#define VB_STREAM_ROOM ((size_t)64 * 1024)
/* Bytes of one event; a state's lines are each a field. */
#define VB_STREAM_EVENT_MOST ((size_t)4 * 1024 * 1024)

struct vb_stream;
struct vb__stream_check;

/* All but `ask_again` may be NULL. */
struct vb_stream_kind {
    /* It begins now; and is over, whether it began or not. */
    void (*begin)(struct vb_stream *stream);
    void (*close)(struct vb_stream *stream);
    /* Makes events of what it was told, as long as there is room. */
    void (*make)(struct vb_stream *stream);
    /* Has it been told what is no event yet? */
    bool (*is_making)(const struct vb_stream *stream);
    /* Beside the queue: has it room for more? */
    bool (*has_room)(const struct vb_stream *stream);
    /* Says which resource to look at to know who may have it: x->resource and
     * x->key. */
    void (*ask_again)(const struct vb_stream *stream, struct vb_exchange *x);
    /* That let them pass: is it over all the same? */
    bool (*is_denied)(const struct vb_stream *stream, struct vb_exchange *x);
};

/* One stream; in its exchange's arena. */
struct vb_stream {
    struct vb_exchange *x;
    const struct vb_stream_kind *kind;
    struct vb_listener listener; /* whose `hear`, `begun`, and key or parent are
                                    the kind's */
    struct vb_source source;
    bool lost;    /* where it would begin is not known here */
    bool begun;   /* it listens, or has done */
    bool waiting; /* the wire is to be told when there is something */
    bool over;
    bool checking;                  /* it is asked for again, further up */
    struct vb_buf queue;            /* events to be sent */
    struct vb_buf sent;             /* the wire's, until it wants others */
    int64_t beat_at;                /* when a sign of life is due: monotonic */
    int64_t check_at;               /* when who asks is to be looked at again */
    struct vb__stream_check *check; /* that is under way; or NULL */
};

/*
 * One of this exchange. It begins with what is to come after the moment of
 * Last-Event-ID, or of `cursor` where there is no such field, or else now. The
 * kind may fill in more of the listener.
 */
void vb_stream_init(struct vb_stream *stream, struct vb_exchange *x,
                    const struct vb_stream_kind *kind, struct vb_span cursor);

/* Can it begin? YES, and it is the reply; or HALT, with another one. */
enum vb_answer vb_stream_answer(struct vb_stream *stream);

/* There is room for another event. */
static inline bool vb_stream_has_room(const struct vb_stream *stream)
{
    return stream->queue.len < VB_STREAM_ROOM;
}

/* Appends an event's id. */
void vb_stream_id(struct vb_buf *buf, const struct vb_stream *stream,
                  uint64_t moment);

/* An event has been put into the queue. */
void vb_stream_told(struct vb_stream *stream);

/* A sign of life, with the moment it is up to. An id without data is
 * remembered, and so nobody who has heard nothing for long is too late when
 * they come back. */
void vb_stream_beat(struct vb_stream *stream);

/* There are new events, or there is room again, outside of the kind's own
 * calls. The exchange may be gone after. */
void vb_stream_go_on(struct vb_stream *stream);

/* Nothing more comes. Likewise. */
void vb_stream_end(struct vb_stream *stream);

/* --- stream_moment.c ------------------------------------------------------
 */

/* Bytes that the text of a moment may have. */
#define VB_MOMENT_TEXT_MOST 48

/* Appends the text of a moment in this store. */
void vb_moment_write(struct vb_buf *buf, const struct vb_store *store,
                     uint64_t moment);

/* Reads it; or an entity tag, with its quotes or without: the moment after its
 * revision. False: it is neither, or another store's. */
bool vb_moment_read(struct vb_span text, const struct vb_store *store,
                    uint64_t *ret_moment);

/* --- stream_check.c -------------------------------------------------------
 */

/* Asks for it once more, as if it had not begun: where that is refused, or by
 * now asked by somebody else, it ends. */
void vb__stream_check(struct vb_stream *stream);
/* The stream is closed while that goes on. */
void vb__stream_check_leave(struct vb_stream *stream);

#endif
