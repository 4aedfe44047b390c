/* A media type equals itself, and is covered by itself read as a range. */
#include "base/assert.h"
#include "http/media.h"
#include "http/quality.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span s = vb_span_of((const char *)data, size);
    struct vb_media media;
    struct vb_media range;
    int q = -1;

    if (vb_media_parse_range(s, &range, &q))
        vb_assert(q >= 0 && q <= VB_Q_MAX);
    if (!vb_media_parse(s, &media))
        return 0;
    vb_assert(vb_media_eq(&media, &media));
    vb_assert(media.param_count <= VB_MEDIA_PARAMS_MAX);
    if (q >= 0)
        vb_assert(vb_media_match(&range, &media) ==
                  VB_MEDIA_SUBTYPE + (int)range.param_count);
    return 0;
}
