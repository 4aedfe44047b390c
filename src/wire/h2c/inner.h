/*
 * The shape of a client's HTTP/2 connection, shared by the files of this
 * folder.
 *
 *     call ─ start ─▶ request.c ─▶ send.c ─▶ [output blocks] ─ drain ─▶
 *       ▲                                                      loop
 *       └─ head, content, end ◀─ reply.c ◀─ input.c, reader ◀─ feed ─
 *
 * Each stream is one call, and lies in its arena. What comes is told as it is
 * read; content that a paused call does not take waits, and its stream's window
 * stays closed meanwhile. What a call asks for only marks its stream; the marks
 * are done, and frames of content made, in vb__h2c_run, within the loop's
 * calls.
 */
#ifndef VB_WIRE_H2C_INNER_H
#define VB_WIRE_H2C_INNER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "exchange/call.h"
#include "wire/calls.h"
#include "wire/h1/output.h"
#include "wire/h2/compress.h"
#include "wire/h2/reader.h"
#include "wire/mux/mux.h"
#include "wire/wire.h"

enum {
    VB_H2C_BUCKETS = 64,
    /* Calls at once before the server has said how many it takes, and at most
     * whatever it says. */
    VB_H2C_STREAMS = 100,
    VB_H2C_STREAMS_MAX = 256,
    /* Interim replies before the final one. */
    VB_H2C_INTERIMS_MAX = 64,
    /* Content that waits for paused calls, of all streams, past which the
     * connection's window stays closed too. */
    VB_H2C_WAITING_MAX = 8 * 1024 * 1024,
    /* DATA of ours of this size is worth that windows are opened again. */
    VB_H2C_GAIN_MIN = 256,
    /* DATA for nobody that is too short to be on its way since before we said
     * so costs as a frame that asks for nothing. */
    VB_H2C_LATE_DATA_MIN = 256
};

enum vb_h2c_phase {
    VB_H2C_OPEN,
    VB_H2C_LAST, /* a GOAWAY is on its way; nothing is read or begun */
    VB_H2C_OVER
};

/* What is being received. */
enum vb_h2c_part {
    VB_H2C_HEAD,
    VB_H2C_CONTENT,
    VB_H2C_RAW, /* bytes of a tunnel */
    VB_H2C_ALL  /* the other side has sent all */
};

/* How far the request is. */
enum vb_h2c_sending {
    VB_H2C_UNSAID,  /* nothing is sent: may this be asked? SETTINGS will say */
    VB_H2C_HELD,    /* until 100 (Continue), or for long enough */
    VB_H2C_WAITING, /* for a 2xx that makes it a tunnel */
    VB_H2C_PULLING, /* content from its source */
    VB_H2C_SENT,    /* all, with END_STREAM */
    VB_H2C_CUT_OFF  /* given up: the request is not whole */
};

struct vb_h2c;

struct vb_h2c_stream {
    struct vb_h2c *c;
    struct vb_call *call;
    struct vb_link link;         /* in c->streams */
    struct vb_link turn;         /* in c->turns: it has something to send */
    struct vb_link mark;         /* in c->marks: it has something to be done */
    struct vb_h2c_stream *chain; /* of its bucket */
    uint32_t id;                 /* 0: none yet */
    uint8_t part;                /* enum vb_h2c_part */
    uint8_t sending;             /* enum vb_h2c_sending */
    uint8_t interims;
    bool status_seen : 1; /* of the head that is being read */
    bool field_seen : 1;
    bool malformed : 1; /* the section that is being read */
    bool paused : 1;
    bool ended : 1;   /* END_STREAM has come; perhaps content waits still */
    bool bare : 1;    /* the reply can have no content */
    bool pending : 1; /* the source has nothing just now */
    bool ready : 1;   /* content_ready came during a pull */
    struct vb_h2_credit credit;
    int64_t window;        /* what the server takes; may be below 0 */
    int64_t owed;          /* bytes that the source owes; -1: nobody knows */
    int64_t expected;      /* bytes of content that are to come; -1: likewise */
    int64_t moved;         /* when something last got on, either way */
    int64_t asked;         /* the request was sent, or an interim reply came */
    uint64_t at;           /* bytes of the connection before its HEADERS */
    uint64_t content;      /* bytes that have come */
    uint64_t section;      /* bytes of the section that is being read */
    struct vb_span tail;   /* content to be sent next, from where it lies */
    struct vb_buf waiting; /* content that the call does not take now */
    struct vb_response_head *response;
    struct vb_response_builder builder;
    struct vb_fields *trailers;
};

/* A field section that is being read, in one frame or several. */
struct vb_h2c_section {
    struct vb_h2c_stream *stream; /* NULL: decoded for nobody */
    uint64_t size;                /* of what was decoded for nobody */
    uint32_t id;                  /* 0: there is none */
    uint8_t frames;               /* CONTINUATION */
    bool end;                     /* END_STREAM */
};

struct vb_h2c {
    struct vb_wire *wire;
    struct vb_client *client;
    struct vb_env *env;
    nghttp2_mem mem; /* env->heap; nghttp2 keeps where this is */
    nghttp2_hd_inflater *inflater;
    nghttp2_hd_deflater *deflater;
    struct vb_h2_reader reader;
    struct vb_h2c_section section;
    struct vb_h1_output output;
    struct vb_link streams; /* oldest first */
    struct vb_link turns;
    struct vb_link marks;
    struct vb_h2c_stream *buckets[VB_H2C_BUCKETS];
    int64_t window;  /* what the server takes of all streams, */
    int64_t initial; /* and of each, at first */
    struct vb_h2_credit credit;
    struct vb_mux_budget budget;
    uint64_t sent;     /* bytes that have left, ever */
    size_t waiting;    /* bytes of content that wait, of all streams */
    int64_t heard;     /* when something last came */
    int64_t last_at;   /* when VB_H2C_LAST began */
    uint32_t next_id;  /* of the next stream */
    uint32_t open;     /* streams */
    uint32_t most;     /* that the server takes at once */
    uint8_t phase;     /* enum vb_h2c_phase */
    bool running : 1;  /* frames are read, or vb__h2c_run is on the stack */
    bool marked : 1;   /* and has something to do */
    bool begun : 1;    /* the server's first SETTINGS have come, */
    bool settled : 1;  /* and it has acknowledged ours */
    bool connects : 1; /* it takes extended CONNECT (RFC 8441) */
    bool leaving : 1;  /* it has said GOAWAY */
    bool stopping : 1; /* no more calls are taken */
    bool broken : 1;   /* out of memory: nothing can be sent any more */
};

/* --- h2c.c, run.c --------------------------------------------------------- */

struct vb_h2c *vb__h2c_of(struct vb_client *client);

/* Does what marks ask for, and lets frames out. */
void vb__h2c_run(struct vb_h2c *c);

/* The stream, or the connection (NULL), has something to be done. */
void vb__h2c_mark(struct vb_h2c *c, struct vb_h2c_stream *s);

/* Ends the connection with a GOAWAY of this code; its calls are told. */
void vb__h2c_fail(struct vb_h2c *c, enum vb_h2_code code);

/* The connection has ended. */
void vb__h2c_lost(struct vb_h2c *c);

/* Ends the connection if nothing is under way and nothing more is to be. */
void vb__h2c_look_at_end(struct vb_h2c *c);

/* --- call.c: what calls and their owner ask for ----------------------------
 */

extern const struct vb_client_ops vb__h2c_client_ops;
extern const struct vb_call_carrier vb__h2c_carrier;

/* --- stream.c --------------------------------------------------------------
 */

struct vb_h2c_stream *vb__h2c_find(const struct vb_h2c *c, uint32_t id);

/* A call's stream, without id; NULL when out of memory. */
struct vb_h2c_stream *vb__h2c_stream_new(struct vb_h2c *c,
                                         struct vb_call *call);

/* It gets the next id. */
void vb__h2c_stream_number(struct vb_h2c_stream *s);

/* Out of all lists; what waits is given up. */
void vb__h2c_stream_remove(struct vb_h2c_stream *s);

/* The call is over; the stream is gone. `why` is static, or NULL. */
void vb__h2c_end(struct vb_h2c_stream *s, enum vb_call_end end,
                 const char *why);

/* The same, with a RST_STREAM. */
void vb__h2c_abort(struct vb_h2c_stream *s, enum vb_call_end end,
                   const char *why, enum vb_h2_code code);

/* The connection has ended, whatever it was waiting for. */
void vb__h2c_stream_lost(struct vb_h2c_stream *s);

/* How long it waits, in env->now.mono_ms; and what happens then. */
int64_t vb__h2c_stream_deadline(const struct vb_h2c_stream *s);
void vb__h2c_stream_late(struct vb_h2c_stream *s);

/* --- request.c: heads going out ---------------------------------------------
 */

/* Sends HEADERS; VB_ERR_NOMEM, or VB_ERR_INVALID: its target has no place in
 * HTTP/2. */
enum vb_err vb__h2c_say(struct vb_h2c_stream *s);

/* Queues HEADERS, and CONTINUATION; `flags` but END_HEADERS. False when out of
 * memory: then c->broken may be set. */
bool vb__h2c_put_section(struct vb_h2c_stream *s,
                         const struct vb_section *section, uint8_t flags);

/* --- send.c: content going out -----------------------------------------------
 */

/* Queues it for its turn, if it has something to send and a window for it. */
void vb__h2c_turn_join(struct vb_h2c_stream *s);

/* Makes the next frame of content; false: there is none. */
bool vb__h2c_send(struct vb_h2c *c);

/* --- put.c: frames that carry no message -------------------------------------
 */

/* Each queues one; c->broken when there is no memory. */
void vb__h2c_put(struct vb_h2c *c, uint8_t type, uint8_t flags, uint32_t id,
                 struct vb_span payload);
void vb__h2c_put_preface(struct vb_h2c *c);
void vb__h2c_put_goaway(struct vb_h2c *c, enum vb_h2_code code);
void vb__h2c_put_reset(struct vb_h2c *c, uint32_t id, enum vb_h2_code code);
void vb__h2c_put_window(struct vb_h2c *c, uint32_t id, uint32_t n);

/* --- input.c, control.c: frames that come ------------------------------------
 */

extern const struct vb_h2_reader_ops vb__h2c_reader_ops;

void vb__h2c_control(struct vb_h2c *c, const uint8_t *payload, size_t len);

/* --- reply.c: replies' heads and trailers
 * -------------------------------------
 */

/* One decoded line of the section that is being read; false: that is more than
 * anybody stands. */
bool vb__h2c_take_field(void *c, struct vb_span name, struct vb_span value,
                        bool guarded);

/* The section begins, and is all there. */
void vb__h2c_section_begin(struct vb_h2c_stream *s, bool end);
void vb__h2c_section_end(struct vb_h2c_stream *s, bool end);

/* --- content.c: content coming in --------------------------------------------
 */

/* A frame begins that carries so much; false: the stream is gone. */
bool vb__h2c_content_counts(struct vb_h2c_stream *s, uint32_t length,
                            uint32_t carried);
void vb__h2c_content_bytes(struct vb_h2c_stream *s, struct vb_span bytes);

/* END_STREAM has come. */
void vb__h2c_content_end(struct vb_h2c_stream *s);

/* After a resume. */
void vb__h2c_content_go_on(struct vb_h2c_stream *s);

/* So many bytes of the stream's window, or of the connection's, were used. */
void vb__h2c_consumed(struct vb_h2c_stream *s, uint32_t n);
void vb__h2c_took(struct vb_h2c *c, uint32_t n);

#endif
