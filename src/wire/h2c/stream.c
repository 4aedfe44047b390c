/* The life of a stream: as long as its call, in whose arena it is. */
#include "base/assert.h"
#include "base/clock.h"
#include "wire/h2c/inner.h"

static struct vb_h2c_stream **bucket_of(struct vb_h2c *c, uint32_t id)
{
    return &c->buckets[id / 2 % VB_H2C_BUCKETS];
}

struct vb_h2c_stream *vb__h2c_find(const struct vb_h2c *c, uint32_t id)
{
    struct vb_h2c_stream *s = c->buckets[id / 2 % VB_H2C_BUCKETS];

    while (s != NULL && s->id != id)
        s = s->chain;
    return s;
}

struct vb_h2c_stream *vb__h2c_stream_new(struct vb_h2c *c, struct vb_call *call)
{
    struct vb_h2c_stream *s = vb_arena_calloc(call->arena, 1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->c = c;
    s->call = call;
    s->window = c->initial;
    s->credit.left = VB_MUX_STREAM_WINDOW;
    s->owed = call->content == NULL ? -1 : call->content->length;
    s->expected = -1;
    s->asked = s->moved = c->env->now.mono_ms;
    vb_buf_init(&s->waiting, 2 * (size_t)VB_MUX_STREAM_WINDOW);
    vb_list_init(&s->turn);
    vb_list_init(&s->mark);
    vb_list_append(&c->streams, &s->link);
    c->open++;
    return s;
}

void vb__h2c_stream_number(struct vb_h2c_stream *s)
{
    struct vb_h2c_stream **bucket = bucket_of(s->c, s->c->next_id);

    s->id = s->c->next_id;
    s->c->next_id += 2;
    s->chain = *bucket;
    *bucket = s;
}

void vb__h2c_stream_remove(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;

    if (s->id != 0) {
        struct vb_h2c_stream **at = bucket_of(c, s->id);

        while (*at != s)
            at = &(*at)->chain;
        *at = s->chain;
    }
    if (c->section.stream == s)
        c->section.stream = NULL;
    vb_list_remove(&s->link);
    vb_list_remove(&s->turn);
    vb_list_remove(&s->mark);
    c->open--;
    c->waiting -= s->waiting.len;
    vb_buf_done(&s->waiting);
    vb__h2c_took(c, 0);
    if (c->open == 0)
        c->client->idle_since = c->env->now.mono_ms;
}

void vb__h2c_end(struct vb_h2c_stream *s, enum vb_call_end end, const char *why)
{
    struct vb_h2c *c = s->c;
    struct vb_call *call = s->call;

    if (end == VB_CALL_WHOLE) {
        call->trailers_in = s->trailers;
        vb_mux_budget_gain(&c->budget, VB_GAIN_REPLY);
    } else {
        call->why = why;
    }
    vb__h2c_stream_remove(s);
    call->ops->end(call, end);
    if (c->client->changed != NULL && c->client->ops->room(c->client) > 0)
        c->client->changed(c->client);
}

void vb__h2c_abort(struct vb_h2c_stream *s, enum vb_call_end end,
                   const char *why, enum vb_h2_code code)
{
    if (s->id != 0)
        vb__h2c_put_reset(s->c, s->id, code);
    vb__h2c_end(s, end, why);
}

void vb__h2c_stream_lost(struct vb_h2c_stream *s)
{
    if (s->call->begun)
        vb__h2c_end(s, VB_CALL_CUT, NULL);
    else if (s->id != 0 && s->c->sent > s->at)
        vb__h2c_end(s, VB_CALL_CLOSED, NULL);
    else
        vb__h2c_end(s, VB_CALL_UNSEEN, NULL);
}

/* --- Time -------------------------------------------------------------------
 */

static enum vb_call_wait wait_of(const struct vb_h2c_stream *s)
{
    bool head = s->part == VB_H2C_HEAD;

    if (s->paused || (head && s->sending == VB_H2C_PULLING && s->pending))
        return VB_CALL_FOR_CALLER;
    if (head && s->sending != VB_H2C_PULLING && s->sending != VB_H2C_HELD)
        return VB_CALL_FOR_HEAD;
    return VB_CALL_FOR_PROGRESS;
}

static int64_t held_deadline(const struct vb_h2c_stream *s)
{
    return s->sending == VB_H2C_HELD ? s->asked + VB_CALL_EXPECT_MS
                                     : VB_TIME_NEVER;
}

int64_t vb__h2c_stream_deadline(const struct vb_h2c_stream *s)
{
    enum vb_call_wait wait = wait_of(s);
    int64_t held = held_deadline(s);
    int64_t late = vb_call_deadline(
        s->call, wait, wait == VB_CALL_FOR_HEAD ? s->asked : s->moved);

    return late < held ? late : held;
}

/* Where nothing at all has come since the call began, it is the connection that
 * is dead, as far as anybody can tell: no more calls for it. */
void vb__h2c_stream_late(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;

    if (held_deadline(s) <= c->env->now.mono_ms) {
        s->sending = VB_H2C_PULLING;
        vb__h2c_turn_join(s);
        return;
    }
    if (c->heard < s->call->begun_ms)
        c->stopping = true;
    vb__h2c_abort(s, VB_CALL_LATE, NULL, VB_H2_CANCEL);
}
