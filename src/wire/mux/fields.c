/*
 * What a field section may hold: RFC 9113 sections 8.2 and 8.3,
 * RFC 9114 sections 4.2, 4.3 and 10.3. What is not so makes its message
 * malformed. What the lines mean is for head.c and the builder.
 */
#include "http/scan.h"
#include "wire/mux/mux.h"

static const struct {
    struct vb_span name;
    uint8_t bit;
} pseudo[] = {{VB_SPAN_INIT(":method"), VB_MUX_METHOD},
              {VB_SPAN_INIT(":scheme"), VB_MUX_SCHEME},
              {VB_SPAN_INIT(":authority"), VB_MUX_AUTHORITY},
              {VB_SPAN_INIT(":path"), VB_MUX_PATH},
              {VB_SPAN_INIT(":protocol"), VB_MUX_PROTOCOL}};

/* All of them (RFC 8441 section 4, RFC 9220 section 3). */
#define EXTENDED_CONNECT                                                       \
    (VB_MUX_METHOD | VB_MUX_SCHEME | VB_MUX_AUTHORITY | VB_MUX_PATH |          \
     VB_MUX_PROTOCOL)

/* About the connection, which has other means for that (8.2.2; 4.2). */
static const struct vb_span of_connection[] = {
    VB_SPAN_INIT("connection"), VB_SPAN_INIT("keep-alive"),
    VB_SPAN_INIT("proxy-connection"), VB_SPAN_INIT("transfer-encoding"),
    VB_SPAN_INIT("upgrade")};

/* Known, before all fields, and once. */
static bool pseudo_is_fine(struct vb_mux_stream *s, struct vb_span name)
{
    for (size_t i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++) {
        if (!vb_span_eq(name, pseudo[i].name))
            continue;
        if (s->fields || (s->pseudo & pseudo[i].bit) != 0)
            return false;
        if (pseudo[i].bit == VB_MUX_PROTOCOL &&
            !s->x->env->limits->extended_connect)
            return false; /* nobody was told of it (RFC 8441 section 3) */
        s->pseudo |= pseudo[i].bit;
        return true;
    }
    return false;
}

/* A token in lower case. */
static bool name_is_fine(struct vb_span name)
{
    const char *end = name.ptr + name.len;

    if (name.len == 0 || vb_scan->token(name.ptr, end) != end)
        return false;
    for (const char *at = name.ptr; at < end; at++)
        if (*at >= 'A' && *at <= 'Z')
            return false;
    return true;
}

static bool value_is_fine(struct vb_span value)
{
    const char *end = value.ptr + value.len;

    return vb_scan->text(value.ptr, end) == end &&
           vb_span_trim(value).len == value.len;
}

static bool is_of_connection(struct vb_span name, struct vb_span value)
{
    for (size_t i = 0; i < sizeof(of_connection) / sizeof(of_connection[0]);
         i++)
        if (vb_span_eq(name, of_connection[i]))
            return true;
    return vb_span_eq(name, VB_SPAN("te")) &&
           !vb_span_ieq(value, VB_SPAN("trailers"));
}

bool vb_mux_line_is_fine(struct vb_span name, struct vb_span value)
{
    return name_is_fine(name) && value_is_fine(value) &&
           !is_of_connection(name, value);
}

bool vb_mux_field_is_fine(struct vb_mux_stream *s, struct vb_span name,
                          struct vb_span value, bool head)
{
    if (name.len > 0 && name.ptr[0] == ':')
        return head && value_is_fine(value) && pseudo_is_fine(s, name);
    s->fields = true;
    return vb_mux_line_is_fine(name, value);
}

bool vb_mux_head_is_fine(const struct vb_mux_stream *s)
{
    bool host = vb_fields_first(&s->x->head.fields, VB_FIELD_HOST) != NULL;

    /* One that was refused midway may lack what comes last. */
    if (s->builder.verdict.status != 0)
        return true;
    if (vb_span_eq(s->method, VB_SPAN("CONNECT")))
        return s->pseudo == (VB_MUX_METHOD | VB_MUX_AUTHORITY) ||
               s->pseudo == EXTENDED_CONNECT;
    return (s->pseudo | VB_MUX_AUTHORITY) == (VB_MUX_METHOD | VB_MUX_SCHEME |
                                              VB_MUX_AUTHORITY | VB_MUX_PATH) &&
           ((s->pseudo & VB_MUX_AUTHORITY) != 0 || host);
}
