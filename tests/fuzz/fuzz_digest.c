/* Digests that were read have their algorithm's length and read back. */
#include <stdint.h>

#include "base/assert.h"
#include "http/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct vb_arena *arena, enum vb_digest_algorithm algorithm,
                  struct vb_span digest)
{
    struct vb_digests again;
    struct vb_span line;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 16);
    vb_digest_write(&buf, algorithm, digest);
    line = vb_buf_span(&buf);
    vb_assert(vb_digests_parse(arena, &line, 1, &again) == VB_OK);
    vb_assert(vb_span_eq(again.values[algorithm], digest));
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span line = vb_span_of((const char *)data, size);
    enum vb_digest_algorithm wanted;
    struct vb_digests digests;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    if (vb_digests_parse(&arena, &line, 1, &digests) == VB_OK)
        for (unsigned i = 0; i < VB_DIGEST_COUNT; i++)
            if (digests.values[i].ptr != NULL)
                check(&arena, (enum vb_digest_algorithm)i, digests.values[i]);
    if (vb_digest_wanted(&arena, &line, 1, &wanted) == VB_OK)
        vb_assert(wanted <= VB_DIGEST_NONE);
    vb_arena_done(&arena);
    return 0;
}
