/* Preferences: see prefer.h. */
#include "http/prefer.h"

#include "http/chars.h"
#include "http/elements.h"

/* One element of the list; false when malformed. */
static bool read_preference(struct vb_span s, struct vb_preference *ret)
{
    struct vb_preference preference;
    struct vb_params params;
    struct vb_param param;
    size_t len = vb_param_read(s, VB_PREFER_PARAMS, &preference.self);

    if (len == 0)
        return false;
    preference.params = vb_span_from(s, len);
    vb_params_init(&params, preference.params, VB_PREFER_PARAMS);
    while (vb_params_next(&params, &param))
        ;
    if (params.malformed)
        return false;
    *ret = preference;
    return true;
}

/* The next well-formed preference of that name. */
static bool next_named(struct vb_elements *elements, struct vb_span name,
                       struct vb_preference *ret)
{
    struct vb_preference preference;
    struct vb_span element;

    while (vb_elements_next(elements, &element)) {
        if (!read_preference(element, &preference) ||
            !vb_span_ieq(preference.self.name, name))
            continue;
        *ret = preference;
        return true;
    }
    return false;
}

bool vb_prefer_find(const struct vb_span *values, size_t count,
                    struct vb_span name, struct vb_preference *ret_preference)
{
    struct vb_elements elements;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    return next_named(&elements, name, ret_preference);
}

static enum vb_prefer_return returns_of(const struct vb_param *param)
{
    if (vb_param_eq(param, VB_SPAN("minimal")))
        return VB_PREFER_RETURN_MINIMAL;
    if (vb_param_eq(param, VB_SPAN("representation")))
        return VB_PREFER_RETURN_REPRESENTATION;
    return VB_PREFER_RETURN_NONE;
}

static enum vb_prefer_handling handling_of(const struct vb_param *param)
{
    if (vb_param_eq(param, VB_SPAN("strict")))
        return VB_PREFER_HANDLING_STRICT;
    if (vb_param_eq(param, VB_SPAN("lenient")))
        return VB_PREFER_HANDLING_LENIENT;
    return VB_PREFER_HANDLING_NONE;
}

static enum vb_prefer_count count_of(const struct vb_param *param)
{
    if (vb_param_eq(param, VB_SPAN("exact")))
        return VB_PREFER_COUNT_EXACT;
    if (vb_param_eq(param, VB_SPAN("estimated")))
        return VB_PREFER_COUNT_ESTIMATED;
    return VB_PREFER_COUNT_NONE;
}

/* The first counts, unless a later one contradicts it (7240-4.4-01). */
static enum vb_prefer_handling find_handling(const struct vb_span *values,
                                             size_t count)
{
    enum vb_prefer_handling handling = VB_PREFER_HANDLING_NONE;
    struct vb_preference preference;
    struct vb_elements elements;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    if (next_named(&elements, VB_SPAN("handling"), &preference))
        handling = handling_of(&preference.self);
    while (next_named(&elements, VB_SPAN("handling"), &preference)) {
        enum vb_prefer_handling other = handling_of(&preference.self);

        if (other != VB_PREFER_HANDLING_NONE && other != handling)
            return VB_PREFER_HANDLING_NONE;
    }
    return handling;
}

/* delta-seconds (RFC 9111 section 1.2.2): too large a number is the largest */
static bool read_seconds(const struct vb_param *param, int64_t *ret_seconds)
{
    int64_t seconds = INT64_MAX;

    if (!vb_chars_all(param->value, VB_CHAR_DIGIT))
        return false;
    vb_span_i64(param->value, &seconds);
    *ret_seconds = seconds;
    return true;
}

struct vb_prefer vb_prefer_parse(const struct vb_span *values, size_t count)
{
    struct vb_prefer prefer = {.has_wait = false};
    struct vb_preference found;

    if (vb_prefer_find(values, count, VB_SPAN("return"), &found))
        prefer.returns = returns_of(&found.self);
    if (vb_prefer_find(values, count, VB_SPAN("respond-async"), &found))
        prefer.respond_async = found.self.value.len == 0;
    if (vb_prefer_find(values, count, VB_SPAN("wait"), &found))
        prefer.has_wait = read_seconds(&found.self, &prefer.wait);
    if (vb_prefer_find(values, count, VB_SPAN("count"), &found))
        prefer.count = count_of(&found.self);
    prefer.handling = find_handling(values, count);
    return prefer;
}

void vb_preference_applied(struct vb_buf *buf, struct vb_span name,
                           struct vb_span value)
{
    if (buf->len > 0)
        vb_buf_str(buf, ", ");
    vb_buf_append(buf, name);
    if (value.len == 0)
        return;
    vb_buf_char(buf, '=');
    if (vb_token_valid(value))
        vb_buf_append(buf, value);
    else
        vb_quoted_append(buf, value);
}
