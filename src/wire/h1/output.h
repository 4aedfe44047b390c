/*
 * Bytes of HTTP/1 on their way out, a server's or a client's:
 *
 *     output ─▶ [..from####to] ─▶ [####to....]   blocks from the worker's pool
 *
 * A block goes back to the pool with its last byte, so that a connection with
 * nothing to send holds none. What is large is not copied here, but sent from
 * where it lies behind the last block, by who knows how long it lies there.
 */
#ifndef VB_WIRE_H1_OUTPUT_H
#define VB_WIRE_H1_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "exchange/exchange.h"

enum {
    /* Bytes queued for sending past which nothing more is begun. */
    VB_H1_QUEUE_MAX = 64 * 1024,
    /* Content up to this is copied behind its head: past it, a second piece
     * costs sendmsg less than the copy does. */
    VB_H1_COPY_MAX = 2 * 1024
};

struct vb_h1_block;

struct vb_h1_output {
    struct vb_h1_block *first; /* oldest first */
    int64_t since;             /* when sending began, or moved */
    uint32_t queued;           /* bytes in them */
};

/*
 * Many pieces in a row: a place at the end of the last block. The pieces count,
 * all together, with vb__h1_writer_done.
 */
struct vb_h1_writer {
    struct vb_h1_output *output;
    struct vb_env *env;
    struct vb_h1_block *block; /* the one being filled */
    char *at;
    char *end;
    struct vb_h1_block *first; /* the one it began in; NULL: a new one */
    uint32_t first_to;         /* and where */
    bool failed;               /* out of memory */
};

void vb__h1_writer_begin(struct vb_h1_writer *writer,
                         struct vb_h1_output *output, struct vb_env *env);
/* False when out of memory: then nothing was queued. */
bool vb__h1_writer_done(struct vb_h1_writer *writer);
/* When there is no room for all of s in this block. */
void vb__h1_write_slow(struct vb_h1_writer *writer, struct vb_span s);

static inline void vb__h1_write(struct vb_h1_writer *writer, struct vb_span s)
{
    if ((size_t)(writer->end - writer->at) <= s.len) {
        vb__h1_write_slow(writer, s);
        return;
    }
    if (s.len > 0) /* an empty span may point nowhere */
        memcpy(writer->at, s.ptr, s.len);
    writer->at += s.len;
}

void vb__h1_write_decimal(struct vb_h1_writer *writer, uint64_t n);
void vb__h1_write_hex(struct vb_h1_writer *writer, uint64_t n);

/* A field line, unless its name is the wire's alone or no name (message.h).
 * Nothing that the value holds can end the line (RFC 9112 section 11.1): what
 * a field value cannot contain is sent as SP. */
void vb__h1_write_field(struct vb_h1_writer *writer,
                        const struct vb_field_out *field);

/* The blocks, as a wire's drain gives them: how many pieces. */
int vb__h1_blocks_drain(const struct vb_h1_output *output, struct iovec *iov,
                        int max);
/* Of n bytes that were sent, how many were theirs. */
size_t vb__h1_blocks_sent(struct vb_h1_output *output, struct vb_env *env,
                          size_t n);
/* Throws all of it away. */
void vb__h1_blocks_clear(struct vb_h1_output *output, struct vb_env *env);

#endif
