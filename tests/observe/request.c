/* Exchanges that are over. See request.h. */
#include "request.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/assert.h"

#define USUAL_MS       INT64_C(981173106789)
#define USUAL_DURATION 12

static const struct vb_carrier carrier = {.protocol = "HTTP/1.1"};

static struct vb_service service;
static struct vb_env env;
static struct vb_peer peer;
static bool prepared;
static int64_t duration = USUAL_DURATION;

static void prepare(void)
{
    if (prepared)
        return;
    vb_env_init(&env, &vb_limits_default, &service);
    vb_env_set_now(&env, 1000000, USUAL_MS);
    prepared = true;
    if (peer.ip[0] == 0 && peer.ip[15] == 0 && !peer.local)
        request_from("::ffff:192.0.2.7");
}

void request_from(const char *ip6)
{
    peer = (struct vb_peer){.port = 12345, .local = ip6[0] == '\0'};
    if (!peer.local)
        vb_assert(inet_pton(AF_INET6, ip6, peer.ip) == 1);
}

void request_at(int64_t unix_ms, int64_t duration_ms)
{
    prepare();
    vb_env_set_now(&env, 1000000, unix_ms);
    duration = duration_ms;
}

static void add(struct vb_head_builder *builder, const char *name,
                const char *value)
{
    if (name != NULL && value != NULL)
        vb_head_field(builder, vb_span_str(name), vb_span_str(value));
}

struct vb_exchange *request_make(const struct request *request)
{
    struct vb_head_builder builder;
    struct vb_exchange *x;

    prepare();
    x = vb_exchange_new(&env);
    vb_assert(x != NULL);
    vb_head_begin(&builder, &x->head, &x->arena, &vb_limits_default.head,
                  VB_SPAN("http"));
    if (request->method != NULL) {
        vb_head_method(&builder, vb_span_str(request->method));
        vb_head_target(&builder, vb_span_str(request->target));
        add(&builder, "Host", "example.org");
        add(&builder, "Referer", request->referer);
        add(&builder, "User-Agent", request->agent);
        add(&builder, request->more_name, request->more_value);
    }
    x->verdict = vb_head_end(&builder, true);
    x->carrier = &carrier;
    x->peer = &peer;
    x->begun_ms = env.now.mono_ms - duration;
    x->reply.status = (uint16_t)request->status;
    x->sent = request->sent;
    return x;
}

void request_release(struct vb_exchange *x)
{
    vb_exchange_release(x);
    vb_env_done(&env);
    prepared = false;
    duration = USUAL_DURATION;
}
