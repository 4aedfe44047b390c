/* The queue of calls. See execute.h. */
#include "base/assert.h"
#include "graphql/execute_inner.h"

/* --- beginning ------------------------------------------------------------ */

const struct vb_gql_operation *
vb_gql_operation_of(const struct vb_gql_document *document, struct vb_span name,
                    struct vb_gql_errors *errors)
{
    const struct vb_gql_operation *operation = document->operations;

    if (name.ptr == NULL) {
        if (operation != NULL && operation->next == NULL)
            return operation;
        vb_gql_errors_add(errors, NULL,
                          operation == NULL
                              ? "the document has no operation"
                              : "the document has more than one operation: "
                                "say which");
        return NULL;
    }
    while (operation != NULL && !vb_span_eq(operation->name, name))
        operation = operation->next;
    if (operation == NULL)
        vb_gql_errors_add(errors, NULL,
                          "the document has no operation \"%.*s\"",
                          (int)(name.len > 100 ? 100 : name.len), name.ptr);
    return operation;
}

static struct vb_gql_execution *
new_execution(const struct vb_gql_request *request,
              struct vb_gql_errors *errors)
{
    const struct vb_gql_document *document = request->document;
    struct vb_gql_execution *e = vb_arena_calloc(errors->arena, 1, sizeof(*e));

    if (e == NULL)
        return NULL;
    e->schema = request->schema;
    e->arena = errors->arena;
    e->errors = errors;
    e->fragments.arena = e->arena;
    e->queue_end = &e->queue;
    e->seen =
        vb_arena_calloc(e->arena, document->fragment_count, sizeof(*e->seen));
    for (const struct vb_gql_fragment *fragment = document->fragments;
         fragment != NULL; fragment = fragment->next)
        (void)vb__gql_names_add(&e->fragments, fragment->name, fragment);
    return e->arena->failed ? NULL : e;
}

static void enqueue(struct vb_gql_execution *e, struct vb__gql_group *group)
{
    group->queued = NULL;
    *e->queue_end = group;
    e->queue_end = &group->queued;
}

/* What all groups of a set share, of its rows. */
static bool rows_of(struct vb_gql_execution *e, struct vb__gql_set *set)
{
    const void **objects =
        vb_arena_calloc(e->arena, set->row_count, sizeof(*objects));
    struct vb__gql_value **of = vb_arena_calloc(e->arena, set->row_count,
                                                sizeof(struct vb__gql_value *));
    size_t i = 0;

    if (objects == NULL || of == NULL)
        return false;
    for (struct vb__gql_row *row = set->rows; row != NULL;
         row = row->next, i++) {
        objects[i] = row->object;
        of[i] = row->value;
    }
    for (struct vb__gql_group *group = set->first; group != NULL;
         group = group->next) {
        group->call.objects = objects;
        group->call.count = set->row_count;
        group->of = of;
    }
    return true;
}

/* __typename is not asked for. */
static bool tell_type(struct vb_gql_execution *e,
                      const struct vb__gql_group *group,
                      const struct vb__gql_set *set)
{
    if (group->call.field != e->schema->meta_typename)
        return false;
    for (const struct vb__gql_row *row = set->rows; row != NULL;
         row = row->next) {
        row->value->values[group->index].kind = VB__GQL_TEXT;
        row->value->values[group->index].text = set->type->name;
    }
    return true;
}

void vb__gql_ask(struct vb_gql_execution *e, struct vb__gql_set *set)
{
    if (set->row_count == 0 || !rows_of(e, set))
        return;
    for (struct vb__gql_group *group = set->first; group != NULL;
         group = group->next)
        if (!tell_type(e, group, set))
            enqueue(e, group);
}

/* The first fields; those of a mutation wait for each other. */
static enum vb_err begin(struct vb_gql_execution *e, const void *root)
{
    struct vb__gql_set *set =
        vb__gql_collect_root(e, vb_gql_root(e->schema, e->operation->kind));

    if (set == NULL || !vb__gql_make_object(e, &e->data, set, root))
        return VB_ERR_NOMEM;
    if (set->fault != NULL)
        vb__gql_fail_value(e, &e->data, set->fault);
    else
        vb__gql_ask(e, set);
    if (e->operation->kind == VB_GQL_MUTATION) {
        e->serial = e->queue;
        e->queue = NULL;
        e->queue_end = &e->queue;
    }
    return e->arena->failed ? VB_ERR_NOMEM : VB_OK;
}

static bool is_affordable(struct vb_gql_execution *e, size_t most)
{
    size_t cost = vb__gql_cost(e);

    if (cost > most)
        vb_gql_errors_add(e->errors, &e->operation->at,
                          "the operation costs %zu, and may cost %zu: ask for "
                          "fewer fields, or shorter lists",
                          cost, most);
    return cost <= most;
}

enum vb_err vb_gql_execute(const struct vb_gql_request *request,
                           struct vb_gql_errors *errors,
                           struct vb_gql_execution **ret_execution)
{
    const struct vb_gql_limits *limits =
        request->limits != NULL ? request->limits : &vb_gql_limits_default;
    struct vb_gql_execution *e = new_execution(request, errors);
    enum vb_err err;

    if (e == NULL)
        return VB_ERR_NOMEM;
    e->operation =
        vb_gql_operation_of(request->document, request->operation, errors);
    if (e->operation == NULL)
        return e->arena->failed ? VB_ERR_NOMEM : VB_ERR_INVALID;
    err = vb_gql_coerce_variables(e->schema, e->operation, request->variables,
                                  errors, &e->variables);
    if (err != VB_OK)
        return err;
    if (!is_affordable(e, limits->cost))
        return e->arena->failed ? VB_ERR_NOMEM : VB_ERR_LIMIT;
    err = begin(e, request->root);
    if (err == VB_OK)
        *ret_execution = e;
    return err;
}

enum vb_gql_operation_kind
vb_gql_execution_kind(const struct vb_gql_execution *execution)
{
    return execution->operation->kind;
}

/* --- calls ---------------------------------------------------------------- */

static struct vb__gql_group *dequeue(struct vb_gql_execution *e)
{
    struct vb__gql_group *group = e->queue;

    if (e->ended != NULL || e->arena->failed)
        return NULL;
    if (group != NULL) {
        e->queue = group->queued;
        if (e->queue == NULL)
            e->queue_end = &e->queue;
        return group;
    }
    group = e->open == 0 ? e->serial : NULL;
    if (group != NULL)
        e->serial = group->queued;
    return group;
}

/* Leaves out what will not be shown. false: nothing is left, or no memory. */
static bool keep_alive(struct vb_gql_execution *e, struct vb__gql_group *group)
{
    struct vb_gql_call *call = &group->call;
    const void **objects;
    struct vb__gql_value **of;
    size_t count = 0;

    if (!e->nulled)
        return true;
    objects = vb_arena_calloc(e->arena, call->count, sizeof(*objects));
    of = vb_arena_calloc(e->arena, call->count, sizeof(struct vb__gql_value *));
    if (objects == NULL || of == NULL)
        return false;
    for (size_t i = 0; i < call->count; i++) {
        if (!vb__gql_is_alive(&group->of[i]->values[group->index]))
            continue;
        objects[count] = call->objects[i];
        of[count++] = group->of[i];
    }
    call->objects = objects;
    group->of = of;
    call->count = count;
    return count > 0;
}

/* CoerceArgumentValues(). false: they do not fit, which is an error of the
 * field. */
static bool give_arguments(struct vb_gql_execution *e,
                           struct vb__gql_group *group)
{
    const struct vb_gql_selection *selection = group->asked->selection;
    struct vb_gql_errors errors;

    vb_gql_errors_init(&errors, e->arena);
    if (vb_gql_coerce_arguments(&e->variables, group->call.field->arguments,
                                selection->arguments, selection->at, &errors,
                                &group->call.arguments) == VB_OK)
        return true;
    for (size_t i = 0; errors.first != NULL && i < group->call.count; i++) {
        struct vb__gql_value *value = &group->of[i]->values[group->index];

        if (vb__gql_is_alive(value))
            vb__gql_fail_value(e, value, errors.first);
    }
    return false;
}

static bool prepare(struct vb_gql_execution *e, struct vb__gql_group *group)
{
    struct vb_gql_call *call = &group->call;

    if (!keep_alive(e, group) || !give_arguments(e, group))
        return false;
    call->results =
        vb_arena_calloc(e->arena, call->count, sizeof(*call->results));
    return call->results != NULL;
}

static void finish(struct vb_gql_execution *e, struct vb__gql_group *group)
{
    vb__gql_complete_values(e, group);
    for (struct vb__gql_set *set = group->sets; set != NULL; set = set->next)
        vb__gql_ask(e, set);
}

struct vb_gql_call *vb_gql_execution_next(struct vb_gql_execution *execution)
{
    struct vb__gql_group *group;

    while ((group = dequeue(execution)) != NULL) {
        if (!prepare(execution, group))
            continue;
        if (group->call.field->resolve == NULL) {
            execution->open++;
            return &group->call;
        }
        group->call.field->resolve(&group->call);
        finish(execution, group);
    }
    return NULL;
}

void vb_gql_execution_complete(struct vb_gql_execution *execution,
                               struct vb_gql_call *call)
{
    vb_assert(execution->open > 0);
    execution->open--;
    if (execution->ended == NULL)
        finish(execution, VB_CONTAINER(call, struct vb__gql_group, call));
}

bool vb_gql_execution_is_over(const struct vb_gql_execution *execution)
{
    if (execution->ended != NULL || execution->arena->failed)
        return true;
    return execution->open == 0 && execution->queue == NULL &&
           execution->serial == NULL;
}

void vb_gql_execution_end(struct vb_gql_execution *execution,
                          const char *message)
{
    execution->ended = message;
}
