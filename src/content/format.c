/*
 * The table of formats, and those grammars that have no parser elsewhere:
 * duration, e-mail addresses, host names, UUIDs.
 */
#include "content/format.h"

#include "base/rfc3339.h"
#include "content/pointer.h"
#include "content/regex.h"
#include "http/chars.h"
#include "http/uri.h"

/* --- time: RFC 3339 --- */

static bool is_date_time(struct vb_span s)
{
    int64_t ms;

    return vb_rfc3339_parse(s, &ms);
}

/*
 * Takes 1*DIGIT and one of `units`, again and again, from any unit on without
 * a gap, as dur-date and dur-time have it (RFC 3339 appendix A): "1Y2M" and
 * "2M3D" but not "1Y3D". How many it took.
 */
static size_t take_units(struct vb_span *s, const char *units)
{
    size_t taken = 0;

    for (;;) {
        size_t digits = vb_chars_run(*s, VB_CHAR_DIGIT);
        const char *unit = digits < s->len && s->ptr[digits] != '\0'
                               ? strchr(units, s->ptr[digits])
                               : NULL;

        if (digits == 0 || unit == NULL || (taken > 0 && unit != units))
            return taken;
        taken++;
        units = unit + 1;
        *s = vb_span_from(*s, digits + 1);
    }
}

/* duration = "P" (dur-date / dur-time / dur-week) */
static bool is_duration(struct vb_span s)
{
    size_t taken;

    if (!vb_span_starts(s, VB_SPAN("P")))
        return false;
    s = vb_span_from(s, 1);
    if (vb_span_ends(s, VB_SPAN("W")))
        return take_units(&s, "W") == 1 && s.len == 0;
    taken = take_units(&s, "YMD");
    if (vb_span_starts(s, VB_SPAN("T"))) {
        s = vb_span_from(s, 1);
        taken = take_units(&s, "HMS");
    }
    return taken > 0 && s.len == 0;
}

/* --- names and addresses of hosts --- */

/* label (RFC 1123 section 2.1): letters, digits and inner hyphens, 1 to 63 */
static bool is_label(struct vb_span s)
{
    if (s.len == 0 || s.len > 63 || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '-' &&
            !vb_char_is(s.ptr[i], VB_CHAR_ALPHA | VB_CHAR_DIGIT))
            return false;
    return true;
}

/* No more than 253 characters: 255 octets on the wire (RFC 1035 2.3.4). */
static bool is_hostname(struct vb_span s)
{
    ssize_t dot;

    if (s.len > 253)
        return false;
    while ((dot = vb_span_find(s, '.', 0)) >= 0) {
        if (!is_label(vb_span_head(s, (size_t)dot)))
            return false;
        s = vb_span_from(s, (size_t)dot + 1);
    }
    return is_label(s);
}

/* Is s a host of that kind and nothing else? */
static bool is_host(struct vb_span s, enum vb_host_kind kind)
{
    struct vb_authority authority;

    return vb_authority_parse(s, &authority) && authority.kind == kind &&
           authority.host.len == s.len;
}

static bool is_ipv4(struct vb_span s)
{
    return is_host(s, VB_HOST_IPV4);
}

static bool is_ipv6(struct vb_span s)
{
    char literal[64];

    if (s.len > sizeof(literal) - 2)
        return false;
    literal[0] = '[';
    memcpy(literal + 1, s.ptr, s.len);
    literal[s.len + 1] = ']';
    return is_host(vb_span_of(literal, s.len + 2), VB_HOST_IPV6);
}

/* --- e-mail: Mailbox of RFC 5321 section 4.1.2 --- */

/* atext (RFC 5322 section 3.2.3) */
static bool is_atext(char c)
{
    return vb_char_is(c, VB_CHAR_ALPHA | VB_CHAR_DIGIT) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Dot-string = Atom *("." Atom) */
static bool is_dot_string(struct vb_span s)
{
    bool after_atext = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' ? !after_atext : !is_atext(s.ptr[i]))
            return false;
        after_atext = s.ptr[i] != '.';
    }
    return after_atext;
}

/* The length of the Quoted-string that s begins with, or 0. */
static size_t quoted_string(struct vb_span s)
{
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '"')
            return i + 1;
        if (c == '\\' && ++i < s.len)
            c = s.ptr[i];
        if (c < ' ' || c > '~')
            return 0;
    }
    return 0;
}

/* Domain / address-literal, of the address families that there are */
static bool is_mail_domain(struct vb_span s)
{
    static const struct vb_span ipv6 = VB_SPAN_INIT("IPv6:");

    if (s.len < 2 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
        return is_hostname(s);
    s = vb_span_of(s.ptr + 1, s.len - 2);
    if (vb_span_ieq(vb_span_head(s, ipv6.len), ipv6))
        return is_ipv6(vb_span_from(s, ipv6.len));
    return is_ipv4(s);
}

/* The local part has at most 64 octets (RFC 5321 section 4.5.3.1.1). */
static bool is_email(struct vb_span s)
{
    ssize_t at;

    if (vb_span_starts(s, VB_SPAN("\"")))
        at = (ssize_t)quoted_string(s);
    else
        at = vb_span_find(s, '@', 0);
    if (at < 1 || at > 64 || (size_t)at == s.len || s.ptr[at] != '@')
        return false;
    return (s.ptr[0] == '"' || is_dot_string(vb_span_head(s, (size_t)at))) &&
           is_mail_domain(vb_span_from(s, (size_t)at + 1));
}

/* --- identifiers --- */

/* RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits */
static bool is_uuid(struct vb_span s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? s.ptr[i] != '-' : !vb_char_is(s.ptr[i], VB_CHAR_HEX))
            return false;
    }
    return true;
}

static bool is_uri(struct vb_span s)
{
    struct vb_uri uri;

    return vb_uri_parse(s, &uri) && vb_uri_is_absolute(&uri);
}

static bool is_uri_reference(struct vb_span s)
{
    struct vb_uri uri;

    return vb_uri_parse(s, &uri);
}

/* --- the table --- */

static const struct vb_format formats[] = {
    {VB_SPAN_INIT("date"), vb_rfc3339_is_date,
     "must be a date such as 2024-05-31"},
    {VB_SPAN_INIT("date-time"), is_date_time,
     "must be a date and time such as 2024-05-31T12:00:00Z"},
    {VB_SPAN_INIT("duration"), is_duration,
     "must be a duration such as P1DT12H"},
    {VB_SPAN_INIT("email"), is_email, "must be an e-mail address"},
    {VB_SPAN_INIT("hostname"), is_hostname, "must be a host name"},
    {VB_SPAN_INIT("ipv4"), is_ipv4, "must be an IPv4 address"},
    {VB_SPAN_INIT("ipv6"), is_ipv6, "must be an IPv6 address"},
    {VB_SPAN_INIT("json-pointer"), vb_pointer_is_valid,
     "must be a JSON Pointer such as /items/0"},
    {VB_SPAN_INIT("regex"), vb_regex_is_valid,
     "must be a regular expression of ECMA-262"},
    {VB_SPAN_INIT("time"), vb_rfc3339_is_time,
     "must be a time with its offset such as 12:00:00Z"},
    {VB_SPAN_INIT("uri"), is_uri, "must be a URI with a scheme"},
    {VB_SPAN_INIT("uri-reference"), is_uri_reference,
     "must be a URI reference"},
    {VB_SPAN_INIT("uuid"), is_uuid,
     "must be a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
};

const struct vb_format *vb_format_at(size_t i)
{
    return i < sizeof(formats) / sizeof(formats[0]) ? &formats[i] : NULL;
}

const struct vb_format *vb_format_find(struct vb_span name)
{
    const struct vb_format *format;

    for (size_t i = 0; (format = vb_format_at(i)) != NULL; i++)
        if (vb_span_eq(format->name, name))
            return format;
    return NULL;
}
