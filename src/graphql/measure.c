/*
 * How deep a document is, and how many fields it asks for, when all fragments
 * are put where they are spread: a short one may be very large. Each fragment
 * is measured once; that none spreads itself is known by now.
 */
#include "graphql/validate_inner.h"

struct size {
    size_t fields;
    unsigned depth;
};

static struct size measure(struct vb__gql_validator *v,
                           const struct vb_gql_selection *selection);

static size_t sum(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* A chain of fragments is no longer than there are fragments: the parser's
 * bound on tokens bounds this recursion, too. */
static struct size of_fragment(struct vb__gql_validator *v,
                               const struct vb_gql_fragment *fragment)
{
    struct vb__gql_uses *uses = &v->of_fragment[fragment->index];

    if (!uses->measured) {
        struct size size = measure(v, fragment->selections);

        uses->measured = true;
        uses->fields = size.fields;
        uses->depth = size.depth;
    }
    return (struct size){uses->fields, uses->depth};
}

static struct size of_selection(struct vb__gql_validator *v,
                                const struct vb_gql_selection *selection)
{
    struct size size;

    if (selection->kind == VB_GQL_SPREAD)
        return of_fragment(v, vb__gql_fragment(v, selection->name));
    size = measure(v, selection->selections);
    if (selection->kind == VB_GQL_FIELD) {
        size.fields = sum(size.fields, 1);
        size.depth++;
    }
    return size;
}

static struct size measure(struct vb__gql_validator *v,
                           const struct vb_gql_selection *selection)
{
    struct size all = {0, 0};

    for (; selection != NULL; selection = selection->next) {
        struct size one = of_selection(v, selection);

        all.fields = sum(all.fields, one.fields);
        if (one.depth > all.depth)
            all.depth = one.depth;
    }
    return all;
}

enum vb_err vb__gql_measure(struct vb__gql_validator *v)
{
    for (const struct vb_gql_operation *o = v->document->operations; o != NULL;
         o = o->next) {
        struct size size = measure(v, o->selections);

        if (size.depth > v->limits.depth)
            vb_gql_errors_add(v->errors, &o->at,
                              "the operation is nested more than %u deep",
                              v->limits.depth);
        else if (size.fields > v->limits.fields)
            vb_gql_errors_add(v->errors, &o->at,
                              "the operation asks for more than %zu fields",
                              v->limits.fields);
        else
            continue;
        return v->arena->failed ? VB_ERR_NOMEM : VB_ERR_LIMIT;
    }
    return VB_OK;
}
