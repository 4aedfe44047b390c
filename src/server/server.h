/*
 * The composition root: a server out of all rooms. The public API
 * (include/verbatim/server.h) and the command line both put one together.
 */
#ifndef VB_SERVER_SERVER_H
#define VB_SERVER_SERVER_H

#include <verbatim/server.h>

#include "access/login.h"
#include "base/buf.h"
#include "exchange/exchange.h"
#include "flow/rate.h"
#include "loop/loop.h"
#include "observe/access_log.h"
#include "resource/jobs.h"
#include "server/admin.h"
#include "server/gateways.h"
#include "server/proxying.h"
#include "server/site.h"
#include "storage/cache.h"
#include "storage/store.h"
#include "tls/credentials.h"

/* The settings of a server, with the defaults of vb_server_new. */
struct vb_server {
    struct vb_limits limits;
    struct vb_address *addresses;
    size_t address_count;
    struct vb_tls_files *certificates; /* owned, with their texts */
    size_t certificate_count;
    struct vb_tls_clients clients; /* whom it asks for one; owned texts */
    char *self_signed;             /* where to keep one more; NULL: none */
    bool redirect_to_https;        /* what comes without TLS is sent there */
    char hsts[64];                 /* Strict-Transport-Security; "": none */
    bool http3;                    /* where TLS is spoken, over UDP too */
    unsigned workers;              /* 0: one for each core */
    uint32_t max_connections;      /* over all workers */
    uint32_t max_programs;         /* likewise, that run at once */
    uint32_t grace_ms;
    struct vb_jobs_options job_options;
    struct vb_password_cost password_cost;
    uint32_t max_pending;      /* exchanges of one worker; beyond: 503 */
    uint32_t max_streams;      /* of what happens, of one worker; likewise */
    uint64_t history;          /* bytes of what has happened that are kept */
    struct vb_rate rate;       /* count 0: none */
    size_t cache_size;         /* bytes for each worker; 0: no cache */
    uint32_t cache_max_age_ms; /* where others write as well; 0: none */
    struct vb_trust trust;     /* its texts are owned */
    bool trace;
    bool explain; /* tell clients on this machine why, if they ask */
    struct vb_mount *mounts;
    size_t mount_count;
    bool described; /* serves resources with a store */
    char *file;     /* the description; NULL: the open tree, */
    char *files;    /* or this directory's files, from "/" on; NULL: none */
    struct vb_gateways gateways; /* or what another server has, likewise */
    struct vb_proxying proxying;
    const struct vb_span *proxy_texts; /* owned: what its settings borrow */
    size_t proxy_text_count;
    char *publish; /* where it is to be found; NULL: nowhere */
    char *batch;   /* where many requests are taken in one; NULL: nowhere */
    char *graphql; /* where GraphQL is spoken; NULL: nowhere */
    struct vb_gql_limits graphql_limits;
    char *store_url;
    bool rehearses; /* requests are not served: no plugin is loaded */
    const struct vb_inherited *inherited; /* of the service manager */
    size_t inherited_count;
    struct vb_access_log *log; /* borrowed; NULL: none */
    bool administered;         /* at a place of its own, */
    struct vb_address admin_at;
    char *admin_token; /* with this file's token; NULL: without */

    /* While it runs. */
    struct vb_catalog *catalog;
    struct vb_traces *traces; /* NULL: none is told why */
    struct vb_store *store;
    struct vb_users *users;   /* of the proxy; NULL: nobody is asked */
    struct vb_logins *logins; /* NULL: nothing is described */
    struct vb_jobs *jobs;     /* NULL: nothing is described */
    struct vb_tls *tls;       /* NULL: no address speaks it */
    struct vb_alternative *alternatives; /* owned: HTTP/3, by port */
    size_t alternative_count;
    struct vb_loop *loop;
    struct vb_admin *admin; /* NULL: nothing is administered */
    void (*listening)(struct vb_server *server); /* or NULL */
    struct vb_loop_hooks hooks;
    enum vb_err err;   /* the first thing that went wrong, */
    struct vb_buf why; /* in words, */
    char line[4096];   /* and for vb_server_error */
};

/* What the server room keeps for each worker: vb_worker.user. */
struct vb_server_worker {
    struct vb_service service; /* env.service */
    struct vb_server *server;
    struct vb_worker *worker;
    struct vb_worker_site *site; /* the current one */
    struct vb_store_client *client;
    struct vb_access_writer *log; /* NULL: none */
    unsigned active;              /* exchanges under way */
    bool renewed;                 /* the site is not the first one */
};

/* Keeps the first thing that goes wrong; its line is in server->why. */
void vb__server_note(struct vb_server *server, enum vb_err err);

/* Is it a path that vb_server_publish takes, and those like it? */
bool vb__publish_valid(struct vb_span path);

/* The hooks that make workers serve (worker.c); context is the server. */
extern const struct vb_loop_hooks vb_server_hooks;

/* reload.c: the hook that reads everything anew. */
void vb__server_reload(void *context, struct vb_loop *loop);

/* worker.c: what begins from now on has these, of which it takes references;
 * they may be NULL. On the worker's thread. */
void vb__worker_renew(struct vb_server_worker *own, struct vb_catalog *catalog,
                      struct vb_users *users);

/*
 * Reads the server's description and builds its catalog. On failure ret_why
 * gets a line for each error, with file, line and pointer.
 */
enum vb_err vb_server_load(struct vb_server *server,
                           struct vb_catalog **ret_catalog,
                           struct vb_buf *ret_why);

#endif
