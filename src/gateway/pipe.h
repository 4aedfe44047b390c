/*
 * A pipe: bytes on their way from one connection to another, a bounded queue of
 * blocks of the worker's.
 *
 *     put ─▶ [..from####] ─▶ [########] ─▶ [####to....] ─▶ front, drop
 *
 * Who puts bytes in is told when it is full, and stops; it takes what is put
 * all the same, since a wire's bytes are borrowed for one call. One that keeps
 * what was dropped can be read anew from its beginning, until it is full.
 */
#ifndef VB_GATEWAY_PIPE_H
#define VB_GATEWAY_PIPE_H

#include "base/pool.h"
#include "base/span.h"

struct vb_pipe_block;

/* Of the pool: room for what a connection brings at a time, so that it is sent
 * on at a time, too. */
#define VB_PIPE_BLOCK ((size_t)64 * 1024 + 32)

struct vb_pipe {
    struct vb_pool *pool; /* of VB_PIPE_BLOCK bytes each */
    struct vb_pipe_block *first, *last;
    struct vb_pipe_block *at; /* where the front is, NULL: in none */
    size_t held;              /* bytes in it, kept ones too */
    size_t bound;             /* from here on it is full */
    bool keeps;
    bool lost; /* something that was dropped is not there any more */
};

void vb_pipe_init(struct vb_pipe *pipe, struct vb_pool *pool, size_t bound,
                  bool keeps);

/* Gives all back. */
void vb_pipe_done(struct vb_pipe *pipe);

/* Copies them all; false when out of memory: then some may be in it. */
bool vb_pipe_put(struct vb_pipe *pipe, struct vb_span bytes);

/* Should nothing be put into it just now? What is kept gives way. */
bool vb_pipe_is_full(struct vb_pipe *pipe);

/* The first bytes in a row, none if it is empty. They stay until dropped. */
struct vb_span vb_pipe_front(const struct vb_pipe *pipe);

/* The first n bytes of the front are done with. */
void vb_pipe_drop(struct vb_pipe *pipe, size_t n);

/* Back to its beginning; false: that is lost. */
bool vb_pipe_rewind(struct vb_pipe *pipe);

#endif
