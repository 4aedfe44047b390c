/* A server's gateways. See gateways.h. */
#include "server/gateways.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "gateway/upstream.h"
#include "http/authority.h"
#include "http/chars.h"
#include "resource/gateway.h"
#include "tls/outward.h"

/*
 * Who has the same name cannot stand behind the other: each would take the
 * other's requests for its own coming back. So it is drawn, unless somebody
 * says one; and a machine's name is nobody's business.
 */
static void draw_name(char *name, size_t size)
{
    uint32_t drawn = 0;

    if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != sizeof(drawn))
        drawn = (uint32_t)(uintptr_t)name;
    snprintf(name, size, "verbatim-%08x", drawn);
}

void vb_gateways_init(struct vb_gateways *gateways)
{
    const struct vb_upstream_options *usual = &vb_upstream_options_default;

    *gateways = (struct vb_gateways){
        .rest =
            {
                .connect_ms = usual->connect_timeout_ms,
                .head_ms = usual->call.head_timeout_ms,
                .idle_ms = usual->call.idle_timeout_ms,
                .total_ms = usual->call.total_timeout_ms,
                .max_connections = usual->max_connections,
            },
    };
    gateways->room.memory = (size_t)64 * 1024 * 1024;
    draw_name(gateways->pseudonym, sizeof(gateways->pseudonym));
}

static bool is_secure(struct vb_span origin)
{
    return vb_span_ieq(vb_span_head(origin, 6), VB_SPAN("https:"));
}

/* What is wrong with it beside those before it; NULL: nothing. */
static const char *fits(const struct vb_gateway *rest, struct vb_span origin,
                        struct vb_span base)
{
    if (rest->server_count == VB_GATEWAYS_URLS_MOST)
        return "is one more than there may be";
    if (rest->server_count == 0)
        return NULL;
    if (is_secure(origin) != rest->secure)
        return "has another scheme than the one before it";
    return vb_span_eq(base, rest->base)
               ? NULL
               : "has another path than the one before it";
}

enum vb_err vb_gateways_add(struct vb_gateways *gateways, const char *url,
                            struct vb_buf *ret_why)
{
    struct vb_gateway *rest = &gateways->rest;
    char *copy = strdup(url);
    struct vb_span origin, base;
    const char *why;

    if (copy == NULL)
        return VB_ERR_NOMEM;
    why = vb_gateway_cut(vb_span_str(copy), &origin, &base);
    if (why == NULL)
        why = fits(rest, origin, base);
    if (why != NULL) {
        vb_buf_printf(ret_why, "%s %s", url, why);
        free(copy);
        return VB_ERR_INVALID;
    }
    rest->base = base;
    rest->secure = is_secure(origin);
    rest->servers = gateways->urls;
    gateways->urls[rest->server_count++] = origin;
    return VB_OK;
}

bool vb_gateways_name_valid(struct vb_span name)
{
    struct vb_authority authority;

    return name.len > 0 &&
           name.len < sizeof(((struct vb_gateways *)0)->pseudonym) &&
           (vb_token_valid(name) || vb_authority_parse_host(name, &authority));
}

static const struct vb_tls_outward *secure(const struct vb_gateway_tls *tls,
                                           struct vb_buf *ret_why)
{
    const struct vb_tls_outward_sources sources = {
        .ca = tls->ca,
        .insecure = tls->insecure,
        .server_name = tls->server_name,
        .certificate = tls->certificate,
        .key = tls->key,
    };
    struct vb_tls_outward *outward;

    return vb_tls_outward_new(&sources, &outward, ret_why) == VB_OK ? outward
                                                                    : NULL;
}

static void release(const struct vb_tls_outward *tls)
{
    vb_tls_outward_unref((struct vb_tls_outward *)tls);
}

enum vb_err vb_gateways_open(const struct vb_gateways *gateways,
                             struct vb_catalog *catalog, struct vb_notes *notes)
{
    const struct vb_gateway_setup setup = {
        .pseudonym = vb_span_str(gateways->pseudonym),
        .trusted = gateways->trusted,
        .trusted_count = gateways->trusted_count,
        .cache = &gateways->cache,
        .auditor = vb_auditing_auditor(gateways->auditing),
        .secure = secure,
        .release = release,
    };
    enum vb_err err = VB_OK;

    if (gateways->rest.server_count > 0 &&
        (!gateways->describes || gateways->rest.passes))
        err = vb_catalog_serve_gateway(catalog, &gateways->rest);
    return err == VB_OK ? vb_catalog_open_gateways(catalog, &setup, notes)
                        : err;
}

/* What a reload brings must not wait for a disk: that is ready from the start.
 */
enum vb_err vb_gateways_store(struct vb_gateways *gateways, bool forwards,
                              struct vb_buf *ret_why)
{
    const struct vb_gate_cache_room *room = &gateways->room;

    if (gateways->cache.tier != NULL || room->memory == 0 ||
        (!forwards && room->directory == NULL))
        return VB_OK;
    return vb_gate_cache_init(&gateways->cache, room, ret_why);
}

bool vb_gateways_audit(struct vb_gateways *gateways,
                       const struct vb_redaction *redaction)
{
    gateways->auditing = vb_auditing_new(redaction);
    return gateways->auditing != NULL;
}

void vb_gateways_done(struct vb_gateways *gateways)
{
    vb_auditing_free(gateways->auditing);
    gateways->auditing = NULL;
    vb_gate_cache_done(&gateways->cache);
    for (size_t i = 0; i < gateways->rest.server_count; i++)
        free((char *)gateways->urls[i].ptr);
    gateways->rest.server_count = 0;
}
