/*
 * What a worker serves: mounted handlers, then a catalog that may be replaced
 * while exchanges with the former one are still under way.
 */
#ifndef VB_SERVER_SITE_H
#define VB_SERVER_SITE_H

#include "access/users.h"
#include "flow/resource.h"
#include "resource/catalog.h"
#include "resource/handler.h"
#include "server/traces.h"

/* A handler and its path. */
struct vb_mount {
    struct vb_span path; /* normalised */
    struct vb_mounted mounted;
};

/* A site of one worker. */
struct vb_worker_site {
    struct vb_site site;
    const struct vb_mount *mounts; /* the server's */
    size_t mount_count;
    const struct vb_traces *traces; /* the server's; NULL: none */
    struct vb_catalog *catalog;     /* a reference; NULL: none */
    struct vb_admitting admitting;  /* to its proxy */
    unsigned active;                /* exchanges that began with it */
    bool retired;                   /* freed with the last of them */
};

/* What a site is made of. */
struct vb_site_parts {
    const struct vb_mount *mounts; /* borrowed */
    size_t mount_count;
    const struct vb_traces *traces; /* borrowed; NULL: none */
    struct vb_catalog *catalog;   /* its reference is taken over; NULL: none */
    struct vb_users *users;       /* likewise: of the proxy */
    const struct vb_trust *trust; /* borrowed; NULL: see struct vb_site */
    bool trace;
    unsigned https_port;
    struct vb_span hsts;             /* borrowed */
    const struct vb_resource *proxy; /* borrowed; NULL: see struct vb_site */
    const struct vb_alternative *alternatives; /* borrowed */
    size_t alternative_count;
};

/* NULL when out of memory: the references are given back. */
struct vb_worker_site *vb_worker_site_new(const struct vb_site_parts *parts);

/* An exchange begins, ends. */
void vb_worker_site_enter(struct vb_worker_site *site);
void vb_worker_site_leave(struct vb_worker_site *site);

/* The worker has no use for it any more. NULL is fine. */
void vb_worker_site_retire(struct vb_worker_site *site);

#endif
