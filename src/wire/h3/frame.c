/* Frames as such: a type, a length, a payload (RFC 9114 section 7.1). */
#include "wire/h3/inner.h"

bool vb__h3_frame_head(struct vb_h3_frame *frame, struct vb_span *bytes)
{
    while (!frame->within) {
        if (!vb_varint_read(&frame->varint, bytes))
            return false;
        if (frame->typed)
            frame->left = frame->varint.value;
        else
            frame->type = frame->varint.value;
        frame->within = frame->typed;
        frame->typed = true;
        frame->varint = (struct vb_varint){0};
    }
    return true;
}

struct vb_span vb__h3_frame_payload(struct vb_h3_frame *frame,
                                    struct vb_span *bytes)
{
    struct vb_span part = vb_span_head(
        *bytes, frame->left < bytes->len ? (size_t)frame->left : bytes->len);

    *bytes = vb_span_from(*bytes, part.len);
    frame->left -= part.len;
    return part;
}

bool vb__h3_frame_ends(struct vb_h3_frame *frame)
{
    if (!frame->within || frame->left > 0)
        return false;
    *frame = (struct vb_h3_frame){0};
    return true;
}

bool vb__h3_frame_between(const struct vb_h3_frame *frame)
{
    return !frame->typed && !frame->varint.begun;
}

bool vb__h3_frame_misplaced(uint64_t type, bool control)
{
    switch (type) {
    case VB_H3_DATA:
    case VB_H3_HEADERS:
        return control;
    case VB_H3_CANCEL_PUSH:
    case VB_H3_SETTINGS:
    case VB_H3_GOAWAY:
    case VB_H3_MAX_PUSH_ID:
    case VB_H3_PRIORITY_UPDATE:
    case VB_H3_PRIORITY_UPDATE_PUSH:
        return !control;
    case VB_H3_PUSH_PROMISE: /* a server's alone */
    case 2:                  /* PRIORITY, */
    case 6:                  /* PING, */
    case 8:                  /* WINDOW_UPDATE, */
    case 9:                  /* CONTINUATION of HTTP/2 */
        return true;
    default:
        return false;
    }
}

size_t vb__h3_frame_put(char *at, uint64_t type, uint64_t length)
{
    size_t n = vb_varint_put(at, type);

    return n + vb_varint_put(at + n, length);
}
