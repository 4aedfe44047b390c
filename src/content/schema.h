/*
 * JSON Schema: 2020-12 in full, and the dialect of OpenAPI 3.0.
 *
 *     documents ──▶ vb_schema_set ── compile ──▶ vb_schema ── validate ──▶ ok,
 *     (by URI)       (one thread)                (immutable)        or errors
 *
 * A set holds the documents that schemas lie in and refer to, each under a
 * URI; it never fetches one. Each schema object that is needed is compiled
 * once and shared by all who refer to it. While nobody compiles or adds, any
 * number of threads may validate.
 *
 * Documents and instances are yyjson values as content/json.h has them:
 * numbers raw, no name twice in an object, no deeper than VB_JSON_DEPTH_MOST.
 * They must outlive the set, or the validation.
 *
 * Terms and section numbers are those of JSON Schema Core and Validation
 * 2020-12 and of OpenAPI 3.0.3.
 */
#ifndef VB_CONTENT_SCHEMA_H
#define VB_CONTENT_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

/* A collection of documents and of what has been compiled from them. */
struct vb_schema_set;

/* A compiled schema; lives as long as its set. */
struct vb_schema;

/* --- documents --- */

/* What a schema means that does not say it with $schema. */
enum vb_schema_dialect {
    VB_SCHEMA_2020_12,
    VB_SCHEMA_OPENAPI_3_0, /* OpenAPI 3.0.3, "Schema Object" */
};

/*
 * Gives the document of an absolute URI without fragment, or NULL where there
 * is none (the reference then is a fault). `reference` is the string in whose
 * name it is asked: a $ref, $dynamicRef or $schema. What is handed out is
 * added to the set under this URI and must outlive it.
 */
typedef yyjson_val *vb_schema_resolve_fn(void *owner, struct vb_span uri,
                                         yyjson_val *reference);

struct vb_schema_options {
    enum vb_schema_dialect dialect;
    /* Take "format" for an annotation unless a schema's meta-schema has the
     * format-assertion vocabulary (Validation, section 7.2). Otherwise the
     * formats of content/format.h are asserted. */
    bool annotate_format;
    size_t memory;                 /* bytes that the set may hold; 0: 256 MiB */
    vb_schema_resolve_fn *resolve; /* NULL: no other documents */
    void *owner;                   /* for resolve */
};

/* What is wrong with a schema. All spans live as long as the set. */
struct vb_schema_fault {
    struct vb_span uri;     /* of the document */
    struct vb_span pointer; /* RFC 6901, in the document */
    struct vb_span detail;  /* one line, such as "must be a number" */
    yyjson_val *value;      /* what the pointer names */
    /* Of compiling: the next schema that is malformed; NULL: none. One fault
     * is told of each schema object, and no more than 100. */
    const struct vb_schema_fault *next;
};

/* VB_ERR_NOMEM. */
enum vb_err vb_schema_set_new(const struct vb_schema_options *options,
                              struct vb_schema_set **ret_set);

/* NULL is fine. All schemas of the set die with it. */
void vb_schema_set_free(struct vb_schema_set *set);

/*
 * Adds a document under an absolute URI (RFC 3986 section 4.3; a fragment is
 * ignored). Its root is a schema, unless it has a member "openapi": then its
 * schemas are those that are declared or compiled, and "jsonSchemaDialect" is
 * their $schema. VB_ERR_EXISTS: there is another one of this URI, of the
 * document or of an $id in it. VB_ERR_INVALID: see *ret_fault (may be NULL);
 * the document is added all the same. VB_ERR_SYNTAX: the URI is not one.
 * VB_ERR_NOMEM, VB_ERR_LIMIT.
 */
enum vb_err vb_schema_set_add(struct vb_schema_set *set, struct vb_span uri,
                              yyjson_val *root,
                              struct vb_schema_fault *ret_fault);

/*
 * Says that `value`, within a document that was added, is a schema, so that
 * others may refer to its $id and anchors before it is compiled. Compiling
 * declares; only OpenAPI documents with such references need this, for each
 * schema before compiling the first. VB_ERR_NOTFOUND: the value is in no
 * document. VB_ERR_INVALID, VB_ERR_NOMEM, VB_ERR_LIMIT.
 */
enum vb_err vb_schema_set_declare(struct vb_schema_set *set, yyjson_val *value,
                                  struct vb_schema_fault *ret_fault);

/*
 * Compiles the schema `value`, within a document that was added, and all that
 * it refers to. VB_ERR_INVALID: it, or a schema it refers to, is malformed,
 * refers to nothing, or refers to itself without end; see *ret_fault (may be
 * NULL). Others of the set stay good. VB_ERR_NOTFOUND: the value is in no
 * document. VB_ERR_NOMEM, VB_ERR_LIMIT: the set's memory is used up.
 */
enum vb_err vb_schema_compile(struct vb_schema_set *set, yyjson_val *value,
                              const struct vb_schema **ret_schema,
                              struct vb_schema_fault *ret_fault);

/* --- validation --- */

/* One reason why an instance is refused. */
struct vb_schema_error {
    struct vb_span pointer; /* RFC 6901, in the instance: what is refused, or
                             * where a missing member should be */
    struct vb_span detail;  /* for who sent it, such as "is required" */
    struct vb_span uri;     /* of the document that the keyword is in */
    struct vb_span keyword; /* pointer in that document to the keyword */
    struct vb_schema_error *next;
};

/* What a validation may use, and what it found. Zeroed but for the arena, it
 * gives a verdict only. */
struct vb_schema_run {
    struct vb_arena *arena; /* scratch; errors live in it */
    unsigned max_errors;    /* 0: no errors wanted */
    /* Work: about one per value looked at and keyword applied, and per step of
     * a pattern, each 10 to 20 ns. 0: 1 million, 64 for each value of the
     * instance and 4 for each byte of its texts. */
    uint64_t budget;
    /* Results, filled on VB_ERR_INVALID when max_errors > 0. */
    const struct vb_schema_error *errors; /* a list, in the order found */
    unsigned error_count;
    bool more_errors; /* some were left out */
};

/*
 * Is the instance valid against the schema? VB_OK: it is. VB_ERR_INVALID: it
 * is not. VB_ERR_LIMIT: the budget or a pattern's memory is used up, or schemas
 * were applied within each other more than 1000 deep. VB_ERR_NOMEM: the arena
 * refused. A valid instance is looked at once and as a rule costs no memory;
 * an invalid one is looked at again for the errors.
 */
enum vb_err vb_schema_validate(const struct vb_schema *schema,
                               yyjson_val *instance, struct vb_schema_run *run);

/* --- what a schema says about its instances ---
 *
 * "Effective" is what holds whatever the instance: said by the schema itself,
 * or by what it takes in through $ref and allOf, the nearest first. */

/* Sets of types, as bits. A number that must be an integer has only the bit
 * INTEGER, any number both. */
enum vb_schema_type {
    VB_SCHEMA_NULL = 1,
    VB_SCHEMA_BOOLEAN = 2,
    VB_SCHEMA_NUMBER = 4,
    VB_SCHEMA_INTEGER = 8,
    VB_SCHEMA_STRING = 16,
    VB_SCHEMA_ARRAY = 32,
    VB_SCHEMA_OBJECT = 64,
    VB_SCHEMA_ANY = 127,
};

struct vb_schema_facts {
    unsigned types;            /* those that `type` allows; never more */
    struct vb_span format;     /* {NULL, 0}: none */
    bool read_only;            /* said somewhere */
    bool write_only;           /* said somewhere */
    yyjson_val *default_value; /* the nearest; NULL: none */
};

struct vb_schema_property {
    struct vb_span name;
    const struct vb_schema *schema; /* the nearest that describes it */
    bool required;
    struct vb_schema_facts facts; /* of all that describe it */
};

struct vb_schema_facts vb_schema_facts(const struct vb_schema *schema);

/*
 * The effective properties, in the order in which they are first named, into
 * the arena. Those which are only required are left out. VB_ERR_NOMEM.
 */
enum vb_err
vb_schema_properties(const struct vb_schema *schema, struct vb_arena *arena,
                     const struct vb_schema_property **ret_properties,
                     size_t *ret_count);

/* The effective schema of the elements behind prefixItems, NULL: none. */
const struct vb_schema *vb_schema_items(const struct vb_schema *schema);

/* The value of a keyword, known or not ("x-verbatim"), as the nearest effective
 * schema has it; NULL: none has it. */
yyjson_val *vb_schema_keyword(const struct vb_schema *schema,
                              struct vb_span name);

/* What an inner schema is about. */
enum vb_schema_reach {
    VB_SCHEMA_REACH_ITSELF,  /* the instance, always: $ref, allOf */
    VB_SCHEMA_REACH_MEMBER,  /* a member that is named: properties */
    VB_SCHEMA_REACH_ELEMENT, /* each element: items */
    VB_SCHEMA_REACH_OTHER,   /* anything else: anyOf, prefixItems, if ... */
};

typedef void vb_schema_inner_fn(void *context, const struct vb_schema *inner,
                                enum vb_schema_reach reach);

/* Calls fn for each schema that this one applies somewhere by its own
 * keywords. Schemas may contain themselves. */
void vb_schema_inner(const struct vb_schema *schema, vb_schema_inner_fn *fn,
                     void *context);

/* The value that was compiled. */
yyjson_val *vb_schema_value(const struct vb_schema *schema);

#endif
