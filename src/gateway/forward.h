/* The inside of one request on its way, shared by forward.c and its parts. */
#ifndef VB_GATEWAY_FORWARD_H
#define VB_GATEWAY_FORWARD_H

#include "gateway/ask.h"
#include "gateway/audit.h"
#include "gateway/gate.h"
#include "gateway/pipe.h"
#include "gateway/reach.h"

/* Bytes on their way, each way, past which nothing more is taken. */
#define VB_FORWARD_BOUND ((size_t)64 * 1024)

/* How far the content of one way has come: not as far as its end, all of it is
 * there, or no more will be. */
enum vb_way_end { VB_WAY_OPEN, VB_WAY_WHOLE, VB_WAY_LOST };

/* In the exchange's arena; x->state, and its context. */
struct vb_forward {
    struct vb_ask ask;
    struct vb_exchange *x;
    const struct vb_gate *gate;
    struct vb_reach *reach;

    /* The request's content. */
    struct vb_span whole; /* all of it, where that is here already; else */
    bool is_whole;        /* false, and it comes through: */
    struct vb_pipe up;
    struct vb_sink sink;
    struct vb_source content;
    size_t up_given; /* bytes that the last pull gave */
    bool up_wanted;  /* the client was asked for it */
    bool up_paused;
    enum vb_way_end up_end;
    bool pulling; /* a pull is on the stack */

    /* The reply's. */
    struct vb_pipe down;
    struct vb_source source;
    size_t down_given;
    bool down_pending; /* the client waits for more */
    bool down_paused;
    enum vb_way_end down_end;

    /* Of a tunnel whose client has ended and is gone: what is on its way to the
     * other side still goes there, and nothing comes back. */
    bool drains;
    size_t discarded; /* bytes that came all the same */

    struct vb_audit *audit; /* of the answer; NULL: none */

    bool under_way; /* the ask is */
    bool replied;   /* the flow was told */
    bool held;      /* the exchange stays until the ask is over */
};

/* Prepares it, and takes x->sink, before the content is there that it goes on
 * with. False: no memory. */
bool vb__forward_new(struct vb_exchange *x);

/* Begins, also what was not prepared: PENDING, or why not. */
enum vb_answer vb__forward_begin(struct vb_exchange *x);

/* The same, of what nobody waits for. False: it cannot be. */
bool vb__forward_behind(struct vb_exchange *x);

/* The same once more, of what was asked with conditions. False: it cannot be.
 */
bool vb__forward_again(struct vb_forward *f);

/* The exchange is over. */
void vb__forward_done(struct vb_exchange *x);

/* ending.c: whoever waits for it is told, unless that was done. The exchange
 * may be gone when this returns, where it is not held. */
void vb__forward_answer(struct vb_forward *f, enum vb_answer answer);

/* Says why there is no answer. NO. */
enum vb_answer vb__forward_refuse(struct vb_exchange *x,
                                  enum vb_failure_id failure);

/* The same, of one that was asked: its own content may be why. NO. */
enum vb_answer vb__forward_why(struct vb_forward *f,
                               enum vb_failure_id failure);

/* The exchange stays until the ask has ended, whoever has gone before. */
void vb__forward_hold(struct vb_forward *f);
/* It does no more, and may be gone when this returns. */
void vb__forward_let_go(struct vb_forward *f);

/* Nobody wants it any more. The exchange may be gone when this returns. */
void vb__forward_cancel(struct vb_forward *f);

/* content.c: sets up both ways. */
void vb__forward_init_content(struct vb_forward *f);
/* The request's content is sent from its beginning; false: it is lost. */
bool vb__forward_rewind(struct vb_forward *f);
/* Gives the memory of both back. */
void vb__forward_done_content(struct vb_forward *f);
/* More of the reply's content has come. */
enum vb_sink_want vb__forward_take(struct vb_forward *f, struct vb_span bytes);
/* The other side of a tunnel sends no more. */
void vb__forward_eof(struct vb_forward *f);
/* Its end: all is there, or not. */
void vb__forward_end(struct vb_forward *f, bool whole);

/* request.c: fills in the call. False: out of memory. */
bool vb__forward_request(struct vb_forward *f);

/* response.c: the head with its Location and Content-Location as clients know
 * them, before anything is made of it. NULL: no memory. */
const struct vb_response_head *
vb__forward_placed(struct vb_forward *f,
                   const struct vb_response_head *response);

/* The reply, from the head of the other server's; NULL: there is a
 * connection to it. */
void vb__forward_response(struct vb_forward *f,
                          const struct vb_response_head *response);
/* An interim one is passed on. */
void vb__forward_interim(struct vb_forward *f,
                         const struct vb_response_head *response);

#endif
