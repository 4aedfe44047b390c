/* What goes down: whatever is to be sent next, and what became of it. */
#include "base/assert.h"
#include "wire/h3/inner.h"

/* What we send on the stream; NULL: nothing, any more. And the request's, if it
 * is one's. */
static struct vb_h3_output *output_of(struct vb_h3 *h3, int64_t id,
                                      struct vb_h3_stream **ret_stream)
{
    struct vb_h3_output *own[] = {&h3->control, &h3->encoding, &h3->decoding};
    struct vb_h3_stream *s = NULL;

    *ret_stream = NULL;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i]->id == id)
            return own[i];
    s = vb__h3_stream_find(h3, id);
    if (s == NULL || s->mux.x == NULL)
        return NULL;
    *ret_stream = s;
    return &s->out;
}

static bool is_to_be_sent(const struct vb_h3_output *out)
{
    return !out->blocked && vb__h3_output_unsent(out) > 0;
}

static int give(struct vb_h3 *h3, struct vb_h3_output *out, bool *ret_fin,
                struct iovec *iov, int max)
{
    int n = vb__h3_output_pull(out, iov, max);

    h3->pulled = out->id;
    h3->pulled_len = 0;
    for (int i = 0; i < n; i++)
        h3->pulled_len += iov[i].iov_len;
    h3->pulled_end = out->end && h3->pulled_len == vb__h3_output_unsent(out);
    *ret_fin = h3->pulled_end;
    return n;
}

/* The stream of a request that has something to send; NULL: none. */
static struct vb_h3_stream *next_request(struct vb_h3 *h3)
{
    struct vb_h3_stream *s;

    while ((s = (struct vb_h3_stream *)vb_mux_turn(&h3->turns)) != NULL &&
           !h3->over) {
        vb__h3_fill(s);
        if (vb__h3_output_unsent(&s->out) > 0 || s->out.end)
            return s->broken ? NULL : s;
        vb__h3_turn_pass(s);
    }
    return NULL;
}

/* The next of all; NULL: nothing is to be sent. */
static struct vb_h3_output *next_output(struct vb_h3 *h3)
{
    struct vb_h3_stream *s;

    if (is_to_be_sent(&h3->control))
        return &h3->control;
    vb__h3_qpack_flush(h3);
    if (is_to_be_sent(&h3->decoding))
        return &h3->decoding;
    if (is_to_be_sent(&h3->encoding))
        return &h3->encoding;
    s = next_request(h3);
    return s == NULL ? NULL : &s->out;
}

int vb_h3_pull(struct vb_h3 *h3, int64_t *ret_id, bool *ret_fin,
               struct iovec *iov, int max)
{
    struct vb_h3_output *out = NULL;

    vb_assert(!h3->running && max > 0);
    *ret_id = -1;
    *ret_fin = false;
    if (h3->over)
        return 0;
    do {
        vb__h3_run(h3);
        h3->running = true;
        out = h3->over ? NULL : next_output(h3);
        h3->running = false;
    } while (out == NULL && h3->marks.first != NULL && !h3->over);
    if (out == NULL || h3->over)
        return 0;
    *ret_id = out->id;
    return give(h3, out, ret_fin, iov, max);
}

/* The reply is out, but the request is not all there: the client need not go on
 * with it (RFC 9114 section 4.1), unless it is a tunnel. */
static void all_sent(struct vb_h3_stream *s)
{
    s->out.end_sent = true;
    s->mux.all_sent = true;
    if (!s->mux.switched)
        vb__h3_stream_unread(s, NGHTTP3_H3_NO_ERROR, true);
}

/* Is that the rest of what was pulled, up to the stream's end? */
static bool ends(struct vb_h3 *h3, int64_t id, size_t n)
{
    if (h3->pulled != id || n > h3->pulled_len)
        return false;
    h3->pulled_len -= n;
    if (h3->pulled_len > 0)
        return false;
    h3->pulled = -1;
    return h3->pulled_end;
}

void vb_h3_wrote(struct vb_h3 *h3, int64_t id, size_t n)
{
    struct vb_h3_stream *s;
    struct vb_h3_output *out = output_of(h3, id, &s);
    size_t content;

    if (h3->over || out == NULL)
        return;
    content = vb__h3_output_sent(out, n);
    if (s == NULL)
        return;
    s->mux.x->sent += content;
    h3->moved = h3->env->now.mono_ms;
    h3->turns.passed++;
    if (ends(h3, id, n))
        all_sent(s);
    vb__h3_turn_pass(s);
}

/* Streams that waited for a block: those that may have one now. */
static void feed_starved(struct vb_h3 *h3)
{
    bool fed_all = true;

    if (!h3->starved)
        return;
    for (struct vb_h3_stream *s = h3->streams; s != NULL; s = s->next) {
        if (!s->starved)
            continue;
        if (vb__h3_output_may_grow(h3, &s->out)) {
            s->starved = false;
            vb__h3_turn_join(s);
        } else {
            fed_all = false;
        }
    }
    h3->starved = !fed_all;
}

void vb_h3_acked(struct vb_h3 *h3, int64_t id, uint64_t count)
{
    struct vb_h3_stream *s;
    struct vb_h3_output *out = output_of(h3, id, &s);

    if (h3->over || out == NULL)
        return;
    h3->running = true;
    vb__h3_output_acked(h3, out, count);
    if (s != NULL) {
        h3->moved = h3->env->now.mono_ms;
        if (vb__h3_stream_is_over(s))
            vb__h3_stream_done(s);
        feed_starved(h3);
    } else if (out == &h3->control) {
        vb__h3_control_acked(h3);
    }
    h3->running = false;
    vb__h3_run(h3);
}

void vb_h3_blocked(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s;
    struct vb_h3_output *out = output_of(h3, id, &s);

    if (out == NULL)
        return;
    out->blocked = true;
    if (s == NULL)
        return;
    vb_mux_turn_leave(&h3->turns, &s->mux);
    if (s->mux.both)
        vb_mux_enlist(&h3->marks, &s->mux);
}

void vb_h3_unblocked(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s;
    struct vb_h3_output *out = output_of(h3, id, &s);

    if (out == NULL)
        return;
    out->blocked = false;
    if (s != NULL)
        vb__h3_turn_join(s);
}
