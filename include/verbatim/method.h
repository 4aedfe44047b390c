/*
 * Request methods (RFC 9110 section 9, RFC 5789, RFC 10008).
 *
 * The ten that Verbatim knows. A name is case-sensitive (section 9.1): "get"
 * is not GET but a method we do not know.
 */
#ifndef VERBATIM_METHOD_H
#define VERBATIM_METHOD_H

enum vb_method {
    VB_METHOD_UNKNOWN = 0, /* any other token: 501 (section 9.1) */
    VB_METHOD_GET,
    VB_METHOD_HEAD,
    VB_METHOD_POST,
    VB_METHOD_PUT,
    VB_METHOD_DELETE,
    VB_METHOD_CONNECT,
    VB_METHOD_OPTIONS,
    VB_METHOD_TRACE,
    VB_METHOD_PATCH,
    VB_METHOD_QUERY,
    VB_METHOD_COUNT /* not a method: one more than the last */
};

#endif
