/*
 * Parameters: `;name=value` behind a media type, a preference, a transfer
 * coding (RFC 9110 section 5.6.6).
 */
#ifndef VB_HTTP_PARAM_H
#define VB_HTTP_PARAM_H

#include <stdbool.h>

#include "base/span.h"
#include "http/quoted.h"

enum vb_params_syntax {
    VB_PARAMS_USUAL = 0,
    /* The value may be left out: Prefer (RFC 7240 section 2). */
    VB_PARAMS_BARE = 1 << 0,
    /* White space may stand around "=": the same, and RFC 9110 section 11.2. */
    VB_PARAMS_BWS = 1 << 1,
};

struct vb_param {
    struct vb_span name;
    struct vb_span value; /* without quotes, but escaped when quoted is set */
    bool quoted;          /* use vb_param_eq, or quoted.h */
};

struct vb_params {
    struct vb_span rest;
    unsigned syntax; /* enum vb_params_syntax bits */
    bool malformed;  /* set by vb_params_next when that is why it ended */
};

/*
 * Starts on a text that is empty or begins with OWS and ";". Empty parameters
 * are passed over (9110-5.6.6-02).
 */
void vb_params_init(struct vb_params *params, struct vb_span text,
                    unsigned syntax);

/* The next parameter. False at the end, and at the first malformed octet. */
bool vb_params_next(struct vb_params *params, struct vb_param *ret_param);

/* The value, for comparing it. */
static inline struct vb_escaped vb_param_value(const struct vb_param *param)
{
    return (struct vb_escaped){param->value, param->quoted};
}

/* Does the value mean `text`? Token and quoted form are equal. */
bool vb_param_eq(const struct vb_param *param, struct vb_span text);

/* The same but for the case of ASCII letters. */
bool vb_param_ieq(const struct vb_param *param, struct vb_span text);

/*
 * Reads `name [= value]` at the start of text: a token, then "=" and a token
 * or a quoted-string. The length read; 0 when malformed.
 */
size_t vb_param_read(struct vb_span text, unsigned syntax,
                     struct vb_param *ret_param);

#endif
