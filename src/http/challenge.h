/*
 * Authentication (RFC 9110 section 11): the challenges of WWW-Authenticate
 * and Proxy-Authenticate, and the credentials of Authorization, which have the
 * same grammar.
 *
 *     Basic YWxhZGRpbjpvcGVu      scheme, token68
 *     Digest realm="a", qop=auth  scheme, parameters
 *     Negotiate                   scheme alone
 */
#ifndef VB_HTTP_CHALLENGE_H
#define VB_HTTP_CHALLENGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/param.h"

/* More parameters in one challenge than this are malformed. */
enum { VB_AUTH_PARAMS_MAX = 32 };

struct vb_challenge {
    struct vb_span scheme;  /* compare in any case */
    struct vb_span token68; /* ptr NULL when there is none */
    struct vb_span params;  /* a comma list; ask vb_challenge_param */
};

struct vb_challenges {
    const struct vb_span *lines;
    size_t count;
    size_t line;
    struct vb_span rest; /* of that line */
    bool malformed; /* set by vb_challenges_next when that is why it ended */
};

/* Starts at the first challenge of all lines of the field, which are borrowed.
 * No challenge goes on in the next line. */
void vb_challenges_init(struct vb_challenges *challenges,
                        const struct vb_span *lines, size_t count);

/*
 * The next challenge. White space around "=" is tolerated (9110-5.6.3-05).
 * False at the end, and at the first that is malformed; a parameter that
 * occurs twice is (9110-11.2-01).
 */
bool vb_challenges_next(struct vb_challenges *challenges,
                        struct vb_challenge *ret_challenge);

/* Parses the one credentials of an Authorization field. False,
 * *ret_credentials untouched, when it is malformed or not one. */
bool vb_credentials_parse(struct vb_span value,
                          struct vb_challenge *ret_credentials);

/* The parameter of that name, in any case. False when there is none. */
bool vb_challenge_param(const struct vb_challenge *challenge,
                        struct vb_span name, struct vb_param *ret_param);

/* A parameter to write. */
struct vb_auth_param {
    struct vb_span name;
    struct vb_span value;
    bool bare; /* as a token, which some schemes demand (stale, algorithm) */
};

/*
 * Appends one challenge; the caller puts ", " between several, or better sends
 * a line for each. Values are quoted unless `bare`; realm always must be
 * (9110-11.5-02). VB_ERR_INVALID, nothing appended: a scheme or name that is
 * not a token, a control character in a value, a bare value that is not a
 * token, a bare realm, a name given twice. Otherwise buf->err.
 */
enum vb_err vb_challenge_write(struct vb_buf *buf, struct vb_span scheme,
                               const struct vb_auth_param *params,
                               size_t count);

/*
 * The user-id and password of Basic credentials (RFC 7617 section 2), in the
 * arena. VB_ERR_UNSUPPORTED: another scheme. VB_ERR_SYNTAX: no token68, bad
 * Base64, no colon, or a control character (7617-2-03). VB_ERR_NOMEM.
 */
enum vb_err vb_basic_parse(struct vb_arena *arena,
                           const struct vb_challenge *credentials,
                           struct vb_span *ret_user,
                           struct vb_span *ret_password);

#endif
