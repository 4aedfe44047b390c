/*
 * Local failures: one negative code from one table (err.tbl). 0 is success.
 *
 * A function that can fail locally returns `enum vb_err`, leaves its `ret_`
 * outputs untouched on failure, and is checked at once by its caller.
 */
#ifndef VB_BASE_ERR_H
#define VB_BASE_ERR_H

enum vb_err_index {
    VB_ERR_INDEX_OK = 0,
#define VB_ERR(name, text) VB_ERR_INDEX_##name,
#include "base/err.tbl"
#undef VB_ERR
    VB_ERR_INDEX_COUNT
};

enum vb_err {
    VB_OK = 0,
#define VB_ERR(name, text) VB_ERR_##name = -(int)VB_ERR_INDEX_##name,
#include "base/err.tbl"
#undef VB_ERR
};

/* The table's text for a code, "success" for VB_OK; static, never NULL. */
const char *vb_err_text(enum vb_err err);

#endif
