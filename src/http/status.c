/* Status codes: see status.h; the data is status.tbl. */
#include "http/status.h"

enum index {
    NO_INDEX,
#define VB_STATUS(code, name, reason, heuristic, content, standing)            \
    INDEX_##name,
#include "http/status.tbl"
#undef VB_STATUS
    INDEX_COUNT
};

_Static_assert(INDEX_COUNT <= UINT8_MAX, "an index fits in 8 bits");

#define VB_STATUS(code, name, reason, heuristic, content, standing)            \
    _Static_assert(VB_STATUS_##name == (code), "status.tbl and status.h "      \
                                               "agree");
#include "http/status.tbl"
#undef VB_STATUS

static const struct vb_status_info infos[INDEX_COUNT] = {
#define VB_STATUS(code, name, reason, heuristic, content, standing)            \
    [INDEX_##name] = {code, heuristic, content, VB_STATUS_##standing,          \
                      VB_SPAN_INIT(reason)},
#include "http/status.tbl"
#undef VB_STATUS
};

/* From code - 100 to the row; two rows of one code would not compile. */
static const uint8_t indexes[500] = {
#define VB_STATUS(code, name, reason, heuristic, content, standing)            \
    [(code)-100] = INDEX_##name,
#include "http/status.tbl"
#undef VB_STATUS
};

const struct vb_status_info *vb_status_info(int code)
{
    if (code < 100 || code > 599 || indexes[code - 100] == NO_INDEX)
        return NULL;
    return &infos[indexes[code - 100]];
}

struct vb_span vb_status_reason(int code)
{
    const struct vb_status_info *info = vb_status_info(code);

    return info == NULL ? VB_SPAN("") : info->reason;
}

int vb_status_known(int code)
{
    if (code < 100 || code > 599)
        return VB_STATUS_INTERNAL_SERVER_ERROR;
    return vb_status_info(code) == NULL ? code / 100 * 100 : code;
}

bool vb_status_is_heuristic(int code)
{
    const struct vb_status_info *info = vb_status_info(code);

    return info != NULL && info->heuristic;
}

bool vb_status_has_content(int code)
{
    const struct vb_status_info *info = vb_status_info(vb_status_known(code));

    return info != NULL && info->content;
}
