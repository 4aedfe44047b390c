/* Forwarded: see forwarded.h. */
#include "http/forwarded.h"

#include "http/authority.h"
#include "http/chars.h"
#include "http/param_text.h"
#include "http/quoted.h"
#include "http/uri_char.h"

/* obfnode and obfport: "_" 1*( ALPHA / DIGIT / "." / "_" / "-" ) */
static bool is_obfuscated(struct vb_span s)
{
    if (s.len < 2 || s.ptr[0] != '_')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!vb_char_is(s.ptr[i], VB_CHAR_ALPHA | VB_CHAR_DIGIT) &&
            s.ptr[i] != '.' && s.ptr[i] != '_' && s.ptr[i] != '-')
            return false;
    return true;
}

/* node-port = 1*5DIGIT / obfport; as a number it must be a port. */
static bool is_port(struct vb_span s)
{
    int64_t port;

    if (is_obfuscated(s))
        return true;
    return s.len <= 5 && vb_span_i64(s, &port) && port <= 65535;
}

/* nodename = IPv4address / "[" IPv6address "]" / "unknown" / obfnode */
static bool read_name(struct vb_node *node)
{
    struct vb_authority host;

    if (vb_span_ieq(node->name, VB_SPAN("unknown"))) {
        node->kind = VB_NODE_UNKNOWN;
        return true;
    }
    if (is_obfuscated(node->name)) {
        node->kind = VB_NODE_OBFUSCATED;
        return true;
    }
    if (!vb_authority_parse_host(node->name, &host) ||
        (host.kind != VB_HOST_IPV4 && host.kind != VB_HOST_IPV6) ||
        host.host.len != node->name.len)
        return false;
    node->kind = host.kind == VB_HOST_IPV4 ? VB_NODE_IPV4 : VB_NODE_IPV6;
    memcpy(node->address, host.address, sizeof(node->address));
    return true;
}

bool vb_node_parse(struct vb_span text, struct vb_node *ret_node)
{
    struct vb_node node = {.name = text};
    ssize_t bracket = vb_span_find(text, ']', 0);
    ssize_t colon = vb_span_find(text, ':', bracket < 0 ? 0 : (size_t)bracket);

    if (colon >= 0) {
        node.name = vb_span_head(text, (size_t)colon);
        node.port = vb_span_from(text, (size_t)colon + 1);
        if (!is_port(node.port))
            return false;
    }
    if (!read_name(&node))
        return false;
    *ret_node = node;
    return true;
}

static bool is_node(struct vb_span text)
{
    struct vb_node ignored;

    return vb_node_parse(text, &ignored);
}

/* 7239-5.3-01: a valid Host. */
static bool is_host(struct vb_span text)
{
    struct vb_authority authority;

    return vb_authority_parse_host(text, &authority) &&
           authority.kind != VB_HOST_EMPTY;
}

/* 7239-5.4-01, RFC 3986 section 3.1. */
static bool is_scheme(struct vb_span text)
{
    if (text.len == 0 || !vb_char_is(text.ptr[0], VB_CHAR_ALPHA))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!vb__uri_is(text.ptr[i], VB__URI_SCHEME))
            return false;
    return true;
}

/* The parameters, in the order they are written. */
static const struct {
    struct vb_span name;
    size_t offset; /* in struct vb_forwarded */
    bool (*is_valid)(struct vb_span text);
} infos[] = {
    {VB_SPAN_INIT("for"), offsetof(struct vb_forwarded, for_), is_node},
    {VB_SPAN_INIT("by"), offsetof(struct vb_forwarded, by), is_node},
    {VB_SPAN_INIT("host"), offsetof(struct vb_forwarded, host), is_host},
    {VB_SPAN_INIT("proto"), offsetof(struct vb_forwarded, proto), is_scheme},
};

enum { INFO_COUNT = sizeof(infos) / sizeof(infos[0]) };

static struct vb_span *slot(struct vb_forwarded *forwarded, size_t i)
{
    return (void *)((char *)forwarded + infos[i].offset);
}

static enum vb_err add(struct vb_arena *arena, const struct vb_param *param,
                       struct vb_forwarded *forwarded)
{
    struct vb_span text;
    enum vb_err err;
    size_t i = 0;

    while (i < INFO_COUNT && !vb_span_ieq(param->name, infos[i].name))
        i++;
    if (i == INFO_COUNT)
        return VB_OK;
    if (slot(forwarded, i)->ptr != NULL)
        return VB_ERR_SYNTAX;
    err = vb_param_text(arena, param, &text);
    if (err != VB_OK)
        return err;
    if (!infos[i].is_valid(text))
        return VB_ERR_SYNTAX;
    *slot(forwarded, i) = text;
    return VB_OK;
}

/* forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] ) */
static enum vb_err read_element(struct vb_arena *arena, struct vb_span element,
                                struct vb_forwarded *forwarded)
{
    struct vb_params params;
    struct vb_param param;
    enum vb_err err = VB_OK;
    size_t len = 0;

    if (element.ptr[0] != ';') {
        len = vb_param_read(element, VB_PARAMS_USUAL, &param);
        if (len == 0)
            return VB_ERR_SYNTAX;
        err = add(arena, &param, forwarded);
    }
    vb_params_init(&params, vb_span_from(element, len), VB_PARAMS_USUAL);
    while (err == VB_OK && vb_params_next(&params, &param))
        err = add(arena, &param, forwarded);
    return params.malformed ? VB_ERR_SYNTAX : err;
}

void vb_forwardeds_init(struct vb_forwardeds *forwardeds,
                        struct vb_arena *arena, const struct vb_span *lines,
                        size_t count)
{
    *forwardeds = (struct vb_forwardeds){.arena = arena};
    vb_elements_init(&forwardeds->elements, lines, count, VB_ELEMENTS_USUAL);
}

bool vb_forwardeds_next(struct vb_forwardeds *forwardeds,
                        struct vb_forwarded *ret_forwarded)
{
    struct vb_forwarded forwarded = {.for_ = {NULL, 0}};
    struct vb_span element;

    if (forwardeds->err != VB_OK ||
        !vb_elements_next(&forwardeds->elements, &element))
        return false;
    forwardeds->err = read_element(forwardeds->arena, element, &forwarded);
    if (forwardeds->err != VB_OK)
        return false;
    *ret_forwarded = forwarded;
    return true;
}

enum vb_err vb_forwarded_write(struct vb_buf *buf,
                               const struct vb_forwarded *forwarded)
{
    struct vb_forwarded copy = *forwarded;
    const char *before = "";
    bool any = false;

    for (size_t i = 0; i < INFO_COUNT; i++) {
        struct vb_span value = *slot(&copy, i);

        if (value.ptr == NULL)
            continue;
        any = true;
        if (!infos[i].is_valid(value))
            return VB_ERR_INVALID;
    }
    for (size_t i = 0; i < INFO_COUNT; i++) {
        struct vb_span value = *slot(&copy, i);

        if (value.ptr == NULL)
            continue;
        vb_buf_str(buf, before);
        vb_buf_append(buf, infos[i].name);
        vb_buf_char(buf, '=');
        if (vb_token_valid(value))
            vb_buf_append(buf, value);
        else
            vb_quoted_append(buf, value);
        before = ";";
    }
    return any ? buf->err : VB_ERR_INVALID;
}
