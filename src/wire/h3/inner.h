/*
 * The shape of an HTTP/3 connection, shared by the files of this folder.
 *
 *     below ─▶ incoming.c ─▶ request.c ─▶ qpack.c ─▶ [mux] ─▶ service
 *                     └────▶ uni.c ─▶ control.c, qpack.c  │
 *     below ◀─ outgoing.c ◀─ output.c ◀─ send.c ◀─ [mux] ◀┘
 *
 * Frames and the rules about them are read here; the compression of field
 * lines is nghttp3's. Its connection object is not used: it passes over field
 * lines with characters that none may have without telling (a request whose
 * If-Match is dropped would be another request), ends the connection where one
 * stream is at fault, and tells nothing of frames that ask for nothing.
 *
 * Each stream of a client is one exchange; what is between the two is
 * wire/mux's. What is called from within a step, or while frames are read (the
 * service, a sink, a source), only marks its stream; vb__h3_run then does what
 * the marks ask for.
 */
#ifndef VB_WIRE_H3_INNER_H
#define VB_WIRE_H3_INNER_H

#include <nghttp3/nghttp3.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "wire/h3/h3.h"
#include "wire/h3/varint.h"
#include "wire/mux/mux.h"

enum {
    /* QPACK's dynamic tables, either way, in bytes (RFC 9204 section 5). No
     * stream may be blocked by the client's: nothing is ever held back, and
     * entries are of use as soon as they are acknowledged. */
    VB_H3_TABLE = 4096,
    /* Streams that ours may block in the client at most. */
    VB_H3_BLOCKED_MAX = 100,
    /* A frame on the control stream that we know, and its entries. */
    VB_H3_CONTROL_MAX = 1024,
    VB_H3_SETTINGS_MAX = 32,
    /* Copied content that waits to be acknowledged, in blocks of all streams.
     * One more is every stream's own. */
    VB_H3_BLOCKS_MAX = 64,
    /* Of a DATA frame that fits a block. */
    VB_H3_FRAME_HEAD = 5,
    /* Less unsent than this, and a source is asked for more. */
    VB_H3_LOW = 4 * 1024,
    /* How long a head waits for what tells whether content follows. */
    VB_H3_GRACE_MS = 1000,
    VB_H3_BUCKETS = 64,
    /* Bytes that the buffer for sections may keep when none is under way. */
    VB_H3_SECTION_KEPT = 1024,
    /* Bytes of QPACK's own streams that cost as much as a frame. */
    VB_H3_QPACK_BYTES = 64
};

/* Frame types (RFC 9114 section 11.2.1, RFC 9218 section 7.2). */
enum {
    VB_H3_DATA = 0,
    VB_H3_HEADERS = 1,
    VB_H3_CANCEL_PUSH = 3,
    VB_H3_SETTINGS = 4,
    VB_H3_PUSH_PROMISE = 5,
    VB_H3_GOAWAY = 7,
    VB_H3_MAX_PUSH_ID = 0xd,
    VB_H3_PRIORITY_UPDATE = 0xf0700,
    VB_H3_PRIORITY_UPDATE_PUSH = 0xf0701
};

/* One that is being read. */
struct vb_h3_frame {
    struct vb_varint varint;
    uint64_t type;
    uint64_t left; /* of its payload */
    bool typed;    /* the type is known */
    bool within;   /* and the length: what comes next is payload */
};

/* A piece of what is to be sent. */
struct vb_h3_piece {
    struct vb_h3_piece *next;
    const char *at;
    size_t len;
    bool block;   /* it is in a block of the worker's, behind this */
    bool content; /* all of it is content of a reply */
};

/*
 * What we send on a stream: kept until it is acknowledged.
 *
 *     first                        next             last
 *     [.....acked....│   sent   ] [ sent │ unsent ] [ unsent ]
 *      first_gone ──▶│              next_gone ─▶│
 */
struct vb_h3_output {
    int64_t id;
    struct vb_h3_piece *first;
    struct vb_h3_piece *last;
    struct vb_h3_piece *next; /* NULL: all is sent */
    size_t first_gone;        /* bytes of `first` that are acknowledged */
    size_t next_gone;         /* of `next` that are sent */
    uint64_t added;           /* bytes in all, */
    uint64_t sent;            /* of these */
    uint64_t acked;           /* of these */
    bool blocked;             /* the client's window is shut */
    bool end;                 /* nothing comes behind */
    bool end_sent;            /* and that is said */
};

/* A request stream, from its first byte to its end in both directions. */
struct vb_h3_stream {
    struct vb_mux_stream mux; /* first; its x is NULL when that is over */
    struct vb_h3 *h3;
    struct vb_h3_stream *next;
    struct vb_h3_stream *prev;
    struct vb_h3_stream *chain; /* of its bucket */
    struct vb_h3_output out;

    /* coming in */
    struct vb_h3_frame frame;
    nghttp3_qpack_stream_context *section; /* being read, or NULL */
    uint16_t code;     /* to reset it with, where it is broken */
    bool complete : 1; /* the head is all there */
    bool trailers : 1; /* so are trailers, or they are being read */
    bool early : 1;    /* bytes of the head came in 0-RTT */
    bool ending : 1;   /* nothing comes behind the payload at hand */
    bool in_done : 1;  /* nothing more is read of this stream */
    bool out_done : 1; /* nor sent: it was reset */
    bool broken : 1;   /* to be reset in the next step */

    /* going out */
    bool sourced : 1; /* content comes from a source still, */
    bool framed : 1;  /* in frames of ours; else in one of its length */
    bool starved : 1; /* there was no block for it */
};

/* A unidirectional stream of the client's. */
enum vb_h3_role {
    VB_H3_FREE, /* no stream */
    VB_H3_NEW,  /* its type is not known yet */
    VB_H3_CONTROL,
    VB_H3_ENCODER,
    VB_H3_DECODER,
    VB_H3_UNKNOWN
};

struct vb_h3_uni {
    int64_t id;
    struct vb_varint type;
    uint8_t role; /* enum vb_h3_role */
};

struct vb_h3 {
    struct vb_env *env;
    const struct vb_peer *peer;
    struct vb_h3_below *below;
    nghttp3_mem mem; /* env->heap */
    nghttp3_qpack_encoder *encoder;
    nghttp3_qpack_decoder *decoder;
    nghttp3_buf section; /* what the encoder writes into, kept for the next */
    nghttp3_buf instructions;
    struct vb_h3_stream *streams; /* newest first */
    struct vb_mux_marks marks;
    struct vb_h3_stream *buckets[VB_H3_BUCKETS];
    struct vb_mux_turns turns;
    struct vb_h3_output control; /* ours */
    struct vb_h3_output encoding;
    struct vb_h3_output decoding;
    struct vb_h3_uni uni[VB_H3_UNI_STREAMS_MAX];
    struct vb_h3_frame frame; /* on the client's control stream */
    struct vb_buf payload;    /* of that */
    struct vb_mux_early early;
    struct vb_mux_budget budget;
    int64_t read_since;  /* when what we wait for began: no stream was there */
    int64_t moved;       /* when content last moved, of any stream */
    int64_t highest;     /* id of a request stream; -4: none yet */
    int64_t goaway;      /* requests from this id on are rejected */
    uint64_t closed;     /* request streams so far */
    uint64_t push;       /* MAX_PUSH_ID, plus 1 */
    uint64_t goaway_id;  /* the client's */
    uint64_t notice;     /* where the last GOAWAY ends on our control stream */
    int64_t pulled;      /* the stream that was pulled last, */
    size_t pulled_len;   /* so much of it, */
    bool pulled_end;     /* and its end */
    uint32_t blocks;     /* lent to streams of requests */
    uint32_t busy;       /* streams with an exchange */
    uint32_t requests;   /* begun so far */
    uint32_t qpack_rest; /* bytes of QPACK's streams not paid for yet */
    bool running : 1;    /* our callbacks, or steps, are on the stack */
    bool begun : 1;      /* the client's SETTINGS have come */
    bool starved : 1;    /* so is a stream */
    bool stopping : 1;   /* no new request is to be begun, and */
    bool last : 1;       /* the peer was told which was the last */
    bool over : 1;       /* the connection is closed */
};

/* --- run.c: what happens next ------------------------------------------- */

/* Does what marks ask for. Not from within a callback. */
void vb__h3_run(struct vb_h3 *h3);

/* The stream has something to be done; done now, unless we are running. */
void vb__h3_mark(struct vb_h3_stream *s);

/* Ends the connection with this code (RFC 9114 section 8). */
void vb__h3_give_up(struct vb_h3 *h3, uint64_t code);

/* Takes something off the budget; at its end, gives the connection up. */
void vb__h3_spend(struct vb_h3 *h3, int32_t cost);

/* No new requests; closes when those under way are answered. */
void vb__h3_stop(struct vb_h3 *h3);

/* The second step of that: the peer knows that it is to stop. */
void vb__h3_stop_now(struct vb_h3 *h3);

/* Bytes of our control stream came through. */
void vb__h3_control_acked(struct vb_h3 *h3);

static inline bool vb__h3_is_uni(int64_t id)
{
    return (id & 2) != 0;
}

/* --- stream.c --------------------------------------------------------------
 */

/* The request stream of this id, or NULL. */
struct vb_h3_stream *vb__h3_stream_find(const struct vb_h3 *h3, int64_t id);

/* One that has no exchange; NULL: out of memory, and the connection is over. */
struct vb_h3_stream *vb__h3_stream_new(struct vb_h3 *h3, int64_t id);

/* Gives it one; false when out of memory. */
bool vb__h3_stream_begin(struct vb_h3_stream *s);

/* Breaks it off in both directions, in the next step. */
void vb__h3_break(struct vb_h3_stream *s, uint16_t code);

/* That step. */
void vb__h3_stream_abort(struct vb_h3_stream *s);

/* All is acknowledged, and all has come that is to be heard in a tunnel. */
bool vb__h3_stream_is_over(const struct vb_h3_stream *s);

/* Its exchange is over: all is acknowledged, or of no use any more. */
void vb__h3_stream_done(struct vb_h3_stream *s);

/* Nothing more is sent on it, and the client told so. */
void vb__h3_stream_unsent(struct vb_h3_stream *s, uint64_t code);

/* Nothing more is read of it; the client may be told so. */
void vb__h3_stream_unread(struct vb_h3_stream *s, uint64_t code, bool tell);

/* The stream itself is over. */
void vb__h3_stream_free(struct vb_h3_stream *s);

int64_t vb__h3_stream_deadline(const struct vb_h3_stream *s);
void vb__h3_stream_late(struct vb_h3_stream *s);

/* --- frame.c ---------------------------------------------------------------
 */

/* Reads a frame's head off the front; false: more has to come. */
bool vb__h3_frame_head(struct vb_h3_frame *frame, struct vb_span *bytes);

/* What there is of its payload, off the front. */
struct vb_span vb__h3_frame_payload(struct vb_h3_frame *frame,
                                    struct vb_span *bytes);

/* Is it all there? Then the next may begin. */
bool vb__h3_frame_ends(struct vb_h3_frame *frame);

/* Is it the end of one, or the beginning of all? */
bool vb__h3_frame_between(const struct vb_h3_frame *frame);

/* One that exists, but not on this stream (RFC 9114 section 7.2), or was
 * HTTP/2's (7.2.8); `control`: it is the control stream. */
bool vb__h3_frame_misplaced(uint64_t type, bool control);

/* Writes a frame's head; its bytes, 16 at most. */
size_t vb__h3_frame_put(char *at, uint64_t type, uint64_t length);

/* --- request.c: a request's stream -----------------------------------------
 */

void vb__h3_request_data(struct vb_h3_stream *s, struct vb_span bytes,
                         bool fin);

/* One decoded line, of the head or of trailers. */
void vb__h3_field(struct vb_h3_stream *s, struct vb_span name,
                  struct vb_span value, bool guarded);

/* The end of such a section. */
void vb__h3_section_end(struct vb_h3_stream *s);

/* The head is complete, and what it asks for can be done. */
void vb__h3_ask(struct vb_h3_stream *s, bool ended);

/* --- uni.c, control.c: the client's unidirectional streams -----------------
 */

void vb__h3_uni_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes,
                     bool fin);

/* It was reset, or is closed. */
void vb__h3_uni_gone(struct vb_h3 *h3, int64_t id, bool forget);

void vb__h3_control_data(struct vb_h3 *h3, struct vb_span bytes);

/* --- qpack.c ---------------------------------------------------------------
 */

/* Of a HEADERS frame; `end`: its last. */
void vb__h3_decode(struct vb_h3_stream *s, struct vb_span bytes, bool end);

/* The client's instructions for our tables, of the one or the other. */
void vb__h3_qpack_data(struct vb_h3 *h3, struct vb_span bytes, bool encoder);

/* The client's SETTINGS for them. */
void vb__h3_qpack_settings(struct vb_h3 *h3, uint64_t table, uint64_t blocked);

/* Not all of the stream is read: what it refers to may go. */
void vb__h3_qpack_cancel(struct vb_h3_stream *s);

/* No section is under way: gives back what large ones took. */
void vb__h3_qpack_rest(struct vb_h3 *h3);

/* Queues what is to be told of what was decoded. */
void vb__h3_qpack_flush(struct vb_h3 *h3);

/* Queues HEADERS, and behind it the head of a DATA frame of so many bytes; -1:
 * of none. False when out of memory. */
bool vb__h3_put_section(struct vb_h3_stream *s,
                        const struct vb_section *section, int64_t data);

/* --- output.c: bytes to be sent ---------------------------------------------
 */

/* Copies bytes into blocks; false when out of memory. */
bool vb__h3_output_put(struct vb_h3 *h3, struct vb_h3_output *out,
                       struct vb_span bytes);

/* Room behind what is there, within one block: so much at least, which a block
 * must have; NULL when out of memory. What is written there is then added. */
char *vb__h3_output_room(struct vb_h3 *h3, struct vb_h3_output *out,
                         size_t least, size_t *ret_room);
void vb__h3_output_add(struct vb_h3_output *out, size_t n);

/* May content be copied into it? There is room in the last block, or one more
 * to be had; the first one is to be had always. */
bool vb__h3_output_may_grow(const struct vb_h3 *h3,
                            const struct vb_h3_output *out);

/* A piece of the caller's, which lives as long as the bytes. */
void vb__h3_output_refer(struct vb_h3_output *out, struct vb_h3_piece *piece);

static inline uint64_t vb__h3_output_unsent(const struct vb_h3_output *out)
{
    return out->added - out->sent;
}

int vb__h3_output_pull(const struct vb_h3_output *out, struct iovec *iov,
                       int max);

/* So much of it was sent; bytes of content among them. */
size_t vb__h3_output_sent(struct vb_h3_output *out, size_t n);
void vb__h3_output_acked(struct vb_h3 *h3, struct vb_h3_output *out,
                         uint64_t n);

/* Throws all of it away. */
void vb__h3_output_clear(struct vb_h3 *h3, struct vb_h3_output *out);

/* --- send.c: replies -------------------------------------------------------
 */

extern const struct vb_mux_ops vb__h3_mux_ops;
extern const struct vb_carrier vb__h3_carrier;

/* Gets from the source what can be sent now. */
void vb__h3_fill(struct vb_h3_stream *s);

/* Has it something to send, as far as is known? */
bool vb__h3_sendable(const struct vb_h3_stream *s);

/* Queues it for its turn, if it has. */
void vb__h3_turn_join(struct vb_h3_stream *s);

/* It was sent something of. */
void vb__h3_turn_pass(struct vb_h3_stream *s);

#endif
