/* Accept-Encoding: see accept.h. */
#include "http/accept.h"
#include "http/accept_inner.h"
#include "http/chars.h"
#include "http/elements.h"
#include "http/quality.h"

/* How closely an element decides on an offer. */
enum { BY_ASTERISK = 1, BY_NAME };

/* Other names of codings, which recipients take for the same. */
static const struct {
    struct vb_span alias;
    struct vb_span name;
} aliases[] = {
    {VB_SPAN_INIT("x-gzip"), VB_SPAN_INIT("gzip")},         /* 8.4.1.3 */
    {VB_SPAN_INIT("x-compress"), VB_SPAN_INIT("compress")}, /* 8.4.1.1 */
};

static struct vb_span canonical(struct vb_span name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (vb_span_ieq(name, aliases[i].alias))
            return aliases[i].name;
    return name;
}

static int find(const struct vb_span *offers, size_t n, struct vb_span name)
{
    for (size_t i = 0; i < n; i++)
        if (vb_span_ieq(offers[i], name))
            return (int)i;
    return -1;
}

/* Lets all well-formed elements decide on the offers. */
static void weigh(const struct vb_span *values, size_t count,
                  const struct vb_span *offers, size_t n,
                  struct vb__verdict *verdicts)
{
    struct vb_elements elements;
    struct vb_span element;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    for (int read = 0;
         read < VB_ACCEPT_ELEMENTS_MAX && vb_elements_next(&elements, &element);
         read++) {
        struct vb_span name;
        int q;

        if (!vb_q_split(element, &name, &q) || !vb_token_valid(name))
            continue;
        if (vb_span_eq(name, VB_SPAN("*"))) {
            for (size_t i = 0; i < n; i++)
                vb__verdict_weigh(&verdicts[i], BY_ASTERISK, q, element);
        } else {
            int i = find(offers, n, canonical(name));

            if (i >= 0)
                vb__verdict_weigh(&verdicts[i], BY_NAME, q, element);
        }
    }
}

struct vb_choice vb_accept_coding(const struct vb_span *values, size_t count,
                                  const struct vb_span *offers, size_t n)
{
    struct vb__verdict verdicts[VB_OFFERS_MAX];
    int identity = find(offers, n, VB_SPAN("identity"));
    struct vb_choice choice;

    vb__verdicts_init(verdicts, n);
    if (count == 0)
        return vb__choice_free(identity >= 0 ? identity : 0);
    weigh(values, count, offers, n, verdicts);
    choice = vb__verdicts_best(verdicts, n);
    if (identity < 0)
        return choice;
    /* Identity is acceptable unless the field decided that it is not. */
    choice.identity_refused =
        verdicts[identity].precedence > 0 && verdicts[identity].q == 0;
    if (choice.reason == VB_CHOICE_NONE && !choice.identity_refused)
        choice =
            (struct vb_choice){.offer = identity, .reason = VB_CHOICE_FALLBACK};
    return choice;
}
