/* The one builder of responses' heads. See response.h. */
#include "exchange/response.h"

#include "base/assert.h"
#include "http/chars.h"
#include "http/status.h"

void vb_response_head_begin(struct vb_response_builder *builder,
                            struct vb_response_head *response,
                            struct vb_arena *arena,
                            const struct vb_head_limits *limits)
{
    vb_assert(response->fields.count == 0);
    response->content_length = -1;
    *builder = (struct vb_response_builder){
        .response = response, .arena = arena, .limits = limits};
}

void vb_response_head_refuse(struct vb_response_builder *builder,
                             const char *complaint)
{
    if (builder->refused == NULL)
        builder->refused = complaint;
}

void vb_response_head_refuse_large(struct vb_response_builder *builder,
                                   const char *complaint)
{
    if (builder->refused != NULL)
        return;
    builder->refused = complaint;
    builder->too_large = true;
}

/* RFC 9110 section 15: what lies outside of the classes is no status of a
 * server that could be trusted with anything else. */
void vb_response_head_status(struct vb_response_builder *builder,
                             struct vb_span digits)
{
    int64_t status = 0;

    if (digits.len != 3 || !vb_span_i64(digits, &status) || status < 100 ||
        status > 599)
        vb_response_head_refuse(builder,
                                "The status is not a number of 100 to 599.");
    else
        builder->response->status = (uint16_t)status;
}

/* The reasons of head.c speak to a client about its request. */
static void refuse_line(struct vb_response_builder *builder, uint16_t status)
{
    if (status == VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE)
        vb_response_head_refuse_large(builder,
                                      "The fields of the head are too large.");
    else
        vb_response_head_refuse(builder, "A field of the head is malformed, or "
                                         "comes twice and may come once.");
}

void vb_response_head_field(struct vb_response_builder *builder,
                            struct vb_span name, struct vb_span value)
{
    struct vb_fields *fields = &builder->response->fields;
    const char *reason = NULL;
    uint16_t status;

    if (builder->refused != NULL)
        return;
    builder->fields_size += (uint32_t)(name.len + value.len + 4);
    if (builder->fields_size > builder->limits->max_fields_size) {
        vb_response_head_refuse_large(
            builder, "The fields of the head are too large together.");
        return;
    }
    if (builder->scanned)
        status = vb_fields_add_scanned(fields, builder->arena, builder->limits,
                                       name, value, &reason);
    else
        status = vb_fields_add(fields, builder->arena, builder->limits, name,
                               value, &reason);
    if (status != 0)
        refuse_line(builder, status);
}

/* RFC 9110 section 8.6. A list of equal lengths could be repaired, but who
 * sends one is not to be trusted with framing. */
static void check_content_length(struct vb_response_builder *builder)
{
    struct vb_response_head *response = builder->response;
    const struct vb_field *field =
        vb_fields_first(&response->fields, VB_FIELD_CONTENT_LENGTH);

    if (field == NULL)
        return;
    if (!vb_chars_all(field->value, VB_CHAR_DIGIT) ||
        !vb_span_i64(field->value, &response->content_length))
        vb_response_head_refuse(builder, "The Content-Length is malformed.");
}

/* RFC 9110 section 6.4.1. What a 2xx to CONNECT begins is no content (9.3.6),
 * but bytes follow. */
static bool may_have_content(const struct vb_response_head *response,
                             enum vb_method method)
{
    if (method == VB_METHOD_HEAD || !vb_status_has_content(response->status))
        return false;
    if (method == VB_METHOD_CONNECT &&
        vb_status_class(response->status) == VB_STATUS_CLASS_SUCCESSFUL)
        return false;
    return response->content_length != 0;
}

const char *vb_response_head_end(struct vb_response_builder *builder,
                                 enum vb_method method)
{
    struct vb_response_head *response = builder->response;

    if (builder->refused == NULL)
        check_content_length(builder);
    if (builder->refused == NULL)
        response->has_content = may_have_content(response, method);
    return builder->refused;
}
