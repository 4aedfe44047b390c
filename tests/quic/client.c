/* See client.h: life, datagrams, and time. */
#include "inner.h"

#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static socklen_t address_len(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static ngtcp2_path path_of(const struct quic_route *route)
{
    return (ngtcp2_path){
        .local = {(ngtcp2_sockaddr *)&route->local, address_len(&route->local)},
        .remote = {(ngtcp2_sockaddr *)&route->remote,
                   address_len(&route->remote)},
    };
}

void emit(struct quic_client *c, struct quic_event event)
{
    if (c->o.on_event != NULL)
        c->o.on_event(c->o.context, &event);
}

void quic_client_defaults(struct quic_client_options *options)
{
    *options = (struct quic_client_options){
        .alpn = "h3",
        .sni = "localhost",
        .version = NGTCP2_PROTO_VER_V1,
        .max_data = 10 * 1024 * 1024,
        .max_stream_data = 1024 * 1024,
        .max_streams_uni = 100,
        .connection_ids = 8,
        .idle_ms = 30000,
        .handshake_ms = 10000,
    };
}

static void parameters_set(ngtcp2_transport_params *p,
                           const struct quic_client_options *o)
{
    ngtcp2_transport_params_default(p);
    p->initial_max_data = o->max_data;
    p->initial_max_stream_data_bidi_local = o->max_stream_data;
    p->initial_max_stream_data_uni = o->max_stream_data;
    p->initial_max_streams_uni = o->max_streams_uni;
    p->active_connection_id_limit = o->connection_ids;
    p->max_idle_timeout = o->idle_ms * NGTCP2_MILLISECONDS;
}

__attribute__((format(printf, 2, 3))) static void
tell_debug(void *context, const char *format, ...)
{
    va_list arguments;

    (void)context;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static void settings_set(ngtcp2_settings *s,
                         const struct quic_client_options *o, int64_t now_ns)
{
    ngtcp2_settings_default(s);
    s->initial_ts = (ngtcp2_tstamp)now_ns;
    s->token = (const uint8_t *)o->token.ptr;
    s->tokenlen = o->token.len;
    s->no_pmtud = !o->own_mtu;
    s->log_printf = o->debug ? tell_debug : NULL;
    s->handshake_timeout = o->handshake_ms == 0
                               ? UINT64_MAX
                               : o->handshake_ms * NGTCP2_MILLISECONDS;
}

static bool connection_begin(struct quic_client *c,
                             const struct quic_route *route, int64_t now_ns)
{
    ngtcp2_path path = path_of(route);
    ngtcp2_callbacks callbacks = {0};
    ngtcp2_transport_params parameters;
    ngtcp2_settings settings;
    ngtcp2_cid dcid, scid;
    uint8_t random[NGTCP2_MAX_CIDLEN];

    if (gnutls_rnd(GNUTLS_RND_RANDOM, random, sizeof(random)) != 0)
        return false;
    ngtcp2_cid_init(&scid, random, 8);
    ngtcp2_cid_init(&dcid, random + 8, 12);
    if (c->o.dcid.len > 0)
        ngtcp2_cid_init(&dcid, (const uint8_t *)c->o.dcid.ptr, c->o.dcid.len);
    parameters_set(&parameters, &c->o);
    settings_set(&settings, &c->o, now_ns);
    callbacks_set(&callbacks);
    stream_callbacks_set(&callbacks);
    frame_callbacks_set(&callbacks);
    return ngtcp2_conn_client_new(&c->conn, &dcid, &scid, &path, c->o.version,
                                  &callbacks, &settings, &parameters, NULL,
                                  c) == 0;
}

/* Streams may be opened at once, as far as that server allowed last time. */
static bool early_begin(struct quic_client *c)
{
    struct vb_span parameters = ticket_parameters(c->o.ticket);

    if (!c->o.early || parameters.len == 0)
        return true;
    c->early = true;
    return ngtcp2_conn_decode_and_set_0rtt_transport_params(
               c->conn, (const uint8_t *)parameters.ptr, parameters.len) == 0;
}

static void forget_borrowed(struct quic_client_options *o)
{
    o->ticket = o->token = o->dcid = (struct vb_span){NULL, 0};
    o->alpn = o->sni = o->ca = o->certificate = o->key = NULL;
}

struct quic_client *quic_client_new(const struct quic_client_options *options,
                                    const struct quic_route *route,
                                    int64_t now_ns)
{
    struct quic_client *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->o = *options;
    ngtcp2_ccerr_default(&c->error);
    if (!connection_begin(c, route, now_ns) || !session_begin(c) ||
        !early_begin(c)) {
        quic_client_free(c);
        return NULL;
    }
    ngtcp2_conn_set_tls_native_handle(c->conn, c->session);
    forget_borrowed(&c->o);
    return c;
}

void quic_client_free(struct quic_client *c)
{
    if (c == NULL)
        return;
    c->o.on_event = NULL;
    ngtcp2_conn_del(c->conn);
    streams_forget(c);
    session_end(c);
    free(c);
}

/* What the peer said when it closed. */
static void tell_close(struct quic_client *c)
{
    const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(c->conn);

    emit(c, (struct quic_event){
                .kind = QUIC_CLOSED,
                .id = -1,
                .code = error->error_code,
                .application = error->type == NGTCP2_CCERR_TYPE_APPLICATION,
                .bytes = {(const char *)error->reason, error->reasonlen},
            });
}

/* ngtcp2 goes no further: says why, and, where the peer is to know, to it. */
static void fail(struct quic_client *c, int rv)
{
    bool timed_out =
        rv == NGTCP2_ERR_IDLE_CLOSE || rv == NGTCP2_ERR_HANDSHAKE_TIMEOUT;
    const char *what = rv == NGTCP2_ERR_IDLE_CLOSE ? "idle"
                       : timed_out                 ? "handshake"
                                                   : ngtcp2_strerror(rv);

    if (c->over || c->closing)
        return;
    c->over = timed_out || rv == NGTCP2_ERR_DROP_CONN ||
              rv == NGTCP2_ERR_RECV_VERSION_NEGOTIATION;
    if (rv == NGTCP2_ERR_CRYPTO)
        ngtcp2_ccerr_set_tls_alert(&c->error,
                                   ngtcp2_conn_get_tls_alert(c->conn), NULL, 0);
    else
        ngtcp2_ccerr_set_liberr(&c->error, rv, NULL, 0);
    c->closing = !c->over;
    emit(c, (struct quic_event){
                .kind = timed_out ? QUIC_TIMED_OUT : QUIC_FAILED,
                .id = -1,
                .code = c->error.error_code,
                .bytes = vb_span_str(what),
            });
}

void quic_client_receive(struct quic_client *c, const struct quic_route *route,
                         struct vb_span bytes, int64_t now_ns)
{
    ngtcp2_path path = path_of(route);
    ngtcp2_pkt_info info = {.ecn = (uint8_t)route->ecn};
    int rv;

    if (c->over)
        return;
    frames_of(c);
    rv = ngtcp2_conn_read_pkt(c->conn, &path, &info, (const uint8_t *)bytes.ptr,
                              bytes.len, (ngtcp2_tstamp)now_ns);
    frames_of(NULL);
    if (rv == NGTCP2_ERR_DRAINING && !c->closing) {
        c->over = true;
        if (!c->stateless)
            tell_close(c);
    } else if (rv != 0 && rv != NGTCP2_ERR_CLOSING) {
        fail(c, rv);
    }
}

static ngtcp2_ssize write_close(struct quic_client *c, ngtcp2_path *path,
                                ngtcp2_pkt_info *info, uint8_t *buf,
                                size_t size, ngtcp2_tstamp now)
{
    ngtcp2_ssize n = ngtcp2_conn_write_connection_close(
        c->conn, path, info, buf, size, &c->error, now);

    c->over = true;
    return n < 0 ? 0 : n;
}

size_t quic_client_write(struct quic_client *c, struct quic_route *ret_route,
                         void *buf, size_t size, int64_t now_ns)
{
    ngtcp2_path path = path_of(ret_route);
    ngtcp2_pkt_info info = {0};
    ngtcp2_tstamp now = (ngtcp2_tstamp)now_ns;
    ngtcp2_ssize n;

    if (c->over)
        return 0;
    frames_of(c);
    n = c->closing ? 0 : streams_write(c, &path, &info, buf, size, now);
    if (n < 0)
        fail(c, (int)n);
    if (c->closing && !c->over)
        n = write_close(c, &path, &info, buf, size, now);
    frames_of(NULL);
    if (n <= 0)
        return 0;
    ngtcp2_conn_update_pkt_tx_time(c->conn, now);
    ret_route->ecn = info.ecn;
    return (size_t)n;
}

int64_t quic_client_expiry(struct quic_client *c)
{
    ngtcp2_tstamp expiry =
        c->over ? UINT64_MAX : ngtcp2_conn_get_expiry(c->conn);

    return expiry > INT64_MAX ? INT64_MAX : (int64_t)expiry;
}

void quic_client_tick(struct quic_client *c, int64_t now_ns)
{
    int rv =
        c->over ? 0 : ngtcp2_conn_handle_expiry(c->conn, (ngtcp2_tstamp)now_ns);

    if (rv != 0)
        fail(c, rv);
}

bool quic_client_is_over(const struct quic_client *c)
{
    return c->over;
}

void quic_client_close(struct quic_client *c, bool application, uint64_t code)
{
    if (c->closing)
        return;
    if (application)
        ngtcp2_ccerr_set_application_error(&c->error, code, NULL, 0);
    else
        ngtcp2_ccerr_set_transport_error(&c->error, code, NULL, 0);
    c->closing = true;
}

bool quic_client_update_keys(struct quic_client *c, int64_t now_ns)
{
    return ngtcp2_conn_initiate_key_update(c->conn, (ngtcp2_tstamp)now_ns) == 0;
}

bool quic_client_migrate(struct quic_client *c, const struct quic_route *route,
                         bool at_once, int64_t now_ns)
{
    ngtcp2_path path = path_of(route);
    ngtcp2_tstamp now = (ngtcp2_tstamp)now_ns;

    return (at_once
                ? ngtcp2_conn_initiate_immediate_migration(c->conn, &path, now)
                : ngtcp2_conn_initiate_migration(c->conn, &path, now)) == 0;
}

void quic_client_keep_alive(struct quic_client *c, int64_t ns)
{
    ngtcp2_conn_set_keep_alive_timeout(
        c->conn, ns == INT64_MAX ? UINT64_MAX : (ngtcp2_duration)ns);
}

#define P(name)                                                                \
    {                                                                          \
#name, offsetof(ngtcp2_transport_params, name)                         \
    }

bool quic_client_parameter(struct quic_client *c, const char *name,
                           uint64_t *ret_value)
{
    static const struct {
        const char *name;
        size_t at;
    } numbers[] = {
        P(initial_max_data),
        P(initial_max_stream_data_bidi_remote),
        P(initial_max_stream_data_uni),
        P(initial_max_streams_bidi),
        P(initial_max_streams_uni),
        P(max_idle_timeout),
        P(max_udp_payload_size),
        P(active_connection_id_limit),
        P(max_ack_delay),
    };
    const ngtcp2_transport_params *p =
        ngtcp2_conn_get_remote_transport_params(c->conn);

    for (size_t i = 0; p != NULL && i < sizeof(numbers) / sizeof(numbers[0]);
         i++) {
        if (strcmp(numbers[i].name, name) != 0)
            continue;
        memcpy(ret_value, (const char *)p + numbers[i].at, sizeof(*ret_value));
        return true;
    }
    return false;
}

struct vb_span quic_client_dcid(struct quic_client *c)
{
    const ngtcp2_cid *cid = ngtcp2_conn_get_dcid(c->conn);

    return (struct vb_span){(const char *)cid->data, cid->datalen};
}
