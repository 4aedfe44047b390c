/*
 * HTTP-date (RFC 9110 section 5.6.7): three forms in, one out.
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT      IMF-fixdate, the one we write
 *     Sunday, 06-Nov-94 08:49:37 GMT     RFC 850
 *     Sun Nov  6 08:49:37 1994           asctime
 *
 * Times are Unix seconds: what HTTP compares and stores has no finer unit.
 */
#ifndef VB_HTTP_DATE_H
#define VB_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define VB_DATE_LEN 29 /* bytes of an IMF-fixdate */

/* "There is no date": earlier than any that can be written. */
#define VB_DATE_NONE INT64_MIN

/*
 * Writes an IMF-fixdate, without a NUL. A time outside the years 0000 to 9999
 * is written as the nearer end.
 */
void vb_date_format(int64_t unix_seconds, char text[VB_DATE_LEN]);

/*
 * Reads an HTTP-date of any form, letter for letter (the grammar is
 * case-sensitive). The day must be in its month, the time within 00:00:00 to
 * 23:59:60, the day name one of the seven; it need not be the right one.
 *
 * `now` (Unix seconds) gives two digits of year their century: of the years
 * that end in them the latest that is not more than 50 years ahead.
 *
 * False, *ret_unix_seconds untouched, when s is anything else.
 */
bool vb_date_parse(struct vb_span s, int64_t now, int64_t *ret_unix_seconds);

/*
 * The same where dates decide how long something may be used (RFC 9111 section
 * 4.2): names in any case.
 */
bool vb_date_parse_any_case(struct vb_span s, int64_t now,
                            int64_t *ret_unix_seconds);

/* "It is over": what an Expires means that is no date. Earlier than any that
 * can be written, and not VB_DATE_NONE. */
#define VB_DATE_PAST (INT64_MIN + 1)

/*
 * Expires (RFC 9111 section 5.3) from the values of all its lines: VB_DATE_NONE
 * when there is none, VB_DATE_PAST when it is no date (9111-5.3-01), or comes
 * more than once and not the same (9111-4.2.1-02).
 */
int64_t vb_expires_read(const struct vb_span *values, size_t count,
                        int64_t now);

#endif
