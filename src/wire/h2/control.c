/* Frames that carry no message: SETTINGS, PING, GOAWAY, RST_STREAM, windows and
 * priorities (RFC 9113 sections 6.3 to 6.9, RFC 9218 section 7.1). Their length
 * and the kind of their stream are right by then. */
#include "wire/h2/inner.h"

struct whole {
    struct vb_h2 *h2;
    const struct vb_h2_frame *frame;
    const uint8_t *at;
    size_t len;
};

static bool is_idle(const struct vb_h2 *h2, uint32_t id)
{
    return id > h2->highest || id % 2 == 0;
}

/* --- SETTINGS (6.5) ----------------------------------------------------------
 */

static enum vb_h2_code set_table(struct vb_h2 *h2, uint32_t value)
{
    vb__h2_hpack_table(h2, value);
    return VB_H2_NO_ERROR;
}

static enum vb_h2_code set_switch(struct vb_h2 *h2, uint32_t value)
{
    (void)h2; /* nothing is pushed, and no protocol is offered to CONNECT */
    return value > 1 ? VB_H2_PROTOCOL_ERROR : VB_H2_NO_ERROR;
}

static enum vb_h2_code set_window(struct vb_h2 *h2, uint32_t value)
{
    if (value > VB_H2_WINDOW_MAX)
        return VB_H2_FLOW_CONTROL_ERROR;
    vb__h2_window_initial(h2, value);
    return VB_H2_NO_ERROR;
}

/* Ours are of no more than the least. */
static enum vb_h2_code set_frame_size(struct vb_h2 *h2, uint32_t value)
{
    (void)h2;
    return value < VB_H2_FRAME_MAX || value > 0xffffff ? VB_H2_PROTOCOL_ERROR
                                                       : VB_H2_NO_ERROR;
}

/* RFC 9218 section 2.1: said at first, or never. */
static enum vb_h2_code set_priorities(struct vb_h2 *h2, uint32_t value)
{
    if (value > 1 || (h2->begun && value != h2->priorities))
        return VB_H2_PROTOCOL_ERROR;
    h2->priorities = (uint8_t)value;
    return VB_H2_NO_ERROR;
}

static const struct {
    uint16_t id;
    enum vb_h2_code (*set)(struct vb_h2 *h2, uint32_t value);
} known_settings[] = {
    {1, set_table},      {2, set_switch}, {4, set_window},
    {5, set_frame_size}, {8, set_switch}, {9, set_priorities},
};

static void take_setting(struct vb_h2 *h2, unsigned id, uint32_t value)
{
    enum vb_h2_code code = VB_H2_NO_ERROR;

    for (size_t i = 0; i < sizeof(known_settings) / sizeof(known_settings[0]);
         i++)
        if (known_settings[i].id == id)
            code = known_settings[i].set(h2, value);
    if (code != VB_H2_NO_ERROR)
        vb__h2_give_up(h2, code);
}

/* Ours were sent once, so they are acknowledged once. */
static void take_settings_ack(const struct whole *w)
{
    if (w->frame->length > 0)
        vb__h2_give_up(w->h2, VB_H2_FRAME_SIZE_ERROR);
    else if (w->h2->settled)
        vb__h2_give_up(w->h2, VB_H2_PROTOCOL_ERROR);
    w->h2->settled = true;
}

static void take_settings(const struct whole *w)
{
    struct vb_h2 *h2 = w->h2;

    if ((w->frame->flags & VB_H2_ACK) != 0) {
        take_settings_ack(w);
        return;
    }
    if (w->frame->length % 6 != 0)
        vb__h2_give_up(h2, VB_H2_FRAME_SIZE_ERROR);
    else if (w->frame->length > w->len)
        vb__h2_give_up(h2, VB_H2_ENHANCE_YOUR_CALM);
    for (size_t i = 0; i + 6 <= w->len && !h2->over; i += 6)
        take_setting(h2, (unsigned)w->at[i] << 8 | w->at[i + 1],
                     vb__h2_u32(w->at + i + 2));
    if (h2->over)
        return;
    h2->begun = true;
    vb__h2_put_ack(h2, VB_H2_SETTINGS, vb_span_of(NULL, 0));
}

/* --- The connection's (6.7, 6.8) ---------------------------------------------
 */

static void take_ping(const struct whole *w)
{
    if ((w->frame->flags & VB_H2_ACK) == 0)
        vb__h2_put_ack(w->h2, VB_H2_PING,
                       vb_span_of((const char *)w->at, w->len));
    else if (w->h2->stopping)
        vb__h2_stop_now(w->h2);
}

/* Nothing is pushed that the client could refuse. */
static void take_goaway(const struct whole *w)
{
    (void)w;
}

/* --- A stream's (6.3, 6.4, 6.9) ----------------------------------------------
 */

/* It counts no more, but cannot be of itself (RFC 7540 section 5.3.1). */
static void take_priority(const struct whole *w)
{
    if ((vb__h2_u32(w->at) & VB_H2_ID_MAX) == w->frame->id)
        vb__h2_stream_error(w->h2, w->frame->id, VB_H2_PROTOCOL_ERROR);
}

static void take_reset(const struct whole *w)
{
    struct vb_h2 *h2 = w->h2;
    struct vb_h2_stream *s = vb__h2_stream_find(h2, w->frame->id);

    if (s != NULL)
        vb__h2_stream_close(s, VB_H2_DONE, false);
    else if (is_idle(h2, w->frame->id))
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
}

static void take_window(const struct whole *w)
{
    struct vb_h2 *h2 = w->h2;
    uint32_t id = w->frame->id;
    uint32_t n = vb__h2_u32(w->at) & VB_H2_WINDOW_MAX;
    struct vb_h2_stream *s = id == 0 ? NULL : vb__h2_stream_find(h2, id);

    if (id != 0 && is_idle(h2, id))
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    else if (n == 0 && id == 0)
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    else if (n == 0)
        vb__h2_stream_error(h2, id, VB_H2_PROTOCOL_ERROR);
    else if (s != NULL || id == 0)
        vb__h2_window_open(h2, s, n);
}

/* Of a stream that is closed it says nothing (RFC 9218 section 7.1). */
static void take_priority_update(const struct whole *w)
{
    struct vb_mux_priority priority = vb_mux_priority_default;
    struct vb_h2 *h2 = w->h2;
    uint32_t id = vb__h2_u32(w->at) & VB_H2_ID_MAX;
    struct vb_h2_stream *s = vb__h2_stream_find(h2, id);

    if (id % 2 == 0) { /* none, or one that we would have pushed */
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
        return;
    }
    if (w->frame->length > w->len) /* nobody means that */
        return;
    vb_mux_priority_parse(&priority,
                          vb_span_of((const char *)w->at + 4, w->len - 4));
    if (s != NULL) {
        s->mux.told = true;
        vb_mux_turn_set(&h2->turns, &s->mux, priority);
    } else if (is_idle(h2, id)) {
        vb_mux_early_keep(&h2->early, id, priority);
        if (!vb__h2_stream_tell(h2, id))
            vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    }
}

static const struct {
    uint8_t type;
    void (*take)(const struct whole *w);
} known[] = {
    {VB_H2_WINDOW_UPDATE, take_window},
    {VB_H2_RST_STREAM, take_reset},
    {VB_H2_SETTINGS, take_settings},
    {VB_H2_PING, take_ping},
    {VB_H2_PRIORITY, take_priority},
    {VB_H2_PRIORITY_UPDATE, take_priority_update},
    {VB_H2_GOAWAY, take_goaway},
};

void vb__h2_control(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                    const uint8_t *payload, size_t len)
{
    const struct whole w = {h2, frame, payload, len};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].type == frame->type)
            known[i].take(&w);
}
