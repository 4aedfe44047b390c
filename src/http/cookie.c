/* Reading Cookie. See cookie.h; Set-Cookie is in set_cookie.c. */
#include "http/cookie.h"

#include "http/chars.h"

void vb_cookies_init(struct vb_cookies *cookies, const struct vb_span *lines,
                     size_t count)
{
    *cookies = (struct vb_cookies){.lines = lines, .count = count};
    if (count > 0)
        cookies->rest = lines[0];
}

/* The next pair of any line, without white space around it. */
static bool next_pair(struct vb_cookies *cookies, struct vb_span *ret_pair)
{
    ssize_t end;
    size_t len;

    while (cookies->rest.len == 0) {
        if (cookies->line + 1 >= cookies->count)
            return false;
        cookies->rest = cookies->lines[++cookies->line];
    }
    end = vb_span_find(cookies->rest, ';', 0);
    len = end < 0 ? cookies->rest.len : (size_t)end;
    *ret_pair = vb_span_trim(vb_span_head(cookies->rest, len));
    cookies->rest = vb_span_from(cookies->rest, len + 1);
    return true;
}

static bool read_pair(struct vb_span pair, struct vb_cookie *cookie)
{
    ssize_t equals = vb_span_find(pair, '=', 0);

    if (equals < 0)
        return false;
    cookie->name = vb_span_trim(vb_span_head(pair, (size_t)equals));
    cookie->value = vb_span_trim(vb_span_from(pair, (size_t)equals + 1));
    return vb_token_valid(cookie->name) &&
           vb_chars_run(cookie->value, VB_CHAR_PAIRED) == cookie->value.len;
}

bool vb_cookies_next(struct vb_cookies *cookies, struct vb_cookie *ret_cookie)
{
    struct vb_cookie cookie;
    struct vb_span pair;

    while (next_pair(cookies, &pair)) {
        if (!read_pair(pair, &cookie))
            continue;
        *ret_cookie = cookie;
        return true;
    }
    return false;
}

size_t vb_cookies_find(const struct vb_span *lines, size_t count,
                       struct vb_span name, struct vb_span *ret_value)
{
    struct vb_cookies cookies;
    struct vb_cookie cookie;
    size_t found = 0;

    vb_cookies_init(&cookies, lines, count);
    while (vb_cookies_next(&cookies, &cookie)) {
        if (!vb_span_eq(cookie.name, name))
            continue;
        if (found++ == 0)
            *ret_value = cookie.value;
    }
    return found;
}
