/* Writing Set-Cookie. See cookie.h. */
#include "http/chars.h"
#include "http/cookie.h"
#include "http/date.h"

enum {
    PAIR_MAX = 4096,      /* name and value, octets (RFC 6265bis section 5.6) */
    ATTRIBUTE_MAX = 1024, /* an attribute's value (the same) */
    DOMAIN_MAX = 253,
    LABEL_MAX = 63,
};

/* cookie-octet: VCHAR but for `"`, `,`, `;` and `\` (section 4.1.1). */
static bool is_cookie_octet(char c)
{
    return vb_char_is(c, VB_CHAR_VCHAR) && c != '"' && c != ',' && c != ';' &&
           c != '\\';
}

/* cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE ) */
static bool is_value(struct vb_span value)
{
    if (value.len >= 2 && value.ptr[0] == '"' &&
        value.ptr[value.len - 1] == '"')
        value = vb_span_of(value.ptr + 1, value.len - 2);
    for (size_t i = 0; i < value.len; i++)
        if (!is_cookie_octet(value.ptr[i]))
            return false;
    return true;
}

static bool is_path(struct vb_span path)
{
    if (path.len > ATTRIBUTE_MAX || path.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] == ';' ||
            (path.ptr[i] != ' ' && !vb_char_is(path.ptr[i], VB_CHAR_VCHAR)))
            return false;
    /* A user agent would trim it. */
    return path.ptr[path.len - 1] != ' ';
}

static bool is_label(struct vb_span label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] != '-' &&
            !vb_char_is(label.ptr[i], VB_CHAR_ALPHA | VB_CHAR_DIGIT))
            return false;
    return true;
}

/* domain-value = subdomain (RFC 1034 section 3.5, RFC 1123 section 2.1): no
 * dot at either end. */
static bool is_domain(struct vb_span domain)
{
    size_t from = 0;

    if (domain.len > DOMAIN_MAX)
        return false;
    for (;;) {
        ssize_t dot = vb_span_find(domain, '.', from);
        size_t end = dot < 0 ? domain.len : (size_t)dot;

        if (!is_label(vb_span_of(domain.ptr + from, end - from)))
            return false;
        if (dot < 0)
            return true;
        from = end + 1;
    }
}

/* What a prefix of the name promises. "__Host-Http-" is held to both rows
 * that it begins with. */
static const struct {
    struct vb_span prefix;
    bool http_only;
    bool host; /* Path=/ and no Domain */
} promises[] = {
    {VB_SPAN_INIT("__Secure-"), false, false},
    {VB_SPAN_INIT("__Http-"), true, false},
    {VB_SPAN_INIT("__Host-"), false, true},
    {VB_SPAN_INIT("__Host-Http-"), true, true},
};

static bool keeps_promises(const struct vb_set_cookie *cookie)
{
    for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
        struct vb_span prefix = promises[i].prefix;

        if (!vb_span_ieq(vb_span_head(cookie->name, prefix.len), prefix))
            continue;
        if (!cookie->secure || (promises[i].http_only && !cookie->http_only))
            return false;
        if (promises[i].host &&
            (cookie->domain.len > 0 || !vb_span_eq(cookie->path, VB_SPAN("/"))))
            return false;
    }
    return true;
}

static bool is_valid(const struct vb_set_cookie *cookie)
{
    if (!vb_token_valid(cookie->name) || !is_value(cookie->value) ||
        cookie->name.len > PAIR_MAX ||
        cookie->value.len > PAIR_MAX - cookie->name.len)
        return false;
    if (cookie->path.len > 0 && !is_path(cookie->path))
        return false;
    if (cookie->domain.len > 0 && !is_domain(cookie->domain))
        return false;
    if (cookie->life == VB_COOKIE_MAX_AGE && cookie->seconds < 1)
        return false;
    if (!cookie->secure &&
        (cookie->partitioned || cookie->same_site == VB_SAME_SITE_NONE))
        return false;
    return keeps_promises(cookie);
}

static void write_expires(struct vb_buf *buf, int64_t unix_seconds)
{
    char date[VB_DATE_LEN];

    vb_date_format(unix_seconds, date);
    vb_buf_str(buf, "; Expires=");
    vb_buf_append(buf, vb_span_of(date, sizeof(date)));
}

static void write_life(struct vb_buf *buf, const struct vb_set_cookie *cookie)
{
    switch (cookie->life) {
    case VB_COOKIE_SESSION:
        break;
    case VB_COOKIE_MAX_AGE:
        vb_buf_str(buf, "; Max-Age=");
        vb_buf_i64(buf, cookie->seconds);
        break;
    case VB_COOKIE_EXPIRES:
        write_expires(buf, cookie->seconds);
        break;
    case VB_COOKIE_DELETE:
        write_expires(buf, 0);
        break;
    }
}

static void write_attribute(struct vb_buf *buf, const char *name,
                            struct vb_span value)
{
    if (value.len == 0)
        return;
    vb_buf_str(buf, name);
    vb_buf_append(buf, value);
}

enum vb_err vb_set_cookie_write(struct vb_buf *buf,
                                const struct vb_set_cookie *cookie)
{
    static const char *const same_site[] = {
        [VB_SAME_SITE_UNSAID] = "",
        [VB_SAME_SITE_LAX] = "; SameSite=Lax",
        [VB_SAME_SITE_STRICT] = "; SameSite=Strict",
        [VB_SAME_SITE_NONE] = "; SameSite=None",
    };

    if (!is_valid(cookie))
        return VB_ERR_INVALID;
    vb_buf_append(buf, cookie->name);
    vb_buf_char(buf, '=');
    vb_buf_append(buf, cookie->value);
    write_attribute(buf, "; Domain=", cookie->domain);
    write_attribute(buf, "; Path=", cookie->path);
    write_life(buf, cookie);
    vb_buf_str(buf, same_site[cookie->same_site]);
    vb_buf_str(buf, cookie->secure ? "; Secure" : "");
    vb_buf_str(buf, cookie->http_only ? "; HttpOnly" : "");
    vb_buf_str(buf, cookie->partitioned ? "; Partitioned" : "");
    return buf->err;
}
