/*
 * What is below an HTTP/3 connection, for its tests: streams in memory, with
 * windows, and acknowledgements that come when the test wants.
 *
 *     link_send ─▶ up ─ window, piece ─▶ vb_h3_data ─▶ service of driver.h
 *     stream->down ◀─ window, room ─ vb_h3_pull ◀──────┘
 *                └─▶ vb_h3_acked: then what was pulled must still be there
 *
 * It holds h3 to its side of the contract: windows are opened for what came,
 * once; nothing is sent behind an end or a reset; pieces stay as they were
 * until they are acknowledged.
 */
#ifndef VB_TESTS_WIRE_H3_LINK_H
#define VB_TESTS_WIRE_H3_LINK_H

#include "driver.h"

#include "wire/h3/h3.h"

#define LINK_STREAMS_MAX 512
#define LINK_NONE        UINT64_MAX

struct link_piece {
    const void *at;
    size_t len;
    void *copy; /* what it was */
};

struct link_stream {
    int64_t id;
    /* from the client */
    struct vb_buf up; /* not delivered yet */
    bool up_fin;      /* it ends behind that, */
    bool up_done;     /* and h3 knows, or was told of the reset */
    bool early;
    uint64_t delivered;
    uint64_t consumed;
    uint64_t stopped; /* code of h3's STOP_SENDING, or LINK_NONE */
    /* to the client */
    struct vb_buf down;
    size_t read;    /* of it, by a client, */
    bool down_read; /* and the end */
    bool down_fin;
    uint64_t reset;          /* code of h3's RESET_STREAM, or LINK_NONE */
    uint64_t window;         /* bytes that may be sent in all */
    bool blocked;            /* and h3 was told that they were */
    struct link_piece *sent; /* not acknowledged */
    size_t sent_count;
    bool closed; /* in both directions, and h3 was told */
};

struct h3_link {
    struct driver d; /* its service, clock, piece and room */
    struct vb_h3_below below;
    struct vb_h3 *h3;
    struct link_stream streams[LINK_STREAMS_MAX]; /* those closed at last may
                                                     be used anew */
    int count;
    int64_t next_uni;
    uint64_t delivered; /* bytes, of all streams */
    uint64_t consumed;
    uint64_t window;  /* of streams to the client, at first */
    uint64_t closed;  /* code of the connection's end, or LINK_NONE */
    int64_t requests; /* streams that the client may have opened by now */
    int64_t unis;
    bool holds_acks; /* until link_ack */
    bool no_streams; /* the client allows us none */
    bool stuck;      /* nothing is pulled */
    int steps;       /* of link_pump until it stops; below 0: never */
    int wakes;
    void (*armed)(bool on); /* around calls of h3's; or NULL */
};

void link_init(struct h3_link *l);
void link_done(struct h3_link *l);

/* Another connection; what was of the old one is gone. */
void link_restart(struct h3_link *l);

/* The stream of this id, new or not. */
struct link_stream *link_stream(struct h3_link *l, int64_t id);

/* The client sends; nothing happens before link_pump. */
void link_send(struct h3_link *l, int64_t id, struct vb_span bytes, bool fin);

/* The client resets what it sends, or wants no more of what we send. */
void link_reset(struct h3_link *l, int64_t id, uint64_t code);
void link_stop(struct h3_link *l, int64_t id, uint64_t code);

/* Lets happen what can happen. */
void link_pump(struct h3_link *l);

/* Acknowledges all that was sent. */
void link_ack(struct h3_link *l);

/* So much more of the stream may be sent. */
void link_open(struct h3_link *l, int64_t id, uint64_t more);

/* Moves the clock, and ticks when h3 asked for it. */
void link_pass(struct h3_link *l, int64_t ms);

bool link_logged(const struct h3_link *l, const char *text);

#endif
