/*
 * The client's control stream: SETTINGS, then what is about the connection (RFC
 * 9114 sections 6.2.1, 7.2). Frames that we know are small: each is looked at
 * when it is all there.
 */
#include "wire/h3/inner.h"

/* --- SETTINGS ----------------------------------------------------------------
 */

enum { SETTING_TABLE = 1, SETTING_SECTION = 6, SETTING_BLOCKED = 7 };

/* What HTTP/2 had, and HTTP/3 has not (RFC 9114 section 7.2.4.1). */
static bool was_of_http_2(uint64_t id)
{
    return id == 0 || (id >= 2 && id <= 5);
}

static bool is_among(const uint64_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void take_settings(struct vb_h3 *h3, struct vb_span payload)
{
    uint64_t ids[VB_H3_SETTINGS_MAX];
    uint64_t table = 0;
    uint64_t blocked = 0;

    for (size_t n = 0; payload.len > 0; n++) {
        uint64_t id;
        uint64_t value;

        if (!vb_varint_take(&payload, &id) ||
            !vb_varint_take(&payload, &value)) {
            vb__h3_give_up(h3, NGHTTP3_H3_FRAME_ERROR);
            return;
        }
        if (n == VB_H3_SETTINGS_MAX) {
            vb__h3_give_up(h3, NGHTTP3_H3_EXCESSIVE_LOAD);
            return;
        }
        if (was_of_http_2(id) || is_among(ids, n, id)) {
            vb__h3_give_up(h3, NGHTTP3_H3_SETTINGS_ERROR);
            return;
        }
        ids[n] = id;
        if (id == SETTING_TABLE)
            table = value;
        else if (id == SETTING_BLOCKED)
            blocked = value;
    }
    h3->begun = true;
    vb__h3_qpack_settings(h3, table, blocked);
}

/* --- The others --------------------------------------------------------------
 */

/* A payload that is one integer and nothing else. */
static bool take_id(struct vb_h3 *h3, struct vb_span payload, uint64_t *ret_id)
{
    if (vb_varint_take(&payload, ret_id) && payload.len == 0)
        return true;
    vb__h3_give_up(h3, NGHTTP3_H3_FRAME_ERROR);
    return false;
}

/* The client may say that it takes no pushes from some id on: never less than
 * it said before (RFC 9114 section 5.2). */
static void take_goaway(struct vb_h3 *h3, struct vb_span payload)
{
    uint64_t id;

    if (!take_id(h3, payload, &id))
        return;
    if (id > h3->goaway_id)
        vb__h3_give_up(h3, NGHTTP3_H3_ID_ERROR);
    h3->goaway_id = id;
}

/* Nothing is pushed; but what it says must be possible (7.2.7). */
static void take_max_push_id(struct vb_h3 *h3, struct vb_span payload)
{
    uint64_t id;

    if (!take_id(h3, payload, &id))
        return;
    if (id + 1 < h3->push)
        vb__h3_give_up(h3, NGHTTP3_H3_ID_ERROR);
    h3->push = id + 1;
}

/* 7.2.3: no push was promised that could be cancelled. */
static void take_cancel_push(struct vb_h3 *h3, struct vb_span payload)
{
    uint64_t id;

    if (take_id(h3, payload, &id))
        vb__h3_give_up(h3, NGHTTP3_H3_ID_ERROR);
}

/* A request's id that the client may have used by now: one more for each that
 * is over. */
static bool may_be_open(const struct vb_h3 *h3, uint64_t id)
{
    return (id & 3) == 0 && id / 4 < VB_MUX_STREAMS_MAX + h3->closed;
}

static void take_priority_update(struct vb_h3 *h3, struct vb_span payload)
{
    struct vb_mux_priority priority = vb_mux_priority_default;
    struct vb_h3_stream *s;
    uint64_t id;

    if (!vb_varint_take(&payload, &id)) {
        vb__h3_give_up(h3, NGHTTP3_H3_FRAME_ERROR);
        return;
    }
    if (!may_be_open(h3, id)) {
        vb__h3_give_up(h3, NGHTTP3_H3_ID_ERROR);
        return;
    }
    vb_mux_priority_parse(&priority, payload);
    s = vb__h3_stream_find(h3, (int64_t)id);
    if (s == NULL) {
        vb_mux_early_keep(&h3->early, (int64_t)id, priority);
        return;
    }
    s->mux.told = true;
    vb_mux_turn_set(&h3->turns, &s->mux, priority);
}

static const struct {
    uint64_t type;
    void (*take)(struct vb_h3 *h3, struct vb_span payload);
} known[] = {
    {VB_H3_SETTINGS, take_settings},
    {VB_H3_GOAWAY, take_goaway},
    {VB_H3_MAX_PUSH_ID, take_max_push_id},
    {VB_H3_CANCEL_PUSH, take_cancel_push},
    {VB_H3_PRIORITY_UPDATE, take_priority_update},
    {VB_H3_PRIORITY_UPDATE_PUSH, take_cancel_push},
};

/* --- Frames ------------------------------------------------------------------
 */

static bool is_known(uint64_t type)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].type == type)
            return true;
    return false;
}

static void begin_frame(struct vb_h3 *h3)
{
    uint64_t type = h3->frame.type;

    if (!h3->begun && type != VB_H3_SETTINGS)
        vb__h3_give_up(h3, NGHTTP3_H3_MISSING_SETTINGS);
    else if ((h3->begun && type == VB_H3_SETTINGS) ||
             vb__h3_frame_misplaced(type, true))
        vb__h3_give_up(h3, NGHTTP3_H3_FRAME_UNEXPECTED);
    else if (is_known(type) && h3->frame.left > VB_H3_CONTROL_MAX)
        vb__h3_give_up(h3, NGHTTP3_H3_EXCESSIVE_LOAD);
    else
        vb__h3_spend(h3, VB_COST_FRAME);
}

static void end_frame(struct vb_h3 *h3, uint64_t type, struct vb_span payload)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].type == type)
            known[i].take(h3, payload);
}

/* The part of a payload, joined to those before it; only what came in pieces
 * is copied. */
static void take_payload(struct vb_h3 *h3, struct vb_span part)
{
    uint64_t type = h3->frame.type;
    bool ends;

    if (!is_known(type)) {
        vb__h3_frame_ends(&h3->frame);
        return;
    }
    ends = vb__h3_frame_ends(&h3->frame);
    if (ends && h3->payload.len == 0) {
        end_frame(h3, type, part);
        return;
    }
    vb_buf_append(&h3->payload, part);
    if (h3->payload.err != VB_OK) {
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
        return;
    }
    if (!ends)
        return;
    end_frame(h3, type, vb_buf_span(&h3->payload));
    vb_buf_done(&h3->payload);
}

void vb__h3_control_data(struct vb_h3 *h3, struct vb_span bytes)
{
    while (bytes.len > 0 && !h3->over) {
        bool within = h3->frame.within;

        if (!vb__h3_frame_head(&h3->frame, &bytes))
            return;
        if (!within)
            begin_frame(h3);
        if (!h3->over)
            take_payload(h3, vb__h3_frame_payload(&h3->frame, &bytes));
    }
}
