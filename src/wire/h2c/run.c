/*
 * What happens next on a client's connection, and how it ends.
 */
#include "base/assert.h"
#include "wire/h2c/inner.h"

void vb__h2c_mark(struct vb_h2c *c, struct vb_h2c_stream *s)
{
    c->marked = true;
    if (s != NULL && vb_list_empty(&s->mark))
        vb_list_append(&c->marks, &s->mark);
    if (!c->running && c->wire->wake != NULL)
        c->wire->wake(c->wire);
}

static bool do_next(struct vb_h2c *c)
{
    struct vb_link *mark;

    if (vb_list_empty(&c->marks))
        return c->output.queued < VB_H1_QUEUE_MAX && vb__h2c_send(c);
    mark = vb_list_pop(&c->marks);
    vb__h2c_content_go_on(VB_CONTAINER(mark, struct vb_h2c_stream, mark));
    return true;
}

void vb__h2c_run(struct vb_h2c *c)
{
    if (c->running)
        return;
    c->running = true;
    c->marked = false;
    while (c->phase == VB_H2C_OPEN && !c->broken && do_next(c)) {
    }
    vb__h2c_look_at_end(c);
    if (c->broken && c->phase != VB_H2C_OVER)
        vb__h2c_lost(c);
    c->running = false;
}

static struct vb_h2c_stream *first_of(const struct vb_h2c *c)
{
    return VB_CONTAINER(c->streams.next, struct vb_h2c_stream, link);
}

/* Nothing is begun from now on, and nothing read. */
static void begin_last(struct vb_h2c *c, enum vb_h2_code code)
{
    c->phase = VB_H2C_LAST;
    c->last_at = c->env->now.mono_ms;
    vb__h2c_put_goaway(c, code);
}

static const char *reason_of(enum vb_h2_code code)
{
    switch (code) {
    case VB_H2_FLOW_CONTROL_ERROR:
        return "More came than the windows of HTTP/2 allow.";
    case VB_H2_FRAME_SIZE_ERROR:
        return "A frame of HTTP/2 has a length that it cannot have.";
    case VB_H2_COMPRESSION_ERROR:
        return "The fields of HTTP/2 cannot be decompressed.";
    case VB_H2_ENHANCE_YOUR_CALM:
        return "The server floods the connection of HTTP/2.";
    default:
        return "A frame of HTTP/2 has no place where it came.";
    }
}

/* RFC 9113 section 5.4.1. */
void vb__h2c_fail(struct vb_h2c *c, enum vb_h2_code code)
{
    if (c->phase != VB_H2C_OPEN)
        return;
    begin_last(c, code);
    while (!vb_list_empty(&c->streams)) {
        if (code == VB_H2_INTERNAL_ERROR)
            vb__h2c_end(first_of(c), VB_CALL_NOMEM, NULL);
        else
            vb__h2c_end(first_of(c), VB_CALL_MALFORMED, reason_of(code));
    }
}

void vb__h2c_lost(struct vb_h2c *c)
{
    c->phase = VB_H2C_OVER;
    vb__h1_blocks_clear(&c->output, c->env);
    while (!vb_list_empty(&c->streams)) {
        if (c->broken)
            vb__h2c_end(first_of(c), VB_CALL_NOMEM, NULL);
        else
            vb__h2c_stream_lost(first_of(c));
    }
}

void vb__h2c_look_at_end(struct vb_h2c *c)
{
    if (c->phase == VB_H2C_OPEN && c->open == 0 &&
        (c->stopping || c->leaving || c->next_id > VB_H2_ID_MAX))
        begin_last(c, VB_H2_NO_ERROR);
    if (c->phase == VB_H2C_LAST && c->output.queued == 0)
        c->phase = VB_H2C_OVER;
}
