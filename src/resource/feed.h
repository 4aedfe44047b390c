/*
 * What happens, told to who listens: one feed for each worker.
 *
 *     commit ─▶ store's history ── told once ─▶ feed ── read once ─┐
 *                     │                                            ▼
 *                     └── read for one ─▶ listener behind ─▶ listeners of
 *                                             │ caught up      a record or of
 *                                             └──────────────▶ a collection
 *
 * A listener says up to which moment it knows what has happened, and is told
 * everything beyond that, in order, once. As long as it is behind, what it is
 * told is read for it, as it has room; then it shares what the feed reads for
 * all. Who has no room is behind again: nothing is kept for it, so it costs
 * the same however slow it is.
 *
 * What comes of it is the listener's affair: an event stream (follow.h), or
 * another kind of subscription. All is on the worker's thread.
 */
#ifndef VB_RESOURCE_FEED_H
#define VB_RESOURCE_FEED_H

#include "base/list.h"
#include "base/table.h"
#include "content/json.h"
#include "exchange/exchange.h"
#include "storage/store.h"

struct vb_feed;

/* Where who listens begins: with what happens from now on. */
#define VB_FEED_NOW UINT64_MAX

/* A change, as all listeners of a worker share it. */
struct vb_news {
    const struct vb_happening *happening;
    struct vb_json *before, *after; /* once wanted */
    bool read_before, read_after;
    /* What a listener has made of it, for the next that would make the same:
     * `made_for` says what that is. The feed gives it back. */
    struct vb_buf made[3];
    const void *made_for;
};

/* The key, whichever record there is. */
struct vb_span vb_news_key(const struct vb_news *news);

/* The record's content as a value, parsed once; NULL: there is no such record,
 * or it is no JSON, or memory is short. */
yyjson_val *vb_news_before(struct vb_news *news);
yyjson_val *vb_news_after(struct vb_news *news);

struct vb_listener {
    /* The caller's, filled in before it listens. */
    struct vb_span key;    /* of one record; ptr NULL: of */
    struct vb_span parent; /* the members of this */
    uint64_t heard;        /* all up to this moment is known, or VB_FEED_NOW.
                              Kept by the feed from then on */
    /* A change. False: there is no room for it; vb_listener_go_on says when
     * there is. It calls nothing of the feed's. */
    bool (*hear)(struct vb_listener *listener, struct vb_news *news);
    /* It begins: `heard` is where. `lost`: what has happened before is not
     * known any more, and has to be read anew. Also later, if it was lost
     * then. Likewise. */
    void (*begun)(struct vb_listener *listener, bool lost);
    /* It has been told something; or a second has passed. It may leave. */
    void (*wake)(struct vb_listener *listener);
    /* Nothing more comes; it has left. */
    void (*ended)(struct vb_listener *listener);
    /* Is there room for more? */
    bool (*has_room)(struct vb_listener *listener);

    /* The feed's. */
    struct vb_feed *feed;
    struct vb_link all;      /* of the feed's listeners */
    struct vb_link live;     /* of its topic's, while it is not behind */
    struct vb_link due;      /* of those to be woken */
    struct vb__topic *topic; /* NULL: it is behind */
    struct vb__ask *ask;     /* something is read for it; or NULL */
    bool started;            /* `begun` was called */
};

/* A worker's; NULL: out of memory. `env` has store and alarms, and stays. */
struct vb_feed *vb_feed_new(struct vb_env *env, size_t most);

/* Nobody listens and nothing is read any more. NULL is fine. */
void vb_feed_free(struct vb_feed *feed);

/* How many listen. */
size_t vb_feed_count(const struct vb_feed *feed);

/* May one more? */
bool vb_feed_has_room(const struct vb_feed *feed);

/* All end, and if `for_good`, no other begins. */
void vb_feed_end(struct vb_feed *feed, bool for_good);

/* Begins; what is known at once is told within the call. False: it does not,
 * since the feed has ended, is full, or memory is short. */
bool vb_feed_listen(struct vb_feed *feed, struct vb_listener *listener);

/* There is room. */
void vb_listener_go_on(struct vb_listener *listener);

/* Up to here it knows all. */
uint64_t vb_listener_moment(const struct vb_listener *listener);

/* It wants nothing any more. Harmless when it does not listen, if all of it is
 * zero. */
void vb_listener_leave(struct vb_listener *listener);

#endif
