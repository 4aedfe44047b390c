/* The life of a stream: as long as its exchange, whose arena it is in. */
#include "base/assert.h"
#include "wire/h2/inner.h"

/* --- Ids (RFC 9113 section 5.1.1) --------------------------------------------
 */

static size_t bucket_of(uint32_t id)
{
    return id / 2 % VB_H2_BUCKETS;
}

static size_t past_of(uint32_t id)
{
    return id / 2 % VB_H2_PAST;
}

struct vb_h2_stream *vb__h2_stream_find(const struct vb_h2 *h2, uint32_t id)
{
    struct vb_h2_stream *s = h2->buckets[bucket_of(id)];

    while (s != NULL && s->id != id)
        s = s->chain;
    return s;
}

static void end_idle(struct vb_h2 *h2, uint32_t id, enum vb_h2_past past)
{
    size_t at = past_of(id);

    h2->past[at] = (uint8_t)past;
    h2->told[at / 64] &= ~(UINT64_C(1) << at % 64);
}

/* Unless it gets an exchange, we reset it, or say nothing of it. */
void vb__h2_stream_reach(struct vb_h2 *h2, uint32_t id)
{
    uint32_t from = h2->highest;

    if (id - from > 2 * VB_H2_PAST)
        from = id - 2 * VB_H2_PAST;
    for (from = (from + 1) | 1; from < id; from += 2)
        end_idle(h2, from, VB_H2_SKIPPED);
    end_idle(h2, id, VB_H2_RESET);
    h2->highest = id;
}

/* What is so far ahead that no bit is its own is none that is to come soon. */
bool vb__h2_stream_tell(struct vb_h2 *h2, uint32_t id)
{
    size_t at = past_of(id);
    unsigned count = h2->open;

    if (id - h2->highest > 2 * VB_H2_PAST)
        return true;
    h2->told[at / 64] |= UINT64_C(1) << at % 64;
    for (size_t i = 0; i < VB_H2_PAST / 64; i++)
        count += (unsigned)__builtin_popcountll(h2->told[i]);
    return count <= VB_MUX_STREAMS_MAX;
}

enum vb_h2_past vb__h2_stream_past(const struct vb_h2 *h2, uint32_t id)
{
    if (id % 2 == 0 || h2->highest - id >= 2 * VB_H2_PAST)
        return VB_H2_SKIPPED;
    return (enum vb_h2_past)h2->past[past_of(id)];
}

/* --- Life --------------------------------------------------------------------
 */

static void link_stream(struct vb_h2_stream *s)
{
    struct vb_h2 *h2 = s->h2;
    struct vb_h2_stream **bucket = &h2->buckets[bucket_of(s->id)];

    s->chain = *bucket;
    *bucket = s;
    s->next = h2->streams;
    if (s->next != NULL)
        s->next->prev = s;
    h2->streams = s;
    h2->open++;
}

static void unlink_stream(struct vb_h2_stream *s)
{
    struct vb_h2 *h2 = s->h2;
    struct vb_h2_stream **at = &h2->buckets[bucket_of(s->id)];

    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    if (s->prev == NULL)
        h2->streams = s->next;
    else
        s->prev->next = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    h2->open--;
    if (h2->streams == NULL && !h2->stopping)
        h2->read_since = h2->env->now.mono_ms;
}

struct vb_h2_stream *vb__h2_stream_new(struct vb_h2 *h2, uint32_t id)
{
    struct vb_exchange *x = vb_exchange_new(h2->env);
    struct vb_h2_stream *s;

    if (x == NULL)
        return NULL;
    s = vb_arena_calloc(&x->arena, 1, sizeof(*s));
    if (s == NULL) {
        vb_exchange_release(x);
        return NULL;
    }
    s->h2 = h2;
    s->id = id;
    s->window = h2->initial;
    s->credit.left = VB_MUX_STREAM_WINDOW;
    vb_mux_begin(&s->mux, &vb__h2_mux_ops, x, h2->wire->peer->secure);
    s->mux.id = id;
    vb_mux_early_recall(&h2->early, &s->mux);
    link_stream(s);
    h2->processed = id;
    return s;
}

/* A client can make us reset a stream, which is no better than doing it. */
static void settle(struct vb_h2 *h2, bool well)
{
    if (well)
        vb_mux_budget_gain(&h2->budget, VB_GAIN_REPLY);
    else
        vb__h2_spend(h2, VB_COST_RESET);
}

void vb__h2_stream_close(struct vb_h2_stream *s, enum vb_h2_past past,
                         bool well)
{
    struct vb_h2 *h2 = s->h2;

    vb_assert(!s->mux.closed);
    s->mux.closed = true;
    if (h2->section.stream == s)
        h2->section.stream = NULL;
    if (h2->highest - s->id < 2 * VB_H2_PAST)
        h2->past[past_of(s->id)] = (uint8_t)past;
    vb_mux_turn_leave(&h2->turns, &s->mux);
    vb_mux_delist(&h2->marks, &s->mux);
    vb_mux_content_drop(&s->mux);
    unlink_stream(s);
    settle(h2, well);
    vb_mux_content_lose(&s->mux);
    if (s->pieces == 0)
        vb_mux_end(&s->mux);
}

void vb__h2_stream_piece_done(struct vb_h2_stream *s)
{
    vb_assert(s->pieces > 0);
    s->pieces--;
    if (s->pieces > 0)
        return;
    if (s->mux.closed) {
        vb_mux_end(&s->mux);
    } else if (s->held) { /* its source may be asked for more */
        s->held = false;
        vb__h2_turn_join(s);
        if (s->mux.both)
            vb_mux_enlist(&s->h2->marks, &s->mux);
    }
}

/* --- Errors (RFC 9113 section 5.4.2) -----------------------------------------
 */

void vb__h2_break(struct vb_h2_stream *s, enum vb_h2_code code)
{
    struct vb_h2 *h2 = s->h2;

    if (s->broken || s->mux.closed)
        return;
    s->broken = true;
    s->code = (uint8_t)code;
    vb_mux_turn_leave(&h2->turns, &s->mux);
    vb_mux_enlist(&h2->marks, &s->mux);
}

void vb__h2_stream_abort(struct vb_h2_stream *s)
{
    vb__h2_put_reset(s->h2, s->id, (enum vb_h2_code)s->code);
    vb__h2_stream_close(s, VB_H2_RESET, false);
}

void vb__h2_stream_error(struct vb_h2 *h2, uint32_t id, enum vb_h2_code code)
{
    struct vb_h2_stream *s = vb__h2_stream_find(h2, id);

    if (s != NULL)
        vb__h2_break(s, code);
    else if (id > h2->highest || id % 2 == 0) /* no reset of what is idle */
        vb__h2_give_up(h2, code);
}

/* --- Time -------------------------------------------------------------------
 */

int64_t vb__h2_stream_deadline(const struct vb_h2_stream *s)
{
    /* With nothing queued, it waits for its window to open. */
    return vb_mux_deadline(&s->mux, s->h2->moved,
                           s->h2->output.queued == 0 && !s->mux.deferred);
}

void vb__h2_stream_late(struct vb_h2_stream *s)
{
    if (s->mux.state == VB_MUX_HEAD && !s->broken) {
        /* What compresses other heads is in it: no other can be read. */
        vb__h2_give_up(s->h2, VB_H2_ENHANCE_YOUR_CALM);
        return;
    }
    s->mux.since = s->mux.x->env->now.mono_ms;
    if (vb_mux_receives_content(&s->mux)) {
        vb_mux_content_fail(&s->mux, &vb_content_late);
        vb__h2_mark(s);
    } else {
        vb__h2_break(s, VB_H2_CANCEL);
    }
}
