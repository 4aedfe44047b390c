/*
 * Cookies on the server's side (RFC 6265bis): reading what Cookie brings,
 * which may be anything, and writing Set-Cookie, which may not.
 */
#ifndef VB_HTTP_COOKIE_H
#define VB_HTTP_COOKIE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct vb_cookie {
    struct vb_span name;
    struct vb_span value; /* surrounding quotes belong to it (section 4.1.1) */
};

struct vb_cookies {
    const struct vb_span *lines;
    size_t count;
    size_t line;         /* in lines */
    struct vb_span rest; /* of that line */
};

/* Starts at the first cookie of all lines of the field (6265bis-4.2.1-02),
 * which are borrowed. */
void vb_cookies_init(struct vb_cookies *cookies, const struct vb_span *lines,
                     size_t count);

/*
 * The next cookie. White space and empty pairs are tolerated; a pair without
 * "=", whose name is not a token, or whose value has a control character is
 * passed over, as it cannot be one of ours. False at the end.
 */
bool vb_cookies_next(struct vb_cookies *cookies, struct vb_cookie *ret_cookie);

/*
 * How many cookies have that name, which is case-sensitive; *ret_value is the
 * first one's when there is any. More than one means that somebody planted a
 * second under another path or domain: neither is then to be trusted, and
 * their order says nothing (6265bis-4.2.2-01).
 */
size_t vb_cookies_find(const struct vb_span *lines, size_t count,
                       struct vb_span name, struct vb_span *ret_value);

enum vb_cookie_life {
    VB_COOKIE_SESSION, /* until the user agent ends its session */
    VB_COOKIE_MAX_AGE, /* `seconds` from now, 1 or more */
    VB_COOKIE_EXPIRES, /* at `seconds` since 1970 */
    VB_COOKIE_DELETE,  /* already over */
};

enum vb_same_site {
    VB_SAME_SITE_UNSAID, /* which user agents take for Lax */
    VB_SAME_SITE_LAX,
    VB_SAME_SITE_STRICT,
    VB_SAME_SITE_NONE,
};

/* What to set; all zero is a session cookie for this host and directory. */
struct vb_set_cookie {
    struct vb_span name;
    struct vb_span value;
    struct vb_span path;   /* empty: none */
    struct vb_span domain; /* empty: none, which means this host alone */
    enum vb_cookie_life life;
    int64_t seconds; /* see life */
    enum vb_same_site same_site;
    bool secure;
    bool http_only;
    bool partitioned;
};

/*
 * Appends the value of one Set-Cookie line. VB_ERR_INVALID, nothing appended,
 * for what no user agent would take or what could smuggle an attribute in:
 * - a name that is not a token, a value with a space, comma, semicolon,
 *   backslash, stray quote, control or non-ASCII octet (6265bis-4.1.1-01);
 * - name and value over 4096 octets together, an attribute over 1024;
 * - a path that does not start with "/", a domain that is not a host name;
 * - Max-Age below 1, as the grammar has it: that is VB_COOKIE_DELETE, which is
 *   written as an Expires in the past;
 * - SameSite=None or Partitioned without Secure;
 * - a name that promises, in any case, what the attributes do not keep:
 *   __Secure-, __Host-, __Http-, __Host-Http- (6265bis-4.1.3-01).
 * Otherwise buf->err.
 */
enum vb_err vb_set_cookie_write(struct vb_buf *buf,
                                const struct vb_set_cookie *cookie);

#endif
