/*
 * A reply on its way out: its head, encoded when there is room for it, and its
 * content, as DATA frames of what the client's windows let through, in turns.
 * All but small pieces is sent from where it lies; a source, whose bytes live
 * until the next pull, is not asked for more before they are sent. So what is
 * in memory is bounded by VB_H2_QUEUE_MAX and one piece of each source's.
 */
#include "wire/h2/inner.h"

static struct vb_h2_stream *stream_of(struct vb_mux_stream *s)
{
    return (struct vb_h2_stream *)s;
}

/* --- Turns -------------------------------------------------------------------
 */

static bool is_sendable(const struct vb_h2_stream *s)
{
    return s->sending && !s->mux.all_sent && !s->mux.deferred && !s->held &&
           !s->broken && s->window > 0;
}

void vb__h2_turn_join(struct vb_h2_stream *s)
{
    if (is_sendable(s))
        vb_mux_turn_join(&s->h2->turns, &s->mux);
}

/* --- Frames ----------------------------------------------------------------
 */

static bool put_head(struct vb_h2_stream *s, size_t n, bool end)
{
    char head[VB_H2_FRAME_HEAD];

    vb__h2_frame_write(head, (uint32_t)n, VB_H2_DATA,
                       end ? VB_H2_END_STREAM : 0, s->id);
    return vb__h2_output_put(s->h2, vb_span_of(head, sizeof(head)));
}

static bool put_file(struct vb_h2_stream *s, size_t n)
{
    struct vb_file_part *file = &s->mux.file;
    const struct vb_file_part part = {file->fd, file->offset, n};

    if (!put_head(s, n, false))
        return false;
    vb__h2_output_refer_file(s, &part);
    file->offset += n;
    file->length -= n;
    return true;
}

/* A source says itself when it has ended. */
static bool put_bytes(struct vb_h2_stream *s, size_t n)
{
    struct vb_mux_stream *mux = &s->mux;
    struct vb_span bytes = vb_span_head(mux->tail, n);

    mux->tail = vb_span_from(mux->tail, n);
    mux->all_sent =
        mux->x->reply.content != VB_CONTENT_SOURCE && mux->tail.len == 0;
    if (!put_head(s, n, mux->all_sent))
        return false;
    if (n > VB_H2_COPY_MAX) {
        vb__h2_output_refer(s, bytes);
        return true;
    }
    mux->x->sent += n;
    return vb__h2_output_put(s->h2, bytes);
}

/* What the windows let through, and a frame. */
static size_t frame_length(const struct vb_h2_stream *s)
{
    bool file = s->mux.file.length > 0;
    uint64_t there = file ? s->mux.file.length : s->mux.tail.len;
    int64_t most = file ? VB_H2_FILE_FRAME_MAX : VB_H2_FRAME_MAX;

    if (most > s->window)
        most = s->window;
    if (most > s->h2->window)
        most = s->h2->window;
    return (uint64_t)most < there ? (size_t)most : (size_t)there;
}

static void put_data(struct vb_h2_stream *s)
{
    struct vb_h2 *h2 = s->h2;
    size_t n = frame_length(s);
    bool fine = s->mux.file.length > 0 ? put_file(s, n) : put_bytes(s, n);

    h2->broken |= !fine;
    s->window -= (int64_t)n;
    h2->window -= (int64_t)n;
    h2->moved = h2->env->now.mono_ms;
    if (n >= VB_H2_GAIN_DATA_MIN)
        vb_mux_budget_gain(&h2->budget, VB_H2_GAIN_DATA);
}

/* How a reply that fails is broken off: a tunnel as its other side was (RFC
 * 9113 section 8.5), another protocol as RFC 8441 section 5 has it. */
static enum vb_h2_code failure(const struct vb_h2_stream *s)
{
    if (!s->mux.switched)
        return VB_H2_INTERNAL_ERROR;
    return s->mux.protocol.len > 0 ? VB_H2_CANCEL : VB_H2_CONNECT_ERROR;
}

/* The stream's end: trailers, or an empty frame. */
static bool put_end(struct vb_h2_stream *s)
{
    struct vb_section trailers;

    if (vb_mux_trailers(&s->mux, &trailers))
        return vb__h2_put_section(s, &trailers, VB_H2_END_STREAM);
    return put_head(s, 0, true);
}

/* Sees to it that something is there; false: nothing is, or not now. */
static bool pull(struct vb_h2_stream *s)
{
    struct vb_mux_stream *mux = &s->mux;

    if (mux->tail.len > 0 || mux->file.length > 0)
        return true;
    s->held = s->pieces > 0;
    if (s->held)
        return false;
    switch (vb_mux_source_pull(mux)) {
    case VB_PULL_BYTES:
    case VB_PULL_FILE:
        return true;
    case VB_PULL_END:
        mux->all_sent = true;
        s->h2->broken |= !put_end(s);
        return false;
    case VB_PULL_PENDING:
        mux->deferred = true;
        return false;
    case VB_PULL_FAILED:
        vb__h2_break(s, failure(s));
        return false;
    }
    return false;
}

void vb__h2_stock(struct vb_h2_stream *s)
{
    if (!s->sending || s->mux.all_sent || s->mux.deferred)
        return;
    if (pull(s))
        vb__h2_turn_join(s);
    else
        vb_mux_turn_leave(&s->h2->turns, &s->mux);
}

bool vb__h2_send(struct vb_h2 *h2)
{
    struct vb_mux_stream *mux = h2->window > 0 ? vb_mux_turn(&h2->turns) : NULL;
    struct vb_h2_stream *s;

    if (mux == NULL)
        return false;
    s = stream_of(mux);
    if (pull(s))
        put_data(s);
    if (mux->both)
        vb_mux_enlist(&h2->marks, mux);
    h2->turns.passed++;
    vb_mux_turn_pass(&h2->turns, mux, is_sendable(s));
    if (mux->all_sent)
        vb__h2_sent_all(s);
    return true;
}

/* Where the request is not all there, the client need not go on with it (RFC
 * 9113 section 8.1). */
void vb__h2_sent_all(struct vb_h2_stream *s)
{
    if (s->mux.switched && !s->mux.sink_ended)
        return;
    if (!s->mux.ended)
        vb__h2_put_reset(s->h2, s->id, VB_H2_NO_ERROR);
    vb__h2_stream_close(s, s->mux.ended ? VB_H2_DONE : VB_H2_RESET, true);
}

/* --- For wire/mux ------------------------------------------------------------
 */

static void send_interim(struct vb_mux_stream *mux,
                         const struct vb_section *section)
{
    if (!stream_of(mux)->broken && !vb__h2_output_full(stream_of(mux)->h2))
        vb__h2_put_section(stream_of(mux), section, 0);
}

static bool send_reply(struct vb_mux_stream *mux,
                       const struct vb_section *section, bool content)
{
    struct vb_h2_stream *s = stream_of(mux);

    if (!vb__h2_put_section(s, section, content ? 0 : VB_H2_END_STREAM))
        return false;
    mux->all_sent = !content;
    s->sending = true;
    vb__h2_turn_join(s);
    return true;
}

static void consumed(struct vb_mux_stream *mux, size_t n, bool stream)
{
    struct vb_h2_stream *s = stream_of(mux);

    vb__h2_consumed(s->h2, stream ? s : NULL, (uint32_t)n);
}

static void mark(struct vb_mux_stream *mux)
{
    vb__h2_mark(stream_of(mux));
}

static void moved(struct vb_mux_stream *mux)
{
    struct vb_h2 *h2 = stream_of(mux)->h2;

    h2->moved = h2->env->now.mono_ms;
}

static void resume(struct vb_mux_stream *mux)
{
    vb__h2_turn_join(stream_of(mux));
}

static void fail(struct vb_mux_stream *mux)
{
    vb__h2_break(stream_of(mux), failure(stream_of(mux)));
}

static void stop(struct vb_mux_stream *mux)
{
    vb__h2_stop(stream_of(mux)->h2);
}

const struct vb_mux_ops vb__h2_mux_ops = {
    .mark = mark,
    .consumed = consumed,
    .moved = moved,
    .interim = send_interim,
    .reply = send_reply,
    .resume = resume,
    .fail = fail,
    .stop = stop,
};

const struct vb_carrier vb__h2_carrier = VB_MUX_CARRIER("HTTP/2");
