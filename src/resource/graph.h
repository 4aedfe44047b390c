/*
 * The GraphQL endpoint: all that a description serves can be asked for in one
 * request, changed, and listened to (GraphQL, October 2021; GraphQL over HTTP,
 * draft of 2025; graphql-sse's protocol, distinct connections).
 *
 *     POST /graphql   {"query": "{book(id: 7){title author{name}}}"}
 *     GET  /graphql?query=...          queries only
 *     QUERY /graphql                   likewise, as POST's content
 *     Accept: text/event-stream        as events; subscriptions only so
 *
 * What may be seen, and how it looks, is what GET says of each resource by
 * itself: the same rules are asked, and the same code shows it.
 */
#ifndef VB_RESOURCE_GRAPH_H
#define VB_RESOURCE_GRAPH_H

#include "access/access.h"
#include "graphql/parse.h"

struct vb_graph;

/*
 * Makes the endpoint of a description, with what that says of it if it has a
 * path of this archetype; both must live as long.
 * VB_ERR_NOTFOUND: nothing of it can be asked for. VB_ERR_NOMEM.
 */
enum vb_err vb_graph_new(const struct vb_description *description,
                         const struct vb_access *access,
                         const struct vb_gql_limits *limits,
                         struct vb_graph **ret_graph);

/* NULL is fine. */
void vb_graph_free(struct vb_graph *graph);

const struct vb_resource *vb_graph_resource(const struct vb_graph *graph);

#endif
