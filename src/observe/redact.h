/*
 * What of a URI goes into a log.
 *
 * Queries carry tokens, names and searches, and logs are read by more people
 * than the data is. So values of query parameters are left out unless a rule
 * lets them in; what stands there instead is "***".
 *
 *     all                    every value is left out
 *     all-but:limit,sort     ... but those of these parameters
 *     only:token,key         none is left out but those of these
 *     none                   everything is logged as it came
 *
 * Whatever the rules say, a password in a URI (RFC 3986 section 3.2.1), its
 * fragment, and parameters that a description has API keys in are left out.
 */
#ifndef VB_OBSERVE_REDACT_H
#define VB_OBSERVE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define VB_REDACTION_NAMES_MOST 64

/* Rules, read. Borrows the names from their text. */
struct vb_redaction {
    bool only; /* the names are of what is left out, else of what stays */
    size_t count;
    struct vb_span names[VB_REDACTION_NAMES_MOST];
};

/* VB_ERR_SYNTAX or VB_ERR_LIMIT, with a line in ret_why. */
enum vb_err vb_redaction_parse(struct vb_span rules,
                               struct vb_redaction *ret_redaction,
                               struct vb_buf *ret_why);

/* Parameters whose values are credentials. */
struct vb_redact_keys {
    const struct vb_span *names;
    size_t count;
};

/* What a piece of text is given to. */
struct vb_redact_out {
    void (*text)(struct vb_redact_out *out, struct vb_span text);
};

/*
 * Gives the URI, or what somebody sent for one, in pieces, with "***" for what
 * is left out. Takes time linear in its length times that of the rules. Names
 * are compared decoded; those of `only` and of keys in any case and without an
 * operator behind a colon, so that `Token%3aeq=` does not slip through.
 */
void vb_redact_uri(const struct vb_redaction *redaction,
                   struct vb_redact_keys keys, struct vb_span uri,
                   struct vb_redact_out *out);

#endif
