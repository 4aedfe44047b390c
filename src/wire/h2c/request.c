/* The head of a request: its pseudo-fields and fields (RFC 9113 section 8.3.1),
 * compressed. */
#include "http/request_target.h"
#include "wire/h2c/inner.h"

/* :path of a target as HTTP/1.1 has it; "" with CONNECT. False: it has no
 * place in HTTP/2. */
static bool path_of(const struct vb_call *call, struct vb_span *ret_path)
{
    struct vb_span target = call->target;
    struct vb_target parts;

    *ret_path = target;
    if (call->method == VB_METHOD_CONNECT && call->protocol.len == 0) {
        *ret_path = VB_SPAN("");
        return call->authority.len > 0;
    }
    if (target.ptr[0] == '/' || vb_span_eq(target, VB_SPAN("*")))
        return true;
    if (!vb_target_parse(call->method, target, &parts) ||
        parts.form != VB_TARGET_ABSOLUTE)
        return false;
    *ret_path = parts.path;
    if (parts.path.len == 0)
        *ret_path = VB_SPAN("/");
    else if (parts.query.ptr != NULL)
        ret_path->len += 1 + parts.query.len;
    return parts.path.len > 0 || parts.query.ptr == NULL;
}

/* HEADERS and CONTINUATION (RFC 9113 section 4.3). */
static void put_block(struct vb_h2c_stream *s, struct vb_span block,
                      uint8_t flags)
{
    uint8_t type = VB_H2_HEADERS;

    do {
        struct vb_span part = vb_span_head(block, VB_H2_FRAME_MAX);

        block = vb_span_from(block, part.len);
        if (block.len == 0)
            flags |= VB_H2_END_HEADERS;
        vb__h2c_put(s->c, type, flags, s->id, part);
        type = VB_H2_CONTINUATION;
        flags = 0;
    } while (block.len > 0);
}

bool vb__h2c_put_section(struct vb_h2c_stream *s,
                         const struct vb_section *section, uint8_t flags)
{
    struct vb_h2c *c = s->c;
    const nghttp2_nv *nv = vb__h2_nv_of(section);
    size_t bound;
    uint8_t *block;
    ssize_t n;

    if (nv == NULL)
        return false;
    bound = nghttp2_hd_deflate_bound(c->deflater, nv, section->count);
    block = vb_heap_alloc(&c->env->heap, bound);
    if (block == NULL)
        return false;
    n = nghttp2_hd_deflate_hd(c->deflater, block, bound, nv, section->count);
    if (n < 0) /* it leaves a table that nobody shares */
        c->broken = true;
    else
        put_block(s, vb_span_of((const char *)block, (size_t)n), flags);
    vb_heap_free(&c->env->heap, block);
    return !c->broken;
}

/* What is to be sent behind the head. */
static enum vb_h2c_sending sending_of(const struct vb_call *call)
{
    if (vb_call_switches(call))
        return VB_H2C_WAITING;
    if (call->content == NULL ||
        (call->content->length == 0 && call->trailers == NULL))
        return VB_H2C_SENT;
    return call->expects ? VB_H2C_HELD : VB_H2C_PULLING;
}

enum vb_err vb__h2c_say(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;
    struct vb_call *call = s->call;
    enum vb_h2c_sending sending = sending_of(call);
    struct vb_section section;
    struct vb_span path;

    if (!path_of(call, &path))
        return VB_ERR_INVALID;
    if (!vb_section_request(&section, call, path))
        return VB_ERR_NOMEM;
    s->at = c->sent + c->output.queued;
    vb__h2c_stream_number(s);
    if (!vb__h2c_put_section(s, &section,
                             sending == VB_H2C_SENT ? VB_H2_END_STREAM : 0))
        return VB_ERR_NOMEM;
    s->sending = (uint8_t)sending;
    s->asked = s->moved = c->env->now.mono_ms;
    call->content_sent = sending == VB_H2C_SENT && call->content != NULL;
    vb__h2c_turn_join(s);
    return VB_OK;
}
