/*
 * Problem details (RFC 9457): what an error's reply says to programs, and the
 * same as a small page for people.
 */
#ifndef VB_CONTENT_PROBLEM_H
#define VB_CONTENT_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The part of the request that a complaint is about. */
enum vb_problem_part {
    VB_PROBLEM_POINTER,   /* a JSON Pointer into the content */
    VB_PROBLEM_PARAMETER, /* one of the path, the query or a cookie */
    VB_PROBLEM_HEADER     /* a field */
};

/* Complaints kept; those beyond are only counted. */
#define VB_PROBLEM_MOST 32

struct vb_complaint {
    enum vb_problem_part part;
    struct vb_span where;
    struct vb_span detail;
    size_t line; /* of the content, from 1, where a pointer leads into one of
                    several values; 0: it is one value */
};

/* All spans are borrowed; all may come from the client. */
struct vb_problem {
    uint16_t status;
    struct vb_span type;     /* a URI reference; "" for about:blank */
    struct vb_span title;    /* "" for the status's reason phrase */
    struct vb_span detail;   /* "" for none */
    struct vb_span instance; /* "" for none */
    size_t count;            /* complaints; may exceed VB_PROBLEM_MOST */
    struct vb_complaint complaints[VB_PROBLEM_MOST];
};

/* Adds a complaint, or counts it where there is no more room. */
static inline void vb_problem_complain(struct vb_problem *problem,
                                       enum vb_problem_part part,
                                       struct vb_span where,
                                       struct vb_span detail)
{
    if (problem->count < VB_PROBLEM_MOST)
        problem->complaints[problem->count] =
            (struct vb_complaint){part, where, detail, 0};
    problem->count++;
}

/* No document that these write is longer, in bytes: texts that are very long
 * are cut. */
#define VB_PROBLEM_BYTES_MOST ((size_t)512 << 10)

/* Appends it as application/problem+json. Check buf->err. */
void vb_problem_write_json(struct vb_buf *buf,
                           const struct vb_problem *problem);

/* Appends it as a page, text/html in UTF-8: complete, without script and
 * without anything to load, everything escaped. Check buf->err. */
void vb_problem_write_html(struct vb_buf *buf,
                           const struct vb_problem *problem);

#endif
