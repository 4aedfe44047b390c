/* What the three negotiations share: the verdict on each offer so far. */
#ifndef VB_HTTP_ACCEPT_INNER_H
#define VB_HTTP_ACCEPT_INNER_H

#include "base/assert.h"
#include "http/accept.h"

struct vb__verdict {
    int precedence; /* of the element that decided; 0: none did yet */
    int q;
    struct vb_span element;
};

/* n of them, undecided. Not the whole array: this is on the hot path. */
static inline void vb__verdicts_init(struct vb__verdict *verdicts, size_t n)
{
    vb_assert(n > 0 && n <= VB_OFFERS_MAX);
    memset(verdicts, 0, n * sizeof *verdicts);
}

/* Lets an element decide, if it has precedence over those before it. */
void vb__verdict_weigh(struct vb__verdict *verdict, int precedence, int q,
                       struct vb_span element);

/* The first offer with the highest weight above 0; VB_CHOICE_NONE if none. */
struct vb_choice vb__verdicts_best(const struct vb__verdict *verdicts,
                                   size_t n);

/* The client states no preference: this offer. */
struct vb_choice vb__choice_free(int offer);

#endif
