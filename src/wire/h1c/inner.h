/*
 * The shape of a client's HTTP/1.1 connection, shared by the files of this
 * folder; a bare one is the same without heads.
 *
 *     call ─ start ─▶ request.c ─▶ send.c ─▶ [output blocks][tail] ─ drain ─▶
 *       ▲                                                            loop
 *       └─ head, content, end ◀─ content.c ◀─ reply.c ◀── [input] ◀─ feed ─
 *
 * One call is under way at a time, and bytes that come while there is none, or
 * before anything of it was sent, are no reply to it: the connection ends (RFC
 * 9112 section 9.2). Whatever has to happen happens in vb__h1c_run, one step
 * after the other, within the loop's calls; what the call asks for in between
 * only leaves marks for it.
 */
#ifndef VB_WIRE_H1C_INNER_H
#define VB_WIRE_H1C_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/call.h"
#include "wire/h1/chunked.h"
#include "wire/h1/input.h"
#include "wire/h1/output.h"
#include "wire/wire.h"

enum {
    /* Interim replies before the final one. */
    VB_H1C_INTERIMS_MAX = 64,
    /* What a status line may have beside the fields. */
    VB_H1C_LINE_SLACK = 1024,
    /* Readable bytes behind a head's copy, for vb_scan. */
    VB_H1C_PAD = 32
};

enum vb_h1c_phase {
    VB_H1C_IDLE,
    VB_H1C_CALL,
    VB_H1C_OVER /* nothing is read or sent any more */
};

/* What is being received. */
enum vb_h1c_part {
    VB_H1C_HEAD,
    VB_H1C_LENGTH, /* content, by its length */
    VB_H1C_CHUNKED,
    VB_H1C_TRAILERS,
    VB_H1C_TO_CLOSE, /* to the connection's end (RFC 9112 section 6.3) */
    VB_H1C_RAW,      /* bytes of a tunnel */
    VB_H1C_ALL /* the reply, or what comes through the tunnel, is all there */
};

/* How far the request's content is. */
enum vb_h1c_sending {
    VB_H1C_HELD,    /* until 100 (Continue), or for long enough */
    VB_H1C_PULLING, /* from its source */
    VB_H1C_SENT,    /* all is queued */
    VB_H1C_CUT_OFF  /* given up: the request is not whole */
};

struct vb_h1c {
    struct vb_wire wire; /* first */
    struct vb_client client;
    struct vb_call *call; /* in VB_H1C_CALL */
    struct vb_h1_output output;
    struct vb_span tail; /* content to be sent behind it from where it is */
    struct vb_h1_input *input; /* what was received and not used */
    int64_t moved;             /* when something last got on, either way */
    int64_t asked; /* the request was sent, or an interim reply came */
    int64_t owed;  /* bytes that the source owes; -1: nobody knows */
    uint64_t left; /* bytes to come, in VB_H1C_LENGTH */
    struct vb_chunked chunked;
    uint32_t scanned;  /* bytes of a head or trailers known not to end it */
    uint8_t phase;     /* enum vb_h1c_phase */
    uint8_t part;      /* enum vb_h1c_part */
    uint8_t sending;   /* enum vb_h1c_sending */
    uint8_t interims;  /* that have come for this call */
    uint8_t tail_crlf; /* bytes of the CR LF to be sent behind the tail */
    bool bare : 1;     /* it has no heads: a tunnel from its start */
    bool running : 1;  /* vb__h1c_run is on the stack */
    bool marked : 1;   /* and has something to do */
    bool eof : 1;      /* the peer sends no more */
    bool stopping : 1; /* takes no more calls */
    bool minor_0 : 1;  /* it has answered as HTTP/1.0 does */
    bool chunks : 1;   /* content goes out in chunks */
    bool touched : 1;  /* some byte of the request has left */
    bool pending : 1;  /* the source has nothing just now */
    bool ready : 1;    /* content_ready came during a pull */
    bool paused : 1;   /* until resume */
    bool keep : 1;     /* the reply lets the connection go on */
    bool takes : 1;    /* and refuses nothing */
    bool reset : 1;    /* close so that the peer sees it was no proper end */
};

/* --- run.c: what happens next --------------------------------------------- */

/* Does all that can be done with *in, and takes off it what was used. */
void vb__h1c_run(struct vb_h1c *c, struct vb_span *in);

/* The same with the stored input. */
void vb__h1c_run_stored(struct vb_h1c *c);

/* The call is over; `reusable`: another one may follow it, if nothing else
 * speaks against that. */
void vb__h1c_finish(struct vb_h1c *c, enum vb_call_end end, bool reusable);

/* The same where it has failed: `why` is static, or NULL. */
void vb__h1c_fail(struct vb_h1c *c, enum vb_call_end end, const char *why);

/* The connection has ended, whatever the call was waiting for. */
void vb__h1c_lost(struct vb_h1c *c);

/* Nothing more is read or sent. Calls are the caller's business. */
void vb__h1c_over(struct vb_h1c *c);

/* --- call.c: what a call and its owner ask for ---------------------------- */

extern const struct vb_client_ops vb__h1c_client_ops;
extern const struct vb_call_carrier vb__h1c_carrier;

/* --- request.c: heads going out ------------------------------------------- */

/* Queues the head of a call, and notes how its content is delimited.
 * VB_ERR_NOMEM; VB_ERR_INVALID: what it says cannot be said in a head;
 * VB_ERR_UNSUPPORTED: its content cannot be sent to HTTP/1.0. Nothing is queued
 * then. */
enum vb_err vb__h1c_write_head(struct vb_h1c *c, const struct vb_call *call);

/* --- send.c: content going out -------------------------------------------- */

/* Queues what can be queued. False when nothing could be done. */
bool vb__h1c_send_step(struct vb_h1c *c);

/* Would it do anything? */
bool vb__h1c_can_send(const struct vb_h1c *c);

/* Is there anything to be sent? */
bool vb__h1c_has_output(const struct vb_h1c *c);

int vb__h1c_output_drain(const struct vb_h1c *c, struct iovec *iov, int max);
void vb__h1c_output_sent(struct vb_h1c *c, size_t n);

/* --- reply.c: heads coming in ----------------------------------------------
 */

/* Takes the next head when it is all there. False when it takes more input. */
bool vb__h1c_take_head(struct vb_h1c *c, struct vb_span *in);

/* --- content.c: content coming in ------------------------------------------
 */

/* Gives the call what there is. False when nothing could be done. */
bool vb__h1c_take_content(struct vb_h1c *c, struct vb_span *in);

/* --- time.c ------------------------------------------------------------------
 */

int64_t vb__h1c_deadline(const struct vb_wire *wire);
void vb__h1c_tick(struct vb_wire *wire);

#endif
