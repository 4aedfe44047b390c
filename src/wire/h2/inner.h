/*
 * The shape of an HTTP/2 connection, shared by the files of this folder.
 *
 *     loop ─ feed ─▶ input.c ─▶ request.c ─▶ hpack.c ─▶ [mux] ─▶ service
 *                       └─────▶ control.c ─┐              │
 *     loop ◀ drain ─ output.c ◀─ frame.c ◀─┴── send.c ◀───┘
 *
 * Frames and the rules about them are read here; the compression of field
 * lines is nghttp2's. Its session is not used: beside HPACK it took more
 * instructions for a request than all of ours.
 *
 * Each stream is one exchange; what is between the two is wire/mux's. What is
 * called from within a step, or while frames are read (the service, a sink, a
 * source), only marks its stream; vb__h2_run then does what the marks ask for,
 * stream by stream, and makes frames of content while there is room for them.
 */
#ifndef VB_WIRE_H2_INNER_H
#define VB_WIRE_H2_INNER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "wire/h2/format.h"
#include "wire/h2/reader.h"
#include "wire/mux/mux.h"
#include "wire/wire.h"

enum {
    /* Bytes queued for sending past which no frame is made, and none read. */
    VB_H2_QUEUE_MAX = 64 * 1024,
    /* Pieces that they lie in at most. */
    VB_H2_PIECES_MAX = 32,
    /* Content up to this in a frame is copied behind its head. */
    VB_H2_COPY_MAX = 2 * 1024,
    /* The same for a file's: with its head it fits a TLS record, and keeps the
     * parts that are read aligned. */
    VB_H2_FILE_FRAME_MAX = 16 * 1024 - 128,
    /* Streams that are closed, and known how. */
    VB_H2_PAST = 256,
    VB_H2_BUCKETS = 64
};

/* What a client earns by opening windows again (mux/budget.c): a DATA frame of
 * ours, of some size. */
enum { VB_H2_GAIN_DATA = 2, VB_H2_GAIN_DATA_MIN = 256 };

enum vb_h2_phase {
    VB_H2_OPEN,
    VB_H2_LINGER, /* all is sent; the peer may still be sending */
    VB_H2_CLOSED
};

struct vb_h2;
struct vb_h2_block;
struct vb_h2_stream;

/* A field section that is being read, in one frame or several. */
struct vb_h2_section {
    struct vb_h2_stream *stream; /* NULL: decoded for nobody */
    uint64_t size;               /* of what was decoded for nobody */
    uint32_t id;                 /* 0: there is none */
    uint8_t frames;              /* CONTINUATION */
    bool end;                    /* END_STREAM */
};

/* How a stream ended whose id is no more than the highest. */
enum vb_h2_past {
    VB_H2_SKIPPED, /* never begun, and not to be any more */
    VB_H2_DONE,    /* by both sides, or by the client */
    VB_H2_RESET    /* by us: the client may not know yet */
};

/* A piece of what is to be sent. */
struct vb_h2_piece {
    union {
        const char *at;
        uint64_t offset; /* of a file */
    };
    uint32_t len;
    int fd;                      /* of that file; -1: there is none */
    struct vb_h2_stream *stream; /* NULL: it is in a block */
};

struct vb_h2_output {
    struct vb_h2_block *first;
    struct vb_h2_block *last;
    size_t queued;
    unsigned begin; /* of the ring */
    unsigned count;
    struct vb_h2_piece pieces[VB_H2_PIECES_MAX];
};

struct vb_h2 {
    struct vb_wire *wire;
    struct vb_env *env;
    nghttp2_mem mem; /* env->heap; nghttp2 keeps where this is */
    nghttp2_hd_inflater *inflater;
    nghttp2_hd_deflater *deflater;
    struct vb_h2_said *said;      /* what it has said last; NULL: nothing yet */
    struct vb_h2_stream *streams; /* with an exchange, newest first */
    struct vb_h2_stream *buckets[VB_H2_BUCKETS];
    struct vb_mux_marks marks;
    struct vb_mux_turns turns;
    struct vb_mux_early early;
    struct vb_h2_reader reader;
    struct vb_h2_section section;
    struct vb_h2_output output;
    int64_t read_since;  /* when what we wait for began: no stream was there */
    int64_t write_since; /* when sending began, or moved */
    int64_t moved;       /* when content last moved, of any stream */
    int64_t window;      /* what the client takes of all streams, */
    int64_t initial;     /* and of each, at first */
    struct vb_h2_credit credit;
    struct vb_mux_budget budget;
    uint32_t highest;               /* id of a stream, */
    uint32_t processed;             /* of one with an exchange */
    uint32_t open;                  /* streams in `streams` */
    uint32_t requests;              /* begun so far */
    uint8_t past[VB_H2_PAST];       /* enum vb_h2_past, by id */
    uint64_t told[VB_H2_PAST / 64]; /* likewise: it is idle, and its priority
                                       known */
    uint8_t phase;                  /* enum vb_h2_phase */
    uint8_t priorities;             /* SETTINGS_NO_RFC7540_PRIORITIES */
    bool running : 1;               /* frames are read, or steps done */
    bool begun : 1;                 /* the client's first SETTINGS have come, */
    bool settled : 1;               /* and it has acknowledged ours */
    bool eof : 1;                   /* the peer sends no more */
    bool stopping : 1;              /* no new request is to be begun, and */
    bool last : 1;                  /* the peer was told which was the last */
    bool over : 1;   /* the end was said: nothing is read any more */
    bool broken : 1; /* nothing can be sent any more either */
};

/* A stream and its exchange; in that one's arena. */
struct vb_h2_stream {
    struct vb_mux_stream mux; /* first */
    struct vb_h2 *h2;
    struct vb_h2_stream *next;
    struct vb_h2_stream *prev;
    struct vb_h2_stream *chain; /* of its bucket */
    int64_t window;             /* what the client takes; may be below 0 */
    struct vb_h2_credit credit;
    uint32_t id;
    uint32_t pieces;  /* of its content in the output */
    uint8_t code;     /* to reset it with, where it is broken */
    bool broken : 1;  /* to be reset in the next step */
    bool sending : 1; /* the reply's head is out */
    bool held : 1;    /* its source waits for its pieces to be sent, since they
                       * lie in what it gave last */
};

/* --- run.c: what happens next ------------------------------------------- */

/* Does what marks ask for, and lets frames out. Not from within a callback. */
void vb__h2_run(struct vb_h2 *h2);

/* The stream has something to be done; done now, unless we are running. */
void vb__h2_mark(struct vb_h2_stream *s);

/* Ends the connection with a GOAWAY of this code; nothing more is read. */
void vb__h2_give_up(struct vb_h2 *h2, enum vb_h2_code code);

/* Takes something off the budget; at its end, gives the connection up. */
void vb__h2_spend(struct vb_h2 *h2, int32_t cost);

/* No new requests; closes when those under way are answered. */
void vb__h2_stop(struct vb_h2 *h2);

/* The second step of that: the peer knows that it is to stop. */
void vb__h2_stop_now(struct vb_h2 *h2);

/* Ends all at once: exchanges are abandoned, nothing more is sent. */
void vb__h2_close(struct vb_h2 *h2);

/* --- frame.c: frames of ours
 * --------------------------------------------------
 */

/* Each queues one; the connection is broken when there is no memory. */
void vb__h2_put_settings(struct vb_h2 *h2);
void vb__h2_put_ack(struct vb_h2 *h2, uint8_t type, struct vb_span payload);
void vb__h2_put_ping(struct vb_h2 *h2);
void vb__h2_put_goaway(struct vb_h2 *h2, uint32_t last, enum vb_h2_code code);
void vb__h2_put_reset(struct vb_h2 *h2, uint32_t id, enum vb_h2_code code);
void vb__h2_put_window(struct vb_h2 *h2, uint32_t id, uint32_t n);

/* --- input.c, control.c, request.c: what comes ------------------------------
 */

extern const struct vb_h2_reader_ops vb__h2_reader_ops;

/* A frame that is all there: `payload` is what of it was kept. */
void vb__h2_control(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                    const uint8_t *payload, size_t len);

/* HEADERS, CONTINUATION and DATA: their heads, what they carry, their ends.
 * `dependency`: the stream that HEADERS names, or 0. */
void vb__h2_headers_begin(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                          uint32_t dependency);
void vb__h2_continuation_begin(struct vb_h2 *h2);
void vb__h2_headers_end(struct vb_h2 *h2, uint8_t flags);
void vb__h2_data_begin(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                       uint32_t carried);
void vb__h2_data_bytes(struct vb_h2 *h2, uint32_t id, struct vb_span bytes);
void vb__h2_data_end(struct vb_h2 *h2, const struct vb_h2_frame *frame);

/* --- hpack.c ---------------------------------------------------------------
 */

/* False when out of memory. */
bool vb__h2_hpack_init(struct vb_h2 *h2);
void vb__h2_hpack_done(struct vb_h2 *h2);

/* Of h2->section; `end`: its last. */
void vb__h2_decode(struct vb_h2 *h2, struct vb_span bytes, bool end);

/* The table that the client has for us. */
void vb__h2_hpack_table(struct vb_h2 *h2, uint32_t size);

/* --- said.c: what was said of fields, said again ----------------------------
 */

/* Bytes of fields that are kept. */
#define VB_H2_SAID_MAX 768

/* The block that says these fields, where it is the last that was said; "". */
struct vb_span vb__h2_said(const struct vb_h2 *h2,
                           const struct vb_section *section);

/* A section was said with this block; what was said before counts no more. */
void vb__h2_said_keep(struct vb_h2 *h2, const struct vb_section *section,
                      struct vb_span block);

/* The table has changed otherwise, or what it will be said with. */
void vb__h2_said_forget(struct vb_h2 *h2);

/* Queues HEADERS; `flags` but END_HEADERS. False when out of memory. */
bool vb__h2_put_section(struct vb_h2_stream *s,
                        const struct vb_section *section, uint8_t flags);

/* --- stream.c --------------------------------------------------------------
 */

/* The stream of this id that is not closed, or NULL. */
struct vb_h2_stream *vb__h2_stream_find(const struct vb_h2 *h2, uint32_t id);

/* The id is the highest from now on; those before it that were not begun cannot
 * be any more (RFC 9113 section 5.1.1). */
void vb__h2_stream_reach(struct vb_h2 *h2, uint32_t id);

/* The client tells the priority of a stream that is idle. False: of more than
 * it may have, with those that are open (RFC 9218 section 7.1). */
bool vb__h2_stream_tell(struct vb_h2 *h2, uint32_t id);

/* Of an id that is not above the highest, and not of `find`. */
enum vb_h2_past vb__h2_stream_past(const struct vb_h2 *h2, uint32_t id);

/* A stream with an exchange that is not begun; NULL when out of memory. */
struct vb_h2_stream *vb__h2_stream_new(struct vb_h2 *h2, uint32_t id);

/* It is closed: the exchange is over when the last piece of its content is
 * sent. Not from within a step. */
void vb__h2_stream_close(struct vb_h2_stream *s, enum vb_h2_past past,
                         bool well);

/* A piece of its content is sent, or thrown away. */
void vb__h2_stream_piece_done(struct vb_h2_stream *s);

/* Breaks it off, in the next step; and that step. */
void vb__h2_break(struct vb_h2_stream *s, enum vb_h2_code code);
void vb__h2_stream_abort(struct vb_h2_stream *s);

/* A stream error of a stream that may be closed, or not begun: then it is the
 * connection's. */
void vb__h2_stream_error(struct vb_h2 *h2, uint32_t id, enum vb_h2_code code);

/* When it has waited too long, in env->now.mono_ms. */
int64_t vb__h2_stream_deadline(const struct vb_h2_stream *s);

/* It has. */
void vb__h2_stream_late(struct vb_h2_stream *s);

/* --- window.c: flow control ------------------------------------------------
 */

/* So many bytes were used: tells the client when they are worth it. `s` NULL:
 * the connection's window alone. */
void vb__h2_consumed(struct vb_h2 *h2, struct vb_h2_stream *s, uint32_t n);

/* The client takes more of all streams (NULL), or of one. */
void vb__h2_window_open(struct vb_h2 *h2, struct vb_h2_stream *s, uint32_t n);

/* Its SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 section 6.9.2). */
void vb__h2_window_initial(struct vb_h2 *h2, uint32_t n);

/* --- send.c: replies ------------------------------------------------------ */

extern const struct vb_mux_ops vb__h2_mux_ops;
extern const struct vb_carrier vb__h2_carrier;

/* Queues it for its turn, if it has something to send and a window for it. */
void vb__h2_turn_join(struct vb_h2_stream *s);

/* Makes the next frame of content; false: there is none. */
bool vb__h2_send(struct vb_h2 *h2);

/* Gets from the source of a reply that goes both ways what is to be sent next,
 * if nothing is at hand, whatever the windows let through: its end needs none,
 * and who answers may end it. */
void vb__h2_stock(struct vb_h2_stream *s);

/* The last frame of a stream is out: closes it, unless it is a tunnel that goes
 * on to hear. Not from within a step. */
void vb__h2_sent_all(struct vb_h2_stream *s);

/* --- output.c: bytes to be sent ---------------------------------------------
 */

/* Is there no room for a frame? */
bool vb__h2_output_full(const struct vb_h2 *h2);

/* Copies bytes; false when out of memory. */
bool vb__h2_output_put(struct vb_h2 *h2, struct vb_span bytes);

/* Room for so many bytes in one block, which a block must have; NULL when out
 * of memory. What is written there is then added. */
char *vb__h2_output_room(struct vb_h2 *h2, size_t n);
void vb__h2_output_add(struct vb_h2 *h2, size_t n);
extern const size_t vb__h2_output_room_max;

/* Bytes that stay where they are until the stream has no pieces; behind a put.
 */
void vb__h2_output_refer(struct vb_h2_stream *s, struct vb_span bytes);

/* Likewise, of a file. */
void vb__h2_output_refer_file(struct vb_h2_stream *s,
                              const struct vb_file_part *part);

/* As a wire's drain. */
int vb__h2_output_drain(const struct vb_h2 *h2, struct iovec *iov, int max,
                        struct vb_file_part *ret_file);
void vb__h2_output_sent(struct vb_h2 *h2, size_t n);

/* Throws all of it away. */
void vb__h2_output_clear(struct vb_h2 *h2);

#endif
