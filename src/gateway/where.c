/* Where what is asked for lies on the other server, and the way back. */
#include "gateway/gate.h"

#include "base/buf.h"
#include "http/uri.h"

/* Bytes of a URI that is made here. */
#define URI_MOST ((size_t)128 * 1024)

/* `prefix` is that of whole segments: "/api" of "/api" and "/api/x". */
static bool has_prefix(struct vb_span path, struct vb_span prefix)
{
    return vb_span_starts(path, prefix) &&
           (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

/* The path with `from` replaced by `to`; what does not begin so stays. */
static void append_moved(struct vb_buf *buf, struct vb_span path,
                         struct vb_span from, struct vb_span to)
{
    struct vb_span rest = path;

    if (has_prefix(path, from)) {
        rest = vb_span_from(path, from.len);
        vb_buf_append(buf, to);
    }
    if (rest.len == 0 && buf->len == 0)
        vb_buf_char(buf, '/');
    vb_buf_append(buf, rest);
}

static struct vb_span take(struct vb_exchange *x, struct vb_buf *buf)
{
    struct vb_span text = vb_span_of(NULL, 0);

    if (buf->err == VB_OK)
        text = vb_arena_dup(&x->arena, vb_buf_span(buf));
    vb_buf_done(buf);
    return text;
}

/* How the path came, unless its prefix came otherwise written than it is
 * known: then its normal form, which means the same (RFC 3986 section 6). */
static struct vb_span path_of(const struct vb_exchange *x,
                              const struct vb_gate *gate)
{
    return has_prefix(x->head.path, gate->options.prefix) ? x->head.path
                                                          : x->key;
}

struct vb_span vb__gate_target(struct vb_exchange *x,
                               const struct vb_gate *gate)
{
    const struct vb_gate_options *options = &gate->options;
    struct vb_buf buf;

    if (x->head.server_wide) /* of the server (RFC 9110 section 9.3.7) */
        return VB_SPAN("*");
    vb_buf_init(&buf, URI_MOST);
    append_moved(&buf, path_of(x, gate), options->prefix, options->base);
    if (x->head.has_query) {
        vb_buf_char(&buf, '?');
        vb_buf_append(&buf, x->head.query);
    }
    return take(x, &buf);
}

static bool is_of(const struct vb_uri *uri, struct vb_span scheme,
                  struct vb_span authority)
{
    struct vb_authority known, said;

    return uri->scheme.ptr != NULL && uri->authority.ptr != NULL &&
           vb_span_ieq(uri->scheme, scheme) &&
           vb_authority_parse_host(uri->authority, &said) &&
           vb_authority_parse_host(authority, &known) &&
           vb_authority_same(&said, &known, scheme);
}

/* Is the URI one of the server's, by its own name or by the one that clients
 * know? */
static bool is_its_own(const struct vb_exchange *x,
                       const struct vb_upstream_server *server,
                       struct vb_span scheme, const struct vb_uri *uri)
{
    return is_of(uri, scheme, server->authority) ||
           is_of(uri, x->head.scheme, x->head.authority);
}

struct vb_span vb__gate_location(struct vb_exchange *x,
                                 const struct vb_gate *gate,
                                 const struct vb_upstream_server *server,
                                 struct vb_span scheme, struct vb_span location)
{
    const struct vb_gate_options *options = &gate->options;
    struct vb_uri uri;
    struct vb_buf buf;
    bool own;

    if (!vb_uri_parse(location, &uri))
        return location;
    own = is_its_own(x, server, scheme, &uri);
    if ((!own && uri.authority.ptr != NULL) ||
        !vb_span_starts(uri.path, VB_SPAN("/")) ||
        !has_prefix(uri.path, options->base))
        return location;
    vb_buf_init(&buf, URI_MOST);
    if (own && x->head.authority.len > 0)
        vb_buf_printf(&buf, "%.*s://%.*s", VB_FMT(x->head.scheme),
                      VB_FMT(x->head.authority));
    append_moved(&buf, uri.path, options->base, options->prefix);
    if (uri.query.ptr != NULL)
        vb_buf_printf(&buf, "?%.*s", VB_FMT(uri.query));
    if (uri.fragment.ptr != NULL)
        vb_buf_printf(&buf, "#%.*s", VB_FMT(uri.fragment));
    return take(x, &buf);
}

static bool is_within(const struct vb_network *network, const uint8_t ip[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    return memcmp(network->ip, ip, whole) == 0 &&
           (rest == 0 || (network->ip[whole] ^ ip[whole]) >> (8 - rest) == 0);
}

bool vb__gate_trusts(const struct vb_gate *gate, const struct vb_peer *peer)
{
    for (size_t i = 0; peer != NULL && i < gate->options.trusted_count; i++)
        if (is_within(&gate->options.trusted[i], peer->ip))
            return true;
    return false;
}
