/* Reading what arrives, for a client. See filling.h. */
#include "gateway/filling.h"

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb_cached *c = VB_CONTAINER(source, struct vb_cached, source);
    enum vb_pull pulled = vb_fill_read(c->reader, ret_bytes);

    c->reading = pulled == VB_PULL_PENDING ? VB_READING_WAITS : VB_READING_ON;
    return pulled;
}

void vb__cached_stop_reading(struct vb_cached *c)
{
    vb_fill_reader_close(c->reader);
    c->reader = NULL;
    c->reading = VB_READING_NOT;
}

static void close_source(struct vb_source *source)
{
    vb__cached_stop_reading(VB_CONTAINER(source, struct vb_cached, source));
}

void vb__cached_read_on(struct vb_cached *c)
{
    if (c->reading != VB_READING_WAITS)
        return;
    c->reading = VB_READING_ON;
    c->x->carrier->output_ready(c->x);
}

struct vb_source *vb__cached_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length)
{
    struct vb_cached *c = x->state;

    if (first != 0 || c->reader == NULL)
        return NULL;
    c->reading = VB_READING_ON;
    c->source = (struct vb_source){
        .pull = pull,
        .close = close_source,
        .length = length == VB_LENGTH_UNKNOWN ? -1 : (int64_t)length,
    };
    return &c->source;
}
