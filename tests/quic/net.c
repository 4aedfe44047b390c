/* See net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/self_signed.h"
#include "tls/tls.h"

struct datagram {
    struct vb_link link;
    int64_t at;
    bool to_server;
    struct vb_quic_path path; /* as the server sees it */
    unsigned ecn;
    size_t len;
    char bytes[];
};

uint64_t net_draw(struct net *net)
{
    net->seed ^= net->seed >> 12;
    net->seed ^= net->seed << 25;
    net->seed ^= net->seed >> 27;
    return (net->seed * UINT64_C(2685821657736338717)) >> 20;
}

static bool chance(struct net *net, unsigned of_1000)
{
    return of_1000 > 0 && net_draw(net) % 1000 < of_1000;
}

/* --- Addresses --------------------------------------------------------------
 */

static struct sockaddr_storage address(uint16_t host, uint16_t port)
{
    struct sockaddr_storage at = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&at;

    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(0x0a000000u | host);
    in->sin_port = htons(port);
    return at;
}

static uint16_t port_of(const struct sockaddr_storage *at)
{
    return ntohs(((const struct sockaddr_in *)at)->sin_port);
}

static void set_port(struct sockaddr_storage *at, uint16_t port)
{
    ((struct sockaddr_in *)at)->sin_port = htons(port);
}

static uint16_t host_of(const struct sockaddr_storage *at)
{
    return (uint16_t)ntohl(((const struct sockaddr_in *)at)->sin_addr.s_addr);
}

/* --- On the way -------------------------------------------------------------
 */

static void put(struct net *net, struct datagram *d)
{
    struct vb_link *at = net->wire.prev;

    while (at != &net->wire &&
           VB_CONTAINER(at, struct datagram, link)->at > d->at)
        at = at->prev;
    vb_list_insert_after(at, &d->link);
}

static void post(struct net *net, bool to_server,
                 const struct vb_quic_path *path, unsigned ecn,
                 struct vb_span bytes)
{
    int copies = chance(net, net->weather.lost)    ? 0
                 : chance(net, net->weather.twice) ? 2
                                                   : 1;

    for (int i = 0; i < copies; i++) {
        struct datagram *d = malloc(sizeof(*d) + bytes.len);

        assert_non_null(d);
        d->at = net->now_ns + net->latency_ns;
        if (chance(net, net->weather.late))
            d->at += (int64_t)net_draw(net) % (20 * NS_PER_MS);
        d->to_server = to_server;
        d->path = *path;
        d->ecn = ecn != 0 && chance(net, net->weather.marked) ? 3 : ecn;
        d->len = bytes.len;
        memcpy(d->bytes, bytes.ptr, bytes.len);
        if (chance(net, net->weather.garbled))
            d->bytes[net_draw(net) % d->len] ^=
                (char)(1u << (net_draw(net) % 8));
        put(net, d);
    }
}

/* Out of the NAT, if there is one. False: that port leads nowhere. */
static bool find_inside(const struct node *node, struct quic_route *route)
{
    if (node->client == NULL || node->host != host_of(&route->local))
        return false;
    if (node->nat_port == 0)
        return true;
    if (node->nat_port != port_of(&route->local))
        return false;
    route->local = node->route.local;
    return true;
}

static void for_client(struct net *net, const struct datagram *d)
{
    for (unsigned i = 0; i < net->node_count; i++) {
        struct quic_route route = {d->path.remote, d->path.local, d->ecn};
        struct node *node = &net->nodes[i];

        if (!find_inside(node, &route))
            continue;
        node->received += d->len;
        node->datagrams++;
        if (!node->deaf)
            quic_client_receive(node->client, &route,
                                vb_span_of(d->bytes, d->len), net->now_ns);
    }
}

/* --- The endpoint is called, and nothing else may fail ---------------------
 */

static void receive(struct net *net, const struct vb_quic_path *path,
                    unsigned ecn, struct vb_span bytes)
{
    net->fragile = net->brittle;
    vb_quic_receive(net->quic, path, ecn, bytes, net->now_ns);
    net->fragile = false;
}

static void flush(struct net *net)
{
    net->fragile = net->brittle;
    vb_quic_flush(net->quic, net->now_ns);
    net->fragile = false;
}

static void tick(struct net *net)
{
    net->fragile = net->brittle;
    vb_quic_tick(net->quic, net->now_ns);
    net->fragile = false;
}

/* The first on its way arrives. */
static void deliver_one(struct net *net)
{
    struct datagram *d = VB_CONTAINER(net->wire.next, struct datagram, link);

    vb_list_remove(&d->link);
    if (d->to_server)
        receive(net, &d->path, d->ecn, vb_span_of(d->bytes, d->len));
    else
        for_client(net, d);
    free(d);
}

static int64_t next_arrival(const struct net *net)
{
    return vb_list_empty(&net->wire)
               ? VB_TIME_NEVER
               : VB_CONTAINER(net->wire.next, struct datagram, link)->at;
}

static void deliver(struct net *net)
{
    while (next_arrival(net) <= net->now_ns)
        deliver_one(net);
}

bool net_told(const struct node *node, const char *text)
{
    return memmem(node->log.ptr, node->log.len, text, strlen(text)) != NULL;
}

void net_skip(struct net *net, unsigned count)
{
    while (count-- > 0 && !vb_list_empty(&net->wire)) {
        net->now_ns = next_arrival(net);
        deliver_one(net);
        flush(net);
    }
}

void net_inject_from(struct net *net, uint16_t host, uint16_t port,
                     struct vb_span bytes)
{
    struct vb_quic_path path = {address(1, 443), address(host, port), NULL};

    receive(net, &path, 0, bytes);
    flush(net);
}

void net_inject(struct net *net, uint16_t host, struct vb_span bytes)
{
    net_inject_from(net, host, 4433, bytes);
}

/* --- The endpoint's side ----------------------------------------------------
 */

static bool on_send(void *context, const struct vb_quic_path *path,
                    unsigned ecn, struct vb_span bytes, size_t segment)
{
    struct net *net = context;
    bool before;

    assert_true(bytes.len > 0 && segment > 0 && bytes.len <= 65507);
    assert_ptr_equal(path->socket, NULL);
    if (net->full) {
        net->refusals++;
        return false;
    }
    before = fake_spare();
    net->batches++;
    net->ecn |= 1u << ecn;
    for (; bytes.len > 0; bytes = vb_span_from(bytes, segment)) {
        struct vb_span one = vb_span_head(bytes, segment);

        net->datagrams++;
        net->bytes += one.len;
        if (one.len > net->largest)
            net->largest = one.len;
        if (net->watch != NULL)
            net->watch(net, one);
        post(net, false, path, ecn, one);
    }
    fake_resume(before);
    return true;
}

static bool on_take_place(void *context)
{
    struct net *net = context;

    if (net->places == 0)
        return false;
    net->places--;
    return true;
}

static void on_give_place(void *context)
{
    struct net *net = context;

    net->places++;
}

static void on_wake(void *context)
{
    struct net *net = context;

    net->wakes++;
}

static void begin(struct net *net, unsigned worker, unsigned workers)
{
    struct vb_quic_config config = {
        .tls = net->tls,
        .env = &net->env,
        .secrets = &net->secrets,
        .worker = worker,
        .workers = workers,
        .send = on_send,
        .take_place = on_take_place,
        .give_place = on_give_place,
        .wake = on_wake,
        .context = net,
    };

    net->places = 1000;
    assert_int_equal(vb_quic_new(&config, &net->quic), VB_OK);
}

void net_restart(struct net *net)
{
    vb_quic_free(net->quic);
    begin(net, 0, 1);
}

static void begin_tls(struct net *net)
{
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    struct vb_tls_sources sources = {.files = &net->files, .count = 1};

    assert_int_equal(vb_tls_new(&sources, &net->tls, &why), VB_OK);
}

void net_restart_tls(struct net *net)
{
    vb_quic_free(net->quic);
    vb_tls_free(net->tls);
    begin_tls(net);
    begin(net, 0, 1);
}

void net_init_as(struct net *net, unsigned worker, unsigned workers)
{
    struct vb_span host = VB_SPAN("localhost");
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    memset(net, 0, sizeof(*net));
    fake_fragile = &net->fragile;
    fake_reset();
    net->limits = vb_limits_default;
    vb_env_init(&net->env, &net->limits, &net->service);
    memcpy(net->folder, "/tmp/vb-quic-XXXXXX", sizeof("/tmp/vb-quic-XXXXXX"));
    assert_non_null(mkdtemp(net->folder));
    snprintf(net->path, sizeof(net->path), "%s/0.pem", net->folder);
    assert_int_equal(vb_tls_self_signed(net->path, &host, 1, &why), VB_OK);
    net->files.certificate = net->path;
    begin_tls(net);
    assert_int_equal(vb_quic_secrets_make(&net->secrets), VB_OK);
    vb_list_init(&net->wire);
    net->seed = 1;
    net->latency_ns = NS_PER_MS;
    net->now_ns = 1000 * NS_PER_MS;
    begin(net, worker, workers);
}

void net_init(struct net *net)
{
    net_init_as(net, 0, 1);
}

static void node_done(struct node *node)
{
    quic_client_free(node->client);
    vb_buf_done(&node->log);
    vb_buf_done(&node->ticket);
    vb_buf_done(&node->token);
    for (int i = 0; i < STREAMS_MOST; i++)
        vb_buf_done(&node->streams[i]);
}

static void forget_wire(struct net *net)
{
    while (!vb_list_empty(&net->wire)) {
        struct datagram *d =
            VB_CONTAINER(net->wire.next, struct datagram, link);

        vb_list_remove(&d->link);
        free(d);
    }
}

void net_clear(struct net *net)
{
    vb_quic_end(net->quic);
    vb_quic_free(net->quic);
    begin(net, 0, 1);
    forget_wire(net);
    for (unsigned i = 0; i < net->node_count; i++)
        node_done(&net->nodes[i]);
    memset(net->nodes, 0, net->node_count * sizeof(net->nodes[0]));
    net->node_count = 0;
    vb_buf_reset(&fake.told);
}

void net_done(struct net *net)
{
    vb_quic_free(net->quic);
    assert_int_equal(net->places, 1000);
    assert_int_equal(fake.alive, 0);
    forget_wire(net);
    for (unsigned i = 0; i < net->node_count; i++)
        node_done(&net->nodes[i]);
    vb_tls_free(net->tls);
    vb_env_done(&net->env);
    unlink(net->path);
    rmdir(net->folder);
    fake_reset();
    fake_fragile = NULL;
}

/* --- The clients' side ------------------------------------------------------
 */

static void keep(struct vb_buf *buf, struct vb_span bytes)
{
    vb_buf_reset(buf);
    vb_buf_append(buf, bytes);
}

static void on_data(struct node *node, const struct quic_event *event)
{
    if (event->id % 4 != 0 || event->id / 4 >= STREAMS_MOST)
        return;
    vb_buf_append(&node->streams[event->id / 4], event->bytes);
    node->ended[event->id / 4] |= event->fin;
}

static void on_event(void *context, const struct quic_event *event)
{
    struct node *node = context;

    if (event->kind == QUIC_DATA) {
        on_data(node, event);
        return;
    }
    quic_event_print(event, &node->log);
    if (event->kind == QUIC_TICKET)
        keep(&node->ticket, event->bytes);
    else if (event->kind == QUIC_TOKEN)
        keep(&node->token, event->bytes);
    node->confirmed |= event->kind == QUIC_CONFIRMED;
    node->stateless |= event->kind == QUIC_STATELESS;
    if (event->kind == QUIC_CLOSED) {
        node->closed = true;
        node->application = event->application;
        node->code = event->code;
    }
}

struct node *net_client(struct net *net,
                        const struct quic_client_options *options)
{
    struct node *node = &net->nodes[net->node_count];
    struct quic_client_options o;

    assert_true(net->node_count < CLIENTS_MOST);
    if (options != NULL)
        o = *options;
    else
        quic_client_defaults(&o);
    o.on_event = on_event;
    o.context = node;
    node->net = net;
    vb_buf_init(&node->log, 1024 * 1024);
    vb_buf_init(&node->ticket, 64 * 1024);
    vb_buf_init(&node->token, 1024);
    for (int i = 0; i < STREAMS_MOST; i++)
        vb_buf_init(&node->streams[i], 64 * 1024 * 1024);
    node->host =
        net->next_host != 0 ? net->next_host : (uint16_t)(2 + net->node_count);
    net->next_host = 0;
    node->route.local =
        address(node->host, (uint16_t)(10000 + net->node_count));
    node->route.remote = address(1, 443);
    net->node_count++;
    node->client = quic_client_new(&o, &node->route, net->now_ns);
    assert_non_null(node->client);
    return node;
}

struct node *net_client_at(struct net *net,
                           const struct quic_client_options *options,
                           struct node *former)
{
    net_leave(former);
    net->next_host = former->host;
    return net_client(net, options);
}

void net_leave(struct node *node)
{
    quic_client_free(node->client);
    node->client = NULL;
}

bool net_migrate(struct node *node, uint16_t port)
{
    struct quic_route route = node->route;

    set_port(&route.local, port);
    if (!quic_client_migrate(node->client, &route, false, node->net->now_ns))
        return false;
    node->route = route;
    return true;
}

void net_rebind(struct node *node, uint16_t port)
{
    node->nat_port = port;
}

void net_post(struct net *net, struct node *node)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct quic_route route = node->route;
    size_t len;

    while ((len = quic_client_write(node->client, &route, bytes, sizeof(bytes),
                                    net->now_ns)) > 0) {
        struct vb_quic_path path = {route.remote, route.local, NULL};

        if (node->nat_port != 0)
            set_port(&path.remote, node->nat_port);
        if (node->at_home)
            ((struct sockaddr_in *)&path.remote)->sin_addr.s_addr =
                htonl(0x7f000000u | node->host);
        if (!node->mute) {
            node->sent += len;
            post(net, true, &path, route.ecn, vb_span_of(bytes, len));
        }
        node->mute |= node->once;
        route = node->route;
    }
}

size_t net_record(struct node *node, char bytes[][QUIC_DATAGRAM_MAX],
                  size_t *len, size_t most)
{
    char unwanted[QUIC_DATAGRAM_MAX];
    struct quic_route route = node->route;
    size_t count = 0, n;

    while ((n = quic_client_write(node->client, &route,
                                  count < most ? bytes[count] : unwanted,
                                  QUIC_DATAGRAM_MAX, node->net->now_ns)) > 0)
        if (count < most)
            len[count++] = n;
    return count;
}

size_t net_steal(struct node *node, char bytes[QUIC_DATAGRAM_MAX])
{
    size_t len;

    return net_record(node, (char(*)[QUIC_DATAGRAM_MAX])bytes, &len, 1) > 0
               ? len
               : 0;
}

/* --- Time -------------------------------------------------------------------
 */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_event(const struct net *net)
{
    int64_t at = vb_quic_deadline_ns(net->quic);

    at = sooner(at, next_arrival(net));
    for (unsigned i = 0; i < net->node_count; i++)
        if (net->nodes[i].client != NULL)
            at = sooner(at, quic_client_expiry(net->nodes[i].client));
    return at;
}

/* All that happens at this moment. */
static void turn(struct net *net)
{
    vb_env_set_now(&net->env, net->now_ns / NS_PER_MS,
                   INT64_C(1700000000000) + net->now_ns / NS_PER_MS);
    deliver(net);
    for (unsigned i = 0; i < net->node_count; i++) {
        struct node *node = &net->nodes[i];

        if (node->client == NULL)
            continue;
        if (quic_client_expiry(node->client) <= net->now_ns)
            quic_client_tick(node->client, net->now_ns);
        net_post(net, node);
    }
    if (vb_quic_deadline_ns(net->quic) <= net->now_ns)
        tick(net);
    flush(net);
}

/* One step, not beyond `until`. A deadline that was not met this time is met
 * later: time goes on. */
static void step(struct net *net, int64_t until)
{
    int64_t at = next_event(net);

    if (at <= net->now_ns)
        at = net->now_ns + 10000;
    net->now_ns = sooner(at, until);
    turn(net);
}

void net_run(struct net *net, int64_t ms)
{
    int64_t until = net->now_ns + ms * NS_PER_MS;

    turn(net);
    while (net->now_ns < until)
        step(net, until);
}

void net_shake(struct net *net, struct node *node)
{
    int64_t until = net->now_ns + 1000 * NS_PER_MS;

    turn(net);
    while (!node->confirmed && net->now_ns < until)
        step(net, until);
    if (!node->confirmed)
        fail_msg("no handshake: %.*s", VB_FMT(vb_buf_span(&node->log)));
}

bool net_wait(struct net *net, struct node *node, int64_t id, int64_t ms)
{
    int64_t until = net->now_ns + ms * NS_PER_MS;

    turn(net);
    while (!node->ended[id / 4] && net->now_ns < until)
        step(net, until);
    return node->ended[id / 4];
}

int64_t net_ask(struct node *node, const char *text)
{
    int64_t id = quic_client_open(node->client, true);

    assert_true(id >= 0);
    assert_true(quic_client_send(node->client, id, vb_span_str(text), true));
    return id;
}

struct vb_span net_got(const struct node *node, int64_t id)
{
    return vb_buf_span(&node->streams[id / 4]);
}
