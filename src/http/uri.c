/* Cutting URI references into components. See uri.h. */
#include "http/uri.h"

#include "http/uri_char.h"

/* The length of the scheme at the front of text, or 0 when there is none
 * (RFC 3986 section 3.1). */
static size_t scheme_len(struct vb_span text)
{
    size_t i = 0;

    while (i < text.len && vb__uri_is(text.ptr[i], VB__URI_SCHEME))
        i++;
    if (i == text.len || i == 0 || text.ptr[i] != ':')
        return 0;
    return vb_ascii_lower(text.ptr[0]) >= 'a' ? i : 0;
}

/* Takes what stands before the first of the characters in `stops`. */
static struct vb_span take_until(struct vb_span *rest, struct vb_span stops)
{
    size_t i = 0;
    struct vb_span taken;

    while (i < rest->len && vb_span_find(stops, rest->ptr[i], 0) < 0)
        i++;
    taken = vb_span_head(*rest, i);
    *rest = vb_span_from(*rest, i);
    return taken;
}

/* The component that starts with `mark`, or an undefined one. */
static struct vb_span take_marked(struct vb_span *rest, char mark,
                                  struct vb_span stops)
{
    if (rest->len == 0 || rest->ptr[0] != mark)
        return vb_span_of(NULL, 0);
    *rest = vb_span_from(*rest, 1);
    return take_until(rest, stops);
}

/* RFC 3986 section 4.2: "a:b" would be a scheme, so a first segment without
 * one must have no colon. */
static bool first_segment_is_clear(struct vb_span path)
{
    ssize_t colon = vb_span_find(path, ':', 0);
    ssize_t slash = vb_span_find(path, '/', 0);

    return colon < 0 || (slash >= 0 && slash < colon);
}

static bool is_valid(const struct vb_uri *uri)
{
    struct vb_authority ignored;

    if (uri->authority.ptr != NULL &&
        !vb_authority_parse(uri->authority, &ignored))
        return false;
    if (uri->scheme.ptr == NULL && uri->authority.ptr == NULL &&
        !first_segment_is_clear(uri->path))
        return false;
    return vb__uri_only(uri->path, VB__URI_PATH) &&
           vb__uri_only(uri->query, VB__URI_QUERY) &&
           vb__uri_only(uri->fragment, VB__URI_QUERY);
}

bool vb_uri_parse(struct vb_span text, struct vb_uri *ret_uri)
{
    struct vb_uri uri = {.scheme = {NULL, 0}};
    size_t n;

    if (text.len == 0)
        text.ptr = "";
    n = scheme_len(text);
    if (n > 0) {
        uri.scheme = vb_span_head(text, n);
        text = vb_span_from(text, n + 1);
    }
    if (vb_span_starts(text, VB_SPAN("//"))) {
        text = vb_span_from(text, 2);
        uri.authority = take_until(&text, VB_SPAN("/?#"));
    }
    uri.path = take_until(&text, VB_SPAN("?#"));
    uri.query = take_marked(&text, '?', VB_SPAN("#"));
    uri.fragment = take_marked(&text, '#', VB_SPAN(""));
    if (!is_valid(&uri))
        return false;
    *ret_uri = uri;
    return true;
}

bool vb_uri_is_http(const struct vb_uri *uri)
{
    struct vb_authority authority;

    if (!vb_span_ieq(uri->scheme, VB_SPAN("http")) &&
        !vb_span_ieq(uri->scheme, VB_SPAN("https")))
        return false;
    return uri->authority.ptr != NULL &&
           vb_authority_parse_host(uri->authority, &authority) &&
           authority.kind != VB_HOST_EMPTY;
}

bool vb_uri_same_origin(const struct vb_uri *a, const struct vb_uri *b)
{
    struct vb_authority of_a, of_b;

    if (a->scheme.ptr == NULL || !vb_span_ieq(a->scheme, b->scheme))
        return false;
    if (a->authority.ptr == NULL || b->authority.ptr == NULL)
        return false;
    if (!vb_authority_parse(a->authority, &of_a) ||
        !vb_authority_parse(b->authority, &of_b))
        return false;
    return of_a.kind != VB_HOST_EMPTY &&
           vb_authority_same(&of_a, &of_b, a->scheme);
}
