/* What comes, frame by frame: HEADERS, CONTINUATION and DATA, to who takes what
 * they carry (RFC 9113 sections 5.1, 6.1, 6.2, 6.10). */
#include "wire/h2c/inner.h"

static struct vb_h2c *c_of(const struct vb_h2_reader *reader)
{
    return VB_CONTAINER((uintptr_t)reader, struct vb_h2c, reader);
}

static bool is_over(const struct vb_h2_reader *reader)
{
    const struct vb_h2c *c = c_of(reader);

    return c->phase != VB_H2C_OPEN || c->broken;
}

/* RFC 9113 sections 3.4, 4.3. */
static bool is_expected(const struct vb_h2_reader *reader)
{
    const struct vb_h2c *c = c_of(reader);
    const struct vb_h2_frame *frame = &reader->frame;

    if (!c->begun)
        return frame->type == VB_H2_SETTINGS && (frame->flags & VB_H2_ACK) == 0;
    if (c->section.id != 0)
        return frame->type == VB_H2_CONTINUATION && frame->id == c->section.id;
    return frame->type != VB_H2_CONTINUATION;
}

static void fail(struct vb_h2_reader *reader, enum vb_h2_code code)
{
    vb__h2c_fail(c_of(reader), code);
}

/* Of PRIORITY, which says nothing to a client. */
static void stream_error(struct vb_h2_reader *reader, uint32_t id,
                         enum vb_h2_code code)
{
    struct vb_h2c_stream *s = vb__h2c_find(c_of(reader), id);

    if (s != NULL)
        vb__h2c_abort(s, VB_CALL_MALFORMED, "A frame has a wrong length.",
                      code);
}

static void spend(struct vb_h2_reader *reader)
{
    struct vb_h2c *c = c_of(reader);

    if (!vb_mux_budget_spend(&c->budget, c->env->now.mono_ms, VB_COST_FRAME))
        vb__h2c_fail(c, VB_H2_ENHANCE_YOUR_CALM);
}

static void control(struct vb_h2_reader *reader, const uint8_t *payload,
                    size_t len)
{
    vb__h2c_control(c_of(reader), payload, len);
}

/* No stream that is not ours, nor one that was not begun (5.1, 5.1.1). */
static bool is_known(const struct vb_h2c *c, uint32_t id)
{
    return id % 2 == 1 && id < c->next_id;
}

static void headers_begin(struct vb_h2_reader *reader, uint32_t dependency)
{
    struct vb_h2c *c = c_of(reader);
    uint32_t id = reader->frame.id;
    struct vb_h2c_stream *s = vb__h2c_find(c, id);

    (void)dependency; /* it counts no more */
    if (!is_known(c, id)) {
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
        return;
    }
    c->section = (struct vb_h2c_section){
        .id = id,
        .stream = s,
        .end = (reader->frame.flags & VB_H2_END_STREAM) != 0};
    if (s == NULL) /* it was over before the server knew */
        spend(reader);
    else
        vb__h2c_section_begin(s, c->section.end);
}

static void continuation_begin(struct vb_h2_reader *reader)
{
    struct vb_h2c *c = c_of(reader);

    if (++c->section.frames > VB_H2_CONTINUATIONS_MAX)
        vb__h2c_fail(c, VB_H2_ENHANCE_YOUR_CALM);
}

static void decode(struct vb_h2c *c, struct vb_span bytes, bool end)
{
    const struct vb_h2_taker taker = {vb__h2c_take_field, c};
    enum vb_h2_code code = vb__h2_inflate(c->inflater, bytes, end, &taker);

    if (code != VB_H2_NO_ERROR)
        vb__h2c_fail(c, code);
}

static void headers_bytes(struct vb_h2_reader *reader, struct vb_span bytes)
{
    decode(c_of(reader), bytes, false);
}

static void headers_end(struct vb_h2_reader *reader)
{
    struct vb_h2c *c = c_of(reader);
    struct vb_h2c_section section;

    if ((reader->frame.flags & VB_H2_END_HEADERS) == 0)
        return;
    decode(c, vb_span_of(NULL, 0), true);
    section = c->section;
    c->section = (struct vb_h2c_section){.id = 0};
    if (section.stream != NULL && c->phase == VB_H2C_OPEN)
        vb__h2c_section_end(section.stream, section.end);
}

static void data_begin(struct vb_h2_reader *reader, uint32_t carried)
{
    struct vb_h2c *c = c_of(reader);
    const struct vb_h2_frame *frame = &reader->frame;
    struct vb_h2c_stream *s = vb__h2c_find(c, frame->id);
    uint32_t padding = frame->length - carried;

    if (!is_known(c, frame->id)) {
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
        return;
    }
    if (!vb__h2_credit_take(&c->credit, frame->length)) {
        vb__h2c_fail(c, VB_H2_FLOW_CONTROL_ERROR);
        return;
    }
    if (s == NULL ? frame->length < VB_H2C_LATE_DATA_MIN
                  : carried == 0 && (frame->flags & VB_H2_END_STREAM) == 0)
        spend(reader);
    if (s != NULL && c->phase == VB_H2C_OPEN &&
        !vb__h2c_content_counts(s, frame->length, carried))
        s = NULL;
    if (s != NULL && padding > 0) /* it is used at once */
        vb__h2c_consumed(s, padding);
    vb__h2c_took(c, padding);
}

static void data_bytes(struct vb_h2_reader *reader, struct vb_span bytes)
{
    struct vb_h2c *c = c_of(reader);
    struct vb_h2c_stream *s = vb__h2c_find(c, reader->frame.id);

    if (s != NULL)
        vb__h2c_content_bytes(s, bytes);
    vb__h2c_took(c, (uint32_t)bytes.len);
}

static void data_end(struct vb_h2_reader *reader)
{
    struct vb_h2c_stream *s = vb__h2c_find(c_of(reader), reader->frame.id);

    if (s != NULL && (reader->frame.flags & VB_H2_END_STREAM) != 0)
        vb__h2c_content_end(s);
}

const struct vb_h2_reader_ops vb__h2c_reader_ops = {
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
