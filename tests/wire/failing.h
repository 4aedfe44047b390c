/*
 * malloc, calloc and realloc of a test's program, which refuse the Nth call
 * when told to: it is linked with -Wl,--wrap for each.
 */
#ifndef VB_TESTS_WIRE_FAILING_H
#define VB_TESTS_WIRE_FAILING_H

#include <stdbool.h>

struct failing {
    bool armed;
    int left; /* calls until one is refused; those behind it are not */
    bool refused;
};

extern struct failing failing;

#endif
