/*
 * uniqueItems (Validation section 6.4.3). Each item is hashed by its value, so
 * that only equal ones meet: linear in the size of the array, whatever is in
 * it. The key of the hash is the process's, so nobody can prepare items that
 * collide. A few scalars are compared one with another, without memory.
 */
#include "base/hash.h"
#include "content/number.h"
#include "content/schema_keyword.h"

/* Up to here comparing all pairs beats hashing. */
#define FEW_ITEMS 8

bool vb__read_unique(struct vb__compiler *c, struct vb_schema *node,
                     yyjson_val *value, struct vb__rule *rule)
{
    if (!vb__read_boolean(c, node, value, rule))
        return false;
    if (!yyjson_get_bool(value))
        rule->keyword = NULL;
    return true;
}

/* --- hashes of values --- */

/* The array's values are no deeper than VB_JSON_DEPTH_MOST. */
static uint64_t hash_value(struct vb__run *run, yyjson_val *value);

static uint64_t hash_words(uint64_t a, uint64_t b)
{
    const uint64_t words[] = {a, b};

    return vb_hash(vb_hash_key_shared(),
                   vb_span_of((const char *)words, sizeof(words)));
}

static uint64_t hash_array(struct vb__run *run, yyjson_val *array)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    uint64_t hash = YYJSON_TYPE_ARR;
    yyjson_val *item;

    while ((item = yyjson_arr_iter_next(&iter)) != NULL)
        hash = hash_words(hash, hash_value(run, item));
    return hash;
}

/* Members have no order: their hashes are added up. */
static uint64_t hash_object(struct vb__run *run, yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    uint64_t hash = YYJSON_TYPE_OBJ;
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL)
        hash += hash_words(hash_value(run, key),
                           hash_value(run, yyjson_obj_iter_get_val(key)));
    return hash;
}

static uint64_t hash_value(struct vb__run *run, yyjson_val *value)
{
    const struct vb_hash_key *key = vb_hash_key_shared();

    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_ARR:
        (void)vb__spend(run, 1);
        return hash_array(run, value);
    case YYJSON_TYPE_OBJ:
        (void)vb__spend(run, 1);
        return hash_object(run, value);
    case YYJSON_TYPE_STR:
        (void)vb__spend(run, 1 + vb_json_text(value).len / 32);
        return vb_hash(key, vb_json_text(value));
    case YYJSON_TYPE_RAW:
        (void)vb__spend(run, 1 + vb_json_text(value).len / 16);
        return vb_number_hash(key, vb_json_text(value));
    default:
        (void)vb__spend(run, 1);
        return hash_words(yyjson_get_type(value), yyjson_get_bool(value));
    }
}

/* --- finding the second of two equal items --- */

static bool is_container(yyjson_val *value)
{
    return yyjson_is_arr(value) || yyjson_is_obj(value);
}

static bool equal(struct vb__run *run, yyjson_val *a, yyjson_val *b)
{
    bool is_equal = false;
    enum vb_err err = vb_json_equal(a, b, &is_equal);

    if (err != VB_OK)
        return vb__schema_abort(run, err);
    return is_equal;
}

/* An item that equals an earlier one, and that one; NULL when there is none. */
static yyjson_val *find_among_few(struct vb__run *run, yyjson_val *array,
                                  yyjson_val **ret_earlier)
{
    yyjson_val *item, *other;
    size_t i, j, max, other_max;

    yyjson_arr_foreach(array, i, max, item)
    {
        yyjson_arr_foreach(array, j, other_max, other)
        {
            if (j == i)
                break;
            if (!equal(run, item, other))
                continue;
            *ret_earlier = other;
            return item;
        }
    }
    return NULL;
}

/* An item in the table, in 8 bytes: a part of its hash, and how many values
 * behind the array's it stands (0: free). */
struct slot {
    uint32_t hash;
    uint32_t distance;
};

/* The slot of an equal item, or the free one where this goes. */
static struct slot *find_slot(struct vb__run *run, struct slot *slots,
                              size_t mask, uint64_t hash, yyjson_val *array,
                              yyjson_val *item)
{
    size_t i = (size_t)hash & mask;

    while (slots[i].distance != 0 &&
           (slots[i].hash != (uint32_t)(hash >> 32) ||
            !equal(run, array + slots[i].distance, item)))
        i = (i + 1) & mask;
    return &slots[i];
}

static yyjson_val *find_by_hash(struct vb__run *run, yyjson_val *array,
                                yyjson_val **ret_earlier)
{
    size_t count = yyjson_arr_size(array), size = 16, i, max;
    struct slot *slots;
    yyjson_val *item;

    while (size < count + count / 2)
        size *= 2;
    slots = vb_arena_calloc(run->arena, size, sizeof(*slots));
    if (slots == NULL) {
        (void)vb__schema_abort(run, VB_ERR_NOMEM);
        return NULL;
    }
    yyjson_arr_foreach(array, i, max, item)
    {
        uint64_t hash = hash_value(run, item);
        struct slot *slot;

        if (run->err != VB_OK)
            return NULL;
        slot = find_slot(run, slots, size - 1, hash, array, item);
        if (slot->distance != 0) {
            *ret_earlier = array + slot->distance;
            return item;
        }
        *slot = (struct slot){(uint32_t)(hash >> 32), (uint32_t)(item - array)};
    }
    return NULL;
}

/* Are there few items, and none that is costly to compare? */
static bool is_simple(yyjson_val *array)
{
    yyjson_val *item;
    size_t i, max;

    if (yyjson_arr_size(array) > FEW_ITEMS)
        return false;
    yyjson_arr_foreach(array, i, max, item)
    {
        if (is_container(item))
            return false;
    }
    return true;
}

static size_t index_of(yyjson_val *array, yyjson_val *wanted)
{
    yyjson_val *key;
    size_t index = 0;

    (void)vb__schema_step(array, wanted, &key, &index);
    return index;
}

bool vb__check_unique(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    yyjson_val *earlier = NULL, *item;

    if (yyjson_arr_size(at->value) < 2)
        return true;
    item = is_simple(at->value) ? find_among_few(run, at->value, &earlier)
                                : find_by_hash(run, at->value, &earlier);
    if (item == NULL)
        return run->err == VB_OK;
    if (run->reasons == NULL)
        return false;
    return vb__schema_fail(run, at, rule->keyword->name,
                           "must not repeat an item: those at %zu and %zu are "
                           "equal",
                           index_of(at->value, earlier),
                           index_of(at->value, item));
}
