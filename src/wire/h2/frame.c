/* Frames of ours that carry no message. */
#include "wire/h2/inner.h"

static void put(struct vb_h2 *h2, uint8_t type, uint8_t flags, uint32_t id,
                struct vb_span payload)
{
    char head[VB_H2_FRAME_HEAD];

    vb__h2_frame_write(head, (uint32_t)payload.len, type, flags, id);
    if (!vb__h2_output_put(h2, vb_span_of(head, sizeof(head))) ||
        !vb__h2_output_put(h2, payload))
        h2->broken = true;
}

/* What the client has to know of us (RFC 9113 section 6.5.2, RFC 9218 section
 * 2.1, RFC 8441 section 3), and what all streams together may send. */
void vb__h2_put_settings(struct vb_h2 *h2)
{
    const struct {
        uint16_t id;
        uint32_t value;
    } settings[] = {{3, VB_MUX_STREAMS_MAX},
                    {4, VB_MUX_STREAM_WINDOW},
                    {6, (uint32_t)vb_mux_section_max(h2->env->limits)},
                    {9, 1},
                    {8, 1}};
    size_t count = sizeof(settings) / sizeof(settings[0]);
    char payload[sizeof(settings) / sizeof(settings[0]) * 6];

    if (!h2->env->limits->extended_connect)
        count--;
    for (size_t i = 0; i < count; i++) {
        payload[6 * i] = 0;
        payload[6 * i + 1] = (char)settings[i].id;
        vb__h2_put_u32(payload + 6 * i + 2, settings[i].value);
    }
    put(h2, VB_H2_SETTINGS, 0, 0, vb_span_of(payload, 6 * count));
    vb__h2_put_window(h2, 0, VB_MUX_WINDOW - VB_H2_WINDOW);
}

void vb__h2_put_ack(struct vb_h2 *h2, uint8_t type, struct vb_span payload)
{
    put(h2, type, VB_H2_ACK, 0, payload);
}

void vb__h2_put_ping(struct vb_h2 *h2)
{
    put(h2, VB_H2_PING, 0, 0, VB_SPAN("\0\0\0\0\0\0\0\0"));
}

void vb__h2_put_goaway(struct vb_h2 *h2, uint32_t last, enum vb_h2_code code)
{
    char payload[8];

    vb__h2_put_u32(payload, last);
    vb__h2_put_u32(payload + 4, code);
    put(h2, VB_H2_GOAWAY, 0, 0, vb_span_of(payload, sizeof(payload)));
}

static void put_number(struct vb_h2 *h2, uint8_t type, uint32_t id, uint32_t n)
{
    char payload[4];

    vb__h2_put_u32(payload, n);
    put(h2, type, 0, id, vb_span_of(payload, sizeof(payload)));
}

void vb__h2_put_reset(struct vb_h2 *h2, uint32_t id, enum vb_h2_code code)
{
    put_number(h2, VB_H2_RST_STREAM, id, code);
}

void vb__h2_put_window(struct vb_h2 *h2, uint32_t id, uint32_t n)
{
    put_number(h2, VB_H2_WINDOW_UPDATE, id, n);
}
