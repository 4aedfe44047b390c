/*
 * Request content on its way to the exchange's sink, or into nothing.
 *
 * The windows are opened only as the sink takes bytes (RFC 9113 section 5.2,
 * RFC 9000 section 4), so that what waits for it is bounded by them. Once the
 * reply is decided, or sent where it goes both ways, what still comes is thrown
 * away, and the stream's window stays shut.
 */
#include "base/assert.h"
#include "wire/mux/mux.h"

/* Bytes were used, or will be by nobody. */
static void consume(struct vb_mux_stream *s, size_t n)
{
    s->ops->consumed(s, n, vb_mux_feeds(s) && !s->closed);
}

/* What is announced for others than CONNECT (RFC 9110 section 9.3.6). */
static bool is_announced(const struct vb_head *head)
{
    return head->content_length >= 0 && head->method != VB_METHOD_CONNECT;
}

bool vb_mux_content_counts(struct vb_mux_stream *s, uint64_t n)
{
    const struct vb_head *head = &s->x->head;

    s->content += n;
    return !is_announced(head) || s->content <= (uint64_t)head->content_length;
}

bool vb_mux_content_is_all(const struct vb_mux_stream *s)
{
    const struct vb_head *head = &s->x->head;

    return !is_announced(head) || s->content == (uint64_t)head->content_length;
}

void vb_mux_content_fail(struct vb_mux_stream *s, const struct vb_failure *why)
{
    if (s->failed || s->sink_ended)
        return;
    s->failed = true;
    s->error = why->err;
    s->x->verdict = why->verdict;
}

bool vb_mux_feeds(const struct vb_mux_stream *s)
{
    return !s->replied || (s->both && (s->switched || !s->all_sent));
}

bool vb_mux_receives_content(const struct vb_mux_stream *s)
{
    return s->wanted && !s->replied && !s->paused && !s->ended && !s->failed;
}

/* What has come may be given at once. */
static bool is_ready(const struct vb_mux_stream *s)
{
    return s->wanted && !s->paused && s->waiting.len == 0 &&
           (!s->both || s->submitted);
}

void vb_mux_content_drop(struct vb_mux_stream *s)
{
    if (s->waiting.len > 0)
        consume(s, s->waiting.len);
    vb_buf_done(&s->waiting);
}

static void give(struct vb_mux_stream *s, struct vb_span bytes)
{
    uint64_t max = s->x->env->limits->max_content;

    if (!s->switched && bytes.len > max - s->taken) {
        vb_mux_content_fail(s, &vb_content_too_large);
        consume(s, bytes.len);
        return;
    }
    s->taken += bytes.len;
    s->x->received += bytes.len;
    if (s->x->sink->write(s->x->sink, bytes) == VB_SINK_PAUSE)
        s->paused = true;
    consume(s, bytes.len);
}

void vb_mux_content_bytes(struct vb_mux_stream *s, struct vb_span bytes)
{
    s->ops->moved(s);
    if (!vb_mux_feeds(s) || s->failed) {
        s->ops->consumed(s, bytes.len, false);
        return;
    }
    if (is_ready(s)) {
        give(s, bytes);
        return;
    }
    vb_buf_append(&s->waiting, bytes);
    if (s->waiting.err != VB_OK) {
        vb_mux_content_fail(s, &vb_content_no_memory);
        consume(s, bytes.len);
    }
}

void vb_mux_content_continue(struct vb_mux_stream *s)
{
    s->expects = false;
    if (s->waiting.len > 0 || s->ended || s->continued)
        return;
    s->continued = true;
    vb_mux_send_interim(s, VB_STATUS_CONTINUE, NULL, 0);
}

void vb_mux_content_both(struct vb_mux_stream *s)
{
    const struct vb_reply *reply = &s->x->reply;

    vb_assert(vb_reply_goes_both_ways(s->x));
    s->both = true;
    s->wanted = true;
    s->switched = reply->switched;
    if (s->switched)
        s->sink_ended = false;
}

/* The sink has everything: tell it so, once. */
static void end_sink(struct vb_mux_stream *s)
{
    if (s->sink_ended)
        return;
    if (!s->failed && s->trailers_why.status != 0)
        vb_mux_content_fail(
            s, &(struct vb_failure){VB_ERR_SYNTAX, s->trailers_why});
    s->sink_ended = true;
    s->x->sink->end(s->x->sink, s->error);
}

void vb_mux_content_step(struct vb_mux_stream *s)
{
    const struct vb_head *head = &s->x->head;
    struct vb_span bytes = vb_buf_span(&s->waiting);

    if (!s->wanted || !vb_mux_feeds(s))
        return;
    if (!s->switched && head->content_length > 0 &&
        (uint64_t)head->content_length > s->x->env->limits->max_content)
        vb_mux_content_fail(s, &vb_content_too_large);
    else if (s->expects)
        vb_mux_content_continue(s);
    if (!s->failed && !s->paused && bytes.len > 0) {
        struct vb_buf waiting = s->waiting;

        vb_buf_init(&s->waiting, VB_MUX_STREAM_WINDOW);
        give(s, bytes);
        vb_buf_done(&waiting);
    }
    if (!vb_mux_feeds(s))
        return;
    if (s->failed || (s->ended && !s->paused && s->waiting.len == 0))
        end_sink(s);
}

void vb_mux_content_lose(struct vb_mux_stream *s)
{
    if (!s->wanted || s->sink_ended || !vb_mux_feeds(s))
        return;
    s->sink_ended = true;
    vb_content_lost(s->x);
}
