/*
 * Content: media types with their schemas, request bodies, responses and their
 * headers (OpenAPI "Media Type Object", "Request Body Object", "Responses
 * Object").
 */
#include "describe/read.h"

static const struct {
    struct vb_span type;
    enum vb_media_kind kind;
} kinds[] = {
    {VB_SPAN_INIT("application/json"), VB_MEDIA_JSON},
    {VB_SPAN_INIT("application/merge-patch+json"), VB_MEDIA_MERGE_PATCH},
    {VB_SPAN_INIT("application/json-patch+json"), VB_MEDIA_JSON_PATCH},
    {VB_SPAN_INIT("application/x-www-form-urlencoded"), VB_MEDIA_FORM},
    {VB_SPAN_INIT("multipart/form-data"), VB_MEDIA_FORM},
};

/* Those that are many values, where a schema says what each is; else bytes. */
static const struct {
    struct vb_span type;
    enum vb_media_kind kind;
} many[] = {
    {VB_SPAN_INIT("application/x-ndjson"), VB_MEDIA_LINES},
    {VB_SPAN_INIT("text/csv"), VB_MEDIA_TABLE},
};

/* "Image/PNG; q=1" is "image/png"; empty when it is no media range. */
static struct vb_span essence(struct vb__reader *r, struct vb_span text)
{
    ssize_t semicolon = vb_span_find(text, ';', 0);
    struct vb_span type = vb_span_trim(
        semicolon < 0 ? text : vb_span_head(text, (size_t)semicolon));
    ssize_t slash = vb_span_find(type, '/', 0);
    struct vb_span copy;

    if (slash <= 0 || (size_t)slash + 1 >= type.len)
        return VB_SPAN("");
    copy = vb_arena_dup(r->arena, type);
    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = vb_ascii_lower(copy.ptr[i]);
    return copy;
}

/*
 * A range that JSON falls into is JSON where its schema says that the content
 * is structured: people write a star for "our JSON".
 */
static enum vb_media_kind kind_of(struct vb_span type, unsigned types)
{
    bool structured = types != VB_SCHEMA_ANY &&
                      (types & (VB_SCHEMA_OBJECT | VB_SCHEMA_ARRAY));

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (vb_span_eq(type, kinds[i].type))
            return kinds[i].kind;
    }
    for (size_t i = 0; structured && i < sizeof(many) / sizeof(many[0]); i++)
        if (vb_span_eq(type, many[i].type))
            return many[i].kind;
    if (vb_span_ends(type, VB_SPAN("+json")))
        return VB_MEDIA_JSON;
    if (structured && (vb_span_eq(type, VB_SPAN("*/*")) ||
                       vb_span_eq(type, VB_SPAN("application/*"))))
        return VB_MEDIA_JSON;
    return VB_MEDIA_VERBATIM;
}

/* Why content of this entry cannot be served, or NULL. */
static const char *why_not(const struct vb_content *media, unsigned types)
{
    bool structured = types != VB_SCHEMA_ANY &&
                      (types & (VB_SCHEMA_OBJECT | VB_SCHEMA_ARRAY));

    if (media->kind == VB_MEDIA_FORM)
        return "forms are not read yet";
    if (vb_media_is_many(media->kind))
        return "many at once are for a collection's POST";
    if (media->kind == VB_MEDIA_VERBATIM && structured)
        return "its schema is one for JSON; nothing converts to it";
    return NULL;
}

/* What is said of all of them, as an array, or of each (OpenAPI 3.2 has
 * itemSchema for that), is about each. */
static const struct vb_schema *schema_of_each(struct vb__reader *r,
                                              yyjson_val *val,
                                              const struct vb_schema *schema)
{
    yyjson_val *item = yyjson_obj_get(val, "itemSchema");

    if (item != NULL)
        return vb__schema(r, item);
    return vb__facts(schema).types == VB_SCHEMA_ARRAY ? vb_schema_items(schema)
                                                      : schema;
}

static void read_media(struct vb__reader *r, yyjson_val *name, yyjson_val *val,
                       struct vb_content *media)
{
    unsigned types;
    const char *why;

    media->text = vb_json_text(name);
    media->type = essence(r, media->text);
    if (media->type.len == 0)
        vb__error(r, name, "\"%.*s\" is not a media type", VB_FMT(media->text));
    val = vb__follow(r, val);
    if (!val || !vb__must_be_object(r, val))
        return;
    media->schema = vb__schema(r, yyjson_obj_get(val, "schema"));
    types = vb__facts(media->schema).types;
    if (yyjson_obj_get(val, "itemSchema") != NULL)
        types = VB_SCHEMA_ARRAY;
    media->kind = kind_of(media->type, types);
    if (vb_media_is_many(media->kind))
        media->schema = schema_of_each(r, val, media->schema);
    media->range = vb_span_ends(media->type, VB_SPAN("/*"));
    why = why_not(media, types);
    media->served = why == NULL;
    media->why_not = vb_span_str(why ? why : "");
}

void vb__media_read(struct vb__reader *r, yyjson_val *content,
                    const struct vb_content **ret, size_t *ret_count)
{
    size_t count = yyjson_obj_size(content);
    yyjson_obj_iter iter;
    struct vb_content *list = VB__NEW(r, struct vb_content, count);
    yyjson_val *name;

    *ret = list;
    *ret_count = list ? count : 0;
    if (!list)
        return;
    yyjson_obj_iter_init(content, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        read_media(r, name, yyjson_obj_iter_get_val(name), list++);
}

void vb__request_read(struct vb__reader *r, yyjson_val *operation,
                      struct vb_request_body *ret)
{
    yyjson_val *body = vb__object(r, operation, "requestBody");
    yyjson_val *content;

    *ret = (struct vb_request_body){0};
    body = body ? vb__follow(r, body) : NULL;
    if (!body || !vb__must_be_object(r, body))
        return;
    ret->declared = true;
    ret->required = vb__bool(r, body, "required", false);
    content = vb__object(r, body, "content");
    if (!content && !yyjson_obj_get(body, "content"))
        vb__error(r, body, "content is missing");
    vb__media_read(r, content, &ret->media, &ret->media_count);
}

/* --- responses ----------------------------------------------------------- */

/* "404", "4XX", "default"; -1 for anything else. */
static int status_of(struct vb_span text)
{
    if (vb_span_eq(text, VB_SPAN("default")))
        return 0;
    if (text.len != 3 || text.ptr[0] < '1' || text.ptr[0] > '5')
        return -1;
    if (vb_span_ieq(vb_span_from(text, 1), VB_SPAN("XX")))
        return text.ptr[0] - '0';
    for (size_t i = 1; i < 3; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
    }
    return (text.ptr[0] - '0') * 100 + (text.ptr[1] - '0') * 10 +
           (text.ptr[2] - '0');
}

/* OpenAPI: a header of the name Content-Type shall be ignored. */
static void read_fields(struct vb__reader *r, yyjson_val *headers,
                        struct vb_described_response *response)
{
    struct vb_span *names =
        VB__NEW(r, struct vb_span, yyjson_obj_size(headers));
    yyjson_obj_iter iter;
    yyjson_val *name;

    response->fields = names;
    yyjson_obj_iter_init(headers, &iter);
    while (names && (name = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val *val = vb__follow(r, yyjson_obj_iter_get_val(name));

        if (yyjson_is_true(yyjson_obj_get(val, "required")) &&
            !vb_span_ieq(vb_json_text(name), VB_SPAN("Content-Type")))
            names[response->field_count++] = vb_json_text(name);
    }
}

static void read_response(struct vb__reader *r, yyjson_val *name,
                          struct vb_described_response *response)
{
    yyjson_val *val = vb__follow(r, yyjson_obj_iter_get_val(name));

    response->status = status_of(vb_json_text(name));
    if (response->status < 0)
        vb__error(r, name,
                  "\"%.*s\" is not a status code, a class like "
                  "\"4XX\" or \"default\"",
                  VB_FMT(vb_json_text(name)));
    if (!val || !vb__must_be_object(r, val))
        return;
    vb__media_read(r, vb__object(r, val, "content"), &response->media,
                   &response->media_count);
    read_fields(r, yyjson_obj_get(val, "headers"), response);
}

void vb__responses_read(struct vb__reader *r, yyjson_val *operation,
                        const struct vb_described_response **ret,
                        size_t *ret_count)
{
    yyjson_val *responses = vb__object(r, operation, "responses");
    struct vb_described_response *list =
        VB__NEW(r, struct vb_described_response, yyjson_obj_size(responses));
    yyjson_val *name;
    size_t count = 0;
    yyjson_obj_iter iter;

    *ret = list;
    *ret_count = 0;
    if (!list)
        return;
    yyjson_obj_iter_init(responses, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        /* Extensions are no responses. */
        if (!vb_span_starts(vb_json_text(name), VB_SPAN("x-")))
            read_response(r, name, &list[count++]);
    }
    *ret_count = count;
}
