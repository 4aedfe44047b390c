/*
 * The trailer section behind the last chunk (RFC 9112 section 7.1.2).
 *
 * Trailers are kept apart from the head's fields. All of it must be there
 * before any of it is looked at; a head's bound on its fields bounds it too.
 */
#include "http/scan.h"
#include "wire/h1/inner.h"
#include "wire/message.h"

static struct vb_verdict malformed(const char *reason)
{
    return (struct vb_verdict){VB_STATUS_BAD_REQUEST, reason};
}

/* One line; the text moves on behind it. */
static struct vb_verdict take_line(struct vb_exchange *x, struct vb_span *text)
{
    struct vb_span name;
    struct vb_span value;
    const char *reason = vb_head_parse_field(text, 0, &name, &value);

    return reason != NULL ? malformed(reason) : vb_trailer_take(x, name, value);
}

/* The section without its empty line, from a copy that lasts as long as x. */
static struct vb_verdict take_lines(struct vb_exchange *x, struct vb_span text)
{
    struct vb_verdict verdict = {0, NULL};

    text = vb_arena_dup(&x->arena, text);
    x->trailers = vb_arena_calloc(&x->arena, 1, sizeof(*x->trailers));
    if (text.ptr == NULL || x->trailers == NULL) {
        x->trailers = NULL;
        return vb_trailers_too_large;
    }
    while (text.len > 0 && verdict.status == 0)
        verdict = take_line(x, &text);
    return verdict;
}

bool vb__h1_take_trailers(struct vb_h1_message *m, struct vb_span *in,
                          struct vb_verdict *ret_why)
{
    size_t max = m->x->env->limits->head.max_fields_size;
    size_t len = in->len < max ? in->len : max;
    const char *begin = in->ptr;
    const char *end;
    uint32_t back = m->h1->scanned < 3 ? 0 : m->h1->scanned - 3;

    if (len == 0)
        return false;
    if (len >= 2 && begin[0] == '\r' && begin[1] == '\n') {
        *in = vb_span_from(*in, 2); /* none at all */
        *ret_why = (struct vb_verdict){0, NULL};
        return true;
    }
    if (begin[0] == '\n') {
        *ret_why = malformed("A line of the trailers ends in LF alone.");
        return true;
    }
    end = vb_scan->head_end(begin + back, begin + len);
    if (end == NULL) {
        m->h1->scanned = (uint32_t)len;
        if (in->len >= max)
            *ret_why = vb_trailers_too_large;
        return in->len >= max;
    }
    *in = vb_span_from(*in, (size_t)(end - begin));
    m->h1->scanned = 0;
    if (end[-2] != '\r')
        *ret_why = malformed("A line of the trailers ends in LF alone.");
    else
        *ret_why =
            take_lines(m->x, vb_span_of(begin, (size_t)(end - begin) - 2));
    return true;
}
