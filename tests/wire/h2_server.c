/* A server of HTTP/2 by hand. See h2_server.h. */
#include "h2_server.h"

/* --- What it sends -----------------------------------------------------------
 */

static void put_u32(char *at, uint32_t n)
{
    for (int i = 3; i >= 0; i--, n >>= 8)
        at[i] = (char)(n & 0xff);
}

void h2_serve_settings(struct h2_server *s, const uint32_t *settings)
{
    char payload[6 * 16];
    size_t len = 0;

    for (; *settings != 0; settings += 2) {
        payload[len] = (char)(settings[0] >> 8);
        payload[len + 1] = (char)settings[0];
        put_u32(payload + len + 2, settings[1]);
        len += 6;
    }
    h2_frame(&s->bytes, NGHTTP2_SETTINGS, 0, 0, payload, len);
}

void h2_serve_head(struct h2_server *s, int32_t id, const char *const *fields,
                   bool end)
{
    h2_request(&s->bytes, id, fields, end);
}

void h2_serve_data(struct h2_server *s, int32_t id, struct vb_span bytes,
                   bool end)
{
    h2_frame(&s->bytes, NGHTTP2_DATA, end ? NGHTTP2_FLAG_END_STREAM : 0, id,
             bytes.ptr, bytes.len);
}

void h2_serve_number(struct h2_server *s, uint8_t type, int32_t id, uint32_t n)
{
    char payload[4];

    put_u32(payload, n);
    h2_frame(&s->bytes, type, 0, id, payload, sizeof(payload));
}

void h2_serve_goaway(struct h2_server *s, uint32_t last, uint32_t code)
{
    char payload[8];

    put_u32(payload, last);
    put_u32(payload + 4, code);
    h2_frame(&s->bytes, NGHTTP2_GOAWAY, 0, 0, payload, sizeof(payload));
}

void h2_serve(struct h2_server *s)
{
    struct vb_buf bytes = s->bytes;

    vb_buf_init(&s->bytes, bytes.limit);
    caller_answer(&s->c, vb_buf_span(&bytes));
    vb_buf_done(&bytes);
}

/* --- What it receives --------------------------------------------------------
 */

struct frame {
    uint32_t id;
    uint8_t type;
    uint8_t flags;
    struct vb_span payload;
};

static uint32_t u32_at(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static void tell_fields(struct h2_server *s, const struct frame *frame)
{
    struct vb_span in = frame->payload;
    int flags = 0;

    for (;;) {
        nghttp2_nv nv;
        ssize_t n = nghttp2_hd_inflate_hd2(
            s->inflater, &nv, &flags, (const uint8_t *)in.ptr, in.len,
            (frame->flags & NGHTTP2_FLAG_END_HEADERS) != 0);

        assert_true(n >= 0);
        in = vb_span_from(in, (size_t)n);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
            vb_buf_printf(&s->told, " %.*s=%.*s%s", (int)nv.namelen, nv.name,
                          (int)nv.valuelen, nv.value,
                          nv.flags & NGHTTP2_NV_FLAG_NO_INDEX ? "!" : "");
        else if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0 || in.len == 0)
            break;
    }
    if ((frame->flags & NGHTTP2_FLAG_END_HEADERS) != 0)
        nghttp2_hd_inflate_end_headers(s->inflater);
}

static void tell_headers(struct h2_server *s, const struct frame *frame)
{
    if (frame->type == NGHTTP2_HEADERS)
        vb_buf_printf(&s->told, "HEADERS %u%s", frame->id,
                      frame->flags & NGHTTP2_FLAG_END_STREAM ? " end" : "");
    else
        s->told.len--; /* it goes on with the line */
    tell_fields(s, frame);
}

static void tell_data(struct h2_server *s, const struct frame *frame)
{
    vb_buf_printf(&s->told, "DATA %u %zu%s", frame->id, frame->payload.len,
                  frame->flags & NGHTTP2_FLAG_END_STREAM ? " end" : "");
    if (frame->payload.len > 0 && frame->payload.len <= 20)
        vb_buf_printf(&s->told, " %.*s", VB_FMT(frame->payload));
}

static void tell_settings(struct h2_server *s, const struct frame *frame)
{
    vb_buf_str(&s->told, "SETTINGS");
    if ((frame->flags & NGHTTP2_FLAG_ACK) != 0)
        vb_buf_str(&s->told, " ack");
    for (size_t i = 0; i + 6 <= frame->payload.len; i += 6)
        vb_buf_printf(&s->told, " %d=%u", frame->payload.ptr[i + 1],
                      u32_at(frame->payload.ptr + i + 2));
}

static void tell_frame(struct h2_server *s, const struct frame *frame)
{
    const char *at = frame->payload.ptr;

    switch (frame->type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
        tell_headers(s, frame);
        break;
    case NGHTTP2_DATA:
        tell_data(s, frame);
        break;
    case NGHTTP2_SETTINGS:
        tell_settings(s, frame);
        break;
    case NGHTTP2_RST_STREAM:
        vb_buf_printf(&s->told, "RST_STREAM %u %u", frame->id, u32_at(at));
        break;
    case NGHTTP2_WINDOW_UPDATE:
        vb_buf_printf(&s->told, "WINDOW_UPDATE %u %u", frame->id, u32_at(at));
        break;
    case NGHTTP2_GOAWAY:
        vb_buf_printf(&s->told, "GOAWAY %u %u", u32_at(at), u32_at(at + 4));
        break;
    case NGHTTP2_PING:
        vb_buf_printf(&s->told, "PING%s %.8s",
                      frame->flags & NGHTTP2_FLAG_ACK ? " ack" : "", at);
        break;
    default:
        fail_msg("a frame of type %u", frame->type);
    }
    vb_buf_char(&s->told, '\n');
}

static void take_preface(struct h2_server *s)
{
    struct vb_span out = vb_buf_span(&s->c.out);
    struct vb_span preface = vb_span_str(H2_PREFACE);

    if (!vb_span_starts(out, preface))
        return;
    vb_buf_consume(&s->c.out, preface.len);
    vb_buf_str(&s->told, "PREFACE\n");
}

const char *h2_server_told(struct h2_server *s)
{
    vb_buf_reset(&s->told);
    take_preface(s);
    while (s->c.out.len >= 9) {
        const char *at = s->c.out.ptr;
        size_t len = u32_at(at) >> 8;
        const struct frame frame = {.id = u32_at(at + 5),
                                    .type = (uint8_t)at[3],
                                    .flags = (uint8_t)at[4],
                                    .payload = vb_span_of(at + 9, len)};

        assert_true(len <= 16384);
        assert_true(s->c.out.len >= 9 + len);
        tell_frame(s, &frame);
        vb_buf_consume(&s->c.out, 9 + len);
    }
    assert_int_equal(s->c.out.len, 0);
    vb_buf_char(&s->told, '\0');
    return s->told.ptr;
}

void assert_told(struct h2_server *s, const char *want)
{
    assert_string_equal(h2_server_told(s), want);
}

/* --- Life -------------------------------------------------------------------
 */

static void begin(struct h2_server *s, const uint32_t *settings)
{
    assert_int_equal(nghttp2_hd_inflate_new(&s->inflater), 0);
    if (settings == NULL)
        return;
    h2_serve_settings(s, settings);
    h2_frame(&s->bytes, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
    h2_serve(s);
    h2_server_told(s);
}

void h2_server_init(struct h2_server *s, const uint32_t *settings)
{
    memset(s, 0, sizeof(*s));
    caller_init(&s->c, VB_CLIENT_HTTP_2);
    vb_buf_init(&s->told, 1024 * 1024);
    vb_buf_init(&s->bytes, 16 * 1024 * 1024);
    begin(s, settings);
}

void h2_server_done(struct h2_server *s)
{
    nghttp2_hd_inflate_del(s->inflater);
    vb_buf_done(&s->told);
    vb_buf_done(&s->bytes);
    caller_done(&s->c);
}

void h2_server_restart(struct h2_server *s, const uint32_t *settings)
{
    nghttp2_hd_inflate_del(s->inflater);
    vb_buf_reset(&s->bytes);
    caller_restart(&s->c);
    begin(s, settings);
}
