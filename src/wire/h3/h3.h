/*
 * HTTP/3 (RFC 9114) as a server, on nghttp3: what the streams of a connection
 * mean. The streams themselves, with their windows, losses and times, are
 * those of what is below: QUIC, or a test.
 *
 *     below ── begin, data, reset ... ──▶ h3 ── exchange ──▶ service
 *     below ◀── pull: a stream, pieces ── h3 ◀── reply ───────┘
 *
 * Not a struct vb_wire: that is for one stream of bytes each way. But likewise
 * no sockets, no clock, no threads, and what a request leads to never depends
 * on how its bytes were split on the way.
 *
 * Stream ids are QUIC's (RFC 9000 section 2.1); codes are HTTP/3's (RFC 9114
 * section 8.1).
 */
#ifndef VB_WIRE_H3_H3_H
#define VB_WIRE_H3_H3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/span.h"
#include "exchange/exchange.h"
#include "wire/mux/bounds.h"

struct vb_h3;
struct vb_h3_below;

/*
 * What it asks of what carries it. None of these calls back into h3, nor frees
 * it; they take effect at once as far as bookkeeping goes, and on the network
 * with the next flush.
 */
struct vb_h3_below_ops {
    /* Opens a unidirectional stream: its id, or -1 when the peer allows none.
     */
    int64_t (*open_uni)(struct vb_h3_below *below);
    /* So many bytes that came on the stream are done with: the windows, the
     * stream's (if it is still there) and the connection's, open by as many;
     * with an id of -1, the connection's alone. */
    void (*consumed)(struct vb_h3_below *below, int64_t id, uint64_t count);
    /* Tells the peer to send no more on this stream (STOP_SENDING). */
    void (*stop_sending)(struct vb_h3_below *below, int64_t id, uint64_t code);
    /* Breaks off what we send on it (RESET_STREAM): what was pulled of it is
     * not there any more. */
    void (*reset)(struct vb_h3_below *below, int64_t id, uint64_t code);
    /* Ends the connection with this code: nothing is asked of h3 any more but
     * vb_h3_free, and that soon: what was pulled is there until then, and so
     * are exchanges. */
    void (*close)(struct vb_h3_below *below, uint64_t code);
    /* Something that happened outside of the calls from below (a reply became
     * ready) gave something to pull, or moved the deadline. */
    void (*wake)(struct vb_h3_below *below);
};

struct vb_h3_below {
    const struct vb_h3_below_ops *ops;
};

/* What a connection of QUIC has to allow the client beside the requests and
 * windows of wire/mux/bounds.h, as its initial transport parameters (RFC 9000
 * section 18.2). One more request may come for each stream that is closed. */
enum {
    VB_H3_UNI_STREAMS_MAX = 8, /* control, two of QPACK's, unknown ones */
    VB_H3_UNI_STREAM_WINDOW = 64 * 1024
};

/* Bytes that vb_h3_init needs, aligned for any type. */
size_t vb_h3_size(void);

/*
 * A connection that has said nothing yet, in memory of the caller's. All are
 * borrowed for its life. NULL when out of memory.
 */
struct vb_h3 *vb_h3_init(void *memory, struct vb_env *env,
                         const struct vb_peer *peer, struct vb_h3_below *below);

/* Streams can be opened (in 0.5-RTT at the earliest): opens control and QPACK
 * streams and queues SETTINGS. Comes before any data. */
void vb_h3_begin(struct vb_h3 *h3);

/*
 * Bytes of a stream, in order; `fin`: they are the last (there may be none).
 * `early`: they came in 0-RTT, and may be replayed: a request that is not safe
 * is answered 425 (RFC 8470 section 5.2). Borrowed for the call.
 */
void vb_h3_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes, bool fin,
                bool early);

/* The peer broke off what it sends (RESET_STREAM), or wants no more of what we
 * send (STOP_SENDING; our side is being reset by what is below, and what was
 * pulled of it is not there any more when this returns). */
void vb_h3_peer_reset(struct vb_h3 *h3, int64_t id, uint64_t code);
void vb_h3_peer_stopped(struct vb_h3 *h3, int64_t id, uint64_t code);

/* Both directions are done with: nothing more comes of this stream. */
void vb_h3_stream_closed(struct vb_h3 *h3, int64_t id);

/* The peer has so many more bytes of what was pulled. */
void vb_h3_acked(struct vb_h3 *h3, int64_t id, uint64_t count);

/*
 * What is to be sent next: up to `max` pieces of one stream, in order. How
 * many; *ret_id is -1 where nothing is to be sent, and 0 pieces with an id and
 * *ret_fin are the stream's end alone. They stay valid until they are acked, or
 * the stream is reset or closed.
 */
int vb_h3_pull(struct vb_h3 *h3, int64_t *ret_id, bool *ret_fin,
               struct iovec *iov, int max);

/* Of what pull gave last, the first n bytes are in packets (and its end, if n
 * is all of it). */
void vb_h3_wrote(struct vb_h3 *h3, int64_t id, size_t n);

/* The stream's window is shut: it is not pulled until it is open again. */
void vb_h3_blocked(struct vb_h3 *h3, int64_t id);
void vb_h3_unblocked(struct vb_h3 *h3, int64_t id);

/* When to call `tick`, in env->now.mono_ms; VB_TIME_NEVER for never. */
int64_t vb_h3_deadline(const struct vb_h3 *h3);
void vb_h3_tick(struct vb_h3 *h3);

/* Take nothing new (GOAWAY), finish what is under way, then close. */
void vb_h3_shut_down(struct vb_h3 *h3);

/* Gives everything back, abandoning what is under way. The memory is the
 * caller's. */
void vb_h3_free(struct vb_h3 *h3);

#endif
