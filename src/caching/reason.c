/* The table of reasons: see reason.h. */
#include "caching/reason.h"

#include "base/assert.h"

static const struct vb_caching_reason_info infos[] = {
#define VB_REASON(id, fwd, section, text)                                      \
    [VB_CACHING_##id] = {VB_CACHE_FWD_##fwd, VB_SPAN_INIT(#id),                \
                         VB_SPAN_INIT(section), VB_SPAN_INIT(text)},
#include "caching/reason.tbl"
#undef VB_REASON
};

const struct vb_caching_reason_info *
vb_caching_reason_info(enum vb_caching_reason reason)
{
    vb_assert((unsigned)reason < VB_CACHING_REASON_COUNT);
    return &infos[reason];
}
