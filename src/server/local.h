/*
 * One request without a server: the same wire, flow, resources and store as a
 * server's, on one thread, without a socket.
 *
 *     bytes ─▶ wire ─▶ flow ─▶ resources ─▶ store
 *     reply ◀───┘        └ `nodes`, a copy: who asks may put questions of its
 *                          own there between `init` and `ask`
 */
#ifndef VB_SERVER_LOCAL_H
#define VB_SERVER_LOCAL_H

#include "base/list.h"
#include "base/polling.h"
#include "flow/flow.h"
#include "server/config.h"
#include "server/server.h"
#include "wire/wire.h"

struct vb__local {
    struct vb_env env;
    struct vb_service service;
    struct vb_node nodes[VB_NODE_COUNT];
    struct vb_mailbox mailbox;
    struct vb_polling polling; /* woken for what is in the mailbox */
    struct vb_peer peer;
    struct vb_worker_site *site;
    struct vb_server *server; /* for what its settings make */
    struct vb_store *store;
    struct vb_wire *wire;
    struct vb_buf *reply; /* the asker's */
    /* The exchange is over; or NULL. */
    void (*over)(struct vb__local *local, struct vb_exchange *x);
    bool ended;
};

static inline struct vb__local *vb__local_of(struct vb_exchange *x)
{
    return VB_CONTAINER(x->env, struct vb__local, env);
}

/* Reads the description, for a client on this machine. 0, or the exit status
 * with the reason on stderr; in either case: vb__local_done. *local is all
 * zero, but for `over`. */
int vb__local_init(struct vb__local *local, const struct vb_config *config);

/* Opens what is kept; `busy` is what to do where a server has it. Likewise. */
int vb__local_open(struct vb__local *local, const char *url, const char *busy);

/* One request, in HTTP/1.1, once; what comes back is appended to *reply. */
void vb__local_ask(struct vb__local *local, struct vb_span bytes,
                   struct vb_buf *reply);

void vb__local_done(struct vb__local *local);

#endif
