/*
 * What nghttp2 tells of frames that have come, and which of its own bounds it
 * is to keep. It has checked their form and order; a stream or connection
 * error (RFC 9113 section 5.4) that it found is on its way by then.
 */
#include "base/clock.h"
#include "wire/h2/inner.h"

/* The stream of a frame, if it has an exchange. */
static struct vb_h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static struct vb_span span_of(nghttp2_rcbuf *buf)
{
    nghttp2_vec vec = nghttp2_rcbuf_get_buf(buf);

    return vb_span_of((const char *)vec.base, vec.len);
}

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS &&
           frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

/* --- A head or trailers ----------------------------------------------------
 */

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *user_data)
{
    struct vb_h2 *h2 = user_data;
    struct vb_h2_stream *s;

    if (!is_request(frame)) {
        *vb__h2_current(h2) = stream_of(session, frame->hd.stream_id);
        return 0;
    }
    s = vb__h2_stream_new(h2, frame->hd.stream_id);
    *vb__h2_current(h2) = s;
    if (s == NULL) { /* it may be sent again (RFC 9113 section 8.7) */
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE,
                                  frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    nghttp2_session_set_stream_user_data(session, s->id, s);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags,
                     void *user_data)
{
    struct vb_h2_stream *s = *vb__h2_current(user_data);
    bool fine;

    (void)session;
    (void)frame;
    (void)flags;
    if (s == NULL)
        return 0;
    fine = s->mux.state == VB_MUX_HEAD
               ? vb_mux_head_field(&s->mux, span_of(name), span_of(value))
               : vb_mux_trailer_field(&s->mux, span_of(name), span_of(value));
    if (fine)
        return 0;
    vb__h2_give_up(user_data, NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* nghttp2 would pass over what has characters that no field has. */
static int on_invalid_header(nghttp2_session *session,
                             const nghttp2_frame *frame, nghttp2_rcbuf *name,
                             nghttp2_rcbuf *value, uint8_t flags,
                             void *user_data)
{
    (void)session;
    (void)frame;
    (void)name;
    (void)value;
    (void)flags;
    (void)user_data;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* PROTOCOL_ERROR then */
}

static void begin_exchange(struct vb_h2_stream *s, bool ended)
{
    struct vb_h2 *h2 = s->h2;
    uint32_t max = h2->wire.env->limits->max_requests;

    if (!vb_mux_ask(&s->mux, &vb__h2_carrier, h2->wire.peer, ended)) {
        vb__h2_reset(s, NGHTTP2_PROTOCOL_ERROR);
        return;
    }
    h2->requests++;
    if (max > 0 && h2->requests >= max)
        vb__h2_stop(h2);
}

static void on_headers(struct vb_h2_stream *s, const nghttp2_frame *frame)
{
    bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    if (s->mux.state == VB_MUX_HEAD) {
        begin_exchange(s, ended);
        return;
    }
    s->mux.ended = ended;
    vb__h2_mark(s);
}

/* --- Content ---------------------------------------------------------------
 */

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id,
                         const uint8_t *data, size_t len, void *user_data)
{
    struct vb_h2_stream *s = stream_of(session, id);

    (void)flags;
    (void)user_data;
    if (s == NULL)
        nghttp2_session_consume_connection(session, len);
    else if (len > 0)
        vb_mux_content_bytes(&s->mux, vb_span_of((const char *)data, len));
    if (s != NULL)
        vb__h2_mark(s);
    return 0;
}

static void on_data(struct vb_h2 *h2, struct vb_h2_stream *s,
                    const nghttp2_frame *frame)
{
    bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    if (frame->hd.length <= frame->data.padlen && !end)
        vb__h2_spend(h2, VB_COST_FRAME);
    if (s == NULL || !end)
        return;
    s->mux.ended = true;
    vb__h2_mark(s);
}

/* --- All frames ------------------------------------------------------------
 */

static int on_begin_frame(nghttp2_session *session,
                          const nghttp2_frame_hd *head, void *user_data)
{
    (void)session;
    /* nghttp2 passes over PRIORITY, which we have told it not to heed. */
    if (head->type == NGHTTP2_PRIORITY && head->stream_id == 0) {
        vb__h2_give_up(user_data, NGHTTP2_PROTOCOL_ERROR); /* section 6.3 */
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (head->type != NGHTTP2_HEADERS && head->type != NGHTTP2_DATA &&
        head->type != NGHTTP2_CONTINUATION)
        vb__h2_spend(user_data, VB_COST_FRAME);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *user_data)
{
    struct vb_h2 *h2 = user_data;
    struct vb_h2_stream *s;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        s = *vb__h2_current(h2);
        if (s != NULL)
            on_headers(s, frame);
        break;
    case NGHTTP2_DATA:
        on_data(h2, stream_of(session, frame->hd.stream_id), frame);
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && h2->stopping)
            vb__h2_stop_now(h2);
        break;
    case NGHTTP2_SETTINGS:
        h2->begun = true;
        break;
    default:
        break;
    }
    return 0;
}

static int on_invalid_frame(nghttp2_session *session,
                            const nghttp2_frame *frame, int error,
                            void *user_data)
{
    (void)session;
    (void)frame;
    (void)error;
    vb__h2_spend(user_data, VB_COST_FRAME);
    return 0;
}

/* The reply is out, but the request is not all there: the client need not go
 * on with it (RFC 9113 section 8.1). */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame,
                         void *user_data)
{
    struct vb_h2_stream *s;

    if (frame->hd.type == NGHTTP2_GOAWAY)
        vb__h2_goaway_sent(user_data);
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    s = stream_of(session, frame->hd.stream_id);
    if (s == NULL)
        return 0;
    s->mux.all_sent = true;
    if (!s->mux.ended)
        vb__h2_reset(s, NGHTTP2_NO_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code,
                           void *user_data)
{
    struct vb_h2 *h2 = user_data;
    struct vb_h2_stream *s = stream_of(session, id);

    if (s == NULL || !s->mux.all_sent || code != NGHTTP2_NO_ERROR)
        vb__h2_spend(h2, VB_COST_RESET);
    else
        vb_mux_budget_gain(&h2->budget, VB_GAIN_REPLY);
    if (s != NULL)
        vb__h2_stream_closed(s);
    if (h2->stopping && h2->streams == NULL)
        vb__h2_stop_now(h2);
    return 0;
}

/* --- The session ------------------------------------------------------------
 */

static nghttp2_session_callbacks *new_callbacks(void)
{
    nghttp2_session_callbacks *c;

    if (nghttp2_session_callbacks_new(&c) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(c, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(
        c, on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
        c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(c, vb__h2_send_data);
    return c;
}

static nghttp2_option *new_option(void)
{
    nghttp2_option *option;

    if (nghttp2_option_new(&option) != 0)
        return NULL;
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, VB_H2_ACKS_MAX);
    nghttp2_option_set_max_settings(option, VB_H2_SETTINGS_MAX);
    nghttp2_option_set_max_continuations(option, VB_H2_CONTINUATIONS_MAX);
    /* Resets are counted here, with all else (mux/budget.c). */
    nghttp2_option_set_stream_reset_rate_limit(option, UINT64_MAX, UINT64_MAX);
    nghttp2_option_set_builtin_recv_extension_type(option,
                                                   NGHTTP2_PRIORITY_UPDATE);
    return option;
}

/* What the client has to know of us (RFC 9113 section 6.5.2). */
static int tell_settings(struct vb_h2 *h2, nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, VB_MUX_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, VB_MUX_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
         (uint32_t)vb_mux_section_max(h2->wire.env->limits)},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    int rv = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                     sizeof(settings) / sizeof(settings[0]));

    return rv != 0 ? rv
                   : nghttp2_session_set_local_window_size(
                         session, NGHTTP2_FLAG_NONE, 0, VB_MUX_WINDOW);
}

nghttp2_session *vb__h2_session_new(struct vb_h2 *h2)
{
    nghttp2_mem mem = {&h2->wire.env->heap, vb_mux_malloc, vb_mux_free,
                       vb_mux_calloc, vb_mux_realloc};
    nghttp2_session_callbacks *callbacks = new_callbacks();
    nghttp2_option *option = callbacks == NULL ? NULL : new_option();
    nghttp2_session *session = NULL;

    if (option != NULL &&
        nghttp2_session_server_new3(&session, callbacks, h2, option, &mem) != 0)
        session = NULL;
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (session != NULL && tell_settings(h2, session) != 0) {
        nghttp2_session_del(session);
        session = NULL;
    }
    return session;
}
