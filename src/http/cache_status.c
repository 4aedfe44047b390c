/* Writing Cache-Status: see cache_status.h. */
#include "http/cache_status.h"

#include "base/assert.h"
#include "http/chars.h"
#include "http/scan.h"
#include "http/sf.h"

static const struct vb_span fwd_tokens[] = {
    [VB_CACHE_FWD_BYPASS] = VB_SPAN_INIT("bypass"),
    [VB_CACHE_FWD_METHOD] = VB_SPAN_INIT("method"),
    [VB_CACHE_FWD_URI_MISS] = VB_SPAN_INIT("uri-miss"),
    [VB_CACHE_FWD_VARY_MISS] = VB_SPAN_INIT("vary-miss"),
    [VB_CACHE_FWD_MISS] = VB_SPAN_INIT("miss"),
    [VB_CACHE_FWD_REQUEST] = VB_SPAN_INIT("request"),
    [VB_CACHE_FWD_STALE] = VB_SPAN_INIT("stale"),
    [VB_CACHE_FWD_PARTIAL] = VB_SPAN_INIT("partial"),
};

/* What a String may hold (RFC 9651 section 3.3.3). */
static bool is_string(struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

static bool is_token(struct vb_span text)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr;

    while ((at = vb_scan->token(at, end)) < end && (*at == ':' || *at == '/'))
        at++;
    return text.len > 0 && at == end &&
           (vb_char_is(text.ptr[0], VB_CHAR_ALPHA) || text.ptr[0] == '*');
}

static void write_string(struct vb_buf *buf, struct vb_span text)
{
    (void)vb_sf_write_item(
        buf,
        &(struct vb_sf_item){.value = {.type = VB_SF_STRING, .text = text}});
}

/* Parameters are written as they are: their keys are ours, and are right. */
static void write_flag(struct vb_buf *buf, struct vb_span param, bool is_so)
{
    if (is_so)
        vb_buf_append(buf, param);
}

static void write_integer(struct vb_buf *buf, struct vb_span param, int64_t n)
{
    vb_buf_append(buf, param);
    vb_buf_i64(buf, n);
}

static void write_text(struct vb_buf *buf, struct vb_span param,
                       struct vb_span text)
{
    if (!is_string(text))
        return;
    vb_buf_append(buf, param);
    write_string(buf, text);
}

static void describe(struct vb_buf *buf, const struct vb_cache_status *status)
{
    vb_assert(!status->hit || status->fwd == VB_CACHE_FWD_NONE);
    write_flag(buf, VB_SPAN(";hit"), status->hit);
    if (status->fwd != VB_CACHE_FWD_NONE) {
        vb_buf_append(buf, VB_SPAN(";fwd="));
        vb_buf_append(buf, fwd_tokens[status->fwd]);
    }
    if (status->fwd_status != 0)
        write_integer(buf, VB_SPAN(";fwd-status="), status->fwd_status);
    if (status->has_ttl)
        write_integer(buf, VB_SPAN(";ttl="), status->ttl);
    write_flag(buf, VB_SPAN(";stored"), status->stored);
    write_flag(buf, VB_SPAN(";collapsed"), status->collapsed);
    write_text(buf, VB_SPAN(";key="), status->key);
    write_text(buf, VB_SPAN(";detail="), status->detail);
}

enum vb_err vb_cache_status_write(struct vb_buf *buf,
                                  const struct vb_cache_status *status)
{
    if (is_token(status->cache))
        vb_buf_append(buf, status->cache);
    else if (is_string(status->cache))
        write_string(buf, status->cache);
    else
        return VB_ERR_INVALID;
    describe(buf, status);
    return buf->err;
}

bool vb_cache_status_pass_on(struct vb_buf *buf, struct vb_arena *arena,
                             const struct vb_span *lines, size_t count)
{
    struct vb_sf_list list;

    if (vb_sf_parse_list(arena, lines, count, &list) != VB_OK)
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (list.members[i].item.value.type != VB_SF_STRING &&
            list.members[i].item.value.type != VB_SF_TOKEN)
            return false;
    return list.count > 0 && vb_sf_write_list(buf, &list) == VB_OK;
}
