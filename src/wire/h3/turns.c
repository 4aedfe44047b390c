/*
 * Whose turn it is to send (RFC 9218 section 10): streams by their urgency, the
 * lower the sooner. Among those of one, first the ones that are of use only as
 * a whole, one after the other in the order of their requests; then the ones
 * that are of use bit by bit, in turns. Some turns are the least urgent's, that
 * they get on at all.
 *
 *     turns[u]   4 ─ 12 ─ 20 ─ │ 8i ─ 0i ─ 16i
 *
 * Only streams that have something to send, and a window for it, are here.
 */
#include "wire/h3/inner.h"

static struct vb_h3_turn *turn_of(const struct vb_h3_stream *s)
{
    return &s->h3->turns[s->priority.urgency];
}

/* The one that it comes before; NULL: it comes last. */
static struct vb_h3_stream *successor(const struct vb_h3_stream *s)
{
    struct vb_h3_stream *at = turn_of(s)->first;

    if (s->priority.inc)
        return NULL;
    while (at != NULL && !at->priority.inc && at->out.id < s->out.id)
        at = at->turn_next;
    return at;
}

void vb__h3_turn_join(struct vb_h3_stream *s)
{
    struct vb_h3_turn *turn = turn_of(s);
    struct vb_h3_stream *next;

    if (s->queued || !vb__h3_sendable(s))
        return;
    next = successor(s);
    s->queued = true;
    s->turn_next = next;
    s->turn_prev = next == NULL ? turn->last : next->turn_prev;
    if (s->turn_prev == NULL)
        turn->first = s;
    else
        s->turn_prev->turn_next = s;
    if (next == NULL)
        turn->last = s;
    else
        next->turn_prev = s;
}

void vb__h3_turn_leave(struct vb_h3_stream *s)
{
    struct vb_h3_turn *turn = turn_of(s);

    if (!s->queued)
        return;
    s->queued = false;
    if (s->turn_prev == NULL)
        turn->first = s->turn_next;
    else
        s->turn_prev->turn_next = s->turn_next;
    if (s->turn_next == NULL)
        turn->last = s->turn_prev;
    else
        s->turn_next->turn_prev = s->turn_prev;
}

void vb__h3_turn_pass(struct vb_h3_stream *s)
{
    if (s->queued && vb__h3_sendable(s) &&
        (!s->priority.inc || turn_of(s)->last == s))
        return;
    vb__h3_turn_leave(s);
    vb__h3_turn_join(s);
}

struct vb_h3_stream *vb__h3_turn(const struct vb_h3 *h3)
{
    bool least = h3->turn % VB_H3_FAIRNESS == VB_H3_FAIRNESS - 1;

    for (size_t i = 0; i < VB_H3_URGENCIES; i++) {
        size_t at = least ? VB_H3_URGENCIES - 1 - i : i;

        if (h3->turns[at].first != NULL)
            return h3->turns[at].first;
    }
    return NULL;
}

/* --- Priorities --------------------------------------------------------------
 */

void vb__h3_priority_parse(nghttp3_pri *priority, struct vb_span value)
{
    nghttp3_pri parsed = *priority;

    if (nghttp3_pri_parse_priority(&parsed, (const uint8_t *)value.ptr,
                                   value.len) == 0)
        *priority = parsed;
}

void vb__h3_priority_set(struct vb_h3_stream *s, nghttp3_pri priority)
{
    vb__h3_turn_leave(s);
    s->priority = priority;
    vb__h3_turn_join(s);
}

/* A request's id that the client may have used by now: one more for each that
 * is over. */
static bool may_be_open(const struct vb_h3 *h3, int64_t id)
{
    return (id & 3) == 0 && (uint64_t)id / 4 < VB_MUX_STREAMS_MAX + h3->closed;
}

static void keep(struct vb_h3 *h3, int64_t id, nghttp3_pri priority)
{
    size_t at = h3->early_at;

    for (size_t i = 0; i < VB_H3_EARLY_PRIORITIES; i++)
        if (h3->early[i].id == id)
            at = i;
    if (h3->early[at].id < 0)
        h3->early_count++;
    if (at == h3->early_at)
        h3->early_at = (uint8_t)((at + 1) % VB_H3_EARLY_PRIORITIES);
    h3->early[at].id = id;
    h3->early[at].priority = priority;
}

void vb__h3_priority_update(struct vb_h3 *h3, int64_t id, struct vb_span value)
{
    nghttp3_pri priority = {.urgency = NGHTTP3_DEFAULT_URGENCY};
    struct vb_h3_stream *s;

    if (!may_be_open(h3, id)) {
        vb__h3_give_up(h3, NGHTTP3_H3_ID_ERROR);
        return;
    }
    vb__h3_priority_parse(&priority, value);
    s = vb__h3_stream_find(h3, id);
    if (s == NULL) {
        keep(h3, id, priority);
        return;
    }
    s->told = true;
    vb__h3_priority_set(s, priority);
}

void vb__h3_priority_recall(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;

    for (size_t i = 0; h3->early_count > 0 && i < VB_H3_EARLY_PRIORITIES; i++)
        if (h3->early[i].id == s->out.id) {
            h3->early[i].id = -1;
            h3->early_count--;
            s->priority = h3->early[i].priority;
            s->told = true;
        }
}
