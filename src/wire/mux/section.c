/*
 * The field section of a reply: :status, Date, the representation's fields, the
 * reply's own, and the length. Fields that would meddle with framing or are
 * about the connection are passed over (RFC 9113 section 8.2.2, RFC 9114
 * section 4.2), and what a field value cannot contain is sent as SP (8.2.1),
 * whoever set it.
 */
#include "base/assert.h"
#include "http/scan.h"
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

static void begin(struct vb_section *section, struct vb_exchange *x, size_t cap,
                  unsigned status)
{
    *section = (struct vb_section){.arena = &x->arena, .cap = cap + 1};
    section->at =
        vb_arena_alloc(&x->arena, section->cap * sizeof(*section->at));
    section->failed = section->at == NULL;
    add_number(section, VB_SPAN(":status"), status);
}

bool vb_section_interim(struct vb_section *section, struct vb_exchange *x,
                        unsigned status, const struct vb_field_out *fields,
                        size_t count)
{
    vb_assert(status >= 100 && status <= 199);
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
    if (!plan->own_date) /* RFC 9110 section 6.6.1 */
        add(section, VB_SPAN("date"), vb_span_of(x->env->now.date, 29));
    add_rep(section, reply);
    add_fields(section, reply->fields, reply->field_count);
    add_length(section, plan);
    return !section->failed;
}
