/*
 * RFC 3339 timestamps, as JSON has them: "2026-11-06T08:49:37.250Z".
 */
#ifndef VB_BASE_RFC3339_H
#define VB_BASE_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define VB_RFC3339_LEN 24 /* bytes of what vb_rfc3339_format writes */

/*
 * Writes Unix milliseconds as a date-time in UTC with three decimals, without
 * a NUL. Times outside the years 0000 to 9999 are written as the nearer end.
 */
void vb_rfc3339_format(int64_t unix_ms, char text[VB_RFC3339_LEN]);

/*
 * Reads a date-time (RFC 3339 section 5.6), "T" and "Z" in either case, with
 * any number of decimals (those past milliseconds are cut off) and any offset.
 * A second 60 must be the last one of a day in UTC. False, *ret_unix_ms
 * untouched, when s is anything else.
 */
bool vb_rfc3339_parse(struct vb_span s, int64_t *ret_unix_ms);

/* Is s a full-date, "2026-11-06"? */
bool vb_rfc3339_is_date(struct vb_span s);

/* Is s a full-time, "08:49:37.5+01:00"? */
bool vb_rfc3339_is_time(struct vb_span s);

#endif
