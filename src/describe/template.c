/*
 * Path templates (OpenAPI, "Path Templating") to segments. A variable is a
 * whole segment; one that shares its segment with other text is not served,
 * since such templates overlap in ways that no router can order.
 */
#include "describe/read.h"

#include "http/path.h"
#include "http/percent.h"

static bool is_hex(char c)
{
    c = vb_ascii_lower(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* As URIs have it: what is no path character is escaped, escapes are kept and
 * normal (RFC 3986 section 6.2.2). Empty when it is no segment at all. */
static struct vb_span normal_literal(struct vb__reader *r, struct vb_span text)
{
    struct vb_buf path;
    struct vb_span normal = {0};

    vb_buf_init(&path, 65536);
    vb_buf_char(&path, '/');
    for (size_t i = 0; i < text.len; i++) {
        bool escape = i + 2 < text.len && text.ptr[i] == '%' &&
                      is_hex(text.ptr[i + 1]) && is_hex(text.ptr[i + 2]);

        if (escape)
            vb_buf_char(&path, '%');
        else
            vb_percent_encode(&path, vb_span_of(text.ptr + i, 1),
                              VB_PERCENT_KEEP_SEGMENT);
    }
    if (path.err == VB_ERR_NOMEM)
        r->arena->failed = true;
    if (path.err == VB_OK &&
        vb_path_normalise(r->arena, vb_buf_span(&path), &normal) == VB_OK)
        normal = vb_arena_dup(r->arena, vb_span_from(normal, 1));
    vb_buf_done(&path);
    return normal;
}

static bool is_variable(struct vb_span text)
{
    return text.len > 2 && text.ptr[0] == '{' &&
           text.ptr[text.len - 1] == '}' &&
           vb_span_find(text, '}', 0) == (ssize_t)text.len - 1 &&
           vb_span_find(text, '{', 1) < 0;
}

/* Why the segment cannot be served, or NULL. */
static const char *read_segment(struct vb__reader *r, struct vb_span text,
                                struct vb_segment *ret)
{
    if (is_variable(text)) {
        *ret = (struct vb_segment){
            VB_SEGMENT_VARIABLE, vb_span_of(text.ptr + 1, text.len - 2), NULL};
        return NULL;
    }
    if (vb_span_find(text, '{', 0) >= 0 || vb_span_find(text, '}', 0) >= 0)
        return "a variable must be a whole segment";
    if (text.len == 0)
        return "an empty segment";
    if (memchr(text.ptr, '?', text.len) || memchr(text.ptr, '#', text.len))
        return "a path has no query and no fragment";
    *ret =
        (struct vb_segment){VB_SEGMENT_LITERAL, normal_literal(r, text), NULL};
    return ret->text.len > 0 ? NULL : "\".\" and \"..\" name no resource";
}

static size_t count_slashes(struct vb_span path)
{
    size_t count = 0;

    for (size_t i = 0; i < path.len; i++)
        count += path.ptr[i] == '/';
    return count;
}

/* A variable twice in a template could have two values. */
static bool has_twice(const struct vb_template *t, const struct vb_segment *s)
{
    for (size_t i = 0; i < t->segment_count; i++) {
        if (t->segments[i].kind == VB_SEGMENT_VARIABLE &&
            vb_span_eq(t->segments[i].text, s->text))
            return true;
    }
    return false;
}

bool vb__template_read(struct vb__reader *r, struct vb_route *route,
                       yyjson_val *key)
{
    struct vb_template *t = &route->template;
    struct vb_segment *segments =
        VB__NEW(r, struct vb_segment, count_slashes(route->path) + 1);
    struct vb_segments iter;
    struct vb_span text;

    t->segments = segments;
    vb_segments_init(&iter, route->path);
    while (segments && vb_segments_next(&iter, &text)) {
        struct vb_segment *segment = &segments[t->segment_count];
        const char *why;

        if (text.len == 0 && iter.rest.len == 0) {
            t->trailing_slash = true;
            break;
        }
        why = read_segment(r, text, segment);
        if (why) {
            route->why_not = vb_span_str(why);
            return false;
        }
        if (segment->kind == VB_SEGMENT_VARIABLE && has_twice(t, segment)) {
            vb__error(r, key, "variable {%.*s} comes twice",
                      VB_FMT(segment->text));
            return false;
        }
        t->segment_count++;
    }
    return segments != NULL;
}
