/* Reading what arrives, for a client. See filling.h. */
#include "gateway/filling.h"

#include "caching/partial.h"
#include "http/range.h"

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb_cached *c = VB_CONTAINER(source, struct vb_cached, source);
    enum vb_pull pulled;

    if (c->left == 0)
        return VB_PULL_END;
    pulled = vb_fill_read(c->reader, ret_bytes);
    c->reading = pulled == VB_PULL_PENDING ? VB_READING_WAITS : VB_READING_ON;
    if (pulled != VB_PULL_BYTES)
        return pulled;
    if (ret_bytes->len > c->left)
        *ret_bytes = vb_span_head(*ret_bytes, (size_t)c->left);
    c->left -= ret_bytes->len;
    return VB_PULL_BYTES;
}

/* Of a part, it is all there. */
static enum vb_pull pull_bytes(struct vb_source *source,
                               struct vb_span *ret_bytes)
{
    struct vb_cached *c = VB_CONTAINER(source, struct vb_cached, source);

    *ret_bytes = c->bytes;
    c->bytes = VB_SPAN("");
    return ret_bytes->len > 0 ? VB_PULL_BYTES : VB_PULL_END;
}

/* One range after another is opened, and read. */
static bool reads_ranges(const struct vb_cached *c)
{
    return c->x->ranges != NULL && c->x->ranges->count > 1;
}

bool vb__cached_is_read(const struct vb_cached *c)
{
    return c->reading != VB_READING_NOT || reads_ranges(c);
}

void vb__cached_stop_reading(struct vb_cached *c)
{
    vb_fill_reader_close(c->reader);
    c->reader = NULL;
    c->reading = VB_READING_NOT;
}

static void close_source(struct vb_source *source)
{
    struct vb_cached *c = VB_CONTAINER(source, struct vb_cached, source);

    if (reads_ranges(c)) /* there may be another one */
        c->reading = VB_READING_NOT;
    else
        vb__cached_stop_reading(c);
}

void vb__cached_read_on(struct vb_cached *c)
{
    if (c->reading != VB_READING_WAITS)
        return;
    c->reading = VB_READING_ON;
    c->x->carrier->output_ready(c->x);
}

static bool open_arriving(struct vb_cached *c, uint64_t first, uint64_t length)
{
    bool moves = first > 0 || reads_ranges(c);

    if (c->reader == NULL || (moves && !vb_fill_reader_seek(c->reader, first)))
        return false;
    c->reading = VB_READING_ON;
    c->left = length;
    c->source.pull = pull;
    c->source.close = close_source;
    return true;
}

static bool open_part(struct vb_cached *c, uint64_t first, uint64_t length)
{
    const struct vb_range range = {(int64_t)first,
                                   (int64_t)(first + length - 1)};

    c->bytes = vb_part_bytes(c->stored, &range);
    c->source.pull = pull_bytes;
    c->source.close = NULL;
    return c->bytes.ptr != NULL;
}

struct vb_source *vb__cached_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length)
{
    struct vb_cached *c = x->state;
    bool of_part = c->stored != NULL && c->stored->rep == x->current &&
                   c->stored->part.complete > 0;

    c->source.length = length == VB_LENGTH_UNKNOWN ? -1 : (int64_t)length;
    return (of_part ? open_part(c, first, length)
                    : open_arriving(c, first, length))
               ? &c->source
               : NULL;
}
