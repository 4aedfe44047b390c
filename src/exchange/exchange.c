/* The life of an exchange, and a worker's env. See exchange.h. */
#include "exchange/exchange.h"

#include "base/assert.h"
#include "base/clock.h"
#include "http/date.h"

/* What an arena takes first: most requests need no more. */
#define ARENA_BLOCK ((size_t)8 * 1024)
/* What one request may hold beside its content. */
#define ARENA_LIMIT ((size_t)4 * 1024 * 1024)
/* Unused exchanges and output blocks a worker keeps for the next request. */
#define KEEP 64
/* And blocks of each size of its heap. */
#define KEEP_SMALL 256

const struct vb_limits vb_limits_default = {
    .head =
        {
            .max_target = 8 * 1024,
            .max_field = 16 * 1024,
            .max_fields = 100,
            .max_fields_size = 64 * 1024,
        },
    .max_content = UINT64_C(64) * 1024 * 1024,
    .max_document = UINT64_C(256) * 1024,
    .head_timeout_ms = 10 * 1000,
    .content_timeout_ms = 30 * 1000,
    .idle_timeout_ms = 75 * 1000,
    .write_timeout_ms = 30 * 1000,
    .linger_ms = 2 * 1000,
    .once_retention_ms = 24 * 3600 * 1000,
    .max_requests = 0,
};

void vb_env_init(struct vb_env *env, const struct vb_limits *limits,
                 struct vb_service *service)
{
    *env = (struct vb_env){.limits = limits, .service = service};
    vb_pool_init(&env->exchanges, sizeof(struct vb_exchange), KEEP);
    vb_pool_init(&env->output_blocks, VB_OUTPUT_BLOCK, KEEP);
    vb_pool_init(&env->arena_blocks, ARENA_BLOCK, KEEP);
    vb_heap_init(&env->heap, KEEP_SMALL);
    vb_env_set_now(env, vb_clock_monotonic_ms(), vb_clock_unix_ms());
}

void vb_env_done(struct vb_env *env)
{
    vb_pool_done(&env->exchanges);
    vb_pool_done(&env->output_blocks);
    vb_pool_done(&env->arena_blocks);
    vb_heap_done(&env->heap);
}

void vb_env_set_now(struct vb_env *env, int64_t mono_ms, int64_t unix_ms)
{
    struct vb_now *now = &env->now;

    if (now->date[0] == '\0' || now->unix_ms / 1000 != unix_ms / 1000) {
        vb_date_format(unix_ms / 1000, now->date);
        now->date[VB_DATE_LEN] = '\0';
    }
    now->mono_ms = mono_ms;
    now->unix_ms = unix_ms;
}

struct vb_exchange *vb_exchange_new(struct vb_env *env)
{
    struct vb_exchange *x = vb_pool_take(&env->exchanges);

    if (x == NULL)
        return NULL;
    /* All but two arrays that are filled before they are looked at. */
    memset(x, 0, offsetof(struct vb_exchange, head.fields.last));
    memset(&x->verdict, 0,
           offsetof(struct vb_exchange, walk.trace) -
               offsetof(struct vb_exchange, verdict));
    memset(&x->site, 0, sizeof(*x) - offsetof(struct vb_exchange, site));
    vb_arena_init_pooled(&x->arena, &env->arena_blocks, ARENA_LIMIT);
    x->env = env;
    x->offer = -1;
    x->accept = -1;
    x->begun_ms = env->now.mono_ms;
    return x;
}

/* One that never got a carrier was never begun, and an inner one is not the
 * service's. */
static bool is_of_service(const struct vb_exchange *x)
{
    return x->carrier != NULL && x->carrier->gone == NULL;
}

static void give_back(struct vb_exchange *x)
{
    const struct vb_carrier *carrier = x->carrier;
    void *carrier_data = x->carrier_data;
    struct vb_env *env = x->env;

    if (x->sink != NULL && x->sink->close != NULL)
        x->sink->close(x->sink);
    if (x->state_done != NULL)
        x->state_done(x);
    if (x->once != NULL)
        x->once->done(x);
    if (x->asking_done != NULL)
        x->asking_done(x);
    vb_buf_done(&x->content);
    vb_rep_unref(x->reply.rep);
    vb_rep_unref(x->current);
    if (is_of_service(x) && env->service->gone != NULL)
        env->service->gone(env->service, x);
    vb_arena_done(&x->arena);
    vb_pool_give(&env->exchanges, x);
    if (carrier != NULL && carrier->gone != NULL)
        carrier->gone(carrier_data);
}

void vb_exchange_release(struct vb_exchange *x)
{
    struct vb_env *env = x->env;

    if (is_of_service(x) && env->service->end != NULL)
        env->service->end(env->service, x);
    if (x->reply.source != NULL && x->reply.source->close != NULL)
        x->reply.source->close(x->reply.source);
    if (x->once != NULL && x->abandoned)
        (void)x->once->settled(x, 0); /* nobody waits */
    x->over = true;
    if (x->held > 0)
        x->peer = NULL;
    else
        give_back(x);
}

void vb_exchange_hold(struct vb_exchange *x)
{
    x->held++;
}

void vb_exchange_unhold(struct vb_exchange *x)
{
    vb_assert(x->held > 0);
    if (--x->held == 0 && x->over)
        give_back(x);
}

void vb_exchange_abandon(struct vb_exchange *x)
{
    struct vb_peer *peer;

    x->abandoned = true;
    if (!x->walk.waiting) {
        vb_exchange_release(x);
        return;
    }
    /* The peer dies with its connection; the log will ask for it. */
    peer = x->peer == NULL ? NULL : vb_arena_alloc(&x->arena, sizeof(*peer));
    if (peer != NULL)
        *peer = *x->peer;
    x->peer = peer;
    if (x->call_off != NULL)
        x->call_off(x);
}

void vb_reply_add(struct vb_exchange *x, struct vb_span name,
                  struct vb_span value)
{
    struct vb_reply *reply = &x->reply;

    if (reply->field_count == reply->field_cap) {
        uint16_t cap = (uint16_t)(reply->field_cap + 8);
        struct vb_field_out *fields =
            vb_arena_alloc(&x->arena, cap * sizeof(*fields));

        if (fields == NULL)
            return;
        if (reply->field_count > 0)
            memcpy(fields, reply->fields, reply->field_count * sizeof(*fields));
        reply->fields = fields;
        reply->field_cap = cap;
    }
    reply->fields[reply->field_count++] = (struct vb_field_out){name, value};
}
