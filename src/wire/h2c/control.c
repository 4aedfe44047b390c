/* Frames that carry no message: SETTINGS, PING, GOAWAY, RST_STREAM and windows
 * (RFC 9113 sections 6.4 to 6.9). Their length and the kind of their stream are
 * right by then. */
#include "wire/h2c/inner.h"

static bool is_idle(const struct vb_h2c *c, uint32_t id)
{
    return id >= c->next_id || id % 2 == 0;
}

static struct vb_h2c_stream *next_of(const struct vb_h2c *c,
                                     const struct vb_link *link)
{
    return link == &c->streams
               ? NULL
               : VB_CONTAINER((uintptr_t)link, struct vb_h2c_stream, link);
}

/* A stream of a higher id, or of none yet. Any may be gone when the end of
 * another one was told, so who wants all of them begins anew each time. */
static struct vb_h2c_stream *find_above(const struct vb_h2c *c, uint32_t id)
{
    struct vb_h2c_stream *s = next_of(c, c->streams.next);

    while (s != NULL && s->id != 0 && s->id <= id)
        s = next_of(c, s->link.next);
    return s;
}

/* --- SETTINGS (6.5) ----------------------------------------------------------
 */

static enum vb_h2_code set_table(struct vb_h2c *c, uint32_t value)
{
    c->broken |= nghttp2_hd_deflate_change_table_size(c->deflater, value) != 0;
    return VB_H2_NO_ERROR;
}

/* A server may not want to be pushed to (6.5.2). */
static enum vb_h2_code set_push(struct vb_h2c *c, uint32_t value)
{
    (void)c;
    return value == 0 ? VB_H2_NO_ERROR : VB_H2_PROTOCOL_ERROR;
}

static enum vb_h2_code set_streams(struct vb_h2c *c, uint32_t value)
{
    c->most = value < VB_H2C_STREAMS_MAX ? value : VB_H2C_STREAMS_MAX;
    return VB_H2_NO_ERROR;
}

static enum vb_h2_code set_window(struct vb_h2c *c, uint32_t value)
{
    int64_t more = (int64_t)value - c->initial;

    if (value > VB_H2_WINDOW_MAX)
        return VB_H2_FLOW_CONTROL_ERROR;
    c->initial = value;
    for (struct vb_h2c_stream *s = next_of(c, c->streams.next); s != NULL;
         s = next_of(c, s->link.next)) {
        s->window += more;
        if (s->window > VB_H2_WINDOW_MAX)
            return VB_H2_FLOW_CONTROL_ERROR;
        if (s->window <= 0 && s->tail.len > 0)
            vb_list_remove(&s->turn);
        else
            vb__h2c_turn_join(s);
    }
    return VB_H2_NO_ERROR;
}

/* Ours are of no more than the least. */
static enum vb_h2_code set_frame_size(struct vb_h2c *c, uint32_t value)
{
    (void)c;
    return value < VB_H2_FRAME_MAX || value > 0xffffff ? VB_H2_PROTOCOL_ERROR
                                                       : VB_H2_NO_ERROR;
}

/* RFC 8441 section 3: it is not taken back. */
static enum vb_h2_code set_connect(struct vb_h2c *c, uint32_t value)
{
    if (value > 1 || (c->connects && value == 0))
        return VB_H2_PROTOCOL_ERROR;
    c->connects = value == 1;
    return VB_H2_NO_ERROR;
}

static const struct {
    uint16_t id;
    enum vb_h2_code (*set)(struct vb_h2c *c, uint32_t value);
} known_settings[] = {
    {1, set_table},  {2, set_push},       {3, set_streams},
    {4, set_window}, {5, set_frame_size}, {8, set_connect},
};

static void take_setting(struct vb_h2c *c, unsigned id, uint32_t value)
{
    enum vb_h2_code code = VB_H2_NO_ERROR;

    for (size_t i = 0; i < sizeof(known_settings) / sizeof(known_settings[0]);
         i++)
        if (known_settings[i].id == id)
            code = known_settings[i].set(c, value);
    if (code != VB_H2_NO_ERROR)
        vb__h2c_fail(c, code);
}

/* Ours were sent once, so they are acknowledged once. */
static void take_ack(struct vb_h2c *c)
{
    if (c->reader.frame.length > 0)
        vb__h2c_fail(c, VB_H2_FRAME_SIZE_ERROR);
    else if (c->settled)
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
    c->settled = true;
}

/* Calls that waited to know whether they may be asked. */
static void begin_unsaid(struct vb_h2c *c)
{
    struct vb_h2c_stream *s;

    while ((s = find_above(c, VB_H2_ID_MAX)) != NULL && !c->broken) {
        enum vb_err err = c->connects ? vb__h2c_say(s) : VB_ERR_UNSUPPORTED;

        if (err == VB_ERR_NOMEM)
            vb__h2c_end(s, VB_CALL_NOMEM, NULL);
        else if (err != VB_OK)
            vb__h2c_end(s, VB_CALL_UNSEEN,
                        "The server takes no such request in HTTP/2.");
    }
}

static void take_settings(struct vb_h2c *c, const uint8_t *at, size_t len)
{
    uint32_t most = c->most;

    if ((c->reader.frame.flags & VB_H2_ACK) != 0) {
        take_ack(c);
        return;
    }
    if (c->reader.frame.length % 6 != 0)
        vb__h2c_fail(c, VB_H2_FRAME_SIZE_ERROR);
    else if (c->reader.frame.length > len)
        vb__h2c_fail(c, VB_H2_ENHANCE_YOUR_CALM);
    for (size_t i = 0; i + 6 <= len && c->phase == VB_H2C_OPEN; i += 6)
        take_setting(c, (unsigned)at[i] << 8 | at[i + 1],
                     vb__h2_u32(at + i + 2));
    if (c->phase != VB_H2C_OPEN)
        return;
    vb__h2c_put(c, VB_H2_SETTINGS, VB_H2_ACK, 0, vb_span_of(NULL, 0));
    if (!c->begun) {
        c->begun = true;
        begin_unsaid(c);
    }
    if (c->most > most && c->client->changed != NULL &&
        c->client->ops->room(c->client) > 0)
        c->client->changed(c->client);
}

/* --- The connection's (6.7, 6.8) ---------------------------------------------
 */

/* None of ours is on its way. */
static void take_ping(struct vb_h2c *c, const uint8_t *at, size_t len)
{
    if ((c->reader.frame.flags & VB_H2_ACK) == 0)
        vb__h2c_put(c, VB_H2_PING, VB_H2_ACK, 0,
                    vb_span_of((const char *)at, len));
}

/* What is behind the last stream that the server says was not seen, and can be
 * asked again elsewhere (8.7). */
static void take_goaway(struct vb_h2c *c, const uint8_t *at, size_t len)
{
    uint32_t last = vb__h2_u32(at) & VB_H2_ID_MAX;
    struct vb_h2c_stream *s;

    (void)len;
    c->leaving = true;
    while ((s = find_above(c, last)) != NULL)
        vb__h2c_end(s, VB_CALL_UNSEEN, NULL);
}

/* --- A stream's (6.4, 6.9) ---------------------------------------------------
 */

/* A reply that is whole is not given up for it (8.1). */
static void take_reset(struct vb_h2c *c, const uint8_t *at, size_t len)
{
    uint32_t id = c->reader.frame.id;
    struct vb_h2c_stream *s = vb__h2c_find(c, id);

    (void)len;
    if (is_idle(c, id))
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
    else if (s == NULL)
        return;
    else if (vb__h2_u32(at) == VB_H2_REFUSED_STREAM)
        vb__h2c_end(s, VB_CALL_UNSEEN, NULL);
    else if (!s->ended || s->call->switched)
        vb__h2c_end(s, VB_CALL_CUT, "The server has reset the stream.");
    else /* nothing more is to be sent, nor a reset in answer (5.4.2) */
        s->sending = VB_H2C_SENT;
}

static void open_window(struct vb_h2c *c, struct vb_h2c_stream *s, uint32_t n)
{
    int64_t *window = s == NULL ? &c->window : &s->window;

    *window += n;
    if (*window <= VB_H2_WINDOW_MAX) {
        if (s != NULL)
            vb__h2c_turn_join(s);
    } else if (s == NULL) {
        vb__h2c_fail(c, VB_H2_FLOW_CONTROL_ERROR);
    } else {
        vb__h2c_abort(s, VB_CALL_MALFORMED, "A window opens too far.",
                      VB_H2_FLOW_CONTROL_ERROR);
    }
}

static void take_window(struct vb_h2c *c, const uint8_t *at, size_t len)
{
    uint32_t id = c->reader.frame.id;
    uint32_t n = vb__h2_u32(at) & VB_H2_WINDOW_MAX;
    struct vb_h2c_stream *s = id == 0 ? NULL : vb__h2c_find(c, id);

    (void)len;
    if (id != 0 && is_idle(c, id))
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
    else if (n == 0 && id == 0)
        vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
    else if (n == 0 && s != NULL)
        vb__h2c_abort(s, VB_CALL_MALFORMED, "A window opens by nothing.",
                      VB_H2_PROTOCOL_ERROR);
    else if (s != NULL || id == 0)
        open_window(c, s, n);
}

/* A client's alone (RFC 9218 section 7.1). */
static void take_priority_update(struct vb_h2c *c, const uint8_t *at,
                                 size_t len)
{
    (void)at;
    (void)len;
    vb__h2c_fail(c, VB_H2_PROTOCOL_ERROR);
}

static const struct {
    uint8_t type;
    void (*take)(struct vb_h2c *c, const uint8_t *at, size_t len);
} known[] = {
    {VB_H2_WINDOW_UPDATE, take_window},
    {VB_H2_RST_STREAM, take_reset},
    {VB_H2_SETTINGS, take_settings},
    {VB_H2_PING, take_ping},
    {VB_H2_GOAWAY, take_goaway},
    {VB_H2_PRIORITY_UPDATE, take_priority_update},
};

void vb__h2c_control(struct vb_h2c *c, const uint8_t *payload, size_t len)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].type == c->reader.frame.type)
            known[i].take(c, payload, len);
}
