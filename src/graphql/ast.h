/*
 * An executable document, read: the language of October 2021, section 2.
 *
 *     document ─┬─ operations     query, mutation, subscription
 *               │   ├─ variables  with type, default value, directives
 *               │   └─ selections fields, spreads, inline fragments; nested
 *               └─ fragments      with type condition and selections
 *
 * All of it lies in the arena that it was read into, and is read-only. Lists
 * are linked in the order in which they are written; NULL is the empty one.
 * What is a name is a part of the document's text; a string is what it means.
 */
#ifndef VB_GRAPHQL_AST_H
#define VB_GRAPHQL_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "graphql/error.h"

enum vb_gql_value_kind {
    VB_GQL_VARIABLE, /* text: its name, without $ */
    VB_GQL_INT,      /* text: as it is written */
    VB_GQL_FLOAT,    /* text: likewise */
    VB_GQL_STRING,   /* text: what it means, UTF-8 */
    VB_GQL_BOOLEAN,  /* text: true or false */
    VB_GQL_NULL,     /* text: null */
    VB_GQL_ENUM,     /* text: its name */
    VB_GQL_LIST,     /* items */
    VB_GQL_OBJECT,   /* fields */
};

struct vb_gql_value {
    enum vb_gql_value_kind kind;
    struct vb_gql_place at;
    struct vb_span text;
    const struct vb_gql_value *items;     /* of a list */
    const struct vb_gql_argument *fields; /* of an object */
    const struct vb_gql_value *next;
};

/* A named value: an argument, or a field of an input object. */
struct vb_gql_argument {
    struct vb_span name;
    struct vb_gql_place at;
    const struct vb_gql_value *value;
    const struct vb_gql_argument *next;
};

struct vb_gql_directive {
    struct vb_span name;
    struct vb_gql_place at;
    const struct vb_gql_argument *arguments;
    const struct vb_gql_directive *next;
};

/* A type as it is referred to: `name`, or a list of `of`. */
struct vb_gql_type_ref {
    struct vb_span name;
    const struct vb_gql_type_ref *of; /* NULL: it is named */
    bool non_null;
    struct vb_gql_place at;
};

enum vb_gql_selection_kind {
    VB_GQL_FIELD,
    VB_GQL_SPREAD, /* ...name */
    VB_GQL_INLINE, /* ... on type {} */
};

struct vb_gql_selection {
    enum vb_gql_selection_kind kind;
    struct vb_gql_place at;
    struct vb_span name;         /* of a field or a fragment */
    struct vb_span key;          /* of a field: its alias, or its name */
    struct vb_gql_place name_at; /* of a spread: its fragment's name */
    struct vb_span on;           /* type condition; ptr NULL: none */
    struct vb_gql_place on_at;
    const struct vb_gql_argument *arguments;
    const struct vb_gql_directive *directives;
    const struct vb_gql_selection *selections;
    const struct vb_gql_selection *next;
};

struct vb_gql_variable {
    struct vb_span name; /* without $ */
    struct vb_gql_place at;
    const struct vb_gql_type_ref *type;
    const struct vb_gql_value *preset; /* its default; NULL: none */
    const struct vb_gql_directive *directives;
    const struct vb_gql_variable *next;
};

enum vb_gql_operation_kind {
    VB_GQL_QUERY,
    VB_GQL_MUTATION,
    VB_GQL_SUBSCRIPTION,
};

struct vb_gql_operation {
    enum vb_gql_operation_kind kind;
    struct vb_gql_place at;
    struct vb_span name; /* ptr NULL: it has none */
    struct vb_gql_place name_at;
    const struct vb_gql_variable *variables;
    const struct vb_gql_directive *directives;
    const struct vb_gql_selection *selections;
    const struct vb_gql_operation *next;
};

struct vb_gql_fragment {
    struct vb_span name;
    struct vb_gql_place at, name_at;
    struct vb_span on;
    struct vb_gql_place on_at;
    const struct vb_gql_directive *directives;
    const struct vb_gql_selection *selections;
    size_t index; /* its place in the document */
    const struct vb_gql_fragment *next;
};

struct vb_gql_document {
    const struct vb_gql_operation *operations;
    const struct vb_gql_fragment *fragments;
    size_t operation_count, fragment_count;
    size_t selection_count; /* at all depths */
    size_t alias_count;
};

#endif
