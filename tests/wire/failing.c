/* See failing.h. */
#include "failing.h"

#include <stddef.h>

struct failing failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool refuse(void)
{
    if (!failing.armed || failing.left-- > 0)
        return false;
    failing.refused = true;
    return failing.left == -1;
}

void *__wrap_malloc(size_t size)
{
    return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return refuse() ? NULL : __real_realloc(at, size);
}
