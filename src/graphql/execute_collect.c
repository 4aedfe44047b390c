/*
 * CollectFields() and MergeSelectionSets() (October 2021, sections 6.3.2 and
 * 6.4.3): what is asked of an object, by name in the response.
 */
#include "graphql/execute_inner.h"

/* --- @skip and @include --------------------------------------------------- */

/* The argument "if" of a directive. */
static bool condition(struct vb_gql_execution *e,
                      const struct vb_gql_directive *directive,
                      const struct vb_gql_error **ret_fault)
{
    const struct vb_gql_directive_type *type =
        vb_gql_find_directive(e->schema, directive->name);
    const struct vb_gql_argument *arguments;
    struct vb_gql_errors errors;

    vb_gql_errors_init(&errors, e->arena);
    if (vb_gql_coerce_arguments(&e->variables, type->arguments,
                                directive->arguments, directive->at, &errors,
                                &arguments) == VB_OK)
        return vb_span_eq(arguments->value->text, VB_SPAN("true"));
    *ret_fault = errors.first;
    return false;
}

bool vb__gql_is_included(struct vb_gql_execution *e,
                         const struct vb_gql_selection *selection,
                         const struct vb_gql_error **ret_fault)
{
    for (const struct vb_gql_directive *d = selection->directives; d != NULL;
         d = d->next) {
        bool skip = vb_span_eq(d->name, VB_SPAN("skip"));

        if (!skip && !vb_span_eq(d->name, VB_SPAN("include")))
            continue;
        if (condition(e, d, ret_fault) == skip)
            return false;
    }
    return true;
}

/* --- collecting ----------------------------------------------------------- */

struct collecting {
    struct vb_gql_execution *e;
    struct vb__gql_set *set;
    struct vb__gql_names by_key; /* struct vb__gql_group */
};

static struct vb__gql_group *new_group(struct collecting *c,
                                       const struct vb_gql_selection *selection)
{
    struct vb__gql_group *group =
        vb_arena_calloc(c->e->arena, 1, sizeof(*group));

    if (group == NULL)
        return NULL;
    group->key = selection->key;
    group->end = &group->asked;
    group->index = (uint32_t)c->set->group_count++;
    group->call.field =
        vb_gql_find_field(c->e->schema, c->set->type, selection->name);
    group->call.arena = c->e->arena;
    (void)vb__gql_names_add(&c->by_key, group->key, group);
    *c->set->end = group;
    c->set->end = &group->next;
    return group;
}

static void add_field(struct collecting *c,
                      const struct vb_gql_selection *selection)
{
    struct vb__gql_asked *asked =
        vb_arena_calloc(c->e->arena, 1, sizeof(*asked));
    struct vb__gql_group *group =
        (struct vb__gql_group *)vb__gql_names_find(&c->by_key, selection->key);

    if (group == NULL)
        group = new_group(c, selection);
    if (asked == NULL || group == NULL)
        return;
    asked->selection = selection;
    *group->end = asked;
    group->end = &asked->next;
}

/* The fragment, unless it has been put here before. */
static const struct vb_gql_fragment *
first_spread(struct vb_gql_execution *e,
             const struct vb_gql_selection *selection)
{
    const struct vb_gql_fragment *fragment =
        vb__gql_names_find(&e->fragments, selection->name);

    if (e->seen[fragment->index] == e->search)
        return NULL;
    e->seen[fragment->index] = e->search;
    return fragment;
}

static bool applies(const struct collecting *c, struct vb_span on)
{
    return on.ptr == NULL ||
           vb_gql_may_be(vb_gql_find_type(c->e->schema, on), c->set->type);
}

/* A chain of fragments is no longer than the parser's bound on tokens allows:
 * that bounds this recursion. */
static void collect(struct collecting *c,
                    const struct vb_gql_selection *selection)
{
    for (; selection != NULL && c->set->fault == NULL && !c->e->arena->failed;
         selection = selection->next) {
        const struct vb_gql_fragment *fragment;

        if (!vb__gql_is_included(c->e, selection, &c->set->fault))
            continue;
        switch (selection->kind) {
        case VB_GQL_FIELD:
            add_field(c, selection);
            break;
        case VB_GQL_INLINE:
            if (applies(c, selection->on))
                collect(c, selection->selections);
            break;
        case VB_GQL_SPREAD:
            fragment = first_spread(c->e, selection);
            if (fragment != NULL && applies(c, fragment->on))
                collect(c, fragment->selections);
            break;
        }
    }
}

static struct vb__gql_set *new_set(struct collecting *c,
                                   struct vb_gql_execution *e,
                                   const struct vb_gql_type *type)
{
    struct vb__gql_set *set = vb_arena_calloc(e->arena, 1, sizeof(*set));

    if (set == NULL)
        return NULL;
    set->type = type;
    set->end = &set->first;
    set->rows_end = &set->rows;
    *c = (struct collecting){.e = e, .set = set, .by_key = {.arena = e->arena}};
    e->search++;
    return set;
}

static struct vb__gql_set *finish(struct collecting *c)
{
    struct vb__gql_set *set = c->set;

    set->groups = vb_arena_calloc(c->e->arena, set->group_count,
                                  sizeof(struct vb__gql_group *));
    if (c->e->arena->failed)
        return NULL;
    for (struct vb__gql_group *group = set->first; group != NULL;
         group = group->next)
        set->groups[group->index] = group;
    return set;
}

struct vb__gql_set *vb__gql_collect_root(struct vb_gql_execution *e,
                                         const struct vb_gql_type *type)
{
    struct collecting c;

    if (new_set(&c, e, type) == NULL)
        return NULL;
    collect(&c, e->operation->selections);
    return finish(&c);
}

struct vb__gql_set *vb__gql_collect_below(struct vb_gql_execution *e,
                                          struct vb__gql_group *group,
                                          const struct vb_gql_type *type)
{
    struct vb__gql_set *set = group->sets;
    struct collecting c;

    while (set != NULL && set->type != type)
        set = set->next;
    if (set != NULL)
        return set;
    if (new_set(&c, e, type) == NULL)
        return NULL;
    for (const struct vb__gql_asked *asked = group->asked; asked != NULL;
         asked = asked->next)
        collect(&c, asked->selection->selections);
    set = finish(&c);
    if (set == NULL)
        return NULL;
    set->next = group->sets;
    group->sets = set;
    return set;
}
