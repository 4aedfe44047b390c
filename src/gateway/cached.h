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
 */
#ifndef VB_GATEWAY_CACHED_H
#define VB_GATEWAY_CACHED_H

#include "caching/fill.h"
#include "caching/validation.h"
#include "gateway/forward.h"
#include "gateway/gate_cache.h"

static inline bool vb__gate_stores(const struct vb_gate *gate)
{
    return gate->options.cache != NULL && gate->options.cache->tier != NULL;
}

/* A request that may concern the cache; in the exchange's arena. */
struct vb_cached {
    struct vb_exchange *x;
    const struct vb_gate_cache *cache;
    struct vb_forward *forward; /* NULL: it has not gone on */
    struct vb_asked asked;
    struct vb_caching_key key;
    bool keyed; /* it has a key, and what is stored may answer it */
    enum vb_found found;
    struct vb_stored_response *stored; /* a reference, or NULL */
    struct vb_stored_response *fresh;  /* likewise: what has come for it */
    struct vb_reuse reuse;             /* the verdict about `stored` */

    /* Once it has gone on. */
    struct vb_fill *fill; /* this one leads; or NULL */
    struct vb_fill_reader *reader;
    struct vb_source source; /* reads that */
    struct vb_validated validated;
    struct vb_validation_fields conditions; /* instead of the client's */
    int64_t requested_ms;                   /* Unix ms */
    uint64_t moment;                        /* the tier's, likewise */
    struct vb_alarm patience; /* set while the fill's window is full */
    bool whole;     /* asked for without the client's own conditions */
    bool waiting;   /* it follows, and the flow waits */
    bool opened;    /* the fill has a head, which may be stored */
    bool streaming; /* the client reads what arrives */
    bool pending;   /* and waits for more */
    bool again;     /* it is to be asked without conditions */
    bool held;      /* the exchange is */
};

/* Of an exchange whose gate has a cache, from the row `kept` on; else NULL. Of
 * a tunnel that is dug nothing is asked there. */
static inline struct vb_cached *vb__cached_of(const struct vb_exchange *x)
{
    bool dug = x->head.method == VB_METHOD_CONNECT && x->head.protocol.len == 0;

    return vb__gate_stores(vb__gate_of(x)) && !dug ? x->state : NULL;
}

/* cached.c: looks (again) for what is stored, and judges it. */
void vb__cached_look(struct vb_cached *c);

/* Answers with a stored response, whole or arriving: YES, and the flow goes on
 * with it, or HALT. `status` says how it was found. */
enum vb_answer vb__cached_serve(struct vb_cached *c,
                                const struct vb_stored_response *response,
                                const struct vb_cache_status *status);

/* Gives back what it has. */
void vb__cached_done(struct vb_cached *c);

/* Adds Cache-Status to a reply that was passed on. */
void vb__cached_say(struct vb_cached *c, const struct vb_cache_status *status);

/* May others have this answer, by all that was forwarded with the request? */
bool vb__cached_is_shared(const struct vb_exchange *x,
                          const struct vb_fields *response);

/* joining.c: it has to go on, and may come back for others. NO: as any other
 * request. */
enum vb_answer vb__cached_join(struct vb_cached *c);

/* Validates what is stored, while it answers (RFC 5861 section 3): the exchange
 * is held for that long. */
void vb__cached_refresh(struct vb_cached *c);

/* A head has come; true: that is all about it. */
bool vb__cached_head(struct vb_cached *c,
                     const struct vb_response_head *response);
/* Content of a fill. */
enum vb_sink_want vb__cached_content(struct vb_cached *c, struct vb_span bytes);
/* The end of it, or of what did not begin; true: that is all about it. */
bool vb__cached_end(struct vb_cached *c, enum vb_failure_id failure);
/* Its client has gone. True: it goes on all the same. */
bool vb__cached_call_off(struct vb_cached *c);
/* Before a reply to an unsafe method, or to HEAD, is passed on. */
void vb__cached_heed(struct vb_cached *c,
                     const struct vb_response_head *response);

#endif
