/* The worker's heap, as the libraries ask for memory: they name it last. */
#include "wire/mux/mux.h"

void *vb_mux_malloc(size_t size, void *heap)
{
    return vb_heap_alloc(heap, size);
}

void *vb_mux_calloc(size_t count, size_t size, void *heap)
{
    return vb_heap_calloc(heap, count, size);
}

void *vb_mux_realloc(void *at, size_t size, void *heap)
{
    return vb_heap_realloc(heap, at, size);
}

void vb_mux_free(void *at, void *heap)
{
    vb_heap_free(heap, at);
}
