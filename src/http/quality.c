/* Weights: see quality.h. */
#include "http/quality.h"

#include "http/chars.h"

bool vb_q_parse(struct vb_span s, int *ret_q)
{
    int weight = 100;
    int q;

    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1') ||
        (s.len > 1 && s.ptr[1] != '.'))
        return false;
    q = s.ptr[0] == '1' ? VB_Q_MAX : 0;
    for (size_t i = 2; i < s.len; i++) {
        if (!vb_char_is(s.ptr[i], VB_CHAR_DIGIT))
            return false;
        q += (s.ptr[i] - '0') * weight;
        weight /= 10;
    }
    if (q > VB_Q_MAX)
        return false;
    *ret_q = q;
    return true;
}

bool vb_q_is(const struct vb_param *param)
{
    return param->name.len == 1 && vb_ascii_lower(param->name.ptr[0]) == 'q';
}

bool vb_q_split(struct vb_span s, struct vb_span *ret_name, int *ret_q)
{
    struct vb_params params;
    struct vb_param param;
    size_t len = 0;
    int q = VB_Q_MAX;

    while (len < s.len && s.ptr[len] != ';' &&
           !vb_char_is(s.ptr[len], VB_CHAR_WS))
        len++;
    vb_params_init(&params, vb_span_from(s, len), VB_PARAMS_USUAL);
    if (vb_params_next(&params, &param) &&
        (!vb_q_is(&param) || param.quoted || !vb_q_parse(param.value, &q) ||
         vb_params_next(&params, &param)))
        return false;
    if (params.malformed)
        return false;
    *ret_name = vb_span_head(s, len);
    *ret_q = q;
    return true;
}
