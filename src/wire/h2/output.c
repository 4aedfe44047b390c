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
#include "base/assert.h"
#include "wire/h2/inner.h"

struct vb_h2_block {
    struct vb_h2_block *next;
    uint32_t from;
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct vb_h2_block))

const size_t vb__h2_output_room_max = CAPACITY;

/* Pieces that one frame can take beside a reference: its bytes may go over
 * from one block to the next. */
enum { PIECES_SPARE = 6 };

bool vb__h2_output_full(const struct vb_h2 *h2)
{
    const struct vb_h2_output *output = &h2->output;

    return output->queued >= VB_H2_QUEUE_MAX ||
           output->count + PIECES_SPARE > VB_H2_PIECES_MAX;
}

static struct vb_h2_piece *piece_at(struct vb_h2_output *output, unsigned i)
{
    return &output->pieces[(output->begin + i) % VB_H2_PIECES_MAX];
}

static void add_piece(struct vb_h2 *h2, struct vb_h2_piece piece)
{
    struct vb_h2_output *output = &h2->output;
    struct vb_h2_piece *last =
        output->count == 0 ? NULL : piece_at(output, output->count - 1);

    if (output->queued == 0) /* waiting for the peer begins now */
        h2->write_since = h2->env->now.mono_ms;
    output->queued += piece.len;
    if (last != NULL && last->stream == NULL && piece.stream == NULL &&
        last->at + last->len == piece.at) {
        last->len += piece.len;
        return;
    }
    vb_assert(output->count < VB_H2_PIECES_MAX);
    *piece_at(output, output->count++) = piece;
}

char *vb__h2_output_room(struct vb_h2 *h2, size_t n)
{
    struct vb_h2_output *output = &h2->output;
    struct vb_h2_block *block = output->last;

    vb_assert(n <= CAPACITY);
    if (output->count == VB_H2_PIECES_MAX)
        return NULL;
    if (block != NULL && CAPACITY - block->to >= n)
        return block->bytes + block->to;
    block = vb_pool_take(&h2->env->output_blocks);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->from = block->to = 0;
    if (output->last == NULL)
        output->first = block;
    else
        output->last->next = block;
    output->last = block;
    return block->bytes;
}

void vb__h2_output_add(struct vb_h2 *h2, size_t n)
{
    struct vb_h2_block *block = h2->output.last;

    add_piece(h2, (struct vb_h2_piece){.at = block->bytes + block->to,
                                       .len = (uint32_t)n,
                                       .fd = -1});
    block->to += (uint32_t)n;
}

/* How much fits without a new block; a new one takes all it can. */
static size_t part_of(const struct vb_h2 *h2, size_t n)
{
    const struct vb_h2_block *block = h2->output.last;
    size_t room = block == NULL || block->to == CAPACITY ? CAPACITY
                                                         : CAPACITY - block->to;

    return n < room ? n : room;
}

bool vb__h2_output_put(struct vb_h2 *h2, struct vb_span bytes)
{
    while (bytes.len > 0) {
        size_t n = part_of(h2, bytes.len);
        char *at = vb__h2_output_room(h2, n);

        if (at == NULL)
            return false;
        memcpy(at, bytes.ptr, n);
        vb__h2_output_add(h2, n);
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

void vb__h2_output_refer(struct vb_h2_stream *s, struct vb_span bytes)
{
    s->pieces++;
    add_piece(s->h2, (struct vb_h2_piece){.at = bytes.ptr,
                                          .len = (uint32_t)bytes.len,
                                          .fd = -1,
                                          .stream = s});
}

void vb__h2_output_refer_file(struct vb_h2_stream *s,
                              const struct vb_file_part *part)
{
    s->pieces++;
    add_piece(s->h2, (struct vb_h2_piece){.offset = part->offset,
                                          .len = (uint32_t)part->length,
                                          .fd = part->fd,
                                          .stream = s});
}

int vb__h2_output_drain(const struct vb_h2 *h2, struct iovec *iov, int max,
                        struct vb_file_part *ret_file)
{
    int n = 0;

    ret_file->length = 0;
    for (; n < max && (unsigned)n < h2->output.count; n++) {
        const struct vb_h2_piece *piece =
            &h2->output
                 .pieces[(h2->output.begin + (unsigned)n) % VB_H2_PIECES_MAX];

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
    struct vb_h2_output *output = &h2->output;
    struct vb_h2_block *first = output->first;

    output->first = first->next;
    if (output->first == NULL)
        output->last = NULL;
    vb_pool_give(&h2->env->output_blocks, first);
}

/* So many bytes of the first block are gone. */
static void sent_of_block(struct vb_h2 *h2, size_t n)
{
    struct vb_h2_block *first = h2->output.first;

    first->from += (uint32_t)n;
    if (first->from == first->to)
        drop_first_block(h2);
}

void vb__h2_output_sent(struct vb_h2 *h2, size_t n)
{
    struct vb_h2_output *output = &h2->output;

    h2->write_since = h2->env->now.mono_ms;
    if (vb__h2_output_full(h2)) /* content may have had to wait for this */
        h2->moved = h2->env->now.mono_ms;
    output->queued -= n;
    while (n > 0) {
        struct vb_h2_piece *piece = piece_at(output, 0);
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
            h2->moved = h2->env->now.mono_ms;
        }
        if (stream != NULL && whole)
            vb__h2_stream_piece_done(stream);
    }
}

void vb__h2_output_clear(struct vb_h2 *h2)
{
    struct vb_h2_output *output = &h2->output;

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
