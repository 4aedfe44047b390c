/* The end of the line for a broken invariant. See assert.h. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void vb_assert_failed(const char *condition, const char *file,
                                int line, const char *function)
{
    fprintf(stderr, "verbatim: bug: %s:%d: %s: `%s' does not hold\n", file,
            line, function, condition);
    abort();
}
