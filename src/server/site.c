/* What a worker serves. See site.h. */
#include "server/site.h"

#include <stdlib.h>

#include "base/list.h"
#include "http/path.h"

/* The resource of the program's own that has this path, or NULL. */
static const struct vb_resource *find_own(const struct vb_worker_site *own,
                                          struct vb_span path)
{
    for (size_t i = 0; i < own->mount_count; i++)
        if (vb_span_eq(own->mounts[i].path, path))
            return &own->mounts[i].mounted.resource;
    return own->traces != NULL ? vb_traces_find(own->traces, path) : NULL;
}

static bool route(struct vb_site *site, struct vb_exchange *x)
{
    struct vb_worker_site *own =
        VB_CONTAINER(site, struct vb_worker_site, site);
    struct vb_site *next;

    if ((own->mount_count > 0 || own->traces != NULL) &&
        vb_path_normalise(&x->arena, x->head.path, &x->key) == VB_OK) {
        x->resource = find_own(own, x->key);
        if (x->resource != NULL)
            return true;
    }
    if (own->catalog == NULL)
        return false;
    next = vb_catalog_site(own->catalog);
    return next->route(next, x);
}

struct vb_worker_site *vb_worker_site_new(const struct vb_site_parts *parts)
{
    struct vb_worker_site *site = calloc(1, sizeof(*site));

    if (site == NULL) {
        vb_catalog_unref(parts->catalog);
        vb_users_unref(parts->users);
        return NULL;
    }
    site->site = (struct vb_site){
        .route = route,
        .trust = parts->trust,
        .trace = parts->trace,
        .https_port = parts->https_port,
        .proxy = parts->proxy,
        .forwards = parts->proxy != NULL,
        .hsts = parts->hsts,
        .alternatives = parts->alternatives,
        .alternative_count = parts->alternative_count,
    };
    if (parts->catalog != NULL) {
        const struct vb_site *described = vb_catalog_site(parts->catalog);

        site->site.service_desc = described->service_desc;
        site->site.cors = described->cors;
        site->site.secrets = described->secrets;
        site->site.forwards |= described->forwards;
    }
    site->mounts = parts->mounts;
    site->mount_count = parts->mount_count;
    site->traces = parts->traces;
    site->catalog = parts->catalog;
    vb_admitting_init(&site->admitting, parts->users);
    return site;
}

static void free_if_done(struct vb_worker_site *site)
{
    if (!site->retired || site->active > 0)
        return;
    vb_catalog_unref(site->catalog);
    vb_admitting_done(&site->admitting);
    free(site);
}

void vb_worker_site_enter(struct vb_worker_site *site)
{
    site->active++;
}

void vb_worker_site_leave(struct vb_worker_site *site)
{
    site->active--;
    free_if_done(site);
}

void vb_worker_site_retire(struct vb_worker_site *site)
{
    if (site == NULL)
        return;
    site->retired = true;
    free_if_done(site);
}
