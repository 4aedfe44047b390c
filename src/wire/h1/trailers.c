/* Trailers as they come. See trailers.h. */
#include "wire/h1/trailers.h"

#include "exchange/head_text.h"
#include "http/scan.h"
#include "wire/message.h"

static struct vb_verdict malformed(const char *reason)
{
    return (struct vb_verdict){VB_STATUS_BAD_REQUEST, reason};
}

/* One line; the text moves on behind it. */
static struct vb_verdict take_line(const struct vb_h1_trailers *to,
                                   struct vb_span *text)
{
    struct vb_span name;
    struct vb_span value;
    const char *reason = vb_head_parse_field(text, 0, &name, &value);

    if (reason != NULL)
        return malformed(reason);
    return vb_trailer_add(*to->fields, to->arena, to->limits, name, value);
}

/* The section without its empty line, from a copy that lasts as long as the
 * arena. */
static struct vb_verdict take_lines(const struct vb_h1_trailers *to,
                                    struct vb_span text)
{
    struct vb_verdict verdict = {0, NULL};

    text = vb_arena_dup(to->arena, text);
    *to->fields = vb_arena_calloc(to->arena, 1, sizeof(**to->fields));
    if (text.ptr == NULL || *to->fields == NULL) {
        *to->fields = NULL;
        return vb_trailers_too_large;
    }
    while (text.len > 0 && verdict.status == 0)
        verdict = take_line(to, &text);
    return verdict;
}

bool vb__h1_trailers_next(const struct vb_h1_trailers *to, uint32_t *scanned,
                          struct vb_span *in, struct vb_verdict *ret_why)
{
    size_t max = to->limits->max_fields_size;
    size_t len = in->len < max ? in->len : max;
    const char *begin = in->ptr;
    const char *end;
    uint32_t back = *scanned < 3 ? 0 : *scanned - 3;

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
        *scanned = (uint32_t)len;
        if (in->len >= max)
            *ret_why = vb_trailers_too_large;
        return in->len >= max;
    }
    *in = vb_span_from(*in, (size_t)(end - begin));
    *scanned = 0;
    if (end[-2] != '\r')
        *ret_why = malformed("A line of the trailers ends in LF alone.");
    else
        *ret_why = take_lines(to, vb_span_of(begin, (size_t)(end - begin) - 2));
    return true;
}
