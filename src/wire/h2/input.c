/* What comes, to who looks at it: control.c and request.c. */
#include "base/list.h"
#include "wire/h2/inner.h"

static struct vb_h2 *h2_of(struct vb_h2_reader *reader)
{
    return VB_CONTAINER(reader, struct vb_h2, reader);
}

static const struct vb_h2 *const_h2_of(const struct vb_h2_reader *reader)
{
    return VB_CONTAINER(reader, const struct vb_h2, reader);
}

static bool is_over(const struct vb_h2_reader *reader)
{
    return const_h2_of(reader)->over || const_h2_of(reader)->broken;
}

/* RFC 9113 sections 3.4, 4.3, 5.1.1. */
static bool is_expected(const struct vb_h2_reader *reader)
{
    const struct vb_h2 *h2 = const_h2_of(reader);
    const struct vb_h2_frame *frame = &reader->frame;

    if (!h2->begun)
        return frame->type == VB_H2_SETTINGS && (frame->flags & VB_H2_ACK) == 0;
    if (h2->section.id != 0)
        return frame->type == VB_H2_CONTINUATION && frame->id == h2->section.id;
    return frame->type != VB_H2_CONTINUATION;
}

static void fail(struct vb_h2_reader *reader, enum vb_h2_code code)
{
    vb__h2_give_up(h2_of(reader), code);
}

static void stream_error(struct vb_h2_reader *reader, uint32_t id,
                         enum vb_h2_code code)
{
    vb__h2_stream_error(h2_of(reader), id, code);
}

static void spend(struct vb_h2_reader *reader)
{
    vb__h2_spend(h2_of(reader), VB_COST_FRAME);
}

static void control(struct vb_h2_reader *reader, const uint8_t *payload,
                    size_t len)
{
    vb__h2_control(h2_of(reader), &reader->frame, payload, len);
}

static void headers_begin(struct vb_h2_reader *reader, uint32_t dependency)
{
    vb__h2_headers_begin(h2_of(reader), &reader->frame, dependency);
}

static void continuation_begin(struct vb_h2_reader *reader)
{
    vb__h2_continuation_begin(h2_of(reader));
}

static void headers_bytes(struct vb_h2_reader *reader, struct vb_span bytes)
{
    vb__h2_decode(h2_of(reader), bytes, false);
}

static void headers_end(struct vb_h2_reader *reader)
{
    vb__h2_headers_end(h2_of(reader), reader->frame.flags);
}

static void data_begin(struct vb_h2_reader *reader, uint32_t carried)
{
    vb__h2_data_begin(h2_of(reader), &reader->frame, carried);
}

static void data_bytes(struct vb_h2_reader *reader, struct vb_span bytes)
{
    vb__h2_data_bytes(h2_of(reader), reader->frame.id, bytes);
}

static void data_end(struct vb_h2_reader *reader)
{
    vb__h2_data_end(h2_of(reader), &reader->frame);
}

const struct vb_h2_reader_ops vb__h2_reader_ops = {
    .is_over = is_over,
    .is_expected = is_expected,
    .fail = fail,
    .stream_error = stream_error,
    .spend = spend,
    .control = control,
    .headers_begin = headers_begin,
    .continuation_begin = continuation_begin,
    .headers_bytes = headers_bytes,
    .headers_end = headers_end,
    .data_begin = data_begin,
    .data_bytes = data_bytes,
    .data_end = data_end,
};
