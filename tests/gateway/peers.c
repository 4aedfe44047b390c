/* Other servers without sockets. See peers.h. */
#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "http/method.h"

static struct peers *of_dialer(struct vb_dialer *dialer)
{
    return VB_CONTAINER(dialer, struct peers, dialer);
}

static void forget_dial(struct peers *peers, unsigned at)
{
    peers->dial_count--;
    memmove(&peers->dials[at], &peers->dials[at + 1],
            (peers->dial_count - at) * sizeof(peers->dials[0]));
}

static enum vb_err start_dial(struct vb_dialer *dialer, struct vb_dial *dial)
{
    struct peers *peers = of_dialer(dialer);

    assert_true(peers->dial_count < PEERS_MOST);
    peers->dials[peers->dial_count++] = dial;
    peers->dialled++;
    return VB_OK;
}

static void cancel_dial(struct vb_dialer *dialer, struct vb_dial *dial)
{
    struct peers *peers = of_dialer(dialer);
    unsigned at = 0;

    while (at < peers->dial_count && peers->dials[at] != dial)
        at++;
    assert_true(at < peers->dial_count);
    forget_dial(peers, at);
}

/* --- alarms -----------------------------------------------------------------
 */

static enum vb_err set_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm,
                             uint64_t after_ms)
{
    struct peers *peers = VB_CONTAINER(alarms, struct peers, alarms);

    assert_null(alarm->own);
    assert_true(peers->set_count < PEERS_MOST);
    peers->set[peers->set_count].alarm = alarm;
    peers->set[peers->set_count++].at_ms =
        peers->env.now.mono_ms + (int64_t)after_ms;
    alarm->own = peers;
    return VB_OK;
}

static void take_off(struct peers *peers, unsigned at)
{
    peers->set[at].alarm->own = NULL;
    peers->set_count--;
    memmove(&peers->set[at], &peers->set[at + 1],
            (peers->set_count - at) * sizeof(peers->set[0]));
}

static void cancel_alarm(struct vb_alarms *alarms, struct vb_alarm *alarm)
{
    struct peers *peers = VB_CONTAINER(alarms, struct peers, alarms);

    for (unsigned i = 0; i < peers->set_count; i++) {
        if (peers->set[i].alarm == alarm) {
            take_off(peers, i);
            return;
        }
    }
}

void peers_wait(struct peers *peers, int64_t ms)
{
    int64_t until = peers->env.now.mono_ms + ms;
    unsigned next = 0;

    for (;;) {
        struct vb_alarm *alarm;

        next = 0;
        for (unsigned i = 1; i < peers->set_count; i++)
            if (peers->set[i].at_ms < peers->set[next].at_ms)
                next = i;
        if (peers->set_count == 0 || peers->set[next].at_ms > until)
            break;
        peers->env.now.mono_ms = peers->set[next].at_ms;
        alarm = peers->set[next].alarm;
        take_off(peers, next);
        alarm->ring(alarm);
    }
    peers->env.now.mono_ms = until;
}

/* --- clients ----------------------------------------------------------------
 */

static struct peer_client *of_client(const struct vb_client *client)
{
    return VB_CONTAINER(client, struct peer_client, client);
}

static void forget_call(struct peer_client *peer, struct vb_call *call)
{
    unsigned at = 0;

    while (at < peer->count && peer->calls[at] != call)
        at++;
    assert_true(at < peer->count);
    peer->count--;
    memmove(&peer->calls[at], &peer->calls[at + 1],
            (peer->count - at) * sizeof(peer->calls[0]));
}

static void nothing(struct vb_call *call)
{
    (void)call;
}

/* HTTP/1.1 closes the connection, HTTP/2 the stream. */
static void cancel_call(struct vb_call *call)
{
    struct peer_client *peer = call->own;

    forget_call(peer, call);
    peer->closed |= peer->most == 1;
}

static const struct vb_call_carrier carrier = {
    .resume = nothing, .content_ready = nothing, .cancel = cancel_call};

static unsigned room(const struct vb_client *client)
{
    const struct peer_client *peer = of_client(client);

    return peer->closed ? 0 : peer->most - peer->count;
}

static enum vb_err start_call(struct vb_client *client, struct vb_call *call)
{
    struct peer_client *peer = of_client(client);

    assert_true(room(client) > 0);
    call->carrier = &carrier;
    call->own = peer;
    call->reused = client->calls > 0;
    client->calls++;
    peer->calls[peer->count++] = call;
    return VB_OK;
}

static void close_client(struct vb_client *client)
{
    of_client(client)->closed = true;
}

static const struct vb_client_ops client_ops = {
    .start = start_call, .room = room, .close = close_client};

struct peer_client *peers_connect(struct peers *peers, unsigned most)
{
    struct peer_client *peer = calloc(1, sizeof(*peer));
    struct vb_dial *dial = peers->dials[0];

    assert_non_null(peer);
    assert_true(peers->dial_count > 0);
    forget_dial(peers, 0);
    peer->peers = peers;
    peer->to = dial->to;
    peer->most = most;
    peer->client =
        (struct vb_client){.ops = &client_ops, .protocol = "HTTP/1.1"};
    vb_list_init(&peer->client.link);
    peers->clients[peers->client_count++] = peer;
    dial->client = &peer->client;
    dial->done(dial, VB_DIAL_OK);
    return peer;
}

void peers_refuse(struct peers *peers, enum vb_dial_end end)
{
    struct vb_dial *dial = peers->dials[0];

    assert_true(peers->dial_count > 0);
    forget_dial(peers, 0);
    dial->done(dial, end);
}

void peer_head(struct peer_client *peer, unsigned status)
{
    struct vb_response_head response = {.status = (uint16_t)status,
                                        .content_length = -1};
    struct vb_call *call = peer->calls[0];

    assert_true(peer->count > 0);
    call->begun = true;
    call->ops->head(call, &response);
}

void peer_end(struct peer_client *peer, enum vb_call_end end)
{
    struct vb_call *call = peer->calls[0];

    assert_true(peer->count > 0);
    peer->closed |= end != VB_CALL_WHOLE && peer->most == 1;
    forget_call(peer, call);
    call->ops->end(call, end);
    if (peer->closed)
        return;
    if (peer->client.changed != NULL)
        peer->client.changed(&peer->client);
}

void peer_gone(struct peer_client *peer)
{
    assert_int_equal(peer->count, 0);
    peer->closed = true;
    if (peer->client.gone != NULL)
        peer->client.gone(&peer->client);
    peer->client.gone = NULL;
}

/* --- all --------------------------------------------------------------------
 */

void peers_init(struct peers *peers)
{
    memset(peers, 0, sizeof(*peers));
    peers->limits = vb_limits_default;
    vb_env_init(&peers->env, &peers->limits, &peers->service);
    vb_env_set_now(&peers->env, 1000000, INT64_C(1700000000000));
    peers->dialer = (struct vb_dialer){start_dial, cancel_dial};
    peers->alarms = (struct vb_alarms){set_alarm, cancel_alarm};
    peers->env.dialer = &peers->dialer;
    peers->env.alarms = &peers->alarms;
    peers->reaches = peers->env.reaches = vb_reaches_new(&peers->env);
    assert_non_null(peers->reaches);
}

void peers_done(struct peers *peers)
{
    vb_reaches_free(peers->reaches);
    assert_int_equal(peers->dial_count, 0);
    assert_int_equal(peers->set_count, 0);
    for (unsigned i = 0; i < peers->client_count; i++) {
        peer_gone(peers->clients[i]);
        free(peers->clients[i]);
    }
    vb_env_done(&peers->env);
}

struct vb_upstream *peers_upstream(const char *const *uris, size_t count,
                                   const struct vb_upstream_options *options)
{
    struct vb_span spans[VB_UPSTREAM_SERVERS_MOST];
    struct vb_upstream *upstream;
    struct vb_buf why;

    for (size_t i = 0; i < count; i++)
        spans[i] = vb_span_str(uris[i]);
    vb_buf_init(&why, 1000);
    if (vb_upstream_new(spans, count,
                        options != NULL ? options
                                        : &vb_upstream_options_default,
                        NULL, &upstream, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return upstream;
}

static void on_head(struct vb_ask *ask, const struct vb_response_head *response)
{
    struct errand *errand = ask->context;

    errand->heads++;
    errand->status = response == NULL ? 0 : response->status;
}

static enum vb_sink_want on_content(struct vb_ask *ask, struct vb_span bytes)
{
    (void)ask;
    (void)bytes;
    return VB_SINK_MORE;
}

static void on_end(struct vb_ask *ask, enum vb_failure_id failure)
{
    struct errand *errand = ask->context;

    errand->ends++;
    errand->failure = failure;
}

static bool on_rewind(struct vb_ask *ask)
{
    struct errand *errand = ask->context;

    errand->rewound++;
    return errand->rewinds;
}

static const struct vb_ask_ops errand_ops = {
    .head = on_head,
    .content = on_content,
    .end = on_end,
    .rewind = on_rewind,
};

void errand_init(struct errand *errand, enum vb_method method)
{
    memset(errand, 0, sizeof(*errand));
    vb_arena_init(&errand->arena, 4096, 65536);
    errand->ask.call.method = method;
    errand->ask.call.method_text = vb_method_name(method);
    errand->ask.call.target = VB_SPAN("/");
    errand->ask.call.arena = &errand->arena;
    errand->ask.ops = &errand_ops;
    errand->ask.context = errand;
}

void errand_done(struct errand *errand)
{
    vb_arena_done(&errand->arena);
}
