/* How a connection begins: which wire it has. */
#include <stdlib.h>
#include <unistd.h>

#include "loop/conn.h"
#include "tls/wire.h"
#include "wire/client.h"
#include "wire/opening.h"

/* --- Accepted ---------------------------------------------------------------
 */

static void init_wire(struct vb__conn *conn)
{
    struct vb_env *env = &conn->worker->shown.env;

    if (conn->peer.secure)
        vb_tls_wire_init(&conn->wire, conn->worker->loop->config.tls, env,
                         &conn->peer);
    else
        vb_opening_init(&conn->wire, env, &conn->peer);
}

void vb__conn_accept(struct vb__worker *worker, int fd,
                     const struct vb_peer *peer)
{
    struct vb__conn *conn =
        vb__conn_new(worker, fd, peer,
                     peer->secure ? vb_tls_wire_size() : vb_opening_size());

    if (conn != NULL) {
        init_wire(conn);
        if (vb__conn_begin(conn)) {
            vb__conn_flush(conn);
            return;
        }
        conn->wire.ops->free(&conn->wire);
        free(conn);
    }
    close(fd);
    atomic_fetch_sub(&worker->loop->connections, 1);
}

/* --- Dialled ----------------------------------------------------------------
 */

static enum vb_client_kind kind_of(enum vb_dial_protocol protocol)
{
    switch (protocol) {
    case VB_DIAL_HTTP_2:
        return VB_CLIENT_HTTP_2;
    case VB_DIAL_BARE:
        return VB_CLIENT_BARE;
    case VB_DIAL_HTTP:
    case VB_DIAL_HTTP_1:
        break;
    }
    return VB_CLIENT_HTTP_1;
}

static struct vb_wire *init_outward(struct vb__conn *conn,
                                    const struct vb_endpoint *to,
                                    struct vb_client **ret_client)
{
    struct vb_env *env = &conn->worker->shown.env;

    *ret_client = NULL;
    if (to->tls != NULL)
        return vb_tls_outward_wire_init(&conn->wire, to, env, &conn->peer);
    return vb_client_wire_init(&conn->wire, env, &conn->peer,
                               kind_of(to->protocol), ret_client);
}

struct vb__conn *vb__conn_dialled(struct vb__worker *worker, int fd,
                                  const struct vb_peer *peer,
                                  const struct vb_endpoint *to,
                                  struct vb_client **ret_client)
{
    struct vb__conn *conn = vb__conn_new(
        worker, fd, peer,
        to->tls != NULL ? vb_tls_outward_wire_size() : vb_client_wire_size());

    if (conn == NULL)
        return NULL;
    conn->outgoing = true;
    if (init_outward(conn, to, ret_client) != NULL) {
        if (vb__conn_begin(conn))
            return conn;
        conn->wire.ops->free(&conn->wire);
    }
    free(conn);
    return NULL;
}
