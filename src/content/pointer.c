/* JSON Pointer. See pointer.h. */
#include "content/pointer.h"

#include "base/utf8.h"
#include "content/json.h"

bool vb_pointer_is_valid(struct vb_span pointer)
{
    if (pointer.len > 0 && pointer.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < pointer.len; i++) {
        if (pointer.ptr[i] != '~')
            continue;
        if (i + 1 == pointer.len ||
            (pointer.ptr[i + 1] != '0' && pointer.ptr[i + 1] != '1'))
            return false;
    }
    return vb_utf8_valid(pointer);
}

bool vb_pointer_next(struct vb_span *pointer, struct vb_span *ret_token)
{
    struct vb_span rest;
    ssize_t slash;

    if (pointer->len == 0)
        return false;
    rest = vb_span_from(*pointer, 1);
    slash = vb_span_find(rest, '/', 0);
    *ret_token = slash < 0 ? rest : vb_span_head(rest, (size_t)slash);
    *pointer = vb_span_from(rest, ret_token->len);
    return true;
}

/* The character at token[*i], decoded; *i moves behind it. */
static char decode(struct vb_span token, size_t *i)
{
    char c = token.ptr[(*i)++];

    if (c == '~' && *i < token.len)
        c = token.ptr[(*i)++] == '1' ? '/' : '~';
    return c;
}

bool vb_pointer_token_is(struct vb_span token, struct vb_span name)
{
    size_t at = 0;

    if (token.len < name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (at == token.len || decode(token, &at) != name.ptr[i])
            return false;
    return at == token.len;
}

struct vb_span vb_pointer_unescape(struct vb_span token, char *name)
{
    size_t len = 0;

    for (size_t i = 0; i < token.len;)
        name[len++] = decode(token, &i);
    return vb_span_of(name, len);
}

bool vb_pointer_index(struct vb_span token, size_t *ret_index)
{
    int64_t index;

    if (token.len > 1 && token.ptr[0] == '0')
        return false;
    if (!vb_span_i64(token, &index))
        return false;
    *ret_index = (size_t)index;
    return true;
}

bool vb_pointer_covers(struct vb_span outer, struct vb_span inner)
{
    return vb_span_starts(inner, outer) &&
           (inner.len == outer.len || inner.ptr[outer.len] == '/');
}

static yyjson_val *get_member(yyjson_val *object, struct vb_span token)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL)
        if (vb_pointer_token_is(token, vb_json_text(key)))
            return yyjson_obj_iter_get_val(key);
    return NULL;
}

static yyjson_val *get_child(yyjson_val *value, struct vb_span token)
{
    size_t index;

    if (yyjson_is_obj(value))
        return get_member(value, token);
    if (vb_pointer_index(token, &index))
        return yyjson_arr_get(value, index); /* NULL where it is no array */
    return NULL;
}

enum vb_err vb_pointer_get(yyjson_val *root, struct vb_span pointer,
                           yyjson_val **ret_value)
{
    yyjson_val *value = root;
    struct vb_span token;

    if (!vb_pointer_is_valid(pointer))
        return VB_ERR_SYNTAX;
    while (value != NULL && vb_pointer_next(&pointer, &token))
        value = get_child(value, token);
    if (value == NULL)
        return VB_ERR_NOTFOUND;
    *ret_value = value;
    return VB_OK;
}

void vb_pointer_append(struct vb_buf *buf, struct vb_span name)
{
    size_t from = 0;

    vb_buf_char(buf, '/');
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c != '~' && c != '/')
            continue;
        vb_buf_append(buf, vb_span_of(name.ptr + from, i - from));
        vb_buf_str(buf, c == '~' ? "~0" : "~1");
        from = i + 1;
    }
    vb_buf_append(buf, vb_span_from(name, from));
}

void vb_pointer_write(struct vb_buf *buf, const struct vb_pointer_step *last)
{
    if (last == NULL)
        return;
    vb_pointer_write(buf, last->parent);
    if (last->is_element) {
        vb_buf_char(buf, '/');
        vb_buf_i64(buf, (int64_t)last->index);
    } else {
        vb_pointer_append(buf, last->name);
    }
}
