/* Rules of fragments (October 2021, section 5.5). */
#include "graphql/validate_inner.h"

void vb__gql_fragment_names(struct vb__gql_validator *v)
{
    struct vb__gql_names names = {.arena = v->arena};

    for (const struct vb_gql_fragment *f = v->document->fragments; f != NULL;
         f = f->next) {
        const struct vb_gql_fragment *other =
            vb__gql_names_add(&names, f->name, f);

        if (other != NULL)
            vb_gql_error_also(
                vb_gql_errors_add(v->errors, &other->name_at,
                                  "there is another fragment \"%.*s\"",
                                  VB_FMT(f->name)),
                f->name_at);
    }
}

/* Sections 5.5.1.2 and 5.5.1.3. */
static void check_condition(struct vb__gql_validator *v, struct vb_span name,
                            struct vb_gql_place at)
{
    const struct vb_gql_type *type = vb_gql_find_type(v->schema, name);

    if (type == NULL)
        vb_gql_errors_add(v->errors, &at, "there is no type \"%.*s\"",
                          VB_FMT(name));
    else if (!vb_gql_is_composite(type))
        vb_gql_errors_add(v->errors, &at,
                          "a fragment cannot be on \"%.*s\", which has no "
                          "fields",
                          VB_FMT(name));
}

void vb__gql_fragment_type(struct vb__gql_validator *v,
                           const struct vb_gql_fragment *fragment)
{
    check_condition(v, fragment->on, fragment->on_at);
}

void vb__gql_inline_type(struct vb__gql_validator *v,
                         const struct vb_gql_selection *selection)
{
    if (selection->kind == VB_GQL_INLINE && selection->on.ptr != NULL)
        check_condition(v, selection->on, selection->on_at);
}

/* --- spreads -------------------------------------------------------------- */

void vb__gql_spread_defined(struct vb__gql_validator *v,
                            const struct vb_gql_selection *selection)
{
    if (selection->kind == VB_GQL_SPREAD &&
        vb__gql_fragment(v, selection->name) == NULL)
        vb_gql_errors_add(v->errors, &selection->name_at,
                          "there is no fragment \"%.*s\"",
                          VB_FMT(selection->name));
}

/* May what is here ever be of the fragment's type? */
void vb__gql_spread_possible(struct vb__gql_validator *v,
                             const struct vb_gql_selection *selection)
{
    const struct vb_gql_fragment *fragment;
    const struct vb_gql_type *type;
    struct vb_span on = selection->on;

    if (selection->kind == VB_GQL_SPREAD) {
        fragment = vb__gql_fragment(v, selection->name);
        if (fragment == NULL)
            return;
        on = fragment->on;
    }
    if (on.ptr == NULL || v->parent == NULL)
        return;
    type = vb_gql_find_type(v->schema, on);
    if (type == NULL || !vb_gql_is_composite(type) ||
        !vb_gql_is_composite(v->parent) || vb_gql_overlap(v->parent, type))
        return;
    vb_gql_errors_add(v->errors, &selection->at,
                      "a fragment on \"%.*s\" cannot be spread here: nothing "
                      "of \"%.*s\" is ever that",
                      VB_FMT(on), VB_FMT(v->parent->name));
}

/* --- all of them ---------------------------------------------------------- */

static void note_nothing(struct vb__gql_validator *v,
                         const struct vb__gql_uses *uses, void *context)
{
    bool *used = context;

    if (uses >= v->of_fragment &&
        uses < v->of_fragment + v->document->fragment_count)
        used[uses - v->of_fragment] = true;
}

void vb__gql_fragments_used(struct vb__gql_validator *v)
{
    bool *used = vb_arena_calloc(v->arena, v->document->fragment_count + 1, 1);

    for (size_t i = 0;
         used != NULL && i < v->document->operation_count && !v->exhausted; i++)
        vb__gql_reach(v, &v->of_operation[i], note_nothing, used);
    for (const struct vb_gql_fragment *f = v->document->fragments;
         used != NULL && f != NULL; f = f->next)
        if (!used[f->index])
            vb_gql_errors_add(v->errors, &f->at,
                              "the fragment \"%.*s\" is not used",
                              VB_FMT(f->name));
}

/*
 * Depth first, without recursion: a chain of fragments is as long as the
 * document. What is OPEN is on the way from where the search began; to come
 * to it again is a cycle.
 */
enum { NEW, OPEN, DONE };

struct step {
    struct vb__gql_uses *uses;
    const struct vb__gql_link *next;
};

static void search(struct vb__gql_validator *v, struct step *stack,
                   struct vb__gql_uses *from)
{
    size_t height = 1;

    stack[0] = (struct step){from, from->spreads};
    from->state = OPEN;
    while (height > 0) {
        struct step *top = &stack[height - 1];
        const struct vb__gql_link *link = top->next;
        struct vb__gql_uses *uses;

        if (link == NULL) {
            top->uses->state = DONE;
            height--;
            continue;
        }
        top->next = link->next;
        uses = &v->of_fragment[link->fragment->index];
        if (uses->state == OPEN)
            vb_gql_errors_add(v->errors, &link->spread->at,
                              "the fragment \"%.*s\" spreads itself",
                              VB_FMT(link->fragment->name));
        if (uses->state != NEW)
            continue;
        uses->state = OPEN;
        stack[height++] = (struct step){uses, uses->spreads};
    }
}

void vb__gql_spread_cycles(struct vb__gql_validator *v)
{
    struct step *stack = vb_arena_calloc(
        v->arena, v->document->fragment_count + 1, sizeof(*stack));

    for (size_t i = 0; stack != NULL && i < v->document->fragment_count; i++)
        if (v->of_fragment[i].state == NEW)
            search(v, stack, &v->of_fragment[i]);
}
