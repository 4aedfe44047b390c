/* Paths: normal form and segments. See path.h. */
#include "http/path.h"

#include "http/path_inner.h"
#include "http/percent.h"
#include "http/uri_char.h"

bool vb__uri_append_normal(struct vb_buf *buf, struct vb_span s,
                           unsigned classes)
{
    size_t i = 0;

    while (i < s.len) {
        size_t from = i;
        int octet;
        char c;

        while (i < s.len && vb__uri_is(s.ptr[i], classes))
            i++;
        vb_buf_append(buf, vb_span_of(s.ptr + from, i - from));
        if (i == s.len)
            break;
        octet = vb__uri_escape_at(s, i);
        if (octet <= 0)
            return false;
        c = (char)octet;
        vb_percent_encode(buf, vb_span_of(&c, 1), VB_PERCENT_KEEP_UNRESERVED);
        i += 3;
    }
    return true;
}

/* Is the text at `at` a segment that is `dots` dots and nothing else? */
static bool is_dots(struct vb_span s, size_t at, size_t dots)
{
    if (s.len - at < dots || memcmp(s.ptr + at, "..", dots) != 0)
        return false;
    return s.len - at == dots || s.ptr[at + dots] == '/';
}

/* The output without its last segment and the slash before it. */
static size_t without_last(const char *out, size_t len)
{
    while (len > 0 && out[--len] != '/')
        ;
    return len;
}

size_t vb__path_remove_dots(char *path, size_t len)
{
    struct vb_span in = {path, len};
    size_t i = 0, out = 0;

    /* 2A and 2D: leading dot segments of a rootless path. */
    while (is_dots(in, i, 1) || is_dots(in, i, 2)) {
        i += is_dots(in, i, 1) ? 1 : 2;
        if (i == len)
            return 0;
        i++;
    }
    while (i < len) {
        bool slash = path[i] == '/';
        bool dot = slash && is_dots(in, i + 1, 1);
        bool dotdot = slash && is_dots(in, i + 1, 2);

        if (dot || dotdot) { /* 2B and 2C */
            i += dot ? 2 : 3;
            if (dotdot)
                out = without_last(path, out);
            if (i == len)
                path[out++] = '/';
            continue;
        }
        do /* 2E */
            path[out++] = path[i++];
        while (i < len && path[i] != '/');
    }
    return out;
}

/* Is there nothing for vb_path_normalise to change? Guesses low: a false
 * "no" costs only a copy. */
static bool is_normal(struct vb_span path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!vb__uri_is(path.ptr[i], VB__URI_PATH))
            return false;
        if (path.ptr[i] == '/' && i + 1 < path.len && path.ptr[i + 1] == '.')
            return false;
    }
    return true;
}

enum vb_err vb_path_normalise(struct vb_arena *arena, struct vb_span path,
                              struct vb_span *ret_path)
{
    struct vb_buf buf;
    char *out;

    if (path.len == 0) {
        *ret_path = VB_SPAN("/");
        return VB_OK;
    }
    if (path.ptr[0] != '/')
        return VB_ERR_SYNTAX;
    if (is_normal(path)) {
        *ret_path = path;
        return VB_OK;
    }
    out = vb_arena_alloc(arena, path.len);
    if (out == NULL)
        return VB_ERR_NOMEM;
    buf = vb_buf_over(out, path.len);
    if (!vb__uri_append_normal(&buf, path, VB__URI_PATH))
        return VB_ERR_SYNTAX;
    *ret_path = vb_span_of(out, vb__path_remove_dots(out, buf.len));
    return VB_OK;
}

bool vb_segments_next(struct vb_segments *segments, struct vb_span *ret_segment)
{
    ssize_t end;
    size_t len;

    if (segments->rest.len == 0)
        return false;
    end = vb_span_find(segments->rest, '/', 1);
    len = end < 0 ? segments->rest.len : (size_t)end;
    *ret_segment = vb_span_of(segments->rest.ptr + 1, len - 1);
    segments->rest = vb_span_from(segments->rest, len);
    return true;
}

bool vb_path_append_segment(struct vb_buf *buf, struct vb_span name)
{
    if (vb_span_eq(name, VB_SPAN(".")) || vb_span_eq(name, VB_SPAN("..")) ||
        vb_span_find(name, '\0', 0) >= 0)
        return false;
    vb_percent_encode(buf, name, VB_PERCENT_KEEP_SEGMENT);
    return true;
}
