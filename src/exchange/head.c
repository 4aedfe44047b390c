/* The one builder of request heads. See head.h. */
#include "exchange/head.h"

#include "base/assert.h"
#include "http/authority.h"
#include "http/chars.h"
#include "http/method.h"
#include "http/scan.h"

/* The longest field name that a problem tells. */
enum { NAME_TOLD = 64 };

void vb_head_begin(struct vb_head_builder *builder, struct vb_head *head,
                   struct vb_arena *arena, const struct vb_head_limits *limits,
                   struct vb_span scheme)
{
    vb_assert(head->fields.count == 0);
    head->scheme = scheme;
    head->content_length = -1;
    head->interim_ok = true;
    *builder = (struct vb_head_builder){
        .head = head, .arena = arena, .limits = limits};
}

void vb_head_refuse(struct vb_head_builder *builder, uint16_t status,
                    const char *reason)
{
    if (builder->verdict.status == 0)
        builder->verdict = (struct vb_verdict){status, reason};
}

void vb_head_method(struct vb_head_builder *builder, struct vb_span method)
{
    struct vb_head *head = builder->head;

    head->method_text = method;
    head->method = vb_method_find(method);
    if (head->method == VB_METHOD_UNKNOWN && !vb_token_valid(method))
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The method is not a token.");
}

/* A connection is of the origin that its own scheme names, and of no other: who
 * asks for https wants it secured (RFC 9110 section 7.4). A proxy is asked for
 * any http and https resource. */
static void check_scheme(struct vb_head_builder *builder, struct vb_span scheme)
{
    struct vb_head *head = builder->head;

    if (builder->limits->any_origin && scheme.ptr != NULL &&
        vb_scheme_port(scheme) != VB_PORT_NONE) {
        head->scheme = vb_span_ieq(scheme, VB_SPAN("https")) ? VB_SPAN("https")
                                                             : VB_SPAN("http");
        return;
    }
    if (scheme.ptr != NULL && !vb_span_ieq(scheme, builder->head->scheme))
        vb_head_refuse(builder, VB_STATUS_MISDIRECTED_REQUEST,
                       "Resources of that URI scheme are not served here.");
}

void vb_head_protocol(struct vb_head_builder *builder, struct vb_span protocol)
{
    builder->head->protocol = protocol;
    if (!vb_token_valid(protocol))
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The protocol is not a token.");
}

void vb_head_target(struct vb_head_builder *builder, struct vb_span text)
{
    struct vb_head *head = builder->head;
    struct vb_target target;
    enum vb_method method =
        head->protocol.len > 0 ? VB_METHOD_GET : head->method;

    head->target = text;
    if (text.len > builder->limits->max_target) {
        vb_head_refuse(builder, VB_STATUS_URI_TOO_LONG,
                       "The request target is longer than this server takes.");
        return;
    }
    /* A URI without an authority has no place in a request: "h:80" is one of
     * scheme "h", but was meant as an authority-form. */
    if (!vb_target_parse(method, text, &target) ||
        (target.form == VB_TARGET_ABSOLUTE &&
         target.authority.host.ptr == NULL)) {
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The request target is malformed.");
        return;
    }
    head->form = target.form;
    head->server_wide = target.server_wide;
    check_scheme(builder, target.scheme);
    if (target.form == VB_TARGET_AUTHORITY)
        head->authority = text;
    else if (target.form == VB_TARGET_ABSOLUTE)
        head->authority =
            vb_span_of(target.authority.host.ptr,
                       (size_t)(target.path.ptr - target.authority.host.ptr));
    head->path = target.path;
    if (target.form == VB_TARGET_ABSOLUTE && target.path.len == 0)
        head->path = VB_SPAN("/");
    head->query = target.query;
    head->has_query = target.query.ptr != NULL;
}

void vb_head_origin(struct vb_head_builder *builder, struct vb_span scheme,
                    struct vb_span authority)
{
    check_scheme(builder, scheme);
    if (authority.ptr == NULL)
        return;
    if (!vb_authority_valid_host(authority))
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The authority is malformed.");
    builder->head->authority = authority;
    if (builder->limits->any_origin && scheme.ptr != NULL)
        builder->head->form = VB_TARGET_ABSOLUTE;
}

/* A token (RFC 9110 section 5.1). */
static bool name_valid(struct vb_span name)
{
    const char *end = name.ptr + name.len;

    return name.len > 0 && vb_scan->token(name.ptr, end) == end;
}

/* No control characters but HTAB (RFC 9110 section 5.5). */
static bool value_valid(struct vb_span value)
{
    const char *end = value.ptr + value.len;

    return vb_scan->text(value.ptr, end) == end;
}

static bool grow(struct vb_fields *fields, struct vb_arena *arena)
{
    size_t cap = fields->cap == 0 ? 16 : (size_t)fields->cap * 2;
    struct vb_field *at;

    if (cap > VB_FIELDS_MAX)
        cap = VB_FIELDS_MAX;
    if (fields->count == cap)
        return false;
    at = vb_arena_alloc(arena, cap * sizeof(*at));
    if (at == NULL)
        return false;
    if (fields->count > 0)
        memcpy(at, fields->at, fields->count * sizeof(*at));
    fields->at = at;
    fields->cap = (uint8_t)cap;
    return true;
}

static void append(struct vb_fields *fields, const struct vb_field *field)
{
    unsigned id = field->id;
    uint8_t number = (uint8_t)(fields->count + 1); /* index + 1 */

    fields->at[fields->count++] = *field;
    if (id == VB_FIELD_OTHER)
        return;
    if (fields->first[id] == 0)
        fields->first[id] = number;
    else
        fields->at[fields->last[id] - 1].next = number;
    fields->last[id] = number;
}

/* A field that may come once, and whose doubling can make two recipients
 * disagree, is refused when it comes twice. */
static bool is_singleton(unsigned id)
{
    unsigned properties = vb_field_properties((enum vb_field_id)id);

    return (properties & (VB_FIELD_IS_ONE | VB_FIELD_IS_SOFT)) ==
           VB_FIELD_IS_ONE;
}

static uint16_t complain(uint16_t status, const char *reason,
                         const char **ret_reason)
{
    *ret_reason = reason;
    return status;
}

/* RFC 6585 section 5: says which field it is. A name that is long itself, or
 * more than the arena holds, is left out. */
static uint16_t complain_of_size(struct vb_arena *arena, struct vb_span name,
                                 const char **ret_reason)
{
    struct vb_span text = vb_span_of(NULL, 0);

    if (name.len <= NAME_TOLD)
        text = vb_arena_printf(arena,
                               "The field %.*s is larger than this server "
                               "takes.",
                               (int)name.len, name.ptr);
    return complain(VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                    text.ptr != NULL
                        ? text.ptr
                        : "A field is larger than this server takes.",
                    ret_reason);
}

/* Appends a line whose characters are known to be fine. */
static inline uint16_t add_scanned(struct vb_fields *fields,
                                   struct vb_arena *arena,
                                   const struct vb_head_limits *limits,
                                   struct vb_span name, struct vb_span value,
                                   const char **ret_reason)
{
    struct vb_field field = {
        .name = name, .value = value, .id = (uint16_t)vb_field_find(name)};

    if (name.len + value.len > limits->max_field)
        return complain_of_size(arena, name, ret_reason);
    if (fields->count >= limits->max_fields)
        return complain(VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                        "There are more fields than this server takes.",
                        ret_reason);
    if (fields->first[field.id] != 0 && is_singleton(field.id))
        return complain(VB_STATUS_BAD_REQUEST,
                        "A field that may come once comes twice.", ret_reason);
    if (fields->count == fields->cap && !grow(fields, arena))
        return complain(VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                        "The fields take more memory than this server gives.",
                        ret_reason);
    append(fields, &field);
    return 0;
}

uint16_t vb_fields_add(struct vb_fields *fields, struct vb_arena *arena,
                       const struct vb_head_limits *limits, struct vb_span name,
                       struct vb_span value, const char **ret_reason)
{
    if (!name_valid(name))
        return complain(VB_STATUS_BAD_REQUEST, "A field name is not a token.",
                        ret_reason);
    if (!value_valid(value))
        return complain(VB_STATUS_BAD_REQUEST,
                        "A field value has a control character.", ret_reason);
    return add_scanned(fields, arena, limits, name, vb_span_trim(value),
                       ret_reason);
}

uint16_t vb_fields_add_scanned(struct vb_fields *fields, struct vb_arena *arena,
                               const struct vb_head_limits *limits,
                               struct vb_span name, struct vb_span value,
                               const char **ret_reason)
{
    return add_scanned(fields, arena, limits, name, value, ret_reason);
}

void vb_fields_guard_last(struct vb_fields *fields)
{
    if (fields->count == 0)
        return;
    fields->guarded = fields->at[fields->count - 1].guarded = true;
}

bool vb_fields_guard(const struct vb_fields *fields, struct vb_span name)
{
    for (unsigned i = 0; fields->guarded && i < fields->count; i++)
        if (fields->at[i].guarded && vb_span_ieq(fields->at[i].name, name))
            return true;
    return false;
}

void vb_head_field(struct vb_head_builder *builder, struct vb_span name,
                   struct vb_span value)
{
    const struct vb_head_limits *limits = builder->limits;
    const char *reason = NULL;
    uint16_t status;

    if (builder->verdict.status != 0)
        return;
    builder->fields_size += (uint32_t)(name.len + value.len + 4);
    if (builder->fields_size > limits->max_fields_size) {
        vb_head_refuse(builder, VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                       "The fields are larger together than this server "
                       "takes.");
        return;
    }
    if (builder->scanned)
        status = add_scanned(&builder->head->fields, builder->arena, limits,
                             name, value, &reason);
    else
        status = vb_fields_add(&builder->head->fields, builder->arena, limits,
                               name, value, &reason);
    if (status != 0)
        vb_head_refuse(builder, status, reason);
}

/* RFC 9112 section 3.2: one valid Host, wherever HTTP/1.1 is spoken; the
 * target's own authority wins over it (3.2.2). */
static void check_host(struct vb_head_builder *builder, bool required)
{
    struct vb_head *head = builder->head;
    const struct vb_field *host = vb_fields_first(&head->fields, VB_FIELD_HOST);

    if (host == NULL) {
        if (required)
            vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                           "There is no Host field.");
        return;
    }
    if (!vb_authority_valid_host(host->value))
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The Host field is malformed.");
    else if (head->authority.len == 0)
        head->authority = host->value;
}

/* RFC 9110 section 8.6. A list of equal lengths could be repaired, but who
 * sends one is not to be trusted with framing. */
static void check_content_length(struct vb_head_builder *builder)
{
    struct vb_head *head = builder->head;
    const struct vb_field *field =
        vb_fields_first(&head->fields, VB_FIELD_CONTENT_LENGTH);

    if (field == NULL)
        return;
    if (!vb_chars_all(field->value, VB_CHAR_DIGIT))
        vb_head_refuse(builder, VB_STATUS_BAD_REQUEST,
                       "The Content-Length is malformed.");
    else if (!vb_span_i64(field->value, &head->content_length))
        vb_head_refuse(builder, VB_STATUS_CONTENT_TOO_LARGE,
                       "The Content-Length is beyond all bounds.");
    else
        head->has_content = head->content_length > 0;
}

/* RFC 8470 section 5: what came before a handshake was complete may be a replay
 * of what was done already. The wire knows, or an intermediary says so, with
 * whatever value. */
static void check_early(struct vb_head_builder *builder)
{
    const struct vb_head *head = builder->head;

    if ((builder->early ||
         vb_fields_first(&head->fields, VB_FIELD_EARLY_DATA) != NULL) &&
        !vb_method_is_safe(head->method))
        vb_head_refuse(builder, VB_STATUS_TOO_EARLY,
                       "The request came before the handshake was complete.");
}

struct vb_verdict vb_head_end(struct vb_head_builder *builder,
                              bool host_required)
{
    if (builder->verdict.status == 0) {
        check_host(builder, host_required);
        check_content_length(builder);
        check_early(builder);
    }
    return builder->verdict;
}

bool vb_fields_single(const struct vb_fields *fields, enum vb_field_id id,
                      struct vb_span *ret_value)
{
    const struct vb_field *field = vb_fields_first(fields, id);

    if (field == NULL || field->next != 0)
        return false;
    *ret_value = field->value;
    return true;
}

size_t vb_fields_values(const struct vb_fields *fields, enum vb_field_id id,
                        struct vb_span *values, size_t max)
{
    size_t count = 0;

    for (const struct vb_field *field = vb_fields_first(fields, id);
         field != NULL && count < max; field = vb_fields_next(fields, field))
        values[count++] = field->value;
    return count;
}

void vb_fields_lines(const struct vb_fields *fields, enum vb_field_id id,
                     struct vb_lines *ret_lines)
{
    ret_lines->count =
        vb_fields_values(fields, id, ret_lines->at, VB_LINES_MOST);
}
