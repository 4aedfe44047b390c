/* The connection's operations: what is called from below. */
#include "wire/h3/h3.h"

#include "base/assert.h"
#include "base/clock.h"
#include "wire/h3/inner.h"

static bool is_uni(int64_t id)
{
    return (id & 2) != 0;
}

/* What we send on the stream; NULL: nothing, any more. */
static struct vb_h3_output *output_of(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_output *own[] = {&h3->control, &h3->encoding, &h3->decoding};
    struct vb_h3_stream *s;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i]->id == id)
            return own[i];
    s = is_uni(id) ? NULL : vb__h3_stream_find(h3, id);
    return s == NULL || s->mux.x == NULL ? NULL : &s->out;
}

static struct vb_h3_stream *request_of(const struct vb_h3 *h3, int64_t id)
{
    return is_uni(id) ? NULL : vb__h3_stream_find(h3, id);
}

/* --- Beginning ---------------------------------------------------------------
 */

/* One of our streams begins with its type. */
static bool open_stream(struct vb_h3 *h3, struct vb_h3_output *out, char type)
{
    out->id = h3->below->ops->open_uni(h3->below);
    return out->id >= 0 && vb__h3_output_put(h3, out, vb_span_of(&type, 1));
}

/* RFC 9114 section 7.2.4, RFC 9204 section 5; and one that nobody knows, as all
 * have to pass over those (7.2.4.1). */
static bool put_settings(struct vb_h3 *h3)
{
    const uint64_t settings[][2] = {
        {1, VB_H3_TABLE}, {6, vb_mux_section_max(h3->env->limits)}, {0x21, 0}};
    char payload[64];
    char head[16];
    size_t len = 0;
    size_t n;

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        len += vb_varint_put(payload + len, settings[i][0]);
        len += vb_varint_put(payload + len, settings[i][1]);
    }
    n = vb__h3_frame_put(head, VB_H3_SETTINGS, len);
    return vb__h3_output_put(h3, &h3->control, vb_span_of(head, n)) &&
           vb__h3_output_put(h3, &h3->control, vb_span_of(payload, len));
}

void vb_h3_begin(struct vb_h3 *h3)
{
    if (!open_stream(h3, &h3->control, 0) || !put_settings(h3) ||
        !open_stream(h3, &h3->encoding, 2) ||
        !open_stream(h3, &h3->decoding, 3))
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
}

/* --- Coming in ---------------------------------------------------------------
 */

/* Breaks off a stream that none of ours stands for. */
static void refuse(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    h3->below->ops->stop_sending(h3->below, id, code);
    h3->below->ops->reset(h3->below, id, code);
}

/* The stream of a request; NULL: it was refused. */
static struct vb_h3_stream *begin_request(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = NULL;

    if (id > h3->highest)
        h3->highest = id;
    if (!h3->last || id < h3->goaway)
        s = vb__h3_stream_new(h3, id);
    if (s == NULL) /* it may be sent again (RFC 9114 section 4.1.1) */
        refuse(h3, id, NGHTTP3_H3_REQUEST_REJECTED);
    return s;
}

static void request_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes,
                         bool fin, bool early)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (s == NULL)
        s = begin_request(h3, id);
    if (s == NULL || s->mux.x == NULL || s->in_done) {
        if (bytes.len > 0)
            h3->below->ops->consumed(h3->below, -1, bytes.len);
        if (s != NULL)
            s->in_done |= fin;
        return;
    }
    if (!s->complete)
        s->early |= early;
    vb__h3_request_data(s, bytes, fin);
}

void vb_h3_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes, bool fin,
                bool early)
{
    vb_assert(!h3->running);
    if (h3->over)
        return;
    h3->running = true;
    if (is_uni(id))
        vb__h3_uni_data(h3, id, bytes, fin);
    else
        request_data(h3, id, bytes, fin, early);
    h3->running = false;
    vb__h3_run(h3);
}

/* What the client breaks off of a request is one that it wants no more, unless
 * it is answered, and we asked for no more ourselves. */
static void request_reset(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (s == NULL) { /* nothing of it has come */
        if (id > h3->highest)
            h3->highest = id;
        h3->below->ops->reset(h3->below, id, NGHTTP3_H3_REQUEST_CANCELLED);
        return;
    }
    if (s->in_done)
        return;
    vb__h3_stream_unread(s, 0, false);
    if (s->mux.x != NULL && !s->mux.replied)
        vb__h3_break(s, NGHTTP3_H3_REQUEST_CANCELLED);
}

void vb_h3_peer_reset(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    (void)code; /* whichever: RFC 9114 section 8 */
    if (h3->over)
        return;
    h3->running = true;
    if (is_uni(id))
        vb__h3_uni_gone(h3, id, false);
    else
        request_reset(h3, id);
    h3->running = false;
    vb__h3_run(h3);
}

void vb_h3_peer_stopped(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    struct vb_h3_stream *s = request_of(h3, id);

    (void)code;
    if (h3->over)
        return;
    h3->running = true;
    if (is_uni(id)) {
        if (output_of(h3, id) != NULL) /* RFC 9114 section 6.2.1 */
            vb__h3_give_up(h3, NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
    } else if (s != NULL) {
        s->out_done = true;
        if (s->mux.x != NULL)
            vb__h3_break(s, NGHTTP3_H3_REQUEST_CANCELLED);
    }
    h3->running = false;
    vb__h3_run(h3);
}

void vb_h3_stream_closed(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = request_of(h3, id);

    if (h3->over)
        return;
    h3->running = true;
    if (is_uni(id)) {
        vb__h3_uni_gone(h3, id, true);
    } else {
        h3->closed++;
        if (s == NULL || !s->mux.all_sent)
            vb__h3_spend(h3, VB_COST_RESET);
        else
            vb_mux_budget_gain(&h3->budget, VB_GAIN_REPLY);
        if (s != NULL)
            vb__h3_stream_free(s);
    }
    h3->running = false;
    vb__h3_run(h3);
}

/* --- Going out ---------------------------------------------------------------
 */

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

    while ((s = vb__h3_turn(h3)) != NULL && !h3->over) {
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
    } while (out == NULL && h3->marked && !h3->over);
    if (out == NULL || h3->over)
        return 0;
    *ret_id = out->id;
    return give(h3, out, ret_fin, iov, max);
}

/* The reply is out, but the request is not all there: the client need not go on
 * with it (RFC 9114 section 4.1). */
static void all_sent(struct vb_h3_stream *s)
{
    s->out.end_sent = true;
    s->mux.all_sent = true;
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
    struct vb_h3_output *out = output_of(h3, id);
    struct vb_h3_stream *s = request_of(h3, id);
    size_t content;

    if (h3->over || out == NULL)
        return;
    content = vb__h3_output_sent(out, n);
    if (s == NULL)
        return;
    s->mux.x->sent += content;
    h3->moved = h3->env->now.mono_ms;
    if (ends(h3, id, n))
        all_sent(s);
    vb__h3_turn_pass(s);
}

/* Streams that waited for a block. */
static void feed_starved(struct vb_h3 *h3)
{
    if (!h3->starved || h3->blocks >= VB_H3_BLOCKS_MAX)
        return;
    h3->starved = false;
    for (struct vb_h3_stream *s = h3->streams; s != NULL; s = s->next)
        if (s->starved) {
            s->starved = false;
            vb__h3_turn_join(s);
        }
}

void vb_h3_acked(struct vb_h3 *h3, int64_t id, uint64_t count)
{
    struct vb_h3_output *out = output_of(h3, id);
    struct vb_h3_stream *s = request_of(h3, id);

    if (h3->over || out == NULL)
        return;
    h3->running = true;
    vb__h3_output_acked(h3, out, count);
    if (s != NULL) {
        h3->moved = h3->env->now.mono_ms;
        if (s->mux.all_sent && out->acked == out->added)
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
    struct vb_h3_output *out = output_of(h3, id);
    struct vb_h3_stream *s = request_of(h3, id);

    if (out == NULL)
        return;
    out->blocked = true;
    if (s != NULL)
        vb__h3_turn_leave(s);
}

void vb_h3_unblocked(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_output *out = output_of(h3, id);
    struct vb_h3_stream *s = request_of(h3, id);

    if (out == NULL)
        return;
    out->blocked = false;
    if (s != NULL)
        vb__h3_turn_join(s);
}

/* --- Time --------------------------------------------------------------------
 */

/* Until when the connection as such must come to something. */
static int64_t connection_deadline(const struct vb_h3 *h3)
{
    const struct vb_limits *limits = h3->env->limits;

    if (h3->stopping && (!h3->last || h3->busy == 0))
        return h3->read_since + limits->linger_ms;
    if (h3->stopping)
        return VB_TIME_NEVER;
    if (!h3->begun)
        return h3->read_since + limits->head_timeout_ms;
    if (h3->busy == 0)
        return h3->read_since + limits->idle_timeout_ms;
    return VB_TIME_NEVER;
}

int64_t vb_h3_deadline(const struct vb_h3 *h3)
{
    int64_t first = connection_deadline(h3);

    if (h3->over)
        return VB_TIME_NEVER;
    for (const struct vb_h3_stream *s = h3->streams; s != NULL; s = s->next) {
        int64_t at = vb__h3_stream_deadline(s);

        if (at < first)
            first = at;
    }
    return first;
}

static void connection_late(struct vb_h3 *h3)
{
    if (h3->last || !h3->begun) /* it was told, or does not speak HTTP/3 */
        vb__h3_give_up(h3, NGHTTP3_H3_NO_ERROR);
    else
        vb__h3_stop_now(h3);
}

void vb_h3_tick(struct vb_h3 *h3)
{
    int64_t now = h3->env->now.mono_ms;

    if (h3->over)
        return;
    h3->running = true;
    for (struct vb_h3_stream *s = h3->streams; s != NULL; s = s->next)
        if (vb__h3_stream_deadline(s) <= now)
            vb__h3_stream_late(s);
    if (connection_deadline(h3) <= now)
        connection_late(h3);
    h3->running = false;
    vb__h3_run(h3);
}

void vb_h3_shut_down(struct vb_h3 *h3)
{
    vb__h3_stop(h3);
    vb__h3_run(h3);
}

/* --- Life --------------------------------------------------------------------
 */

size_t vb_h3_size(void)
{
    return sizeof(struct vb_h3);
}

struct vb_h3 *vb_h3_init(void *memory, struct vb_env *env,
                         const struct vb_peer *peer, struct vb_h3_below *below)
{
    const nghttp3_mem *mem = nghttp3_mem_default();
    struct vb_h3 *h3 = memory;

    *h3 = (struct vb_h3){.env = env,
                         .peer = peer,
                         .below = below,
                         .control = {.id = -1},
                         .encoding = {.id = -1},
                         .decoding = {.id = -1},
                         .read_since = env->now.mono_ms,
                         .highest = -4,
                         .goaway_id = VB_VARINT_MAX,
                         .pulled = -1};
    vb_mux_budget_init(&h3->budget, env->now.mono_ms);
    vb_buf_init(&h3->payload, VB_H3_CONTROL_MAX);
    for (size_t i = 0; i < VB_H3_EARLY_PRIORITIES; i++)
        h3->early[i].id = -1;
    if (nghttp3_qpack_encoder_new(&h3->encoder, VB_H3_TABLE, mem) != 0)
        return NULL;
    if (nghttp3_qpack_decoder_new(&h3->decoder, VB_H3_TABLE, 0, mem) == 0)
        return h3;
    nghttp3_qpack_encoder_del(h3->encoder);
    return NULL;
}

void vb_h3_free(struct vb_h3 *h3)
{
    const nghttp3_mem *mem = nghttp3_mem_default();

    if (h3 == NULL)
        return;
    h3->over = true;
    h3->running = true; /* what ends may call, but nothing is to be done */
    while (h3->streams != NULL)
        vb__h3_stream_free(h3->streams);
    vb__h3_output_clear(h3, &h3->control);
    vb__h3_output_clear(h3, &h3->encoding);
    vb__h3_output_clear(h3, &h3->decoding);
    vb_buf_done(&h3->payload);
    nghttp3_buf_free(&h3->section, mem);
    nghttp3_buf_free(&h3->instructions, mem);
    nghttp3_qpack_encoder_del(h3->encoder);
    nghttp3_qpack_decoder_del(h3->decoder);
}
