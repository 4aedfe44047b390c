/*
 * A fill: a response on its way into the cache, and all who wait for it.
 *
 *     leader ─ join ─▶ fill ◀─ join ─ followers, of any worker
 *        │              │
 *        │ open: it may be stored, here is its head   ─▶ all are told
 *        │ append, append ...                         ─▶ each reads at its pace
 *        └ finish: whole, and kept                    ─▶ each reads to its end
 *
 * Nobody is given what may not be stored: where the head says so, all who wait
 * are let go, to ask by themselves. While the content is within what is kept,
 * the leader waits for nobody. Content that turns out to be larger is kept no
 * more, but goes on to those who are there, out of a window: the leader pauses
 * when the fastest of them is behind, or the window is full; and who holds the
 * window for too long is cut off (vb_fill_shed).
 *
 * A fill may be read by all workers at once, and is locked for a short while
 * each time; who waits is told through its own mailbox.
 */
#ifndef VB_CACHING_FILL_H
#define VB_CACHING_FILL_H

#include "base/task.h"
#include "caching/memory.h"
#include "exchange/exchange.h"

struct vb_flights;     /* the fills of a process, by their keys */
struct vb_fill;        /* the leader's side */
struct vb_fill_reader; /* one who follows, the leader's own client included */

struct vb_flights_config {
    struct vb_memory_tier *tier; /* where they end */
    size_t max_response;         /* bytes of content that are kept of one */
    size_t max_in_flight;        /* and of all on their way together */
    uint32_t memory_ms; /* for so long is a key known as one whose responses may
                           not be shared: nobody waits for its head then */
};

/* NULL: no memory. */
struct vb_flights *vb_flights_new(const struct vb_flights_config *config);

/* When no fill is under way. NULL is fine. */
void vb_flights_free(struct vb_flights *flights);

/* Who leads or follows, and how it is told: on its own thread. */
struct vb_fill_party {
    struct vb_mailbox *mailbox;
    /* To a reader: what it waited for is there, or will not come. */
    void (*news)(void *context);
    /* To a leader: there is room again, after VB_SINK_PAUSE. */
    void (*resume)(void *context);
    void *context;
};

enum vb_flight_part {
    VB_FLIGHT_LEAD,   /* ask the next hop, for all */
    VB_FLIGHT_FOLLOW, /* somebody does */
    VB_FLIGHT_ALONE,  /* ask the next hop, for yourself */
    VB_FLIGHT_NOMEM
};

/*
 * For a request that has to go to the next hop. A reader is made, and unless it
 * follows a fill to be led; both are the caller's to close. `alone`: nobody is
 * to be followed, and nobody follows: for requests that want an answer newer
 * than themselves (no-cache), whose answers are not what others wait for (HEAD,
 * POST, a Range), and those who were told AGAIN once. now_ms is monotonic.
 */
enum vb_flight_part
vb_flights_join(struct vb_flights *flights, const struct vb_caching_key *key,
                bool alone, const struct vb_fill_party *party, int64_t now_ms,
                struct vb_fill **ret_fill, struct vb_fill_reader **ret_reader);

/* A fill without a reader, for validation in the background. NULL: somebody is
 * at it already; or no memory. */
struct vb_fill *vb_flights_lead(struct vb_flights *flights,
                                const struct vb_caching_key *key,
                                const struct vb_fill_party *party);

/* A fill of who asks for itself, and has what comes besides: nobody follows it.
 * NULL: no memory. */
struct vb_fill *vb_flights_alone(struct vb_flights *flights,
                                 const struct vb_caching_key *key,
                                 const struct vb_fill_party *party);

/* --- Who leads --------------------------------------------------------------
 * Calls of one thread. Each fill ends with vb_fill_close. */

/* The moment before its request, for vb_memory_put of what a 304 freshens. */
uint64_t vb_fill_moment(const struct vb_fill *fill);

/*
 * Instead of vb_memory_invalidate, for the response to its own request, which
 * may be kept all the same where nothing else was invalidated meanwhile: what a
 * POST has brought about (RFC 9110 section 9.3.3). A fill of who is alone.
 */
void vb_fill_invalidate(struct vb_fill *fill,
                        const struct vb_invalidation *invalidation);

/* How many wait or read, the leader's own reader included: if none, there may
 * be no need to go on. */
unsigned vb_fill_readers(struct vb_fill *fill);

/* The state of a fill, for its readers. */
enum vb_fill_state {
    VB_FILL_WAITING, /* for the head */
    VB_FILL_OPEN,    /* there is a head, and content may be read */
    VB_FILL_ALONE,   /* it is not for you: ask by yourself */
    VB_FILL_AGAIN,   /* look into the cache again: something was freshened */
    VB_FILL_FAILED,  /* the next hop has: see vb_fill_reader_failure */
    VB_FILL_BROKEN   /* the leader has broken off: one of you may lead */
};

/* How the next hop has failed: what is to be told to who follows, so that they
 * do not all ask it once more. */
struct vb_fill_failure {
    uint16_t status; /* the error that it has answered with; 0: it has not */
    uint16_t why;    /* then: the leader's own number for that */
};

/*
 * The head is there, and may be stored: a streamed response, of which a
 * reference is taken. False: it is announced as larger than what is kept, or
 * too much is on its way; all were told VB_FILL_ALONE.
 */
bool vb_fill_open(struct vb_fill *fill, struct vb_stored_response *head);

/* Instead of that: lets all go with ALONE (it may not be stored; the key is
 * remembered), AGAIN or BROKEN. The leader's own reader is told as well. */
void vb_fill_release(struct vb_fill *fill, enum vb_fill_state state);

/* The same with FAILED. */
void vb_fill_fail(struct vb_fill *fill, struct vb_fill_failure failure);

/*
 * More content, copied. PAUSE: wait for `resume`, or for VB_FILL_PATIENCE_MS
 * and call vb_fill_shed. DONE: nobody wants it any more, or there is no memory:
 * break it off.
 */
enum vb_sink_want vb_fill_append(struct vb_fill *fill, struct vb_span bytes);

/* How long readers may keep the others waiting. */
#define VB_FILL_PATIENCE_MS 5000

/* Cuts off who holds the window. Whether it has helped. */
bool vb_fill_shed(struct vb_fill *fill);

/* All content is there: it is kept in the tier, unless something was
 * invalidated meanwhile. Whether it is. False, and all are told that it is
 * broken, where it is not as long as announced. */
bool vb_fill_finish(struct vb_fill *fill);

/* The leader is done with it. If it was neither finished nor released, it is
 * broken. NULL is fine. */
void vb_fill_close(struct vb_fill *fill);

/* --- Who reads --------------------------------------------------------------
 * Calls of the reader's own thread. */

/*
 * Where it stands; while it waits, `news` will be called. With OPEN, *ret_head
 * is the head, borrowed until the reader is closed; it is OPEN only where these
 * fields of its request select the response (RFC 9111 section 4.1), or it is
 * the leader's own.
 */
enum vb_fill_state
vb_fill_reader_state(struct vb_fill_reader *reader,
                     const struct vb_fields *fields,
                     const struct vb_stored_response **ret_head);

/* With FAILED. */
struct vb_fill_failure
vb_fill_reader_failure(const struct vb_fill_reader *reader);

/* Does it follow another one's request (RFC 9211 section 2.6)? */
bool vb_fill_reader_collapsed(const struct vb_fill_reader *reader);

/* As a source's pull: PENDING until `news`; bytes are borrowed until the next
 * read or the close; FAILED: it was broken off, or this reader was. */
enum vb_pull vb_fill_read(struct vb_fill_reader *reader,
                          struct vb_span *ret_bytes);

/* Goes on with this byte, of a response whose length was announced. False: it
 * is not there any more. */
bool vb_fill_reader_seek(struct vb_fill_reader *reader, uint64_t at);

/* Nothing is told any more. NULL is fine. */
void vb_fill_reader_close(struct vb_fill_reader *reader);

#endif
