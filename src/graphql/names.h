/*
 * Values by name, in an arena: for looking up many names in what a client
 * wrote, in time that does not depend on how many there are.
 */
#ifndef VB_GRAPHQL_NAMES_H
#define VB_GRAPHQL_NAMES_H

#include "base/arena.h"

struct vb__gql_name {
    struct vb_span text; /* ptr NULL: nothing is here */
    const void *value;
};

/* All zero but for the arena, it is empty. */
struct vb__gql_names {
    struct vb_arena *arena;
    struct vb__gql_name *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

/* The value (never NULL) of a name; NULL: there is none. */
const void *vb__gql_names_find(const struct vb__gql_names *names,
                               struct vb_span text);

/* Adds a name, unless it is there: then it gives the value that it has, and
 * NULL otherwise. For want of memory nothing is added, and the arena says so.
 */
const void *vb__gql_names_add(struct vb__gql_names *names, struct vb_span text,
                              const void *value);

#endif
