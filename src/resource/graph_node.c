/* States as objects. See graph_part.h. */
#include <stdlib.h>

#include "access/cookie.h"
#include "access/session.h"
#include "http/percent.h"
#include "resource/graph_part.h"
#include "resource/guarded.h"
#include "resource/params.h"

/* Bytes of states that one request may look at. */
#define HELD_MOST ((uint64_t)32 << 20)

/* --- nodes -----------------------------------------------------------------
 */

/* One more of the run's, which frees what it holds. NULL: no memory. */
static struct vb__graph_node *add_node(struct vb__graph_run *run,
                                       const struct vb_route *route,
                                       struct vb_span key)
{
    struct vb__graph_node *node =
        vb_arena_calloc(&run->arena, 1, sizeof(*node));

    if (node == NULL)
        return NULL;
    node->next = run->nodes;
    run->nodes = node;
    node->route = route;
    node->key = key;
    return node;
}

struct vb__graph_node *vb__graph_node_new(struct vb__graph_run *run,
                                          const struct vb_route *route,
                                          struct vb_record *record)
{
    struct vb__graph_node *node = NULL;

    run->held += record->content.len;
    if (run->held > HELD_MOST)
        vb_gql_execution_end(run->execution,
                             "more would have to be looked at than one request "
                             "may");
    else if (vb_is_json(record->media_type))
        node = add_node(run, route, record->key);
    if (node == NULL) {
        vb_record_unref(record);
        return NULL;
    }
    node->record = record;
    node->shown = vb_present_value(route, record->content);
    return node->shown == NULL ? NULL : node;
}

struct vb__graph_node *vb__graph_node_shown(struct vb__graph_run *run,
                                            const struct vb_route *route,
                                            struct vb_span key,
                                            struct vb_span etag,
                                            struct vb_json *shown)
{
    struct vb__graph_node *node = add_node(run, route, key);

    if (node == NULL) {
        vb_json_free(shown);
        return NULL;
    }
    node->etag = vb_arena_dup(&run->arena, etag);
    node->shown = shown;
    return node;
}

struct vb_span vb__graph_id(struct vb__graph_run *run, struct vb_span key)
{
    struct vb_span id = key;

    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] == '/' && i + 1 < key.len)
            id = vb_span_from(key, i + 1);
    return vb_percent_decode(&run->arena, id, &id) == VB_OK ? id : key;
}

void vb__graph_nodes_free(struct vb__graph_run *run)
{
    for (; run->nodes != NULL; run->nodes = run->nodes->next) {
        vb_json_free(run->nodes->shown);
        vb_record_unref(run->nodes->record);
    }
}

/* --- values ----------------------------------------------------------------
 */

static const struct vb_gql_result nothing = {.kind = VB_GQL_RESULT_NULL};

/* A value as a union's objects, or a list of them, as deep as its type's lists
 * are. */
static struct vb_gql_result as_union(struct vb__graph_run *run,
                                     const struct vb_gql_shape *shape,
                                     yyjson_val *value)
{
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_OBJECT};
    yyjson_val *element;
    size_t i, count;

    if (value == NULL || yyjson_is_null(value))
        return nothing;
    if (shape->of != NULL && yyjson_is_arr(value)) {
        result.kind = VB_GQL_RESULT_LIST;
        result.items = vb_arena_calloc(&run->arena, yyjson_arr_size(value) + 1,
                                       sizeof(*result.items));
        result.count = result.items == NULL ? 0 : yyjson_arr_size(value);
        yyjson_arr_foreach(value, i, count, element)
        {
            if (result.items != NULL)
                result.items[i] = as_union(run, shape->of, element);
        }
        return result;
    }
    result.object = value;
    result.type = vb_gql_union_member(shape->type, value);
    return result.type != NULL
               ? result
               : vb__graph_error(run, "INTERNAL_SERVER_ERROR",
                                 VB_SPAN("its discriminator says none of the "
                                         "types that it may be of"));
}

static struct vb_gql_result as_value(struct vb__graph_run *run,
                                     const struct vb_gql_shape *shape,
                                     yyjson_val *value)
{
    if (shape->type->kind == VB_GQL_TYPE_UNION)
        return as_union(run, shape, value);
    return (struct vb_gql_result){
        .kind = value == NULL ? VB_GQL_RESULT_NULL : VB_GQL_RESULT_VALUE,
        .value = value,
    };
}

struct vb_gql_result vb__graph_show(struct vb__graph_run *run,
                                    const struct vb_gql_shape *shape,
                                    const struct vb__graph_node *node)
{
    if (node == NULL)
        return nothing;
    if (shape->of == NULL && vb_gql_is_resource(shape->type))
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_OBJECT,
                                      .object = node};
    return as_value(run, shape, node->shown->root);
}

static struct vb_gql_result etag_of(struct vb__graph_run *run,
                                    const struct vb__graph_node *node)
{
    struct vb_span etag = node->etag;

    if (node->record != NULL)
        etag = vb_stored_etag(&run->arena, run->x->env->store->store,
                              node->record->revision, node->route);
    return (struct vb_gql_result){.kind = etag.len > 0 ? VB_GQL_RESULT_TEXT
                                                       : VB_GQL_RESULT_NULL,
                                  .text = etag};
}

void vb__graph_etag(struct vb__graph_run *run, struct vb_gql_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        call->results[i] = etag_of(run, call->objects[i]);
}

static yyjson_val *value_of(const struct vb_gql_call *call, size_t i)
{
    const struct vb__graph_node *node = call->objects[i];

    /* Values are read only, wherever they are passed along as objects. */
    return vb_gql_is_resource(call->field->type)
               ? node->shown->root
               : (yyjson_val *)(uintptr_t)call->objects[i];
}

void vb__graph_member(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;

    for (size_t i = 0; i < call->count; i++)
        call->results[i] =
            as_value(run, call->field->shape,
                     vb_json_member(value_of(call, i), source->name));
}

/* --- reading states --------------------------------------------------------
 */

/* What is read for one call: states of one route. */
struct fetch {
    struct vb__graph_run *run;
    struct vb_gql_call *call;
    const struct vb_route *route;
    struct vb_records_read read;
    struct vb_gql_result *states; /* what the keys become */
    /* Where the keys belong: `places[i]` is the number of a key, and of each
     * object those from places[starts[i]] on. NULL: of one object one. */
    size_t *places, *starts;
};

/* May it be shown? What GET of it would say. */
static bool is_shown(struct vb__graph_run *run,
                     const struct vb__graph_node *node)
{
    struct vb_json *whole = NULL;
    bool shown;

    if (!vb_state_has_hidden(node->route))
        return vb_guarded_shares(run->x, node->route, node->key,
                                 node->shown->root);
    if (vb_json_parse(node->record->content, NULL, &whole, NULL) != VB_OK)
        return false;
    shown = vb_guarded_shares(run->x, node->route, node->key, whole->root);
    vb_json_free(whole);
    return shown;
}

static struct vb_gql_result state_of(struct fetch *fetch,
                                     struct vb_record *record)
{
    struct vb__graph_run *run = fetch->run;
    struct vb__graph_node *node;

    if (record == NULL)
        return nothing;
    node = vb__graph_node_new(run, fetch->route, record);
    if (node == NULL)
        return nothing;
    if (!is_shown(run, node))
        return vb__graph_denied(run, fetch->route);
    return vb__graph_show(run, &fetch->call->field->shape->type->shape, node);
}

static void make_states(struct fetch *fetch)
{
    for (size_t i = 0; i < fetch->read.count; i++) {
        fetch->states[i] =
            fetch->read.op.err == VB_OK
                ? state_of(fetch, fetch->read.records[i])
                : vb__graph_failed(fetch->run, fetch->read.op.err);
        fetch->read.records[i] = NULL; /* the node's */
    }
}

/* The states of each object's keys: one, or a list. */
static void hand_out(struct fetch *fetch)
{
    struct vb_gql_call *call = fetch->call;
    bool many = call->field->shape->of != NULL;

    for (size_t i = 0; i < call->count; i++) {
        size_t from = fetch->starts[i], count = fetch->starts[i + 1] - from;
        struct vb_gql_result *items = NULL;

        if (many)
            items =
                vb_arena_calloc(&fetch->run->arena, count + 1, sizeof(*items));
        for (size_t k = 0; k < count; k++) {
            struct vb_gql_result *to = many ? &items[k] : &call->results[i];

            if (!many || items != NULL)
                *to = fetch->states[fetch->places[from + k]];
        }
        if (items != NULL)
            call->results[i] = (struct vb_gql_result){
                .kind = VB_GQL_RESULT_LIST, .items = items, .count = count};
    }
}

static void arrived(struct fetch *fetch)
{
    make_states(fetch);
    hand_out(fetch);
}

static void fetch_done(struct vb_store_op *op)
{
    struct fetch *fetch = op->context;

    arrived(fetch);
    vb_gql_execution_complete(fetch->run->execution, fetch->call);
    vb__graph_go_on(fetch->run);
}

/* Reads what the keys are of. False: not at once. */
static bool begin(struct fetch *fetch)
{
    struct vb__graph_run *run = fetch->run;

    fetch->read.op.done = fetch_done;
    fetch->read.op.context = fetch;
    if (fetch->read.count > 0 &&
        vb_store_records(run->x->env->store, &fetch->read) == VB_IO_PENDING) {
        run->waiting++;
        return false;
    }
    arrived(fetch);
    return true;
}

/* For keys of so many; NULL: no memory. */
static struct fetch *fetch_new(struct vb__graph_run *run,
                               struct vb_gql_call *call,
                               const struct vb_route *route, size_t places)
{
    struct fetch *fetch = vb_arena_calloc(&run->arena, 1, sizeof(*fetch));

    if (fetch == NULL)
        return NULL;
    fetch->run = run;
    fetch->call = call;
    fetch->route = route;
    fetch->read.records =
        vb_arena_calloc(&run->arena, places + 1, sizeof(*fetch->read.records));
    fetch->states =
        vb_arena_calloc(&run->arena, places + 1, sizeof(*fetch->states));
    fetch->places =
        vb_arena_calloc(&run->arena, places + 1, sizeof(*fetch->places));
    fetch->starts =
        vb_arena_calloc(&run->arena, call->count + 1, sizeof(*fetch->starts));
    return run->arena.failed ? NULL : fetch;
}

/* --- one by its key --------------------------------------------------------
 */

/* Each session has one of its own; "": this one has none. */
static struct vb_span session_key(struct vb_exchange *x, struct vb_span path)
{
    const struct vb_session *session =
        x->asking == NULL ? NULL : vb_session_of(x);

    x->personal = true;
    return session == NULL
               ? VB_SPAN("")
               : vb_session_data_key(&x->arena, vb_session_data(session), path);
}

struct vb_span vb__graph_key(struct vb__graph_run *run,
                             const struct vb_gql_call *call,
                             const struct vb_route *route)
{
    const struct vb_span *variables = vb__graph_variables(run, call, route);
    struct vb_span key;

    if (variables == NULL || !vb_params_variables_fit(run->x, route, variables))
        return VB_SPAN("");
    key = vb_route_key(run->x, route, variables,
                       vb_template_variables(&route->template));
    return route->per_session ? session_key(run->x, key) : key;
}

bool vb__graph_document(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;
    const struct vb_route *route = source->route;
    struct fetch *fetch = fetch_new(run, call, route, 1);
    struct vb_span *key = vb_arena_alloc(&run->arena, sizeof(*key));

    if (fetch == NULL || key == NULL)
        return true;
    *key = vb__graph_key(run, call, route);
    if (key->len == 0)
        return true;
    fetch->read.keys = key;
    fetch->read.count = 1;
    for (size_t i = 0; i < call->count; i++)
        fetch->starts[i + 1] = 1;
    return begin(fetch);
}

/* --- what is referred to ---------------------------------------------------
 */

/* A key that somebody wants: in which place. */
struct wanted {
    struct vb_span key;
    size_t place;
};

static int order_wanted(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    return vb_span_cmp(x->key, y->key);
}

/* Each key once, however often it is wanted. */
static void read_each_once(struct fetch *fetch, struct wanted *wanted,
                           size_t count, struct vb_span *keys)
{
    if (count > 0)
        qsort(wanted, count, sizeof(*wanted), order_wanted);
    for (size_t i = 0; i < count; i++) {
        size_t known = fetch->read.count;

        if (known == 0 || !vb_span_eq(keys[known - 1], wanted[i].key))
            keys[fetch->read.count++] = wanted[i].key;
        fetch->places[wanted[i].place] = fetch->read.count - 1;
    }
    fetch->read.keys = keys;
}

static yyjson_val *referring(const struct vb__graph_node *node,
                             const struct vb_property *property)
{
    return vb_json_member(node->shown->root, property->path[0]);
}

static size_t reference_count(yyjson_val *value)
{
    if (yyjson_is_arr(value))
        return yyjson_arr_size(value);
    return value == NULL || yyjson_is_null(value) ? 0 : 1;
}

static size_t count_all(const struct vb_gql_call *call,
                        const struct vb_property *property)
{
    size_t count = 0;

    for (size_t i = 0; i < call->count; i++)
        count += reference_count(referring(call->objects[i], property));
    return count;
}

/* Adds what an object refers to; how many there are with it. */
static size_t want_all(struct vb__graph_run *run,
                       const struct vb__graph_node *node,
                       const struct vb_property *property,
                       struct wanted *wanted, size_t count)
{
    yyjson_val *value = referring(node, property), *item;
    yyjson_arr_iter each = yyjson_arr_iter_with(value);

    if (!yyjson_is_arr(value) && reference_count(value) > 0) {
        wanted[count] =
            (struct wanted){vb_reference_key(run->x, property, value), count};
        return count + 1;
    }
    while ((item = yyjson_arr_iter_next(&each)) != NULL) {
        wanted[count] =
            (struct wanted){vb_reference_key(run->x, property, item), count};
        count++;
    }
    return count;
}

bool vb__graph_reference(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;
    const struct vb_property *property = source->property;
    size_t most = count_all(call, property), count = 0;
    struct fetch *fetch = fetch_new(run, call, source->route, most);
    struct wanted *wanted =
        vb_arena_calloc(&run->arena, most + 1, sizeof(*wanted));
    struct vb_span *keys =
        vb_arena_calloc(&run->arena, most + 1, sizeof(*keys));

    if (fetch == NULL || wanted == NULL || keys == NULL)
        return true;
    for (size_t i = 0; i < call->count; i++) {
        count = want_all(run, call->objects[i], property, wanted, count);
        fetch->starts[i + 1] = count;
    }
    read_each_once(fetch, wanted, count, keys);
    return begin(fetch);
}
