/* A client of HTTP/3. See h3_client.h. */
#include "h3_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/h3/varint.h"

/* --- What comes ------------------------------------------------------------
 */

static struct h3_reply *reply_of(struct h3_client *c, int64_t id)
{
    for (int i = 0; i < c->count; i++)
        if (c->replies[i].id == id)
            return &c->replies[i];
    return NULL;
}

static int on_header(nghttp3_conn *conn, int64_t id, int32_t token,
                     nghttp3_rcbuf *name, nghttp3_rcbuf *value, uint8_t flags,
                     void *user_data, void *stream_user_data)
{
    struct h3_reply *reply = reply_of(user_data, id);
    nghttp3_vec n = nghttp3_rcbuf_get_buf(name);
    nghttp3_vec v = nghttp3_rcbuf_get_buf(value);

    (void)conn;
    (void)flags;
    (void)stream_user_data;
    if (token == NGHTTP3_QPACK_TOKEN__STATUS) {
        if (reply->status != 0)
            snprintf(reply->interim + strlen(reply->interim), 8, "%d ",
                     reply->status);
        reply->status = (int)strtol((const char *)v.base, NULL, 10);
        vb_buf_reset(&reply->fields);
        return 0;
    }
    vb_buf_printf(&reply->fields, "%.*s: %.*s\n", (int)n.len,
                  (const char *)n.base, (int)v.len, (const char *)v.base);
    return 0;
}

static int on_data(nghttp3_conn *conn, int64_t id, const uint8_t *data,
                   size_t len, void *user_data, void *stream_user_data)
{
    (void)conn;
    (void)stream_user_data;
    vb_buf_append(&reply_of(user_data, id)->content,
                  vb_span_of((const char *)data, len));
    return 0;
}

static int on_end(nghttp3_conn *conn, int64_t id, void *user_data,
                  void *stream_user_data)
{
    (void)conn;
    (void)stream_user_data;
    reply_of(user_data, id)->ended = true;
    return 0;
}

static int on_shutdown(nghttp3_conn *conn, int64_t id, void *user_data)
{
    struct h3_client *c = user_data;

    (void)conn;
    c->goaways++;
    c->goaway = id;
    return 0;
}

static nghttp3_ssize read_body(nghttp3_conn *conn, int64_t id, nghttp3_vec *vec,
                               size_t count, uint32_t *flags, void *user_data,
                               void *stream_user_data)
{
    struct h3_reply *reply = reply_of(user_data, id);

    (void)conn;
    (void)count;
    (void)stream_user_data;
    *flags |= NGHTTP3_DATA_FLAG_EOF;
    vec[0] = (nghttp3_vec){(uint8_t *)reply->body.ptr, reply->body.len};
    return reply->body.len > 0 ? 1 : 0;
}

/* --- Driving it ------------------------------------------------------------
 */

void h3_client_init(struct h3_client *c, struct h3_link *l)
{
    nghttp3_callbacks callbacks = {.recv_header = on_header,
                                   .recv_trailer = on_header,
                                   .recv_data = on_data,
                                   .end_stream = on_end,
                                   .shutdown = on_shutdown};
    nghttp3_settings settings;

    memset(c, 0, sizeof(*c));
    c->l = l;
    nghttp3_settings_default(&settings);
    settings.qpack_max_dtable_capacity = 4096;
    settings.qpack_blocked_streams = 16;
    assert_int_equal(
        nghttp3_conn_client_new(&c->conn, &callbacks, &settings, NULL, c), 0);
    assert_int_equal(nghttp3_conn_bind_control_stream(c->conn, H3_CONTROL), 0);
    assert_int_equal(
        nghttp3_conn_bind_qpack_streams(c->conn, H3_ENCODER, H3_DECODER), 0);
}

void h3_client_done(struct h3_client *c)
{
    for (int i = 0; i < c->count; i++) {
        vb_buf_done(&c->replies[i].fields);
        vb_buf_done(&c->replies[i].content);
    }
    nghttp3_conn_del(c->conn);
}

static nghttp3_nv nv_of(const char *name, const char *value)
{
    return (nghttp3_nv){(uint8_t *)name, (uint8_t *)value, strlen(name),
                        strlen(value), NGHTTP3_NV_FLAG_NONE};
}

int h3_ask(struct h3_client *c, const char *method, const char *path,
           const char *const *more, const char *body)
{
    struct h3_reply *reply = &c->replies[c->count];
    const nghttp3_data_reader reader = {read_body};
    nghttp3_nv nv[32] = {nv_of(":method", method), nv_of(":scheme", "https"),
                         nv_of(":authority", "h"), nv_of(":path", path)};
    size_t count = 4;

    assert_true(c->count < H3_REPLIES_MAX);
    for (; more != NULL && *more != NULL; more += 2)
        nv[count++] = nv_of(more[0], more[1]);
    vb_buf_init(&reply->fields, 64 * 1024);
    vb_buf_init(&reply->content, 4 * 1024 * 1024);
    if (body != NULL)
        reply->body = vb_span_str(body);
    reply->id = 4 * (int64_t)c->count;
    assert_int_equal(nghttp3_conn_submit_request(c->conn, reply->id, nv, count,
                                                 body == NULL ? NULL : &reader,
                                                 NULL),
                     0);
    return c->count++;
}

static bool write_some(struct h3_client *c)
{
    nghttp3_vec vec[8];
    int64_t id;
    int fin;
    size_t total = 0;
    nghttp3_ssize n =
        nghttp3_conn_writev_stream(c->conn, &id, &fin, vec, VB_COUNT_OF(vec));

    assert_true(n >= 0);
    if (id < 0)
        return false;
    for (nghttp3_ssize i = 0; i < n; i++) {
        link_send(c->l, id, vb_span_of((const char *)vec[i].base, vec[i].len),
                  fin != 0 && i == n - 1);
        total += vec[i].len;
    }
    if (n == 0)
        link_send(c->l, id, vb_span_of(NULL, 0), true);
    assert_int_equal(nghttp3_conn_add_write_offset(c->conn, id, total), 0);
    assert_int_equal(nghttp3_conn_add_ack_offset(c->conn, id, total), 0);
    return true;
}

void h3_client_write(struct h3_client *c)
{
    while (write_some(c)) {
    }
}

/* True: something had come. */
static bool read_stream(struct h3_client *c, struct link_stream *s)
{
    struct vb_span bytes = vb_span_from(vb_buf_span(&s->down), s->read);
    bool ends = s->down_fin && !s->down_read;

    if (c->rv != 0 || (bytes.len == 0 && !ends))
        return false;
    s->read += bytes.len;
    s->down_read = s->down_fin;
    nghttp3_ssize rv = nghttp3_conn_read_stream(
        c->conn, s->id, (const uint8_t *)bytes.ptr, bytes.len, s->down_fin);

    if (rv < 0)
        c->rv = (int)rv;
    return true;
}

static bool read_all(struct h3_client *c)
{
    bool any = false;

    for (int i = 0; i < c->l->count; i++)
        any |= read_stream(c, &c->l->streams[i]);
    return any;
}

void h3_client_read(struct h3_client *c)
{
    read_all(c);
}

void h3_exchange(struct h3_client *c)
{
    do {
        h3_client_write(c);
        link_pump(c->l);
    } while (read_all(c) && c->rv == 0);
    assert_int_equal(c->rv, 0);
}

void h3_summary(const struct h3_client *c, struct vb_buf *to)
{
    for (int i = 0; i < c->count; i++) {
        const struct h3_reply *reply = &c->replies[i];
        const struct link_stream *s = link_stream(c->l, reply->id);

        vb_buf_printf(to, "%d: %s%d ended=%d %lld content=%zu\n%.*s%.*s\n",
                      (int)reply->id, reply->interim, reply->status,
                      reply->ended, (long long)s->reset, reply->content.len,
                      VB_FMT(vb_buf_span(&reply->fields)),
                      VB_FMT(vb_buf_span(&reply->content)));
    }
}

struct vb_span h3_field(const struct h3_reply *reply, const char *name)
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

void h3_varint(struct vb_buf *to, uint64_t value)
{
    char bytes[VB_VARINT_LEN];

    vb_buf_append(to, vb_span_of(bytes, vb_varint_put(bytes, value)));
}

void h3_frame(struct vb_buf *to, uint64_t type, const void *payload, size_t len)
{
    h3_varint(to, type);
    h3_varint(to, len);
    vb_buf_append(to, vb_span_of(payload, len));
}

/* An integer of RFC 9204 section 4.1.1 behind the bits of `first`. */
static void put_integer(struct vb_buf *to, unsigned first, unsigned bits,
                        size_t n)
{
    size_t max = ((size_t)1 << bits) - 1;

    if (n < max) {
        vb_buf_char(to, (char)(first | n));
        return;
    }
    vb_buf_char(to, (char)(first | max));
    for (n -= max; n >= 128; n /= 128)
        vb_buf_char(to, (char)(n % 128 + 128));
    vb_buf_char(to, (char)n);
}

void h3_section(struct vb_buf *to, const char *const *fields)
{
    vb_buf_append(to, vb_span_of("\0\0", 2));
    for (; *fields != NULL; fields += 2) {
        put_integer(to, 0x20, 3, strlen(fields[0]));
        vb_buf_str(to, fields[0]);
        put_integer(to, 0, 7, strlen(fields[1]));
        vb_buf_str(to, fields[1]);
    }
}

void h3_headers(struct vb_buf *to, const char *const *fields)
{
    struct vb_buf section;

    vb_buf_init(&section, 1024 * 1024);
    h3_section(&section, fields);
    h3_frame(to, 1, section.ptr, section.len);
    vb_buf_done(&section);
}

/* --- A connection for a test -------------------------------------------------
 */

struct h3_talk *h3_talk_new(void)
{
    struct h3_talk *t = malloc(sizeof(*t));

    assert_non_null(t);
    link_init(&t->l);
    h3_client_init(&t->c, &t->l);
    vb_buf_init(&t->bytes, 64 * 1024 * 1024);
    return t;
}

void h3_talk_free(struct h3_talk *t)
{
    vb_buf_done(&t->bytes);
    h3_client_done(&t->c);
    link_done(&t->l);
    free(t);
}

void h3_send(struct h3_talk *t, int64_t id, bool fin)
{
    link_send(&t->l, id, vb_buf_span(&t->bytes), fin);
    vb_buf_reset(&t->bytes);
    link_pump(&t->l);
}

void h3_begin(struct h3_talk *t)
{
    link_send(&t->l, H3_CONTROL, vb_span_of("\0\4\0", 3), false);
    link_pump(&t->l);
}

void h3_request(struct h3_talk *t, int64_t id, const char *const *fields,
                bool open)
{
    h3_headers(&t->bytes, fields);
    h3_send(t, id, !open);
}

int h3_talk_setup(void **state)
{
    *state = h3_talk_new();
    return 0;
}

int h3_talk_teardown(void **state)
{
    h3_talk_free(*state);
    return 0;
}
