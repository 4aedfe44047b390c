/*
 * The table of keywords: what each is called, where it counts, how it is read
 * and how it is checked. schema_keyword.tbl holds the rows; the functions are
 * in the file of the values they look at:
 *
 *     schema_any.c      type, enum, const
 *     schema_number.c   minimum ...
 *     schema_string.c   pattern, format
 *     schema_size.c     minLength, maxItems ...
 *     schema_array.c    items, contains ...
 *     schema_unique.c   uniqueItems
 *     schema_members.c  properties and what goes with it
 *     schema_object.c   propertyNames, dependentRequired ...
 *     schema_logic.c    $ref, allOf, if ...
 */
#ifndef VB_CONTENT_SCHEMA_KEYWORD_H
#define VB_CONTENT_SCHEMA_KEYWORD_H

#include "content/schema_compile.h"
#include "content/schema_run.h"

/* Vocabularies (Core section 8.1.2), as bits. */
enum vb__vocabulary {
    VB__VOCABULARY_CORE = 1,
    VB__VOCABULARY_APPLICATOR = 2,
    VB__VOCABULARY_UNEVALUATED = 4,
    VB__VOCABULARY_VALIDATION = 8,
    VB__VOCABULARY_META = 16,
    VB__VOCABULARY_FORMAT = 32,        /* format-annotation */
    VB__VOCABULARY_FORMAT_ASSERT = 64, /* format-assertion */
    VB__VOCABULARY_FORMATS = 96,
    VB__VOCABULARY_CONTENT = 128,
    /* What the meta-schema of 2020-12 has. */
    VB__VOCABULARY_USUAL = 255 & ~VB__VOCABULARY_FORMAT_ASSERT,
};

/* Dialects in which a row counts, as bits. */
enum vb__in {
    VB__IN_2020_12 = 1,
    VB__IN_OPENAPI_3_0 = 2,
    VB__IN_BOTH = 3,
};

/* Where a keyword's value holds schemas. */
enum vb__holds {
    VB__HOLDS_NONE,
    VB__HOLDS_SCHEMA, /* is one; or an array of them, before 2020-12 */
    VB__HOLDS_ARRAY,  /* is an array of them */
    VB__HOLDS_MAP,    /* is an object of them, or of other things too */
};

/*
 * Reads `value`, the keyword's value in `node`, into `rule`, whose keyword is
 * set. False after an error. Sets rule->keyword to NULL where there turns out
 * to be nothing to check.
 */
typedef bool vb__compile_fn(struct vb__compiler *c, struct vb_schema *node,
                            yyjson_val *value, struct vb__rule *rule);

/* Does the instance keep the rule? False after vb__schema_fail or an error. */
typedef bool vb__check_fn(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at);

struct vb__keyword {
    struct vb_span name;
    unsigned in;         /* enum vb__in */
    unsigned vocabulary; /* enum vb__vocabulary: any of these */
    enum vb__holds holds;
    unsigned types; /* enum vb_schema_type: instances that it looks at */
    vb__compile_fn *compile; /* NULL: nothing to read */
    vb__check_fn *check;     /* NULL: nothing to check */
};

/* The i-th row, NULL past the end. Rules are checked in this order. */
const struct vb__keyword *vb__keyword_at(size_t i);

/* The most rows there can be. */
#define VB__KEYWORDS_MAX 96

/* Does a row count in a resource? */
bool vb__keyword_counts(const struct vb__keyword *keyword,
                        const struct vb__resource *resource);

/* The row of a keyword that counts in a resource, or NULL. */
const struct vb__keyword *vb__keyword_find(const struct vb__resource *resource,
                                           struct vb_span name);

/* The node's rule that has this check, or NULL. */
const struct vb__rule *vb__schema_rule(const struct vb_schema *node,
                                       vb__check_fn *check);

/* How the values of keywords are read. */
vb__compile_fn vb__read_additional_items;
vb__compile_fn vb__read_boolean;
vb__compile_fn vb__read_contains;
vb__compile_fn vb__read_count;
vb__compile_fn vb__read_dependents;
vb__compile_fn vb__read_dynamic_ref;
vb__compile_fn vb__read_enum;
vb__compile_fn vb__read_format;
vb__compile_fn vb__read_if;
vb__compile_fn vb__read_items;
vb__compile_fn vb__read_limit;
vb__compile_fn vb__read_limit_openapi;
vb__compile_fn vb__read_map;
vb__compile_fn vb__read_members;
vb__compile_fn vb__read_multiple;
vb__compile_fn vb__read_pattern;
vb__compile_fn vb__read_ref;
vb__compile_fn vb__read_schema;
vb__compile_fn vb__read_schemas;
vb__compile_fn vb__read_string;
vb__compile_fn vb__read_type;
vb__compile_fn vb__read_type_openapi;
vb__compile_fn vb__read_unevaluated;
vb__compile_fn vb__read_unique;
vb__compile_fn vb__read_value;

/* How instances are checked against them. */
vb__check_fn vb__check_all_of;
vb__check_fn vb__check_any_of;
vb__check_fn vb__check_const;
vb__check_fn vb__check_contains;
vb__check_fn vb__check_dependents;
vb__check_fn vb__check_dynamic_ref;
vb__check_fn vb__check_enum;
vb__check_fn vb__check_format;
vb__check_fn vb__check_if;
vb__check_fn vb__check_items;
vb__check_fn vb__check_max_items;
vb__check_fn vb__check_max_length;
vb__check_fn vb__check_max_properties;
vb__check_fn vb__check_maximum;
vb__check_fn vb__check_members;
vb__check_fn vb__check_min_items;
vb__check_fn vb__check_min_length;
vb__check_fn vb__check_min_properties;
vb__check_fn vb__check_minimum;
vb__check_fn vb__check_multiple;
vb__check_fn vb__check_not;
vb__check_fn vb__check_one_of;
vb__check_fn vb__check_pattern;
vb__check_fn vb__check_prefix_items;
vb__check_fn vb__check_property_names;
vb__check_fn vb__check_ref;
vb__check_fn vb__check_type;
vb__check_fn vb__check_unevaluated_items;
vb__check_fn vb__check_unevaluated_properties;
vb__check_fn vb__check_unique;

#endif
