/* A client of HTTP/2. See h2_client.h. */
#include "h2_client.h"

#include <stdio.h>
#include <stdlib.h>

/* --- What comes ------------------------------------------------------------
 */

static struct h2_reply *reply_of(struct h2_client *c, int32_t id)
{
    for (int i = 0; i < c->count; i++)
        if (c->replies[i].id == id)
            return &c->replies[i];
    return NULL;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_len, const uint8_t *value,
                     size_t value_len, uint8_t flags, void *user_data)
{
    struct h2_reply *reply = reply_of(user_data, frame->hd.stream_id);
    bool interim =
        frame->headers.cat == NGHTTP2_HCAT_RESPONSE || reply->status < 200;
    struct vb_buf *to = interim ? &reply->fields : &reply->trailers;

    (void)session;
    (void)flags;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0) {
        if (reply->status != 0)
            snprintf(reply->interim + strlen(reply->interim), 8, "%d ",
                     reply->status);
        reply->status =
            (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
        vb_buf_reset(&reply->fields);
        return 0;
    }
    vb_buf_printf(to, "%.*s: %.*s\n", (int)name_len, (const char *)name,
                  (int)value_len, (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *data, size_t len, void *user_data)
{
    (void)session;
    (void)flags;
    vb_buf_append(&reply_of(user_data, id)->content,
                  vb_span_of((const char *)data, len));
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
                    void *user_data)
{
    struct h2_reply *reply = reply_of(user_data, id);

    (void)session;
    reply->closed = true;
    reply->code = code;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *user_data)
{
    struct h2_client *c = user_data;

    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        c->goaway = true;
        c->code = frame->goaway.error_code;
        c->last = frame->goaway.last_stream_id;
    }
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & 1) != 0)
        c->pings++;
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to,
                         size_t len, uint32_t *flags,
                         nghttp2_data_source *source, void *user_data)
{
    struct h2_reply *reply = source->ptr;
    size_t n = reply->body.len < len ? reply->body.len : len;

    (void)session;
    (void)id;
    (void)user_data;
    memcpy(to, reply->body.ptr, n);
    reply->body = vb_span_from(reply->body, n);
    if (reply->body.len == 0)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* --- Driving it ------------------------------------------------------------
 */

void h2_client_init(struct h2_client *c, struct driver *d, uint32_t window)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window == 0 ? 65535 : window}};
    nghttp2_session_callbacks *callbacks;

    memset(c, 0, sizeof(*c));
    c->d = d;
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    assert_int_equal(nghttp2_session_client_new(&c->session, callbacks, c), 0);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(
        nghttp2_submit_settings(c->session, 0, settings, VB_COUNT_OF(settings)),
        0);
    if (window > 65535)
        assert_int_equal(nghttp2_session_set_local_window_size(c->session, 0, 0,
                                                               (int32_t)window),
                         0);
}

void h2_client_done(struct h2_client *c)
{
    for (int i = 0; i < c->count; i++) {
        vb_buf_done(&c->replies[i].fields);
        vb_buf_done(&c->replies[i].content);
        vb_buf_done(&c->replies[i].trailers);
    }
    nghttp2_session_del(c->session);
}

static nghttp2_nv nv_of(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

int h2_ask(struct h2_client *c, const char *method, const char *path,
           const char *const *more, const char *body)
{
    struct h2_reply *reply = &c->replies[c->count];
    nghttp2_data_provider provider = {{.ptr = reply}, read_body};
    nghttp2_nv nv[32] = {nv_of(":method", method), nv_of(":scheme", "http"),
                         nv_of(":authority", "h"), nv_of(":path", path)};
    size_t count = 4;

    assert_true(c->count < H2_REPLIES_MAX);
    for (; more != NULL && *more != NULL; more += 2)
        nv[count++] = nv_of(more[0], more[1]);
    vb_buf_init(&reply->fields, 64 * 1024);
    vb_buf_init(&reply->content, 4 * 1024 * 1024);
    vb_buf_init(&reply->trailers, 64 * 1024);
    if (body != NULL)
        reply->body = vb_span_str(body);
    reply->id = nghttp2_submit_request(c->session, NULL, nv, count,
                                       body == NULL ? NULL : &provider, NULL);
    assert_true(reply->id > 0);
    return c->count++;
}

void h2_client_bytes(struct h2_client *c, struct vb_buf *to)
{
    const uint8_t *bytes;
    ssize_t n;

    while ((n = nghttp2_session_mem_send(c->session, &bytes)) > 0)
        vb_buf_append(to, vb_span_of((const char *)bytes, (size_t)n));
    assert_int_equal(n, 0);
}

void h2_client_read(struct h2_client *c)
{
    size_t n = c->d->out.len - c->read;
    ssize_t rv = nghttp2_session_mem_recv(
        c->session, (const uint8_t *)c->d->out.ptr + c->read, n);

    c->read += n;
    if (rv < 0)
        c->rv = (int)rv;
}

void h2_exchange(struct h2_client *c)
{
    struct vb_buf bytes;

    vb_buf_init(&bytes, 4 * 1024 * 1024);
    for (bool more = true; more && c->rv == 0;) {
        vb_buf_reset(&bytes);
        h2_client_bytes(c, &bytes);
        driver_send(c->d, vb_buf_span(&bytes));
        more = bytes.len > 0 || c->read < c->d->out.len;
        h2_client_read(c);
    }
    vb_buf_done(&bytes);
    assert_int_equal(c->rv, 0);
}

void h2_summary(const struct h2_client *c, struct vb_buf *to)
{
    for (int i = 0; i < c->count; i++) {
        const struct h2_reply *reply = &c->replies[i];

        vb_buf_printf(to, "%d: %s%d closed=%d code=%u content=%zu\n%.*s%.*s\n",
                      (int)reply->id, reply->interim, reply->status,
                      reply->closed, reply->code, reply->content.len,
                      VB_FMT(vb_buf_span(&reply->fields)),
                      VB_FMT(vb_buf_span(&reply->content)));
    }
}

struct vb_span h2_field(const struct h2_reply *reply, const char *name)
{
    struct vb_span text = vb_buf_span(&reply->fields);
    size_t len = strlen(name);

    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t line = (size_t)(end - text.ptr);

        if (line > len + 2 && memcmp(text.ptr, name, len) == 0 &&
            text.ptr[len] == ':')
            return vb_span_of(text.ptr + len + 2, line - len - 2);
        text = vb_span_from(text, line + 1);
    }
    return vb_span_of(NULL, 0);
}

/* --- Frames by hand --------------------------------------------------------
 */

void h2_frame(struct vb_buf *to, uint8_t type, uint8_t flags, int32_t id,
              const void *payload, size_t len)
{
    const uint8_t head[9] = {(uint8_t)(len >> 16),
                             (uint8_t)(len >> 8),
                             (uint8_t)len,
                             type,
                             flags,
                             (uint8_t)(id >> 24),
                             (uint8_t)(id >> 16),
                             (uint8_t)(id >> 8),
                             (uint8_t)id};

    vb_buf_append(to, vb_span_of((const char *)head, sizeof(head)));
    vb_buf_append(to, vb_span_of(payload, len));
}

void h2_begin(struct vb_buf *to)
{
    vb_buf_str(to, H2_PREFACE);
    h2_frame(to, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

/* An integer of RFC 7541 section 5.1 with a prefix of 7 bits. */
static void put_length(struct vb_buf *to, size_t n)
{
    if (n < 127) {
        vb_buf_char(to, (char)n);
        return;
    }
    vb_buf_char(to, 127);
    for (n -= 127; n >= 128; n /= 128)
        vb_buf_char(to, (char)(n % 128 + 128));
    vb_buf_char(to, (char)n);
}

void h2_section(struct vb_buf *to, const char *const *fields)
{
    for (; *fields != NULL; fields += 2) {
        vb_buf_char(to, 0);
        put_length(to, strlen(fields[0]));
        vb_buf_str(to, fields[0]);
        put_length(to, strlen(fields[1]));
        vb_buf_str(to, fields[1]);
    }
}

void h2_request(struct vb_buf *to, int32_t id, const char *const *fields,
                bool end)
{
    struct vb_buf section;

    vb_buf_init(&section, 1024 * 1024);
    h2_section(&section, fields);
    h2_frame(to, NGHTTP2_HEADERS,
             NGHTTP2_FLAG_END_HEADERS | (end ? NGHTTP2_FLAG_END_STREAM : 0), id,
             section.ptr, section.len);
    vb_buf_done(&section);
}

static uint32_t u32_at(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

/* The code in the last frame of a type (and stream), `skip` bytes into it. */
static int64_t code_of(const struct driver *d, uint8_t type, int32_t id,
                       size_t skip)
{
    struct vb_span text = vb_buf_span(&d->out);
    int64_t code = -1;

    while (text.len >= 9) {
        size_t len = u32_at(text.ptr) >> 8;

        if (text.len < 9 + len)
            return -2;
        if ((uint8_t)text.ptr[3] == type &&
            (id == 0 || u32_at(text.ptr + 5) == (uint32_t)id))
            code = u32_at(text.ptr + 9 + skip);
        text = vb_span_from(text, 9 + len);
    }
    return text.len == 0 ? code : -2;
}

int64_t h2_goaway_code(const struct driver *d)
{
    return code_of(d, NGHTTP2_GOAWAY, 0, 4);
}

int64_t h2_reset_code(const struct driver *d, int32_t id)
{
    return code_of(d, NGHTTP2_RST_STREAM, id, 0);
}

/* --- A connection for a test -------------------------------------------------
 */

void h2_talk_init(struct h2_talk *t, uint32_t window)
{
    driver_init(&t->d);
    h2_client_init(&t->c, &t->d, window);
    vb_buf_init(&t->bytes, 64 * 1024 * 1024);
    h2_begin(&t->bytes);
}

void h2_talk_done(struct h2_talk *t)
{
    vb_buf_done(&t->bytes);
    h2_client_done(&t->c);
    driver_done(&t->d);
}

void h2_send(struct h2_talk *t)
{
    driver_send(&t->d, vb_buf_span(&t->bytes));
    vb_buf_reset(&t->bytes);
}

bool h2_logged(const struct h2_talk *t, const char *text)
{
    return t->d.log.len > 0 &&
           memmem(t->d.log.ptr, t->d.log.len, text, strlen(text)) != NULL;
}

int h2_talk_setup(void **state)
{
    struct h2_talk *t = malloc(sizeof(*t));

    assert_non_null(t);
    h2_talk_init(t, 0);
    *state = t;
    return 0;
}

int h2_talk_teardown(void **state)
{
    h2_talk_done(*state);
    free(*state);
    return 0;
}
