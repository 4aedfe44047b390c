/*
 * Preconditions (RFC 9110 section 13.1): each field as a predicate over what
 * is there now. In which order they are asked, and with what status each
 * answer ends, is the flow's business (section 13.2.2).
 *
 * A field is given as the values of all its lines.
 */
#ifndef VB_HTTP_PRECONDITION_H
#define VB_HTTP_PRECONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "http/date.h"
#include "http/etag.h"

enum vb_condition {
    VB_CONDITION_ABSENT = 0, /* there is no such field */
    VB_CONDITION_TRUE,
    VB_CONDITION_FALSE,
    /*
     * The value is not of the field's grammar, or there is nothing to compare
     * it with. A date is then ignored (sections 13.1.3 and 13.1.4), an
     * If-Range leaves the Range out (13.1.5), an If-Match is never good for a
     * write; for an If-None-Match see vb_if_none_match.
     */
    VB_CONDITION_INVALID,
};

/*
 * Is `tag` one of those that the resource has now? By strong or by weak
 * comparison (section 8.8.3.2): vb_etag_strong_eq or vb_etag_weak_eq. Where
 * one state has several representations (plain, compressed, HTML) the tag of
 * any of them is good for a write, and the callback knows them all.
 */
typedef bool vb_etag_known(const void *context, const struct vb_etag *tag,
                           bool strong);

/* What is there now, for the target of a request. */
struct vb_current {
    bool exists;          /* a current representation does */
    bool modified_strong; /* ->modified is a strong validator (8.8.2.2) */
    int64_t modified;     /* Unix seconds, as in Last-Modified, or
                             VB_DATE_NONE */
    vb_etag_known *known; /* NULL: it has no tags */
    const void *context;  /* for it */
};

/* A vb_etag_known for one tag, which `context` points to (struct vb_etag). */
bool vb_etag_known_one(const void *context, const struct vb_etag *tag,
                       bool strong);

/*
 * If-Match (section 13.1.1), by strong comparison: true when it is `*` and
 * something exists, or when one of its tags is known. Invalid when any element
 * is malformed, or `*` is not alone.
 */
enum vb_condition vb_if_match(const struct vb_span *values, size_t count,
                              const struct vb_current *current);

/*
 * If-None-Match (section 13.1.2), by weak comparison: false when it is `*` and
 * something exists, or when one of its tags is known. Otherwise invalid when
 * any element is malformed, or `*` is not alone: to read, that is as good as
 * true; to write in spite of it would be careless.
 */
enum vb_condition vb_if_none_match(const struct vb_span *values, size_t count,
                                   const struct vb_current *current);

/*
 * If-Modified-Since (section 13.1.3): true when the modification date is later.
 * `now`, in Unix seconds, serves two-digit years only.
 */
enum vb_condition vb_if_modified_since(const struct vb_span *values,
                                       size_t count, int64_t now,
                                       const struct vb_current *current);

/* If-Unmodified-Since (section 13.1.4): true when it is not later. */
enum vb_condition vb_if_unmodified_since(const struct vb_span *values,
                                         size_t count, int64_t now,
                                         const struct vb_current *current);

/*
 * If-Range (section 13.1.5): true when its tag is known by strong comparison,
 * or its date is the modification date exactly and that is a strong validator.
 */
enum vb_condition vb_if_range(const struct vb_span *values, size_t count,
                              int64_t now, const struct vb_current *current);

#endif
