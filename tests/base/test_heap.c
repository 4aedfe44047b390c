/* Blocks of a few sizes, kept for reuse. */
#include "unit.h"

#include "base/heap.h"

static void blocks_are_as_large_as_asked_for_and_aligned(void **state)
{
    static const size_t sizes[] = {0,   1,   63,  64,  65,  128,
                                   129, 256, 257, 512, 513, 100000};
    void *at[VB_COUNT_OF(sizes)];
    struct vb_heap heap;

    (void)state;
    vb_heap_init(&heap, 4);
    for (size_t i = 0; i < VB_COUNT_OF(sizes); i++) {
        at[i] = vb_heap_alloc(&heap, sizes[i]);
        assert_non_null(at[i]);
        assert_int_equal((uintptr_t)at[i] % _Alignof(max_align_t), 0);
        memset(at[i], (int)i, sizes[i]); /* AddressSanitizer looks on */
    }
    for (size_t i = 0; i < VB_COUNT_OF(sizes); i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(((unsigned char *)at[i])[k], i);
        vb_heap_free(&heap, at[i]);
    }
    vb_heap_free(&heap, NULL);
    vb_heap_done(&heap);
}

static void a_block_is_used_again_for_its_size(void **state)
{
    struct vb_heap heap;
    void *first, *second;

    (void)state;
    vb_heap_init(&heap, 1);
    first = vb_heap_alloc(&heap, 100);
    vb_heap_free(&heap, first);
    second = vb_heap_alloc(&heap, 128);
    assert_ptr_equal(second, first);
    vb_heap_free(&heap, second);
    assert_int_equal(heap.pools[1].free_count, 1);
    assert_int_equal(heap.pools[1].lent, 0);
    vb_heap_done(&heap);
}

static void what_is_asked_for_again_keeps_its_bytes(void **state)
{
    struct vb_heap heap;
    char *at, *same;

    (void)state;
    vb_heap_init(&heap, 4);
    at = vb_heap_realloc(&heap, NULL, 10);
    memcpy(at, "0123456789", 10);
    same = vb_heap_realloc(&heap, at, 64);
    assert_ptr_equal(same, at);
    for (size_t size = 65; size <= 4096; size *= 2) {
        at = vb_heap_realloc(&heap, at, size);
        assert_memory_equal(at, "0123456789", 10);
    }
    vb_heap_free(&heap, at);
    vb_heap_done(&heap);
}

static void zeros_are_zeros_and_too_many_are_refused(void **state)
{
    static const char zeros[200];
    struct vb_heap heap;
    char *at;

    (void)state;
    vb_heap_init(&heap, 4);
    at = vb_heap_alloc(&heap, 200);
    memset(at, 'x', 200);
    vb_heap_free(&heap, at);
    at = vb_heap_calloc(&heap, 50, 4);
    assert_memory_equal(at, zeros, 200);
    vb_heap_free(&heap, at);
    assert_null(vb_heap_calloc(&heap, SIZE_MAX / 2, 3));
    assert_null(vb_heap_alloc(&heap, SIZE_MAX));
    vb_heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_as_large_as_asked_for_and_aligned),
        cmocka_unit_test(a_block_is_used_again_for_its_size),
        cmocka_unit_test(what_is_asked_for_again_keeps_its_bytes),
        cmocka_unit_test(zeros_are_zeros_and_too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
