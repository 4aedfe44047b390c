/* Frames of ours that carry no message. */
#include "wire/h2c/inner.h"

static const struct vb_span preface =
    VB_SPAN_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

void vb__h2c_put(struct vb_h2c *c, uint8_t type, uint8_t flags, uint32_t id,
                 struct vb_span payload)
{
    struct vb_h1_writer writer;
    char head[VB_H2_FRAME_HEAD];

    vb__h2_frame_write(head, (uint32_t)payload.len, type, flags, id);
    vb__h1_writer_begin(&writer, &c->output, c->env);
    vb__h1_write(&writer, vb_span_of(head, sizeof(head)));
    vb__h1_write(&writer, payload);
    if (!vb__h1_writer_done(&writer))
        c->broken = true;
}

/* RFC 9113 sections 3.4 and 6.5.2: nothing is to be pushed. */
void vb__h2c_put_preface(struct vb_h2c *c)
{
    const struct {
        uint16_t id;
        uint32_t value;
    } settings[] = {{2, 0},
                    {4, VB_MUX_STREAM_WINDOW},
                    {6, (uint32_t)vb_mux_section_max(c->env->limits)}};
    char payload[sizeof(settings) / sizeof(settings[0]) * 6];
    struct vb_h1_writer writer;

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        payload[6 * i] = 0;
        payload[6 * i + 1] = (char)settings[i].id;
        vb__h2_put_u32(payload + 6 * i + 2, settings[i].value);
    }
    vb__h1_writer_begin(&writer, &c->output, c->env);
    vb__h1_write(&writer, preface);
    c->broken |= !vb__h1_writer_done(&writer);
    vb__h2c_put(c, VB_H2_SETTINGS, 0, 0, vb_span_of(payload, sizeof(payload)));
    vb__h2c_put_window(c, 0, VB_MUX_WINDOW - VB_H2_WINDOW);
}

/* Of the server's streams there are none. */
void vb__h2c_put_goaway(struct vb_h2c *c, enum vb_h2_code code)
{
    char payload[8];

    vb__h2_put_u32(payload, 0);
    vb__h2_put_u32(payload + 4, code);
    vb__h2c_put(c, VB_H2_GOAWAY, 0, 0, vb_span_of(payload, sizeof(payload)));
}

static void put_number(struct vb_h2c *c, uint8_t type, uint32_t id, uint32_t n)
{
    char payload[4];

    vb__h2_put_u32(payload, n);
    vb__h2c_put(c, type, 0, id, vb_span_of(payload, sizeof(payload)));
}

void vb__h2c_put_reset(struct vb_h2c *c, uint32_t id, enum vb_h2_code code)
{
    put_number(c, VB_H2_RST_STREAM, id, code);
}

void vb__h2c_put_window(struct vb_h2c *c, uint32_t id, uint32_t n)
{
    put_number(c, VB_H2_WINDOW_UPDATE, id, n);
}
