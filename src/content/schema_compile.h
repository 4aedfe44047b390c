/*
 * The way from documents to rules.
 *
 *     schema_set.c      documents come in, the public functions
 *     schema_scan.c     finds resources and anchors in them
 *     schema_dialect.c  which keywords a resource has ($schema, $vocabulary)
 *     schema_meta.c     the documents that are built in
 *     schema_compile.c  makes nodes, and their rules by the table of keywords
 *     schema_ref.c      what a reference means
 *     schema_cycle.c    refuses schemas that refer to themselves without end
 */
#ifndef VB_CONTENT_SCHEMA_COMPILE_H
#define VB_CONTENT_SCHEMA_COMPILE_H

#include "content/schema_impl.h"

/* One call of a public function that adds or compiles. */
struct vb__compiler {
    struct vb_schema_set *set;
    enum vb_err err; /* the first one; sticky */
    struct vb_schema_fault fault;
    struct vb_schema_fault *passed, *last_passed; /* faults gone on after */
    unsigned passed_count;
    struct vb_schema *pending; /* nodes without rules so far, a queue */
    struct vb_schema *last_pending;
};

/* --- errors: functions that can fail return false or NULL after them --- */

/* Records a fault at `value` (a value of some document of the set), unless
 * there is an error already. Always false. */
bool vb__schema_fault(struct vb__compiler *c, yyjson_val *value,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records an error that is no fault of the schema. Always false. */
bool vb__schema_stop(struct vb__compiler *c, enum vb_err err);

/* Takes zeroed memory that lives as long as the set. */
void *vb__schema_alloc(struct vb__compiler *c, size_t count, size_t size);

/* --- documents and resources --- */

/* Adds a document, with its resources and anchors, under an absolute URI
 * without fragment. */
struct vb__document *vb__schema_add(struct vb__compiler *c, struct vb_span uri,
                                    yyjson_val *root);

/* The resource of a URI without fragment: one that is there, a built-in one,
 * or what the resolver gives. `reference` asked for it. */
struct vb__resource *vb__schema_load(struct vb__compiler *c, struct vb_span uri,
                                     yyjson_val *reference);

/* The text of the built-in document of that URI, or {NULL, 0}. */
struct vb_span vb__schema_builtin(struct vb_span uri);

/* Makes `root`, a value of the document, a resource. It speaks the dialect of
 * `outer`; NULL: the set's. */
struct vb__resource *vb__schema_new_resource(struct vb__compiler *c,
                                             struct vb__document *document,
                                             yyjson_val *root,
                                             const struct vb__resource *outer,
                                             struct vb_span uri);

/* Lets a resource go by a URI. False after a fault when another one does. */
bool vb__schema_name_resource(struct vb__compiler *c,
                              struct vb__resource *resource,
                              struct vb_span uri);

/* The resource whose root is exactly this value, or NULL. */
struct vb__resource *vb__schema_resource_at(const struct vb_schema_set *set,
                                            yyjson_val *root);

/* The innermost resource around a value of a document. */
struct vb__resource *vb__schema_owner(const struct vb_schema_set *set,
                                      const struct vb__document *document,
                                      yyjson_val *value);

/* Finds the resources and anchors in the schema `value`, which lies in
 * `resource`, and below. */
bool vb__schema_scan(struct vb__compiler *c, struct vb__resource *resource,
                     yyjson_val *value);

/* Gives a resource the dialect and vocabularies that `schema`, the value of
 * its $schema, asks for. */
bool vb__schema_set_dialect(struct vb__compiler *c,
                            struct vb__resource *resource, yyjson_val *schema);

/* --- references --- */

/* Cuts "base#fragment"; the fragment's ptr is NULL when there is none. */
void vb__schema_cut(struct vb_span reference, struct vb_span *ret_base,
                    struct vb_span *ret_fragment);

/* Resolves a reference without fragment against a base URI. False, without a
 * fault, when it is not a URI reference, and when memory is out. */
bool vb__schema_resolve(struct vb__compiler *c, struct vb_span base,
                        struct vb_span reference, struct vb_span *ret_uri);

/*
 * The node that a reference in `node` names. *ret_anchor (may be NULL): the
 * name of the dynamic anchor it names, empty when it names anything else.
 */
const struct vb_schema *vb__schema_refer(struct vb__compiler *c,
                                         const struct vb_schema *node,
                                         yyjson_val *reference,
                                         struct vb_span *ret_anchor);

/* --- nodes --- */

/* The node of a schema: `true`, `false` or an object, which lies in
 * `resource` or begins one within it. Its rules may come later. */
struct vb_schema *vb__schema_node(struct vb__compiler *c,
                                  struct vb__resource *resource,
                                  yyjson_val *value);

/* The same for a schema in a keyword of `node`; the OpenAPI 3.0 dialect has
 * no `true` and `false` there. */
const struct vb_schema *vb__schema_child(struct vb__compiler *c,
                                         const struct vb_schema *node,
                                         yyjson_val *value);

/* Compiles a pattern of the schema; the set keeps it. */
const struct vb_regex *vb__schema_pattern(struct vb__compiler *c,
                                          yyjson_val *value);

/* Refuses nodes, of the newest down to `oldest` (not included), that apply
 * themselves to the same instance without end. */
bool vb__schema_check_cycles(struct vb__compiler *c,
                             const struct vb_schema *oldest);

#endif
