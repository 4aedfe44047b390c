/* The table of keywords, and looking things up in it. */
#include "content/schema_keyword.h"

static const struct vb__keyword keywords[] = {
#define VB_KEYWORD(name, in, vocabulary, holds, types, compile, check)         \
    {VB_SPAN_INIT(name),                                                       \
     VB__IN_##in,                                                              \
     VB__VOCABULARY_##vocabulary,                                              \
     VB__HOLDS_##holds,                                                        \
     VB_SCHEMA_##types,                                                        \
     compile,                                                                  \
     check},
#include "content/schema_keyword.tbl"
#undef VB_KEYWORD
};

_Static_assert(sizeof(keywords) / sizeof(keywords[0]) <= VB__KEYWORDS_MAX,
               "VB__KEYWORDS_MAX is too small");

const struct vb__keyword *vb__keyword_at(size_t i)
{
    return i < sizeof(keywords) / sizeof(keywords[0]) ? &keywords[i] : NULL;
}

bool vb__keyword_counts(const struct vb__keyword *keyword,
                        const struct vb__resource *resource)
{
    unsigned in = resource->dialect == VB_SCHEMA_OPENAPI_3_0
                      ? VB__IN_OPENAPI_3_0
                      : VB__IN_2020_12;

    return (keyword->in & in) != 0 &&
           (keyword->vocabulary & resource->vocabularies) != 0;
}

const struct vb__keyword *vb__keyword_find(const struct vb__resource *resource,
                                           struct vb_span name)
{
    const struct vb__keyword *keyword;

    for (size_t i = 0; (keyword = vb__keyword_at(i)) != NULL; i++)
        if (vb_span_eq(keyword->name, name) &&
            vb__keyword_counts(keyword, resource))
            return keyword;
    return NULL;
}

const struct vb__rule *vb__schema_rule(const struct vb_schema *node,
                                       vb__check_fn *check)
{
    for (size_t i = 0; i < node->rule_count; i++)
        if (node->rules[i].keyword->check == check)
            return &node->rules[i];
    return NULL;
}
