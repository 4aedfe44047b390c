/*
 * The heads and trailers of replies (RFC 9113 sections 8.1 to 8.3). What is
 * malformed ends the call and resets its stream; what compresses other heads is
 * read all the same.
 */
#include "http/status.h"
#include "wire/h2c/inner.h"

static void malformed(struct vb_h2c_stream *s, const char *why)
{
    vb__h2c_abort(s, VB_CALL_MALFORMED, why, VB_H2_PROTOCOL_ERROR);
}

/* --- Lines ------------------------------------------------------------------
 */

static bool is_head(const struct vb_h2c_stream *s)
{
    return s->part == VB_H2C_HEAD;
}

/* :status, first and once (8.3.2). */
static void take_pseudo(struct vb_h2c_stream *s, struct vb_span name,
                        struct vb_span value)
{
    if (!is_head(s) || s->status_seen || s->field_seen ||
        !vb_span_eq(name, VB_SPAN(":status"))) {
        s->malformed = true;
        return;
    }
    s->status_seen = true;
    vb_response_head_status(&s->builder, value);
}

static void take_trailer(struct vb_h2c_stream *s, struct vb_span name,
                         struct vb_span value)
{
    struct vb_call *call = s->call;
    struct vb_verdict why;

    if (s->trailers == NULL)
        s->trailers = vb_arena_calloc(call->arena, 1, sizeof(*s->trailers));
    why = s->trailers == NULL
              ? vb_trailers_too_large
              : vb_trailer_add(s->trailers, call->arena, &call->limits->head,
                               name, value);
    s->malformed = why.status == VB_STATUS_BAD_REQUEST;
    if (why.status != 0 || s->section > call->limits->head.max_fields_size)
        vb_response_head_refuse_large(&s->builder,
                                      "The trailers are too large.");
}

static void guard_last(struct vb_h2c_stream *s)
{
    struct vb_fields *fields = is_head(s) ? &s->response->fields : s->trailers;

    if (fields != NULL)
        vb_fields_guard_last(fields);
}

static void take_line(struct vb_h2c_stream *s, struct vb_span name,
                      struct vb_span value, bool guarded)
{
    struct vb_arena *arena = s->call->arena;

    s->field_seen = true;
    s->malformed = !vb_mux_line_is_fine(name, value);
    if (s->malformed || s->builder.refused != NULL)
        return;
    name = vb_arena_dup(arena, name);
    value = vb_arena_dup(arena, value);
    if (name.ptr == NULL || value.ptr == NULL)
        vb_response_head_refuse_large(&s->builder,
                                      "The fields take too much memory.");
    else if (is_head(s))
        vb_response_head_field(&s->builder, name, value);
    else
        take_trailer(s, name, value);
    if (guarded)
        guard_last(s);
}

/* What nobody wants is bounded as the rest is (10.5.1). */
static bool count(const struct vb_h2c *c, uint64_t *size, size_t n)
{
    *size += n + 32; /* as section 6.5.2 */
    return *size <= VB_MUX_SECTION_TIMES * vb_mux_section_max(c->env->limits);
}

bool vb__h2c_take_field(void *of, struct vb_span name, struct vb_span value,
                        bool guarded)
{
    struct vb_h2c *c = of;
    struct vb_h2c_stream *s = c->section.stream;

    if (!count(c, s == NULL ? &c->section.size : &s->section,
               name.len + value.len))
        return false;
    if (s == NULL || s->malformed)
        return true;
    if (name.len > 0 && name.ptr[0] == ':')
        take_pseudo(s, name, value);
    else
        take_line(s, name, value, guarded);
    return true;
}

/* --- Heads ------------------------------------------------------------------
 */

void vb__h2c_section_begin(struct vb_h2c_stream *s, bool end)
{
    struct vb_call *call = s->call;

    s->status_seen = s->field_seen = false;
    s->section = 0;
    s->malformed = !is_head(s) && (!end || s->part == VB_H2C_RAW || s->ended);
    if (!is_head(s))
        return; /* the builder keeps what is wrong with the trailers */
    s->response = vb_arena_calloc(call->arena, 1, sizeof(*s->response));
    if (s->response == NULL) {
        vb__h2c_abort(s, VB_CALL_NOMEM, NULL, VB_H2_INTERNAL_ERROR);
        return;
    }
    vb_response_head_begin(&s->builder, s->response, call->arena,
                           &call->limits->head);
    s->builder.scanned = true; /* vb_mux_line_is_fine does */
}

static void take_interim(struct vb_h2c_stream *s, bool end)
{
    const struct vb_call *call = s->call;

    if (end || s->response->status == VB_STATUS_SWITCHING_PROTOCOLS) { /* 8.6 */
        malformed(s, "An interim reply has no place there.");
        return;
    }
    if (++s->interims > VB_H2C_INTERIMS_MAX) {
        malformed(s, "There are more interim replies than anybody needs.");
        return;
    }
    s->asked = s->moved;
    if (s->response->status == VB_STATUS_CONTINUE &&
        s->sending == VB_H2C_HELD) {
        s->sending = VB_H2C_PULLING;
        vb__h2c_turn_join(s);
    }
    if (call->ops->interim != NULL)
        call->ops->interim(s->call, s->response);
}

/* RFC 9110 section 9.3.6, RFC 8441 section 4. */
static bool is_switch(const struct vb_h2c_stream *s)
{
    return vb_call_switches(s->call) &&
           vb_status_class(s->response->status) == VB_STATUS_CLASS_SUCCESSFUL;
}

static void begin_tunnel(struct vb_h2c_stream *s)
{
    s->call->switched = true;
    s->part = VB_H2C_RAW;
    s->sending = VB_H2C_PULLING;
    vb__h2c_turn_join(s);
}

/* Content that was held back is not wanted (RFC 9110 section 10.1.1). */
static void begin_content(struct vb_h2c_stream *s)
{
    s->part = VB_H2C_CONTENT;
    if (s->sending == VB_H2C_HELD || s->sending == VB_H2C_WAITING)
        s->sending = VB_H2C_CUT_OFF;
    s->bare = !s->response->has_content;
    s->expected = s->bare ? -1 : s->response->content_length;
}

static void take_final(struct vb_h2c_stream *s, bool end)
{
    struct vb_h2c *c = s->c;
    uint32_t id = s->id;

    if (is_switch(s))
        begin_tunnel(s);
    else
        begin_content(s);
    if (end && s->expected > 0) {
        malformed(s, "There is less content than Content-Length says.");
        return;
    }
    if (end)
        s->response->has_content = false;
    s->call->ops->head(s->call, s->response);
    if (end && vb__h2c_find(c, id) != NULL)
        vb__h2c_content_end(s);
}

static void end_head(struct vb_h2c_stream *s, bool end)
{
    bool switches = vb_call_switches(s->call);

    vb_response_head_end(&s->builder,
                         switches ? VB_METHOD_CONNECT : s->call->method);
    if (s->builder.too_large)
        vb__h2c_abort(s, VB_CALL_TOO_LARGE, s->builder.refused, VB_H2_CANCEL);
    else if (s->builder.refused != NULL)
        malformed(s, s->builder.refused);
    else if (s->response->status < 200)
        take_interim(s, end);
    else
        take_final(s, end);
}

void vb__h2c_section_end(struct vb_h2c_stream *s, bool end)
{
    s->moved = s->c->env->now.mono_ms;
    s->call->begun = true;
    if (s->malformed || (is_head(s) && !s->status_seen))
        malformed(s, "The fields are not those of a reply.");
    else if (is_head(s))
        end_head(s, end);
    else if (s->builder.too_large)
        vb__h2c_abort(s, VB_CALL_TOO_LARGE, s->builder.refused, VB_H2_CANCEL);
    else
        vb__h2c_content_end(s);
}
