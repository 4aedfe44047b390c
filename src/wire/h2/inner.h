/*
 * The shape of an HTTP/2 connection, shared by the files of this folder.
 *
 *     loop ─ feed ─▶ nghttp2 ─▶ receive.c ─▶ stream ─▶ exchange ─▶ service
 *                                               ▲  │                 │
 *                                  content.c ───┘  └◀─ carrier.c ◀───┘
 *     loop ◀ drain ─ [pieces of output] ◀─ nghttp2 ◀─ reply.c, send.c
 *
 * Each stream is one exchange. What is called from within nghttp2 or a step
 * (the service, a sink, a source) only marks its stream; vb__h2_run then does
 * what the marks ask for, stream by stream, and lets nghttp2 put frames out
 * while there is room for them.
 */
#ifndef VB_WIRE_H2_INNER_H
#define VB_WIRE_H2_INNER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "wire/message.h"
#include "wire/wire.h"

enum {
    /* Bytes queued for sending past which no frame is made, and none read. */
    VB_H2_QUEUE_MAX = 64 * 1024,
    /* Pieces that they lie in at most. */
    VB_H2_PIECES_MAX = 32,
    /* Content up to this in a frame is copied behind its head. */
    VB_H2_COPY_MAX = 2 * 1024,
    /* The largest DATA frame made: SETTINGS_MAX_FRAME_SIZE's least. */
    VB_H2_FRAME_MAX = 16 * 1024,
    VB_H2_FRAME_HEAD = 9,
    /* Requests under way at once (RFC 9113 section 5.1.2). */
    VB_H2_STREAMS_MAX = 100,
    /* Content of one request, and of all, that may wait for its sinks. */
    VB_H2_STREAM_WINDOW = 256 * 1024,
    VB_H2_WINDOW = 1024 * 1024,
    /* A decoded field section of more than so many times what is told as
     * acceptable ends the connection: HPACK makes large ones cheap to send. */
    VB_H2_SECTION_TIMES = 4,
    /* Replies of nghttp2's own (to PING, SETTINGS) that may wait. */
    VB_H2_ACKS_MAX = 100,
    /* SETTINGS entries in a frame, and CONTINUATION frames of a section. */
    VB_H2_SETTINGS_MAX = 32,
    VB_H2_CONTINUATIONS_MAX = 8
};

/* What a client may cost beside what it asks for: see budget.c. */
enum {
    VB_H2_BUDGET = 1000,      /* at first, and at most */
    VB_H2_BUDGET_PER_S = 50,  /* it grows by */
    VB_H2_COST_FRAME = 1,     /* a frame that asks for nothing */
    VB_H2_COST_RESET = 4,     /* a stream that did not come to its end */
    VB_H2_GAIN_REPLY = 2,     /* one that did */
    VB_H2_GAIN_DATA = 2,      /* a DATA frame of ours, of some size, whose */
    VB_H2_GAIN_DATA_MIN = 256 /* windows the client has to open again */
};

enum vb_h2_phase {
    VB_H2_OPEN,
    VB_H2_LINGER, /* all is sent; the peer may still be sending */
    VB_H2_CLOSED
};

struct vb_h2_output;
struct vb_h2_stream;

struct vb_h2 {
    struct vb_wire wire;
    nghttp2_session *session;
    struct vb_h2_output *output;
    struct vb_h2_stream *streams; /* with an exchange, newest first */
    int64_t read_since;  /* when what we wait for began: no stream was there */
    int64_t write_since; /* when sending began, or moved */
    int64_t budget_at;   /* when `budget` was right */
    int32_t budget;
    uint32_t requests; /* begun so far */
    uint8_t phase;     /* enum vb_h2_phase */
    bool running : 1;  /* our callbacks, or steps, are on the stack */
    bool marked : 1;   /* a stream has something to be done */
    bool begun : 1;    /* the client's first SETTINGS have come */
    bool eof : 1;      /* the peer sends no more */
    bool stopping : 1; /* no new request is to be begun, and */
    bool last : 1;     /* the peer was told which was the last */
    bool over : 1;     /* the end was said: nothing is read any more */
    bool broken : 1;   /* nothing can be sent any more either */
};

/* Where a request is. */
enum vb_h2_state {
    VB_H2_HEAD, /* its field section is being received */
    VB_H2_ASKED /* it was handed to the service, or refused for good */
};

/* A field line of Cookie that waits for the others. */
struct vb_h2_crumb {
    struct vb_h2_crumb *next;
    struct vb_span text;
};

/* A stream and its exchange; in that one's arena. */
struct vb_h2_stream {
    struct vb_h2 *h2;
    struct vb_exchange *x;
    struct vb_h2_stream *next;
    struct vb_h2_stream *prev;
    int32_t id;
    uint32_t pieces; /* of its content in the output */
    int64_t since;   /* when what we wait for began, or moved */
    enum vb_h2_state state;

    /* coming in */
    struct vb_head_builder builder;
    struct vb_span method;
    struct vb_span scheme;
    struct vb_span authority;
    struct vb_span path;
    struct vb_h2_crumb *crumbs; /* of Cookie, and */
    struct vb_h2_crumb **crumbs_end;
    uint64_t section;      /* bytes of fields decoded */
    uint64_t taken;        /* bytes of content the sink was given */
    struct vb_buf waiting; /* content that it was not given yet */
    struct vb_verdict trailers_why;
    enum vb_err error;  /* what to tell the sink in the end */
    bool malformed : 1; /* RFC 9113 section 8.1.1 */
    bool ended : 1;     /* the client has sent all */
    bool failed : 1;    /* or what it sends is of no use any more */
    bool expects : 1;   /* it waits for 100 (Continue) */
    bool wanted : 1;    /* content goes to the sink */
    bool paused : 1;    /* until resume_content */
    bool sink_ended : 1;

    /* going out */
    bool marked : 1;          /* for vb__h2_run */
    bool replied : 1;         /* x->reply is complete */
    bool submitted : 1;       /* and nghttp2 has its head */
    bool all_sent : 1;        /* and put out its last frame */
    bool deferred : 1;        /* the source has nothing just now */
    bool ready : 1;           /* output_ready came */
    bool closed : 1;          /* nghttp2 knows it no more */
    struct vb_span tail;      /* content to be sent next, from where it lies, */
    struct vb_file_part file; /* or this */
    int64_t source_left;      /* bytes the source owes; -1: not known */
};

/* The connection's limit for what SETTINGS_MAX_HEADER_LIST_SIZE tells. */
static inline uint64_t vb__h2_section_max(const struct vb_h2 *h2)
{
    const struct vb_head_limits *limits = &h2->wire.env->limits->head;

    return (uint64_t)limits->max_fields_size + limits->max_target;
}

/* --- run.c: what happens next ------------------------------------------- */

/* Does what marks ask for, and lets frames out. Not from within a callback. */
void vb__h2_run(struct vb_h2 *h2);

/* The stream has something to be done; done now, unless we are running. */
void vb__h2_mark(struct vb_h2_stream *s);

/* Ends the connection with a GOAWAY of this code; nothing more is read. */
void vb__h2_give_up(struct vb_h2 *h2, uint32_t code);

/* No new requests; closes when those under way are answered. */
void vb__h2_stop(struct vb_h2 *h2);

/* The first step of that is out: asks whether the peer has got it. */
void vb__h2_goaway_sent(struct vb_h2 *h2);

/* The second step: the peer knows that it is to stop. */
void vb__h2_stop_now(struct vb_h2 *h2);

/* Ends all at once: exchanges are abandoned, nothing more is sent. */
void vb__h2_close(struct vb_h2 *h2);

/* --- receive.c: nghttp2's callbacks --------------------------------------- */

/* A session of ours; NULL when out of memory. */
nghttp2_session *vb__h2_session_new(struct vb_h2 *h2);

/* --- stream.c --------------------------------------------------------------
 */

/* A stream with an exchange that is not begun; NULL when out of memory. */
struct vb_h2_stream *vb__h2_stream_new(struct vb_h2 *h2, int32_t id);

/* nghttp2 has closed it, or the connection is gone: the exchange is over when
 * the last piece of its content is sent. */
void vb__h2_stream_closed(struct vb_h2_stream *s);

/* A piece of its content is sent, or thrown away. */
void vb__h2_stream_piece_done(struct vb_h2_stream *s);

/* When it has waited too long, in env->now.mono_ms. */
int64_t vb__h2_stream_deadline(const struct vb_h2_stream *s);

/* It has. */
void vb__h2_stream_late(struct vb_h2_stream *s);

void vb__h2_reset(struct vb_h2_stream *s, uint32_t code);

/* --- head.c: from field lines to a head ----------------------------------- */

/* One decoded line of the head. False: the connection has to end. */
bool vb__h2_head_field(struct vb_h2_stream *s, struct vb_span name,
                       struct vb_span value);

/* The head is complete: the rules that need all of it, and the verdict. */
void vb__h2_head_end(struct vb_h2_stream *s);

/* One decoded line of the trailers; likewise. */
bool vb__h2_trailer_field(struct vb_h2_stream *s, struct vb_span name,
                          struct vb_span value);

/* --- content.c: request content -------------------------------------------
 */

/* Bytes have come: to the sink, to wait, or into nothing. */
void vb__h2_content_bytes(struct vb_h2_stream *s, struct vb_span bytes);

/* Gives content up: tells the sink so, in the next step. */
void vb__h2_content_fail(struct vb_h2_stream *s, const struct vb_failure *why);

/* Does it wait for content from the client? */
bool vb__h2_receives_content(const struct vb_h2_stream *s);

void vb__h2_content_step(struct vb_h2_stream *s);

/* Throws away what waits, and opens the connection's window for it. */
void vb__h2_content_drop(struct vb_h2_stream *s);

/* --- reply.c, send.c: replies --------------------------------------------- */

/* Gives nghttp2 the head of the reply, and what its content comes from. */
void vb__h2_submit_reply(struct vb_h2_stream *s);

/* Sends an interim reply (RFC 9110 section 15.2), or nothing. */
void vb__h2_submit_interim(struct vb_h2_stream *s, unsigned status,
                           const struct vb_field_out *fields, size_t count);

/* Where a reply's content comes from; false: it has none. */
bool vb__h2_content_begin(struct vb_h2_stream *s);

/* nghttp2's, for that content. */
ssize_t vb__h2_read_content(nghttp2_session *session, int32_t id, uint8_t *buf,
                            size_t length, uint32_t *data_flags,
                            nghttp2_data_source *source, void *user_data);
int vb__h2_send_data(nghttp2_session *session, nghttp2_frame *frame,
                     const uint8_t *framehd, size_t length,
                     nghttp2_data_source *source, void *user_data);

/* --- budget.c: what a client may cost ------------------------------------- */

/* Takes something off the budget; at its end, gives the connection up. */
void vb__h2_spend(struct vb_h2 *h2, int32_t cost);
void vb__h2_gain(struct vb_h2 *h2, int32_t gain);

/* --- output.c: bytes to be sent ---------------------------------------------
 */

struct vb_h2_output *vb__h2_output_new(void);

/* Is there no room for a frame? */
bool vb__h2_output_full(const struct vb_h2 *h2);

/* Bytes to be sent. */
size_t vb__h2_output_queued(const struct vb_h2 *h2);

/* When content last moved, of any stream and either way; and that it does. */
int64_t vb__h2_moved(const struct vb_h2 *h2);
void vb__h2_move(struct vb_h2 *h2);

/* Copies bytes; false when out of memory. */
bool vb__h2_output_put(struct vb_h2 *h2, struct vb_span bytes);

/* Bytes that live as long as the stream's exchange; behind a put. */
void vb__h2_output_refer(struct vb_h2_stream *s, struct vb_span bytes);

int vb__h2_output_drain(const struct vb_h2 *h2, struct iovec *iov, int max);
void vb__h2_output_sent(struct vb_h2 *h2, size_t n);

/* Throws all of it away. */
void vb__h2_output_clear(struct vb_h2 *h2);

extern const struct vb_carrier vb__h2_carrier;

#endif
