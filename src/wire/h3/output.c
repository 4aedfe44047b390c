/*
 * Bytes to be sent on one stream, in order: pieces, each a block of the
 * worker's, or bytes that lie elsewhere. A block goes back with the
 * acknowledgement of its last byte, so that a stream that has nothing under way
 * holds none.
 */
#include "base/assert.h"
#include "wire/h3/inner.h"

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct vb_h3_piece))

static char *bytes_of(struct vb_h3_piece *block)
{
    return (char *)(block + 1);
}

static void append(struct vb_h3_output *out, struct vb_h3_piece *piece)
{
    piece->next = NULL;
    if (out->last == NULL)
        out->first = piece;
    else
        out->last->next = piece;
    out->last = piece;
}

/* Something is behind what was sent. */
static void begin_unsent(struct vb_h3_output *out, size_t gone)
{
    if (out->next != NULL)
        return;
    out->next = out->last;
    out->next_gone = gone;
}

char *vb__h3_output_room(struct vb_h3 *h3, struct vb_h3_output *out,
                         size_t least, size_t *ret_room)
{
    struct vb_h3_piece *block = out->last;

    if (block == NULL || !block->block || CAPACITY - block->len < least) {
        block = vb_pool_take(&h3->env->output_blocks);
        if (block == NULL)
            return NULL;
        *block = (struct vb_h3_piece){.at = bytes_of(block), .block = true};
        append(out, block);
        h3->blocks++;
    }
    *ret_room = CAPACITY - block->len;
    return bytes_of(block) + block->len;
}

void vb__h3_output_add(struct vb_h3_output *out, size_t n)
{
    size_t before = out->last->len;

    if (n == 0)
        return;
    out->last->len += n;
    out->added += n;
    begin_unsent(out, before);
}

bool vb__h3_output_put(struct vb_h3 *h3, struct vb_h3_output *out,
                       struct vb_span bytes)
{
    while (bytes.len > 0) {
        size_t room;
        char *at = vb__h3_output_room(h3, out, 1, &room);
        size_t n;

        if (at == NULL)
            return false;
        n = bytes.len < room ? bytes.len : room;
        memcpy(at, bytes.ptr, n);
        vb__h3_output_add(out, n);
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

void vb__h3_output_refer(struct vb_h3_output *out, struct vb_h3_piece *piece)
{
    append(out, piece);
    out->added += piece->len;
    begin_unsent(out, 0);
}

bool vb__h3_output_may_grow(const struct vb_h3 *h3,
                            const struct vb_h3_output *out)
{
    return h3->blocks < VB_H3_BLOCKS_MAX || out->last == NULL ||
           !out->last->block || CAPACITY - out->last->len > VB_H3_FRAME_HEAD;
}

int vb__h3_output_pull(const struct vb_h3_output *out, struct iovec *iov,
                       int max)
{
    size_t gone = out->next_gone;
    int n = 0;

    for (const struct vb_h3_piece *at = out->next; at != NULL && n < max;
         at = at->next, gone = 0)
        if (at->len > gone)
            iov[n++] = (struct iovec){(void *)(at->at + gone), at->len - gone};
    return n;
}

size_t vb__h3_output_sent(struct vb_h3_output *out, size_t n)
{
    size_t content = 0;

    vb_assert(n <= vb__h3_output_unsent(out));
    out->sent += n;
    while (n > 0) {
        size_t left = out->next->len - out->next_gone;
        size_t part = n < left ? n : left;

        if (out->next->content)
            content += part;
        out->next_gone += part;
        n -= part;
        if (part < left)
            break;
        out->next = out->next->next;
        out->next_gone = 0;
    }
    return content;
}

static void drop_first(struct vb_h3 *h3, struct vb_h3_output *out)
{
    struct vb_h3_piece *first = out->first;

    out->first = first->next;
    out->first_gone = 0;
    if (out->first == NULL)
        out->last = NULL;
    if (!first->block)
        return;
    h3->blocks--;
    vb_pool_give(&h3->env->output_blocks, first);
}

void vb__h3_output_acked(struct vb_h3 *h3, struct vb_h3_output *out, uint64_t n)
{
    if (n > out->sent - out->acked)
        n = out->sent - out->acked;
    out->acked += n;
    while (n > 0) {
        size_t left = out->first->len - out->first_gone;

        if (n < left) {
            out->first_gone += (size_t)n;
            return;
        }
        n -= left;
        drop_first(h3, out);
    }
}

void vb__h3_output_clear(struct vb_h3 *h3, struct vb_h3_output *out)
{
    while (out->first != NULL)
        drop_first(h3, out);
    out->next = NULL;
    out->added = out->sent;
    out->acked = out->sent;
}
