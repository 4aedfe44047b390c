/* What is known of upstreams beforehand. See upstream.h. */
#include "gateway/upstream.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "http/authority.h"
#include "http/uri.h"

const struct vb_upstream_options vb_upstream_options_default = {
    .balance = VB_BALANCE_ROUND_ROBIN,
    .protocol = VB_DIAL_HTTP,
    .call =
        {
            .head =
                {
                    .max_target = 64 * 1024,
                    .max_field = 64 * 1024,
                    .max_fields = 200,
                    .max_fields_size = 256 * 1024,
                },
            .head_timeout_ms = 60 * 1000,
            .idle_timeout_ms = 60 * 1000,
            .total_timeout_ms = 0,
        },
    .connect_timeout_ms = 5 * 1000,
    .wait_ms = 5 * 1000,
    .idle_ms = 60 * 1000,
    .max_connections = 256,
    .max_waiting = 1024,
    .max_failures = 3,
    .eject_ms = 5 * 1000,
    .probe_ms = 0,
};

static enum vb_err complain(struct vb_buf *why, struct vb_span uri,
                            const char *complaint)
{
    vb_buf_printf(why, "%.*s %s", VB_FMT(uri), complaint);
    return VB_ERR_SYNTAX;
}

/* NUL-terminated copies are kept in one list of the upstream's. */
struct text {
    struct text *next;
    char bytes[];
};

static char *keep(struct vb_upstream *upstream, struct vb_span s)
{
    struct text *text = malloc(sizeof(*text) + s.len + 1);

    if (text == NULL)
        return NULL;
    text->next = upstream->texts;
    upstream->texts = text;
    memcpy(text->bytes, s.ptr, s.len);
    text->bytes[s.len] = '\0';
    return text->bytes;
}

static void release(struct vb_upstream *upstream)
{
    struct text *text = upstream->texts;

    while (text != NULL) {
        struct text *next = text->next;

        free(text);
        text = next;
    }
    if (upstream->tls != NULL)
        upstream->release_tls(upstream->tls);
    free(upstream);
}

static enum vb_err add_unix(struct vb_upstream *upstream,
                            struct vb_upstream_server *server,
                            struct vb_span path)
{
    server->endpoint.path = keep(upstream, path);
    server->authority = VB_SPAN("localhost");
    return server->endpoint.path != NULL ? VB_OK : VB_ERR_NOMEM;
}

static enum vb_err add_host(struct vb_upstream *upstream,
                            struct vb_upstream_server *server,
                            const struct vb_uri *uri)
{
    struct vb_authority authority;
    struct vb_span host;
    char *text = keep(upstream, uri->authority);

    if (text == NULL)
        return VB_ERR_NOMEM;
    server->authority = vb_span_of(text, uri->authority.len);
    if (!vb_authority_parse_host(server->authority, &authority))
        return VB_ERR_SYNTAX;
    host = authority.host;
    if (authority.kind == VB_HOST_IPV6)
        host = vb_span_of(host.ptr + 1, host.len - 2);
    server->endpoint.host = keep(upstream, host);
    server->endpoint.port =
        (uint16_t)vb_authority_port(&authority, uri->scheme);
    return server->endpoint.host != NULL ? VB_OK : VB_ERR_NOMEM;
}

static enum vb_err add(struct vb_upstream *upstream, struct vb_span text,
                       const struct vb_tls_outward *tls, struct vb_buf *why)
{
    static const struct vb_span local = VB_SPAN_INIT("unix:");
    struct vb_upstream_server *server =
        &upstream->servers[upstream->server_count];
    struct vb_span scheme = VB_SPAN("http");
    struct vb_uri uri;
    enum vb_err err;

    if (vb_span_starts(text, local)) {
        err = add_unix(upstream, server, vb_span_from(text, local.len));
    } else {
        if (!vb_uri_parse(text, &uri) || !vb_uri_is_http(&uri))
            return complain(why, text, "is no http or https URI");
        if (vb_span_ieq(uri.scheme, VB_SPAN("https")))
            scheme = VB_SPAN("https");
        err = add_host(upstream, server, &uri);
    }
    if (err != VB_OK)
        return err;
    if (upstream->server_count > 0 && !vb_span_eq(scheme, upstream->scheme))
        return complain(why, text, "has another scheme than the one before it");
    upstream->scheme = scheme;
    server->endpoint.protocol = upstream->options.protocol;
    server->endpoint.tls = vb_span_eq(scheme, VB_SPAN("https")) ? tls : NULL;
    server->hash = vb_hash(&vb_hash_key_fixed, text);
    upstream->server_count++;
    return VB_OK;
}

enum vb_err vb_upstream_new(const struct vb_span *uris, size_t count,
                            const struct vb_upstream_options *options,
                            const struct vb_tls_outward *tls,
                            struct vb_upstream **ret_upstream,
                            struct vb_buf *ret_why)
{
    struct vb_upstream *upstream;
    enum vb_err err = VB_OK;

    if (count == 0 || count > VB_UPSTREAM_SERVERS_MOST) {
        vb_buf_printf(ret_why, "an upstream has 1 to %d servers",
                      VB_UPSTREAM_SERVERS_MOST);
        return VB_ERR_SYNTAX;
    }
    upstream =
        calloc(1, sizeof(*upstream) + count * sizeof(upstream->servers[0]));
    if (upstream == NULL)
        return VB_ERR_NOMEM;
    vb_ref_init(&upstream->ref);
    upstream->options = *options;
    if (options->probe_target != NULL) {
        upstream->options.probe_target =
            keep(upstream, vb_span_str(options->probe_target));
        if (upstream->options.probe_target == NULL)
            err = VB_ERR_NOMEM;
    }
    for (size_t i = 0; i < count && err == VB_OK; i++)
        err = add(upstream, uris[i], tls, ret_why);
    if (err != VB_OK)
        vb_upstream_unref(upstream);
    else
        *ret_upstream = upstream;
    return err;
}

static bool is_secure(const struct vb_upstream *upstream)
{
    return vb_span_eq(upstream->scheme, VB_SPAN("https"));
}

bool vb_upstream_lacks_tls(const struct vb_upstream *upstream)
{
    return is_secure(upstream) && upstream->servers[0].endpoint.tls == NULL;
}

void vb_upstream_secure(struct vb_upstream *upstream,
                        const struct vb_tls_outward *tls,
                        void (*release_tls)(const struct vb_tls_outward *tls))
{
    vb_assert(vb_upstream_lacks_tls(upstream));
    upstream->tls = tls;
    upstream->release_tls = release_tls;
    for (size_t i = 0; i < upstream->server_count; i++)
        upstream->servers[i].endpoint.tls = tls;
}

struct vb_upstream *vb_upstream_ref(struct vb_upstream *upstream)
{
    vb_ref_get(&upstream->ref);
    return upstream;
}

void vb_upstream_unref(struct vb_upstream *upstream)
{
    if (upstream != NULL && vb_ref_put(&upstream->ref))
        release(upstream);
}
