/* Accept, and what it shares with the other negotiations: see accept.h. */
#include "http/accept.h"

#include "http/accept_inner.h"
#include "http/elements.h"
#include "http/quality.h"

void vb__verdict_weigh(struct vb__verdict *verdict, int precedence, int q,
                       struct vb_span element)
{
    if (precedence <= verdict->precedence)
        return;
    *verdict = (struct vb__verdict){precedence, q, element};
}

struct vb_choice vb__verdicts_best(const struct vb__verdict *verdicts, size_t n)
{
    struct vb_choice best = {.offer = -1, .reason = VB_CHOICE_NONE};

    for (size_t i = 0; i < n; i++) {
        const struct vb__verdict *verdict = &verdicts[i];

        if (verdict->precedence == 0 || verdict->q <= best.q)
            continue;
        best = (struct vb_choice){.offer = (int)i,
                                  .reason = VB_CHOICE_LISTED,
                                  .q = verdict->q,
                                  .element = verdict->element};
    }
    return best;
}

struct vb_choice vb__choice_free(int offer)
{
    return (struct vb_choice){
        .offer = offer, .reason = VB_CHOICE_FREE, .q = VB_Q_MAX};
}

struct vb_choice vb_accept_media(const struct vb_span *values, size_t count,
                                 const struct vb_media *offers, size_t n)
{
    struct vb__verdict verdicts[VB_OFFERS_MAX];
    struct vb_elements elements;
    struct vb_span element;
    unsigned well_formed = 0;

    vb__verdicts_init(verdicts, n);
    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    for (int read = 0;
         read < VB_ACCEPT_ELEMENTS_MAX && vb_elements_next(&elements, &element);
         read++) {
        struct vb_media range;
        int q;

        if (!vb_media_parse_range(element, &range, &q))
            continue;
        well_formed++;
        for (size_t i = 0; i < n; i++)
            vb__verdict_weigh(&verdicts[i], vb_media_match(&range, &offers[i]),
                              q, element);
    }
    return well_formed == 0 ? vb__choice_free(0)
                            : vb__verdicts_best(verdicts, n);
}
