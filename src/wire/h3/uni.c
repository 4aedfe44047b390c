/*
 * The client's unidirectional streams: a type, then what is of that type (RFC
 * 9114 section 6.2). Three of them must not end; those nobody knows are told
 * to.
 */
#include "wire/h3/inner.h"

static struct vb_h3_uni *find(struct vb_h3 *h3, int64_t id)
{
    for (size_t i = 0; i < VB_H3_UNI_STREAMS_MAX; i++)
        if (h3->uni[i].role != VB_H3_FREE && h3->uni[i].id == id)
            return &h3->uni[i];
    return NULL;
}

static struct vb_h3_uni *find_or_new(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_uni *uni = find(h3, id);

    if (uni != NULL)
        return uni;
    for (size_t i = 0; i < VB_H3_UNI_STREAMS_MAX; i++)
        if (h3->uni[i].role == VB_H3_FREE) {
            h3->uni[i] = (struct vb_h3_uni){.id = id, .role = VB_H3_NEW};
            return &h3->uni[i];
        }
    return NULL;
}

static enum vb_h3_role role_of(uint64_t type)
{
    switch (type) {
    case 0:
        return VB_H3_CONTROL;
    case 2:
        return VB_H3_ENCODER;
    case 3:
        return VB_H3_DECODER;
    default:
        return VB_H3_UNKNOWN;
    }
}

static bool is_critical(enum vb_h3_role role)
{
    return role == VB_H3_CONTROL || role == VB_H3_ENCODER ||
           role == VB_H3_DECODER;
}

static bool is_there(const struct vb_h3 *h3, enum vb_h3_role role)
{
    for (size_t i = 0; i < VB_H3_UNI_STREAMS_MAX; i++)
        if (h3->uni[i].role == role)
            return true;
    return false;
}

static void begin(struct vb_h3 *h3, struct vb_h3_uni *uni, uint64_t type)
{
    enum vb_h3_role role = role_of(type);

    /* A push stream is a server's; of the others there is one. */
    if (type == 1 || (is_critical(role) && is_there(h3, role))) {
        vb__h3_give_up(h3, NGHTTP3_H3_STREAM_CREATION_ERROR);
        return;
    }
    uni->role = (uint8_t)role;
    if (role != VB_H3_UNKNOWN)
        return;
    vb__h3_spend(h3, VB_COST_RESET);
    h3->below->ops->stop_sending(h3->below, uni->id,
                                 NGHTTP3_H3_STREAM_CREATION_ERROR);
}

static void take(struct vb_h3 *h3, enum vb_h3_role role, struct vb_span bytes)
{
    if (role == VB_H3_CONTROL)
        vb__h3_control_data(h3, bytes);
    else if (role == VB_H3_ENCODER || role == VB_H3_DECODER)
        vb__h3_qpack_data(h3, bytes, role == VB_H3_ENCODER);
}

void vb__h3_uni_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes,
                     bool fin)
{
    struct vb_h3_uni *uni = find_or_new(h3, id);

    if (bytes.len > 0)
        h3->below->ops->consumed(h3->below, id, bytes.len);
    if (uni == NULL) { /* more than there may be: what is below allows none */
        vb__h3_give_up(h3, NGHTTP3_H3_EXCESSIVE_LOAD);
        return;
    }
    if (uni->role == VB_H3_NEW && vb_varint_read(&uni->type, &bytes))
        begin(h3, uni, uni->type.value);
    if (!h3->over)
        take(h3, (enum vb_h3_role)uni->role, bytes);
    if (fin && !h3->over)
        vb__h3_uni_gone(h3, id, false);
}

void vb__h3_uni_gone(struct vb_h3 *h3, int64_t id, bool forget)
{
    struct vb_h3_uni *uni = find(h3, id);

    if (uni == NULL)
        return;
    if (is_critical((enum vb_h3_role)uni->role))
        vb__h3_give_up(h3, NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
    else if (forget)
        uni->role = VB_H3_FREE;
    else
        uni->role = VB_H3_UNKNOWN;
}
