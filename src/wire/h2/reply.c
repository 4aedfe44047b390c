/*
 * The head of a reply: :status, Date, the representation's fields, the reply's
 * own, and the length. nghttp2 copies them, with names in lower case (RFC 9113
 * section 8.2), so nothing here outlives the call. Fields that would meddle
 * with framing or are about the connection are passed over (8.2.2), and what a
 * field value cannot contain is sent as SP (8.2.1), whoever set it.
 */
#include <stdio.h>

#include "base/assert.h"
#include "http/scan.h"
#include "wire/h2/inner.h"
#include "wire/message.h"

/* Fields of a head, for nghttp2, in the exchange's arena. */
struct section {
    struct vb_arena *arena;
    nghttp2_nv *at;
    size_t count;
    size_t cap;
    bool failed; /* out of memory */
};

static void add(struct section *section, struct vb_span name,
                struct vb_span value)
{
    vb_assert(section->count < section->cap);
    section->at[section->count++] = (nghttp2_nv){
        .name = (uint8_t *)name.ptr,
        .namelen = name.len,
        .value = (uint8_t *)value.ptr,
        .valuelen = value.len,
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

/* The value as it may be sent: no white space around it, nor controls. */
static struct vb_span clean(struct section *section, struct vb_span value)
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

static void add_field(struct section *section, const struct vb_field_out *field)
{
    enum vb_role role = vb_role_of(field->name);

    if (role == VB_ROLE_FRAMING || role == VB_ROLE_UPGRADE)
        return;
    add(section, field->name, clean(section, field->value));
}

static void add_fields(struct section *section,
                       const struct vb_field_out *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_field(section, &fields[i]);
}

static void begin(struct section *section, struct vb_exchange *x, size_t cap,
                  unsigned status)
{
    struct vb_span text = vb_arena_printf(&x->arena, "%u", status);

    *section = (struct section){.arena = &x->arena, .cap = cap + 1};
    section->at =
        vb_arena_alloc(&x->arena, section->cap * sizeof(*section->at));
    section->failed = section->at == NULL || text.ptr == NULL;
    if (!section->failed)
        add(section, VB_SPAN(":status"), text);
}

void vb__h2_submit_interim(struct vb_h2_stream *s, unsigned status,
                           const struct vb_field_out *fields, size_t count)
{
    struct section section;

    vb_assert(status >= 100 && status <= 199);
    begin(&section, s->x, count, status);
    if (section.failed)
        return;
    add_fields(&section, fields, count);
    if (!section.failed)
        nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL,
                               section.at, section.count, NULL);
}

static void add_rep(struct section *section, const struct vb_reply *reply)
{
    const struct vb_rep *rep = reply->rep;

    if (rep == NULL)
        return;
    switch (reply->rep_head) {
    case VB_HEAD_NONE:
        break;
    case VB_HEAD_304:
        add_fields(section, rep->fields, rep->repeated);
        break;
    case VB_HEAD_FULL:
        add_fields(section, rep->fields, rep->field_count);
        break;
    }
}

/* RFC 9110 section 8.6. */
static void add_length(struct section *section, const struct vb_plan *plan)
{
    struct vb_span text;

    if (plan->extent != VB_EXTENT_LENGTH)
        return;
    text = vb_arena_printf(section->arena, "%lld", (long long)plan->length);
    section->failed |= text.ptr == NULL;
    if (!section->failed)
        add(section, VB_SPAN("content-length"), text);
}

/* False when out of memory. */
static bool make_head(struct vb_h2_stream *s, struct section *section,
                      const struct vb_plan *plan)
{
    const struct vb_reply *reply = plan->reply;
    size_t cap = reply->field_count + (size_t)2; /* Date, Content-Length */

    if (reply->rep != NULL)
        cap += reply->rep->field_count;
    begin(section, s->x, cap, reply->status);
    if (section->failed)
        return false;
    if (!plan->own_date) /* RFC 9110 section 6.6.1 */
        add(section, VB_SPAN("date"),
            vb_span_of(s->h2->wire.env->now.date, 29));
    add_rep(section, reply);
    add_fields(section, reply->fields, reply->field_count);
    add_length(section, plan);
    return !section->failed;
}

void vb__h2_submit_reply(struct vb_h2_stream *s)
{
    const struct vb_reply *reply = &s->x->reply;
    nghttp2_data_provider provider = {.source = {.ptr = s},
                                      .read_callback = vb__h2_read_content};
    struct section section;
    struct vb_plan plan;
    bool content;

    vb_plan_reply(&plan, s->x);
    content = plan.extent != VB_EXTENT_NONE && !reply->head_only &&
              vb__h2_content_begin(s);
    if (!make_head(s, &section, &plan) ||
        nghttp2_submit_response(s->h2->session, s->id, section.at,
                                section.count, content ? &provider : NULL) != 0)
        vb__h2_reset(s, NGHTTP2_INTERNAL_ERROR);
    if (reply->close)
        vb__h2_stop(s->h2);
}
