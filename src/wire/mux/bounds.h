/* What a client may have under way at once, in HTTP/2 and in HTTP/3 alike. */
#ifndef VB_WIRE_MUX_BOUNDS_H
#define VB_WIRE_MUX_BOUNDS_H

enum {
    /* Requests (RFC 9113 section 5.1.2, RFC 9000 section 4.6). */
    VB_MUX_STREAMS_MAX = 100,
    /* Content of one request, and of all, that may wait for its sinks. */
    VB_MUX_STREAM_WINDOW = 256 * 1024,
    VB_MUX_WINDOW = 1024 * 1024
};

#endif
