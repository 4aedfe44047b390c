/* Media types and media ranges: see media.h. */
#include "http/media.h"

#include "http/chars.h"
#include "http/quality.h"

/* What follows the last "+", if something stands before it. */
static struct vb_span suffix_of(struct vb_span subtype)
{
    size_t at = subtype.len;

    while (at > 0 && subtype.ptr[at - 1] != '+')
        at--;
    return vb_span_from(subtype, at > 1 ? at : subtype.len);
}

/* The length of `type/subtype` at the start of s, or 0. */
static size_t read_essence(struct vb_span s, struct vb_media *media)
{
    size_t slash = vb_chars_run(s, VB_CHAR_TCHAR);
    size_t len;

    if (slash == 0 || slash == s.len || s.ptr[slash] != '/')
        return 0;
    media->type = vb_span_head(s, slash);
    len = vb_chars_run(vb_span_from(s, slash + 1), VB_CHAR_TCHAR);
    if (len == 0)
        return 0;
    media->subtype = vb_span_of(s.ptr + slash + 1, len);
    media->suffix = suffix_of(media->subtype);
    return slash + 1 + len;
}

bool vb_media_param(const struct vb_media *media, struct vb_span name,
                    struct vb_param *ret_param)
{
    struct vb_params params;
    struct vb_param param;

    vb_params_init(&params, media->params, VB_PARAMS_USUAL);
    while (vb_params_next(&params, &param)) {
        if (!vb_span_ieq(param.name, name))
            continue;
        *ret_param = param;
        return true;
    }
    return false;
}

/*
 * Counts the parameters of media->params, and sees that they are well-formed,
 * few, and each there once. q, when asked for, is taken out as the weight.
 */
static bool check_params(struct vb_media *media, int *q)
{
    struct vb_params params;
    struct vb_param param;
    struct vb_param first;
    unsigned seen = 0;

    vb_params_init(&params, media->params, VB_PARAMS_USUAL);
    while (vb_params_next(&params, &param)) {
        if (++seen > VB_MEDIA_PARAMS_MAX ||
            !vb_media_param(media, param.name, &first) ||
            first.name.ptr != param.name.ptr)
            return false;
        if (q == NULL || !vb_q_is(&param))
            media->param_count++;
        else if (param.quoted || !vb_q_parse(param.value, q))
            return false;
    }
    return !params.malformed;
}

static bool is_asterisk(struct vb_span s)
{
    return vb_span_eq(s, VB_SPAN("*"));
}

bool vb_media_parse(struct vb_span s, struct vb_media *ret_media)
{
    struct vb_media media = {.param_count = 0};
    size_t len = read_essence(s, &media);

    if (len == 0 || is_asterisk(media.type) || is_asterisk(media.subtype))
        return false;
    media.params = vb_span_from(s, len);
    if (!check_params(&media, NULL))
        return false;
    *ret_media = media;
    return true;
}

bool vb_media_parse_range(struct vb_span s, struct vb_media *ret_range,
                          int *ret_q)
{
    struct vb_media range = {.param_count = 0};
    size_t len = read_essence(s, &range);
    int q = VB_Q_MAX;

    if (len == 0 || (is_asterisk(range.type) && !is_asterisk(range.subtype)))
        return false;
    range.params = vb_span_from(s, len);
    if (!check_params(&range, &q))
        return false;
    *ret_range = range;
    *ret_q = q;
    return true;
}

bool vb_media_is(const struct vb_media *media, struct vb_span essence)
{
    ssize_t slash = vb_span_find(essence, '/', 0);

    return slash >= 0 &&
           vb_span_ieq(media->type, vb_span_head(essence, (size_t)slash)) &&
           vb_span_ieq(media->subtype,
                       vb_span_from(essence, (size_t)slash + 1));
}

bool vb_media_essence_eq(const struct vb_media *a, const struct vb_media *b)
{
    return vb_span_ieq(a->type, b->type) && vb_span_ieq(a->subtype, b->subtype);
}

/* Do two parameters of one name have the same value? */
static bool values_eq(const struct vb_param *a, const struct vb_param *b)
{
    return vb_escaped_eq(vb_param_value(a), vb_param_value(b),
                         vb_span_ieq(a->name, VB_SPAN("charset")));
}

bool vb_media_eq(const struct vb_media *a, const struct vb_media *b)
{
    struct vb_params params;
    struct vb_param ours;
    struct vb_param theirs;

    if (!vb_media_essence_eq(a, b) || a->param_count != b->param_count)
        return false;
    vb_params_init(&params, a->params, VB_PARAMS_USUAL);
    while (vb_params_next(&params, &ours))
        if (!vb_media_param(b, ours.name, &theirs) ||
            !values_eq(&ours, &theirs))
            return false;
    return true;
}

/* Types that are UTF-8 by their definition, and have no use for charset. */
static bool is_utf8(const struct vb_media *media)
{
    static const struct vb_span essences[] = {
        VB_SPAN_INIT("application/json"),     /* RFC 8259 section 8.1 */
        VB_SPAN_INIT("application/x-ndjson"), /* lines of the same */
        VB_SPAN_INIT("text/event-stream"),    /* HTML section 9.2.5 */
    };

    if (vb_span_ieq(media->suffix, VB_SPAN("json"))) /* RFC 6839 section 3.1 */
        return true;
    for (size_t i = 0; i < sizeof essences / sizeof essences[0]; i++)
        if (vb_media_is(media, essences[i]))
            return true;
    return false;
}

/* Has the media type what this parameter of a range asks for? */
static bool is_met(const struct vb_param *wanted, const struct vb_media *media)
{
    struct vb_param param;

    if (vb_media_param(media, wanted->name, &param))
        return values_eq(wanted, &param);
    return vb_span_ieq(wanted->name, VB_SPAN("charset")) &&
           vb_param_ieq(wanted, VB_SPAN("utf-8")) && is_utf8(media);
}

int vb_media_match(const struct vb_media *range, const struct vb_media *media)
{
    struct vb_params params;
    struct vb_param param;
    int precedence = VB_MEDIA_SUBTYPE + (int)range->param_count;

    if (is_asterisk(range->type))
        precedence = VB_MEDIA_ALL;
    else if (!vb_span_ieq(range->type, media->type))
        return VB_MEDIA_NO_MATCH;
    else if (is_asterisk(range->subtype))
        precedence = VB_MEDIA_TYPE;
    else if (!vb_span_ieq(range->subtype, media->subtype))
        return VB_MEDIA_NO_MATCH;
    vb_params_init(&params, range->params, VB_PARAMS_USUAL);
    while (vb_params_next(&params, &param))
        if (!vb_q_is(&param) && !is_met(&param, media))
            return VB_MEDIA_NO_MATCH;
    return precedence;
}
