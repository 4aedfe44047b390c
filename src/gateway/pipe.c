/* A bounded queue of blocks. See pipe.h. */
#include "gateway/pipe.h"

#include <stdint.h>
#include <string.h>

#include "base/assert.h"

struct vb_pipe_block {
    struct vb_pipe_block *next;
    uint32_t from; /* where the front begins */
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_PIPE_BLOCK - sizeof(struct vb_pipe_block))

void vb_pipe_init(struct vb_pipe *pipe, struct vb_pool *pool, size_t bound,
                  bool keeps)
{
    *pipe = (struct vb_pipe){.pool = pool, .bound = bound, .keeps = keeps};
}

static void drop_first(struct vb_pipe *pipe)
{
    struct vb_pipe_block *first = pipe->first;

    pipe->first = first->next;
    if (pipe->first == NULL)
        pipe->last = NULL;
    if (pipe->at == first)
        pipe->at = pipe->first;
    vb_pool_give(pipe->pool, first);
}

void vb_pipe_done(struct vb_pipe *pipe)
{
    while (pipe->first != NULL)
        drop_first(pipe);
    pipe->held = 0;
}

static bool add_block(struct vb_pipe *pipe)
{
    struct vb_pipe_block *block = vb_pool_take(pipe->pool);

    if (block == NULL)
        return false;
    *block = (struct vb_pipe_block){.next = NULL};
    if (pipe->last == NULL)
        pipe->first = block;
    else
        pipe->last->next = block;
    if (pipe->at == NULL)
        pipe->at = block;
    pipe->last = block;
    return true;
}

bool vb_pipe_put(struct vb_pipe *pipe, struct vb_span bytes)
{
    while (bytes.len > 0) {
        struct vb_pipe_block *last = pipe->last;
        size_t n;

        if (last == NULL || last->to == CAPACITY) {
            if (!add_block(pipe))
                return false;
            continue;
        }
        n = CAPACITY - last->to;
        if (n > bytes.len)
            n = bytes.len;
        memcpy(last->bytes + last->to, bytes.ptr, n);
        last->to += (uint32_t)n;
        pipe->held += n;
        if (pipe->at == NULL)
            pipe->at = last;
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

/* All that is behind the front goes. */
static void forget(struct vb_pipe *pipe)
{
    pipe->keeps = false;
    pipe->held = 0;
    while (pipe->first != NULL && pipe->first != pipe->at)
        drop_first(pipe);
    for (struct vb_pipe_block *at = pipe->first; at != NULL; at = at->next)
        pipe->held += at->to - at->from;
}

bool vb_pipe_is_full(struct vb_pipe *pipe)
{
    if (pipe->held < pipe->bound)
        return false;
    if (pipe->keeps) {
        pipe->lost = true;
        forget(pipe);
    }
    return pipe->held >= pipe->bound;
}

struct vb_span vb_pipe_front(const struct vb_pipe *pipe)
{
    const struct vb_pipe_block *at = pipe->at;

    return at == NULL ? vb_span_of(NULL, 0)
                      : vb_span_of(at->bytes + at->from, at->to - at->from);
}

void vb_pipe_drop(struct vb_pipe *pipe, size_t n)
{
    struct vb_pipe_block *at = pipe->at;

    if (n == 0)
        return;
    vb_assert(at != NULL && n <= at->to - at->from);
    at->from += (uint32_t)n;
    if (!pipe->keeps) {
        pipe->held -= n;
        pipe->lost = true;
    }
    if (at->from < at->to)
        return;
    if (pipe->keeps) {
        pipe->at = at->next;
    } else {
        vb_assert(at == pipe->first);
        drop_first(pipe);
    }
}

bool vb_pipe_rewind(struct vb_pipe *pipe)
{
    if (pipe->lost)
        return false;
    for (struct vb_pipe_block *at = pipe->first; at != NULL; at = at->next)
        at->from = 0;
    pipe->at = pipe->first;
    return true;
}
