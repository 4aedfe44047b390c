/*
 * The shape of an HTTP/2 connection, shared by the files of this folder.
 *
 *     loop ─ feed ─▶ nghttp2 ─▶ receive.c ─▶ stream ─▶ [mux] ─▶ service
 *     loop ◀ drain ─ [pieces of output] ◀─ nghttp2 ◀─ send.c ◀─┘
 *
 * Each stream is one exchange; what is between the two is wire/mux's. What is
 * called from within nghttp2 or a step (the service, a sink, a source) only
 * marks its stream; vb__h2_run then does what the marks ask for, stream by
 * stream, and lets nghttp2 put frames out while there is room for them.
 */
#ifndef VB_WIRE_H2_INNER_H
#define VB_WIRE_H2_INNER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "wire/mux/mux.h"
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
    /* The same for a file's: with its head it fits a TLS record, and keeps the
     * parts that are read aligned. */
    VB_H2_FILE_FRAME_MAX = 16 * 1024 - 128,
    /* Replies of nghttp2's own (to PING, SETTINGS) that may wait. */
    VB_H2_ACKS_MAX = 100,
    /* SETTINGS entries in a frame, and CONTINUATION frames of a section. */
    VB_H2_SETTINGS_MAX = 32,
    VB_H2_CONTINUATIONS_MAX = 8
};

/* What a client earns by opening windows again (mux/budget.c): a DATA frame of
 * ours, of some size. */
enum { VB_H2_GAIN_DATA = 2, VB_H2_GAIN_DATA_MIN = 256 };

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
    struct vb_mux_budget budget;
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

/* A stream and its exchange; in that one's arena. */
struct vb_h2_stream {
    struct vb_mux_stream mux; /* first */
    struct vb_h2 *h2;
    struct vb_h2_stream *next;
    struct vb_h2_stream *prev;
    int32_t id;
    uint32_t pieces; /* of its content in the output; its source waits for */
    bool held;       /* them to be sent, since they lie in what it gave last */
};

/* --- run.c: what happens next ------------------------------------------- */

/* Does what marks ask for, and lets frames out. Not from within a callback. */
void vb__h2_run(struct vb_h2 *h2);

/* The stream has something to be done; done now, unless we are running. */
void vb__h2_mark(struct vb_h2_stream *s);

/* Ends the connection with a GOAWAY of this code; nothing more is read. */
void vb__h2_give_up(struct vb_h2 *h2, uint32_t code);

/* Takes something off the budget; at its end, gives the connection up. */
void vb__h2_spend(struct vb_h2 *h2, int32_t cost);

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

/* --- send.c: replies ------------------------------------------------------ */

extern const struct vb_mux_ops vb__h2_mux_ops;
extern const struct vb_carrier vb__h2_carrier;

/* nghttp2's, for that content. */
ssize_t vb__h2_read_content(nghttp2_session *session, int32_t id, uint8_t *buf,
                            size_t length, uint32_t *data_flags,
                            nghttp2_data_source *source, void *user_data);
int vb__h2_send_data(nghttp2_session *session, nghttp2_frame *frame,
                     const uint8_t *framehd, size_t length,
                     nghttp2_data_source *source, void *user_data);

/* --- output.c: bytes to be sent ---------------------------------------------
 */

struct vb_h2_output *vb__h2_output_new(void);

/* Is there no room for a frame? */
bool vb__h2_output_full(const struct vb_h2 *h2);

/* Bytes to be sent. */
size_t vb__h2_output_queued(const struct vb_h2 *h2);

/* The stream whose field section is being received; NULL: it has none. */
struct vb_h2_stream **vb__h2_current(const struct vb_h2 *h2);

/* When content last moved, of any stream and either way; and that it does. */
int64_t vb__h2_moved(const struct vb_h2 *h2);
void vb__h2_move(struct vb_h2 *h2);

/* Copies bytes; false when out of memory. */
bool vb__h2_output_put(struct vb_h2 *h2, struct vb_span bytes);

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
