/* The elements of a comma list: see elements.h. */
#include "http/elements.h"

#include "http/chars.h"

void vb_elements_init(struct vb_elements *elements,
                      const struct vb_span *values, size_t count,
                      unsigned syntax)
{
    *elements = (struct vb_elements){
        .values = values, .count = count, .syntax = syntax};
}

/* Behind the quoted string at s[at]: its closing quote, or the end of s. */
static size_t skip_quoted(struct vb_span s, size_t at, bool escapes)
{
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        if (escapes && s.ptr[at] == '\\')
            at++;
    return at < s.len ? at + 1 : s.len;
}

/* Behind the comment at s[at], or the end of s. */
static size_t skip_comment(struct vb_span s, size_t at)
{
    size_t depth = 0;

    while (at < s.len) {
        char c = s.ptr[at++];

        if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return at;
        else if (c == '\\' && at < s.len)
            at++;
    }
    return at;
}

/* Where the element that begins at s[at] ends: at a comma or the end of s. */
static size_t skip_element(struct vb_span s, size_t at, unsigned syntax)
{
    while (at < s.len && s.ptr[at] != ',') {
        if (s.ptr[at] == '"')
            at = skip_quoted(s, at, (syntax & VB_ELEMENTS_NO_ESCAPE) == 0);
        else if (s.ptr[at] == '(' && (syntax & VB_ELEMENTS_COMMENTS) != 0)
            at = skip_comment(s, at);
        else
            at++;
    }
    return at;
}

static bool is_between(char c)
{
    return c == ',' || vb_char_is(c, VB_CHAR_WS);
}

bool vb_elements_next(struct vb_elements *elements, struct vb_span *ret_element)
{
    for (; elements->line < elements->count; elements->line++) {
        struct vb_span s = elements->values[elements->line];
        size_t begin = elements->at;
        size_t end;

        while (begin < s.len && is_between(s.ptr[begin]))
            begin++;
        if (begin == s.len) {
            elements->at = 0;
            continue;
        }
        end = skip_element(s, begin, elements->syntax);
        elements->at = end;
        *ret_element = vb_span_trim(vb_span_of(s.ptr + begin, end - begin));
        return true;
    }
    return false;
}

bool vb_elements_have(const struct vb_span *values, size_t count,
                      struct vb_span token)
{
    struct vb_elements elements;
    struct vb_span element;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &element))
        if (vb_span_ieq(element, token))
            return true;
    return false;
}
