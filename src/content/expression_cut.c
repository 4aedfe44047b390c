/* Cutting the text of an expression. See expression_part.h. */
#include "content/expression_part.h"

void *vb__expression_fail_at(struct vb__expression_reader *r, size_t offset,
                             const char *text)
{
    if (!r->failed)
        *r->error = (struct vb_expression_error){
            .offset = offset, .text = text, .root = -1};
    r->failed = true;
    return NULL;
}

void *vb__expression_fail(struct vb__expression_reader *r, const char *text)
{
    return vb__expression_fail_at(r, r->at, text);
}

bool vb__expression_refuse_at(struct vb__expression_reader *r, size_t offset,
                              const char *text)
{
    vb__expression_fail_at(r, offset, text);
    return false;
}

bool vb__expression_refuse(struct vb__expression_reader *r, const char *text)
{
    return vb__expression_refuse_at(r, r->at, text);
}

/* --- cutting the text ----------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void vb__expression_skip(struct vb__expression_reader *r)
{
    while (!vb__expression_ends(r) && is_space(vb__expression_peek(r)))
        r->at++;
}

/* Characters that no text without quotes has; names have fewer than values. */
static bool is_text(char c, bool name)
{
    if ((unsigned char)c <= ' ' || c == 0x7f)
        return false;
    return strchr(name ? "()\"',.:=<>!" : "()\"',=<>!", c) == NULL;
}

struct vb_span vb__expression_text(struct vb__expression_reader *r, bool name)
{
    size_t from = r->at;

    while (!vb__expression_ends(r) && is_text(vb__expression_peek(r), name))
        r->at++;
    return vb_span_head(vb_span_from(r->text, from), r->at - from);
}

/* The keyword if it stands here by itself; then it is taken. */
bool vb__expression_takes(struct vb__expression_reader *r, const char *keyword)
{
    size_t before = r->at;

    if (vb_span_eq(vb__expression_text(r, true), vb_span_str(keyword)) &&
        (vb__expression_ends(r) || is_space(vb__expression_peek(r)) ||
         vb__expression_peek(r) == '('))
        return true;
    r->at = before;
    return false;
}

bool vb__expression_is_next(struct vb__expression_reader *r,
                            const char *keyword)
{
    size_t before = r->at;
    bool is = vb__expression_takes(r, keyword);

    r->at = before;
    return is;
}

static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '"':
    case '\'':
    case '\\':
        return c;
    default:
        return '\0';
    }
}

/* A string in quotes, as it is meant, in the arena. */
bool vb__expression_string(struct vb__expression_reader *r, struct vb_span *ret)
{
    char *text = vb_arena_alloc(r->arena, r->text.len - r->at + 1);
    char quote = vb__expression_peek(r);
    size_t from = r->at++, len = 0;

    while (text != NULL && !vb__expression_ends(r) &&
           vb__expression_peek(r) != quote) {
        char c = r->text.ptr[r->at++];

        if (c == '\\') {
            c = vb__expression_ends(r) ? '\0' : escaped(vb__expression_peek(r));
            if (c == '\0')
                return vb__expression_refuse(
                    r, "there is no such escape in a string");
            r->at++;
        }
        text[len++] = c;
    }
    if (text != NULL && vb__expression_ends(r))
        return vb__expression_refuse_at(r, from, "the string has no end");
    r->at++;
    *ret = vb_span_of(text, len);
    return text != NULL;
}
