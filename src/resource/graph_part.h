/*
 * The parts of the GraphQL endpoint:
 *
 *     GET, QUERY, POST ─▶ asked ─▶ document ─▶ run ─▶ response
 *              graph_ask.c   graph_document.c  │       graph_reply.c
 *                                              │ calls
 *              the store  ◀── graph_node.c ◀───┤ states by key
 *                         ◀── graph_page.h ◀───┘ listings
 *
 *     subscription ─▶ stream ─▶ event ─▶ run ─▶ `next`
 *          graph_subscribe.c       graph_stream.h
 *
 * A call (graphql/resolve.h) is one field of the document, asked of all objects
 * of its level; each that needs the store makes one request to it.
 */
#ifndef VB_RESOURCE_GRAPH_PART_H
#define VB_RESOURCE_GRAPH_PART_H

#include "flow/inner.h"
#include "graphql/derive.h"
#include "graphql/execute.h"
#include "resource/cursor.h"
#include "resource/graph.h"
#include "resource/graph_document.h"
#include "resource/selection.h"
#include "resource/stored.h"

/* An object of a resource's type: its state, as GET shows it. */
struct vb__graph_node {
    struct vb__graph_node *next; /* of those of its run */
    const struct vb_route *route;
    struct vb_span key;
    struct vb_record *record; /* a reference; NULL: a reply has shown it, */
    struct vb_span etag;      /* of this tag, or "" */
    struct vb_json *shown;
};

/* What a client asks for (GraphQL over HTTP, section 5). */
struct vb__graph_asked {
    struct vb_span query, operation; /* ptr NULL: not given */
    yyjson_val *variables;           /* an object; NULL: none */
    struct vb_span hash;             /* of a persisted query, in hexadecimal */
};

/* One request: x->state. */
struct vb__graph_run {
    struct vb_exchange *x;
    struct vb_graph *graph;
    struct vb_arena arena;   /* what the execution makes */
    struct vb_json *json[2]; /* what came, and what was in it */
    struct vb__graph_asked asked;
    struct vb_graph_document *document; /* a reference */
    struct vb_gql_errors errors;
    struct vb_gql_execution *execution;
    struct vb__graph_node *nodes;
    struct vb__graph_listing *listings;
    uint64_t held;          /* bytes of the states that were read */
    unsigned waiting;       /* requests that are under way */
    bool called_off;        /* nobody wants the answer any more */
    struct vb_inner *inner; /* of a mutation under way; NULL: none */
    bool refused;           /* the reply is prepared: x->reply.status */
    /* It is executed; NULL: then the flow goes on. */
    void (*settled)(struct vb__graph_run *run);
    void *context; /* of whom that tells */
};

/* --- graph.c ------------------------------------------------------------- */

/* The run of an exchange, its x->state from here on; NULL: no memory. */
struct vb__graph_run *vb__graph_run_new(struct vb_exchange *x);

/* Where it is looked at who asks, and nothing else. */
const struct vb_resource *vb__graph_probe(const struct vb_graph *graph);

/* What is to be executed; `root` as in vb_gql_request. */
struct vb_gql_request vb__graph_request(const struct vb__graph_run *run,
                                        const void *root);

/* --- graph_ask.c --------------------------------------------------------- */

/* Takes what is asked for from the query, or the content. False: a reply is
 * prepared, 400 or another status. */
bool vb__graph_ask_query(struct vb__graph_run *run);
bool vb__graph_ask_content(struct vb__graph_run *run);

/* --- graph_reply.c ------------------------------------------------------- */

/* Is it answered with events? */
static inline bool vb__graph_is_stream(const struct vb_exchange *x)
{
    return x->offer >= 0 && x->resource->offers[x->offer].is_stream;
}

/* Appends an event that brings a response (graphql-sse, "next"). */
void vb__graph_next_write(struct vb_buf *buf, struct vb_span response);

/* Prepares the reply of a request that is none (section 6.4): errors only. The
 * answer HALT. */
enum vb_answer vb__graph_refuse(struct vb__graph_run *run, unsigned status);

/* Adds an error, of this code ("BAD_REQUEST"), about no place in a document. */
void vb__graph_tell(struct vb__graph_run *run, const char *code,
                    const char *message);

/* Refuses with this error. */
enum vb_answer vb__graph_fail(struct vb__graph_run *run, unsigned status,
                              const char *code, const char *message);

/* A request that is well-formed, and cannot be executed: `errors` says why. */
enum vb_answer vb__graph_request_error(struct vb__graph_run *run);

/* The response of what was executed. The answer YES or HALT. */
enum vb_answer vb__graph_respond(struct vb__graph_run *run);

/* --- graph_run.c --------------------------------------------------------- */

/* Executes what is asked. YES with x->current; PENDING, HALT. */
enum vb_answer vb__graph_execute(struct vb__graph_run *run);

/* Answers calls of the run's execution. False: not all of them at once;
 * `settled` is called when they are. */
bool vb__graph_run_on(struct vb__graph_run *run);

/* A request of the store's that is under way is over, in whose `done` this is:
 * the last thing to do there. */
void vb__graph_go_on(struct vb__graph_run *run);

/* An error in the place of a value. `code` is static. */
struct vb_gql_result vb__graph_error(struct vb__graph_run *run,
                                     const char *code, struct vb_span message);

/* Nobody may see it: an error, or null where nobody may know that it is there.
 */
struct vb_gql_result vb__graph_denied(struct vb__graph_run *run,
                                      const struct vb_route *route);

/* What a failure of the store is to a client. */
struct vb_gql_result vb__graph_failed(struct vb__graph_run *run,
                                      enum vb_err err);

/* All results of a call. */
void vb__graph_all(const struct vb_gql_call *call, struct vb_gql_result result);

/* The values of the variables of a route's path, which a call's first arguments
 * are; in the run's arena. NULL: no memory. */
const struct vb_span *vb__graph_variables(struct vb__graph_run *run,
                                          const struct vb_gql_call *call,
                                          const struct vb_route *route);

/* --- graph_node.c -------------------------------------------------------- */

/* The node of a record, whose reference it takes over, and which may be shown.
 * NULL: it is no JSON, or memory is short. */
struct vb__graph_node *vb__graph_node_new(struct vb__graph_run *run,
                                          const struct vb_route *route,
                                          struct vb_record *record);

/* The node of what a reply has shown, which it takes over, and said of its tag.
 * NULL: memory is short. */
struct vb__graph_node *vb__graph_node_shown(struct vb__graph_run *run,
                                            const struct vb_route *route,
                                            struct vb_span key,
                                            struct vb_span etag,
                                            struct vb_json *shown);

/* A node as a value of that shape; NULL is null. */
struct vb_gql_result vb__graph_show(struct vb__graph_run *run,
                                    const struct vb_gql_shape *shape,
                                    const struct vb__graph_node *node);

/* The entity tags of objects that are states. */
void vb__graph_etag(struct vb__graph_run *run, struct vb_gql_call *call);

/* Members of the JSON that the objects are, or have. */
void vb__graph_member(struct vb__graph_run *run, struct vb_gql_call *call);

/* The key that a call's first arguments, which are the variables of the route's
 * path, lead to; "": none can be there. */
struct vb_span vb__graph_key(struct vb__graph_run *run,
                             const struct vb_gql_call *call,
                             const struct vb_route *route);

/* The state of a resource, or what properties of the objects refer to. False:
 * the store has not answered yet. */
bool vb__graph_document(struct vb__graph_run *run, struct vb_gql_call *call);
bool vb__graph_reference(struct vb__graph_run *run, struct vb_gql_call *call);

void vb__graph_nodes_free(struct vb__graph_run *run);

/* What a field of the schema calls the last variable of a key's path. */
struct vb_span vb__graph_id(struct vb__graph_run *run, struct vb_span key);

/* --- graph_mutation.c ---------------------------------------------------- */

/* A field that changes something. False: that is under way. */
bool vb__graph_mutate(struct vb__graph_run *run, struct vb_gql_call *call);

/* --- graph_subscribe.c, graph_event.c ------------------------------------- */

/* Makes the stream of what the one call of a subscription listens to, which is
 * the reply. YES or HALT. */
enum vb_answer vb__graph_subscribe(struct vb__graph_run *run);

/* The event, as what is listened to; and its parts. */
void vb__graph_event(struct vb__graph_run *run, struct vb_gql_call *call);
void vb__graph_event_part(struct vb__graph_run *run, struct vb_gql_call *call,
                          enum vb_gql_source_kind kind);

/* --- graph_listing.c, graph_page.c ---------------------------------------- */

/* Pages of listings. False: the store has not answered yet. */
bool vb__graph_listing(struct vb__graph_run *run, struct vb_gql_call *call);

/* How many there are behind pages; likewise. */
bool vb__graph_total(struct vb__graph_run *run, struct vb_gql_call *call);

/* Another part of pages, or of their edges. */
void vb__graph_part(struct vb__graph_run *run, struct vb_gql_call *call,
                    enum vb_gql_source_kind kind);

void vb__graph_listings_free(struct vb__graph_run *run);

#endif
