/* Rules of fields, arguments and directives (October 2021, sections 5.3 but
 * for 5.3.2, 5.4 and 5.7). */
#include "graphql/validate_inner.h"

/* --- fields --------------------------------------------------------------- */

void vb__gql_fields_exist(struct vb__gql_validator *v,
                          const struct vb_gql_selection *selection)
{
    if (selection->kind != VB_GQL_FIELD || v->parent == NULL ||
        v->field != NULL || !vb_gql_is_composite(v->parent))
        return;
    vb_gql_errors_add(v->errors, &selection->at,
                      "there is no field \"%.*s\" in \"%.*s\"",
                      VB_FMT(selection->name), VB_FMT(v->parent->name));
}

void vb__gql_leaves(struct vb__gql_validator *v,
                    const struct vb_gql_selection *selection)
{
    const struct vb_gql_type *type;

    if (selection->kind != VB_GQL_FIELD || v->field == NULL)
        return;
    type = v->field->shape->type;
    if (vb_gql_is_composite(type) && selection->selections == NULL)
        vb_gql_errors_add(v->errors, &selection->at,
                          "what is wanted of \"%.*s\" must be said, as it is "
                          "of the type \"%.*s\"",
                          VB_FMT(selection->name), VB_FMT(type->name));
    else if (!vb_gql_is_composite(type) && selection->selections != NULL)
        vb_gql_errors_add(v->errors, &selection->at,
                          "\"%.*s\" is of the type \"%.*s\", which has no "
                          "fields",
                          VB_FMT(selection->name), VB_FMT(type->name));
}

/* --- arguments ------------------------------------------------------------ */

void vb__gql_argument_names(struct vb__gql_validator *v,
                            const struct vb__gql_given *given)
{
    for (const struct vb_gql_argument *a = given->arguments; a != NULL;
         a = a->next)
        if (vb_gql_find_input(given->wanted, a->name) == NULL)
            vb_gql_errors_add(v->errors, &a->at,
                              "there is no argument \"%.*s\" of the %s "
                              "\"%.*s\"",
                              VB_FMT(a->name), given->what,
                              VB_FMT(given->name));
}

static void find_twice(struct vb__gql_validator *v,
                       const struct vb_gql_argument *argument, const char *what)
{
    struct vb__gql_names names = {.arena = v->arena};

    if (argument == NULL || argument->next == NULL)
        return;
    for (; argument != NULL; argument = argument->next) {
        const struct vb_gql_argument *other =
            vb__gql_names_add(&names, argument->name, argument);

        if (other != NULL)
            vb_gql_error_also(vb_gql_errors_add(v->errors, &other->at,
                                                "there is another %s \"%.*s\"",
                                                what, VB_FMT(argument->name)),
                              argument->at);
    }
}

void vb__gql_argument_unique(struct vb__gql_validator *v,
                             const struct vb__gql_given *given)
{
    find_twice(v, given->arguments, "argument");
}

/* What is given as null is a matter of its value (section 5.6.1). */
static bool is_given(const struct vb_gql_argument *argument,
                     struct vb_span name)
{
    while (argument != NULL && !vb_span_eq(argument->name, name))
        argument = argument->next;
    return argument != NULL;
}

void vb__gql_argument_required(struct vb__gql_validator *v,
                               const struct vb__gql_given *given)
{
    for (const struct vb_gql_input *input = given->wanted; input != NULL;
         input = input->next)
        if (vb_gql_input_required(input) &&
            !is_given(given->arguments, input->name))
            vb_gql_errors_add(v->errors, &given->at,
                              "the argument \"%.*s\" of the %s \"%.*s\" is "
                              "required",
                              VB_FMT(input->name), given->what,
                              VB_FMT(given->name));
}

/* --- directives ----------------------------------------------------------- */

void vb__gql_directives_defined(struct vb__gql_validator *v,
                                const struct vb_gql_directive *first,
                                unsigned place)
{
    (void)place;
    for (; first != NULL; first = first->next)
        if (vb_gql_find_directive(v->schema, first->name) == NULL)
            vb_gql_errors_add(v->errors, &first->at,
                              "there is no directive \"@%.*s\"",
                              VB_FMT(first->name));
}

void vb__gql_directives_place(struct vb__gql_validator *v,
                              const struct vb_gql_directive *first,
                              unsigned place)
{
    for (; first != NULL; first = first->next) {
        const struct vb_gql_directive_type *type =
            vb_gql_find_directive(v->schema, first->name);

        if (type != NULL && (type->places & place) == 0)
            vb_gql_errors_add(v->errors, &first->at,
                              "the directive \"@%.*s\" cannot stand here",
                              VB_FMT(first->name));
    }
}

void vb__gql_directives_unique(struct vb__gql_validator *v,
                               const struct vb_gql_directive *first,
                               unsigned place)
{
    struct vb__gql_names names = {.arena = v->arena};

    (void)place;
    for (; first != NULL; first = first->next) {
        const struct vb_gql_directive_type *type =
            vb_gql_find_directive(v->schema, first->name);
        const struct vb_gql_directive *other;

        if (type == NULL || type->repeatable)
            continue;
        other = vb__gql_names_add(&names, first->name, first);
        if (other != NULL)
            vb_gql_error_also(
                vb_gql_errors_add(v->errors, &other->at,
                                  "the directive \"@%.*s\" stands here twice",
                                  VB_FMT(first->name)),
                first->at);
    }
}

/* --- input objects (sections 5.6.2 to 5.6.4) ------------------------------ */

static const struct vb_gql_type *object_type(const struct vb_gql_value *value,
                                             const struct vb_gql_shape *shape)
{
    if (value->kind != VB_GQL_OBJECT || shape == NULL)
        return NULL;
    return shape->type != NULL && shape->type->kind == VB_GQL_TYPE_INPUT
               ? shape->type
               : NULL;
}

void vb__gql_object_names(struct vb__gql_validator *v,
                          const struct vb_gql_value *value,
                          const struct vb_gql_shape *shape)
{
    const struct vb_gql_type *type = object_type(value, shape);

    for (const struct vb_gql_argument *field = value->fields;
         type != NULL && field != NULL; field = field->next)
        if (vb_gql_find_input(type->inputs, field->name) == NULL)
            vb_gql_errors_add(v->errors, &field->at,
                              "there is no field \"%.*s\" in \"%.*s\"",
                              VB_FMT(field->name), VB_FMT(type->name));
}

void vb__gql_object_unique(struct vb__gql_validator *v,
                           const struct vb_gql_value *value,
                           const struct vb_gql_shape *shape)
{
    (void)shape;
    find_twice(v, value->fields, "field");
}

void vb__gql_object_required(struct vb__gql_validator *v,
                             const struct vb_gql_value *value,
                             const struct vb_gql_shape *shape)
{
    const struct vb_gql_type *type = object_type(value, shape);

    for (const struct vb_gql_input *input = type == NULL ? NULL : type->inputs;
         input != NULL; input = input->next)
        if (vb_gql_input_required(input) &&
            !is_given(value->fields, input->name))
            vb_gql_errors_add(v->errors, &value->at,
                              "the field \"%.*s\" of \"%.*s\" is required",
                              VB_FMT(input->name), VB_FMT(type->name));
}
