/* The endpoint: who gets a datagram, and when. See quic.h, and inner.h. */
#include "quic/quic.h"

#include <gnutls/crypto.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/clock.h"
#include "quic/inner.h"

/* --- Addresses --------------------------------------------------------------
 */

ngtcp2_socklen vb__quic_address(const struct sockaddr_storage *from,
                                ngtcp2_sockaddr_union *ret)
{
    const struct sockaddr_in *in =
        (const struct sockaddr_in *)(const void *)from;
    const struct sockaddr_in6 *in6 =
        (const struct sockaddr_in6 *)(const void *)from;

    memset(ret, 0, sizeof(*ret));
    ret->sa.sa_family = from->ss_family;
    switch (from->ss_family) {
    case AF_INET:
        ret->in.sin_port = in->sin_port;
        ret->in.sin_addr = in->sin_addr;
        return sizeof(ret->in);
    case AF_INET6:
        ret->in6.sin6_port = in6->sin6_port;
        ret->in6.sin6_addr = in6->sin6_addr;
        ret->in6.sin6_scope_id = in6->sin6_scope_id;
        return sizeof(ret->in6);
    default:
        return 0;
    }
}

bool vb__quic_path_in(const struct vb_quic_path *from, ngtcp2_path_storage *ret)
{
    ngtcp2_sockaddr_union local, remote;
    ngtcp2_socklen local_len = vb__quic_address(&from->local, &local);
    ngtcp2_socklen remote_len = vb__quic_address(&from->remote, &remote);

    ngtcp2_path_storage_init(ret, &local.sa, local_len, &remote.sa, remote_len,
                             from->socket);
    return local_len > 0 && remote_len > 0;
}

void vb__quic_path_out(const ngtcp2_path *from, struct vb_quic_path *ret)
{
    memset(ret, 0, sizeof(*ret));
    memcpy(&ret->local, from->local.addr, from->local.addrlen);
    memcpy(&ret->remote, from->remote.addr, from->remote.addrlen);
    ret->socket = from->user_data;
}

/* --- Its life ---------------------------------------------------------------
 */

enum vb_err vb_quic_secrets_make(struct vb_quic_secrets *ret_secrets)
{
    struct vb_quic_secrets secrets;

    if (gnutls_rnd(GNUTLS_RND_KEY, &secrets, sizeof(secrets)) != 0)
        return VB_ERR_IO;
    *ret_secrets = secrets;
    return VB_OK;
}

enum vb_err vb_quic_new(const struct vb_quic_config *config,
                        struct vb_quic **ret_quic)
{
    struct vb_quic *quic = calloc(1, sizeof(*quic));

    vb_assert(config->worker < config->workers &&
              config->workers <= VB_QUIC_WORKERS_MAX);
    if (quic == NULL)
        return VB_ERR_NOMEM;
    quic->config = *config;
    quic->mem = vb__quic_params_mem(&config->env->heap);
    quic->key = vb_hash_key_random();
    vb_table_init(&quic->ids);
    vb_list_init(&quic->conns);
    vb_list_init(&quic->rests);
    vb_list_init(&quic->dirty);
    quic->out_bytes = malloc(VB__QUIC_OUT_SIZE);
    if (vb__replay_init(&quic->replay) == VB_OK && quic->out_bytes != NULL) {
        *ret_quic = quic;
        return VB_OK;
    }
    vb_quic_free(quic);
    return VB_ERR_NOMEM;
}

static struct vb__quic_conn *first_of(struct vb_link *list)
{
    return VB_CONTAINER(list->next, struct vb__quic_conn, link);
}

void vb_quic_free(struct vb_quic *quic)
{
    if (quic == NULL)
        return;
    quic->busy = true;
    while (!vb_list_empty(&quic->conns))
        vb__quic_conn_free(first_of(&quic->conns));
    while (!vb_list_empty(&quic->rests))
        vb__quic_conn_free(first_of(&quic->rests));
    vb__replay_done(&quic->replay);
    vb__deadlines_done(&quic->deadlines);
    vb_table_done(&quic->ids);
    free(quic->out_bytes);
    free(quic);
}

void vb_quic_shut_down(struct vb_quic *quic)
{
    quic->leaving = true;
    for (struct vb_link *at = quic->conns.next; at != &quic->conns;
         at = at->next) {
        struct vb__quic_conn *c = VB_CONTAINER(at, struct vb__quic_conn, link);

        if (c->h3 != NULL && !c->failed)
            vb_h3_shut_down(c->h3);
        vb__quic_mark(c);
    }
}

void vb_quic_end(struct vb_quic *quic)
{
    quic->leaving = true;
    quic->busy = true;
    while (!vb_list_empty(&quic->conns))
        vb__quic_conn_leave(first_of(&quic->conns));
    while (!vb_list_empty(&quic->rests))
        vb__quic_conn_free(first_of(&quic->rests));
    quic->busy = false;
}

size_t vb_quic_count(const struct vb_quic *quic)
{
    return quic->conn_count;
}

/* --- Datagrams --------------------------------------------------------------
 */

/* The IDs could be read. Of what is not version 1, only version negotiation
 * is anybody's affair, and that is for clients. */
static void arrived(struct vb_quic *quic, const struct vb__quic_in *in,
                    const ngtcp2_version_cid *ids)
{
    bool is_long = ((unsigned char)in->bytes.ptr[0] & 0x80) != 0;
    struct vb__quic_conn *c;

    if (is_long && ids->version != NGTCP2_PROTO_VER_V1) {
        if (ids->version != 0)
            vb__quic_answer_versions(quic, in, ids);
        return;
    }
    c = vb__quic_id_find(quic, ids->dcid, ids->dcidlen);
    if (c != NULL)
        vb__quic_conn_receive(c, in);
    else
        vb__quic_knock(quic, in, ids);
}

void vb_quic_receive(struct vb_quic *quic, const struct vb_quic_path *path,
                     unsigned ecn, struct vb_span bytes, int64_t now_ns)
{
    struct vb__quic_in in = {path, ecn, bytes};
    ngtcp2_path_storage unused;
    ngtcp2_version_cid ids;

    if (bytes.len == 0 || !vb__quic_path_in(path, &unused))
        return;
    quic->busy = true;
    quic->now_ns = now_ns;
    switch (ngtcp2_pkt_decode_version_cid(&ids, (const uint8_t *)bytes.ptr,
                                          bytes.len, VB_QUIC_ID_LEN)) {
    case 0:
        arrived(quic, &in, &ids);
        break;
    case NGTCP2_ERR_VERSION_NEGOTIATION:
        vb__quic_answer_versions(quic, &in, &ids);
        break;
    default:
        break;
    }
    quic->busy = false;
}

void vb__quic_mark(struct vb__quic_conn *c)
{
    struct vb_quic *quic = c->quic;

    if (!vb_list_empty(&c->dirty))
        return;
    vb_list_append(&quic->dirty, &c->dirty);
    if (!quic->busy)
        quic->config.wake(quic->config.context);
}

/* A connection that has something to say says it, or comes to its end. */
static void flush_one(struct vb__quic_conn *c)
{
    bool more = vb__quic_send(c);

    if (c->failed) {
        vb__quic_conn_close(c);
    } else if (!c->quic->full) {
        vb_list_remove(&c->dirty);
        vb__quic_conn_schedule(c, more);
    }
}

void vb_quic_flush(struct vb_quic *quic, int64_t now_ns)
{
    quic->busy = true;
    quic->now_ns = now_ns;
    if (quic->waiting_count == 0 ||
        (!quic->full && vb__quic_send_waiting(quic)))
        while (!vb_list_empty(&quic->dirty) && !quic->full)
            flush_one(
                VB_CONTAINER(quic->dirty.next, struct vb__quic_conn, dirty));
    quic->busy = false;
}

void vb_quic_writable(struct vb_quic *quic)
{
    quic->full = false;
}

/* --- Time -------------------------------------------------------------------
 */

int64_t vb_quic_deadline_ns(const struct vb_quic *quic)
{
    const struct vb__deadline *first = vb__deadlines_first(&quic->deadlines);

    return first != NULL ? first->at : VB_TIME_NEVER;
}

void vb_quic_tick(struct vb_quic *quic, int64_t now_ns)
{
    struct vb__deadline *first;

    quic->busy = true;
    quic->now_ns = now_ns;
    while ((first = vb__deadlines_first(&quic->deadlines)) != NULL &&
           first->at <= now_ns)
        vb__quic_conn_tick(VB_CONTAINER(first, struct vb__quic_conn, due));
    quic->busy = false;
}
