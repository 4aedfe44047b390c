/*
 * What the rules share. validate.c walks over the document once; at each thing
 * it asks all rules that have something to say of it.
 */
#ifndef VB_GRAPHQL_VALIDATE_INNER_H
#define VB_GRAPHQL_VALIDATE_INNER_H

#include "graphql/names.h"
#include "graphql/validate.h"

/* A variable where it stands. */
struct vb__gql_use {
    const struct vb_gql_value *value;
    const struct vb_gql_shape *shape; /* what is wanted; NULL: anything */
    bool has_preset;                  /* there is a default where it stands */
    struct vb__gql_use *next;
};

/* A spread where it stands. */
struct vb__gql_link {
    const struct vb_gql_selection *spread;
    const struct vb_gql_fragment *fragment;
    struct vb__gql_link *next;
};

/* What an operation or a fragment uses, by itself. */
struct vb__gql_uses {
    struct vb__gql_use *variables;
    struct vb__gql_link *spreads;
    size_t seen; /* by the search of this number, of fragments */
    int state;   /* of the search for cycles */
    /* measure.c: with all that it spreads */
    bool measured;
    size_t fields;
    unsigned depth;
};

struct vb__gql_validator {
    const struct vb_gql_schema *schema;
    const struct vb_gql_document *document;
    struct vb_gql_limits limits;
    struct vb_gql_errors *errors;
    struct vb_arena *arena;
    struct vb__gql_names fragments;    /* struct vb_gql_fragment */
    struct vb__gql_uses *of_fragment;  /* by their index */
    struct vb__gql_uses *of_operation; /* in their order */
    struct vb__gql_uses *uses;         /* of what is walked over */
    size_t search;
    size_t work;    /* left; rules that compare spend it */
    bool exhausted; /* there was not enough */
    /* Where the walk is. */
    const struct vb_gql_type *parent; /* NULL: not known */
    const struct vb_gql_field *field; /* of a field; NULL: not known */
};

/* Arguments and what they are for. */
struct vb__gql_given {
    const struct vb_gql_argument *arguments;
    const struct vb_gql_input *wanted;
    struct vb_gql_place at;
    const char *what; /* "field", "directive" */
    struct vb_span name;
};

struct vb__gql_rule {
    const char *section;
    void (*document)(struct vb__gql_validator *v);
    void (*operation)(struct vb__gql_validator *v,
                      const struct vb_gql_operation *operation);
    void (*fragment)(struct vb__gql_validator *v,
                     const struct vb_gql_fragment *fragment);
    void (*selection)(struct vb__gql_validator *v,
                      const struct vb_gql_selection *selection);
    void (*arguments)(struct vb__gql_validator *v,
                      const struct vb__gql_given *given);
    void (*directives)(struct vb__gql_validator *v,
                       const struct vb_gql_directive *first, unsigned place);
    void (*variable)(struct vb__gql_validator *v,
                     const struct vb_gql_variable *variable);
    /* A value, and those in it; `shape` NULL: anything goes. */
    void (*value)(struct vb__gql_validator *v, const struct vb_gql_value *value,
                  const struct vb_gql_shape *shape);
    /* After the walk, with what operations and fragments use. */
    void (*end)(struct vb__gql_validator *v);
};

/* The rules of section 5, in its order; ended by one without a section. */
extern const struct vb__gql_rule vb__gql_rules[];

/* Spends work; false: there is no more, and *v says so. */
bool vb__gql_spend(struct vb__gql_validator *v, size_t work);

/* What is there of a name, or NULL. */
const struct vb_gql_fragment *
vb__gql_fragment(const struct vb__gql_validator *v, struct vb_span name);

/* Calls `fn` with what an operation uses, directly and through fragments. */
void vb__gql_reach(struct vb__gql_validator *v, struct vb__gql_uses *from,
                   void (*fn)(struct vb__gql_validator *v,
                              const struct vb__gql_uses *uses, void *context),
                   void *context);

/* --- rule_*.c ------------------------------------------------------------- */

/* 5.2 */
void vb__gql_operation_names(struct vb__gql_validator *v);
void vb__gql_lone_anonymous(struct vb__gql_validator *v);
void vb__gql_single_root(struct vb__gql_validator *v);
void vb__gql_root_exists(struct vb__gql_validator *v,
                         const struct vb_gql_operation *operation);
/* 5.3 */
void vb__gql_fields_exist(struct vb__gql_validator *v,
                          const struct vb_gql_selection *selection);
void vb__gql_leaves(struct vb__gql_validator *v,
                    const struct vb_gql_selection *selection);
/* 5.3.2: not in the walk, but when all the others hold. */
void vb__gql_fields_merge(struct vb__gql_validator *v);
/* 5.4 */
void vb__gql_argument_names(struct vb__gql_validator *v,
                            const struct vb__gql_given *given);
void vb__gql_argument_unique(struct vb__gql_validator *v,
                             const struct vb__gql_given *given);
void vb__gql_argument_required(struct vb__gql_validator *v,
                               const struct vb__gql_given *given);
/* 5.5 */
void vb__gql_fragment_names(struct vb__gql_validator *v);
void vb__gql_fragment_type(struct vb__gql_validator *v,
                           const struct vb_gql_fragment *fragment);
void vb__gql_inline_type(struct vb__gql_validator *v,
                         const struct vb_gql_selection *selection);
void vb__gql_fragments_used(struct vb__gql_validator *v);
void vb__gql_spread_defined(struct vb__gql_validator *v,
                            const struct vb_gql_selection *selection);
void vb__gql_spread_cycles(struct vb__gql_validator *v);
void vb__gql_spread_possible(struct vb__gql_validator *v,
                             const struct vb_gql_selection *selection);
/* 5.6 */
void vb__gql_value_type(struct vb__gql_validator *v,
                        const struct vb_gql_value *value,
                        const struct vb_gql_shape *shape);
void vb__gql_object_names(struct vb__gql_validator *v,
                          const struct vb_gql_value *value,
                          const struct vb_gql_shape *shape);
void vb__gql_object_unique(struct vb__gql_validator *v,
                           const struct vb_gql_value *value,
                           const struct vb_gql_shape *shape);
void vb__gql_object_required(struct vb__gql_validator *v,
                             const struct vb_gql_value *value,
                             const struct vb_gql_shape *shape);
/* 5.7 */
void vb__gql_directives_defined(struct vb__gql_validator *v,
                                const struct vb_gql_directive *first,
                                unsigned place);
void vb__gql_directives_place(struct vb__gql_validator *v,
                              const struct vb_gql_directive *first,
                              unsigned place);
void vb__gql_directives_unique(struct vb__gql_validator *v,
                               const struct vb_gql_directive *first,
                               unsigned place);
/* 5.8 */
void vb__gql_variables_unique(struct vb__gql_validator *v,
                              const struct vb_gql_operation *operation);
void vb__gql_variable_type(struct vb__gql_validator *v,
                           const struct vb_gql_variable *variable);
void vb__gql_variables_defined(struct vb__gql_validator *v);
void vb__gql_variables_used(struct vb__gql_validator *v);
void vb__gql_variables_allowed(struct vb__gql_validator *v);

/* measure.c: depth and fields, all fragments counted where they are used. */
enum vb_err vb__gql_measure(struct vb__gql_validator *v);

/* coerce.c: why a value is none of a scalar's or an enum's; NULL: it is one. */
const char *vb__gql_leaf_fault(const struct vb_gql_type *type,
                               const struct vb_gql_value *value);

#endif
