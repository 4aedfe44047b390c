/* Connection IDs: how they are made, and whose they are. */
#include <gnutls/crypto.h>
#include <stdlib.h>

#include "quic/inner.h"

static struct vb_span span_of(const uint8_t *bytes, size_t len)
{
    return vb_span_of((const char *)bytes, len);
}

bool vb__quic_id_make(const struct vb_quic *quic, ngtcp2_cid *ret_id)
{
    unsigned worker = quic->config.worker, workers = quic->config.workers;
    unsigned first;

    ret_id->datalen = VB_QUIC_ID_LEN;
    if (gnutls_rnd(GNUTLS_RND_RANDOM, ret_id->data, VB_QUIC_ID_LEN) != 0)
        return false;
    first = ret_id->data[0] - ret_id->data[0] % workers + worker;
    if (first > UINT8_MAX)
        first -= workers;
    ret_id->data[0] = (uint8_t)first;
    return true;
}

static struct vb__quic_id *find(const struct vb_quic *quic,
                                const uint8_t *bytes, size_t len)
{
    struct vb_span wanted = span_of(bytes, len);
    struct vb_table_node *node =
        vb_table_first(&quic->ids, vb_hash(&quic->key, wanted));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__quic_id *id = VB_CONTAINER(node, struct vb__quic_id, node);

        if (vb_span_eq(span_of(id->bytes, id->len), wanted))
            return id;
    }
    return NULL;
}

struct vb__quic_conn *vb__quic_id_find(const struct vb_quic *quic,
                                       const uint8_t *bytes, size_t len)
{
    struct vb__quic_id *id = find(quic, bytes, len);

    return id != NULL ? id->conn : NULL;
}

bool vb__quic_id_add(struct vb__quic_conn *c, const ngtcp2_cid *cid)
{
    struct vb__quic_id *id = calloc(1, sizeof(*id));

    if (id == NULL)
        return false;
    id->conn = c;
    id->len = (uint8_t)cid->datalen;
    memcpy(id->bytes, cid->data, cid->datalen);
    if (!vb_table_insert(
            &c->quic->ids, &id->node,
            vb_hash(&c->quic->key, span_of(cid->data, cid->datalen)))) {
        free(id);
        return false;
    }
    vb_list_append(&c->ids, &id->link);
    return true;
}

static void forget(struct vb_quic *quic, struct vb__quic_id *id)
{
    vb_table_remove(&quic->ids, &id->node);
    vb_list_remove(&id->link);
    free(id);
}

void vb__quic_id_remove(struct vb__quic_conn *c, const ngtcp2_cid *cid)
{
    struct vb__quic_id *id = find(c->quic, cid->data, cid->datalen);

    if (id != NULL && id->conn == c)
        forget(c->quic, id);
}

void vb__quic_ids_clear(struct vb__quic_conn *c)
{
    struct vb_link *next;

    for (struct vb_link *at = c->ids.next; at != &c->ids; at = next) {
        next = at->next;
        forget(c->quic, VB_CONTAINER(at, struct vb__quic_id, link));
    }
}

bool vb__quic_reset_token(const struct vb_quic *quic, const ngtcp2_cid *id,
                          uint8_t ret_token[NGTCP2_STATELESS_RESET_TOKENLEN])
{
    return ngtcp2_crypto_generate_stateless_reset_token(
               ret_token, quic->config.secrets->reset,
               sizeof(quic->config.secrets->reset), id) == 0;
}
