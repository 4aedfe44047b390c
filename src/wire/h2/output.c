/*
 * Bytes to be sent, in order: a ring of pieces, each of a block from the
 * worker's pool, of content where it lies, or of a file.
 *
 *     pieces   [ 9 + 200 bytes ][ 16384 of a representation ][ 9 bytes ] ...
 *                     │                     │                    │
 *     blocks   [....##│#######..............│....................##......]
 *                                   the exchange's
 *
 * A block goes back to the pool with its last byte, so that a connection with
 * nothing to send holds none; an exchange lives until its pieces are sent.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "wire/h2/inner.h"

struct block {
    struct block *next;
    uint32_t from;
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct block))

/* Pieces that one frame can take beside a reference: its bytes may go over
 * from one block to the next. */
enum { PIECES_SPARE = 6 };

struct piece {
    union {
        const char *at;
        uint64_t offset; /* of a file */
    };
    uint32_t len;
    int fd;                      /* of that file; -1: there is none */
    struct vb_h2_stream *stream; /* NULL: it is in a block */
};

struct vb_h2_output {
    struct block *first;
    struct block *last;
    size_t queued;
    /* See vb__h2_moved and vb__h2_current: here for want of room elsewhere. */
    int64_t moved;
    struct vb_h2_stream *current;
    unsigned begin; /* of the ring */
    unsigned count;
    struct piece pieces[VB_H2_PIECES_MAX];
};

struct vb_h2_output *vb__h2_output_new(void)
{
    return calloc(1, sizeof(struct vb_h2_output));
}

bool vb__h2_output_full(const struct vb_h2 *h2)
{
    const struct vb_h2_output *output = h2->output;

    return output->queued >= VB_H2_QUEUE_MAX ||
           output->count + PIECES_SPARE > VB_H2_PIECES_MAX;
}

size_t vb__h2_output_queued(const struct vb_h2 *h2)
{
    return h2->output->queued;
}

struct vb_h2_stream **vb__h2_current(const struct vb_h2 *h2)
{
    return &h2->output->current;
}

int64_t vb__h2_moved(const struct vb_h2 *h2)
{
    return h2->output->moved;
}

void vb__h2_move(struct vb_h2 *h2)
{
    h2->output->moved = h2->wire.env->now.mono_ms;
}

static struct piece *piece_at(struct vb_h2_output *output, unsigned i)
{
    return &output->pieces[(output->begin + i) % VB_H2_PIECES_MAX];
}

static void add_piece(struct vb_h2 *h2, struct piece piece)
{
    struct vb_h2_output *output = h2->output;
    struct piece *last =
        output->count == 0 ? NULL : piece_at(output, output->count - 1);

    if (output->queued == 0) /* waiting for the peer begins now */
        h2->write_since = h2->wire.env->now.mono_ms;
    output->queued += piece.len;
    if (last != NULL && last->stream == NULL && piece.stream == NULL &&
        last->at + last->len == piece.at) {
        last->len += piece.len;
        return;
    }
    vb_assert(output->count < VB_H2_PIECES_MAX);
    *piece_at(output, output->count++) = piece;
}

/* A block with room in it. */
static struct block *block_for(struct vb_h2 *h2)
{
    struct vb_h2_output *output = h2->output;
    struct block *block = output->last;

    if (block != NULL && block->to < CAPACITY)
        return block;
    block = vb_pool_take(&h2->wire.env->output_blocks);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->from = block->to = 0;
    if (output->last == NULL)
        output->first = block;
    else
        output->last->next = block;
    output->last = block;
    return block;
}

bool vb__h2_output_put(struct vb_h2 *h2, struct vb_span bytes)
{
    while (bytes.len > 0) {
        struct block *block = block_for(h2);
        size_t n;

        if (block == NULL)
            return false;
        n = CAPACITY - block->to;
        if (n > bytes.len)
            n = bytes.len;
        memcpy(block->bytes + block->to, bytes.ptr, n);
        add_piece(h2, (struct piece){.at = block->bytes + block->to,
                                     .len = (uint32_t)n,
                                     .fd = -1});
        block->to += (uint32_t)n;
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

void vb__h2_output_refer(struct vb_h2_stream *s, struct vb_span bytes)
{
    s->pieces++;
    add_piece(s->h2, (struct piece){.at = bytes.ptr,
                                    .len = (uint32_t)bytes.len,
                                    .fd = -1,
                                    .stream = s});
}

void vb__h2_output_refer_file(struct vb_h2_stream *s,
                              const struct vb_file_part *part)
{
    s->pieces++;
    add_piece(s->h2, (struct piece){.offset = part->offset,
                                    .len = (uint32_t)part->length,
                                    .fd = part->fd,
                                    .stream = s});
}

int vb__h2_output_drain(const struct vb_h2 *h2, struct iovec *iov, int max,
                        struct vb_file_part *ret_file)
{
    int n = 0;

    ret_file->length = 0;
    for (; n < max && (unsigned)n < h2->output->count; n++) {
        const struct piece *piece = piece_at(h2->output, (unsigned)n);

        if (piece->fd >= 0) {
            *ret_file = (struct vb_file_part){
                .fd = piece->fd, .offset = piece->offset, .length = piece->len};
            break;
        }
        iov[n] = (struct iovec){(void *)piece->at, piece->len};
    }
    return n;
}

static void drop_first_block(struct vb_h2 *h2)
{
    struct vb_h2_output *output = h2->output;
    struct block *first = output->first;

    output->first = first->next;
    if (output->first == NULL)
        output->last = NULL;
    vb_pool_give(&h2->wire.env->output_blocks, first);
}

/* So many bytes of the first block are gone. */
static void sent_of_block(struct vb_h2 *h2, size_t n)
{
    struct block *first = h2->output->first;

    first->from += (uint32_t)n;
    if (first->from == first->to)
        drop_first_block(h2);
}

void vb__h2_output_sent(struct vb_h2 *h2, size_t n)
{
    struct vb_h2_output *output = h2->output;

    h2->write_since = h2->wire.env->now.mono_ms;
    if (vb__h2_output_full(h2)) /* content may have had to wait for this */
        vb__h2_move(h2);
    output->queued -= n;
    while (n > 0) {
        struct piece *piece = piece_at(output, 0);
        struct vb_h2_stream *stream = piece->stream;
        size_t part = n < piece->len ? n : piece->len;
        bool whole = part == piece->len;

        if (piece->fd >= 0)
            piece->offset += part;
        else
            piece->at += part;
        piece->len -= (uint32_t)part;
        n -= part;
        if (whole) {
            output->begin = (output->begin + 1) % VB_H2_PIECES_MAX;
            output->count--;
        }
        if (stream == NULL) {
            sent_of_block(h2, part);
        } else {
            stream->mux.x->sent += part;
            vb__h2_move(h2);
        }
        if (stream != NULL && whole)
            vb__h2_stream_piece_done(stream);
    }
}

void vb__h2_output_clear(struct vb_h2 *h2)
{
    struct vb_h2_output *output = h2->output;

    for (; output->count > 0; output->count--) {
        struct vb_h2_stream *stream = piece_at(output, 0)->stream;

        output->begin = (output->begin + 1) % VB_H2_PIECES_MAX;
        if (stream != NULL)
            vb__h2_stream_piece_done(stream);
    }
    output->queued = 0;
    while (output->first != NULL)
        drop_first_block(h2);
}
