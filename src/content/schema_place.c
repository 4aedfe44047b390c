/*
 * From a value to its JSON Pointer. yyjson keeps the values of a document one
 * behind the other, in the order of the text: each container spans its own,
 * so the way down to a value can be found when, and only when, it is wanted.
 */
#include "content/pointer.h"
#include "content/schema_impl.h"

static yyjson_val *step_in_object(yyjson_val *outer, yyjson_val *value,
                                  yyjson_val **ret_key, size_t *ret_index)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(outer);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val *inner = yyjson_obj_iter_get_val(key);

        if (value == key || vb__schema_within(inner, value)) {
            *ret_key = key;
            *ret_index = iter.idx - 1;
            return inner;
        }
    }
    return NULL;
}

static yyjson_val *step_in_array(yyjson_val *outer, yyjson_val *value,
                                 yyjson_val **ret_key, size_t *ret_index)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(outer);
    yyjson_val *inner;

    while ((inner = yyjson_arr_iter_next(&iter)) != NULL) {
        if (vb__schema_within(inner, value)) {
            *ret_key = NULL;
            *ret_index = iter.idx - 1;
            return inner;
        }
    }
    return NULL;
}

yyjson_val *vb__schema_step(yyjson_val *outer, yyjson_val *value,
                            yyjson_val **ret_key, size_t *ret_index)
{
    if (!vb__schema_within(outer, value))
        return NULL;
    if (yyjson_is_obj(outer))
        return step_in_object(outer, value, ret_key, ret_index);
    if (yyjson_is_arr(outer))
        return step_in_array(outer, value, ret_key, ret_index);
    return NULL;
}

void vb__schema_path(yyjson_val *root, yyjson_val *value, struct vb_buf *buf)
{
    yyjson_val *key;
    size_t index;

    while (root != value) {
        root = vb__schema_step(root, value, &key, &index);
        if (root == NULL)
            return;
        if (key == NULL)
            vb_buf_printf(buf, "/%zu", index);
        else
            vb_pointer_append(buf, vb_json_text(key));
        if (key == value)
            return;
    }
}
