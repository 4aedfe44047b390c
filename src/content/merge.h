/*
 * JSON Merge Patch (RFC 7396): a document that looks like the changes it
 * makes; null removes.
 */
#ifndef VB_CONTENT_MERGE_H
#define VB_CONTENT_MERGE_H

#include "content/json.h"

/*
 * Merges `patch` into `target`, which stays as it is; NULL: there is no
 * current representation. Members keep their places, new ones follow in the
 * patch's order. The result is the caller's, with memory of its own, within
 * `limits` (NULL: the defaults). Linear in the size of both.
 *
 * Every document is a merge patch, so there is no malformed one (section 2).
 * VB_ERR_LIMIT: the result would exceed a limit. VB_ERR_NOMEM.
 */
enum vb_err vb_merge_apply(yyjson_val *target, yyjson_val *patch,
                           const struct vb_json_limits *limits,
                           struct vb_json **ret_result);

#endif
