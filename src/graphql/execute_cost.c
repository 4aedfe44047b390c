/*
 * What an operation may cost, told before anything is read: a field costs one,
 * and what is below it, as often as it may be there. A field with an argument
 * `first` is a page of so many; lists right below it are that page, all others
 * as long as lists usually are. What a schema tells of itself has one length
 * each, and is counted once.
 */
#include "describe/page.h"
#include "graphql/execute_inner.h"

/* Of a list that is no page. */
#define LENGTH_USUAL 20

/* As deep as the operation, which has been measured. */
static size_t cost_of(struct vb_gql_execution *e,
                      const struct vb_gql_selection *selection,
                      const struct vb_gql_type *parent, bool in_page);

static size_t sum(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t product(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* The value of `first`; NULL: none is given. */
static const struct vb_gql_value *
given_first(const struct vb_gql_execution *e,
            const struct vb_gql_selection *selection,
            const struct vb_gql_input *first)
{
    const struct vb_gql_argument *given = selection->arguments;
    const struct vb_gql_value *value;

    while (given != NULL && !vb_span_eq(given->name, first->name))
        given = given->next;
    value = given == NULL ? NULL : given->value;
    if (value != NULL && value->kind == VB_GQL_VARIABLE)
        value = vb__gql_names_find(&e->variables.by_name, value->text);
    return value == NULL ? first->preset : value;
}

/* How often is there what is below a field? */
static size_t length_of(const struct vb_gql_execution *e,
                        const struct vb_gql_selection *selection,
                        const struct vb_gql_field *field, bool in_page,
                        bool *ret_page)
{
    const struct vb_gql_input *first =
        vb_gql_find_input(field->arguments, VB_SPAN("first"));
    const struct vb_gql_value *value;
    int64_t n;

    *ret_page = first != NULL;
    if (first != NULL) {
        value = given_first(e, selection, first);
        if (value == NULL || !vb_span_i64(value->text, &n))
            return VB_PAGE_USUAL;
        return n < VB_PAGE_MOST ? (size_t)n : VB_PAGE_MOST;
    }
    if (field->shape->nullable->of == NULL || in_page ||
        field->shape->type->builtin)
        return 1;
    return LENGTH_USUAL;
}

static size_t cost_of_field(struct vb_gql_execution *e,
                            const struct vb_gql_selection *selection,
                            const struct vb_gql_type *parent, bool in_page)
{
    const struct vb_gql_field *field =
        vb_gql_find_field(e->schema, parent, selection->name);
    bool page;
    size_t length = length_of(e, selection, field, in_page, &page);

    return sum(1, product(length, cost_of(e, selection->selections,
                                          field->shape->type, page)));
}

static size_t cost_of_fragment(struct vb_gql_execution *e,
                               const struct vb_gql_selection *selections,
                               struct vb_span on,
                               const struct vb_gql_type *parent, bool in_page)
{
    return cost_of(e, selections,
                   on.ptr == NULL ? parent : vb_gql_find_type(e->schema, on),
                   in_page);
}

static size_t cost_of(struct vb_gql_execution *e,
                      const struct vb_gql_selection *selection,
                      const struct vb_gql_type *parent, bool in_page)
{
    const struct vb_gql_fragment *fragment;
    const struct vb_gql_error *fault = NULL;
    size_t all = 0;

    for (; selection != NULL; selection = selection->next) {
        if (!vb__gql_is_included(e, selection, &fault))
            continue;
        switch (selection->kind) {
        case VB_GQL_FIELD:
            all = sum(all, cost_of_field(e, selection, parent, in_page));
            break;
        case VB_GQL_INLINE:
            all = sum(all, cost_of_fragment(e, selection->selections,
                                            selection->on, parent, in_page));
            break;
        case VB_GQL_SPREAD:
            fragment = vb__gql_names_find(&e->fragments, selection->name);
            all = sum(all, cost_of_fragment(e, fragment->selections,
                                            fragment->on, parent, in_page));
            break;
        }
    }
    return all;
}

size_t vb__gql_cost(struct vb_gql_execution *e)
{
    return cost_of(e, e->operation->selections,
                   vb_gql_root(e->schema, e->operation->kind), false);
}
