/*
 * What $schema makes of a resource (Core section 8.1). A dialect that is not
 * known by its URI is known by the $vocabulary of its meta-schema.
 */
#include "content/schema_keyword.h"

static const struct {
    struct vb_span uri;
    bool legacy;
} dialects[] = {
    {VB_SPAN_INIT("https://json-schema.org/draft/2020-12/schema"), false},
    {VB_SPAN_INIT("https://spec.openapis.org/oas/3.1/dialect/base"), false},
    {VB_SPAN_INIT("https://spec.openapis.org/oas/3.1/dialect/2024-11-10"),
     false},
    {VB_SPAN_INIT("https://spec.openapis.org/oas/3.2/dialect/2025-09-17"),
     false},
    /* Older drafts are read as 2020-12, which knows most of their keywords. */
    {VB_SPAN_INIT("https://json-schema.org/draft/2019-09/schema"), true},
    {VB_SPAN_INIT("http://json-schema.org/draft-07/schema"), true},
    {VB_SPAN_INIT("http://json-schema.org/draft-06/schema"), true},
};

#define VOCABULARY(name, bit)                                                  \
    {                                                                          \
        VB_SPAN_INIT("https://json-schema.org/draft/2020-12/vocab/" name),     \
            VB__VOCABULARY_##bit                                               \
    }

/* OpenAPI's own vocabularies add annotations only. */
static const struct {
    struct vb_span uri;
    unsigned bit;
} vocabularies[] = {
    VOCABULARY("core", CORE),
    VOCABULARY("applicator", APPLICATOR),
    VOCABULARY("unevaluated", UNEVALUATED),
    VOCABULARY("validation", VALIDATION),
    VOCABULARY("meta-data", META),
    VOCABULARY("format-annotation", FORMAT),
    VOCABULARY("format-assertion", FORMAT_ASSERT),
    VOCABULARY("content", CONTENT),
    {VB_SPAN_INIT("https://spec.openapis.org/oas/3.1/vocab/base"), 0},
    {VB_SPAN_INIT("https://spec.openapis.org/oas/3.2/vocab/base"), 0},
};

static bool find_dialect(struct vb_span uri, bool *ret_legacy)
{
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        if (vb_span_eq(dialects[i].uri, uri)) {
            *ret_legacy = dialects[i].legacy;
            return true;
        }
    }
    return false;
}

static bool find_vocabulary(struct vb_span uri, unsigned *ret_bits)
{
    for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]);
         i++) {
        if (vb_span_eq(vocabularies[i].uri, uri)) {
            *ret_bits |= vocabularies[i].bit;
            return true;
        }
    }
    return false;
}

/* Reads $vocabulary: what is unknown and required cannot be processed
 * (section 8.1.2). The core is always there (section 8.1.2.1). */
static bool read_vocabularies(struct vb__compiler *c, yyjson_val *map,
                              unsigned *ret_bits)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;
    unsigned bits = VB__VOCABULARY_CORE;

    if (!yyjson_is_obj(map))
        return vb__schema_fault(c, map, "must be an object");
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val *required = yyjson_obj_iter_get_val(key);

        if (!yyjson_is_bool(required))
            return vb__schema_fault(c, required, "must be true or false");
        if (!find_vocabulary(vb_json_text(key), &bits) &&
            yyjson_get_bool(required))
            return vb__schema_fault(c, required,
                                    "requires an unknown vocabulary");
    }
    *ret_bits = bits;
    return true;
}

bool vb__schema_set_dialect(struct vb__compiler *c,
                            struct vb__resource *resource, yyjson_val *schema)
{
    unsigned bits = VB__VOCABULARY_USUAL;
    struct vb_span uri, fragment;
    struct vb__resource *meta;
    yyjson_val *map;
    bool legacy = false;

    if (!yyjson_is_str(schema))
        return vb__schema_fault(c, schema, "must be the URI of a dialect");
    vb__schema_cut(vb_json_text(schema), &uri, &fragment);
    if (fragment.len > 0)
        return vb__schema_fault(c, schema, "must have no fragment");
    if (!find_dialect(uri, &legacy)) {
        if (!vb__schema_resolve(c, uri, VB_SPAN(""), &uri))
            return vb__schema_fault(c, schema, "must be the URI of a dialect");
        meta = vb__schema_load(c, uri, schema);
        if (meta == NULL)
            return false;
        map = vb_json_member(meta->root, VB_SPAN("$vocabulary"));
        if (map != NULL && !read_vocabularies(c, map, &bits))
            return false;
    }
    resource->dialect = VB_SCHEMA_2020_12;
    resource->vocabularies = bits;
    resource->legacy = legacy;
    return true;
}
