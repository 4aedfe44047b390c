/* Finding resources by their URI. See catalog.h. */
#include "resource/catalog.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/ref.h"
#include "http/path.h"
#include "http/percent.h"
#include "resource/about.h"
#include "resource/batch.h"
#include "resource/gateway.h"
#include "resource/graph.h"
#include "resource/guarded.h"
#include "resource/import.h"
#include "resource/indexes.h"
#include "resource/jobs.h"
#include "resource/plugin.h"
#include "resource/tree.h"

/* Segments of a path that can have a resource. */
#define MAX_SEGMENTS 32

/* A segment that begins a path: what may follow, and what ends here. */
struct branch {
    struct vb_span literal;   /* of a literal segment, as in a normal URI */
    struct branch **literals; /* what follows, sorted */
    size_t literal_count;
    struct branch *variable;      /* or whatever it is */
    const struct vb_built *end;   /* the resource without, and */
    const struct vb_built *slash; /* with a slash at the end; or NULL */
    const struct vb_built *below; /* what owns all that nobody else does from
                                     here on; or NULL */
};

struct vb_catalog {
    struct vb_site site;
    struct vb_ref ref;
    const struct vb_description *description; /* NULL: the open tree */
    struct vb_access *access;                 /* NULL likewise */
    struct vb_built *built;
    size_t built_count;
    struct branch root;
    struct vb_route rest_route; /* of what is served besides: a directory, or */
    struct vb_built rest;       /* what another server has */
    struct vb_about about;
    struct vb_batch_at batch;
    struct vb_graph *graph; /* NULL: there is no such endpoint */
    char *graph_path;       /* where it is; owned */
    bool has_jobs;          /* then these are: */
    struct vb_built job, result;
};

/* --- building
 * ------------------------------------------------------------------------ */

/* The place of the first literal that is not before this one. */
static size_t place_of(const struct branch *branch, struct vb_span literal)
{
    size_t from = 0, to = branch->literal_count;

    while (from < to) {
        size_t middle = (from + to) / 2;

        if (vb_span_cmp(branch->literals[middle]->literal, literal) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct branch *find_literal(const struct branch *branch,
                                   struct vb_span literal)
{
    size_t place;

    if (branch->literals == NULL)
        return NULL;
    place = place_of(branch, literal);
    if (place == branch->literal_count ||
        !vb_span_eq(branch->literals[place]->literal, literal))
        return NULL;
    return branch->literals[place];
}

static struct branch *grow_literal(struct branch *branch,
                                   struct vb_span literal)
{
    struct branch *child = find_literal(branch, literal);
    size_t place = place_of(branch, literal);
    struct branch **literals;

    if (child != NULL)
        return child;
    literals = realloc(branch->literals,
                       (branch->literal_count + 1) * sizeof(struct branch *));
    if (literals == NULL)
        return NULL;
    branch->literals = literals;
    child = calloc(1, sizeof(*child));
    if (child == NULL)
        return NULL;
    child->literal = literal;
    memmove(&literals[place + 1], &literals[place],
            (branch->literal_count - place) * sizeof(struct branch *));
    literals[place] = child;
    branch->literal_count++;
    return child;
}

static enum vb_err plant(struct vb_catalog *catalog,
                         const struct vb_built *built)
{
    const struct vb_template *template = &built->route->template;
    struct branch *branch = &catalog->root;

    for (size_t i = 0; i < template->segment_count; i++) {
        const struct vb_segment *segment = &template->segments[i];

        if (segment->kind == VB_SEGMENT_LITERAL) {
            branch = grow_literal(branch, segment->text);
        } else {
            if (branch->variable == NULL)
                branch->variable = calloc(1, sizeof(*branch));
            branch = branch->variable;
        }
        if (branch == NULL)
            return VB_ERR_NOMEM;
    }
    if (vb_route_owns_below(built->route))
        branch->below = built;
    else if (template->trailing_slash)
        branch->slash = built;
    else
        branch->end = built;
    return VB_OK;
}

static void fell(struct branch *branch)
{
    for (size_t i = 0; i < branch->literal_count; i++) {
        fell(branch->literals[i]);
        free(branch->literals[i]);
    }
    if (branch->variable != NULL) {
        fell(branch->variable);
        free(branch->variable);
    }
    free(branch->literals);
}

/* --- finding
 * -----------------------------------------------------------------------------
 */

/* A normal path, cut into segments. */
struct cut {
    struct vb_span raw[MAX_SEGMENTS];      /* as they stand there, */
    struct vb_span segments[MAX_SEGMENTS]; /* and decoded */
    size_t count;
    bool slash; /* ends in one */
    bool more;  /* goes on in a way that nothing is described by */
};

/* False: it goes on in such a way. */
static bool cut_path(struct vb_exchange *x, struct vb_span path,
                     struct cut *cut)
{
    bool escaped = vb_span_find(path, '%', 0) >= 0; /* mostly not */
    struct vb_segments segments;
    struct vb_span segment;

    vb_segments_init(&segments, path);
    cut->count = 0;
    cut->slash = false;
    while (vb_segments_next(&segments, &segment)) {
        if (cut->slash) /* an empty segment within: "//" */
            return false;
        if (segment.len == 0) {
            cut->slash = true;
            continue;
        }
        if (cut->count == MAX_SEGMENTS)
            return false;
        cut->raw[cut->count] = segment;
        if (escaped && vb_percent_decode(&x->arena, segment, &segment) != VB_OK)
            return false;
        cut->segments[cut->count++] = segment;
    }
    return true;
}

/* Which resource the path leads to from here on; variables are collected on
 * the way back. Each branch is entered once at most, so time is bounded by the
 * description. `*ret_redirect`: it is known by the other form of slash. */
static const struct vb_built *follow(struct vb_exchange *x,
                                     const struct branch *branch,
                                     const struct cut *cut, size_t depth,
                                     uint8_t variables, bool *ret_redirect);

static const struct vb_built *follow_on(struct vb_exchange *x,
                                        const struct branch *branch,
                                        const struct cut *cut, size_t depth,
                                        uint8_t variables, bool *ret_redirect)
{
    const struct vb_built *found;
    const struct branch *next;

    if (depth == cut->count && cut->more)
        return NULL;
    if (depth == cut->count) {
        found = cut->slash ? branch->slash : branch->end;
        *ret_redirect = found == NULL;
        if (found == NULL)
            found = cut->slash ? branch->end : branch->slash;
        if (*ret_redirect && found != NULL && found->route->foreign)
            found = NULL; /* it is not for us to say that it is the same */
        if (found != NULL)
            x->variable_count = variables;
        return found;
    }
    next = find_literal(branch, cut->raw[depth]);
    found = next == NULL
                ? NULL
                : follow(x, next, cut, depth + 1, variables, ret_redirect);
    if (found != NULL || branch->variable == NULL ||
        variables == VB_VARIABLES_MAX)
        return found;
    found = follow(x, branch->variable, cut, depth + 1,
                   (uint8_t)(variables + 1), ret_redirect);
    if (found != NULL)
        x->variables[variables] = cut->segments[depth];
    return found;
}

/* The same, where nothing is described: whose the rest is. */
static const struct vb_built *follow(struct vb_exchange *x,
                                     const struct branch *branch,
                                     const struct cut *cut, size_t depth,
                                     uint8_t variables, bool *ret_redirect)
{
    const struct vb_built *found =
        follow_on(x, branch, cut, depth, variables, ret_redirect);

    if (found != NULL || branch->below == NULL)
        return found;
    x->variable_count = variables;
    *ret_redirect = false;
    return branch->below;
}

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
    struct cut cut;

    if (vb_path_normalise(&x->arena, x->head.path, &x->key) != VB_OK)
        return false;
    cut.more = !cut_path(x, x->key, &cut);
    if (catalog->has_jobs && route_job(catalog, x))
        return true;
    built = follow(x, &catalog->root, &cut, 0, 0, &elsewhere);
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
    struct cut cut;

    if (vb_path_normalise(&x->arena, x->head.path, &x->key) != VB_OK ||
        !cut_path(x, x->key, &cut))
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
            err = plant(catalog, &catalog->built[i]);
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
    return err == VB_OK ? plant(catalog, &catalog->rest) : err;
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
    fell(&catalog->root);
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
