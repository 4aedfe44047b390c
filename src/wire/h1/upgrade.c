/*
 * Which protocol a client would go on with (RFC 9110 section 7.8). Nobody has
 * to: who does not switch answers as if Upgrade were not there.
 */
#include "http/elements.h"
#include "http/scan.h"
#include "wire/h1/inner.h"
#include "wire/message.h"

static bool is_token(struct vb_span text)
{
    const char *end = text.ptr + text.len;

    return text.len > 0 && vb_scan->token(text.ptr, end) == end;
}

/* protocol = protocol-name ["/" protocol-version] */
static bool is_protocol(struct vb_span text)
{
    ssize_t slash = vb_span_find(text, '/', 0);

    if (slash < 0)
        return is_token(text);
    return is_token(vb_span_head(text, (size_t)slash)) &&
           is_token(vb_span_from(text, (size_t)slash + 1));
}

/* May it be followed by another protocol? HTTP/1.0 has none (section 7.8); and
 * what has content, or is no GET, may be answered as if it did not ask. */
static bool may_switch(const struct vb_h1_message *m)
{
    const struct vb_head *head = &m->x->head;

    return !m->minor_0 && head->method == VB_METHOD_GET &&
           m->content == VB_H1_ENDED &&
           vb_fields_have(&head->fields, VB_FIELD_CONNECTION,
                          VB_SPAN("upgrade"));
}

/* Out of the way of heads that do not ask for it. */
__attribute__((noinline)) struct vb_span
vb__h1_upgrade(const struct vb_h1_message *m)
{
    const struct vb_field *field =
        vb_fields_first(&m->x->head.fields, VB_FIELD_UPGRADE);
    struct vb_elements elements;
    struct vb_span first;

    if (field == NULL || !may_switch(m))
        return VB_SPAN("");
    vb_elements_init(&elements, &field->value, 1, VB_ELEMENTS_USUAL);
    return vb_elements_next(&elements, &first) && is_protocol(first)
               ? first
               : VB_SPAN("");
}
