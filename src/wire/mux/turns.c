/*
 * Whose turn it is to send (RFC 9218 section 10): streams by their urgency, the
 * lower the sooner. Among those of one, first the ones that are of use only as
 * a whole, one after the other in the order of their requests; then the ones
 * that are of use bit by bit, in turns. Some turns are the least urgent's, that
 * they get on at all.
 *
 *     of[u]   4 ─ 12 ─ 20 ─ │ 8i ─ 0i ─ 16i
 *
 * Only streams that have something to send, and a window for it, are here.
 */
#include "wire/mux/mux.h"

/* One turn of so many is the least urgent's. */
#define FAIRNESS 16

/* The one that it comes before; NULL: it comes last. */
static struct vb_mux_stream *successor(const struct vb_mux_turns *turns,
                                       const struct vb_mux_stream *s)
{
    struct vb_mux_stream *at = turns->of[s->priority.urgency].first;

    if (s->priority.incremental)
        return NULL;
    while (at != NULL && !at->priority.incremental && at->id < s->id)
        at = at->turn_next;
    return at;
}

void vb_mux_turn_join(struct vb_mux_turns *turns, struct vb_mux_stream *s)
{
    struct vb_mux_stream **first = &turns->of[s->priority.urgency].first;
    struct vb_mux_stream **last = &turns->of[s->priority.urgency].last;
    struct vb_mux_stream *next;

    if (s->queued)
        return;
    next = successor(turns, s);
    s->queued = true;
    s->turn_next = next;
    s->turn_prev = next == NULL ? *last : next->turn_prev;
    if (s->turn_prev == NULL)
        *first = s;
    else
        s->turn_prev->turn_next = s;
    if (next == NULL)
        *last = s;
    else
        next->turn_prev = s;
}

void vb_mux_turn_leave(struct vb_mux_turns *turns, struct vb_mux_stream *s)
{
    if (!s->queued)
        return;
    s->queued = false;
    if (s->turn_prev == NULL)
        turns->of[s->priority.urgency].first = s->turn_next;
    else
        s->turn_prev->turn_next = s->turn_next;
    if (s->turn_next == NULL)
        turns->of[s->priority.urgency].last = s->turn_prev;
    else
        s->turn_next->turn_prev = s->turn_prev;
}

void vb_mux_turn_pass(struct vb_mux_turns *turns, struct vb_mux_stream *s,
                      bool more)
{
    bool last = turns->of[s->priority.urgency].last == s;

    if (s->queued && more && (!s->priority.incremental || last))
        return;
    vb_mux_turn_leave(turns, s);
    if (more)
        vb_mux_turn_join(turns, s);
}

struct vb_mux_stream *vb_mux_turn(const struct vb_mux_turns *turns)
{
    bool least = turns->passed % FAIRNESS == FAIRNESS - 1;

    for (size_t i = 0; i < VB_MUX_URGENCIES; i++) {
        size_t at = least ? VB_MUX_URGENCIES - 1 - i : i;

        if (turns->of[at].first != NULL)
            return turns->of[at].first;
    }
    return NULL;
}

void vb_mux_turn_set(struct vb_mux_turns *turns, struct vb_mux_stream *s,
                     struct vb_mux_priority priority)
{
    bool queued = s->queued;

    vb_mux_turn_leave(turns, s);
    s->priority = priority;
    if (queued)
        vb_mux_turn_join(turns, s);
}
