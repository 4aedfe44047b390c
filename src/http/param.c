/* Parameters: see param.h. */
#include "http/param.h"

#include "http/chars.h"

void vb_params_init(struct vb_params *params, struct vb_span text,
                    unsigned syntax)
{
    *params = (struct vb_params){.rest = text, .syntax = syntax};
}

/* The value at the start of s: its length with quotes, or 0. */
static size_t read_value(struct vb_span s, struct vb_param *param)
{
    size_t len = vb_chars_run(s, VB_CHAR_TCHAR);

    if (len > 0) {
        param->value = vb_span_head(s, len);
        param->quoted = false;
        return len;
    }
    len = vb_quoted_len(s);
    if (len > 0) {
        param->value = vb_span_of(s.ptr + 1, len - 2);
        param->quoted = true;
    }
    return len;
}

/* Length of the white space that may stand before or after "=". */
static size_t bws_len(struct vb_span s, unsigned syntax)
{
    return (syntax & VB_PARAMS_BWS) == 0 ? 0 : vb_chars_run(s, VB_CHAR_WS);
}

size_t vb_param_read(struct vb_span text, unsigned syntax,
                     struct vb_param *ret_param)
{
    struct vb_param param = {.quoted = false};
    size_t at = vb_chars_run(text, VB_CHAR_TCHAR);
    size_t equals;
    size_t len;

    if (at == 0)
        return 0;
    param.name = vb_span_head(text, at);
    equals = at + bws_len(vb_span_from(text, at), syntax);
    if (equals == text.len || text.ptr[equals] != '=') {
        if ((syntax & VB_PARAMS_BARE) == 0)
            return 0;
        *ret_param = param;
        return at;
    }
    at = equals + 1;
    at += bws_len(vb_span_from(text, at), syntax);
    len = read_value(vb_span_from(text, at), &param);
    if (len == 0)
        return 0;
    *ret_param = param;
    return at + len;
}

/* Is nothing, or OWS ";" , at the start of s? */
static bool ends_well(struct vb_span s)
{
    size_t ws = vb_chars_run(s, VB_CHAR_WS);

    return ws == s.len || s.ptr[ws] == ';';
}

bool vb_params_next(struct vb_params *params, struct vb_param *ret_param)
{
    struct vb_span s = params->rest;
    struct vb_param param;
    size_t len = 0;

    if (params->malformed || !ends_well(s)) {
        params->malformed = true;
        return false;
    }
    while (len < s.len &&
           (s.ptr[len] == ';' || vb_char_is(s.ptr[len], VB_CHAR_WS)))
        len++;
    s = vb_span_from(s, len);
    params->rest = s;
    if (s.len == 0)
        return false;
    len = vb_param_read(s, params->syntax, &param);
    if (len == 0 || !ends_well(vb_span_from(s, len))) {
        params->malformed = true;
        return false;
    }
    params->rest = vb_span_from(s, len);
    *ret_param = param;
    return true;
}

bool vb_param_eq(const struct vb_param *param, struct vb_span text)
{
    return vb_escaped_eq(vb_param_value(param),
                         (struct vb_escaped){text, false}, false);
}

bool vb_param_ieq(const struct vb_param *param, struct vb_span text)
{
    return vb_escaped_eq(vb_param_value(param),
                         (struct vb_escaped){text, false}, true);
}
