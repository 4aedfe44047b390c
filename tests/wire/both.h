/*
 * The targets of driver.h whose replies go both ways: what the client sends
 * comes back.
 *
 *   /both           until the content ends
 *   /both/N         until N bytes have come back: then the reply ends, or
 *   /both-cut/N     fails
 *   /both-later     wants the content, and answers as /both at its first bytes
 *   /switch         as /both, where a protocol is asked for: behind 101, or a
 *                   200 to an extended CONNECT; to others it is 200
 *   /switch-cut/N   and fails after N bytes
 *   CONNECT echo:1  a tunnel, until the client ends
 *   CONNECT end:N   or until N bytes have come back, of which the client is
 *   CONNECT cut:N   told, or which is a failure
 *   CONNECT quiet:1 it ends at once, and what the client sends goes nowhere
 *
 * The log has "both" when such a reply begins, "both took N ERROR" when the
 * sink is told the end, "source closed" and "sink closed".
 */
#ifndef VB_TESTS_WIRE_BOTH_H
#define VB_TESTS_WIRE_BOTH_H

#include "driver.h"

/* False: it is none of these. */
bool both_begin(struct driver *d, struct vb_exchange *x);

/* The source of d->both fails, whatever it has said before; the driver is still
 * to be pumped. */
void both_fail(struct driver *d);

/* How often the log says this. */
int both_count(const struct driver *d, const char *text);

/* The reply is over: each end was told once, the sink's with this error (NULL:
 * not at all), and all is given back. */
void both_assert_over(const struct driver *d, const char *err);

/* Bytes that are held for going back. */
enum { BOTH_HELD = 3000 };

#endif
