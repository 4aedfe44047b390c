/*
 * A reply's content on its way to the call: as it comes, and without a copy
 * unless the call has paused. Where it ends is said by the head, or by nothing
 * but a proper end of the connection.
 */
#include "wire/h1/trailers.h"
#include "wire/h1c/inner.h"

static void fail(struct vb_h1c *c, const char *why)
{
    vb__h1c_fail(c, VB_CALL_MALFORMED, why);
}

static void give(struct vb_h1c *c, struct vb_span bytes)
{
    if (c->call->ops->content(c->call, bytes) == VB_SINK_PAUSE)
        c->paused = true;
}

static bool take_length(struct vb_h1c *c, struct vb_span *in)
{
    struct vb_span bytes = *in;

    if (bytes.len > c->left)
        bytes.len = (size_t)c->left;
    if (bytes.len == 0)
        return false;
    *in = vb_span_from(*in, bytes.len);
    c->left -= bytes.len;
    if (c->left == 0)
        c->part = VB_H1C_ALL;
    give(c, bytes);
    return true;
}

static bool take_chunks(struct vb_h1c *c, struct vb_span *in)
{
    struct vb_span bytes = {NULL, 0};

    switch (vb_chunked_next(&c->chunked, in, &bytes)) {
    case VB_CHUNKED_DATA:
        give(c, bytes);
        return true;
    case VB_CHUNKED_LAST:
        c->part = VB_H1C_TRAILERS;
        return true;
    case VB_CHUNKED_BAD:
        fail(c, "A chunk is malformed.");
        return true;
    case VB_CHUNKED_LARGE:
        fail(c, "There are too many chunk extensions.");
        return true;
    case VB_CHUNKED_MORE:
        break;
    }
    return false;
}

/* Where anything is wrong with them the call has none. */
static bool take_trailers(struct vb_h1c *c, struct vb_span *in)
{
    struct vb_call *call = c->call;
    struct vb_fields *fields = NULL;
    const struct vb_h1_trailers to = {call->arena, &call->limits->head,
                                      &fields};
    struct vb_verdict why;

    if (!vb__h1_trailers_next(&to, &c->scanned, in, &why))
        return false;
    if (why.status != 0) {
        vb__h1c_fail(c,
                     why.status == VB_STATUS_BAD_REQUEST ? VB_CALL_MALFORMED
                                                         : VB_CALL_TOO_LARGE,
                     why.reason);
        return true;
    }
    call->trailers_in = fields;
    c->part = VB_H1C_ALL;
    return true;
}

/* Whatever comes. */
static bool take_any(struct vb_h1c *c, struct vb_span *in)
{
    struct vb_span bytes = *in;

    if (bytes.len == 0)
        return false;
    *in = vb_span_from(bytes, bytes.len);
    give(c, bytes);
    return true;
}

bool vb__h1c_take_content(struct vb_h1c *c, struct vb_span *in)
{
    if (c->paused)
        return false;
    switch ((enum vb_h1c_part)c->part) {
    case VB_H1C_LENGTH:
        return take_length(c, in);
    case VB_H1C_CHUNKED:
        return take_chunks(c, in);
    case VB_H1C_TRAILERS:
        return take_trailers(c, in);
    case VB_H1C_TO_CLOSE:
    case VB_H1C_RAW:
        return take_any(c, in);
    case VB_H1C_HEAD:
    case VB_H1C_ALL:
        break;
    }
    return false;
}
