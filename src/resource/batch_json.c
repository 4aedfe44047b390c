/*
 * A batch as JSON:
 *
 *     {"requests": [{"id": "1", "method": "PUT", "path": "/books/7",
 *                    "headers": {"If-Match": "\"4.k3\""},
 *                    "body": {"title": "…"}}], "atomic": true}
 *
 *     {"responses": [{"id": "1", "status": 200,
 *                     "headers": {"ETag": "\"5.k3\"", …}, "body": {…}}]}
 *
 * `body` is the JSON value of JSON content, of whichever +json type, and the
 * text of text/…; all else comes as `base64`. In a request, a `body` may be the
 * text of any other type, too.
 */
#include "base/base64.h"
#include "base/utf8.h"
#include "flow/reply.h"
#include "resource/batch_part.h"

static const struct vb_json_limits limits = {VB_BATCH_BYTES, (size_t)128 << 20,
                                             64};

/* As which nobody would send bytes that are none. */
static bool is_text(struct vb_span media_type)
{
    struct vb_media media;

    return vb_media_parse(media_type, &media) &&
           (vb_span_ieq(media.type, VB_SPAN("text")) ||
            vb_is_any_json(media_type));
}

/* --- the request -------------------------------------------------------------
 */

/* What is wrong with the whole, at a place in the content. */
static enum vb_answer refuse(struct vb_batch *batch, struct vb_span pointer,
                             const char *why)
{
    batch->x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_complain(batch->x, VB_PROBLEM_POINTER, pointer, vb_span_str(why));
    return VB_NO;
}

static struct vb_span place(struct vb_batch *batch, const char *member)
{
    return vb_arena_printf(&batch->x->arena, "/requests/%zu%s",
                           batch->count - 1, member);
}

static bool read_headers(struct vb_batch_part *part, yyjson_val *headers)
{
    yyjson_val *name, *value, *element;
    size_t i, max, k, most;

    if (headers != NULL && !yyjson_is_obj(headers))
        return false;
    yyjson_obj_foreach(headers, i, max, name, value)
    {
        if (yyjson_is_str(value))
            vb__batch_field(part, vb_json_text(name), vb_json_text(value));
        else if (!yyjson_is_arr(value))
            return false;
        yyjson_arr_foreach(value, k, most, element)
        {
            if (!yyjson_is_str(element))
                return false;
            vb__batch_field(part, vb_json_text(name), vb_json_text(element));
        }
    }
    return true;
}

static bool read_bytes(struct vb_batch_part *part, struct vb_span text)
{
    size_t room = vb_base64_decoded_max(text.len), len;
    char *bytes = vb_buf_reserve(&part->body, room);

    if (bytes == NULL || !vb_base64_decode(text, 0, bytes, &len))
        return false;
    part->body.len += len;
    part->request.content = vb_buf_span(&part->body);
    return true;
}

/* JSON unless the headers say otherwise. */
static bool read_body(struct vb_batch_part *part, yyjson_val *body)
{
    struct vb_span type = vb__batch_find(part, VB_SPAN("Content-Type"));

    if (body == NULL)
        return true;
    if (type.len > 0 && !vb_is_any_json(type)) {
        part->request.content = vb_json_text(body);
        return yyjson_is_str(body);
    }
    if (type.len == 0)
        vb__batch_field(part, VB_SPAN("Content-Type"),
                        VB_SPAN("application/json"));
    vb_json_write(&part->body, body);
    part->request.content = vb_buf_span(&part->body);
    return part->body.err == VB_OK;
}

/* The members of a request, and how each is taken in; `headers` come first. */
enum member { ID, METHOD, PATH, HEADERS, BODY, BASE64, MEMBERS };

static const char *const names[] = {"id",      "method", "path",
                                    "headers", "body",   "base64"};

static bool find_members(yyjson_val *request, yyjson_val *ret[MEMBERS],
                         struct vb_span *ret_unknown)
{
    yyjson_val *name, *value;
    size_t i, max;

    yyjson_obj_foreach(request, i, max, name, value)
    {
        size_t at = 0;

        while (at < MEMBERS &&
               !vb_span_eq(vb_json_text(name), vb_span_str(names[at])))
            at++;
        if (at == MEMBERS) {
            *ret_unknown = vb_json_text(name);
            return false;
        }
        ret[at] = value;
    }
    return true;
}

static enum vb_answer read_request(struct vb_batch *batch, yyjson_val *request)
{
    struct vb_batch_part *part = vb__batch_add(batch);
    yyjson_val *at[MEMBERS] = {NULL};
    struct vb_span unknown;

    if (part == NULL)
        return VB_NO;
    if (!yyjson_is_obj(request))
        return refuse(batch, place(batch, ""), "must be an object");
    if (!find_members(request, at, &unknown))
        return refuse(batch, place(batch, ""),
                      "has a member that is not known: a request has id, "
                      "method, path, headers, and body or base64");
    if (!yyjson_is_str(at[METHOD]))
        return refuse(batch, place(batch, "/method"), "must be a string");
    if (!yyjson_is_str(at[PATH]))
        return refuse(batch, place(batch, "/path"), "must be a string");
    if (at[ID] != NULL && !yyjson_is_str(at[ID]))
        return refuse(batch, place(batch, "/id"), "must be a string");
    part->request.method = vb_json_text(at[METHOD]);
    part->request.target = vb_json_text(at[PATH]);
    part->id = at[ID] != NULL
                   ? vb_json_text(at[ID])
                   : vb_arena_printf(&batch->x->arena, "%zu", batch->count);
    if (!read_headers(part, at[HEADERS]))
        return refuse(batch, place(batch, "/headers"),
                      "must be an object of strings or arrays of strings");
    if (at[BASE64] != NULL && (at[BODY] != NULL || !yyjson_is_str(at[BASE64]) ||
                               !read_bytes(part, vb_json_text(at[BASE64]))))
        return refuse(batch, place(batch, "/base64"),
                      "must be a string of base64, and in place of a body");
    if (!read_body(part, at[BODY]))
        return refuse(batch, place(batch, "/body"),
                      "must be a string, as the Content-Type is not JSON");
    return VB_YES;
}

static enum vb_answer read_all(struct vb_batch *batch)
{
    yyjson_val *root = batch->json->root;
    yyjson_val *requests = vb_json_member(root, VB_SPAN("requests"));
    yyjson_val *atomic = vb_json_member(root, VB_SPAN("atomic"));
    enum vb_answer answer = VB_YES;
    yyjson_val *request;
    size_t i, max;

    if (!yyjson_is_arr(requests))
        return refuse(batch, VB_SPAN("/requests"), "must be an array");
    if (atomic != NULL && !yyjson_is_bool(atomic))
        return refuse(batch, VB_SPAN("/atomic"), "must be true or false");
    if (yyjson_obj_size(root) != (atomic == NULL ? 1 : 2))
        return refuse(batch, VB_SPAN(""),
                      "has a member that is not known: a batch has requests "
                      "and atomic");
    batch->atomic |= yyjson_is_true(atomic);
    yyjson_arr_foreach(requests, i, max, request)
    {
        answer = read_request(batch, request);
        if (answer != VB_YES)
            break;
    }
    return answer;
}

static enum vb_answer read(struct vb_batch *batch)
{
    struct vb_exchange *x = batch->x;
    struct vb_json_error error;
    enum vb_err err =
        vb_json_parse(vb_buf_span(&x->content), &limits, &batch->json, &error);

    if (err == VB_OK)
        return read_all(batch);
    x->reply.status = VB_STATUS_BAD_REQUEST;
    if (err == VB_ERR_NOMEM)
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    else if (err == VB_ERR_LIMIT)
        x->reply.status = VB_STATUS_CONTENT_TOO_LARGE;
    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "The content is not JSON that is taken "
                                       "here: line %zu, column %zu: %s.",
                                       error.line, error.column, error.text));
    return VB_NO;
}

/* --- the reply ---------------------------------------------------------------
 */

static bool is_first(const struct vb_inner *inner, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (vb_span_ieq(inner->fields[i].name, inner->fields[at].name))
            return false;
    return true;
}

/* Lines of one name are one value (RFC 9110 section 5.3). */
static void write_headers(struct vb_buf *buf, struct vb_batch_part *part)
{
    const struct vb_inner *inner = &part->inner;
    struct vb_buf value;

    vb_buf_init(&value, (size_t)1 << 20);
    vb_buf_str(buf, ",\"headers\":{");
    for (size_t i = 0, written = 0; i < inner->field_count; i++) {
        if (!is_first(inner, i))
            continue;
        vb_buf_reset(&value);
        vb_buf_append(&value, inner->fields[i].value);
        for (size_t k = i + 1; k < inner->field_count; k++)
            if (vb_span_ieq(inner->fields[i].name, inner->fields[k].name)) {
                vb_buf_str(&value, ", ");
                vb_buf_append(&value, inner->fields[k].value);
            }
        if (written++ > 0)
            vb_buf_char(buf, ',');
        vb_json_write_string(buf, inner->fields[i].name);
        vb_buf_char(buf, ':');
        vb_json_write_string(buf, vb_buf_span(&value));
    }
    vb_buf_char(buf, '}');
    vb_buf_done(&value);
}

/* What says that it is JSON may be something else: a client has sent it. */
static bool write_json(struct vb_buf *buf, const struct vb_inner *inner)
{
    struct vb_json *json;

    if (!vb_is_any_json(vb_inner_field(inner, VB_FIELD_CONTENT_TYPE)) ||
        vb_json_parse(inner->content, &limits, &json, NULL) != VB_OK)
        return false;
    vb_buf_str(buf, ",\"body\":");
    vb_json_write(buf, json->root);
    vb_json_free(json);
    return true;
}

static void write_body(struct vb_buf *buf, const struct vb_inner *inner)
{
    if (inner->content.len == 0 || write_json(buf, inner))
        return;
    if (is_text(vb_inner_field(inner, VB_FIELD_CONTENT_TYPE)) &&
        vb_utf8_valid(inner->content)) {
        vb_buf_str(buf, ",\"body\":");
        vb_json_write_string(buf, inner->content);
        return;
    }
    vb_buf_str(buf, ",\"base64\":\"");
    vb_base64_encode(buf, inner->content, 0);
    vb_buf_char(buf, '"');
}

static void write(struct vb_batch_part *part)
{
    struct vb_buf *buf = &part->said;

    vb_buf_str(buf, "{\"id\":");
    vb_json_write_string(buf, part->id);
    vb_buf_printf(buf, ",\"status\":%u", part->inner.status);
    write_headers(buf, part);
    write_body(buf, &part->inner);
    vb_buf_char(buf, '}');
}

static void close_batch(struct vb_batch *batch, struct vb_buf *out)
{
    vb_buf_str(out, "{\"responses\":[");
    for (size_t i = 0; i < batch->count; i++) {
        if (i > 0)
            vb_buf_char(out, ',');
        vb_buf_append(out, vb_buf_span(&batch->parts[i].said));
        if (batch->parts[i].said.err != VB_OK)
            out->err = batch->parts[i].said.err;
        vb_buf_done(&batch->parts[i].said);
    }
    vb_buf_str(out, "]}");
    vb_reply_field(batch->x, VB_FIELD_CONTENT_TYPE,
                   VB_SPAN("application/json"));
}

const struct vb_batch_form vb__batch_json = {read, write, close_batch};
