/* Authorities: hosts and ports. See authority.h. */
#include "http/authority.h"

#include <arpa/inet.h>

#include "http/uri_char.h"

/* What an address in text can be at most, with its NUL. */
#define ADDRESS_TEXT_MAX 64

static bool read_address(int family, struct vb_span text, unsigned char *out)
{
    char terminated[ADDRESS_TEXT_MAX];

    if (text.len >= sizeof(terminated) ||
        (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL))
        return false;
    if (text.len > 0)
        memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return inet_pton(family, terminated, out) == 1;
}

/* RFC 3986 section 3.2.2: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
 */
static bool is_ipvfuture(struct vb_span text)
{
    ssize_t dot = vb_span_find(text, '.', 0);

    if (dot < 2 || vb_ascii_lower(text.ptr[0]) != 'v' ||
        (size_t)dot + 1 == text.len)
        return false;
    for (size_t i = 1; i < (size_t)dot; i++)
        if (!vb__uri_is(text.ptr[i], VB__URI_HEX))
            return false;
    for (size_t i = (size_t)dot + 1; i < text.len; i++)
        if (!vb__uri_is(text.ptr[i], VB__URI_USERINFO))
            return false;
    return true;
}

static bool parse_literal(struct vb_authority *authority)
{
    struct vb_span inside =
        vb_span_of(authority->host.ptr + 1, authority->host.len - 2);

    if (read_address(AF_INET6, inside, authority->address))
        authority->kind = VB_HOST_IPV6;
    else if (is_ipvfuture(inside))
        authority->kind = VB_HOST_IPVFUTURE;
    else
        return false;
    return true;
}

/* Most names are seen to be none by their first character. */
static bool is_ipv4(struct vb_authority *authority)
{
    char first = authority->host.ptr[0];

    return first >= '0' && first <= '9' &&
           read_address(AF_INET, authority->host, authority->address);
}

static bool parse_name(struct vb_authority *authority)
{
    if (authority->host.len == 0)
        authority->kind = VB_HOST_EMPTY;
    else if (is_ipv4(authority))
        authority->kind = VB_HOST_IPV4;
    else if (vb__uri_only(authority->host, VB__URI_REG_NAME))
        authority->kind = VB_HOST_NAME;
    else
        return false;
    return true;
}

/* RFC 3986 section 3.2.3: *DIGIT; leading zeros count for nothing. */
static bool parse_port(struct vb_span digits, int *ret_port)
{
    int64_t port;

    if (digits.len == 0) {
        *ret_port = VB_PORT_NONE;
        return true;
    }
    if (!vb_span_i64(digits, &port) || port > 65535)
        return false;
    *ret_port = (int)port;
    return true;
}

/* The length of the host at the front of text, or -1 when a bracket is not
 * closed. */
static ssize_t host_len(struct vb_span text)
{
    ssize_t at;

    if (text.len > 0 && text.ptr[0] == '[') {
        at = vb_span_find(text, ']', 1);
        return at < 0 ? -1 : at + 1;
    }
    at = vb_span_find(text, ':', 0);
    return at < 0 ? (ssize_t)text.len : at;
}

/* uri-host [ ":" port ] into an authority that has its userinfo already. */
static bool parse_host_port(struct vb_span text, struct vb_authority *authority)
{
    ssize_t len = host_len(text);
    struct vb_span rest;

    if (len < 0)
        return false;
    authority->host = vb_span_head(text, (size_t)len);
    rest = vb_span_from(text, (size_t)len);
    authority->port = VB_PORT_NONE;
    if (rest.len > 0 && (rest.ptr[0] != ':' ||
                         !parse_port(vb_span_from(rest, 1), &authority->port)))
        return false;
    if (len > 0 && text.ptr[0] == '[')
        return parse_literal(authority);
    return parse_name(authority);
}

bool vb_authority_parse(struct vb_span text, struct vb_authority *ret_authority)
{
    struct vb_authority authority = {.userinfo = {NULL, 0}};
    ssize_t at = vb_span_find(text, '@', 0);

    if (at >= 0) {
        authority.userinfo = vb_span_head(text, (size_t)at);
        if (!vb__uri_only(authority.userinfo, VB__URI_USERINFO))
            return false;
        text = vb_span_from(text, (size_t)at + 1);
    }
    if (!parse_host_port(text, &authority))
        return false;
    *ret_authority = authority;
    return true;
}

bool vb_authority_parse_host(struct vb_span text,
                             struct vb_authority *ret_authority)
{
    struct vb_authority authority = {.userinfo = {NULL, 0}};

    if (!parse_host_port(text, &authority))
        return false;
    if (authority.kind == VB_HOST_EMPTY && text.len > 0)
        return false;
    if (vb_span_find(authority.host, ',', 0) >= 0)
        return false;
    *ret_authority = authority;
    return true;
}

/* A name or an IPv4 address alike: of characters that need no second look. */
static size_t plain_name_len(struct vb_span text)
{
    size_t len = 0;

    while (len < text.len && vb__uri_is(text.ptr[len], VB__URI_UNRESERVED))
        len++;
    return len;
}

bool vb_authority_valid_host(struct vb_span text)
{
    size_t name = plain_name_len(text);
    size_t at = name + 1;
    struct vb_authority authority;

    if (name > 0 && name == text.len)
        return true;
    /* A port of up to four digits is none that could be too large. */
    if (name > 0 && text.ptr[name] == ':' && text.len - at <= 4) {
        while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
            at++;
        return at == text.len;
    }
    return vb_authority_parse_host(text, &authority);
}

int vb_scheme_port(struct vb_span scheme)
{
    static const struct {
        struct vb_span scheme;
        int port;
    } rows[] = {
        {VB_SPAN_INIT("http"), 80},
        {VB_SPAN_INIT("https"), 443},
        {VB_SPAN_INIT("ws"), 80},
        {VB_SPAN_INIT("wss"), 443},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (vb_span_ieq(scheme, rows[i].scheme))
            return rows[i].port;
    return VB_PORT_NONE;
}

int vb_authority_port(const struct vb_authority *authority,
                      struct vb_span scheme)
{
    return authority->port == VB_PORT_NONE ? vb_scheme_port(scheme)
                                           : authority->port;
}

/*
 * The next character of a name in its normal form: a lower-case octet, or
 * 256 and more for an escape that must stay one; moves *at behind it.
 */
static int next_normal(struct vb_span name, size_t *at)
{
    int octet = vb__uri_escape_at(name, *at);

    if (octet < 0)
        return (unsigned char)vb_ascii_lower(name.ptr[(*at)++]);
    *at += 3;
    if (!vb__uri_is((char)octet, VB__URI_UNRESERVED))
        return 256 + octet;
    return (unsigned char)vb_ascii_lower((char)octet);
}

static bool same_name(struct vb_span a, struct vb_span b)
{
    size_t i = 0, j = 0;

    while (i < a.len && j < b.len)
        if (next_normal(a, &i) != next_normal(b, &j))
            return false;
    return i == a.len && j == b.len;
}

bool vb_authority_same(const struct vb_authority *a,
                       const struct vb_authority *b, struct vb_span scheme)
{
    if (a->kind != b->kind ||
        vb_authority_port(a, scheme) != vb_authority_port(b, scheme))
        return false;
    switch (a->kind) {
    case VB_HOST_IPV4:
        return memcmp(a->address, b->address, 4) == 0;
    case VB_HOST_IPV6:
        return memcmp(a->address, b->address, 16) == 0;
    case VB_HOST_EMPTY:
    case VB_HOST_NAME:
    case VB_HOST_IPVFUTURE:
        break;
    }
    return same_name(a->host, b->host);
}
