/*
 * Expect (RFC 9110 section 10.1.1).
 */
#ifndef VB_HTTP_EXPECT_H
#define VB_HTTP_EXPECT_H

#include "base/span.h"

enum vb_expect {
    VB_EXPECT_NOTHING = 0,
    VB_EXPECT_CONTINUE, /* 100-continue, and nothing else */
    VB_EXPECT_OTHER,    /* something that we cannot meet: 417 */
};

/*
 * Reads the values of all lines of Expect. That 100-continue means nothing in
 * an HTTP/1.0 request is the wire's to know.
 */
enum vb_expect vb_expect_parse(const struct vb_span *values, size_t count);

#endif
