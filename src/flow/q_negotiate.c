/* Is there a representation that the client accepts? Row `negotiate`. */
#include "content/coding.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/accept.h"
#include "http/method.h"

/* What all the lines of Accept-Encoding come to; *memo keeps it for one. */
static void read_codings(struct vb_exchange *x, struct vb_coding_memo *memo)
{
    struct vb_lines lines;
    struct vb_choice choice;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT_ENCODING, &lines);
    choice = vb_accept_coding(lines.at, lines.count, vb_coding_offers,
                              VB_CODING_COUNT);
    memo->len = 0;
    if (lines.count == 1 && lines.at[0].len > 0 &&
        lines.at[0].len <= sizeof(memo->line)) {
        memcpy(memo->line, lines.at[0].ptr, lines.at[0].len);
        memo->len = (uint8_t)lines.at[0].len;
    }
    memo->offer = (int8_t)choice.offer;
    memo->identity_refused = choice.identity_refused;
}

/* By Accept-Encoding (RFC 9110 section 12.5.3). The outcome of a write is shown
 * once and not kept, so that a coding is worth it only where it must be. */
static bool choose_coding(struct vb_exchange *x, const struct vb_field *field)
{
    struct vb_coding_memo *memo = &x->env->coding_memo;

    if (memo->len == 0 || field->next != 0 ||
        !vb_span_eq(field->value, vb_span_of(memo->line, memo->len)))
        read_codings(x, memo);
    x->identity_refused = memo->identity_refused;
    if (memo->offer < 0) {
        vb_reply_no_coding(x);
        return false;
    }
    if (vb_method_is_safe(x->head.method) || memo->identity_refused)
        x->coding = (uint8_t)vb_coding_of_offer(memo->offer);
    return true;
}

/* Offers of representations. */
static size_t count_usual(const struct vb_resource *resource)
{
    size_t count = resource->offer_count;

    while (count > 0 && resource->offers[count - 1].is_stream)
        count--;
    return count;
}

/* Whoever answers in parts has to see the end of each. */
static bool may_stream(const struct vb_exchange *x,
                       const struct vb_offer *offer)
{
    return x->outer == NULL &&
           (!offer->reads_only || x->head.method == VB_METHOD_GET ||
            vb_exchange_is_head(x));
}

/* Whoever takes anything wants something that ends. */
static bool is_usual(const struct vb_exchange *x, const struct vb_offer *offer,
                     struct vb_span element)
{
    return !offer->is_stream ||
           (may_stream(x, offer) &&
            vb_span_ieq(vb_span_head(element, offer->media_type.len),
                        offer->media_type));
}

bool vb_offer_is_named(const struct vb_exchange *x, size_t offer)
{
    struct vb_choice choice;
    struct vb_lines lines;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT, &lines);
    choice =
        vb_accept_media(lines.at, lines.count, &x->resource->medias[offer], 1);
    return choice.reason == VB_CHOICE_LISTED &&
           is_usual(x, &x->resource->offers[offer], choice.element);
}

static struct vb_choice choose_usual(const struct vb_exchange *x,
                                     const struct vb_lines *lines)
{
    size_t count = count_usual(x->resource);

    return count == 0 ? (struct vb_choice){.offer = -1}
                      : vb_accept_media(lines->at, lines->count,
                                        x->resource->medias, count);
}

static bool choose_offer(struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;
    struct vb_choice choice;
    struct vb_lines lines;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT, &lines);
    choice = vb_accept_media(lines.at, lines.count, resource->medias,
                             vb_resource_offers(x));
    if (choice.offer >= 0 &&
        !is_usual(x, &resource->offers[choice.offer], choice.element))
        choice = choose_usual(x, &lines);
    x->offer = (int16_t)choice.offer;
    if (x->offer >= 0 && resource->offers[x->offer].is_page)
        vb__reply_hint(x);
    return x->offer >= 0 || resource->mixed;
}

/*
 * All methods may show their outcome, and whoever could not read it must learn
 * that before anything is done. Not of what is deleted: that it was is all that
 * counts, and the last state comes as it is accepted or in the usual type.
 */
static enum vb_answer choose_for_delete(struct vb_exchange *x)
{
    if (x->offer >= 0 &&
        vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT) != NULL &&
        (!choose_offer(x) || x->offer < 0))
        x->offer = 0;
    return VB_YES;
}

enum vb_answer vb__q_acceptable(struct vb_exchange *x)
{
    const struct vb_field *codings =
        vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT_ENCODING);
    bool any = x->resource->offer_count > 0;

    if (count_usual(x->resource) > 0)
        x->offer = 0;
    if (x->head.method == VB_METHOD_DELETE)
        return choose_for_delete(x);
    if (any && vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT) != NULL &&
        !choose_offer(x))
        return VB_NO;
    return codings == NULL || choose_coding(x, codings) ? VB_YES : VB_NO;
}
