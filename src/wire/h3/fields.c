/*
 * What a field section of a request may hold: RFC 9114 sections 4.2, 4.3 and
 * 10.3. What is not so makes the request malformed. What the lines mean is for
 * wire/mux and the builder.
 */
#include "http/scan.h"
#include "wire/h3/inner.h"

enum { METHOD = 1, SCHEME = 2, AUTHORITY = 4, PATH = 8 };

static const struct {
    struct vb_span name;
    uint8_t bit;
} pseudo[] = {{VB_SPAN_INIT(":method"), METHOD},
              {VB_SPAN_INIT(":scheme"), SCHEME},
              {VB_SPAN_INIT(":authority"), AUTHORITY},
              {VB_SPAN_INIT(":path"), PATH}};

/* About the connection, which HTTP/3 has other means for (4.2). */
static const struct vb_span of_connection[] = {
    VB_SPAN_INIT("connection"), VB_SPAN_INIT("keep-alive"),
    VB_SPAN_INIT("proxy-connection"), VB_SPAN_INIT("transfer-encoding"),
    VB_SPAN_INIT("upgrade")};

/* Known, before all fields, once, and not in trailers. */
static bool pseudo_is_fine(struct vb_h3_stream *s, struct vb_span name)
{
    for (size_t i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++) {
        if (!vb_span_eq(name, pseudo[i].name))
            continue;
        if (s->fields || s->complete || (s->pseudo & pseudo[i].bit) != 0)
            return false;
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

bool vb__h3_field_is_fine(struct vb_h3_stream *s, struct vb_span name,
                          struct vb_span value)
{
    if (!value_is_fine(value))
        return false;
    if (name.len > 0 && name.ptr[0] == ':')
        return pseudo_is_fine(s, name);
    s->fields = true;
    return name_is_fine(name) && !is_of_connection(name, value);
}

bool vb__h3_head_is_fine(const struct vb_h3_stream *s)
{
    const struct vb_mux_stream *mux = &s->mux;
    bool host = vb_fields_first(&mux->x->head.fields, VB_FIELD_HOST) != NULL;

    /* One that was refused midway may lack what comes last. */
    if (mux->builder.verdict.status != 0)
        return true;
    if (vb_span_eq(mux->method, VB_SPAN("CONNECT")))
        return s->pseudo == (METHOD | AUTHORITY);
    return (s->pseudo | AUTHORITY) == (METHOD | SCHEME | AUTHORITY | PATH) &&
           ((s->pseudo & AUTHORITY) != 0 || host);
}
