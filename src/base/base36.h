/*
 * Numbers in base 36, for entity tags: short, and in characters that need no
 * quoting anywhere.
 */
#ifndef VB_BASE_BASE36_H
#define VB_BASE_BASE36_H

#include <stdint.h>

/* Digits that 64 bits may have. */
#define VB_BASE36_MOST 13

/* Writes `n` before `end`, where there is room for VB_BASE36_MOST digits. Where
 * it begins. */
static inline char *vb_base36_before(char *end, uint64_t n)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    do
        *--end = digits[n % 36];
    while ((n /= 36) > 0);
    return end;
}

#endif
