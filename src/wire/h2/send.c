/*
 * A reply's content on its way out, as DATA frames of what the client's
 * windows let through. Fixed content is sent from where it lies, but for small
 * pieces; what a source gives is copied, since it lives only until the next
 * pull. So what is in memory is bounded by VB_H2_QUEUE_MAX and one piece of
 * each source's.
 */
#include "base/read_at.h"
#include "wire/h2/inner.h"

bool vb__h2_content_begin(struct vb_h2_stream *s)
{
    const struct vb_reply *reply = &s->x->reply;

    switch (reply->content) {
    case VB_CONTENT_NONE:
        return false;
    case VB_CONTENT_REP:
        s->tail = reply->rep->content;
        break;
    case VB_CONTENT_BYTES:
        s->tail = reply->bytes;
        break;
    case VB_CONTENT_SOURCE:
        s->source_left = reply->source->length;
        return true;
    }
    return s->tail.len > 0;
}

/* --- What comes next -------------------------------------------------------
 */

static enum vb_pull pull(struct vb_h2_stream *s)
{
    struct vb_source *source = s->x->reply.source;
    enum vb_pull pulled;

    s->tail = vb_span_of(NULL, 0);
    do {
        s->ready = false;
        pulled = vb_pull_owed(source, &s->source_left, &s->tail);
    } while (pulled == VB_PULL_PENDING && s->ready);
    if (pulled == VB_PULL_FILE)
        s->file = source->file;
    return pulled;
}

/* Is this the last of fixed content? A source says itself when it has ended. */
static bool is_last(const struct vb_h2_stream *s, size_t n)
{
    return s->x->reply.content != VB_CONTENT_SOURCE && n == s->tail.len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): nghttp2's type */
ssize_t vb__h2_read_content(nghttp2_session *session, int32_t id, uint8_t *buf,
                            size_t length, uint32_t *data_flags,
                            nghttp2_data_source *source, void *user_data)
{
    struct vb_h2_stream *s = source->ptr;
    uint64_t there;

    (void)session;
    (void)id;
    (void)buf;
    (void)user_data;
    *data_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (s->tail.len == 0 && s->file.length == 0)
        switch (pull(s)) {
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
    there = s->file.length > 0 ? s->file.length : s->tail.len;
    if (length > there)
        length = (size_t)there;
    if (length > VB_H2_FRAME_MAX)
        length = VB_H2_FRAME_MAX;
    if (is_last(s, length))
        *data_flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

/* --- Frames ----------------------------------------------------------------
 */

/* Reads n bytes of the file; false when it has not got them any more. */
static bool read_file(struct vb_h2_stream *s, char *to, size_t n)
{
    if (vb_read_at(s->file.fd, to, n, s->file.offset) != (ssize_t)n)
        return false;
    s->file.offset += n;
    s->file.length -= n;
    return true;
}

static int put_file(struct vb_h2_stream *s, struct vb_span head, size_t n)
{
    char bytes[VB_H2_FRAME_MAX];

    if (!read_file(s, bytes, n))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (!vb__h2_output_put(s->h2, head) ||
        !vb__h2_output_put(s->h2, vb_span_of(bytes, n)))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    s->x->sent += n;
    return 0;
}

static int put_bytes(struct vb_h2_stream *s, struct vb_span head, size_t n)
{
    struct vb_span bytes = vb_span_head(s->tail, n);
    bool lasts = s->x->reply.content != VB_CONTENT_SOURCE;

    s->tail = vb_span_from(s->tail, n);
    if (!vb__h2_output_put(s->h2, head))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (n == 0)
        return 0;
    if (lasts && n > VB_H2_COPY_MAX) {
        vb__h2_output_refer(s, bytes);
        return 0;
    }
    s->x->sent += n;
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
        vb__h2_gain(s->h2, VB_H2_GAIN_DATA);
    return s->file.length > 0 ? put_file(s, head, length)
                              : put_bytes(s, head, length);
}
