/*
 * A gate with a shared cache (RFC 9111): the rows `kept` and `usable`, and what
 * becomes of a request that has to go on.
 *
 *     kept? ─ usable? ─▶ as it is
 *       └──────┴──▶ join: the first leads, and asks for all     (filling.c)
 *                         others follow, and read along
 *                         or ask for themselves
 *
 * Who leads asks for the whole, without the client's own conditions: these are
 * the flow's, when the answer is there. Its exchange is held until all has
 * come, also where its client has gone.
 *
 *     RESTS ─ join ─▶ FOLLOWS ─ its head, error, or what is stored ─▶ RESTS
 *       │                └ alone, or in its place ─┐
 *       ├─────────────────────────────▶ ASKS ◀─────┘
 *       │                                │ └ 304 of what nobody has: REPEATS
 *       │      ┌─ it may be stored ──────┤
 *       │    FILLS      answered by what is stored: DROPS
 *       │    COPIES, what comes of a request for itself
 *       └───────────────────────────▶ PASSES, as without a cache
 */
#ifndef VB_GATEWAY_CACHED_H
#define VB_GATEWAY_CACHED_H

#include "caching/fill.h"
#include "caching/validation.h"
#include "gateway/forward.h"
#include "gateway/gate_cache.h"
#include "http/method.h"

static inline bool vb__gate_stores(const struct vb_gate *gate)
{
    return gate->options.cache != NULL && gate->options.cache->tier != NULL;
}

/* What is under way of a request. */
enum vb_cached_phase {
    VB_CACHED_RESTS,   /* nothing is */
    VB_CACHED_FOLLOWS, /* somebody has asked: the flow waits for the head */
    VB_CACHED_ASKS,    /* it has, for others as well: no head has come */
    VB_CACHED_REPEATS, /* what came is of no use: it is asked once more */
    VB_CACHED_FILLS,   /* what comes goes into the fill */
    VB_CACHED_COPIES,  /* what comes goes to the client, and into the fill */
    VB_CACHED_DROPS,   /* nobody wants what comes */
    VB_CACHED_PASSES,  /* what comes is the client's alone */
};

/* What the client does with a fill. */
enum vb_cached_reading {
    VB_READING_NOT,
    VB_READING_ON,
    VB_READING_WAITS, /* for more */
};

/* A request that may concern the cache; in the exchange's arena. */
struct vb_cached {
    struct vb_exchange *x;
    const struct vb_gate_cache *cache;
    const struct vb_caching_policy *policy;
    struct vb_forward *forward; /* NULL: it has not gone on */
    enum vb_cached_phase phase;
    struct vb_asked asked;
    struct vb_caching_key key; /* "": what is stored is not for it */
    enum vb_found found;
    struct vb_stored_response *stored; /* a reference, or NULL */
    struct vb_stored_response *fresh;  /* likewise: what has come for it */
    struct vb_stored_response *part;   /* likewise: a part, where a range of
                                          it is asked for that it has not */
    struct vb_reuse reuse;             /* the verdict about `stored` */

    /* Once it has gone on. */
    struct vb_fill *fill; /* that it leads; or NULL */
    struct vb_fill_reader *reader;
    enum vb_cached_reading reading; /* of that, by `source`, */
    struct vb_source source;
    uint64_t left;        /* so many bytes more; */
    struct vb_span bytes; /* or of these, which are of a part */
    struct vb_validated validated;
    struct vb_validation_fields conditions; /* instead of the client's */
    int64_t requested_ms;                   /* Unix ms */
    uint64_t moment;                        /* the tier's, likewise */
    struct vb_alarm patience; /* set while the fill's window is full */
    bool copies;              /* what comes goes to the client as it is */
    bool whole;    /* asked for without the client's own conditions */
    bool rejoined; /* in the place of a leader that has broken off */
};

/* Of an exchange whose gate has a cache, from the row `kept` on; else NULL. Of
 * a tunnel that is dug nothing is asked there. */
static inline struct vb_cached *vb__cached_of(const struct vb_exchange *x)
{
    bool dug = x->head.method == VB_METHOD_CONNECT && x->head.protocol.len == 0;

    return vb__gate_stores(vb__gate_of(x)) && !dug ? x->state : NULL;
}

/* cached.c: the key of what is asked for, with the digest of a QUERY's content
 * or "". False: the next hop may not be asked by it, so nothing is stored. */
bool vb__cached_key(struct vb_cached *c, struct vb_span digest);

/* Are path and query written as the key has them? */
bool vb__cached_is_written_so(const struct vb_cached *c);

/* cached.c: looks (again) for what is stored, and judges it. */
void vb__cached_look(struct vb_cached *c);

/* parts.c: the same of parts, where no whole was found. */
void vb__cached_look_for_part(struct vb_cached *c);

/* The row `kept`, of a request that has its key. */
enum vb_answer vb__cached_kept(struct vb_cached *c);

/* queried.c: the same of a QUERY, which takes in what its key is made of. */
enum vb_answer vb__cached_queried(struct vb_cached *c);

/* This is what is stored; takes the reference. Nothing was found before. */
void vb__cached_brought(struct vb_cached *c, struct vb_stored_response *stored);

/* recalling.c: reads what is stored on the disk. YES: there is something; NO;
 * or PENDING. */
enum vb_answer vb__cached_recall(struct vb_cached *c);

/* Answers with a stored response, whole or arriving: YES, and the flow goes on
 * with it, or HALT. `status` says how it was found. */
enum vb_answer vb__cached_serve(struct vb_cached *c,
                                const struct vb_stored_response *response,
                                const struct vb_cache_status *status);

/* Gives back what it has. */
void vb__cached_done(struct vb_cached *c);

/* Adds Cache-Status to a reply that was passed on. */
void vb__cached_say(struct vb_cached *c, const struct vb_cache_status *status);

/* shared.c: may others have this answer, by all that was forwarded with the
 * request? */
bool vb__cached_is_shared(const struct vb_exchange *x,
                          const struct vb_fields *response);

/* Is it asked for with and for others? Then by the key, and without saying for
 * whom. What changes something is its client's own. */
static inline bool vb__cached_is_for_others(const struct vb_cached *c)
{
    return c != NULL && c->fill != NULL && vb_method_is_safe(c->x->head.method);
}

/* joining.c: it has to go on, and may come back for others. NO: it is to be
 * asked. */
enum vb_answer vb__cached_join(struct vb_cached *c);

/* Validates what is stored, while it answers (RFC 5861 section 3): the exchange
 * is held for that long. */
void vb__cached_refresh(struct vb_cached *c);

/* filling.c: a head has come; true: that is all about it. */
bool vb__cached_head(struct vb_cached *c,
                     const struct vb_response_head *response);
/* Likewise its content. */
enum vb_sink_want vb__cached_content(struct vb_cached *c, struct vb_span bytes);
/* It has ended. Is it asked once more? */
bool vb__cached_asks_again(struct vb_cached *c);
/* If not; true: that is all about it. */
bool vb__cached_end(struct vb_cached *c, enum vb_failure_id failure);
/* Its client has gone. True: it goes on all the same. */
bool vb__cached_call_off(struct vb_cached *c);
/* copying.c: the same, amid what was passed on. */
bool vb__cached_left(struct vb_cached *c);

/* failing.c: there is no answer. True: what is stored is it all the same. */
bool vb__cached_unanswered(struct vb_cached *c, enum vb_failure_id why,
                           enum vb_answer *ret_answer);
/* The status of a failure, which the cache may know better (RFC 9111 section
 * 5.2.2.2). */
uint16_t vb__cached_failure_status(const struct vb_cached *c, uint16_t usual);

/* heed.c: of a reply that is passed on: what others learn of it, before it is;
 * and how that was found. */
void vb__cached_heed(struct vb_cached *c,
                     const struct vb_response_head *response);
void vb__cached_passed(struct vb_cached *c, unsigned status);

#endif
