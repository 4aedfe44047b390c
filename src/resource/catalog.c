/* Finding resources by their URI. See catalog.h. */
#include "resource/catalog.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/ref.h"
#include "http/path.h"
#include "resource/about.h"
#include "resource/batch.h"
#include "resource/gateway.h"
#include "resource/graph.h"
#include "resource/guarded.h"
#include "resource/import.h"
#include "resource/indexes.h"
#include "resource/jobs.h"
#include "resource/path_tree.h"
#include "resource/plugin.h"
#include "resource/tree.h"

struct vb_catalog {
    struct vb_site site;
    struct vb_ref ref;
    const struct vb_description *description; /* NULL: the open tree */
    struct vb_access *access;                 /* NULL likewise */
    struct vb_built *built;
    size_t built_count;
    struct vb_path_branch root;
    struct vb_route rest_route; /* of what is served besides: a directory, or */
    struct vb_built rest;       /* what another server has */
    struct vb_about about;
    struct vb_batch_at batch;
    struct vb_graph *graph; /* NULL: there is no such endpoint */
    char *graph_path;       /* where it is; owned */
    bool has_jobs;          /* then these are: */
    struct vb_built job, result;
};

/* --- finding
 * -----------------------------------------------------------------------------
 */

static void redirect(struct vb_exchange *x, bool slash)
{
    struct vb_span path = x->key;

    if (slash)
        path.len--;
    x->canonical = vb_arena_printf(
        &x->arena, "%.*s%s%s%.*s", VB_FMT(path), slash ? "" : "/",
        x->head.has_query ? "?" : "", VB_FMT(x->head.query));
}

/* "/jobs/ID" and "/jobs/ID/result". */
static bool route_job(const struct vb_catalog *catalog, struct vb_exchange *x)
{
    const struct vb_span base = VB_SPAN(VB_JOBS_BASE "/");
    struct vb_span id = vb_span_from(x->key, base.len), part;

    if (!vb_span_starts(x->key, base) || id.len < VB_SHORT_ID_LEN ||
        memchr(id.ptr, '/', VB_SHORT_ID_LEN) != NULL)
        return false;
    part = vb_span_from(id, VB_SHORT_ID_LEN);
    id = vb_span_head(id, VB_SHORT_ID_LEN);
    if (part.len > 0 && !vb_span_eq(part, VB_SPAN("/result")))
        return false;
    x->resource =
        part.len == 0 ? &catalog->job.resource : &catalog->result.resource;
    x->key = vb_job_key(&x->arena, id, part.len == 0 ? "" : "/result");
    return true;
}

/* What the server adds, where nothing is described. */
static const struct vb_resource *find_added(const struct vb_catalog *catalog,
                                            struct vb_span path)
{
    if (catalog->batch.path != NULL &&
        vb_span_eq(path, vb_span_str(catalog->batch.path)))
        return &catalog->batch.resource;
    if (catalog->graph_path != NULL &&
        vb_span_eq(path, vb_span_str(catalog->graph_path)))
        return vb_graph_resource(catalog->graph);
    return vb_about_find(&catalog->about, path);
}

static bool route(struct vb_site *site, struct vb_exchange *x)
{
    struct vb_catalog *catalog = VB_CONTAINER(site, struct vb_catalog, site);
    const struct vb_built *built;
    bool elsewhere;
    struct vb_path_cut cut;

    if (vb_path_normalise(&x->arena, x->head.path, &x->key) != VB_OK)
        return false;
    cut.more = !vb_path_cut(x, x->key, &cut);
    if (catalog->has_jobs && route_job(catalog, x))
        return true;
    built = vb_path_follow(x, &catalog->root, &cut, &elsewhere);
    if (cut.more && (built == NULL || built->gateway == NULL))
        return false;
    if (built == NULL || built == &catalog->rest) {
        bool root = cut.count == 0;

        x->resource = find_added(catalog, x->key);
        if (x->resource != NULL && !(root && built != NULL))
            return true;
        if (built == NULL)
            return false;
    }
    x->resource = built->instead != NULL ? built->instead : &built->resource;
    if (elsewhere && cut.count > 0)
        redirect(x, cut.slash);
    return true;
}

/* Where the open tree's two resources are. */
enum { TREE_NODE, TREE_ROOT };

static bool route_tree(struct vb_site *site, struct vb_exchange *x)
{
    struct vb_catalog *catalog = VB_CONTAINER(site, struct vb_catalog, site);
    struct vb_path_cut cut;

    if (vb_path_normalise(&x->arena, x->head.path, &x->key) != VB_OK ||
        !vb_path_cut(x, x->key, &cut))
        return false;
    x->resource =
        &catalog->built[cut.count == 0 ? TREE_ROOT : TREE_NODE].resource;
    if (cut.slash && cut.count > 0)
        redirect(x, true);
    return true;
}

/* --- life
 * ----------------------------------------------------------------------------------
 */

enum vb_err vb_catalog_new(const struct vb_description *description,
                           struct vb_span publish,
                           struct vb_catalog **ret_catalog)
{
    struct vb_catalog *catalog = calloc(1, sizeof(*catalog));
    enum vb_err err = VB_OK;
    size_t count = 0;

    if (catalog == NULL)
        return VB_ERR_NOMEM;
    vb_ref_init(&catalog->ref);
    catalog->site = (struct vb_site){.route = route};
    if (description != NULL) {
        catalog->description = vb_description_ref(description);
        count = description->route_count;
    }
    catalog->built = calloc(count + 1, sizeof(*catalog->built));
    if (catalog->built == NULL)
        err = VB_ERR_NOMEM;
    if (err == VB_OK && description != NULL)
        err = vb_access_new(description, &catalog->access);
    if (err == VB_OK && description != NULL)
        catalog->site.secrets = &catalog->access->secrets;
    for (size_t i = 0; err == VB_OK && i < count; i++) {
        err = vb_build(description->routes[i], &catalog->built[i]);
        if (err == VB_OK) {
            vb_guard_put(&catalog->built[i].guard, catalog->access,
                         description->routes[i], &vb_guarded_look,
                         &catalog->built[i].resource);
            vb_import_put(&catalog->built[i]);
            catalog->site.forwards |= catalog->built[i].gateway != NULL;
            catalog->built_count++;
            if (description->foreign != NULL)
                vb_gateway_join(&catalog->built[i], &catalog->built[0]);
            err = vb_path_plant(&catalog->root, &catalog->built[i]);
        }
    }
    if (err == VB_OK && description != NULL && description->foreign == NULL)
        err = vb_about_init(&catalog->about, description, publish,
                            catalog->built, catalog->built_count);
    catalog->site.service_desc = vb_buf_span(&catalog->about.link);
    catalog->site.cors = description != NULL ? description->cors : NULL;
    catalog->has_jobs = description != NULL && description->has_jobs;
    if (err == VB_OK && catalog->has_jobs)
        err = vb_job_build(catalog->access, &catalog->job, &catalog->result);
    if (err == VB_OK)
        *ret_catalog = catalog;
    else
        vb_catalog_unref(catalog);
    return err;
}

enum vb_err vb_catalog_new_tree(struct vb_catalog **ret_catalog)
{
    struct vb_catalog *catalog = calloc(1, sizeof(*catalog));
    enum vb_err err = VB_ERR_NOMEM;

    if (catalog == NULL)
        return VB_ERR_NOMEM;
    vb_ref_init(&catalog->ref);
    catalog->site = (struct vb_site){.route = route_tree};
    catalog->built = calloc(2, sizeof(*catalog->built));
    if (catalog->built != NULL) {
        catalog->built_count = 2;
        err = vb_tree_build(&catalog->built[TREE_NODE],
                            &catalog->built[TREE_ROOT]);
    }
    if (err == VB_OK)
        *ret_catalog = catalog;
    else
        vb_catalog_unref(catalog);
    return err;
}

/* What the route says owns all that nothing else does. */
static enum vb_err serve_rest(struct vb_catalog *catalog,
                              const struct vb_route *route)
{
    enum vb_err err;

    catalog->rest_route = *route;
    err = vb_build(&catalog->rest_route, &catalog->rest);
    return err == VB_OK ? vb_path_plant(&catalog->root, &catalog->rest) : err;
}

enum vb_err vb_catalog_serve_files(struct vb_catalog *catalog,
                                   const char *directory)
{
    const struct vb_route files = {
        .path = VB_SPAN_INIT("/"),
        .template.trailing_slash = true,
        .archetype = VB_ARCHETYPE_FILES,
        .served = true,
        .from = strdup(directory),
    };

    return files.from == NULL ? VB_ERR_NOMEM : serve_rest(catalog, &files);
}

enum vb_err vb_catalog_serve_gateway(struct vb_catalog *catalog,
                                     const struct vb_gateway *gateway)
{
    const struct vb_route route = {
        .path = VB_SPAN_INIT("/"),
        .template.trailing_slash = true,
        .archetype = VB_ARCHETYPE_GATEWAY,
        .served = true,
        .gateway = gateway,
    };

    enum vb_err err;

    catalog->site.forwards = true;
    err = serve_rest(catalog, &route);
    if (err == VB_OK && catalog->built_count > 0 &&
        catalog->built[0].route->foreign)
        vb_gateway_join(&catalog->rest, &catalog->built[0]);
    return err;
}

enum vb_err vb_catalog_open_gateways(struct vb_catalog *catalog,
                                     const struct vb_gateway_setup *setup,
                                     struct vb_notes *notes)
{
    enum vb_err err = VB_OK;

    for (size_t i = 0; err != VB_ERR_NOMEM && i <= catalog->built_count; i++) {
        struct vb_built *built =
            i < catalog->built_count ? &catalog->built[i] : &catalog->rest;
        enum vb_err failed = VB_OK;

        if (built->route != NULL)
            failed = vb_gateway_open(built, setup, notes);
        if (failed != VB_OK)
            err = failed;
    }
    return err;
}

enum vb_err vb_catalog_serve_batch(struct vb_catalog *catalog,
                                   struct vb_span path)
{
    if (catalog->access == NULL)
        return VB_OK;
    return vb_batch_build(catalog->access, path, &catalog->batch);
}

enum vb_err vb_catalog_serve_graph(struct vb_catalog *catalog,
                                   struct vb_span path,
                                   const struct vb_gql_limits *limits)
{
    const struct vb_description *description = catalog->description;
    enum vb_err err;

    if (description == NULL || (path.len == 0 && description->graph == NULL))
        return VB_OK;
    err = vb_graph_new(description, catalog->access,
                       limits != NULL ? limits : &vb_gql_limits_default,
                       &catalog->graph);
    if (err != VB_OK)
        return err == VB_ERR_NOTFOUND ? VB_OK : err;
    for (size_t i = 0; i < catalog->built_count; i++)
        if (catalog->built[i].route == description->graph)
            catalog->built[i].instead = vb_graph_resource(catalog->graph);
    if (description->graph != NULL)
        return VB_OK;
    catalog->graph_path = strndup(path.ptr, path.len);
    return catalog->graph_path == NULL ? VB_ERR_NOMEM : VB_OK;
}

enum vb_err vb_catalog_load_keys(struct vb_catalog *catalog,
                                 struct vb_notes *notes)
{
    return catalog->access == NULL ? VB_OK
                                   : vb_access_load(catalog->access, notes);
}

static bool has_plugin(const struct vb_route *route)
{
    return route->served && route->action != NULL &&
           route->action->plugin != NULL;
}

enum vb_err vb_catalog_load_plugins(struct vb_catalog *catalog,
                                    struct vb_notes *notes)
{
    enum vb_err err = VB_OK;

    for (size_t i = 0; err != VB_ERR_NOMEM && i < catalog->built_count; i++) {
        struct vb_built *built = &catalog->built[i];
        enum vb_err failed = VB_OK;

        if (has_plugin(built->route))
            failed = vb_plugged_load(built->route, notes, &built->plugged);
        if (failed != VB_OK)
            err = failed;
    }
    return err;
}

struct vb_catalog *vb_catalog_ref(struct vb_catalog *catalog)
{
    vb_ref_get(&catalog->ref);
    return catalog;
}

void vb_catalog_unref(struct vb_catalog *catalog)
{
    if (catalog == NULL || !vb_ref_put(&catalog->ref))
        return;
    vb_path_fell(&catalog->root);
    for (size_t i = 0; i < catalog->built_count; i++)
        vb_build_done(&catalog->built[i]);
    free(catalog->built);
    vb_build_done(&catalog->rest);
    free((char *)catalog->rest_route.from);
    vb_about_done(&catalog->about);
    vb_batch_unbuild(&catalog->batch);
    vb_graph_free(catalog->graph);
    free(catalog->graph_path);
    vb_resource_done(&catalog->job.resource);
    vb_resource_done(&catalog->result.resource);
    vb_access_free(catalog->access);
    vb_description_unref(catalog->description);
    free(catalog);
}

bool vb_catalog_has_jobs(const struct vb_catalog *catalog)
{
    return catalog->has_jobs;
}

const struct vb_accounts *vb_catalog_accounts(const struct vb_catalog *catalog)
{
    return catalog->description == NULL ? NULL : catalog->description->accounts;
}

void vb_catalog_index(const struct vb_catalog *catalog, struct vb_store *store)
{
    vb_indexes_declare(store, catalog->description);
}

const struct vb_route *vb_catalog_route(const struct vb_catalog *catalog,
                                        struct vb_span path)
{
    for (size_t i = 0; i < catalog->built_count; i++)
        if (vb_span_eq(catalog->built[i].route->path, path))
            return catalog->built[i].route;
    return NULL;
}

struct vb_site *vb_catalog_site(struct vb_catalog *catalog)
{
    return &catalog->site;
}
