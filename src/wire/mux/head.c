/*
 * From decoded field lines to a head: pseudo-fields (RFC 9113 section 8.3.1,
 * RFC 9114 section 4.3.1) to the parts of the target URI, the crumbs of Cookie
 * to one line (8.2.3; 4.2.1), all others to the builder that all versions
 * share.
 *
 * What fields.c lets pass has the form that it must have; what else is wrong
 * here makes a request malformed too (8.1.1; 4.1.2), which resets its stream.
 * What HTTP/1.1 would refuse as well is the builder's, and is answered.
 */
#include "wire/mux/mux.h"

static bool keep(struct vb_mux_stream *s, struct vb_span text,
                 struct vb_span *ret)
{
    *ret = vb_arena_dup(&s->x->arena, text);
    if (ret->ptr != NULL)
        return true;
    vb_head_refuse(&s->builder, VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                   "The fields take more memory than this server gives.");
    return false;
}

/* The bounds of a section: what is announced, then what we stand. */
static bool count_field(struct vb_mux_stream *s, struct vb_span name,
                        struct vb_span value)
{
    s->section += name.len + value.len + 32; /* as RFC 9113 section 6.5.2 */
    return s->section <=
           VB_MUX_SECTION_TIMES * vb_mux_section_max(s->x->env->limits);
}

static void take_pseudo(struct vb_mux_stream *s, struct vb_span name,
                        struct vb_span value)
{
    const struct {
        struct vb_span name;
        struct vb_span *to;
    } known[] = {{VB_SPAN_INIT(":method"), &s->method},
                 {VB_SPAN_INIT(":scheme"), &s->scheme},
                 {VB_SPAN_INIT(":authority"), &s->authority},
                 {VB_SPAN_INIT(":path"), &s->path},
                 {VB_SPAN_INIT(":protocol"), &s->protocol}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (vb_span_eq(name, known[i].name)) {
            keep(s, value, known[i].to);
            return;
        }
}

static void take_crumb(struct vb_mux_stream *s, struct vb_span value)
{
    struct vb_mux_crumb *crumb =
        vb_arena_calloc(&s->x->arena, 1, sizeof(*crumb));

    s->builder.fields_size += (uint32_t)value.len;
    if (s->builder.fields_size > s->builder.limits->max_fields_size ||
        crumb == NULL) {
        vb_head_refuse(&s->builder, VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                       "The fields are larger together than this server "
                       "takes.");
        return;
    }
    if (!keep(s, value, &crumb->text))
        return;
    *s->crumbs_end = crumb;
    s->crumbs_end = &crumb->next;
}

static void add_field(struct vb_mux_stream *s, struct vb_span name,
                      struct vb_span value, bool guarded)
{
    if (!keep(s, name, &name) || !keep(s, value, &value))
        return;
    vb_head_field(&s->builder, name, value);
    if (guarded)
        vb_fields_guard_last(&s->x->head.fields);
}

bool vb_mux_head_field(struct vb_mux_stream *s, struct vb_span name,
                       struct vb_span value, bool guarded)
{
    if (!count_field(s, name, value))
        return false;
    if (s->malformed)
        return true; /* read on, for those that follow */
    s->malformed = !vb_mux_field_is_fine(s, name, value, true);
    if (s->malformed || s->builder.verdict.status != 0)
        return true;
    if (name.len > 0 && name.ptr[0] == ':')
        take_pseudo(s, name, value);
    else if (vb_span_eq(name, VB_SPAN("cookie")))
        take_crumb(s, value);
    else
        add_field(s, name, value, guarded);
    return true;
}

static void join_crumbs(struct vb_mux_stream *s)
{
    struct vb_buf line;
    struct vb_span value;

    if (s->crumbs == NULL)
        return;
    vb_buf_init(&line, 2 * (size_t)s->builder.limits->max_fields_size);
    for (struct vb_mux_crumb *at = s->crumbs; at != NULL; at = at->next) {
        if (at != s->crumbs)
            vb_buf_str(&line, "; ");
        vb_buf_append(&line, at->text);
        s->builder.fields_size -= (uint32_t)at->text.len; /* counted again */
    }
    if (line.err != VB_OK)
        vb_head_refuse(&s->builder, VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                       "The cookies are larger than this server takes.");
    else if (keep(s, vb_span_trim(vb_buf_span(&line)), &value))
        vb_head_field(&s->builder, VB_SPAN("cookie"), value);
    vb_buf_done(&line);
}

/* RFC 9113 section 8.3.1, RFC 9114 section 4.3.1: an absolute path, or `*`.
 * What else HTTP/1.1 knows as a target has no place here. */
static bool path_is_fine(const struct vb_mux_stream *s)
{
    if (s->path.ptr == NULL) /* CONNECT, vb_mux_head_is_fine has seen to it */
        return s->scheme.ptr == NULL;
    return s->path.len > 0 &&
           (s->path.ptr[0] == '/' || vb_span_eq(s->path, VB_SPAN("*")));
}

/* RFC 9110 section 4.2.1, RFC 9114 section 4.3.1: an authority is not empty.
 * Likewise one that names another host than :authority does. */
static bool host_is_fine(const struct vb_mux_stream *s)
{
    const struct vb_field *host =
        vb_fields_first(&s->x->head.fields, VB_FIELD_HOST);

    if ((s->authority.ptr != NULL && s->authority.len == 0) ||
        (host != NULL && host->value.len == 0))
        return false;
    return host == NULL || s->authority.ptr == NULL ||
           (host->value.len == s->authority.len &&
            vb_span_ieq(host->value, s->authority));
}

/* Bytes follow, as far as the head says. */
static void read_framing(struct vb_mux_stream *s)
{
    struct vb_head *head = &s->x->head;

    head->has_content = !s->ended && head->content_length != 0 &&
                        head->method != VB_METHOD_CONNECT;
    s->expects =
        vb_fields_have(&head->fields, VB_FIELD_EXPECT, VB_SPAN("100-continue"));
}

void vb_mux_head_end(struct vb_mux_stream *s)
{
    struct vb_head_builder *builder = &s->builder;

    s->section = 0; /* trailers are counted for themselves */
    /* A head that was refused midway may lack what comes last. */
    if (builder->verdict.status == 0 && (!path_is_fine(s) || !host_is_fine(s)))
        s->malformed = true;
    if (s->malformed)
        return;
    if (s->method.ptr != NULL)
        vb_head_method(builder, s->method);
    if (s->protocol.ptr != NULL)
        vb_head_protocol(builder, s->protocol);
    if (s->path.ptr != NULL || s->authority.ptr != NULL)
        vb_head_target(builder, s->path.ptr != NULL ? s->path : s->authority);
    if (s->path.ptr != NULL)
        vb_head_origin(builder, s->scheme, s->authority);
    join_crumbs(s);
    s->x->verdict = vb_head_end(builder, s->authority.ptr == NULL);
    if (s->x->verdict.status == 0)
        read_framing(s);
}

bool vb_mux_trailer_field(struct vb_mux_stream *s, struct vb_span name,
                          struct vb_span value, bool guarded)
{
    struct vb_exchange *x = s->x;
    uint32_t max = x->env->limits->head.max_fields_size;
    struct vb_verdict *why = &s->trailers_why;

    if (!count_field(s, name, value))
        return false;
    s->malformed |= !vb_mux_field_is_fine(s, name, value, false);
    if (s->malformed || why->status != 0 || !vb_mux_feeds(s))
        return true;
    if (x->trailers == NULL)
        x->trailers = vb_arena_calloc(&x->arena, 1, sizeof(*x->trailers));
    name = vb_arena_dup(&x->arena, name);
    value = vb_arena_dup(&x->arena, value);
    if (x->trailers == NULL || name.ptr == NULL || value.ptr == NULL ||
        s->section > max)
        *why = vb_trailers_too_large;
    else
        *why = vb_trailer_take(x, name, value);
    if (guarded && x->trailers != NULL)
        vb_fields_guard_last(x->trailers);
    return true;
}
