/* Rules of operations and variables (October 2021, sections 5.2 and 5.8). */
#include "graphql/validate_inner.h"

/* --- operations ----------------------------------------------------------- */

void vb__gql_operation_names(struct vb__gql_validator *v)
{
    struct vb__gql_names names = {.arena = v->arena};

    for (const struct vb_gql_operation *o = v->document->operations; o != NULL;
         o = o->next) {
        const struct vb_gql_operation *other;

        if (o->name.ptr == NULL)
            continue;
        other = vb__gql_names_add(&names, o->name, o);
        if (other != NULL)
            vb_gql_error_also(
                vb_gql_errors_add(v->errors, &other->name_at,
                                  "there is another operation \"%.*s\"",
                                  VB_FMT(o->name)),
                o->name_at);
    }
}

void vb__gql_lone_anonymous(struct vb__gql_validator *v)
{
    for (const struct vb_gql_operation *o = v->document->operations;
         o != NULL && v->document->operation_count > 1; o = o->next)
        if (o->name.ptr == NULL)
            vb_gql_errors_add(v->errors, &o->at,
                              "an operation without a name must be the only "
                              "one");
}

void vb__gql_root_exists(struct vb__gql_validator *v,
                         const struct vb_gql_operation *operation)
{
    if (vb_gql_root(v->schema, operation->kind) == NULL)
        vb_gql_errors_add(v->errors, &operation->at,
                          "the schema has no operation of the kind %s",
                          vb_gql_operation_name(operation->kind));
}

/* --- subscriptions -------------------------------------------------------- */

/* The root fields of a subscription: all must go by the first one's name. */
struct roots {
    const struct vb_gql_operation *operation;
    const struct vb_gql_selection *first;
    bool told;
};

static void look_at_roots(struct vb__gql_validator *v, struct roots *roots,
                          const struct vb_gql_selection *selection)
{
    for (; selection != NULL && !roots->told; selection = selection->next) {
        const struct vb_gql_fragment *fragment;

        if (selection->kind == VB_GQL_INLINE) {
            look_at_roots(v, roots, selection->selections);
        } else if (selection->kind == VB_GQL_SPREAD) {
            fragment = vb__gql_fragment(v, selection->name);
            if (fragment == NULL ||
                v->of_fragment[fragment->index].seen == v->search)
                continue;
            v->of_fragment[fragment->index].seen = v->search;
            look_at_roots(v, roots, fragment->selections);
        } else if (vb_span_starts(selection->name, VB_SPAN("__"))) {
            vb_gql_errors_add(v->errors, &selection->at,
                              "a subscription is to a field of its own, not "
                              "to \"%.*s\"",
                              VB_FMT(selection->name));
            roots->told = true;
        } else if (roots->first == NULL) {
            roots->first = selection;
        } else if (!vb_span_eq(roots->first->key, selection->key)) {
            vb_gql_errors_add(v->errors, &selection->at,
                              "a subscription has only one field");
            roots->told = true;
        }
    }
}

void vb__gql_single_root(struct vb__gql_validator *v)
{
    for (const struct vb_gql_operation *o = v->document->operations; o != NULL;
         o = o->next) {
        struct roots roots = {.operation = o};

        if (o->kind != VB_GQL_SUBSCRIPTION)
            continue;
        v->search++;
        look_at_roots(v, &roots, o->selections);
    }
}

/* --- variables ------------------------------------------------------------ */

void vb__gql_variables_unique(struct vb__gql_validator *v,
                              const struct vb_gql_operation *operation)
{
    struct vb__gql_names names = {.arena = v->arena};

    for (const struct vb_gql_variable *variable = operation->variables;
         variable != NULL; variable = variable->next) {
        const struct vb_gql_variable *other =
            vb__gql_names_add(&names, variable->name, variable);

        if (other != NULL)
            vb_gql_error_also(
                vb_gql_errors_add(v->errors, &other->at,
                                  "there is another variable \"$%.*s\"",
                                  VB_FMT(variable->name)),
                variable->at);
    }
}

void vb__gql_variable_type(struct vb__gql_validator *v,
                           const struct vb_gql_variable *variable)
{
    const struct vb_gql_type_ref *ref = variable->type;
    const struct vb_gql_type *type;

    while (ref->of != NULL)
        ref = ref->of;
    type = vb_gql_find_type(v->schema, ref->name);
    if (type == NULL)
        vb_gql_errors_add(v->errors, &ref->at, "there is no type \"%.*s\"",
                          VB_FMT(ref->name));
    else if (!vb_gql_is_input(type))
        vb_gql_errors_add(v->errors, &ref->at,
                          "\"%.*s\" is a type of what is shown; a variable "
                          "cannot be of it",
                          VB_FMT(ref->name));
}

/* An operation and its variables, while what it uses is looked at. */
struct scope {
    const struct vb_gql_operation *operation;
    struct vb__gql_names variables; /* struct vb_gql_variable */
    struct vb__gql_names used;
};

static void open_scope(struct vb__gql_validator *v, struct scope *scope,
                       const struct vb_gql_operation *operation)
{
    *scope = (struct scope){
        .operation = operation,
        .variables = {.arena = v->arena},
        .used = {.arena = v->arena},
    };
    for (const struct vb_gql_variable *variable = operation->variables;
         variable != NULL; variable = variable->next)
        (void)vb__gql_names_add(&scope->variables, variable->name, variable);
}

typedef void uses_fn(struct vb__gql_validator *v,
                     const struct vb__gql_uses *uses, void *context);

/* Each operation with all that it uses; then `close`, which may be NULL. */
static void each_operation(struct vb__gql_validator *v, uses_fn *fn,
                           void (*close)(struct vb__gql_validator *v,
                                         struct scope *scope))
{
    size_t i = 0;

    for (const struct vb_gql_operation *o = v->document->operations;
         o != NULL && !v->exhausted; o = o->next) {
        struct scope scope;

        open_scope(v, &scope, o);
        vb__gql_reach(v, &v->of_operation[i++], fn, &scope);
        if (close != NULL)
            close(v, &scope);
    }
}

static void find_undefined(struct vb__gql_validator *v,
                           const struct vb__gql_uses *uses, void *context)
{
    struct scope *scope = context;

    for (const struct vb__gql_use *use = uses->variables;
         use != NULL && vb__gql_spend(v, 1); use = use->next)
        if (vb__gql_names_find(&scope->variables, use->value->text) == NULL)
            vb_gql_error_also(
                vb_gql_errors_add(v->errors, &use->value->at,
                                  "there is no variable \"$%.*s\"",
                                  VB_FMT(use->value->text)),
                scope->operation->at);
}

void vb__gql_variables_defined(struct vb__gql_validator *v)
{
    each_operation(v, find_undefined, NULL);
}

static void note_used(struct vb__gql_validator *v,
                      const struct vb__gql_uses *uses, void *context)
{
    struct scope *scope = context;

    for (const struct vb__gql_use *use = uses->variables;
         use != NULL && vb__gql_spend(v, 1); use = use->next)
        (void)vb__gql_names_add(&scope->used, use->value->text, use);
}

static void tell_unused(struct vb__gql_validator *v, struct scope *scope)
{
    for (const struct vb_gql_variable *variable = scope->operation->variables;
         variable != NULL; variable = variable->next)
        if (vb__gql_names_find(&scope->used, variable->name) == NULL)
            vb_gql_errors_add(v->errors, &variable->at,
                              "the variable \"$%.*s\" is not used",
                              VB_FMT(variable->name));
}

void vb__gql_variables_used(struct vb__gql_validator *v)
{
    each_operation(v, note_used, tell_unused);
}

/* --- are they allowed where they stand (section 5.8.5) -------------------- */

/* AreTypesCompatible() */
static bool compatible(const struct vb_gql_type_ref *ref, bool ref_non_null,
                       const struct vb_gql_shape *shape, bool shape_non_null)
{
    for (;;) {
        if (shape_non_null && !ref_non_null)
            return false;
        if ((shape->of == NULL) != (ref->of == NULL))
            return false;
        if (shape->of == NULL)
            return vb_span_eq(shape->type->name, ref->name);
        shape = shape->of;
        ref = ref->of;
        shape_non_null = shape->non_null;
        ref_non_null = ref->non_null;
    }
}

/* IsVariableUsageAllowed(): with a default on either side, what may be null
 * may stand where null may not. */
static bool is_allowed(const struct vb_gql_variable *variable,
                       const struct vb__gql_use *use)
{
    bool has_preset =
        use->has_preset ||
        (variable->preset != NULL && variable->preset->kind != VB_GQL_NULL);

    return compatible(variable->type, variable->type->non_null, use->shape,
                      use->shape->non_null && !has_preset);
}

static void find_forbidden(struct vb__gql_validator *v,
                           const struct vb__gql_uses *uses, void *context)
{
    struct scope *scope = context;

    for (const struct vb__gql_use *use = uses->variables;
         use != NULL && vb__gql_spend(v, 1); use = use->next) {
        const struct vb_gql_variable *variable =
            vb__gql_names_find(&scope->variables, use->value->text);

        if (variable == NULL || use->shape == NULL || is_allowed(variable, use))
            continue;
        vb_gql_error_also(
            vb_gql_errors_add(v->errors, &variable->at,
                              "the variable \"$%.*s\" is not of the type that "
                              "is wanted where it is used",
                              VB_FMT(variable->name)),
            use->value->at);
    }
}

void vb__gql_variables_allowed(struct vb__gql_validator *v)
{
    each_operation(v, find_forbidden, NULL);
}
