/*
 * What commits touch, so that no two of a group touch the same. A hash stands
 * for each thing: where two have one, they only wait for each other without
 * need.
 */
#include "base/span.h"
#include "storage/postgres/group.h"

/* Things of a group that is not made of one commit alone. */
#define USUAL ((size_t)1024)

/* Kinds of things; the lowest bit of a slot says that it is shared. */
enum { RECORD = 1, CLAIM, MEMO, BLOB, STATE };

#define SHARED UINT64_C(1)

static uint64_t mix(uint64_t hash, unsigned kind)
{
    hash += kind * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return (hash | 2) & ~SHARED; /* 0 is a free slot */
}

static size_t things_of(const struct vb_commit *commit)
{
    size_t count = 1; /* that it writes at all */

    for (const struct vb_memo *memo = commit->memo; memo != NULL;
         memo = memo->next)
        count++;
    for (size_t i = 0; i < commit->change_count; i++)
        count += 2 + commit->changes[i].claim_count +
                 commit->changes[i].reference_count;
    return count;
}

bool vb__pg_footprint_begin(struct vb__pg_group *group,
                            const struct vb_commit *commit)
{
    struct vb__pg_footprint *footprint = &group->footprint;
    size_t size = 2 * USUAL;

    while (size < 2 * things_of(commit))
        size *= 2;
    footprint->slots = vb_arena_calloc(&group->arena, size, sizeof(uint64_t));
    footprint->mask = size - 1;
    footprint->count = 0;
    return footprint->slots != NULL;
}

/* The slot of it, or the free one where it would be. */
static uint64_t *slot_of(struct vb__pg_footprint *footprint, uint64_t thing)
{
    size_t at = (size_t)(thing >> 2) & footprint->mask;

    while (footprint->slots[at] != 0 &&
           (footprint->slots[at] & ~SHARED) != thing)
        at = (at + 1) & footprint->mask;
    return &footprint->slots[at];
}

struct visit {
    struct vb__pg_footprint *footprint;
    const struct vb_store *store;
    bool adds; /* else it asks whether something is in the way */
    bool meets;
};

static void touch(struct visit *visit, uint64_t hash, unsigned kind,
                  bool shared)
{
    uint64_t thing = mix(hash, kind);
    uint64_t *slot = slot_of(visit->footprint, thing);

    if (!visit->adds) {
        visit->meets |= *slot != 0 && !(shared && (*slot & SHARED) != 0);
        return;
    }
    if (*slot == 0)
        visit->footprint->count++;
    /* Of one commit's own marks the stronger one counts. */
    if (*slot == 0 || !shared)
        *slot = thing | (shared ? SHARED : 0);
}

static void touch_key(struct visit *visit, struct vb_span key, unsigned kind,
                      bool shared)
{
    touch(visit, vb_store_hash(visit->store, key), kind, shared);
}

static void visit_change(struct visit *visit, const struct vb_change *change)
{
    if (change->kind == VB_CHANGE_REQUIRE_EMPTY ||
        change->kind == VB_CHANGE_REQUIRE_STATE) {
        touch(visit, 0, STATE, false);
        return;
    }
    /* Of which collection a record is a member shows later only. */
    touch(visit, 0, STATE, true);
    touch_key(visit, change->key, RECORD, false);
    if (change->kind != VB_CHANGE_PUT)
        return;
    if (change->blob != 0)
        touch(visit, change->blob, BLOB, false);
    for (size_t i = 0; i < change->claim_count; i++)
        touch(visit,
              vb_store_hash(visit->store, change->claims[i].scope) * 31 ^
                  vb_store_hash(visit->store, change->claims[i].value),
              CLAIM, false);
    for (size_t i = 0; i < change->reference_count; i++)
        touch_key(visit, change->references[i], RECORD, true);
}

static void visit_commit(struct visit *visit, const struct vb_commit *commit)
{
    for (size_t i = 0; i < commit->change_count && !visit->meets; i++)
        visit_change(visit, &commit->changes[i]);
    for (const struct vb_memo *memo = commit->memo; memo != NULL;
         memo = memo->next)
        touch_key(visit, memo->name, MEMO, false);
}

bool vb__pg_footprint_add(struct vb__pg_group *group,
                          const struct vb_commit *commit)
{
    struct visit visit = {.footprint = &group->footprint,
                          .store = &group->client->store->store};

    if (2 * (visit.footprint->count + things_of(commit)) >
        visit.footprint->mask + 1)
        return false;
    visit_commit(&visit, commit);
    if (visit.meets)
        return false;
    visit.adds = true;
    visit_commit(&visit, commit);
    return true;
}
