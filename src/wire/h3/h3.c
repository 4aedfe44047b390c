/* A connection's life and times. */
#include "wire/h3/h3.h"

#include "base/clock.h"
#include "wire/h3/inner.h"

/* --- Beginning ---------------------------------------------------------------
 */

/* One of our streams begins with its type. Who allows none breaks the protocol
 * (RFC 9114 section 6.2). */
static void open_stream(struct vb_h3 *h3, struct vb_h3_output *out, char type)
{
    if (h3->over)
        return;
    out->id = h3->below->ops->open_uni(h3->below);
    if (out->id < 0)
        vb__h3_give_up(h3, NGHTTP3_H3_GENERAL_PROTOCOL_ERROR);
    else if (!vb__h3_output_put(h3, out, vb_span_of(&type, 1)))
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
}

/* RFC 9114 section 7.2.4, RFC 9204 section 5, RFC 9220 section 3; and one that
 * nobody knows, as all have to pass over those (7.2.4.1). */
static void put_settings(struct vb_h3 *h3)
{
    const uint64_t settings[][2] = {{1, VB_H3_TABLE},
                                    {6, vb_mux_section_max(h3->env->limits)},
                                    {0x21, 0},
                                    {8, 1}};
    size_t count = sizeof(settings) / sizeof(settings[0]);
    char payload[64];
    char head[16];
    size_t len = 0;
    size_t n;

    if (!h3->env->limits->extended_connect)
        count--;
    for (size_t i = 0; i < count; i++) {
        len += vb_varint_put(payload + len, settings[i][0]);
        len += vb_varint_put(payload + len, settings[i][1]);
    }
    n = vb__h3_frame_put(head, VB_H3_SETTINGS, len);
    if (!vb__h3_output_put(h3, &h3->control, vb_span_of(head, n)) ||
        !vb__h3_output_put(h3, &h3->control, vb_span_of(payload, len)))
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
}

void vb_h3_begin(struct vb_h3 *h3)
{
    open_stream(h3, &h3->control, 0);
    put_settings(h3);
    open_stream(h3, &h3->encoding, 2);
    open_stream(h3, &h3->decoding, 3);
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
    struct vb_h3 *h3 = memory;

    *h3 = (struct vb_h3){.env = env,
                         .peer = peer,
                         .below = below,
                         .mem = {&env->heap, vb_mux_malloc, vb_mux_free,
                                 vb_mux_calloc, vb_mux_realloc},
                         .control = {.id = -1},
                         .encoding = {.id = -1},
                         .decoding = {.id = -1},
                         .read_since = env->now.mono_ms,
                         .highest = -4,
                         .goaway_id = VB_VARINT_MAX,
                         .pulled = -1};
    vb_mux_marks_init(&h3->marks);
    vb_mux_budget_init(&h3->budget, env->now.mono_ms);
    vb_buf_init(&h3->payload, VB_H3_CONTROL_MAX);
    vb_mux_early_init(&h3->early);
    if (nghttp3_qpack_encoder_new(&h3->encoder, VB_H3_TABLE, &h3->mem) != 0)
        return NULL;
    if (nghttp3_qpack_decoder_new(&h3->decoder, VB_H3_TABLE, 0, &h3->mem) == 0)
        return h3;
    nghttp3_qpack_encoder_del(h3->encoder);
    return NULL;
}

void vb_h3_free(struct vb_h3 *h3)
{
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
    nghttp3_buf_free(&h3->section, &h3->mem);
    nghttp3_buf_free(&h3->instructions, &h3->mem);
    nghttp3_qpack_encoder_del(h3->encoder);
    nghttp3_qpack_decoder_del(h3->decoder);
}
