/* An index over an object's members. See members.h. */
#include "content/members.h"

#include <stdlib.h>

#include "base/hash.h"
#include "content/json.h"

/* Up to here comparing with every name beats hashing. */
#define FEW_MEMBERS 8

static size_t first_slot(const struct vb_members *members, struct vb_span name)
{
    return (size_t)vb_hash(vb_hash_key_shared(), name) & members->mask;
}

/* The slot that holds `name`, or the free one where it would go. */
static yyjson_val **find_slot(const struct vb_members *members,
                              struct vb_span name)
{
    size_t i = first_slot(members, name);

    while (members->slots[i] != NULL &&
           !vb_span_eq(vb_json_text(members->slots[i]), name))
        i = (i + 1) & members->mask;
    return &members->slots[i];
}

static yyjson_val *find_among_few(yyjson_val *object, const yyjson_val *before,
                                  struct vb_span name)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL && key != before)
        if (vb_span_eq(vb_json_text(key), name))
            return key;
    return NULL;
}

/* Returns the key that comes a second time, or NULL. */
static yyjson_val *check_few(yyjson_val *object)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL)
        if (find_among_few(object, key, vb_json_text(key)) != NULL)
            return key;
    return NULL;
}

static yyjson_val *fill_slots(struct vb_members *members)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(members->object);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        yyjson_val **slot = find_slot(members, vb_json_text(key));

        if (*slot != NULL)
            return key;
        *slot = key;
    }
    return NULL;
}

enum vb_err vb_members_init(struct vb_members *members, yyjson_val *object,
                            yyjson_val **ret_twice)
{
    size_t count = yyjson_obj_size(object);
    size_t slots = FEW_MEMBERS * 2;
    yyjson_val *twice;

    *members = (struct vb_members){.object = object};
    if (count <= FEW_MEMBERS) {
        twice = check_few(object);
    } else {
        while (slots / 2 < count)
            slots *= 2;
        members->slots = calloc(slots, sizeof(*members->slots));
        if (members->slots == NULL)
            return VB_ERR_NOMEM;
        members->mask = slots - 1;
        twice = fill_slots(members);
    }
    if (twice == NULL)
        return VB_OK;
    vb_members_done(members);
    *ret_twice = twice;
    return VB_ERR_EXISTS;
}

void vb_members_done(struct vb_members *members)
{
    free(members->slots);
    *members = (struct vb_members){0};
}

yyjson_val *vb_members_find(const struct vb_members *members,
                            struct vb_span name)
{
    if (members->slots == NULL)
        return find_among_few(members->object, NULL, name);
    return *find_slot(members, name);
}
