/* Where what is asked for lies on the other server, and the way back. */
#include "gateway/gate.h"

#include "base/buf.h"
#include "http/path.h"
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

/* The segments that have led here, with their slashes. */
static struct vb_span prefix_of(const struct vb_exchange *x,
                                const struct vb_gate *gate)
{
    size_t end = 0;

    for (size_t i = 0; i < gate->options.depth && end < x->key.len; i++) {
        ssize_t slash = vb_span_find(x->key, '/', end + 1);

        end = slash < 0 ? x->key.len : (size_t)slash;
    }
    return vb_span_head(x->key, end);
}

/* Is a segment of the path "." or "..", however it is written? */
static bool has_dots(struct vb_span path)
{
    struct vb_segments segments;
    struct vb_span segment;

    vb_segments_init(&segments, path);
    while (vb_segments_next(&segments, &segment)) {
        while (segment.len > 0) {
            struct vb_span dot = vb_span_head(segment, 3);

            if (segment.ptr[0] == '.')
                segment = vb_span_from(segment, 1);
            else if (vb_span_ieq(dot, VB_SPAN("%2e")))
                segment = vb_span_from(segment, 3);
            else
                break;
            if (segment.len == 0)
                return true;
        }
    }
    return false;
}

/* How the path came, unless its prefix came otherwise written than it is known,
 * or it goes up on its way, where it could leave the base: then its normal
 * form, which means the same (RFC 3986 section 6). */
static struct vb_span path_of(const struct vb_exchange *x,
                              const struct vb_gate *gate, struct vb_span prefix,
                              struct vb_span path)
{
    bool moves = gate->options.depth > 0 || gate->options.base.len > 0;

    return moves && (!has_prefix(path, prefix) || has_dots(path)) ? x->key
                                                                  : path;
}

struct vb_span vb__gate_target(struct vb_exchange *x,
                               const struct vb_gate *gate,
                               const struct vb_uri *by)
{
    const struct vb_head *head = &x->head;
    struct vb_span path = by != NULL ? by->path : head->path;
    struct vb_span query = by != NULL        ? by->query
                           : head->has_query ? head->query
                                             : vb_span_of(NULL, 0);
    struct vb_span prefix = prefix_of(x, gate);
    struct vb_buf buf;

    if (x->head.server_wide) /* of the server (RFC 9110 section 9.3.7) */
        return VB_SPAN("*");
    vb_buf_init(&buf, URI_MOST);
    append_moved(&buf, path_of(x, gate, prefix, path), prefix,
                 gate->options.base);
    if (query.ptr != NULL) {
        vb_buf_char(&buf, '?');
        vb_buf_append(&buf, query);
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
    append_moved(&buf, uri.path, options->base, prefix_of(x, gate));
    if (uri.query.ptr != NULL)
        vb_buf_printf(&buf, "?%.*s", VB_FMT(uri.query));
    if (uri.fragment.ptr != NULL)
        vb_buf_printf(&buf, "#%.*s", VB_FMT(uri.fragment));
    return take(x, &buf);
}

bool vb__gate_trusts(const struct vb_gate *gate, const struct vb_peer *peer)
{
    for (size_t i = 0; peer != NULL && i < gate->options.trusted_count; i++)
        if (vb_network_has(&gate->options.trusted[i], peer->ip))
            return true;
    return false;
}
