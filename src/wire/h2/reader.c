/*
 * From bytes to frames, either side's (RFC 9113 sections 3.4, 4.1, 6.1, 6.2).
 * Of each part, what is small is kept until it is all there, and what a frame
 * carries goes on as it comes; so nothing depends on how bytes were split.
 *
 *     preface │ head ─┬─ whole payload ────────────────┬▶ head ...
 *                     ├─ prefix ─ body ─ padding ──────┤
 *                     └─ what nobody knows ────────────┘
 */
#include "wire/h2/reader.h"

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { PREFACE_LEN = sizeof(preface) - 1 };

static void next_part(struct vb_h2_reader *in, enum vb_h2_part part,
                      uint8_t need)
{
    in->part = (uint8_t)part;
    in->need = need;
    in->have = 0;
}

/* --- A frame's end -----------------------------------------------------------
 */

static void end_frame(struct vb_h2_reader *in)
{
    next_part(in, VB_H2_HEAD, VB_H2_FRAME_HEAD);
    if (in->frame.type == VB_H2_DATA)
        in->ops->data_end(in);
    else if (in->frame.type == VB_H2_HEADERS ||
             in->frame.type == VB_H2_CONTINUATION)
        in->ops->headers_end(in);
}

/* What comes behind the body. */
static void end_body(struct vb_h2_reader *in)
{
    if (in->left == 0)
        end_frame(in);
    else
        next_part(in, VB_H2_REST, 0);
}

/* --- Beginnings --------------------------------------------------------------
 */

/* Tells the body's length; what the frame means begins. */
static void begin_body(struct vb_h2_reader *in, uint32_t dependency)
{
    next_part(in, VB_H2_BODY, 0);
    if (in->frame.type == VB_H2_DATA)
        in->ops->data_begin(in, in->left - in->padding);
    else if (in->frame.type == VB_H2_HEADERS)
        in->ops->headers_begin(in, dependency);
    else
        in->ops->continuation_begin(in);
    if (!in->ops->is_over(in) && in->left == in->padding)
        end_body(in);
}

/* The length of the padding, and of HEADERS a priority that counts no more. */
static void take_prefix(struct vb_h2_reader *in)
{
    const uint8_t *at = in->bytes;
    uint32_t dependency = 0;

    if ((in->frame.flags & VB_H2_PADDED) != 0)
        in->padding = *at++;
    if (in->need > 1)
        dependency = vb__h2_u32(at) & VB_H2_ID_MAX;
    if (in->padding > in->left)
        in->ops->fail(in, VB_H2_PROTOCOL_ERROR);
    else
        begin_body(in, dependency);
}

static uint8_t prefix_length(const struct vb_h2_frame *frame)
{
    uint8_t n = 0;

    if (frame->type == VB_H2_CONTINUATION)
        return 0;
    if ((frame->flags & VB_H2_PADDED) != 0)
        n++;
    if (frame->type == VB_H2_HEADERS &&
        (frame->flags & VB_H2_WITH_PRIORITY) != 0)
        n += 5;
    return n;
}

static void begin_carrier(struct vb_h2_reader *in)
{
    uint8_t prefix = prefix_length(&in->frame);

    if (prefix > in->frame.length) {
        in->ops->fail(in, VB_H2_FRAME_SIZE_ERROR);
        return;
    }
    next_part(in, VB_H2_PREFIX, prefix);
    if (prefix == 0)
        begin_body(in, 0);
}

static void take_whole(struct vb_h2_reader *in)
{
    in->ops->control(in, in->bytes, in->have);
    end_body(in);
}

static void begin_whole(struct vb_h2_reader *in)
{
    uint32_t n = in->frame.length;

    if (n > VB_H2_WHOLE_MAX)
        n = in->frame.type == VB_H2_GOAWAY ? 8 : VB_H2_WHOLE_MAX;
    next_part(in, VB_H2_WHOLE, (uint8_t)n);
    if (n == 0)
        take_whole(in);
}

/* --- Heads -------------------------------------------------------------------
 */

static void begin_known(struct vb_h2_reader *in, const struct vb_h2_rule *rule)
{
    const struct vb_h2_frame *frame = &in->frame;

    if (!(frame->id == 0 ? rule->on_connection : rule->on_stream)) {
        in->ops->fail(in, VB_H2_PROTOCOL_ERROR);
    } else if (frame->length < rule->least || frame->length > rule->most) {
        if (rule->stream_error)
            in->ops->stream_error(in, frame->id, VB_H2_FRAME_SIZE_ERROR);
        else
            in->ops->fail(in, VB_H2_FRAME_SIZE_ERROR);
        if (!in->ops->is_over(in))
            end_body(in);
    } else if (rule->whole) {
        begin_whole(in);
    } else {
        begin_carrier(in);
    }
}

static void take_head(struct vb_h2_reader *in)
{
    const struct vb_h2_rule *rule;

    vb__h2_frame_read(&in->frame, in->bytes);
    in->left = in->frame.length;
    in->padding = 0;
    rule = vb__h2_rule(in->frame.type);
    if (in->frame.length > VB_H2_FRAME_MAX) {
        in->ops->fail(in, VB_H2_FRAME_SIZE_ERROR);
        return;
    }
    if (!in->ops->is_expected(in)) {
        in->ops->fail(in, VB_H2_PROTOCOL_ERROR);
        return;
    }
    if (rule == NULL || rule->whole)
        in->ops->spend(in);
    if (in->ops->is_over(in))
        return;
    if (rule == NULL)
        end_body(in);
    else
        begin_known(in, rule);
}

/* --- Parts -------------------------------------------------------------------
 */

static void take_small(struct vb_h2_reader *in)
{
    switch ((enum vb_h2_part)in->part) {
    case VB_H2_HEAD:
        take_head(in);
        break;
    case VB_H2_WHOLE:
        take_whole(in);
        break;
    case VB_H2_PREFIX:
        take_prefix(in);
        break;
    case VB_H2_PREFACE:
    case VB_H2_BODY:
    case VB_H2_REST:
        break;
    }
}

static struct vb_span cut(struct vb_span *bytes, size_t n)
{
    struct vb_span part = vb_span_head(*bytes, n);

    *bytes = vb_span_from(*bytes, part.len);
    return part;
}

static void read_preface(struct vb_h2_reader *in, struct vb_span *bytes)
{
    struct vb_span part = cut(bytes, (size_t)PREFACE_LEN - in->have);

    if (memcmp(preface + in->have, part.ptr, part.len) != 0) {
        in->ops->fail(in, VB_H2_PROTOCOL_ERROR);
        return;
    }
    in->have += (uint8_t)part.len;
    if (in->have == PREFACE_LEN)
        next_part(in, VB_H2_HEAD, VB_H2_FRAME_HEAD);
}

static void read_small(struct vb_h2_reader *in, struct vb_span *bytes)
{
    struct vb_span part = cut(bytes, (size_t)in->need - in->have);

    memcpy(in->bytes + in->have, part.ptr, part.len);
    in->have += (uint8_t)part.len;
    if (in->part != VB_H2_HEAD)
        in->left -= (uint32_t)part.len;
    if (in->have == in->need)
        take_small(in);
}

static void read_body(struct vb_h2_reader *in, struct vb_span *bytes)
{
    struct vb_span part = cut(bytes, in->left - in->padding);

    in->left -= (uint32_t)part.len;
    if (in->frame.type == VB_H2_DATA)
        in->ops->data_bytes(in, part);
    else
        in->ops->headers_bytes(in, part);
    if (!in->ops->is_over(in) && in->left == in->padding)
        end_body(in);
}

static void read_rest(struct vb_h2_reader *in, struct vb_span *bytes)
{
    in->left -= (uint32_t)cut(bytes, in->left).len;
    if (in->left == 0)
        end_frame(in);
}

void vb__h2_reader_begin_frames(struct vb_h2_reader *reader)
{
    next_part(reader, VB_H2_HEAD, VB_H2_FRAME_HEAD);
}

void vb__h2_reader_feed(struct vb_h2_reader *reader, struct vb_span bytes)
{
    while (bytes.len > 0 && !reader->ops->is_over(reader)) {
        switch ((enum vb_h2_part)reader->part) {
        case VB_H2_PREFACE:
            read_preface(reader, &bytes);
            break;
        case VB_H2_HEAD:
        case VB_H2_WHOLE:
        case VB_H2_PREFIX:
            read_small(reader, &bytes);
            break;
        case VB_H2_BODY:
            read_body(reader, &bytes);
            break;
        case VB_H2_REST:
            read_rest(reader, &bytes);
            break;
        }
    }
}
