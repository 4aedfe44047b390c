/* Resolving, relating and normalising URIs (RFC 3986 sections 5 and 6). */
#include "http/uri.h"

#include "http/path.h"
#include "http/path_inner.h"
#include "http/uri_char.h"

/* An upper bound for what recompose writes, delimiters included. */
static size_t text_max(const struct vb_uri *uri)
{
    return uri->scheme.len + uri->authority.len + uri->path.len +
           uri->query.len + uri->fragment.len + sizeof(":///.?#:65535");
}

static void append_marked(struct vb_buf *buf, const char *mark,
                          struct vb_span component)
{
    if (component.ptr == NULL)
        return;
    vb_buf_str(buf, mark);
    vb_buf_append(buf, component);
}

/* RFC 3986 section 5.3, and its gap: without an authority a path that starts
 * with "//" would be read as one, so "/." goes before it. */
static void recompose(struct vb_buf *buf, const struct vb_uri *uri)
{
    if (uri->scheme.ptr != NULL) {
        vb_buf_append(buf, uri->scheme);
        vb_buf_char(buf, ':');
    }
    append_marked(buf, "//", uri->authority);
    if (uri->authority.ptr == NULL && vb_span_starts(uri->path, VB_SPAN("//")))
        vb_buf_str(buf, "/.");
    vb_buf_append(buf, uri->path);
    append_marked(buf, "?", uri->query);
    append_marked(buf, "#", uri->fragment);
}

static enum vb_err recompose_in(struct vb_arena *arena,
                                const struct vb_uri *uri,
                                struct vb_span *ret_text)
{
    size_t max = text_max(uri);
    char *memory = vb_arena_alloc(arena, max);
    struct vb_buf buf = vb_buf_over(memory, max);

    if (memory == NULL)
        return VB_ERR_NOMEM;
    recompose(&buf, uri);
    *ret_text = vb_buf_span(&buf);
    return VB_OK;
}

/* RFC 3986 section 5.2.3: what of base's path stands before the reference's. */
static struct vb_span merge_prefix(const struct vb_uri *base,
                                   const struct vb_uri *reference)
{
    size_t len = base->path.len;

    if (reference->path.ptr[0] == '/')
        return VB_SPAN("");
    if (base->authority.ptr != NULL && len == 0)
        return VB_SPAN("/");
    while (len > 0 && base->path.ptr[len - 1] != '/')
        len--;
    return vb_span_head(base->path, len);
}

/* prefix and path as one, without dot segments. */
static bool join_path(struct vb_arena *arena, struct vb_span prefix,
                      struct vb_span path, struct vb_span *ret_path)
{
    size_t len = prefix.len + path.len;
    char *memory = vb_arena_alloc(arena, len);
    struct vb_buf buf = vb_buf_over(memory, len);

    if (memory == NULL)
        return false;
    vb_buf_append(&buf, prefix);
    vb_buf_append(&buf, path);
    *ret_path = vb_span_of(memory, vb__path_remove_dots(memory, buf.len));
    return true;
}

enum vb_err vb_uri_resolve(struct vb_arena *arena, const struct vb_uri *base,
                           const struct vb_uri *reference,
                           struct vb_span *ret_text)
{
    struct vb_uri target = *reference;

    if (base->scheme.ptr == NULL)
        return VB_ERR_INVALID;
    if (reference->scheme.ptr != NULL || reference->authority.ptr != NULL) {
        if (!join_path(arena, VB_SPAN(""), reference->path, &target.path))
            return VB_ERR_NOMEM;
    } else if (reference->path.len == 0) {
        target.path = base->path;
        if (reference->query.ptr == NULL)
            target.query = base->query;
    } else if (!join_path(arena, merge_prefix(base, reference), reference->path,
                          &target.path)) {
        return VB_ERR_NOMEM;
    }
    if (reference->scheme.ptr == NULL) {
        target.scheme = base->scheme;
        if (reference->authority.ptr == NULL)
            target.authority = base->authority;
    }
    return recompose_in(arena, &target, ret_text);
}

/* How long the common directory of two absolute paths is, its slash included.
 */
static size_t common_directory(struct vb_span a, struct vb_span b)
{
    size_t common = 0;

    for (size_t i = 0; i < a.len && i < b.len && a.ptr[i] == b.ptr[i]; i++)
        if (a.ptr[i] == '/')
            common = i + 1;
    return common;
}

/* Would `rest`, first in a reference, be read as something else: nothing, a
 * path from the root, a scheme? */
static bool needs_dot(struct vb_span rest)
{
    size_t i = 0;

    if (rest.len == 0 || rest.ptr[0] == '/')
        return true;
    while (i < rest.len && rest.ptr[i] != '/' && rest.ptr[i] != ':')
        i++;
    return i < rest.len && rest.ptr[i] == ':';
}

/* Appends the way from base's directory to target by way of "../". */
static void append_way(struct vb_buf *buf, struct vb_span base,
                       struct vb_span target)
{
    size_t common = common_directory(base, target);
    struct vb_span rest = vb_span_from(target, common);

    if (vb_span_find(base, '/', common) < 0 && needs_dot(rest))
        vb_buf_str(buf, "./");
    for (size_t i = common; i < base.len; i++)
        if (base.ptr[i] == '/')
            vb_buf_str(buf, "../");
    vb_buf_append(buf, rest);
}

/* The shorter of the path from the root and the way from base; the way alone
 * where the former would start with an authority's slashes. */
static enum vb_err relate_path(struct vb_arena *arena, struct vb_span base,
                               struct vb_span target, struct vb_span *ret_path)
{
    size_t max = 3 * base.len + target.len + 2;
    char *memory = vb_arena_alloc(arena, max);
    struct vb_buf buf = vb_buf_over(memory, max);

    if (memory == NULL)
        return VB_ERR_NOMEM;
    append_way(&buf, base, target);
    *ret_path = target;
    if (buf.len < target.len || vb_span_starts(target, VB_SPAN("//")))
        *ret_path = vb_buf_span(&buf);
    return VB_OK;
}

static bool is_rooted(const struct vb_uri *uri)
{
    return uri->scheme.ptr != NULL && uri->authority.ptr != NULL &&
           uri->path.len > 0;
}

enum vb_err vb_uri_relate(struct vb_arena *arena, const struct vb_uri *base,
                          const struct vb_uri *target, struct vb_span *ret_text)
{
    struct vb_uri reference = *target;
    enum vb_err err;

    if (!is_rooted(base) || !is_rooted(target))
        return VB_ERR_INVALID;
    if (vb_span_ieq(base->scheme, target->scheme)) {
        reference.scheme = vb_span_of(NULL, 0);
        if (vb_span_eq(base->authority, target->authority)) {
            reference.authority = vb_span_of(NULL, 0);
            err = relate_path(arena, base->path, target->path, &reference.path);
            if (err != VB_OK)
                return err;
        }
    }
    return recompose_in(arena, &reference, ret_text);
}

static void append_lower(struct vb_buf *buf, struct vb_span s)
{
    char *at = vb_buf_reserve(buf, s.len);

    if (at == NULL)
        return;
    for (size_t i = 0; i < s.len; i++)
        at[i] = vb_ascii_lower(s.ptr[i]);
    buf->len += s.len;
}

/* A name in lower case, but for its escapes; other hosts in lower case. */
static bool append_host(struct vb_buf *buf, struct vb_span host)
{
    size_t from = buf->len;

    if (host.len > 0 && host.ptr[0] == '[') {
        append_lower(buf, host);
        return true;
    }
    if (!vb__uri_append_normal(buf, host, VB__URI_REG_NAME))
        return false;
    for (size_t i = from; i < buf->len; i++) {
        if (buf->ptr[i] == '%')
            i += 2;
        else
            buf->ptr[i] = vb_ascii_lower(buf->ptr[i]);
    }
    return true;
}

/* Is it a name or an IPv4 address in its normal form, with a port that is said
 * as it must be, or none? Most are, and are seen to be so at a glance. */
static bool is_normal(struct vb_span authority, struct vb_span scheme)
{
    size_t at = 0, first;
    int port = 0;

    while (at < authority.len &&
           vb__uri_is(authority.ptr[at], VB__URI_UNRESERVED) &&
           authority.ptr[at] == vb_ascii_lower(authority.ptr[at]))
        at++;
    if (at == authority.len || at == 0 || authority.ptr[at] != ':')
        return at == authority.len;
    first = ++at;
    while (at < authority.len && authority.ptr[at] >= '0' &&
           authority.ptr[at] <= '9' && at < first + 4)
        port = 10 * port + (authority.ptr[at++] - '0');
    return at == authority.len && at > first && authority.ptr[first] != '0' &&
           port != vb_scheme_port(scheme);
}

static bool append_authority(struct vb_buf *buf, const struct vb_uri *uri)
{
    struct vb_authority authority;

    if (uri->authority.ptr == NULL)
        return true;
    if (is_normal(uri->authority, uri->scheme)) {
        vb_buf_str(buf, "//");
        vb_buf_append(buf, uri->authority);
        return true;
    }
    if (!vb_authority_parse(uri->authority, &authority))
        return false;
    vb_buf_str(buf, "//");
    if (authority.userinfo.ptr != NULL) {
        if (!vb__uri_append_normal(buf, authority.userinfo, VB__URI_USERINFO))
            return false;
        vb_buf_char(buf, '@');
    }
    if (!append_host(buf, authority.host))
        return false;
    if (authority.port != VB_PORT_NONE &&
        authority.port != vb_scheme_port(uri->scheme)) {
        vb_buf_char(buf, ':');
        vb_buf_i64(buf, authority.port);
    }
    return true;
}

static bool append_normal(struct vb_buf *buf, const struct vb_uri *uri,
                          struct vb_span path)
{
    append_lower(buf, uri->scheme);
    vb_buf_char(buf, ':');
    if (!append_authority(buf, uri))
        return false;
    if (uri->authority.ptr == NULL && vb_span_starts(path, VB_SPAN("//")))
        vb_buf_str(buf, "/.");
    vb_buf_append(buf, path);
    if (uri->query.ptr == NULL)
        return true;
    vb_buf_char(buf, '?');
    return vb__uri_append_normal(buf, uri->query, VB__URI_QUERY);
}

enum vb_err vb_uri_normalise(struct vb_arena *arena, const struct vb_uri *uri,
                             struct vb_span *ret_text)
{
    size_t max = text_max(uri);
    struct vb_span path;
    struct vb_buf buf;
    char *memory;
    enum vb_err err;

    if (uri->scheme.ptr == NULL ||
        (uri->path.len > 0 && uri->path.ptr[0] != '/') ||
        (uri->path.len == 0 && uri->authority.ptr == NULL))
        return VB_ERR_INVALID;
    err = vb_path_normalise(arena, uri->path, &path);
    if (err != VB_OK)
        return err;
    memory = vb_arena_alloc(arena, max);
    if (memory == NULL)
        return VB_ERR_NOMEM;
    buf = vb_buf_over(memory, max);
    if (!append_normal(&buf, uri, path))
        return VB_ERR_SYNTAX;
    *ret_text = vb_buf_span(&buf);
    return VB_OK;
}
