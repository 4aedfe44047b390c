/* See client.h: what streams have to send, and what comes on them. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

static struct stream *find(const struct quic_client *c, int64_t id)
{
    struct stream *s = c->streams;

    while (s != NULL && s->id != id)
        s = s->next;
    return s;
}

static void stream_free(struct stream *s)
{
    while (s->first != NULL) {
        struct chunk *chunk = s->first;

        s->first = chunk->next;
        free(chunk);
    }
    free(s);
}

void streams_forget(struct quic_client *c)
{
    while (c->streams != NULL) {
        struct stream *s = c->streams;

        c->streams = s->next;
        stream_free(s);
    }
}

int64_t quic_client_open(struct quic_client *c, bool bidi)
{
    struct stream **end = &c->streams, *s;
    int64_t id;

    if ((bidi ? ngtcp2_conn_open_bidi_stream(c->conn, &id, NULL)
              : ngtcp2_conn_open_uni_stream(c->conn, &id, NULL)) != 0)
        return -1;
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        abort();
    s->id = id;
    while (*end != NULL)
        end = &(*end)->next;
    *end = s;
    return id;
}

bool quic_client_send(struct quic_client *c, int64_t id, struct vb_span bytes,
                      bool fin)
{
    struct stream *s = find(c, id);
    struct chunk *chunk;

    if (s == NULL || s->fin || s->shut)
        return false;
    s->fin = fin;
    if (bytes.len == 0)
        return true;
    chunk = malloc(sizeof(*chunk) + bytes.len);
    if (chunk == NULL)
        abort();
    *chunk = (struct chunk){.len = bytes.len};
    memcpy(chunk->bytes, bytes.ptr, bytes.len);
    if (s->first == NULL)
        s->first = chunk;
    else
        s->last->next = chunk;
    s->last = chunk;
    return true;
}

bool quic_client_reset(struct quic_client *c, int64_t id, uint64_t code)
{
    struct stream *s = find(c, id);

    if (s == NULL)
        return false;
    s->shut = true;
    return ngtcp2_conn_shutdown_stream_write(c->conn, 0, id, code) == 0;
}

bool quic_client_stop(struct quic_client *c, int64_t id, uint64_t code)
{
    return ngtcp2_conn_shutdown_stream_read(c->conn, 0, id, code) == 0;
}

void quic_client_credit(struct quic_client *c, int64_t id, uint64_t count)
{
    if (id >= 0)
        ngtcp2_conn_extend_max_stream_offset(c->conn, id, count);
    ngtcp2_conn_extend_max_offset(c->conn, count);
}

size_t quic_client_unacked(const struct quic_client *c)
{
    size_t sum = 0;

    for (const struct stream *s = c->streams; s != NULL; s = s->next) {
        if (s->shut)
            continue;
        for (const struct chunk *k = s->first; k != NULL; k = k->next)
            sum += k->len;
    }
    return sum;
}

/* --- Out ---------------------------------------------------------------------
 */

static struct chunk *unsent(const struct stream *s)
{
    struct chunk *chunk = s->first;

    while (chunk != NULL && chunk->sent == chunk->len)
        chunk = chunk->next;
    return chunk;
}

static bool has_to_send(const struct stream *s)
{
    return !s->shut && (unsent(s) != NULL || (s->fin && !s->fin_sent));
}

/* Some more of the stream into the packet, as ngtcp2_conn_writev_stream. */
static ngtcp2_ssize stream_write(struct quic_client *c, struct stream *s,
                                 ngtcp2_path *path, ngtcp2_pkt_info *info,
                                 uint8_t *buf, size_t size, ngtcp2_tstamp now)
{
    struct chunk *chunk = unsent(s);
    bool fin = s->fin && (chunk == NULL || chunk->next == NULL);
    ngtcp2_vec vec = {NULL, 0};
    ngtcp2_ssize took = -1, rv;

    if (chunk != NULL)
        vec =
            (ngtcp2_vec){chunk->bytes + chunk->sent, chunk->len - chunk->sent};
    rv =
        ngtcp2_conn_writev_stream(c->conn, path, info, buf, size, &took,
                                  NGTCP2_WRITE_STREAM_FLAG_MORE |
                                      (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0u),
                                  s->id, &vec, 1, now);
    if (took >= 0) {
        if (chunk != NULL)
            chunk->sent += (size_t)took;
        s->fin_sent = fin && (size_t)took == vec.len;
    }
    if (rv == NGTCP2_ERR_STREAM_SHUT_WR || rv == NGTCP2_ERR_STREAM_NOT_FOUND)
        s->shut = true;
    return rv;
}

static bool goes_on(ngtcp2_ssize rv)
{
    return rv == NGTCP2_ERR_WRITE_MORE ||
           rv == NGTCP2_ERR_STREAM_DATA_BLOCKED ||
           rv == NGTCP2_ERR_STREAM_SHUT_WR || rv == NGTCP2_ERR_STREAM_NOT_FOUND;
}

ngtcp2_ssize streams_write(struct quic_client *c, ngtcp2_path *path,
                           ngtcp2_pkt_info *info, uint8_t *buf, size_t size,
                           ngtcp2_tstamp now)
{
    /* What is in the packet that is replaced would never come. */
    for (struct stream *s = c->injecting ? NULL : c->streams; s != NULL;
         s = s->next) {
        ngtcp2_ssize rv = NGTCP2_ERR_WRITE_MORE;

        while (rv == NGTCP2_ERR_WRITE_MORE && has_to_send(s))
            rv = stream_write(c, s, path, info, buf, size, now);
        if (!goes_on(rv))
            return rv;
    }
    return ngtcp2_conn_writev_stream(c->conn, path, info, buf, size, NULL, 0,
                                     -1, NULL, 0, now);
}

/* --- In ----------------------------------------------------------------------
 */

static int on_data(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                   uint64_t offset, const uint8_t *bytes, size_t len,
                   void *user, void *stream_user)
{
    struct quic_client *c = user;

    (void)conn;
    (void)offset;
    (void)stream_user;
    emit(c, (struct quic_event){
                .kind = QUIC_DATA,
                .id = id,
                .fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0,
                .bytes = {(const char *)bytes, len},
            });
    if (!c->o.hold)
        quic_client_credit(c, id, len);
    return 0;
}

static int on_acked(ngtcp2_conn *conn, int64_t id, uint64_t offset,
                    uint64_t count, void *user, void *stream_user)
{
    struct stream *s = find(user, id);

    (void)conn;
    (void)stream_user;
    if (s == NULL)
        return 0;
    s->acked = offset + count;
    while (s->first != NULL && s->gone + s->first->len <= s->acked) {
        struct chunk *chunk = s->first;

        s->gone += chunk->len;
        s->first = chunk->next;
        free(chunk);
    }
    return 0;
}

static int on_reset(ngtcp2_conn *conn, int64_t id, uint64_t final_size,
                    uint64_t code, void *user, void *stream_user)
{
    (void)conn;
    (void)final_size;
    (void)stream_user;
    emit(user, (struct quic_event){.kind = QUIC_RESET, .id = id, .code = code});
    return 0;
}

static int on_close(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                    uint64_t code, void *user, void *stream_user)
{
    struct quic_client *c = user;
    struct stream **at = &c->streams, *s;

    (void)flags;
    (void)code;
    (void)stream_user;
    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next;
    s = *at;
    if (s != NULL) {
        *at = s->next;
        stream_free(s);
    }
    if (!ngtcp2_conn_is_local_stream(conn, id))
        ngtcp2_conn_extend_max_streams_uni(conn, 1);
    emit(c, (struct quic_event){.kind = QUIC_ENDED, .id = id});
    return 0;
}

void stream_callbacks_set(ngtcp2_callbacks *callbacks)
{
    callbacks->recv_stream_data = on_data;
    callbacks->acked_stream_data_offset = on_acked;
    callbacks->stream_reset = on_reset;
    callbacks->stream_close = on_close;
}
