/* Challenges and credentials. See challenge.h. */
#include "http/challenge.h"

#include "http/chars.h"
#include "http/elements.h"
#include "http/quoted.h"

void vb_challenges_init(struct vb_challenges *challenges,
                        const struct vb_span *lines, size_t count)
{
    *challenges = (struct vb_challenges){.lines = lines, .count = count};
    if (count > 0)
        challenges->rest = lines[0];
}

static size_t ws_len(struct vb_span s)
{
    return vb_chars_run(s, VB_CHAR_WS);
}

/* Does nothing, or OWS "," , follow? Then the list element is over. */
static bool element_ends(struct vb_span s)
{
    size_t ws = ws_len(s);

    return ws == s.len || s.ptr[ws] == ',';
}

/* Passes over commas and white space between elements. */
static struct vb_span skip_between(struct vb_span s)
{
    size_t i = 0;

    while (i < s.len && (s.ptr[i] == ',' || vb_char_is(s.ptr[i], VB_CHAR_WS)))
        i++;
    return vb_span_from(s, i);
}

/* token68 that is all of its element: its length, or 0. */
static size_t token68_len(struct vb_span s)
{
    size_t len = vb_chars_run(s, VB_CHAR_TOKEN68);

    if (len == 0)
        return 0;
    while (len < s.len && s.ptr[len] == '=')
        len++;
    return element_ends(vb_span_from(s, len)) ? len : 0;
}

/* A parameter that is all of its element: its length, or 0. */
static size_t param_len(struct vb_span s, struct vb_param *param)
{
    size_t len = vb_param_read(s, VB_PARAMS_BWS, param);

    return len > 0 && element_ends(vb_span_from(s, len)) ? len : 0;
}

static bool add_name(struct vb_span *names, size_t *count, struct vb_span name)
{
    if (*count == VB_AUTH_PARAMS_MAX)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (vb_span_ieq(names[i], name))
            return false;
    names[(*count)++] = name;
    return true;
}

/* Takes parameters until an element is none: then the next challenge begins.
 * At least one must be there, and no name twice. */
static bool take_params(struct vb_span *rest, struct vb_challenge *challenge)
{
    struct vb_span names[VB_AUTH_PARAMS_MAX];
    const char *begin = rest->ptr;
    struct vb_span s = *rest;
    struct vb_param param;
    size_t count = 0;
    size_t len;

    while ((len = param_len(s, &param)) > 0) {
        if (!add_name(names, &count, param.name))
            return false;
        *rest = vb_span_from(s, len);
        s = skip_between(*rest);
    }
    challenge->params = vb_span_of(begin, (size_t)(rest->ptr - begin));
    return count > 0;
}

/* challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ] */
static bool take_challenge(struct vb_span *rest, struct vb_challenge *challenge)
{
    size_t len = vb_chars_run(*rest, VB_CHAR_TCHAR);

    if (len == 0)
        return false;
    challenge->scheme = vb_span_head(*rest, len);
    *rest = vb_span_from(*rest, len);
    if (element_ends(*rest))
        return true;
    if (rest->ptr[0] != ' ')
        return false;
    *rest = vb_span_from(*rest, ws_len(*rest));
    len = token68_len(*rest);
    if (len == 0)
        return take_params(rest, challenge);
    challenge->token68 = vb_span_head(*rest, len);
    *rest = vb_span_from(*rest, len);
    return true;
}

bool vb_challenges_next(struct vb_challenges *challenges,
                        struct vb_challenge *ret_challenge)
{
    struct vb_challenge challenge = {.token68 = {NULL, 0}};

    if (challenges->malformed)
        return false;
    challenges->rest = skip_between(challenges->rest);
    while (challenges->rest.len == 0) {
        if (challenges->line + 1 >= challenges->count)
            return false;
        challenges->rest = skip_between(challenges->lines[++challenges->line]);
    }
    if (!take_challenge(&challenges->rest, &challenge)) {
        challenges->malformed = true;
        return false;
    }
    *ret_challenge = challenge;
    return true;
}

bool vb_credentials_parse(struct vb_span value,
                          struct vb_challenge *ret_credentials)
{
    struct vb_challenge credentials = {.token68 = {NULL, 0}};
    struct vb_span rest = vb_span_trim(value);

    if (!take_challenge(&rest, &credentials))
        return false;
    if (credentials.params.len > 0)
        rest = skip_between(rest); /* empty elements of #auth-param */
    if (rest.len > 0)
        return false;
    *ret_credentials = credentials;
    return true;
}

bool vb_challenge_param(const struct vb_challenge *challenge,
                        struct vb_span name, struct vb_param *ret_param)
{
    struct vb_elements elements;
    struct vb_span element;
    struct vb_param param;

    vb_elements_init(&elements, &challenge->params, 1, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &element)) {
        if (vb_param_read(element, VB_PARAMS_BWS, &param) == 0 ||
            !vb_span_ieq(param.name, name))
            continue;
        *ret_param = param;
        return true;
    }
    return false;
}

static bool is_writable(const struct vb_auth_param *param)
{
    if (!vb_token_valid(param->name))
        return false;
    if (param->bare)
        return vb_token_valid(param->value) &&
               !vb_span_ieq(param->name, VB_SPAN("realm"));
    return vb_chars_run(param->value, VB_CHAR_PAIRED) == param->value.len;
}

enum vb_err vb_challenge_write(struct vb_buf *buf, struct vb_span scheme,
                               const struct vb_auth_param *params, size_t count)
{
    struct vb_span names[VB_AUTH_PARAMS_MAX];
    size_t named = 0;

    if (!vb_token_valid(scheme))
        return VB_ERR_INVALID;
    for (size_t i = 0; i < count; i++)
        if (!is_writable(&params[i]) ||
            !add_name(names, &named, params[i].name))
            return VB_ERR_INVALID;
    vb_buf_append(buf, scheme);
    for (size_t i = 0; i < count; i++) {
        vb_buf_str(buf, i == 0 ? " " : ", ");
        vb_buf_append(buf, params[i].name);
        vb_buf_char(buf, '=');
        if (params[i].bare)
            vb_buf_append(buf, params[i].value);
        else
            vb_quoted_append(buf, params[i].value);
    }
    return buf->err;
}
