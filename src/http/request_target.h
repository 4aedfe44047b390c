/*
 * The request target in its four forms (RFC 9112 section 3.2, RFC 9110
 * section 7.1): what was asked for, before Host and connection complete it to
 * the target URI.
 */
#ifndef VB_HTTP_REQUEST_TARGET_H
#define VB_HTTP_REQUEST_TARGET_H

#include <verbatim/method.h>

#include "base/span.h"
#include "http/authority.h"

enum vb_target_form {
    VB_TARGET_ORIGIN,    /* /path?query */
    VB_TARGET_ABSOLUTE,  /* http://host/path?query */
    VB_TARGET_AUTHORITY, /* host:port, of CONNECT alone */
    VB_TARGET_ASTERISK,  /* *, of OPTIONS alone */
};

/* Borrows from the text. */
struct vb_target {
    enum vb_target_form form;
    bool server_wide;      /* OPTIONS of no resource: `*`, or an absolute form
                              without path and query (RFC 9112 section 3.2.4) */
    struct vb_span scheme; /* of ABSOLUTE; else ptr NULL */
    struct vb_authority authority; /* of ABSOLUTE and AUTHORITY */
    struct vb_span path;  /* of ORIGIN and ABSOLUTE; there it may be empty */
    struct vb_span query; /* ptr NULL when there is no "?" */
};

/*
 * Parses the target of a request with this method. False, *ret_target
 * untouched, when the answer is 400:
 * - a form that the method cannot have: `*` without OPTIONS, authority-form
 *   without CONNECT or another with it (RFC 9110 section 7.1);
 * - a character outside the grammar, such as a space, a control, an octet past
 *   ASCII, a fragment's "#"; a malformed escape;
 * - http and https: an empty host (9110 section 4.2.1), userinfo (4.2.4);
 * - CONNECT: no host or no port from 1 to 65535 (9110 section 9.3.6).
 * - an absolute URI without an authority, such as "h:80" or "urn:a".
 * An absolute target of another scheme is parsed, its userinfo too; whether we
 * serve it is the caller's question.
 */
bool vb_target_parse(enum vb_method method, struct vb_span text,
                     struct vb_target *ret_target);

#endif
