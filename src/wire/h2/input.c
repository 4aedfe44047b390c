/*
 * From bytes to frames (RFC 9113 sections 3.4, 4.1, 6.1, 6.2). Of each part,
 * what is small is kept until it is all there, and what a frame carries goes on
 * as it comes; so nothing depends on how bytes were split.
 *
 *     preface │ head ─┬─ whole payload ────────────────┬▶ head ...
 *                     ├─ prefix ─ body ─ padding ──────┤
 *                     └─ what nobody knows ────────────┘
 */
#include "wire/h2/inner.h"

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { PREFACE_LEN = sizeof(preface) - 1 };

static void next_part(struct vb_h2_input *in, enum vb_h2_part part,
                      uint8_t need)
{
    in->part = (uint8_t)part;
    in->need = need;
    in->have = 0;
}

/* --- A frame's end -----------------------------------------------------------
 */

static void end_frame(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;

    next_part(in, VB_H2_HEAD, VB_H2_FRAME_HEAD);
    if (in->frame.type == VB_H2_DATA)
        vb__h2_data_end(h2, &in->frame);
    else if (in->frame.type == VB_H2_HEADERS ||
             in->frame.type == VB_H2_CONTINUATION)
        vb__h2_headers_end(h2, in->frame.flags);
}

/* What comes behind the body. */
static void end_body(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;

    if (in->left == 0)
        end_frame(h2);
    else
        next_part(in, VB_H2_REST, 0);
}

/* --- Beginnings --------------------------------------------------------------
 */

/* Tells the body's length; what the frame means begins. */
static void begin_body(struct vb_h2 *h2, uint32_t dependency)
{
    struct vb_h2_input *in = &h2->input;

    next_part(in, VB_H2_BODY, 0);
    if (in->frame.type == VB_H2_DATA)
        vb__h2_data_begin(h2, &in->frame, in->left - in->padding);
    else if (in->frame.type == VB_H2_HEADERS)
        vb__h2_headers_begin(h2, &in->frame, dependency);
    else
        vb__h2_continuation_begin(h2);
    if (!h2->over && in->left == in->padding)
        end_body(h2);
}

/* The length of the padding, and of HEADERS a priority that counts no more. */
static void take_prefix(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;
    const uint8_t *at = in->bytes;
    uint32_t dependency = 0;

    if ((in->frame.flags & VB_H2_PADDED) != 0)
        in->padding = *at++;
    if (in->need > 1)
        dependency = vb__h2_u32(at) & VB_H2_ID_MAX;
    if (in->padding > in->left)
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    else
        begin_body(h2, dependency);
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

static void begin_carrier(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;
    uint8_t prefix = prefix_length(&in->frame);

    if (prefix > in->frame.length) {
        vb__h2_give_up(h2, VB_H2_FRAME_SIZE_ERROR);
        return;
    }
    next_part(in, VB_H2_PREFIX, prefix);
    if (prefix == 0)
        begin_body(h2, 0);
}

static void take_whole(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;

    vb__h2_control(h2, &in->frame, in->bytes, in->have);
    end_body(h2);
}

static void begin_whole(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;
    uint32_t n = in->frame.length;

    if (n > VB_H2_WHOLE_MAX)
        n = in->frame.type == VB_H2_GOAWAY ? 8 : VB_H2_WHOLE_MAX;
    next_part(in, VB_H2_WHOLE, (uint8_t)n);
    if (n == 0)
        take_whole(h2);
}

/* --- Heads -------------------------------------------------------------------
 */

/* What may come now (RFC 9113 sections 3.4, 4.3, 5.1.1)? */
static bool is_expected(const struct vb_h2 *h2, const struct vb_h2_frame *frame)
{
    if (!h2->begun)
        return frame->type == VB_H2_SETTINGS && (frame->flags & VB_H2_ACK) == 0;
    if (h2->section.id != 0)
        return frame->type == VB_H2_CONTINUATION && frame->id == h2->section.id;
    return frame->type != VB_H2_CONTINUATION;
}

static void begin_known(struct vb_h2 *h2, const struct vb_h2_rule *rule)
{
    struct vb_h2_input *in = &h2->input;
    const struct vb_h2_frame *frame = &in->frame;

    if (!(frame->id == 0 ? rule->on_connection : rule->on_stream)) {
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    } else if (frame->length < rule->least || frame->length > rule->most) {
        if (rule->stream_error)
            vb__h2_stream_error(h2, frame->id, VB_H2_FRAME_SIZE_ERROR);
        else
            vb__h2_give_up(h2, VB_H2_FRAME_SIZE_ERROR);
        if (!h2->over)
            end_body(h2);
    } else if (rule->whole) {
        begin_whole(h2);
    } else {
        begin_carrier(h2);
    }
}

static void take_head(struct vb_h2 *h2)
{
    struct vb_h2_input *in = &h2->input;
    const struct vb_h2_rule *rule;

    vb__h2_frame_read(&in->frame, in->bytes);
    in->left = in->frame.length;
    in->padding = 0;
    rule = vb__h2_rule(in->frame.type);
    if (in->frame.length > VB_H2_FRAME_MAX) {
        vb__h2_give_up(h2, VB_H2_FRAME_SIZE_ERROR);
        return;
    }
    if (!is_expected(h2, &in->frame)) {
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
        return;
    }
    if (rule == NULL || rule->whole)
        vb__h2_spend(h2, VB_COST_FRAME);
    if (h2->over)
        return;
    if (rule == NULL)
        end_body(h2);
    else
        begin_known(h2, rule);
}

/* --- Parts -------------------------------------------------------------------
 */

static void take_small(struct vb_h2 *h2)
{
    switch ((enum vb_h2_part)h2->input.part) {
    case VB_H2_HEAD:
        take_head(h2);
        break;
    case VB_H2_WHOLE:
        take_whole(h2);
        break;
    case VB_H2_PREFIX:
        take_prefix(h2);
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

static void read_preface(struct vb_h2 *h2, struct vb_span *bytes)
{
    struct vb_h2_input *in = &h2->input;
    struct vb_span part = cut(bytes, (size_t)PREFACE_LEN - in->have);

    if (memcmp(preface + in->have, part.ptr, part.len) != 0) {
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
        return;
    }
    in->have += (uint8_t)part.len;
    if (in->have == PREFACE_LEN)
        next_part(in, VB_H2_HEAD, VB_H2_FRAME_HEAD);
}

static void read_small(struct vb_h2 *h2, struct vb_span *bytes)
{
    struct vb_h2_input *in = &h2->input;
    struct vb_span part = cut(bytes, (size_t)in->need - in->have);

    memcpy(in->bytes + in->have, part.ptr, part.len);
    in->have += (uint8_t)part.len;
    if (in->part != VB_H2_HEAD)
        in->left -= (uint32_t)part.len;
    if (in->have == in->need)
        take_small(h2);
}

static void read_body(struct vb_h2 *h2, struct vb_span *bytes)
{
    struct vb_h2_input *in = &h2->input;
    struct vb_span part = cut(bytes, in->left - in->padding);

    in->left -= (uint32_t)part.len;
    if (in->frame.type == VB_H2_DATA)
        vb__h2_data_bytes(h2, in->frame.id, part);
    else
        vb__h2_decode(h2, part, false);
    if (!h2->over && in->left == in->padding)
        end_body(h2);
}

static void read_rest(struct vb_h2 *h2, struct vb_span *bytes)
{
    struct vb_h2_input *in = &h2->input;

    in->left -= (uint32_t)cut(bytes, in->left).len;
    if (in->left == 0)
        end_frame(h2);
}

void vb__h2_read(struct vb_h2 *h2, struct vb_span bytes)
{
    while (bytes.len > 0 && !h2->over && !h2->broken) {
        switch ((enum vb_h2_part)h2->input.part) {
        case VB_H2_PREFACE:
            read_preface(h2, &bytes);
            break;
        case VB_H2_HEAD:
        case VB_H2_WHOLE:
        case VB_H2_PREFIX:
            read_small(h2, &bytes);
            break;
        case VB_H2_BODY:
            read_body(h2, &bytes);
            break;
        case VB_H2_REST:
            read_rest(h2, &bytes);
            break;
        }
    }
}
