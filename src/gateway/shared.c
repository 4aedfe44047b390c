/*
 * Which answers may be given to others, by what was forwarded (RFC 9111 section
 * 7.1): an answer could be made of any field of the request, and one that is
 * not in the cache's key would let whoever sends it decide what others see.
 */
#include "gateway/cached.h"

#include "caching/vary.h"

static bool is_harmless(uint16_t id)
{
    static const bool harmless[VB_FIELD_COUNT] = {
#define VB_HARMLESS(id) [VB_FIELD_##id] = true,
#include "gateway/harmless.tbl"
#undef VB_HARMLESS
    };

    return harmless[id];
}

static bool is_named(const struct vb_vary *vary, struct vb_span name)
{
    for (size_t i = 0; i < vary->count; i++)
        if (vb_span_ieq(vary->names[i], name))
            return true;
    return false;
}

/* What describes the content of a QUERY is in its key, where it is said once
 * (RFC 10008 section 2.7); that of a POST is what its answer is about, which
 * says all the same that it is what others would get. */
static bool describes_content(const struct vb_exchange *x,
                              const struct vb_field *field)
{
    const struct vb_fields *fields = &x->head.fields;

    if (x->head.method != VB_METHOD_QUERY && x->head.method != VB_METHOD_POST)
        return false;
    switch (field->id) {
    case VB_FIELD_CONTENT_TYPE:
    case VB_FIELD_CONTENT_ENCODING:
    case VB_FIELD_CONTENT_LANGUAGE:
        return vb_fields_first(fields, (enum vb_field_id)field->id) == field &&
               vb_fields_next(fields, field) == NULL;
    default:
        return false;
    }
}

/* For everybody, whoever asks (RFC 9111 sections 5.2.2.9 and 5.2.2.10): that
 * says what cookies do not change, and says it of nothing else. */
static bool is_for_all(const struct vb_fields *response)
{
    struct vb_cache_control cc;
    struct vb_lines lines;

    vb_fields_lines(response, VB_FIELD_CACHE_CONTROL, &lines);
    vb_cache_control_parse(lines.at, lines.count, &cc);
    return vb_cc_has(&cc, VB_CC_PUBLIC) || vb_cc_has(&cc, VB_CC_S_MAXAGE);
}

bool vb__cached_is_shared(const struct vb_exchange *x,
                          const struct vb_fields *response)
{
    const struct vb_fields *fields = &x->head.fields;
    struct vb_vary vary = {.count = 0};

    (void)vb_vary_read(response, &vary);
    for (unsigned i = 0; i < fields->count; i++) {
        const struct vb_field *field = &fields->at[i];

        if (is_harmless(field->id) || is_named(&vary, field->name) ||
            describes_content(x, field) || !vb_goes_on(fields, field))
            continue;
        if (field->id != VB_FIELD_COOKIE || !is_for_all(response))
            return false;
    }
    return true;
}
