/*
 * What the files schema_*.c share: the shape of a set.
 *
 *     set ─┬─ documents      a root under its URI
 *          ├─ resources      a schema with a URI of its own: a document's
 *          │   └─ anchors    root, or what has an $id
 *          └─ nodes          struct vb_schema: one schema object, compiled
 *              └─ rules      one keyword each, in the order of the table
 *
 * Everything lies in the set's arena; what is not memory (patterns, built-in
 * documents) is in lists of the set. Nodes and rules do not change once the
 * call that made them has returned; validation reads nothing else.
 *
 * schema_compile.h is the way from documents to rules, schema_run.h the way
 * from rules to a verdict, schema_keyword.h the table between them.
 */
#ifndef VB_CONTENT_SCHEMA_IMPL_H
#define VB_CONTENT_SCHEMA_IMPL_H

#include "base/table.h"
#include "content/format.h"
#include "content/json.h"
#include "content/regex.h"
#include "content/schema.h"

/* --- documents, resources, anchors --- */

struct vb__document {
    struct vb_span uri; /* without fragment */
    yyjson_val *root;
    size_t resources; /* in it, its root among them */
    struct vb__document *next;
};

struct vb__anchor {
    struct vb_span name;
    yyjson_val *value;
    bool dynamic;
    const struct vb_schema *node; /* of a dynamic one, once it is compiled */
    struct vb__anchor *next;
};

struct vb__resource {
    struct vb_table_node by_root;
    yyjson_val *root;
    struct vb_span uri; /* its base URI, without fragment */
    struct vb__document *document;
    enum vb_schema_dialect dialect;
    unsigned vocabularies; /* enum vb__vocabulary */
    bool legacy;           /* a draft before 2020-12: `items` may be an array */
    bool used;             /* some node is of it */
    struct vb__anchor *anchors;
    struct vb__resource *next;
};

/* A URI that a resource goes by: its $id, its document's. */
struct vb__uri {
    struct vb_table_node by_text;
    struct vb_span text;
    struct vb__resource *resource;
};

/* --- compiled --- */

/* A member that an object schema has something to say about by name. */
struct vb__member {
    struct vb_span name;
    const struct vb_schema *schema; /* NULL: it is only required */
    bool required;
    size_t order; /* as they are written */
};

struct vb__pattern_member {
    struct vb_span text;
    const struct vb_regex *regex;
    const struct vb_schema *schema;
};

/* properties, patternProperties, additionalProperties and required in one:
 * they are checked in one walk over the instance. */
struct vb__members {
    struct vb__member *at; /* sorted by name */
    size_t count;
    size_t required; /* how many of them are */
    struct vb__pattern_member *patterns;
    size_t pattern_count;
    const struct vb_schema *additional; /* NULL: not said */
};

/* What the presence of one member asks for (dependentRequired and so on). */
struct vb__dependent {
    struct vb_span name;
    const struct vb_span *required;
    size_t required_count;
    const struct vb_schema *schema; /* NULL: none */
};

struct vb__keyword;

/* One keyword of one schema; the table says which part of the union it uses. */
struct vb__rule {
    const struct vb__keyword *keyword;
    union {
        /* $ref, not, items, propertyNames, unevaluated*; $dynamicRef's
         * target where no dynamic scope has another */
        struct {
            const struct vb_schema *schema;
            struct vb_span anchor; /* $dynamicRef: its name; else empty */
            size_t from;           /* items: the first element it is for */
        };
        /* allOf, anyOf, oneOf, prefixItems */
        struct {
            const struct vb_schema **schemas;
            size_t schema_count;
        };
        struct { /* if; NULL: none */
            const struct vb_schema *if_schema, *then_schema, *else_schema;
        };
        struct {
            const struct vb_schema *contained;
            size_t contained_min, contained_max;
        };
        const struct vb__members *members;
        struct { /* dependentRequired, dependentSchemas */
            const struct vb__dependent *dependents;
            size_t dependent_count;
        };
        unsigned types;    /* type */
        yyjson_val *value; /* const, enum */
        struct {           /* minimum, maximum, multipleOf */
            struct vb_span number;
            bool exclusive;
        };
        size_t count; /* minLength and its like */
        struct {      /* pattern */
            const struct vb_regex *regex;
            struct vb_span text;
        };
        const struct vb_format *format;
    };
};

enum vb__kind {
    VB__KIND_RULES,
    VB__KIND_TRUE,  /* everything is valid */
    VB__KIND_FALSE, /* nothing is */
};

struct vb_schema {
    struct vb_table_node by_value;
    struct vb_schema *older;   /* of the set, the newest first */
    struct vb_schema *pending; /* the next to be compiled; only meanwhile */
    struct vb__resource *resource;
    yyjson_val *value;
    enum vb__kind kind;
    bool has_unevaluated; /* keeps its own account of what was evaluated */
    struct vb__rule *rules;
    size_t rule_count;
    struct { /* of the search for cycles, schema_cycle.c */
        enum { VB__CYCLE_NEW, VB__CYCLE_OPEN, VB__CYCLE_DONE } state;
        struct vb_schema *from;
        size_t next;
    } cycle;
};

/* --- the set --- */

struct vb__pattern {
    struct vb_regex *regex;
    struct vb__pattern *next;
};

struct vb__builtin {
    struct vb_json *json;
    struct vb__builtin *next;
};

struct vb_schema_set {
    struct vb_schema_options options;
    struct vb_arena arena;
    struct vb__document *documents;
    struct vb__resource *resources;
    struct vb_table resources_by_uri;  /* struct vb__uri */
    struct vb_table resources_by_root; /* struct vb__resource */
    struct vb_schema *newest;
    struct vb_table schemas_by_value; /* struct vb_schema */
    struct vb__pattern *patterns;
    struct vb__builtin *builtins;
};

/* The hash of a value's address: the key of the tables by value and root. */
uint64_t vb__schema_hash(yyjson_val *value);

/* The document that a value lies in, or NULL. */
struct vb__document *vb__schema_document(const struct vb_schema_set *set,
                                         yyjson_val *value);

/* The node that is there for a value, or NULL. */
struct vb_schema *vb__schema_find(const struct vb_schema_set *set,
                                  yyjson_val *value);

/* The node's own value of a keyword, or NULL. */
static inline yyjson_val *vb__schema_sibling(const struct vb_schema *node,
                                             const char *name)
{
    return vb_json_member(node->value, vb_span_str(name));
}

/* --- places in a document: its values lie one behind the other --- */

/* Is `value` the value `outer` or within it? */
static inline bool vb__schema_within(yyjson_val *outer, yyjson_val *value)
{
    return value >= outer && value < unsafe_yyjson_get_next(outer);
}

/* The value of a member or the element of `outer` that `value` is or is
 * within; NULL when it is not within `outer`. *ret_key: the member's key, NULL
 * for an element; *ret_index: its place. */
yyjson_val *vb__schema_step(yyjson_val *outer, yyjson_val *value,
                            yyjson_val **ret_key, size_t *ret_index);

/* Appends the JSON Pointer of `value` from `root`. */
void vb__schema_path(yyjson_val *root, yyjson_val *value, struct vb_buf *buf);

#endif
