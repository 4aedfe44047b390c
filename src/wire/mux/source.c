/*
 * Where a reply's content comes from: bytes that lie there, sent from where
 * they lie, or a source, which gives pieces that live until the next pull, and
 * parts of files.
 */
#include "base/read_at.h"
#include "wire/mux/mux.h"

bool vb_mux_source_begin(struct vb_mux_stream *s)
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

enum vb_pull vb_mux_source_pull(struct vb_mux_stream *s)
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
    else if (pulled == VB_PULL_FAILED)
        s->both = false; /* nothing more is for the sink */
    return pulled;
}

bool vb_mux_read_file(struct vb_mux_stream *s, char *to, size_t n)
{
    if (vb_read_at(s->file.fd, to, n, s->file.offset) != (ssize_t)n)
        return false;
    s->file.offset += n;
    s->file.length -= n;
    return true;
}
