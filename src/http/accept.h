/*
 * Proactive negotiation (RFC 9110 section 12.5): which of the server's offers
 * the client wants most, and by which element of its field.
 *
 * Offers stand in the server's own order of preference, which decides between
 * equal weights. An element that is malformed is ignored, the others honoured;
 * a field without one well-formed element counts as absent. Accept-Charset is
 * deprecated and not read (section 12.5.2).
 */
#ifndef VB_HTTP_ACCEPT_H
#define VB_HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "http/media.h"

/* A call takes at most so many offers, which is asserted. */
#define VB_OFFERS_MAX 32

/* Elements past so many are not read: preferences, and they cost time. */
#define VB_ACCEPT_ELEMENTS_MAX 256

enum vb_choice_reason {
    VB_CHOICE_NONE = 0, /* nothing offered is acceptable */
    VB_CHOICE_FREE,     /* the client states no preference */
    VB_CHOICE_LISTED,   /* ->element names or covers the offer */
    VB_CHOICE_FALLBACK, /* nothing names it, but nothing better is there: plain
                           identity, or a shorter language tag */
};

struct vb_choice {
    int offer; /* index, or -1 */
    enum vb_choice_reason reason;
    int q;                  /* thousandths; 1000 for VB_CHOICE_FREE */
    struct vb_span element; /* of the field, that decided; or empty */
    /* Accept-Encoding only: identity was among the offers, and is refused. */
    bool identity_refused;
    /* Accept-Language only, with VB_CHOICE_NONE: the first offer that is not
     * refused by name, or else 0. What to answer with where the field is
     * rather disregarded than the request refused (section 12.5.4). */
    int spare;
};

/*
 * Accept (section 12.5.1), over the values of all its lines; count 0 when it
 * is absent. For each offer the most specific range that covers it decides its
 * weight; the highest weight wins; a weight of 0 is a refusal.
 */
struct vb_choice vb_accept_media(const struct vb_span *values, size_t count,
                                 const struct vb_media *offers, size_t n);

/*
 * Accept-Encoding (section 12.5.3). An offer is a content coding in lower
 * case, or "identity". `x-gzip` and `x-compress` mean gzip and compress
 * (section 8.4.1). When the field is absent any coding would do, and identity
 * is chosen where offered. When nothing is acceptable the reason is
 * VB_CHOICE_NONE, which happens only if identity is refused or not offered.
 */
struct vb_choice vb_accept_coding(const struct vb_span *values, size_t count,
                                  const struct vb_span *offers, size_t n);

/*
 * Accept-Language (section 12.5.4). An offer is a language tag. First by basic
 * filtering (RFC 4647 section 3.3.1): the longest range that is a prefix of
 * the offer decides its weight. If that leaves nothing, by lookup (section
 * 3.4): ranges are cut short until one is an offer ("de-CH" takes "de"), and
 * the reason is VB_CHOICE_FALLBACK.
 */
struct vb_choice vb_accept_language(const struct vb_span *values, size_t count,
                                    const struct vb_span *offers, size_t n);

#endif
