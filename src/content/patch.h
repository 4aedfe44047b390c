/*
 * JSON Patch (RFC 6902): a list of operations that change a document, all of
 * them or none.
 */
#ifndef VB_CONTENT_PATCH_H
#define VB_CONTENT_PATCH_H

#include "content/json.h"

struct vb_patch_limits {
    size_t operations;            /* in one patch */
    size_t work;                  /* steps: names and elements looked at or
                                     copied; a step is 10 to 30 ns */
    const struct vb_span *hidden; /* pointers to values that are not shown: no
                                     operation may compare or copy them */
    size_t hidden_count;
    struct vb_json_limits result; /* what the changed document may take */
};

/* 10 000 operations, 2 million steps, vb_json_limits_default. */
extern const struct vb_patch_limits vb_patch_limits_default;

/* Why a patch was not applied; RFC 5789 section 2.2 makes these a status. */
enum vb_patch_fault {
    VB_PATCH_MALFORMED,     /* no patch document at all: 400 */
    VB_PATCH_UNPROCESSABLE, /* cannot be applied to this document: 422 */
    VB_PATCH_TEST_FAILED,   /* the document is not what it assumes: 409 */
    VB_PATCH_EXCESSIVE,     /* it exceeds a limit: 413 */
};

int vb_patch_status(enum vb_patch_fault fault);

struct vb_patch_failure {
    enum vb_patch_fault fault;
    size_t operation; /* the one that failed, from 0 */
    char pointer[48]; /* into the patch document: what is to blame, "/3/path" */
    char detail[256]; /* for people: UTF-8, one line, NUL-terminated */
};

/*
 * Applies a patch document to `target`, which stays as it is; NULL: there is
 * no current representation, and the patch has to begin by adding one. The
 * result is the caller's, with memory of its own. `limits` NULL: the defaults.
 *
 * VB_ERR_INVALID: not applied, *ret_failure says why. VB_ERR_NOMEM.
 */
enum vb_err vb_patch_apply(yyjson_val *target, yyjson_val *patch,
                           const struct vb_patch_limits *limits,
                           struct vb_json **ret_result,
                           struct vb_patch_failure *ret_failure);

#endif
