/*
 * The cache of other servers' answers, as its operator sees it:
 *
 *     GET /cache                           how it fares
 *     DELETE /cache                        forgets everything
 *     DELETE /cache?uri=URI                all variants of what is there
 *     DELETE /cache?origin=ORIGIN&group=G  a group of an origin (RFC 9875)
 *
 * What is forgotten is so from then on, also what is on its way.
 */
#include <inttypes.h>

#include "caching/disk.h"
#include "caching/key.h"
#include "caching/memory.h"
#include "http/origin.h"
#include "http/query.h"
#include "http/uri.h"
#include "server/admin.h"

/* Bytes that reading a request's query takes. */
#define QUERY_MOST ((size_t)256 * 1024)

static int no_cache(struct vb_response *response)
{
    vb_response_printf(response, "This server keeps nothing of others.");
    return VB_STATUS_NOT_FOUND;
}

static void show_disk(struct vb_memory_tier *tier, struct vb_response *response)
{
    struct vb_disk_stats stats;

    if (!vb_memory_disk_stats(tier, &stats))
        return;
    vb_response_printf(response,
                       ",\"disk\":{\"responses\":%zu,\"bytes\":%" PRIu64
                       ",\"stored\":%" PRIu64 ",\"loaded\":%" PRIu64
                       ",\"dropped\":%" PRIu64 ",\"off\":%s}",
                       stats.responses, stats.bytes, stats.stored, stats.loaded,
                       stats.dropped, stats.off ? "true" : "false");
}

static int show(void *self, const struct vb_request *request,
                struct vb_response *response)
{
    const struct vb__admin_cache *cache = self;
    struct vb_memory_stats stats;

    (void)request;
    if (cache->tier == NULL)
        return no_cache(response);
    stats = vb_memory_stats(cache->tier);
    vb_response_printf(response,
                       "{\"responses\":%zu,\"bytes\":%zu,\"hits\":%" PRIu64
                       ",\"misses\":%" PRIu64 ",\"stored\":%" PRIu64
                       ",\"evicted\":%" PRIu64 ",\"invalidated\":%" PRIu64,
                       stats.responses, stats.bytes, stats.hits, stats.misses,
                       stats.stored, stats.evicted, stats.invalidated);
    show_disk(cache->tier, response);
    vb_response_printf(response, "}");
    return VB_STATUS_OK;
}

/* --- what is to be forgotten ------------------------------------------------
 */

/* What a query says; ptr NULL where it does not. */
struct wanted {
    struct vb_span uri, origin, group;
};

/* Everything would be much for a slip of the pen: what is not known, or there
 * twice, is nothing. */
static bool read_query(struct vb_arena *arena, struct vb_span text,
                       struct wanted *ret)
{
    const struct {
        const char *name;
        struct vb_span *value;
    } members[] = {
        {"uri", &ret->uri}, {"origin", &ret->origin}, {"group", &ret->group}};
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, arena, text);
    while (vb_query_next(&query, &pair)) {
        struct vb_span *into = NULL;

        for (size_t i = 0; i < 3; i++)
            if (vb_span_eq(pair.name, vb_span_str(members[i].name)))
                into = members[i].value;
        if (into == NULL || into->ptr != NULL || pair.value.len == 0)
            return false;
        *into = pair.value;
    }
    return query.err == VB_OK;
}

/* An absolute http or https URI as keys have it. */
static bool normal_form(struct vb_arena *arena, struct vb_span text,
                        struct vb_span *ret_uri)
{
    struct vb_uri uri;

    return vb_uri_parse(text, &uri) && vb_uri_is_http(&uri) &&
           vb_caching_uri_beside(arena, VB_SPAN("http://localhost/"), text,
                                 ret_uri);
}

static bool normal_origin(struct vb_arena *arena, struct vb_span text,
                          struct vb_span *ret_origin)
{
    struct vb_span uri;

    if (!vb_origin_valid(text) || !normal_form(arena, text, &uri))
        return false;
    *ret_origin = vb_caching_origin(uri);
    return true;
}

/* False: it says nothing that could be forgotten. */
static bool forget(struct vb_memory_tier *tier, struct vb_arena *arena,
                   const struct wanted *wanted)
{
    struct vb_span name;

    if (wanted->uri.ptr != NULL) {
        if (wanted->origin.ptr != NULL || wanted->group.ptr != NULL ||
            !normal_form(arena, wanted->uri, &name))
            return false;
        vb_memory_purge(tier, name);
        return true;
    }
    if (wanted->group.ptr == NULL || wanted->origin.ptr == NULL ||
        !normal_origin(arena, wanted->origin, &name))
        return false;
    vb_memory_purge_group(tier, name, wanted->group);
    return true;
}

static int purge(void *self, const struct vb_request *request,
                 struct vb_response *response)
{
    struct vb_memory_tier *tier = ((const struct vb__admin_cache *)self)->tier;
    struct vb_span query = vb_request_query(request);
    struct wanted wanted = {.uri = {.ptr = NULL}};
    struct vb_arena arena;
    bool good;

    if (tier == NULL)
        return no_cache(response);
    if (query.ptr == NULL) {
        vb_memory_purge_all(tier);
        return VB_STATUS_NO_CONTENT;
    }
    vb_arena_init(&arena, 4096, QUERY_MOST);
    good = read_query(&arena, query, &wanted) && forget(tier, &arena, &wanted);
    vb_arena_done(&arena);
    if (good)
        return VB_STATUS_NO_CONTENT;
    vb_response_printf(response,
                       "What is forgotten is everything, ?uri=URI (absolute, "
                       "http or https), or ?origin=ORIGIN&group=NAME.");
    return VB_STATUS_BAD_REQUEST;
}

const struct vb_handler vb__admin_cache_handler = {
    .media_type = "application/json",
    .get = show,
    .del = purge,
};
