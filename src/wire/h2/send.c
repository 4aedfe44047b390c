/*
 * A reply on its way out: its head, which nghttp2 encodes from where it lies,
 * and its content, as DATA frames of what the client's windows let through.
 * All but small pieces is sent from where it lies; a source, whose bytes live
 * until the next pull, is not asked for more before they are sent. So what is
 * in memory is bounded by VB_H2_QUEUE_MAX and one piece of each source's.
 */
#include "wire/h2/inner.h"

static struct vb_h2_stream *stream_of(struct vb_mux_stream *s)
{
    return (struct vb_h2_stream *)s;
}

/* --- What comes next -------------------------------------------------------
 */

/* Is this the last of fixed content? A source says itself when it has ended. */
static bool is_last(const struct vb_mux_stream *s, size_t n)
{
    return s->x->reply.content != VB_CONTENT_SOURCE && n == s->tail.len;
}

/* Bytes for the next frame, of which there are some. */
static size_t frame_length(const struct vb_mux_stream *s, size_t most)
{
    uint64_t there = s->file.length > 0 ? s->file.length : s->tail.len;
    size_t max = s->file.length > 0 ? VB_H2_FILE_FRAME_MAX : VB_H2_FRAME_MAX;

    if (most > max)
        most = max;
    return most < there ? most : (size_t)there;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): nghttp2's type */
ssize_t vb__h2_read_content(nghttp2_session *session, int32_t id, uint8_t *buf,
                            size_t length, uint32_t *data_flags,
                            nghttp2_data_source *source, void *user_data)
{
    struct vb_mux_stream *s = source->ptr;

    (void)session;
    (void)id;
    (void)buf;
    (void)user_data;
    *data_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (s->tail.len == 0 && s->file.length == 0) {
        if (stream_of(s)->pieces > 0) {
            stream_of(s)->held = s->deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        switch (vb_mux_source_pull(s)) {
        case VB_PULL_BYTES:
        case VB_PULL_FILE:
            break;
        case VB_PULL_END:
            *data_flags |= NGHTTP2_DATA_FLAG_EOF;
            return 0;
        case VB_PULL_PENDING:
            s->deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        case VB_PULL_FAILED:
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    }
    length = frame_length(s, length);
    if (is_last(s, length))
        *data_flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

/* --- Frames ----------------------------------------------------------------
 */

static int put_file(struct vb_h2_stream *s, struct vb_span head, size_t n)
{
    struct vb_file_part *file = &s->mux.file;
    const struct vb_file_part part = {file->fd, file->offset, n};

    if (!vb__h2_output_put(s->h2, head))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    vb__h2_output_refer_file(s, &part);
    file->offset += n;
    file->length -= n;
    return 0;
}

static int put_bytes(struct vb_h2_stream *s, struct vb_span head, size_t n)
{
    struct vb_span bytes = vb_span_head(s->mux.tail, n);

    s->mux.tail = vb_span_from(s->mux.tail, n);
    if (!vb__h2_output_put(s->h2, head))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (n > VB_H2_COPY_MAX) {
        vb__h2_output_refer(s, bytes);
        return 0;
    }
    s->mux.x->sent += n;
    return vb__h2_output_put(s->h2, bytes) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int vb__h2_send_data(nghttp2_session *session, nghttp2_frame *frame,
                     const uint8_t *framehd, size_t length,
                     nghttp2_data_source *source, void *user_data)
{
    struct vb_h2_stream *s = source->ptr;
    struct vb_span head = vb_span_of((const char *)framehd, VB_H2_FRAME_HEAD);

    (void)session;
    (void)frame; /* nothing of ours is padded */
    (void)user_data;
    if (vb__h2_output_full(s->h2))
        return NGHTTP2_ERR_WOULDBLOCK;
    vb__h2_move(s->h2);
    if (length >= VB_H2_GAIN_DATA_MIN)
        vb_mux_budget_gain(&s->h2->budget, VB_H2_GAIN_DATA);
    return s->mux.file.length > 0 ? put_file(s, head, length)
                                  : put_bytes(s, head, length);
}

/* --- For wire/mux ------------------------------------------------------------
 */

/* The section as nghttp2 takes it, in the exchange's arena; NULL when out of
 * memory. It copies what is not to live until it is sent. */
static const nghttp2_nv *nv_of(const struct vb_section *section, bool lives)
{
    const uint8_t flags =
        lives ? NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE
              : NGHTTP2_NV_FLAG_NONE;
    nghttp2_nv *nv =
        vb_arena_alloc(section->arena, section->count * sizeof(*nv));

    for (size_t i = 0; nv != NULL && i < section->count; i++) {
        const struct vb_field_out *field = &section->at[i];

        nv[i] = (nghttp2_nv){.name = (uint8_t *)field->name.ptr,
                             .namelen = field->name.len,
                             .value = (uint8_t *)field->value.ptr,
                             .valuelen = field->value.len,
                             .flags = flags};
    }
    return nv;
}

static void send_interim(struct vb_mux_stream *s,
                         const struct vb_section *section)
{
    const nghttp2_nv *nv = nv_of(section, false);

    if (nv != NULL)
        nghttp2_submit_headers(stream_of(s)->h2->session, NGHTTP2_FLAG_NONE,
                               stream_of(s)->id, NULL, nv, section->count,
                               NULL);
}

static bool send_reply(struct vb_mux_stream *s,
                       const struct vb_section *section, bool content)
{
    nghttp2_data_provider provider = {.source = {.ptr = s},
                                      .read_callback = vb__h2_read_content};
    const nghttp2_nv *nv = nv_of(section, true);

    return nv != NULL && nghttp2_submit_response(
                             stream_of(s)->h2->session, stream_of(s)->id, nv,
                             section->count, content ? &provider : NULL) == 0;
}

static void consumed(struct vb_mux_stream *s, size_t n, bool stream)
{
    nghttp2_session *session = stream_of(s)->h2->session;

    if (stream)
        nghttp2_session_consume(session, stream_of(s)->id, n);
    else
        nghttp2_session_consume_connection(session, n);
}

static void mark(struct vb_mux_stream *s)
{
    vb__h2_mark(stream_of(s));
}

static void moved(struct vb_mux_stream *s)
{
    vb__h2_move(stream_of(s)->h2);
}

static void resume(struct vb_mux_stream *s)
{
    nghttp2_session_resume_data(stream_of(s)->h2->session, stream_of(s)->id);
}

static void fail(struct vb_mux_stream *s)
{
    vb__h2_reset(stream_of(s), NGHTTP2_INTERNAL_ERROR);
}

static void stop(struct vb_mux_stream *s)
{
    vb__h2_stop(stream_of(s)->h2);
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
