/*
 * `verbatim check`: what of a description is served, what is not and why, and
 * what in it is at odds with HTTP.
 */
#ifndef VB_DESCRIBE_CHECK_H
#define VB_DESCRIBE_CHECK_H

#include "base/buf.h"
#include "describe/describe.h"

struct vb_check_counts {
    size_t paths;
    size_t operations;
    size_t served; /* of the operations */
    size_t warnings;
    size_t unserved; /* operations and paths without any: the command's exit
                      * status is 1 when there are some */
};

/*
 * Appends the report: plain text, lines of 100 columns where the names allow
 * it, the same for the same description. VB_ERR_NOMEM, VB_ERR_LIMIT (out's).
 */
enum vb_err vb_check(const struct vb_description *description,
                     struct vb_buf *out, struct vb_check_counts *ret_counts);

#endif
