/* Pairs that were read can be written, and read back the same. */
#include <stdint.h>

#include "base/assert.h"
#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_query query, again;
    struct vb_query_pair pair, same;
    struct vb_span rest;
    struct vb_arena arena;
    struct vb_buf buf;

    vb_arena_init(&arena, 4096, 1 << 24);
    vb_buf_init(&buf, 1 << 24);
    vb_query_init(&query, &arena, vb_span_of((const char *)data, size));
    while (vb_query_next(&query, &pair))
        vb_query_append(&buf, pair.name, pair.value);
    vb_query_init(&query, &arena, vb_span_of((const char *)data, size));
    vb_query_init(&again, &arena, vb_buf_span(&buf));
    while (vb_query_next(&query, &pair)) {
        vb_assert(vb_query_next(&again, &same));
        vb_assert(vb_span_eq(pair.name, same.name));
        vb_assert(vb_span_eq(pair.value, same.value));
    }
    vb_assert(!vb_query_next(&again, &same) && again.err == VB_OK);
    vb_assert(vb_query_without(&arena, vb_buf_span(&buf), VB_SPAN("key"),
                               &rest) == VB_OK);
    vb_query_init(&again, &arena, rest);
    while (vb_query_next(&again, &same))
        vb_assert(!vb_span_eq(same.name, VB_SPAN("key")));
    vb_assert(again.err == VB_OK);
    vb_buf_done(&buf);
    vb_arena_done(&arena);
    return 0;
}
