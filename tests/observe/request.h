/* Exchanges that are over, for the log's tests. */
#ifndef VB_TESTS_OBSERVE_REQUEST_H
#define VB_TESTS_OBSERVE_REQUEST_H

#include "exchange/exchange.h"

/* What was asked, and what came of it. */
struct request {
    const char *method, *target;        /* NULL: the head was not even a line */
    const char *referer, *agent;        /* NULL: none */
    const char *more_name, *more_value; /* one more field, or NULL */
    unsigned status;
    uint64_t sent;
};

/* An exchange of a worker whose clocks say 2001-02-03T04:05:06.789Z, begun 12
 * ms before, from 192.0.2.7. One at a time. */
struct vb_exchange *request_make(const struct request *request);
void request_release(struct vb_exchange *x);

/* The peer of the next exchanges; text is an IPv6 address, "" a Unix socket. */
void request_from(const char *ip6);

/* Sets the worker's clock, and how long the exchange took. */
void request_at(int64_t unix_ms, int64_t duration_ms);

#endif
