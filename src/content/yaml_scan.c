/*
 * Where each value of a good JSON text stands: a walk over its tokens, which
 * come in the order of the document's values.
 */
#include "content/yaml_impl.h"

#include <stdlib.h>

struct scan {
    struct vb_span text;
    size_t at;
    struct vb_yaml_mark mark; /* of text[at] */
};

/* Continuation bytes of UTF-8 (10xxxxxx) are no characters of their own. */
static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static void step(struct scan *s)
{
    if (s->text.ptr[s->at] == '\n') {
        s->mark.line++;
        s->mark.column = 1;
    } else if (s->at + 1 < s->text.len &&
               starts_character(s->text.ptr[s->at + 1])) {
        s->mark.column++;
    }
    s->at++;
}

static void skip_string(struct scan *s)
{
    step(s);
    while (s->at < s->text.len && s->text.ptr[s->at] != '"') {
        if (s->text.ptr[s->at] == '\\' && s->at + 1 < s->text.len)
            step(s);
        step(s);
    }
    if (s->at < s->text.len)
        step(s);
}

/* Numbers and the three words. */
static bool in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' ||
           c == '-' || c == '+' || c == '.';
}

static void skip_token(struct scan *s)
{
    if (s->text.ptr[s->at] == '"') {
        skip_string(s);
    } else if (in_word(s->text.ptr[s->at])) {
        while (s->at < s->text.len && in_word(s->text.ptr[s->at]))
            step(s);
    } else {
        step(s);
    }
}

static bool starts_value(char c)
{
    return c == '"' || c == '{' || c == '[' || in_word(c);
}

enum vb_err vb__yaml_scan_json(struct vb_span text,
                               struct vb__yaml_marks *marks)
{
    struct scan s = {text, 0, {1, 1}};

    while (s.at < text.len) {
        if (starts_value(text.ptr[s.at]) && !vb__yaml_marks_push(marks, s.mark))
            return VB_ERR_NOMEM;
        skip_token(&s);
    }
    return VB_OK;
}

struct vb_yaml_mark vb__yaml_mark_at(struct vb_span text, size_t offset)
{
    struct scan s = {text, 0, {1, 1}};

    while (s.at < offset)
        step(&s);
    return s.mark;
}

bool vb__yaml_marks_push(struct vb__yaml_marks *marks, struct vb_yaml_mark mark)
{
    if (marks->count == marks->cap) {
        size_t cap = marks->cap ? marks->cap * 2 : 256;
        void *at = realloc(marks->at, cap * sizeof(*marks->at));

        if (!at)
            return false;
        marks->at = at;
        marks->cap = cap;
    }
    marks->at[marks->count++] = mark;
    return true;
}
