/* Bytes that wait to be used. See input.h. */
#include "wire/h1/input.h"

#include <stdlib.h>

#include "base/assert.h"

#define LEAST_CAP 512
/* Far beyond any head; a loop that feeds unasked would meet it. */
#define MOST_CAP ((size_t)1024 * 1024 * 1024)

struct vb_h1_input {
    size_t from; /* what is before it was used */
    size_t to;
    size_t cap;
    char bytes[];
};

/* Makes room behind `to`, moving or growing. */
static struct vb_h1_input *make_room(struct vb_h1_input *input, size_t more)
{
    size_t have = input == NULL ? 0 : input->to - input->from;
    size_t cap = input == NULL ? LEAST_CAP : input->cap;
    struct vb_h1_input *grown;

    if (more > MOST_CAP - have)
        return NULL;
    if (input != NULL && input->from > 0) {
        memmove(input->bytes, input->bytes + input->from, have);
        input->from = 0;
        input->to = have;
    }
    while (cap < have + more)
        cap *= 2;
    if (input != NULL && cap == input->cap)
        return input;
    grown = realloc(input, sizeof(*input) + cap);
    if (grown == NULL)
        return NULL;
    if (input == NULL)
        grown->from = grown->to = 0;
    grown->cap = cap;
    return grown;
}

bool vb__h1_input_add(struct vb_h1_input **input, struct vb_span bytes)
{
    struct vb_h1_input *at = *input;

    if (at == NULL || bytes.len > at->cap - at->to) {
        at = make_room(at, bytes.len);
        if (at == NULL)
            return false;
        *input = at;
    }
    memcpy(at->bytes + at->to, bytes.ptr, bytes.len);
    at->to += bytes.len;
    return true;
}

struct vb_span vb__h1_input_span(const struct vb_h1_input *input)
{
    if (input == NULL)
        return vb_span_of(NULL, 0);
    return vb_span_of(input->bytes + input->from, input->to - input->from);
}

void vb__h1_input_drop(struct vb_h1_input **input, size_t n)
{
    struct vb_h1_input *at = *input;

    if (at == NULL)
        return;
    vb_assert(n <= at->to - at->from);
    at->from += n;
    if (at->from == at->to) {
        free(at);
        *input = NULL;
    }
}
