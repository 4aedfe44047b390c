/* Writing Cache-Status: see cache_status.h. */
#include "http/cache_status.h"

#include "base/assert.h"
#include "http/chars.h"
#include "http/sf.h"

/* All that a member may have: section 2. */
#define PARAMS_MAX 8

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

struct member {
    struct vb_sf_param params[PARAMS_MAX];
    size_t count;
};

static void add(struct member *member, const char *key,
                struct vb_sf_value value)
{
    vb_assert(member->count < PARAMS_MAX);
    member->params[member->count++] =
        (struct vb_sf_param){vb_span_str(key), value};
}

static void add_integer(struct member *member, const char *key, int64_t n)
{
    add(member, key, (struct vb_sf_value){.type = VB_SF_INTEGER, .integer = n});
}

static void add_flag(struct member *member, const char *key, bool is_so)
{
    if (is_so)
        add(member, key,
            (struct vb_sf_value){.type = VB_SF_BOOLEAN, .boolean = true});
}

/* What a String may hold (RFC 9651 section 3.3.3). */
static bool is_string(struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

static void add_string(struct member *member, const char *key,
                       struct vb_span text)
{
    if (is_string(text))
        add(member, key,
            (struct vb_sf_value){.type = VB_SF_STRING, .text = text});
}

static bool is_token(struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!vb_char_is(text.ptr[i], VB_CHAR_TCHAR) && text.ptr[i] != ':' &&
            text.ptr[i] != '/')
            return false;
    return text.len > 0 &&
           (vb_char_is(text.ptr[0], VB_CHAR_ALPHA) || text.ptr[0] == '*');
}

static void describe(struct member *member,
                     const struct vb_cache_status *status)
{
    vb_assert(!status->hit || status->fwd == VB_CACHE_FWD_NONE);
    add_flag(member, "hit", status->hit);
    if (status->fwd != VB_CACHE_FWD_NONE)
        add(member, "fwd",
            (struct vb_sf_value){.type = VB_SF_TOKEN,
                                 .text = fwd_tokens[status->fwd]});
    if (status->fwd_status != 0)
        add_integer(member, "fwd-status", status->fwd_status);
    if (status->has_ttl)
        add_integer(member, "ttl", status->ttl);
    add_flag(member, "stored", status->stored);
    add_flag(member, "collapsed", status->collapsed);
    add_string(member, "key", status->key);
    add_string(member, "detail", status->detail);
}

enum vb_err vb_cache_status_write(struct vb_buf *buf,
                                  const struct vb_cache_status *status)
{
    struct member member;
    struct vb_sf_item item = {
        .value = {.type = is_token(status->cache) ? VB_SF_TOKEN : VB_SF_STRING,
                  .text = status->cache},
        .params = member.params,
    };

    if (!is_string(status->cache))
        return VB_ERR_INVALID;
    member.count = 0;
    describe(&member, status);
    item.param_count = member.count;
    return vb_sf_write_item(buf, &item);
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
