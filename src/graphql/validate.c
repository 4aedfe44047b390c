/* Walking over a document, and the table of rules. See validate.h. */
#include "graphql/validate.h"

#include "graphql/validate_inner.h"

/* Steps that the rules which compare may take. */
#define WORK_MOST 1000000

const struct vb__gql_rule vb__gql_rules[] = {
    {.section = "5.2", .operation = vb__gql_root_exists},
    {.section = "5.2.1.1", .document = vb__gql_operation_names},
    {.section = "5.2.2.1", .document = vb__gql_lone_anonymous},
    {.section = "5.2.3.1", .end = vb__gql_single_root},
    {.section = "5.3.1", .selection = vb__gql_fields_exist},
    {.section = "5.3.3", .selection = vb__gql_leaves},
    {.section = "5.4.1", .arguments = vb__gql_argument_names},
    {.section = "5.4.2", .arguments = vb__gql_argument_unique},
    {.section = "5.4.2.1", .arguments = vb__gql_argument_required},
    {.section = "5.5.1.1", .document = vb__gql_fragment_names},
    {.section = "5.5.1.2, 5.5.1.3",
     .fragment = vb__gql_fragment_type,
     .selection = vb__gql_inline_type},
    {.section = "5.5.1.4", .end = vb__gql_fragments_used},
    {.section = "5.5.2.1", .selection = vb__gql_spread_defined},
    {.section = "5.5.2.2", .end = vb__gql_spread_cycles},
    {.section = "5.5.2.3", .selection = vb__gql_spread_possible},
    {.section = "5.6.1", .value = vb__gql_value_type},
    {.section = "5.6.2", .value = vb__gql_object_names},
    {.section = "5.6.3", .value = vb__gql_object_unique},
    {.section = "5.6.4", .value = vb__gql_object_required},
    {.section = "5.7.1", .directives = vb__gql_directives_defined},
    {.section = "5.7.2", .directives = vb__gql_directives_place},
    {.section = "5.7.3", .directives = vb__gql_directives_unique},
    {.section = "5.8.1", .operation = vb__gql_variables_unique},
    {.section = "5.8.2", .variable = vb__gql_variable_type},
    {.section = "5.8.3", .end = vb__gql_variables_defined},
    {.section = "5.8.4", .end = vb__gql_variables_used},
    {.section = "5.8.5", .end = vb__gql_variables_allowed},
    {.section = NULL},
};

/* Asks all rules that have something to say of this kind of thing. */
#define ASK(v, of, ...)                                                        \
    do {                                                                       \
        for (const struct vb__gql_rule *rule_ = vb__gql_rules;                 \
             rule_->section != NULL; rule_++)                                  \
            if (rule_->of != NULL)                                             \
                rule_->of(v, ##__VA_ARGS__);                                   \
    } while (0)

bool vb__gql_spend(struct vb__gql_validator *v, size_t work)
{
    if (v->work < work)
        v->exhausted = true;
    else
        v->work -= work;
    return !v->exhausted;
}

const struct vb_gql_fragment *
vb_gql_find_fragment(const struct vb_gql_document *document,
                     struct vb_span name)
{
    const struct vb_gql_fragment *fragment = document->fragments;

    while (fragment != NULL && !vb_span_eq(fragment->name, name))
        fragment = fragment->next;
    return fragment;
}

const struct vb_gql_fragment *
vb__gql_fragment(const struct vb__gql_validator *v, struct vb_span name)
{
    return vb__gql_names_find(&v->fragments, name);
}

/* --- values, arguments, directives ---------------------------------------- */

static void note_use(struct vb__gql_validator *v,
                     const struct vb_gql_value *value,
                     const struct vb_gql_shape *shape, bool has_preset)
{
    struct vb__gql_use *use = vb_arena_calloc(v->arena, 1, sizeof(*use));

    if (use == NULL)
        return;
    *use = (struct vb__gql_use){value, shape, has_preset, NULL};
    use->next = v->uses->variables;
    v->uses->variables = use;
}

static void walk_value(struct vb__gql_validator *v,
                       const struct vb_gql_value *value,
                       const struct vb_gql_shape *shape, bool has_preset)
{
    const struct vb_gql_input *wanted = NULL;
    bool is_list = shape != NULL && shape->of != NULL;

    if (value->kind == VB_GQL_VARIABLE) {
        note_use(v, value, shape, has_preset);
        return;
    }
    ASK(v, value, value, shape);
    for (const struct vb_gql_value *item = value->items; item != NULL;
         item = item->next)
        walk_value(v, item, is_list ? shape->of : NULL, false);
    /* What is no list stands for a list of itself (section 3.11). */
    while (shape != NULL && shape->of != NULL)
        shape = shape->of;
    if (shape != NULL)
        wanted = shape->type->inputs;
    for (const struct vb_gql_argument *field = value->fields; field != NULL;
         field = field->next) {
        const struct vb_gql_input *input =
            vb_gql_find_input(wanted, field->name);

        walk_value(v, field->value, input == NULL ? NULL : input->shape,
                   input != NULL && input->preset != NULL);
    }
}

static void walk_arguments(struct vb__gql_validator *v,
                           const struct vb__gql_given *given)
{
    ASK(v, arguments, given);
    for (const struct vb_gql_argument *argument = given->arguments;
         argument != NULL; argument = argument->next) {
        const struct vb_gql_input *input =
            vb_gql_find_input(given->wanted, argument->name);

        walk_value(v, argument->value, input == NULL ? NULL : input->shape,
                   input != NULL && input->preset != NULL);
    }
}

/* Of what nobody knows, the values are walked over all the same. */
static void walk_unknown(struct vb__gql_validator *v,
                         const struct vb_gql_argument *argument)
{
    for (; argument != NULL; argument = argument->next)
        walk_value(v, argument->value, NULL, false);
}

static void walk_directives(struct vb__gql_validator *v,
                            const struct vb_gql_directive *first,
                            unsigned place)
{
    if (first != NULL)
        ASK(v, directives, first, place);
    for (; first != NULL; first = first->next) {
        const struct vb_gql_directive_type *type =
            vb_gql_find_directive(v->schema, first->name);
        struct vb__gql_given given = {
            .arguments = first->arguments,
            .at = first->at,
            .what = "directive",
            .name = first->name,
        };

        if (type == NULL) {
            walk_unknown(v, first->arguments);
            continue;
        }
        given.wanted = type->arguments;
        walk_arguments(v, &given);
    }
}

/* --- selections ----------------------------------------------------------- */

static void walk_selections(struct vb__gql_validator *v,
                            const struct vb_gql_selection *selection,
                            const struct vb_gql_type *parent);

static void walk_field(struct vb__gql_validator *v,
                       const struct vb_gql_selection *selection)
{
    const struct vb_gql_field *field = v->field;
    struct vb__gql_given given = {
        .arguments = selection->arguments,
        .at = selection->at,
        .what = "field",
        .name = selection->name,
    };

    if (field == NULL) {
        walk_unknown(v, selection->arguments);
    } else {
        given.wanted = field->arguments;
        walk_arguments(v, &given);
    }
    walk_directives(v, selection->directives, VB_GQL_ON_FIELD);
    walk_selections(v, selection->selections,
                    field == NULL ? NULL : field->shape->type);
}

static void note_spread(struct vb__gql_validator *v,
                        const struct vb_gql_selection *selection)
{
    const struct vb_gql_fragment *fragment =
        vb__gql_fragment(v, selection->name);
    struct vb__gql_link *link;

    if (fragment == NULL)
        return;
    link = vb_arena_calloc(v->arena, 1, sizeof(*link));
    if (link == NULL)
        return;
    *link = (struct vb__gql_link){selection, fragment, v->uses->spreads};
    v->uses->spreads = link;
}

static void walk_selection(struct vb__gql_validator *v,
                           const struct vb_gql_selection *selection)
{
    const struct vb_gql_type *parent = v->parent;

    v->field = NULL;
    if (selection->kind == VB_GQL_FIELD && parent != NULL)
        v->field = vb_gql_find_field(v->schema, parent, selection->name);
    ASK(v, selection, selection);
    switch (selection->kind) {
    case VB_GQL_FIELD:
        walk_field(v, selection);
        break;
    case VB_GQL_SPREAD:
        note_spread(v, selection);
        walk_directives(v, selection->directives, VB_GQL_ON_FRAGMENT_SPREAD);
        break;
    case VB_GQL_INLINE:
        walk_directives(v, selection->directives, VB_GQL_ON_INLINE_FRAGMENT);
        walk_selections(v, selection->selections,
                        selection->on.ptr == NULL
                            ? parent
                            : vb_gql_find_type(v->schema, selection->on));
        break;
    }
    v->parent = parent;
}

static void walk_selections(struct vb__gql_validator *v,
                            const struct vb_gql_selection *selection,
                            const struct vb_gql_type *parent)
{
    for (; selection != NULL && !v->arena->failed;
         selection = selection->next) {
        v->parent = parent;
        walk_selection(v, selection);
    }
}

/* --- definitions ---------------------------------------------------------- */

static const struct vb_gql_shape *
variable_shape(struct vb__gql_validator *v, const struct vb_gql_type_ref *ref,
               struct vb_gql_shape *space, unsigned depth)
{
    const struct vb_gql_type *type;

    if (ref->of != NULL && depth < VB_GQL_DEPTH_MOST) {
        const struct vb_gql_shape *of =
            variable_shape(v, ref->of, space + 1, depth + 1);

        *space = (struct vb_gql_shape){
            .type = of == NULL ? NULL : of->type,
            .of = of,
            .non_null = ref->non_null,
            .nullable = space,
        };
        return of == NULL ? NULL : space;
    }
    type = vb_gql_find_type(v->schema, ref->name);
    if (type == NULL || !vb_gql_is_input(type))
        return NULL;
    *space = type->shape;
    space->non_null = ref->non_null;
    return space;
}

static void walk_variable(struct vb__gql_validator *v,
                          const struct vb_gql_variable *variable)
{
    struct vb_gql_shape space[VB_GQL_DEPTH_MOST + 2];

    ASK(v, variable, variable);
    if (variable->preset != NULL)
        walk_value(v, variable->preset,
                   variable_shape(v, variable->type, space, 0), false);
    walk_directives(v, variable->directives, VB_GQL_ON_VARIABLE_DEFINITION);
}

static void walk_operation(struct vb__gql_validator *v,
                           const struct vb_gql_operation *operation)
{
    ASK(v, operation, operation);
    for (const struct vb_gql_variable *variable = operation->variables;
         variable != NULL; variable = variable->next)
        walk_variable(v, variable);
    walk_directives(v, operation->directives, 1u << operation->kind);
    walk_selections(v, operation->selections,
                    vb_gql_root(v->schema, operation->kind));
}

static void walk_fragment(struct vb__gql_validator *v,
                          const struct vb_gql_fragment *fragment)
{
    ASK(v, fragment, fragment);
    walk_directives(v, fragment->directives, VB_GQL_ON_FRAGMENT_DEFINITION);
    walk_selections(v, fragment->selections,
                    vb_gql_find_type(v->schema, fragment->on));
}

static void walk(struct vb__gql_validator *v)
{
    size_t i = 0;

    ASK(v, document);
    for (const struct vb_gql_operation *o = v->document->operations;
         o != NULL && !v->arena->failed; o = o->next) {
        v->uses = &v->of_operation[i++];
        walk_operation(v, o);
    }
    for (const struct vb_gql_fragment *f = v->document->fragments;
         f != NULL && !v->arena->failed; f = f->next) {
        v->uses = &v->of_fragment[f->index];
        walk_fragment(v, f);
    }
    if (!v->arena->failed)
        ASK(v, end);
}

static void reach(struct vb__gql_validator *v, struct vb__gql_uses *from,
                  struct vb__gql_uses **stack, size_t *height)
{
    for (const struct vb__gql_link *link = from->spreads; link != NULL;
         link = link->next) {
        struct vb__gql_uses *uses = &v->of_fragment[link->fragment->index];

        if (uses->seen == v->search)
            continue;
        uses->seen = v->search;
        stack[(*height)++] = uses;
    }
}

void vb__gql_reach(struct vb__gql_validator *v, struct vb__gql_uses *from,
                   void (*fn)(struct vb__gql_validator *v,
                              const struct vb__gql_uses *uses, void *context),
                   void *context)
{
    struct vb__gql_uses **stack =
        vb_arena_calloc(v->arena, v->document->fragment_count + 1,
                        sizeof(struct vb__gql_uses *));
    size_t height = 0;

    if (stack == NULL)
        return;
    v->search++;
    fn(v, from, context);
    reach(v, from, stack, &height);
    while (height > 0 && vb__gql_spend(v, 1)) {
        struct vb__gql_uses *uses = stack[--height];

        fn(v, uses, context);
        reach(v, uses, stack, &height);
    }
}

/* --- all of it ------------------------------------------------------------ */

static bool set_up(struct vb__gql_validator *v)
{
    v->of_fragment = vb_arena_calloc(v->arena, v->document->fragment_count + 1,
                                     sizeof(*v->of_fragment));
    v->of_operation = vb_arena_calloc(
        v->arena, v->document->operation_count + 1, sizeof(*v->of_operation));
    for (const struct vb_gql_fragment *f = v->document->fragments; f != NULL;
         f = f->next)
        (void)vb__gql_names_add(&v->fragments, f->name, f);
    return !v->arena->failed;
}

static enum vb_err verdict(struct vb__gql_validator *v, size_t before)
{
    if (v->arena->failed)
        return VB_ERR_NOMEM;
    if (v->errors->count > before || v->errors->more)
        return VB_ERR_INVALID;
    if (!v->exhausted)
        return VB_OK;
    vb_gql_errors_add(v->errors, NULL,
                      "it would take too long to validate the document");
    return v->arena->failed ? VB_ERR_NOMEM : VB_ERR_LIMIT;
}

enum vb_err vb_gql_validate(const struct vb_gql_schema *schema,
                            const struct vb_gql_document *document,
                            const struct vb_gql_limits *limits,
                            struct vb_gql_errors *errors)
{
    struct vb__gql_validator v = {
        .schema = schema,
        .document = document,
        .limits = limits == NULL ? vb_gql_limits_default : *limits,
        .errors = errors,
        .arena = errors->arena,
        .fragments = {.arena = errors->arena},
        .work = WORK_MOST,
    };
    size_t before = errors->count;
    enum vb_err err;

    if (!set_up(&v))
        return VB_ERR_NOMEM;
    walk(&v);
    err = verdict(&v, before);
    if (err == VB_OK)
        err = vb__gql_measure(&v);
    if (err != VB_OK)
        return err;
    vb__gql_fields_merge(&v);
    return verdict(&v, before);
}
