/*
 * Is a page what a page of ours may be? Knows only the elements and attributes
 * that src/content writes, so anything a client might have slipped in shows.
 */
#ifndef VB_TESTS_CONTENT_HTML_CHECK_H
#define VB_TESTS_CONTENT_HTML_CHECK_H

#include "base/span.h"
#include "base/utf8.h"

static const char *const html_elements[] = {
    "html", "head",    "title",   "style", "body",  "header", "main",
    "h1",   "bdi",     "nav",     "ol",    "li",    "a",      "p",
    "div",  "table",   "caption", "thead", "tbody", "tr",     "th",
    "td",   "details", "summary", "span",  "footer"};

static const char *const html_attributes[] = {
    "lang", "charset", "name",    "content", "aria-label", "href",  "rel",
    "role", "class",   "colspan", "scope",   "open",       "start", "tabindex"};

static inline bool html_is_one_of(struct vb_span name, const char *const *names,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_eq(name, vb_span_str(names[i])))
            return true;
    return false;
}

#define HTML_IS_ONE_OF(name, names)                                            \
    html_is_one_of(name, names, sizeof(names) / sizeof((names)[0]))

static inline size_t html_name_len(struct vb_span s)
{
    size_t len = 0;

    while (len < s.len &&
           ((s.ptr[len] >= 'a' && s.ptr[len] <= 'z') || s.ptr[len] == '-' ||
            (s.ptr[len] >= '0' && s.ptr[len] <= '9')))
        len++;
    return len;
}

/* A link's target: of this server or http(s). */
static inline bool html_is_good_href(struct vb_span value)
{
    struct vb_span scheme = value;

    if (vb_span_starts(value, VB_SPAN("//")))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '/' || value.ptr[i] == '?' || value.ptr[i] == '#')
            return true;
        if (value.ptr[i] == ':') {
            scheme.len = i;
            return vb_span_ieq(scheme, VB_SPAN("http")) ||
                   vb_span_ieq(scheme, VB_SPAN("https"));
        }
    }
    return true;
}

/* Reads the attributes of a tag up to its ">"; false where they are not ours.
 */
static inline bool html_attributes_ok(struct vb_span *s)
{
    while (s->len > 0 && s->ptr[0] != '>') {
        struct vb_span name, value = VB_SPAN("");
        ssize_t end;

        if (s->ptr[0] != ' ')
            return false;
        *s = vb_span_from(*s, 1);
        name = vb_span_head(*s, html_name_len(*s));
        *s = vb_span_from(*s, name.len);
        if (!HTML_IS_ONE_OF(name, html_attributes))
            return false;
        if (vb_span_starts(*s, VB_SPAN("=\""))) {
            *s = vb_span_from(*s, 2);
            end = vb_span_find(*s, '"', 0);
            if (end < 0)
                return false;
            value = vb_span_head(*s, (size_t)end);
            *s = vb_span_from(*s, (size_t)end + 1);
        }
        if (vb_span_find(value, '<', 0) >= 0)
            return false;
        if (vb_span_eq(name, VB_SPAN("href")) && !html_is_good_href(value))
            return false;
    }
    if (s->len == 0)
        return false;
    *s = vb_span_from(*s, 1);
    return true;
}

/* Well-formed UTF-8, known elements properly nested, no control characters. */
static inline bool html_is_ours(struct vb_span s)
{
    struct vb_span open[512];
    size_t depth = 0;

    if (!vb_utf8_valid(s) || !vb_span_starts(s, VB_SPAN("<!DOCTYPE html>\n")))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\n' &&
            s.ptr[i] != '\t')
            return false;
    s = vb_span_from(s, sizeof("<!DOCTYPE html>"));
    while (s.len > 0) {
        struct vb_span name;
        bool closes;

        if (s.ptr[0] != '<') {
            s = vb_span_from(s, 1);
            continue;
        }
        s = vb_span_from(s, 1);
        closes = s.len > 0 && s.ptr[0] == '/';
        s = vb_span_from(s, closes);
        name = vb_span_head(s, html_name_len(s));
        s = vb_span_from(s, name.len);
        if (closes) {
            if (depth == 0 || !vb_span_eq(open[--depth], name) || s.len == 0 ||
                s.ptr[0] != '>')
                return false;
            s = vb_span_from(s, 1);
            continue;
        }
        if (!html_attributes_ok(&s))
            return false;
        if (vb_span_eq(name, VB_SPAN("meta")))
            continue;
        if (!HTML_IS_ONE_OF(name, html_elements) || depth == 512)
            return false;
        open[depth++] = name;
    }
    return depth == 0;
}

#endif
