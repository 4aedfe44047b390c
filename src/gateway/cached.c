/* What is stored, and whether it may answer: the rows `kept` and `usable`. See
 * cached.h. */
#include "gateway/cached.h"

#include "base/buf.h"
#include "caching/disk.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/status.h"
#include "http/uri.h"

/* Bytes of a Cache-Status that is made here, with what came before it. */
#define STATUS_MOST ((size_t)4096)

/* Of the budget, what one response may have; and for so long is it known of a
 * URI that its responses are not for others. */
enum { SHARE = 8, REMEMBERED_MS = 10 * 1000 };
/* Less than that would keep nothing. */
#define BUDGET_LEAST ((size_t)1024 * 1024)

struct vb_caching_policy vb_gate_cache_policy(void)
{
    struct vb_caching_policy policy = vb_caching_policy_default;

    policy.partial = true;
    return policy;
}

static enum vb_err open_disk(struct vb_gate_cache *cache,
                             const struct vb_gate_cache_room *room,
                             struct vb_buf *ret_why)
{
    const struct vb_disk_config config = {.directory = room->directory,
                                          .budget = room->disk};

    return room->directory != NULL
               ? vb_disk_open(&config, ret_why, &cache->disk)
               : VB_OK;
}

enum vb_err vb_gate_cache_init(struct vb_gate_cache *cache,
                               const struct vb_gate_cache_room *room,
                               struct vb_buf *ret_why)
{
    size_t budget = room->memory > BUDGET_LEAST ? room->memory : BUDGET_LEAST;
    enum vb_err err;

    *cache = (struct vb_gate_cache){.policy = vb_gate_cache_policy()};
    err = open_disk(cache, room, ret_why);
    if (err != VB_OK)
        return err;
    cache->tier = vb_memory_new(&(struct vb_memory_config){
        .budget = budget, .max_response = budget / SHARE, .disk = cache->disk});
    cache->flights = cache->tier == NULL
                         ? NULL
                         : vb_flights_new(&(struct vb_flights_config){
                               .tier = cache->tier,
                               .max_response = budget / SHARE,
                               .max_in_flight = budget,
                               .memory_ms = REMEMBERED_MS});
    if (cache->flights != NULL)
        return VB_OK;
    vb_gate_cache_done(cache);
    return VB_ERR_NOMEM;
}

void vb_gate_cache_done(struct vb_gate_cache *cache)
{
    vb_flights_free(cache->flights);
    vb_memory_free(cache->tier);
    vb_disk_close(cache->disk);
    cache->flights = NULL;
    cache->tier = NULL;
    cache->disk = NULL;
}

/* --- finding it -------------------------------------------------------------
 */

bool vb__cached_is_written_so(const struct vb_cached *c)
{
    const struct vb_head *head = &c->x->head;
    struct vb_uri uri;

    return vb_uri_parse(c->key.uri, &uri) && vb_span_eq(uri.path, head->path) &&
           head->has_query == (uri.query.ptr != NULL) &&
           (!head->has_query || vb_span_eq(uri.query, head->query));
}

/* What is stored is asked for by its key, in whose normal form a gateway's own
 * URIs may be written; but a proxy changes no target (RFC 9110 section 7.7). */
static bool may_be_asked(const struct vb_cached *c)
{
    return vb__gate_of(c->x)->upstream != NULL || vb__cached_is_written_so(c);
}

bool vb__cached_key(struct vb_cached *c, struct vb_span digest)
{
    if (vb_caching_key_of(&c->x->arena, &c->x->head, digest, &c->key) &&
        may_be_asked(c))
        return true;
    c->key = (struct vb_caching_key){0};
    return false;
}

/* Content of a GET has no meaning, and is in no key (RFC 9110 section 9.3.1):
 * such a request is not for the cache. */
static bool find_key(struct vb_cached *c)
{
    const struct vb_head *head = &c->x->head;

    return (head->method == VB_METHOD_GET || head->method == VB_METHOD_HEAD) &&
           !head->has_content && head->protocol.len == 0 &&
           vb__cached_key(c, VB_SPAN(""));
}

static void judge(struct vb_cached *c)
{
    const struct vb_freshness *freshness =
        c->stored != NULL ? &c->stored->freshness : NULL;

    c->reuse =
        vb_reuse_judge(&c->asked, c->found, freshness, c->x->env->now.unix_ms);
}

void vb__cached_look(struct vb_cached *c)
{
    vb_stored_response_unref(c->stored);
    c->stored = NULL;
    c->found =
        vb_memory_find(c->cache->tier, &c->key, &c->x->head.fields, &c->stored);
    judge(c);
    if (c->found != VB_FOUND_ONE)
        vb__cached_look_for_part(c);
}

void vb__cached_brought(struct vb_cached *c, struct vb_stored_response *stored)
{
    vb_stored_response_unref(c->part);
    c->part = NULL;
    c->found = VB_FOUND_ONE;
    c->stored = stored;
    judge(c);
}

enum vb_answer vb__cached_kept(struct vb_cached *c)
{
    vb__cached_look(c);
    if (c->found == VB_FOUND_ONE)
        return VB_YES;
    return vb_memory_may_recall(c->cache->tier, &c->key) ? vb__cached_recall(c)
                                                         : VB_NO;
}

static void state_done(struct vb_exchange *x)
{
    vb__forward_done(x);
    vb__cached_done(x->state);
}

enum vb_answer vb__gate_kept(struct vb_exchange *x)
{
    const struct vb_gate_cache *cache = vb__gate_of(x)->options.cache;
    struct vb_cached *c;

    if (!vb__gate_stores(vb__gate_of(x)))
        return VB_NO;
    c = vb_arena_calloc(&x->arena, 1, sizeof(*c));
    if (c == NULL)
        return vb_reply_unavailable(x);
    c->x = x;
    c->cache = cache;
    c->policy = vb__gate_of(x)->options.policy != NULL
                    ? vb__gate_of(x)->options.policy
                    : &cache->policy;
    x->state = c;
    x->state_done = state_done;
    vb_asked_read(&x->head, &c->asked);
    if (!vb_reuse_possible(&c->asked, &c->reuse))
        return VB_NO;
    if (x->head.method == VB_METHOD_QUERY)
        return vb__cached_queried(c);
    return find_key(c) ? vb__cached_kept(c) : VB_NO;
}

void vb__cached_done(struct vb_cached *c)
{
    struct vb_alarms *alarms = c->x->env->alarms;

    alarms->cancel(alarms, &c->patience);
    vb_fill_close(c->fill); /* of whom nobody follows */
    vb_fill_reader_close(c->reader);
    vb_stored_response_unref(c->stored);
    vb_stored_response_unref(c->fresh);
    vb_stored_response_unref(c->part);
    for (size_t i = 0; i < c->validated.count; i++)
        vb_stored_response_unref(c->validated.at[i]);
    c->fill = NULL;
    c->reader = NULL;
    c->stored = c->fresh = c->part = NULL;
    c->validated.count = 0;
}

/* --- answering with it ------------------------------------------------------
 */

static struct vb_span status_text(struct vb_exchange *x, struct vb_span before,
                                  const struct vb_cache_status *status)
{
    char text[STATUS_MOST];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    vb_buf_append(&buf, before);
    if (before.len > 0)
        vb_buf_str(&buf, ", ");
    (void)vb_cache_status_write(&buf, status);
    return buf.err == VB_OK ? vb_arena_dup(&x->arena, vb_buf_span(&buf))
                            : VB_SPAN("");
}

void vb__cached_say(struct vb_cached *c, const struct vb_cache_status *status)
{
    vb_reply_field(c->x, VB_FIELD_CACHE_STATUS,
                   status_text(c->x, VB_SPAN(""), status));
}

/* Age tells that the origin has neither made nor validated it for this request
 * (RFC 9111 section 5.1). */
static bool tells_age(const struct vb_stored_response *response,
                      const struct vb_cache_status *status)
{
    return status->hit || status->collapsed ||
           response->freshness.initial_age_ms >= 1000 ||
           status->fwd_status >= VB_STATUS_INTERNAL_SERVER_ERROR;
}

static void say_age(struct vb_cached *c,
                    const struct vb_stored_response *response,
                    const struct vb_cache_status *status)
{
    struct vb_exchange *x = c->x;
    uint32_t age = vb_freshness_age(&response->freshness, x->env->now.unix_ms);
    char text[VB_DECIMAL_MAX];

    vb_reply_field(x, VB_FIELD_DATE,
                   vb_arena_dup(&x->arena, vb_stored_response_date(response)));
    if (tells_age(response, status))
        vb_reply_field(
            x, VB_FIELD_AGE,
            vb_arena_dup(&x->arena, vb_span_of(text, vb_decimal(age, text))));
}

/* A status other than 200 goes by what is stored alone: conditions and ranges
 * are about a representation (RFC 9110 section 13.2.1). */
static enum vb_answer serve_other(struct vb_cached *c,
                                  const struct vb_stored_response *response)
{
    struct vb_reply *reply = &c->x->reply;

    reply->foreign = true;
    reply->status = response->status;
    reply->rep = vb_rep_ref(response->rep);
    reply->rep_head = VB_HEAD_FULL;
    if (vb_exchange_is_head(c->x) ||
        !vb_status_has_content((int)response->status))
        return VB_HALT;
    reply->content = VB_CONTENT_REP;
    if (!response->rep->streamed)
        return VB_HALT;
    reply->source = vb__cached_stream(c->x, 0, response->rep->length);
    reply->content = VB_CONTENT_SOURCE;
    return VB_HALT;
}

enum vb_answer vb__cached_serve(struct vb_cached *c,
                                const struct vb_stored_response *response,
                                const struct vb_cache_status *status)
{
    struct vb_exchange *x = c->x;
    struct vb_cache_status said = *status;

    said.cache = vb__gate_of(x)->options.pseudonym;
    said.has_ttl = true;
    said.ttl = vb_freshness_ttl(&response->freshness, x->env->now.unix_ms);
    x->offer = -1; /* it was not negotiated here */
    say_age(c, response, status);
    vb_reply_field(x, VB_FIELD_CACHE_STATUS,
                   status_text(x, response->cache_status, &said));
    if (response->status != VB_STATUS_OK)
        return serve_other(c, response);
    x->current = vb_rep_ref(response->rep);
    x->selected = (struct vb_selected){
        .exists = true,
        .etag = response->rep->etag,
        .modified = response->rep->modified != VB_DATE_NONE
                        ? response->rep->modified
                        : response->freshness.date,
    };
    return VB_YES;
}

enum vb_answer vb__gate_usable(struct vb_exchange *x)
{
    struct vb_cached *c = x->state;
    const struct vb_cache_status status = {.hit = true};

    if (c->reuse.act != VB_REUSE_SERVE && c->reuse.act != VB_REUSE_SERVE_STALE)
        return VB_NO;
    if (c->reuse.act == VB_REUSE_SERVE_STALE)
        vb__cached_refresh(c);
    return vb__cached_serve(c, c->stored, &status);
}
