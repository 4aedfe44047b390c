/* Values by name. See names.h. */
#include "graphql/names.h"

#include "base/hash.h"

#define ROOM_FIRST 8

/* Where it is, or where it would be; there is always room. */
static struct vb__gql_name *slot_of(const struct vb__gql_names *names,
                                    struct vb_span text)
{
    size_t at = (size_t)vb_hash(vb_hash_key_shared(), text);

    for (;; at++) {
        struct vb__gql_name *slot = &names->slots[at & (names->room - 1)];

        if (slot->text.ptr == NULL || vb_span_eq(slot->text, text))
            return slot;
    }
}

const void *vb__gql_names_find(const struct vb__gql_names *names,
                               struct vb_span text)
{
    return names->room == 0 ? NULL : slot_of(names, text)->value;
}

static bool grow(struct vb__gql_names *names)
{
    struct vb__gql_names wider = {
        .arena = names->arena,
        .room = names->room == 0 ? ROOM_FIRST : names->room * 2,
        .count = names->count,
    };

    wider.slots =
        vb_arena_calloc(wider.arena, wider.room, sizeof(*wider.slots));
    if (wider.slots == NULL)
        return false;
    for (size_t i = 0; i < names->room; i++)
        if (names->slots[i].text.ptr != NULL)
            *slot_of(&wider, names->slots[i].text) = names->slots[i];
    *names = wider;
    return true;
}

const void *vb__gql_names_add(struct vb__gql_names *names, struct vb_span text,
                              const void *value)
{
    struct vb__gql_name *slot;

    if (names->count * 2 >= names->room && !grow(names))
        return NULL;
    slot = slot_of(names, text);
    if (slot->text.ptr != NULL)
        return slot->value;
    *slot = (struct vb__gql_name){text, value};
    names->count++;
    return NULL;
}
