/* Accept-Language: see accept.h. */
#include "http/accept.h"
#include "http/accept_inner.h"
#include "http/chars.h"
#include "http/elements.h"
#include "http/language.h"
#include "http/quality.h"

/* language-range of RFC 4647 section 2.1. */
static bool is_range(struct vb_span s)
{
    size_t at = 0;

    if (vb_span_eq(s, VB_SPAN("*")))
        return true;
    if (vb_chars_run(s, VB_CHAR_ALPHA) != vb_language_subtag(s, 0))
        return false;
    for (;;) {
        size_t len = vb_language_subtag(s, at);

        if (len == 0)
            return false;
        at += len;
        if (at == s.len)
            return true;
        if (s.ptr[at++] != '-')
            return false;
    }
}

/* Precedence of "*"; of another range that covers a tag it is greater. */
#define BY_ASTERISK 1

/* Does the range cover the tag (section 3.3.1)? The longer, the closer. */
static int cover(struct vb_span range, struct vb_span tag)
{
    if (vb_span_eq(range, VB_SPAN("*")))
        return BY_ASTERISK;
    if (range.len > tag.len ||
        !vb_span_ieq(range, vb_span_head(tag, range.len)))
        return 0;
    if (range.len < tag.len && tag.ptr[range.len] != '-')
        return 0;
    return BY_ASTERISK + (int)range.len;
}

/* Cuts off the last subtag, and a single letter that is then the last. */
static struct vb_span cut(struct vb_span range)
{
    size_t len = range.len;

    while (len > 0 && range.ptr[len - 1] != '-')
        len--;
    len = len > 0 ? len - 1 : 0;
    if (len >= 2 && range.ptr[len - 2] == '-')
        len -= 2;
    return vb_span_head(range, len);
}

/* The offer that a range, cut short as often as need be, is; or -1. Those
 * that filtering decided on were refused. */
static int look_up(struct vb_span range, const struct vb_span *offers, size_t n,
                   const struct vb__verdict *verdicts)
{
    for (; range.len > 0; range = cut(range))
        for (size_t i = 0; i < n; i++)
            if (verdicts[i].precedence == 0 && vb_span_ieq(range, offers[i]))
                return (int)i;
    return -1;
}

/* The next well-formed element. */
static bool next_range(struct vb_elements *elements, int *left,
                       struct vb_span *ret_element, struct vb_span *ret_range,
                       int *ret_q)
{
    struct vb_span range;
    int q;

    while ((*left)-- > 0 && vb_elements_next(elements, ret_element)) {
        if (!vb_q_split(*ret_element, &range, &q) || !is_range(range))
            continue;
        *ret_range = range;
        *ret_q = q;
        return true;
    }
    return false;
}

/* The second round: lookup, the highest weight and then the first. */
static struct vb_choice fall_back(const struct vb_span *values, size_t count,
                                  const struct vb_span *offers, size_t n,
                                  const struct vb__verdict *verdicts)
{
    struct vb_choice best = {.offer = -1, .reason = VB_CHOICE_NONE};
    int left = VB_ACCEPT_ELEMENTS_MAX;
    struct vb_elements elements;
    struct vb_span element;
    struct vb_span range;
    int q;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    while (next_range(&elements, &left, &element, &range, &q)) {
        int i = q > best.q ? look_up(range, offers, n, verdicts) : -1;

        if (i >= 0)
            best = (struct vb_choice){.offer = i,
                                      .reason = VB_CHOICE_FALLBACK,
                                      .q = q,
                                      .element = element};
    }
    return best;
}

/* Nothing is acceptable, so that what has precedence has weight 0. */
static int spare_of(const struct vb__verdict *verdicts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (verdicts[i].precedence <= BY_ASTERISK)
            return (int)i;
    return 0;
}

struct vb_choice vb_accept_language(const struct vb_span *values, size_t count,
                                    const struct vb_span *offers, size_t n)
{
    struct vb__verdict verdicts[VB_OFFERS_MAX];
    int left = VB_ACCEPT_ELEMENTS_MAX;
    unsigned well_formed = 0;
    struct vb_elements elements;
    struct vb_choice choice;
    struct vb_span element;
    struct vb_span range;
    int q;

    vb__verdicts_init(verdicts, n);
    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    while (next_range(&elements, &left, &element, &range, &q)) {
        well_formed++;
        for (size_t i = 0; i < n; i++)
            vb__verdict_weigh(&verdicts[i], cover(range, offers[i]), q,
                              element);
    }
    if (well_formed == 0)
        return vb__choice_free(0);
    choice = vb__verdicts_best(verdicts, n);
    if (choice.reason == VB_CHOICE_NONE)
        choice = fall_back(values, count, offers, n, verdicts);
    if (choice.reason == VB_CHOICE_NONE)
        choice.spare = spare_of(verdicts, n);
    return choice;
}
