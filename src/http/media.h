/*
 * Media types and media ranges (RFC 9110 sections 8.3.1 and 12.5.1):
 *
 *     application/problem+json ; charset=utf-8
 *     type        subtype  suffix  parameters
 */
#ifndef VB_HTTP_MEDIA_H
#define VB_HTTP_MEDIA_H

#include <stdbool.h>

#include "base/span.h"
#include "http/param.h"

/* More parameters than this are refused; it bounds the cost of comparing. */
#define VB_MEDIA_PARAMS_MAX 16

struct vb_media {
    struct vb_span type;    /* "*" in a range of all types */
    struct vb_span subtype; /* with its suffix; "*" in a range */
    struct vb_span suffix;  /* structured syntax suffix without "+"; or empty
                               (RFC 6838 section 4.2.8) */
    struct vb_span params;  /* from its first ";"; well-formed; or empty */
    unsigned param_count;   /* in a range: without q */
};

/*
 * Reads s, all of it, as a media type. False when it is malformed, names one
 * parameter twice (RFC 6838 section 4.3 calls that an error; to pick one is to
 * guess), or has too many parameters.
 */
bool vb_media_parse(struct vb_span s, struct vb_media *ret_media);

/*
 * Reads s, all of it, as a media range, with or without weight: a parameter
 * named q is the weight wherever it stands (RFC 9110 section 12.5.1).
 * *ret_q is its value in thousandths, 1000 when there is none.
 */
bool vb_media_parse_range(struct vb_span s, struct vb_media *ret_range,
                          int *ret_q);

/* The parameter of that name, in any case; false when there is none. */
bool vb_media_param(const struct vb_media *media, struct vb_span name,
                    struct vb_param *ret_param);

/* Is it this type/subtype (in lower case, "text/html"), whatever its
 * parameters? */
bool vb_media_is(const struct vb_media *media, struct vb_span essence);

/* Type and subtype alike, whatever the parameters. */
bool vb_media_essence_eq(const struct vb_media *a, const struct vb_media *b);

/*
 * Alike in type, subtype and parameters, in whatever order. Values of charset
 * compare in any case, other values letter for letter (section 8.3.1).
 */
bool vb_media_eq(const struct vb_media *a, const struct vb_media *b);

/*
 * How closely a range that matches does so; a larger number has precedence
 * (section 12.5.1). For type/subtype each parameter adds one.
 */
enum vb_media_precedence {
    VB_MEDIA_NO_MATCH = 0,
    VB_MEDIA_ALL = 1,     /* by an asterisk for both */
    VB_MEDIA_TYPE = 2,    /* by the type and an asterisk */
    VB_MEDIA_SUBTYPE = 3, /* by type/subtype, and more with parameters */
};

/*
 * Does the range cover the media type? It does when each of its parameters is
 * one of the media type's, with two exceptions: q is left out of account, and
 * charset=utf-8 covers a type without charset whose definition makes it UTF-8
 * (JSON: RFC 8259 section 8.1). Returns the precedence, VB_MEDIA_NO_MATCH (0)
 * when it does not.
 */
int vb_media_match(const struct vb_media *range, const struct vb_media *media);

#endif
