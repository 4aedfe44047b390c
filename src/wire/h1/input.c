/*
 * Bytes that were received and cannot be used yet: a part of a head, content
 * that nobody wants yet, requests behind the one under way.
 *
 * How many there can be is bounded by what asks for more: a head by its
 * limits, everything else by one read of the loop's, since the wire does not
 * ask to read while bytes wait that it cannot use.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "wire/h1/inner.h"

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

bool vb__h1_input_add(struct vb_h1 *h1, struct vb_span bytes)
{
    struct vb_h1_input *input = h1->input;

    if (input == NULL || bytes.len > input->cap - input->to) {
        input = make_room(input, bytes.len);
        if (input == NULL)
            return false;
        h1->input = input;
    }
    memcpy(input->bytes + input->to, bytes.ptr, bytes.len);
    input->to += bytes.len;
    return true;
}

struct vb_span vb__h1_input_span(const struct vb_h1 *h1)
{
    const struct vb_h1_input *input = h1->input;

    if (input == NULL)
        return vb_span_of(NULL, 0);
    return vb_span_of(input->bytes + input->from, input->to - input->from);
}

void vb__h1_input_drop(struct vb_h1 *h1, size_t n)
{
    struct vb_h1_input *input = h1->input;

    if (input == NULL)
        return;
    vb_assert(n <= input->to - input->from);
    input->from += n;
    if (input->from == input->to) {
        free(input);
        h1->input = NULL;
    }
}
