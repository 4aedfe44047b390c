/*
 * A request's stream: HEADERS, DATA, and perhaps HEADERS again (RFC 9114
 * section 4.1), with frames between them that nobody knows.
 *
 * Whether content follows is told by the stream's end alone, which may come
 * later than the head it belongs to. So a head that says neither how long its
 * content is, nor that it waits for 100 (Continue), is handed on when the next
 * frame or the end is there, if the method makes a difference of it: what a
 * request leads to must not depend on how its bytes were split on the way. A
 * client may wait for an answer first; so this waits for a while only.
 */
#include "http/method.h"
#include "wire/h3/inner.h"

static void malformed(struct vb_h3_stream *s)
{
    vb__h3_break(s, NGHTTP3_H3_MESSAGE_ERROR);
}

/* --- The head ----------------------------------------------------------------
 */

void vb__h3_field(struct vb_h3_stream *s, struct vb_span name,
                  struct vb_span value, bool guarded)
{
    if (!(s->complete ? vb_mux_trailer_field(&s->mux, name, value, guarded)
                      : vb_mux_head_field(&s->mux, name, value, guarded)))
        vb__h3_give_up(s->h3, NGHTTP3_H3_EXCESSIVE_LOAD);
    else if (s->mux.malformed)
        malformed(s);
}

void vb__h3_ask(struct vb_h3_stream *s, bool ended)
{
    struct vb_h3 *h3 = s->h3;
    uint32_t max = h3->env->limits->max_requests;

    s->mux.builder.early = s->early;
    if (!vb_mux_ask(&s->mux, &vb__h3_carrier, h3->peer, ended)) {
        malformed(s);
        return;
    }
    h3->requests++;
    if (max > 0 && h3->requests >= max)
        vb__h3_stop(h3);
}

static bool is_asked(const struct vb_h3_stream *s)
{
    return s->mux.state == VB_MUX_ASKED;
}

/* Is it told already whether there is content, or of no interest? */
static bool tells_content(const struct vb_h3_stream *s)
{
    const struct vb_fields *fields = &s->mux.x->head.fields;
    enum vb_method method = vb_method_find(s->mux.method);

    return s->ending || s->mux.builder.verdict.status != 0 ||
           vb_method_info(method)->content == VB_METHOD_CONTENT_UNDEFINED ||
           method == VB_METHOD_CONNECT ||
           vb_fields_first(fields, VB_FIELD_CONTENT_LENGTH) != NULL ||
           vb_fields_first(fields, VB_FIELD_EXPECT) != NULL;
}

void vb__h3_section_end(struct vb_h3_stream *s)
{
    if (s->complete) { /* of trailers */
        vb__h3_mark(s);
        return;
    }
    if (!vb_mux_head_is_fine(&s->mux)) {
        malformed(s);
        return;
    }
    s->complete = true;
    s->mux.since = s->h3->env->now.mono_ms;
    if (tells_content(s))
        vb__h3_ask(s, s->ending);
}

/* --- Frames ------------------------------------------------------------------
 */

static void begin_data(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;

    if (!s->complete || s->trailers) {
        vb__h3_give_up(h3, NGHTTP3_H3_FRAME_UNEXPECTED);
        return;
    }
    if (s->frame.left == 0)
        vb__h3_spend(h3, VB_COST_FRAME);
    if (!is_asked(s))
        vb__h3_ask(s, false);
    if (!vb_mux_content_counts(&s->mux, s->frame.left))
        malformed(s);
}

static void begin_headers(struct vb_h3_stream *s)
{
    if (s->trailers || s->mux.switched) { /* 4.4: a tunnel has DATA alone */
        vb__h3_give_up(s->h3, NGHTTP3_H3_FRAME_UNEXPECTED);
        return;
    }
    s->trailers = s->complete;
    if (s->trailers && !is_asked(s))
        vb__h3_ask(s, false);
}

static void begin_frame(struct vb_h3_stream *s)
{
    switch (s->frame.type) {
    case VB_H3_DATA:
        begin_data(s);
        break;
    case VB_H3_HEADERS:
        begin_headers(s);
        break;
    default:
        if (vb__h3_frame_misplaced(s->frame.type, false))
            vb__h3_give_up(s->h3, NGHTTP3_H3_FRAME_UNEXPECTED);
        else
            vb__h3_spend(s->h3, VB_COST_FRAME);
        break;
    }
}

static void take_payload(struct vb_h3_stream *s, struct vb_span part)
{
    struct vb_h3 *h3 = s->h3;

    switch (s->frame.type) {
    case VB_H3_DATA:
        if (part.len == 0)
            return;
        vb_mux_content_bytes(&s->mux, part);
        vb__h3_mark(s);
        return;
    case VB_H3_HEADERS:
        vb__h3_decode(s, part, s->frame.left == 0);
        break;
    default:
        break;
    }
    if (part.len > 0 && !h3->over)
        h3->below->ops->consumed(h3->below, s->out.id, part.len);
}

/* Reads on: what there is of one frame. `fin`: the bytes are the last. */
static void read_some(struct vb_h3_stream *s, struct vb_span *bytes, bool fin)
{
    struct vb_h3 *h3 = s->h3;
    struct vb_span part;
    size_t before = bytes->len;
    bool within = s->frame.within;
    bool begun = vb__h3_frame_head(&s->frame, bytes);

    if (before > bytes->len)
        h3->below->ops->consumed(h3->below, s->out.id, before - bytes->len);
    if (!begun)
        return;
    if (!within)
        begin_frame(s);
    if (s->broken || h3->over)
        return;
    part = vb__h3_frame_payload(&s->frame, bytes);
    s->ending = fin && bytes->len == 0;
    take_payload(s, part);
    vb__h3_frame_ends(&s->frame);
}

/* --- The stream's end --------------------------------------------------------
 */

static void end_request(struct vb_h3_stream *s)
{
    s->in_done = true;
    if (!vb__h3_frame_between(&s->frame)) { /* RFC 9114 section 7.1 */
        vb__h3_give_up(s->h3, NGHTTP3_H3_FRAME_ERROR);
        return;
    }
    if (!s->complete) {
        vb__h3_break(s, NGHTTP3_H3_REQUEST_INCOMPLETE);
        return;
    }
    if (!is_asked(s)) {
        vb__h3_ask(s, true);
        return;
    }
    if (!vb_mux_content_is_all(&s->mux)) {
        malformed(s);
        return;
    }
    s->mux.ended = true;
    vb__h3_mark(s);
}

void vb__h3_request_data(struct vb_h3_stream *s, struct vb_span bytes, bool fin)
{
    struct vb_h3 *h3 = s->h3;

    while (bytes.len > 0 && !s->broken && !h3->over && !s->in_done)
        read_some(s, &bytes, fin);
    if (h3->over)
        return;
    if (bytes.len > 0)
        h3->below->ops->consumed(h3->below, -1, bytes.len);
    if (!fin || s->in_done)
        return;
    if (s->broken)
        s->in_done = true;
    else
        end_request(s);
}
