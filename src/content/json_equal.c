/* When two values are the same value. See json.h. */
#include "content/json.h"
#include "content/members.h"
#include "content/number.h"

static enum vb_err equal_arrays(yyjson_val *a, yyjson_val *b, bool *ret_equal)
{
    size_t count = yyjson_arr_size(a);
    bool equal = count == yyjson_arr_size(b);
    enum vb_err err = VB_OK;

    a++;
    b++;
    for (size_t i = 0; i < count && equal && err == VB_OK; i++) {
        err = vb_json_equal(a, b, &equal);
        a = unsafe_yyjson_get_next(a);
        b = unsafe_yyjson_get_next(b);
    }
    if (err == VB_OK)
        *ret_equal = equal;
    return err;
}

/*
 * Compares members in step while both sides have the same order, as they
 * mostly do. From the first difference on it looks the rest up by name.
 */
static enum vb_err equal_objects(yyjson_val *a, yyjson_val *b, bool *ret_equal)
{
    struct vb_members members = {0};
    size_t count = yyjson_obj_size(a);
    bool equal = count == yyjson_obj_size(b);
    yyjson_val *key_a = a + 1, *key_b = b + 1;
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < count && equal; i++) {
        struct vb_span name = vb_json_text(key_a);

        if (members.object == NULL && !vb_span_eq(name, vb_json_text(key_b))) {
            err = vb_members_init(&members, b, &key_b);
            if (err != VB_OK)
                break;
        }
        if (members.object != NULL)
            key_b = vb_members_find(&members, name);
        if (key_b == NULL)
            equal = false;
        else
            err = vb_json_equal(key_a + 1, key_b + 1, &equal);
        if (err != VB_OK || !equal)
            break;
        key_a = unsafe_yyjson_get_next(key_a + 1);
        key_b = unsafe_yyjson_get_next(key_b + 1);
    }
    vb_members_done(&members);
    if (err == VB_OK)
        *ret_equal = equal;
    return err;
}

enum vb_err vb_json_equal(yyjson_val *a, yyjson_val *b, bool *ret_equal)
{
    if (yyjson_get_type(a) != yyjson_get_type(b)) {
        *ret_equal = false;
        return VB_OK;
    }
    switch (yyjson_get_type(a)) {
    case YYJSON_TYPE_ARR:
        return equal_arrays(a, b, ret_equal);
    case YYJSON_TYPE_OBJ:
        return equal_objects(a, b, ret_equal);
    case YYJSON_TYPE_STR:
        *ret_equal = vb_span_eq(vb_json_text(a), vb_json_text(b));
        return VB_OK;
    case YYJSON_TYPE_RAW:
        *ret_equal = vb_number_cmp(vb_json_text(a), vb_json_text(b)) == 0;
        return VB_OK;
    default: /* booleans, and null is none */
        *ret_equal = yyjson_get_bool(a) == yyjson_get_bool(b);
        return VB_OK;
    }
}

static uint64_t hash_pair(const struct vb_hash_key *key, uint64_t a, uint64_t b)
{
    const uint64_t pair[2] = {a, b};

    return vb_hash(key, vb_span_of((const char *)pair, sizeof(pair)));
}

/* Of the elements in their order, or of the members in any. */
static uint64_t hash_children(const struct vb_hash_key *key, yyjson_val *value)
{
    size_t count = unsafe_yyjson_get_len(value);
    bool is_object = yyjson_is_obj(value);
    yyjson_val *at = value + 1;
    uint64_t hash = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_object) {
            hash += hash_pair(key, vb_hash(key, vb_json_text(at)),
                              vb_json_hash(key, at + 1));
            at++;
        } else {
            hash = hash_pair(key, hash, vb_json_hash(key, at));
        }
        at = unsafe_yyjson_get_next(at);
    }
    return hash;
}

uint64_t vb_json_hash(const struct vb_hash_key *key, yyjson_val *value)
{
    uint64_t inner = 0;

    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ:
        inner = hash_children(key, value);
        break;
    case YYJSON_TYPE_STR:
        inner = vb_hash(key, vb_json_text(value));
        break;
    case YYJSON_TYPE_RAW:
        inner = vb_number_hash(key, vb_json_text(value));
        break;
    default:
        inner = yyjson_get_bool(value);
    }
    return hash_pair(key, yyjson_get_type(value), inner);
}
