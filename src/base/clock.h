/*
 * The two clocks. Code that decides by time takes a time as an argument; only
 * the loop and the storage writer read these.
 */
#ifndef VB_BASE_CLOCK_H
#define VB_BASE_CLOCK_H

#include <stdint.h>

/* "Never": later than any deadline. */
#define VB_TIME_NEVER INT64_MAX

/* Milliseconds that only go forward, from an arbitrary zero. */
int64_t vb_clock_monotonic_ms(void);

/* The same clock in nanoseconds, for who measures round trips. */
int64_t vb_clock_monotonic_ns(void);

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t vb_clock_unix_ms(void);

#endif
