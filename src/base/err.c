/* Texts of the local failures. See err.h. */
#include "base/err.h"

const char *vb_err_text(enum vb_err err)
{
    static const char *const texts[VB_ERR_INDEX_COUNT] = {
        [VB_ERR_INDEX_OK] = "success",
#define VB_ERR(name, text) [VB_ERR_INDEX_##name] = text,
#include "base/err.tbl"
#undef VB_ERR
    };
    int index = -(int)err;

    if (index < 0 || index >= VB_ERR_INDEX_COUNT)
        return "unknown error";
    return texts[index];
}
