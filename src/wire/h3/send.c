/*
 * Replies on their way out. What a representation holds, or the exchange's
 * arena, is sent from where it lies, which is there until it is acknowledged;
 * what a source gives is copied into blocks, and files are read into them, only
 * when it is the stream's turn: so there are as many as the client's network
 * has room for, up to a bound.
 */
#include "wire/h3/inner.h"

static struct vb_h3_stream *stream_of(struct vb_mux_stream *s)
{
    return (struct vb_h3_stream *)s;
}

/* --- Content from a source ---------------------------------------------------
 */

/* Else it waits for an acknowledgement. */
static bool may_copy(struct vb_h3_stream *s)
{
    if (vb__h3_output_may_grow(s->h3, &s->out))
        return true;
    s->starved = true;
    s->h3->starved = true;
    return false;
}

/* How a reply that fails is broken off: a tunnel as its other side was (RFC
 * 9114 section 4.4), another protocol as RFC 9220 section 3 has it. */
static uint16_t failure(const struct vb_h3_stream *s)
{
    if (!s->mux.switched)
        return NGHTTP3_H3_INTERNAL_ERROR;
    return s->mux.protocol.len > 0 ? NGHTTP3_H3_REQUEST_CANCELLED
                                   : NGHTTP3_H3_CONNECT_ERROR;
}

/* The stream's end, behind trailers if there are any. */
static void end_source(struct vb_h3_stream *s)
{
    struct vb_section trailers;

    s->sourced = false;
    if (vb_mux_trailers(&s->mux, &trailers) &&
        !vb__h3_put_section(s, &trailers, -1))
        vb__h3_break(s, NGHTTP3_H3_INTERNAL_ERROR);
    s->out.end = true;
}

/* Sees to it that something is there to be copied; false: nothing is, or not
 * now. */
static bool pull(struct vb_h3_stream *s)
{
    struct vb_mux_stream *mux = &s->mux;

    if (mux->tail.len > 0 || mux->file.length > 0)
        return true;
    switch (vb_mux_source_pull(mux)) {
    case VB_PULL_BYTES:
    case VB_PULL_FILE:
        return true;
    case VB_PULL_PENDING:
        mux->deferred = true;
        return false;
    case VB_PULL_END:
        end_source(s);
        return false;
    case VB_PULL_FAILED:
        s->sourced = false;
        vb__h3_break(s, failure(s));
        return false;
    }
    return false;
}

/* Copies up to n bytes. */
static bool copy(struct vb_h3_stream *s, char *to, size_t n)
{
    struct vb_mux_stream *mux = &s->mux;

    if (mux->file.length > 0)
        return vb_mux_read_file(mux, to, n);
    memcpy(to, mux->tail.ptr, n);
    mux->tail = vb_span_from(mux->tail, n);
    return true;
}

/* One more piece of content into the block, in a frame of its own unless they
 * are all in one. */
static void copy_piece(struct vb_h3_stream *s)
{
    struct vb_mux_stream *mux = &s->mux;
    uint64_t there =
        mux->file.length > 0 ? mux->file.length : (uint64_t)mux->tail.len;
    size_t frame = s->framed ? VB_H3_FRAME_HEAD : 0;
    size_t head = 0;
    size_t room;
    size_t n;
    char *at = vb__h3_output_room(s->h3, &s->out, frame + 1, &room);

    if (at == NULL) {
        vb__h3_break(s, NGHTTP3_H3_INTERNAL_ERROR);
        return;
    }
    n = there < room - frame ? (size_t)there : room - frame;
    if (s->framed)
        head = vb__h3_frame_put(at, VB_H3_DATA, n);
    if (!copy(s, at + head, n)) {
        vb__h3_break(s, NGHTTP3_H3_INTERNAL_ERROR);
        return;
    }
    vb__h3_output_add(&s->out, head + n);
    mux->x->sent += n;
}

void vb__h3_fill(struct vb_h3_stream *s)
{
    while (s->sourced && !s->mux.deferred && !s->broken &&
           vb__h3_output_unsent(&s->out) < VB_H3_LOW && may_copy(s) && pull(s))
        copy_piece(s);
}

bool vb__h3_sendable(const struct vb_h3_stream *s)
{
    const struct vb_h3_output *out = &s->out;

    if (out->blocked || s->out_done || s->broken)
        return false;
    return vb__h3_output_unsent(out) > 0 || (out->end && !out->end_sent) ||
           (s->sourced && !s->mux.deferred && !s->starved);
}

void vb__h3_turn_join(struct vb_h3_stream *s)
{
    if (vb__h3_sendable(s))
        vb_mux_turn_join(&s->h3->turns, &s->mux);
}

void vb__h3_turn_pass(struct vb_h3_stream *s)
{
    vb_mux_turn_pass(&s->h3->turns, &s->mux, vb__h3_sendable(s));
}

/* --- For wire/mux ------------------------------------------------------------
 */

static void send_interim(struct vb_mux_stream *mux,
                         const struct vb_section *section)
{
    struct vb_h3_stream *s = stream_of(mux);

    if (!s->out_done && vb__h3_output_unsent(&s->out) < VB_H3_LOW &&
        vb__h3_put_section(s, section, -1))
        vb__h3_turn_join(s);
}

/* All of fixed content is one piece. */
static bool refer_content(struct vb_h3_stream *s)
{
    struct vb_h3_piece *piece =
        vb_arena_alloc(&s->mux.x->arena, sizeof(*piece));

    if (piece == NULL)
        return false;
    *piece = (struct vb_h3_piece){
        .at = s->mux.tail.ptr, .len = s->mux.tail.len, .content = true};
    vb__h3_output_refer(&s->out, piece);
    return true;
}

static bool send_reply(struct vb_mux_stream *mux,
                       const struct vb_section *section, bool content)
{
    struct vb_h3_stream *s = stream_of(mux);
    bool source = content && mux->x->reply.content == VB_CONTENT_SOURCE;
    int64_t length = -1; /* of the one frame that it is all in */

    if (s->out_done)
        return true;
    if (source && mux->source_left > 0)
        length = mux->source_left;
    else if (content && !source)
        length = (int64_t)mux->tail.len;
    s->sourced = source;
    s->framed = length < 0;
    s->out.end = !source;
    if (!vb__h3_put_section(s, section, length) ||
        (content && !source && !refer_content(s)))
        return false;
    vb__h3_turn_join(s);
    return true;
}

static void consumed(struct vb_mux_stream *mux, size_t n, bool stream)
{
    struct vb_h3_stream *s = stream_of(mux);
    struct vb_h3_below *below = s->h3->below;

    if (!s->h3->over)
        below->ops->consumed(below, stream ? s->out.id : -1, n);
}

static void mark(struct vb_mux_stream *mux)
{
    vb__h3_mark(stream_of(mux));
}

static void moved(struct vb_mux_stream *mux)
{
    struct vb_h3 *h3 = stream_of(mux)->h3;

    h3->moved = h3->env->now.mono_ms;
}

static void resume(struct vb_mux_stream *mux)
{
    vb__h3_turn_join(stream_of(mux));
}

static void fail(struct vb_mux_stream *mux)
{
    vb__h3_break(stream_of(mux), failure(stream_of(mux)));
}

static void stop(struct vb_mux_stream *mux)
{
    vb__h3_stop(stream_of(mux)->h3);
}

const struct vb_mux_ops vb__h3_mux_ops = {
    .mark = mark,
    .consumed = consumed,
    .moved = moved,
    .interim = send_interim,
    .reply = send_reply,
    .resume = resume,
    .fail = fail,
    .stop = stop,
};

const struct vb_carrier vb__h3_carrier = VB_MUX_CARRIER("HTTP/3");
