/*
 * The shape of an HTTP/1 connection, shared by the files of this folder.
 *
 *     loop ─ feed ─▶ [input] ─▶ request.c ─▶ exchange ─▶ service
 *                       │                       ▲ │
 *                       └────▶ content.c ───────┘ │ reply
 *     loop ◀ drain ─ [output blocks][tail or file] ◀─ reply.c, send.c
 *
 * An idle connection is a struct vb_h1 and nothing more. Bytes that cannot be
 * used yet go to `input`; replies are copied into `output`, and large content
 * is sent from where it lies, as the message's `tail`. Whatever has to happen
 * happens in vb__h1_run, one step after the other; what is called from within
 * (the service, a sink, a source) only leaves marks for it.
 */
#ifndef VB_WIRE_H1_INNER_H
#define VB_WIRE_H1_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "exchange/head_text.h"
#include "wire/h1/chunked.h"
#include "wire/h1/input.h"
#include "wire/h1/output.h"
#include "wire/message.h"
#include "wire/wire.h"

enum {
    /* VB_H1_COPY_MAX when more requests wait: all replies then leave together,
     * and a call of sendmsg is saved with each. */
    VB_H1_COPY_MORE_MAX = 16 * 1024,
    /* Unwanted content read and thrown away to keep a connection. */
    VB_H1_DISCARD_MAX = 64 * 1024,
    /* Empty lines passed over before a request-line (RFC 9112 section 2.2). */
    VB_H1_EMPTY_LINES_MAX = 8,
    /* What a request-line may have beside its target. */
    VB_H1_LINE_SLACK = 1024
};

enum vb_h1_phase {
    VB_H1_HEAD,     /* between requests, or within a head */
    VB_H1_EXCHANGE, /* a request is being answered */
    VB_H1_BOTH,     /* and content goes to the sink beside the reply */
    VB_H1_CLOSING,  /* the last reply is on its way */
    VB_H1_LINGER,   /* all is sent; the peer may still be sending */
    VB_H1_CLOSED
};

struct vb_h1_message;

struct vb_h1 {
    struct vb_wire wire;
    struct vb_h1_message *message; /* in VB_H1_EXCHANGE and VB_H1_BOTH */
    struct vb_h1_output output;    /* what is to be sent */
    struct vb_h1_input *input;     /* what was received and not used */
    int64_t read_since;            /* when what we wait for began, or moved */
    uint32_t requests;             /* begun so far */
    uint32_t scanned;    /* bytes of a head or trailers known not to end it */
    uint8_t phase;       /* enum vb_h1_phase */
    uint8_t empty_lines; /* before this request */
    bool head_begun : 1; /* something of a head is there */
    bool line_fine : 1;  /* its request-line was looked at */
    bool late : 1;       /* the rest of it did not come in time */
    bool running : 1;    /* vb__h1_run is on the stack */
    bool eof : 1;        /* the peer sends no more */
    bool stopping : 1;   /* shut_down was called */
    bool linger : 1;     /* the peer may still be sending when we close */
    bool reset : 1;      /* close so that the peer sees it was no proper end */
    bool more : 1;       /* input is at hand behind this request */
    bool owned : 1;      /* `free` frees this struct */
};

/* How the content still to come is delimited. */
enum vb_h1_content {
    VB_H1_ENDED, /* there is none, or no more */
    VB_H1_LENGTH,
    VB_H1_CHUNKED,
    VB_H1_TRAILERS,
    VB_H1_RAW /* behind a switch: whatever comes, until the peer ends */
};

/* How a reply's content is delimited (RFC 9112 section 6.3). */
enum vb_h1_delimit {
    VB_H1_BY_LENGTH,
    VB_H1_BY_CHUNKS,
    VB_H1_BY_CLOSE,
    VB_H1_NO_CONTENT /* the head is all there is */
};

/* What a connection needs while it has an exchange; in the exchange's arena. */
struct vb_h1_message {
    struct vb_h1 *h1;
    struct vb_exchange *x;

    /* coming in */
    uint64_t left;      /* bytes still to come, in VB_H1_LENGTH */
    uint64_t taken;     /* bytes of content so far */
    uint64_t discarded; /* of them, thrown away */
    struct vb_chunked chunked;
    enum vb_err error; /* what to tell the sink in the end */
    enum vb_h1_content content;
    bool minor_0 : 1;    /* the client speaks HTTP/1.0 */
    bool keep_alive : 1; /* the client wants to go on */
    bool expects : 1;    /* the client waits for 100 (Continue) */
    bool wanted : 1;     /* content goes to the sink */
    bool paused : 1;     /* until resume_content */
    bool sink_ended : 1;
    bool broken : 1; /* nothing behind this message can be trusted */

    /* going out */
    bool close : 1;     /* the connection ends with this reply */
    bool replied : 1;   /* x->reply is complete */
    bool head_sent : 1; /* and its head is queued */
    bool all_sent : 1;  /* all of it is queued, and the tail gone */
    bool pending : 1;   /* the source has nothing just now */
    bool ready : 1;     /* output_ready came during a pull */
    bool continued : 1; /* 100 (Continue) was sent */
    bool switched : 1;  /* with the reply, HTTP is over on this connection */
    uint8_t tail_crlf;  /* bytes of the CR LF to be sent behind the tail */
    enum vb_h1_delimit delimit;
    struct vb_span tail;      /* to be sent behind the output blocks, */
    struct vb_file_part file; /* or this, never both */
    int64_t source_left;      /* bytes the source owes; -1: not known */
};

extern const struct vb_carrier vb__h1_carrier;
/* The same of who speaks HTTP/1.0. */
extern const struct vb_carrier vb__h1_carrier_1_0;

/* --- run.c: what happens next ------------------------------------------- */

/* Does all that can be done with *in, and takes off it what was used. */
void vb__h1_run(struct vb_h1 *h1, struct vb_span *in);

/* The same with the stored input, from outside of the loop's calls too. */
void vb__h1_run_stored(struct vb_h1 *h1);

/* Does the exchange wait for bytes of content? */
bool vb__h1_receives_content(const struct vb_h1 *h1);

/* Ends all at once: the exchange is abandoned, nothing more is sent. */
void vb__h1_close(struct vb_h1 *h1);

/* --- request.c: from bytes to an exchange ------------------------------- */

/* Begins the next exchange, or what must happen instead. False when it takes
 * more input. */
bool vb__h1_receive_head(struct vb_h1 *h1, struct vb_span *in);

/* --- parse.c: a head's text ---------------------------------------------- */

/*
 * All lines of a head, to the builder, with VB_H1_PAD bytes readable behind
 * the head. True when the request-line was fine: then *ret_line is set.
 */
enum { VB_H1_PAD = 32 };
bool vb__h1_parse_head(struct vb_head_builder *builder, struct vb_span head,
                       struct vb_head_line *ret_line);

/* --- framing.c: what the head says about the message's limits ------------ */

/* Transfer-Encoding (RFC 9112 section 6.1), before vb_head_end. True when the
 * content is chunked. */
bool vb__h1_transfer_coding(struct vb_head_builder *builder, bool minor_0);

/* --- content.c: request content ------------------------------------------ */

/* Delivers or throws away what there is. False when nothing could be done. */
bool vb__h1_content_step(struct vb_h1_message *m, struct vb_span *in);

/* Gives content up: tells the sink so, in the next step. */
void vb__h1_content_fail(struct vb_h1_message *m, const struct vb_failure *why);

/* The same for the sink alone, whether or not the reply has begun. */
bool vb__h1_content_sink(struct vb_h1_message *m, struct vb_span *in);

/* The reply is decided, and goes both ways. */
void vb__h1_content_both(struct vb_h1_message *m);

/* No more of it is for the sink: what is left has its time from now on. */
void vb__h1_content_apart(struct vb_h1_message *m);

/* --- upgrade.c -------------------------------------------------------------
 */

/* The first protocol that Upgrade names (RFC 9110 section 7.8), where
 * Connection does so too; "": none that this request can be for. */
struct vb_span vb__h1_upgrade(const struct vb_h1_message *m);

/* --- reply.c, send.c: replies --------------------------------------------- */

/* Writes the head of the reply and decides how its content is delimited. */
void vb__h1_write_head(struct vb_h1_message *m, struct vb_h1_writer *writer);

/* The trailer section of a chunked reply, with the line that ends it. */
void vb__h1_write_trailers(struct vb_h1_message *m,
                           struct vb_h1_writer *writer);

/* Queues an interim reply (RFC 9110 section 15.2), or nothing. */
void vb__h1_write_interim(struct vb_h1_message *m, unsigned status,
                          const struct vb_field_out *fields, size_t count);

/* Queues what can be queued of the reply. False when nothing could be done. */
bool vb__h1_send_step(struct vb_h1_message *m);

/* "HTTP/1.1 200 OK" CR LF, or {NULL, 0} for a status without a name. */
struct vb_span vb__h1_status_line(unsigned status);

/* --- output.c: bytes to be sent ---------------------------------------------
 */

static inline void vb__h1_writer_init(struct vb_h1_writer *writer,
                                      struct vb_h1 *h1)
{
    vb__h1_writer_begin(writer, &h1->output, h1->wire.env);
}

/* Copies bytes, however many; false when out of memory. */
bool vb__h1_output_put(struct vb_h1 *h1, struct vb_span bytes);

/* Is there anything to be sent? */
bool vb__h1_has_output(const struct vb_h1 *h1);

int vb__h1_output_drain(const struct vb_h1 *h1, struct iovec *iov, int max,
                        struct vb_file_part *ret_file);
void vb__h1_output_sent(struct vb_h1 *h1, size_t n);

#endif
