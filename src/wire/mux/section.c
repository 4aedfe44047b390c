/*
 * The field sections of what we say. Of a reply: :status, Date, the
 * representation's fields, the reply's own, and the length; of a request,
 * calls.h. Fields that would meddle with framing or are about the connection
 * are passed over (RFC 9113 section 8.2.2, RFC 9114 section 4.2), and what a
 * field value cannot contain is sent as SP (8.2.1), whoever set it.
 */
#include "base/assert.h"
#include "http/scan.h"
#include "wire/calls.h"
#include "wire/mux/mux.h"

static void add(struct vb_section *section, struct vb_span name,
                struct vb_span value)
{
    vb_assert(section->count < section->cap);
    section->at[section->count++] = (struct vb_field_out){name, value};
}

/* n in decimal digits. */
static void add_number(struct vb_section *section, struct vb_span name,
                       uint64_t n)
{
    char *text = vb_arena_alloc(section->arena, VB_DECIMAL_MAX);

    section->failed |= text == NULL;
    if (!section->failed)
        add(section, name, vb_span_of(text, vb_decimal(n, text)));
}

/* The value as it may be sent: no white space around it, nor controls. */
static struct vb_span clean(struct vb_section *section, struct vb_span value)
{
    const char *end;
    char *copy;

    value = vb_span_trim(value);
    end = value.ptr + value.len;
    if (vb_scan->text(value.ptr, end) == end)
        return value;
    value = vb_arena_dup(section->arena, value);
    copy = (char *)value.ptr;
    section->failed |= copy == NULL;
    for (const char *stop = copy; copy != NULL;) {
        stop = vb_scan->text(stop, copy + value.len);
        if (stop == copy + value.len)
            break;
        copy[stop - copy] = ' ';
    }
    return vb_span_trim(value);
}

static struct vb_span lower(struct vb_section *section, struct vb_span name)
{
    char *copy = vb_arena_alloc(section->arena, name.len);

    section->failed |= copy == NULL;
    for (size_t i = 0; copy != NULL && i < name.len; i++)
        copy[i] = vb_ascii_lower(name.ptr[i]);
    return vb_span_of(copy, name.len);
}

static void add_field(struct vb_section *section,
                      const struct vb_field_out *field)
{
    enum vb_role role = vb_role_of(field->name);

    if (role == VB_ROLE_FRAMING || role == VB_ROLE_UPGRADE)
        return;
    add(section, lower(section, field->name), clean(section, field->value));
}

static void add_fields(struct vb_section *section,
                       const struct vb_field_out *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_field(section, &fields[i]);
}

static void begin_any(struct vb_section *section, struct vb_arena *arena,
                      size_t cap)
{
    *section = (struct vb_section){.arena = arena, .cap = cap};
    section->at = vb_arena_alloc(arena, cap * sizeof(*section->at));
    section->failed = section->at == NULL;
}

static void begin(struct vb_section *section, struct vb_exchange *x, size_t cap,
                  unsigned status)
{
    begin_any(section, &x->arena, cap + 1);
    add_number(section, VB_SPAN(":status"), status);
}

bool vb_section_interim(struct vb_section *section, struct vb_exchange *x,
                        unsigned status, const struct vb_field_out *fields,
                        size_t count)
{
    vb_assert(status >= 100 && status <= 199 &&
              status != VB_STATUS_SWITCHING_PROTOCOLS);
    begin(section, x, count, status);
    if (section->failed)
        return false;
    add_fields(section, fields, count);
    return !section->failed;
}

/* The first `count` of its fields, which are as they are sent. */
static void add_rep_fields(struct vb_section *section, const struct vb_rep *rep,
                           size_t count)
{
    const char *name = rep->lower_names;

    for (size_t i = 0; i < count; i++) {
        size_t len = rep->fields[i].name.len;

        add(section, vb_span_of(name, len), rep->fields[i].value);
        name += len;
    }
}

static void add_rep(struct vb_section *section, const struct vb_reply *reply)
{
    const struct vb_rep *rep = reply->rep;

    if (rep == NULL)
        return;
    switch (reply->rep_head) {
    case VB_HEAD_NONE:
        break;
    case VB_HEAD_304:
        add_rep_fields(section, rep, rep->repeated);
        break;
    case VB_HEAD_FULL:
        add_rep_fields(section, rep, rep->field_count);
        break;
    }
}

/* RFC 9110 section 8.6. */
static void add_length(struct vb_section *section, const struct vb_plan *plan)
{
    const struct vb_span name = VB_SPAN("content-length");

    if (plan->extent != VB_EXTENT_LENGTH)
        return;
    if (plan->rep_text && plan->reply->rep != NULL)
        add(section, name, plan->reply->rep->length_text);
    else
        add_number(section, name, (uint64_t)plan->length);
}

bool vb_section_reply(struct vb_section *section, struct vb_exchange *x,
                      const struct vb_plan *plan)
{
    const struct vb_reply *reply = plan->reply;
    size_t cap = reply->field_count + (size_t)2; /* Date, Content-Length */

    if (reply->rep != NULL)
        cap += reply->rep->field_count;
    begin(section, x, cap, reply->status);
    if (section->failed)
        return false;
    section->as_came = reply->as_came;
    if (!plan->own_date) /* RFC 9110 section 6.6.1 */
        add(section, VB_SPAN("date"), vb_span_of(x->env->now.date, 29));
    add_rep(section, reply);
    add_fields(section, reply->fields, reply->field_count);
    add_length(section, plan);
    return !section->failed;
}

/* --- Requests ---------------------------------------------------------------
 */

/* RFC 9113 sections 8.3.1 and 8.5, RFC 8441 section 4. */
static void add_pseudo(struct vb_section *section, const struct vb_call *call,
                       struct vb_span path)
{
    bool extended = call->protocol.len > 0;

    add(section, VB_SPAN(":method"),
        extended ? VB_SPAN("CONNECT") : call->method_text);
    if (extended)
        add(section, VB_SPAN(":protocol"), call->protocol);
    if (path.len > 0) {
        add(section, VB_SPAN(":scheme"), call->scheme);
        add(section, VB_SPAN(":path"), path);
    }
    if (call->authority.len > 0)
        add(section, VB_SPAN(":authority"), call->authority);
}

bool vb_section_request(struct vb_section *section, const struct vb_call *call,
                        struct vb_span path)
{
    int64_t length = vb_call_length(call);

    /* pseudo-fields, te, content-length */
    begin_any(section, call->arena, call->field_count + 5 + 2);
    if (section->failed)
        return false;
    section->as_came = call->as_came;
    add_pseudo(section, call, path);
    for (size_t i = 0; i < call->field_count; i++)
        if (!vb_call_passes_over(call, call->fields[i].name))
            add_field(section, &call->fields[i]);
    if (call->te_trailers)
        add(section, VB_SPAN("te"), VB_SPAN("trailers"));
    if (length >= 0)
        add_number(section, VB_SPAN("content-length"), (uint64_t)length);
    return !section->failed;
}

bool vb_section_trailers(struct vb_section *section, struct vb_arena *arena,
                         const struct vb_fields *fields)
{
    begin_any(section, arena, (size_t)fields->count + 1);
    section->as_came = fields;
    for (unsigned i = 0; !section->failed && i < fields->count; i++) {
        const struct vb_field *field = &fields->at[i];
        const struct vb_field_out line = {field->name, field->value};

        if (!vb_field_is((enum vb_field_id)field->id, VB_FIELD_IS_NO_TRAILER))
            add_field(section, &line);
    }
    return !section->failed;
}
