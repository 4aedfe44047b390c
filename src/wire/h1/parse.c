/* The text of a head, line by line to the builder. */
#include "wire/h1/inner.h"

/* The field lines, up to the empty line or the text's end. */
static void parse_fields(struct vb_head_builder *builder, struct vb_span text)
{
    while (builder->verdict.status == 0 && text.len > 0) {
        struct vb_span name;
        struct vb_span value;
        const char *fault;

        if (text.len == 2 && text.ptr[0] == '\r' && text.ptr[1] == '\n')
            return;
        fault = vb_head_parse_field(&text, VB_H1_PAD, &name, &value);
        if (fault == NULL)
            vb_head_field(builder, name, value);
        else
            vb_head_refuse(builder, VB_STATUS_BAD_REQUEST, fault);
    }
}

bool vb__h1_parse_head(struct vb_head_builder *builder, struct vb_span head,
                       struct vb_head_line *ret_line)
{
    struct vb_verdict verdict = vb_head_parse_line(&head, VB_H1_PAD, ret_line);

    if (verdict.status != 0) {
        vb_head_refuse(builder, verdict.status, verdict.reason);
        return false;
    }
    vb_head_method(builder, ret_line->method);
    parse_fields(builder, head);
    /* Last, so that a complaint is told as the fields want it told; in the
     * other versions it cannot come before them. */
    vb_head_target(builder, ret_line->target);
    return true;
}
