/* Content both ways, between an exchange and a call. See forward.h. */
#include "flow/intake.h"
#include "gateway/cached.h"

/* --- the request's ----------------------------------------------------------
 */

static struct vb_forward *of_sink(struct vb_sink *sink)
{
    return VB_CONTAINER(sink, struct vb_forward, sink);
}

static void tell_content(struct vb_forward *f)
{
    if (f->under_way && !f->pulling)
        vb_ask_content_ready(&f->ask);
}

static enum vb_sink_want take_up(struct vb_sink *sink, struct vb_span bytes)
{
    struct vb_forward *f = of_sink(sink);

    if (!f->under_way) /* nobody wants it any more */
        return VB_SINK_MORE;
    if (!vb_pipe_put(&f->up, bytes))
        f->up_end = VB_WAY_LOST;
    f->up_paused = vb_pipe_is_full(&f->up);
    /* This may end the call, but not the exchange, whose wire is at work. */
    tell_content(f);
    return f->up_paused ? VB_SINK_PAUSE : VB_SINK_MORE;
}

static void end_up(struct vb_sink *sink, enum vb_err err)
{
    struct vb_forward *f = of_sink(sink);

    if (err != VB_OK)
        f->up_end = VB_WAY_LOST;
    else if (f->up_end == VB_WAY_OPEN)
        f->up_end = VB_WAY_WHOLE;
    tell_content(f);
}

static void go_on_up(struct vb_forward *f)
{
    if (!f->up_wanted) {
        f->up_wanted = true;
        if (!f->ask.call.switched) /* then it comes by itself */
            f->x->carrier->want_content(f->x);
    } else if (f->up_paused && !vb_pipe_is_full(&f->up)) {
        f->up_paused = false;
        f->x->carrier->resume_content(f->x);
    }
}

/* It was looked at before it goes on, and is sent as it came. */
static enum vb_pull pull_whole(struct vb_forward *f, struct vb_span *ret_bytes)
{
    *ret_bytes = vb_span_from(f->whole, f->up_given);
    f->up_given = f->whole.len;
    if (ret_bytes->len > 0)
        return VB_PULL_BYTES;
    f->ask.call.trailers = f->x->trailers;
    return VB_PULL_END;
}

/* The other server takes it now: so it is asked for now (RFC 9110 section
 * 10.1.1: 100 is sent when it is wanted there). */
static enum vb_pull pull_up(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb_forward *f = VB_CONTAINER(source, struct vb_forward, content);

    if (f->is_whole)
        return pull_whole(f, ret_bytes);
    vb_pipe_drop(&f->up, f->up_given);
    f->up_given = 0;
    f->pulling = true;
    go_on_up(f);
    f->pulling = false;
    *ret_bytes = vb_pipe_front(&f->up);
    f->up_given = ret_bytes->len;
    if (ret_bytes->len > 0)
        return VB_PULL_BYTES;
    if (f->up_end == VB_WAY_LOST)
        return VB_PULL_FAILED;
    if (f->up_end == VB_WAY_OPEN)
        return VB_PULL_PENDING;
    f->ask.call.trailers = f->x->trailers;
    return VB_PULL_END;
}

/* --- the reply's ------------------------------------------------------------
 */

static enum vb_pull pull_down(struct vb_source *source,
                              struct vb_span *ret_bytes)
{
    struct vb_forward *f = VB_CONTAINER(source, struct vb_forward, source);

    vb_pipe_drop(&f->down, f->down_given);
    f->down_given = 0;
    if (f->down_paused && !vb_pipe_is_full(&f->down)) {
        f->down_paused = false;
        vb_ask_resume(&f->ask);
    }
    *ret_bytes = vb_pipe_front(&f->down);
    f->down_given = ret_bytes->len;
    if (ret_bytes->len > 0)
        return VB_PULL_BYTES;
    if (f->down_end == VB_WAY_LOST)
        return VB_PULL_FAILED;
    if (f->down_end == VB_WAY_WHOLE)
        return VB_PULL_END;
    f->down_pending = true;
    return VB_PULL_PENDING;
}

/* The exchange may be gone when this returns. */
static void tell_down(struct vb_forward *f)
{
    if (!f->down_pending)
        return;
    f->down_pending = false;
    f->x->carrier->output_ready(f->x);
}

/* Who goes on sending to nobody, once it has all there was for it, is told so
 * by the connection's end. */
static void discard(struct vb_forward *f, size_t n)
{
    f->discarded += n;
    if (!f->ask.call.content_sent || f->discarded <= VB_FORWARD_BOUND)
        return;
    vb__forward_cancel(f);
}

enum vb_sink_want vb__forward_take(struct vb_forward *f, struct vb_span bytes)
{
    bool full;

    if (f->drains) {
        discard(f, bytes.len); /* the exchange may be gone */
        return VB_SINK_MORE;
    }
    if (!vb_pipe_put(&f->down, bytes))
        f->down_end = VB_WAY_LOST;
    full = f->down_paused = vb_pipe_is_full(&f->down);
    tell_down(f);
    return full ? VB_SINK_PAUSE : VB_SINK_MORE;
}

void vb__forward_eof(struct vb_forward *f)
{
    vb__forward_end(f, true);
}

void vb__forward_end(struct vb_forward *f, bool whole)
{
    if (f->down_end == VB_WAY_OPEN)
        f->down_end = whole ? VB_WAY_WHOLE : VB_WAY_LOST;
    tell_down(f);
}

/* Its end is near, or it is kept for others. */
static void go_on_without(struct vb_forward *f)
{
    struct vb_cached *c = vb__cached_of(f->x);

    f->down_pending = false;
    if (c != NULL && vb__cached_left(c) && f->down_paused)
        vb_ask_resume(&f->ask);
}

/* What the client has sent still goes to the other side of the tunnel (RFC 9110
 * section 9.3.6). */
static void drain(struct vb_forward *f)
{
    f->drains = true;
    f->down_pending = false;
    vb__forward_hold(f);
    if (f->down_paused)
        vb_ask_resume(&f->ask);
}

/* The client has all of it, or is gone. */
static void close_down(struct vb_source *source)
{
    struct vb_forward *f = VB_CONTAINER(source, struct vb_forward, source);

    if (!f->under_way)
        return;
    if (f->held)
        go_on_without(f);
    else if (f->ask.call.switched && f->up_end == VB_WAY_WHOLE)
        drain(f);
    else
        vb__forward_cancel(f);
}

/* --- both -------------------------------------------------------------------
 */

bool vb__forward_rewind(struct vb_forward *f)
{
    f->up_given = 0;
    return f->is_whole || vb_pipe_rewind(&f->up);
}

/* What goes through a tunnel, or in another protocol, is as long as it gets,
 * whatever is said of the request, which has no content (RFC 9110 sections
 * 9.3.6 and 7.8). */
static int64_t length_of(const struct vb_head *head)
{
    return head->method == VB_METHOD_CONNECT || head->protocol.len > 0
               ? -1
               : head->content_length;
}

void vb__forward_init_content(struct vb_forward *f)
{
    struct vb_pool *pool = &f->x->env->reaches->pipe_blocks;
    const struct vb_head *head = &f->x->head;

    f->is_whole = head->has_content && vb_intake_has_begun(f->x);
    f->up_end = f->is_whole ? VB_WAY_WHOLE : VB_WAY_OPEN;
    if (f->is_whole)
        f->whole = vb_buf_span(&f->x->content);
    vb_pipe_init(&f->up, pool, VB_FORWARD_BOUND, true);
    vb_pipe_init(&f->down, pool, VB_FORWARD_BOUND, false);
    f->sink = (struct vb_sink){.write = take_up, .end = end_up};
    if (!f->is_whole) /* whose sink is closed with the exchange */
        f->x->sink = &f->sink;
    f->content = (struct vb_source){.pull = pull_up, .length = length_of(head)};
    f->source = (struct vb_source){.pull = pull_down, .close = close_down};
}

void vb__forward_done_content(struct vb_forward *f)
{
    vb__audit_done(f->audit);
    f->audit = NULL;
    vb_pipe_done(&f->up);
    vb_pipe_done(&f->down);
}
