/*
 * The catalog: all resources of a description, found by their URI.
 *
 *     /books/7/cover ─▶ normalise ─▶ books ─▶ {id} ─▶ cover ─▶ resource
 *                                      └ literals before variables
 *
 * Built once, then read-only and shared by all workers.
 */
#ifndef VB_RESOURCE_CATALOG_H
#define VB_RESOURCE_CATALOG_H

#include "describe/describe.h"
#include "flow/resource.h"
#include "graphql/parse.h"

struct vb_catalog;
struct vb_gateway_setup;
struct vb_store;

/*
 * Builds all resources. Takes a reference on the description; NULL describes
 * nothing. `publish`: where the description itself is to be found, a normal
 * path, or "" for nowhere. VB_ERR_NOMEM.
 */
enum vb_err vb_catalog_new(const struct vb_description *description,
                           struct vb_span publish,
                           struct vb_catalog **ret_catalog);

/* The catalog of no description: an open tree, where every URI may become a
 * document and every document's URI a listing (tree.c). */
enum vb_err vb_catalog_new_tree(struct vb_catalog **ret_catalog);

/* What no described resource owns is a file of this directory (files.h), from
 * "/" on. Before the catalog is shared. VB_ERR_NOMEM. */
enum vb_err vb_catalog_serve_files(struct vb_catalog *catalog,
                                   const char *directory);

/* The same, but another server answers for it. `gateway` is borrowed for the
 * catalog's life. */
enum vb_err vb_catalog_serve_gateway(struct vb_catalog *catalog,
                                     const struct vb_gateway *gateway);

/* Opens its gateways (gateway.h): once, before the catalog is shared; what is
 * not open answers 503. VB_ERR_INVALID: some could not be, and an error is
 * noted for each; VB_ERR_NOMEM. */
enum vb_err vb_catalog_open_gateways(struct vb_catalog *catalog,
                                     const struct vb_gateway_setup *setup,
                                     struct vb_notes *notes);

/* Several requests in one (batch.h) are taken at this normal path, unless it is
 * described. Before the catalog is shared. VB_ERR_NOMEM. */
enum vb_err vb_catalog_serve_batch(struct vb_catalog *catalog,
                                   struct vb_span path);

/* The GraphQL endpoint (graph.h) is where the description says, or else at this
 * normal path ("": nowhere), unless that is described, or there is nothing to
 * ask for. `limits` NULL: the defaults. Before the catalog is shared.
 * VB_ERR_NOMEM. */
enum vb_err vb_catalog_serve_graph(struct vb_catalog *catalog,
                                   struct vb_span path,
                                   const struct vb_gql_limits *limits);

/* Loads the keys that verify tokens of others (access/access.h): once, before
 * it is used. What is wrong goes into `notes`. */
enum vb_err vb_catalog_load_keys(struct vb_catalog *catalog,
                                 struct vb_notes *notes);

/* Loads the plugins that the description names. Before the catalog is shared.
 * VB_ERR_INVALID: some could not be, and an error is noted for each;
 * VB_ERR_NOMEM. */
enum vb_err vb_catalog_load_plugins(struct vb_catalog *catalog,
                                    struct vb_notes *notes);

struct vb_catalog *vb_catalog_ref(struct vb_catalog *catalog);

/* NULL is fine. */
void vb_catalog_unref(struct vb_catalog *catalog);

/* Can some work be put off? */
bool vb_catalog_has_jobs(const struct vb_catalog *catalog);

/* The route of a path as the description has it; NULL: none. */
const struct vb_route *vb_catalog_route(const struct vb_catalog *catalog,
                                        struct vb_span path);

/* Which of its resources are accounts; NULL: none. Lives as long. */
const struct vb_accounts *vb_catalog_accounts(const struct vb_catalog *catalog);

/* Lets a store have the indexes that it asks for, and no others: see
 * vb_store_index. */
void vb_catalog_index(const struct vb_catalog *catalog, struct vb_store *store);

/* As the flow sees it; lives as long as the catalog. */
struct vb_site *vb_catalog_site(struct vb_catalog *catalog);

#endif
