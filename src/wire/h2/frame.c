/* Frames as such: a length, a type, flags, a stream, a payload (RFC 9113
 * section 4.1), and those that are ours. */
#include "wire/h2/inner.h"

#define ANY VB_H2_FRAME_MAX

/* RFC 9113 section 6, RFC 9218 section 7.1. PUSH_PROMISE may be nowhere: it is
 * a server's. SETTINGS is of more than we read where it must be an attack. */
static const struct vb_h2_rule rules[] = {
    [VB_H2_DATA] = {.on_stream = true, .most = ANY},
    [VB_H2_HEADERS] = {.on_stream = true, .most = ANY},
    [VB_H2_PRIORITY] = {.on_stream = true,
                        .stream_error = true,
                        .whole = true,
                        .least = 5,
                        .most = 5},
    [VB_H2_RST_STREAM] = {.on_stream = true,
                          .whole = true,
                          .least = 4,
                          .most = 4},
    [VB_H2_SETTINGS] = {.on_connection = true, .whole = true, .most = ANY},
    [VB_H2_PUSH_PROMISE] = {.most = ANY},
    [VB_H2_PING] = {.on_connection = true,
                    .whole = true,
                    .least = 8,
                    .most = 8},
    [VB_H2_GOAWAY] = {.on_connection = true,
                      .whole = true,
                      .least = 8,
                      .most = ANY},
    [VB_H2_WINDOW_UPDATE] = {.on_stream = true,
                             .on_connection = true,
                             .whole = true,
                             .least = 4,
                             .most = 4},
    [VB_H2_CONTINUATION] = {.on_stream = true, .most = ANY},
};

static const struct vb_h2_rule priority_update = {
    .on_connection = true, .whole = true, .least = 4, .most = ANY};

const struct vb_h2_rule *vb__h2_rule(uint8_t type)
{
    if (type == VB_H2_PRIORITY_UPDATE)
        return &priority_update;
    return type < sizeof(rules) / sizeof(rules[0]) ? &rules[type] : NULL;
}

uint32_t vb__h2_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static void put_u32(char *at, uint32_t n)
{
    for (int i = 3; i >= 0; i--, n >>= 8)
        at[i] = (char)(n & 0xff);
}

void vb__h2_frame_read(struct vb_h2_frame *frame,
                       const uint8_t at[VB_H2_FRAME_HEAD])
{
    *frame = (struct vb_h2_frame){.length = vb__h2_u32(at) >> 8,
                                  .type = at[3],
                                  .flags = at[4],
                                  .id = vb__h2_u32(at + 5) & VB_H2_ID_MAX};
}

void vb__h2_frame_write(char at[VB_H2_FRAME_HEAD], uint32_t length,
                        uint8_t type, uint8_t flags, uint32_t id)
{
    put_u32(at, length << 8 | type);
    at[4] = (char)flags;
    put_u32(at + 5, id);
}

/* --- Ours --------------------------------------------------------------------
 */

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
 * 2.1), and what all streams together may send. */
void vb__h2_put_settings(struct vb_h2 *h2)
{
    const struct {
        uint16_t id;
        uint32_t value;
    } settings[] = {{3, VB_MUX_STREAMS_MAX},
                    {4, VB_MUX_STREAM_WINDOW},
                    {6, (uint32_t)vb_mux_section_max(h2->env->limits)},
                    {9, 1}};
    char payload[sizeof(settings) / sizeof(settings[0]) * 6];

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        payload[6 * i] = 0;
        payload[6 * i + 1] = (char)settings[i].id;
        put_u32(payload + 6 * i + 2, settings[i].value);
    }
    put(h2, VB_H2_SETTINGS, 0, 0, vb_span_of(payload, sizeof(payload)));
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

    put_u32(payload, last);
    put_u32(payload + 4, code);
    put(h2, VB_H2_GOAWAY, 0, 0, vb_span_of(payload, sizeof(payload)));
}

static void put_number(struct vb_h2 *h2, uint8_t type, uint32_t id, uint32_t n)
{
    char payload[4];

    put_u32(payload, n);
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
