/*
 * Heads of requests as HTTP/2 and HTTP/3 carry them, and what must come of
 * them: what is malformed (RFC 9113 section 8.1.1, RFC 9114 section 4.1.2), and
 * what HTTP/1.1 answers, answered alike.
 */
#ifndef VB_TESTS_WIRE_REQUEST_ROWS_H
#define VB_TESTS_WIRE_REQUEST_ROWS_H

#include <stddef.h>

#define ROW_MALFORMED (-1)

struct request_row {
    const char *what;
    const char *fields[16]; /* name, value, ..., NULL */
    int status;             /* or ROW_MALFORMED */
    const char *log;        /* that the service saw; NULL: whatever */
};

extern const struct request_row request_rows[];
extern const size_t request_row_count;

/* Of CONNECT, where limits.extended_connect is set (RFC 8441, RFC 9220), and
 * the stream stays open. A status of 0: there is none yet. */
extern const struct request_row extended_rows[];
extern const size_t extended_row_count;

#endif
