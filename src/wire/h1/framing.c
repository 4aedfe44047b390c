/*
 * What a head says about where its message ends: Transfer-Encoding (RFC 9112
 * sections 6.1, 6.3 and 7). Content-Length is the head builder's. Each rule
 * here has been a smuggling hole in some server.
 */
#include "http/elements.h"
#include "wire/h1/inner.h"

/* What the lines of Transfer-Encoding amount to. */
struct codings {
    bool chunked_last;   /* the last coding is chunked, without parameters */
    bool chunked_before; /* chunked also stands before that */
    bool others;         /* there are other codings */
};

static void look_at(struct codings *codings, struct vb_span element)
{
    if (codings->chunked_last)
        codings->chunked_before = true;
    codings->chunked_last = vb_span_ieq(element, VB_SPAN("chunked"));
    if (!codings->chunked_last)
        codings->others = true;
}

static struct codings read_codings(const struct vb_fields *fields)
{
    const struct vb_field *field =
        vb_fields_first(fields, VB_FIELD_TRANSFER_ENCODING);
    struct codings codings = {0};

    for (; field != NULL; field = vb_fields_next(fields, field)) {
        struct vb_elements elements;
        struct vb_span element;

        vb_elements_init(&elements, &field->value, 1, VB_ELEMENTS_USUAL);
        while (vb_elements_next(&elements, &element))
            look_at(&codings, element);
    }
    return codings;
}

bool vb__h1_transfer_coding(struct vb_head_builder *builder, bool minor_0)
{
    const struct vb_fields *fields = &builder->head->fields;
    struct codings codings;

    if (vb_fields_first(fields, VB_FIELD_TRANSFER_ENCODING) == NULL)
        return false;
    codings = read_codings(fields);
    if (minor_0) /* 6.1 */
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "HTTP/1.0 has no Transfer-Encoding.");
    else if (vb_fields_first(fields, VB_FIELD_CONTENT_LENGTH) != NULL) /* 6.3 */
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "There are both Transfer-Encoding and Content-Length.");
    else if (!codings.chunked_last) /* 6.3; with parameters: 7.1 */
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The last transfer coding is not chunked.");
    else if (codings.chunked_before) /* 6.1 */
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The chunked transfer coding is applied twice.");
    else if (codings.others) /* 6.1 */
        vb_head_refuse(builder, VB_STATUS_NOT_IMPLEMENTED,
                       "A transfer coding is not understood here.");
    return builder->verdict.status == 0;
}
