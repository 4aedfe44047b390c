/* A normal path has no dot segments and is its own normal form; what decodes
 * can be said as a segment and decodes back to itself. */
#include <stdint.h>

#include "base/assert.h"
#include "http/path.h"
#include "http/percent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_segment(struct vb_arena *arena, struct vb_span segment)
{
    struct vb_span name, back;
    struct vb_buf buf;

    vb_assert(!vb_span_eq(segment, VB_SPAN(".")));
    vb_assert(!vb_span_eq(segment, VB_SPAN("..")));
    vb_assert(vb_percent_decode(arena, segment, &name) == VB_OK);
    vb_buf_init(&buf, 1 << 24);
    vb_assert(vb_path_append_segment(&buf, name));
    vb_assert(vb_percent_decode(arena, vb_buf_span(&buf), &back) == VB_OK);
    vb_assert(vb_span_eq(name, back));
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_span normal, again, segment;
    struct vb_segments segments;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    if (vb_path_normalise(&arena, text, &normal) == VB_OK) {
        vb_assert(vb_path_normalise(&arena, normal, &again) == VB_OK);
        vb_assert(vb_span_eq(normal, again));
        vb_segments_init(&segments, normal);
        while (vb_segments_next(&segments, &segment))
            check_segment(&arena, segment);
    }
    vb_arena_done(&arena);
    return 0;
}
