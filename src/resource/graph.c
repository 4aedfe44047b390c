/* The endpoint as a resource. See graph.h. */
#include "resource/graph.h"

#include <sodium.h>
#include <stdlib.h>

#include "access/guard.h"
#include "access/scheme.h"
#include "content/event_stream.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "graphql/validate.h"
#include "resource/graph_part.h"

/* Bytes of a request's content. */
#define CONTENT_MOST ((uint64_t)1 << 20)
/* What one request may make: its execution, and what it shows. */
#define ARENA_MOST  ((size_t)64 << 20)
#define ARENA_BLOCK ((size_t)32 << 10)

struct vb_graph {
    struct vb_resource resource, probe;
    struct vb_guard guard;
    struct vb_gql_schema *schema;
    struct vb_gql_limits limits;
    struct vb_graph_documents documents;
};

/* The usual one first: clients that say nothing, or that all is well, expect
 * it, and know nothing of the other. */
static const struct vb_offer offers[] = {
    {.media_type = VB_SPAN_INIT("application/json; charset=utf-8")},
    {.media_type =
         VB_SPAN_INIT("application/graphql-response+json; charset=utf-8"),
     .tag_variant = VB_SPAN_INIT("graphql")},
    {.media_type = VB_SPAN_INIT(VB_EVENT_STREAM_TYPE),
     .tag_variant = VB_SPAN_INIT("events"),
     .is_stream = true},
};
#define OFFER_STREAM 2

#define WITH_CONTENT                                                           \
    (VB_METHOD_BIT(VB_METHOD_POST) | VB_METHOD_BIT(VB_METHOD_QUERY))
static const struct vb_take takes[] = {
    {.media_type = VB_SPAN_INIT("application/json"), .methods = WITH_CONTENT},
    {.media_type = VB_SPAN_INIT("application/graphql"),
     .methods = WITH_CONTENT},
};

/* --- a request -------------------------------------------------------------
 */

static void run_done(struct vb_exchange *x)
{
    struct vb__graph_run *run = x->state;

    vb__graph_listings_free(run);
    vb__graph_nodes_free(run);
    vb_graph_document_unref(run->document);
    vb_json_free(run->json[0]);
    vb_json_free(run->json[1]);
    vb_arena_done(&run->arena);
}

struct vb__graph_run *vb__graph_run_new(struct vb_exchange *x)
{
    struct vb__graph_run *run = vb_arena_calloc(&x->arena, 1, sizeof(*run));

    if (run == NULL)
        return NULL;
    run->x = x;
    run->graph = x->resource->data;
    vb_arena_init(&run->arena, ARENA_BLOCK, ARENA_MOST);
    vb_gql_errors_init(&run->errors, &run->arena);
    x->state = run;
    x->state_done = run_done;
    return run;
}

/* NULL with 503 set. */
static struct vb__graph_run *run_new(struct vb_exchange *x)
{
    struct vb__graph_run *run = vb__graph_run_new(x);

    if (run == NULL)
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return run;
}

/* --- the document ----------------------------------------------------------
 */

static bool read_hash(struct vb_span text, unsigned char *hash)
{
    size_t len;

    return sodium_hex2bin(hash, VB_GRAPH_HASH_LEN, text.ptr, text.len, NULL,
                          &len, NULL) == 0 &&
           len == VB_GRAPH_HASH_LEN;
}

/* VB_ERR_INVALID and the like, with errors; VB_ERR_NOMEM. */
static enum vb_err judge(struct vb__graph_run *run,
                         struct vb_graph_document *document)
{
    const struct vb_graph *graph = run->graph;
    enum vb_err err =
        vb_gql_parse(&document->arena, document->text, &graph->limits,
                     &run->errors, &document->document);

    if (err != VB_OK)
        return err;
    return vb_gql_validate(graph->schema, document->document, &graph->limits,
                           &run->errors);
}

static enum vb_answer new_document(struct vb__graph_run *run,
                                   const unsigned char *hash)
{
    enum vb_err err;

    run->document = vb_graph_document_new(run->asked.query, hash);
    if (run->document == NULL)
        return vb_reply_unavailable(run->x);
    err = judge(run, run->document);
    if (err == VB_ERR_NOMEM)
        return vb_reply_unavailable(run->x);
    if (err != VB_OK)
        return vb__graph_request_error(run);
    vb_graph_documents_keep(&run->graph->documents, run->document);
    return VB_YES;
}

/* By its hash, or its text: then what is said to be its hash must be. */
static enum vb_answer find_document(struct vb__graph_run *run)
{
    unsigned char said[VB_GRAPH_HASH_LEN], hash[VB_GRAPH_HASH_LEN];
    bool by_hash = run->asked.hash.len > 0;

    if (by_hash && !read_hash(run->asked.hash, said))
        return vb__graph_fail(run, VB_STATUS_BAD_REQUEST, "BAD_REQUEST",
                              "sha256Hash is not hexadecimal");
    if (run->asked.query.ptr != NULL) {
        vb_graph_document_hash(run->asked.query, hash);
        if (by_hash && memcmp(said, hash, sizeof(hash)) != 0)
            return vb__graph_fail(run, VB_STATUS_BAD_REQUEST, "BAD_REQUEST",
                                  "sha256Hash is not that of the query");
    } else {
        memcpy(hash, said, sizeof(hash));
    }
    run->document = vb_graph_documents_find(&run->graph->documents, hash);
    if (run->document != NULL)
        return VB_YES;
    if (run->asked.query.ptr != NULL)
        return new_document(run, hash);
    vb__graph_tell(run, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    return vb__graph_request_error(run);
}

/* --- the operation ---------------------------------------------------------
 */

/* Most clients that take events take something else as well. */
static bool becomes_stream(struct vb_exchange *x)
{
    if (!vb__graph_is_stream(x) && vb_offer_is_named(x, OFFER_STREAM))
        x->offer = OFFER_STREAM;
    return vb__graph_is_stream(x);
}

/* May it be asked in this way? What changes something not with a method that
 * says it does not (GraphQL over HTTP, section 5.3). */
static enum vb_answer is_possible(struct vb__graph_run *run,
                                  const struct vb_gql_operation *operation)
{
    bool safe = vb_method_is_safe(run->x->head.method);

    if (operation->kind == VB_GQL_MUTATION && safe)
        return vb__graph_fail(run, VB_STATUS_METHOD_NOT_ALLOWED,
                              "METHOD_NOT_ALLOWED",
                              "a mutation is asked for with POST");
    if (operation->kind == VB_GQL_SUBSCRIPTION && !becomes_stream(run->x))
        return vb__graph_fail(run, VB_STATUS_NOT_ACCEPTABLE, "NOT_ACCEPTABLE",
                              "a subscription is answered with "
                              "text/event-stream, which Accept must name");
    return VB_YES;
}

struct vb_gql_request vb__graph_request(const struct vb__graph_run *run,
                                        const void *root)
{
    return (struct vb_gql_request){
        .schema = run->graph->schema,
        .document = run->document->document,
        .operation = run->asked.operation,
        .variables = run->asked.variables,
        .root = root,
        .limits = &run->graph->limits,
    };
}

static enum vb_answer prepare(struct vb__graph_run *run)
{
    const struct vb_gql_operation *operation;
    struct vb_gql_request request;
    enum vb_answer answer = find_document(run);
    enum vb_err err;

    if (answer != VB_YES || run->refused || run->x->current != NULL)
        return answer;
    request = vb__graph_request(run, NULL);
    operation =
        vb_gql_operation_of(request.document, request.operation, &run->errors);
    if (operation == NULL)
        return vb__graph_request_error(run);
    answer = is_possible(run, operation);
    if (answer != VB_YES)
        return answer;
    err = vb_gql_execute(&request, &run->errors, &run->execution);
    if (err == VB_ERR_NOMEM)
        return vb_reply_unavailable(run->x);
    return err == VB_OK ? VB_YES : vb__graph_request_error(run);
}

/* What is wrong with a request may be said with 200 as well: then there is
 * nothing to execute any more. */
static enum vb_answer prepare_and_execute(struct vb__graph_run *run)
{
    enum vb_answer answer = prepare(run);

    if (answer != VB_YES || run->execution == NULL)
        return answer;
    return vb_gql_execution_kind(run->execution) == VB_GQL_SUBSCRIPTION
               ? vb__graph_subscribe(run)
               : vb__graph_execute(run);
}

/* --- the questions ---------------------------------------------------------
 */

/* Who may read what is for each field to find out, and who may change what for
 * each change. */
static enum vb_answer permitted(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

static enum vb_answer parsed(struct vb_exchange *x)
{
    struct vb__graph_run *run = run_new(x);

    return run != NULL && vb__graph_ask_content(run) ? VB_YES : VB_HALT;
}

static enum vb_answer exists(struct vb_exchange *x)
{
    struct vb__graph_run *run = x->state;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    if (!vb_method_is_safe(x->head.method))
        return VB_YES;
    if (run == NULL) {
        run = run_new(x);
        if (run == NULL || !vb__graph_ask_query(run))
            return VB_HALT;
    }
    return prepare_and_execute(run);
}

static enum vb_answer commit(struct vb_exchange *x)
{
    return prepare_and_execute(x->state);
}

/* --- the resource ----------------------------------------------------------
 */

static const struct vb_slot get_slot = {.content_ignored = true};
static const struct vb_slot query_slot = {.parsed = parsed};
static const struct vb_slot post_slot = {.parsed = parsed, .commit = commit};

/* What is said of who asks is looked at; and asked for, where the description
 * says so. */
static void put_guard(struct vb_graph *graph, struct vb_resource *resource,
                      const struct vb_access *access)
{
    const struct vb_route *route = access->description->graph;

    resource->permitted = permitted;
    if (route == NULL && access->description->scheme_count == 0)
        return;
    vb_guard_introduce(&graph->guard, access,
                       WITH_CONTENT | VB_METHOD_BIT(VB_METHOD_GET) |
                           VB_METHOD_BIT(VB_METHOD_HEAD),
                       route, resource);
}

static bool is_declared(const struct vb_route *route, enum vb_method method)
{
    const struct vb_operation *operation = route->by_method[method];

    return (operation != NULL && operation->served) ||
           (method == VB_METHOD_QUERY && vb_query_comes_with_get(route));
}

/* What the description says of it, where it does. */
static void describe(struct vb_resource *resource, const struct vb_route *route)
{
    resource->cors = route->cors;
    for (unsigned m = 0; m < VB_METHOD_COUNT; m++)
        if (!is_declared(route, (enum vb_method)m))
            resource->slots[m] = NULL;
}

static enum vb_err make_resource(struct vb_graph *graph,
                                 const struct vb_access *access)
{
    struct vb_resource *resource = &graph->resource;

    *resource = (struct vb_resource){
        .kind = "graphql",
        .slots = {[VB_METHOD_GET] = &get_slot,
                  [VB_METHOD_QUERY] = &query_slot,
                  [VB_METHOD_POST] = &post_slot},
        .offers = offers,
        .offer_count = sizeof(offers) / sizeof(offers[0]),
        .takes = takes,
        .take_count = sizeof(takes) / sizeof(takes[0]),
        .max_content = CONTENT_MOST,
        .exists = exists,
        .data = graph,
    };
    if (access->description->graph != NULL)
        describe(resource, access->description->graph);
    put_guard(graph, resource, access);
    return vb_resource_seal(resource);
}

static enum vb_err make_probe(struct vb_graph *graph,
                              const struct vb_access *access)
{
    struct vb_resource *probe = &graph->probe;

    *probe = (struct vb_resource){
        .kind = "graphql",
        .slots = {[VB_METHOD_GET] = &get_slot},
        .data = graph,
    };
    put_guard(graph, probe, access);
    return vb_resource_seal(probe);
}

const struct vb_resource *vb__graph_probe(const struct vb_graph *graph)
{
    return &graph->probe;
}

enum vb_err vb_graph_new(const struct vb_description *description,
                         const struct vb_access *access,
                         const struct vb_gql_limits *limits,
                         struct vb_graph **ret_graph)
{
    struct vb_graph *graph = calloc(1, sizeof(*graph));
    enum vb_err err;

    if (graph == NULL)
        return VB_ERR_NOMEM;
    graph->limits = *limits;
    vb_graph_documents_init(&graph->documents);
    err = vb_gql_derive(description, &graph->schema);
    if (err == VB_OK)
        err = make_resource(graph, access);
    if (err == VB_OK)
        err = make_probe(graph, access);
    if (err == VB_OK)
        *ret_graph = graph;
    else
        vb_graph_free(graph);
    return err;
}

void vb_graph_free(struct vb_graph *graph)
{
    if (graph == NULL)
        return;
    vb_resource_done(&graph->resource);
    vb_resource_done(&graph->probe);
    vb_gql_schema_free(graph->schema);
    vb_graph_documents_done(&graph->documents);
    free(graph);
}

const struct vb_resource *vb_graph_resource(const struct vb_graph *graph)
{
    return &graph->resource;
}
