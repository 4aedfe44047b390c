/*
 * Replies as text, to be kept:
 *
 *     201
 *     ETag: =-html"            of the revision to come: what follows its core
 *     Location: /books/7
 *
 *     <html>...
 *
 * Neither names nor values of fields have line ends in them.
 */
#include "resource/once.h"

static void write_field(struct vb_buf *buf, struct vb_span name,
                        struct vb_span value)
{
    if (value.len == 0)
        return;
    vb_buf_append(buf, name);
    vb_buf_str(buf, ": ");
    vb_buf_append(buf, value);
    vb_buf_char(buf, '\n');
}

/* `core` is that of revision 0, with the quote before it. */
static void write_tag(struct vb_buf *buf, struct vb_span name,
                      struct vb_span value, struct vb_span core)
{
    if (!vb_span_starts(value, core)) {
        write_field(buf, name, value);
        return;
    }
    vb_buf_append(buf, name);
    vb_buf_str(buf, ": =");
    vb_buf_append(buf, vb_span_from(value, core.len));
    vb_buf_char(buf, '\n');
}

static void write_fields(struct vb_buf *buf, struct vb_exchange *x,
                         const struct vb_field_out *fields, size_t count)
{
    struct vb_span etag =
        vb_stored_etag(&x->arena, x->env->store->store, 0, NULL);
    struct vb_span core = vb_span_head(etag, etag.len - (etag.len > 0));

    for (size_t i = 0; i < count; i++) {
        if (vb_span_eq(fields[i].name, vb_field_name(VB_FIELD_ETAG)))
            write_tag(buf, fields[i].name, fields[i].value, core);
        else
            write_field(buf, fields[i].name, fields[i].value);
    }
}

/* What the flow itself says with a status (flow/reply.c). */
static struct vb_span location_of(const struct vb_exchange *x, unsigned status)
{
    switch (status) {
    case VB_STATUS_CREATED:
    case VB_STATUS_ACCEPTED:
        return x->outcome.location;
    case VB_STATUS_SEE_OTHER:
        return x->outcome.see_other;
    default:
        return VB_SPAN("");
    }
}

void vb__once_write(struct vb_buf *buf, struct vb_exchange *x, unsigned status)
{
    const struct vb_rep *rep =
        status == VB_STATUS_NO_CONTENT || status == VB_STATUS_SEE_OTHER
            ? NULL
            : x->current;

    vb_buf_printf(buf, "%u\n", status);
    write_field(buf, VB_SPAN("Location"), location_of(x, status));
    write_fields(buf, x, x->reply.fields, x->reply.field_count);
    if (rep != NULL)
        write_fields(buf, x, rep->fields, rep->field_count);
    vb_buf_char(buf, '\n');
    if (rep != NULL)
        vb_buf_append(buf, rep->content);
    else if (x->reply.content == VB_CONTENT_BYTES)
        vb_buf_append(buf, x->reply.bytes);
}

/* Cuts off the line before the next LF; false: there is none. */
static bool take_line(struct vb_span *text, struct vb_span *ret_line)
{
    ssize_t end = vb_span_find(*text, '\n', 0);

    if (end < 0)
        return false;
    *ret_line = vb_span_head(*text, (size_t)end);
    *text = vb_span_from(*text, (size_t)end + 1);
    return true;
}

static bool read_field(struct vb_exchange *x, struct vb_span line,
                       uint64_t revision)
{
    ssize_t colon = vb_span_find(line, ':', 0);
    struct vb_span name, value;

    if (colon < 1)
        return false;
    name = vb_span_head(line, (size_t)colon);
    value = vb_span_from(line, (size_t)colon + 2);
    if (vb_span_starts(value, VB_SPAN("=")))
        value = vb_arena_printf(&x->arena, "\"%.*s%.*s",
                                VB_FMT(vb_stored_tag(x, revision)),
                                VB_FMT(vb_span_from(value, 1)));
    vb_reply_add(x, name, value);
    return true;
}

bool vb__once_read(struct vb_exchange *x, struct vb_span text,
                   uint64_t revision)
{
    struct vb_span line;
    int64_t status;

    if (!take_line(&text, &line) || !vb_span_i64(line, &status) ||
        status < 200 || status > 599)
        return false;
    while (take_line(&text, &line) && line.len > 0)
        if (!read_field(x, line, revision))
            return false;
    x->reply.status = (uint16_t)status;
    x->reply.bytes = text;
    if (text.len > 0)
        x->reply.content = VB_CONTENT_BYTES;
    return !x->arena.failed;
}
