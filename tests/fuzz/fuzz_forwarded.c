/* A hop that was read is written and reads back the same. */
#include <stdint.h>

#include "base/assert.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct vb_arena *arena, const struct vb_forwarded *hop)
{
    struct vb_forwardeds forwardeds;
    struct vb_forwarded again;
    struct vb_node node;
    struct vb_span line;
    struct vb_buf buf;

    vb_assert(hop->for_.ptr == NULL || vb_node_parse(hop->for_, &node));
    vb_buf_init(&buf, 1 << 24);
    if (vb_forwarded_write(&buf, hop) == VB_OK) {
        line = vb_buf_span(&buf);
        vb_forwardeds_init(&forwardeds, arena, &line, 1);
        vb_assert(vb_forwardeds_next(&forwardeds, &again));
        vb_assert(vb_span_eq(again.for_, hop->for_));
        vb_assert(vb_span_eq(again.by, hop->by));
        vb_assert(vb_span_eq(again.host, hop->host));
        vb_assert(vb_span_eq(again.proto, hop->proto));
    }
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span line = vb_span_of((const char *)data, size);
    struct vb_forwardeds forwardeds;
    struct vb_forwarded hop;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    vb_forwardeds_init(&forwardeds, &arena, &line, 1);
    while (vb_forwardeds_next(&forwardeds, &hop))
        check(&arena, &hop);
    vb_arena_done(&arena);
    return 0;
}
