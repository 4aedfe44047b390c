/* Which indexes are kept, and the keys of records. See indexing.h. */
#include "storage/postgres/indexing.h"

#include <endian.h>
#include <sodium.h>
#include <stdlib.h>

#include "storage/postgres/state.h"

int64_t vb__pg_index_id(struct vb_span name)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    uint64_t word;

    crypto_hash_sha256(digest, (const unsigned char *)name.ptr, name.len);
    memcpy(&word, digest, sizeof(word));
    return (int64_t)(be64toh(word) & INT64_MAX);
}

/* --- those that are kept ---------------------------------------------------
 */

static size_t count_of(const struct vb__pg_kept *kept)
{
    return kept->declared != NULL ? kept->declared->count : 0;
}

bool vb__pg_kept_take(struct vb__pg_kept *kept, struct vb__pg_store *store)
{
    struct vb__pg_kept now;
    size_t count;

    pthread_mutex_lock(&store->lock);
    now.declared = vb_indexes_ref(store->indexes);
    now.serial = atomic_load(&store->declared);
    pthread_mutex_unlock(&store->lock);
    count = count_of(&now);
    now.ids = calloc(count + 1, sizeof(*now.ids));
    if (now.ids == NULL) {
        vb_indexes_unref(now.declared);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        now.ids[i] = vb__pg_index_id(now.declared->names[i]);
    vb__pg_kept_drop(kept);
    *kept = now;
    return true;
}

bool vb__pg_kept_is_current(const struct vb__pg_kept *kept,
                            const struct vb__pg_store *store)
{
    return kept->serial == atomic_load(&store->declared);
}

void vb__pg_kept_drop(struct vb__pg_kept *kept)
{
    vb_indexes_unref(kept->declared);
    free(kept->ids);
    *kept = (struct vb__pg_kept){.declared = NULL};
}

bool vb__pg_kept_covers(const struct vb__pg_kept *kept, struct vb_span listing)
{
    return kept->declared != NULL && listing.len > 0 &&
           kept->declared->covers(kept->declared, listing);
}

void vb__pg_kept_names(const struct vb__pg_kept *kept, struct vb_buf *buf)
{
    vb__pg_byteas_begin(buf, (uint32_t)count_of(kept));
    for (size_t i = 0; i < count_of(kept); i++)
        vb__pg_byteas_add(buf, kept->declared->names[i]);
}

void vb__pg_kept_ids(const struct vb__pg_kept *kept, struct vb_buf *buf)
{
    vb__pg_ints_begin(buf, (uint32_t)count_of(kept));
    for (size_t i = 0; i < count_of(kept); i++)
        vb__pg_ints_add(buf, kept->ids[i]);
}

void vb__pg_kept_mark(const struct vb__pg_kept *kept, struct vb_buf *buf)
{
    for (size_t i = 0; i < count_of(kept); i++) {
        uint64_t word = htobe64((uint64_t)kept->ids[i]);

        vb_buf_append(buf, vb_span_of((const char *)&word, sizeof(word)));
    }
}

/* --- keys ------------------------------------------------------------------
 */

struct keys {
    const struct vb__pg_kept *kept;
    struct vb_arena *arena;
    struct vb_index_keys given;
    struct vb__pg_key_row *rows;
    size_t count, cap;
};

static bool make_room(struct keys *keys, size_t more)
{
    size_t cap = keys->cap == 0 ? 16 : keys->cap;
    struct vb__pg_key_row *rows;

    if (keys->count + more <= keys->cap)
        return true;
    while (cap < keys->count + more)
        cap *= 2;
    rows = vb_arena_alloc(keys->arena, cap * sizeof(*rows));
    if (rows == NULL)
        return false;
    if (keys->count > 0)
        memcpy(rows, keys->rows, keys->count * sizeof(*rows));
    keys->rows = rows;
    keys->cap = cap;
    return true;
}

static bool add_keys(struct keys *keys, const struct vb__pg_member_row *member)
{
    const struct vb_indexes *declared = keys->kept->declared;
    size_t count;

    vb_index_keys_reset(&keys->given);
    declared->give(declared, &member->state, &keys->given);
    vb_index_keys_sort(&keys->given);
    count = vb_index_keys_count(&keys->given);
    if (vb_index_keys_err(&keys->given) != VB_OK || !make_room(keys, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct vb_index_key *key = vb_index_keys_at(&keys->given, i);

        keys->rows[keys->count++] = (struct vb__pg_key_row){
            .listing = member->listing,
            .idx = keys->kept->ids[key->index],
            .sort = vb_arena_dup(keys->arena,
                                 vb_index_key_bytes(&keys->given, key)),
            .member = member->member,
            .key = member->state.key,
            .revision = (int64_t)member->state.revision,
        };
    }
    return !keys->arena->failed;
}

bool vb__pg_kept_keys(const struct vb__pg_kept *kept,
                      const struct vb__pg_member_row *members, size_t count,
                      struct vb_arena *arena, struct vb__pg_key_row **ret_rows,
                      size_t *ret_count)
{
    struct keys keys = {.kept = kept, .arena = arena};
    bool good = true;

    vb_index_keys_init(&keys.given);
    for (size_t i = 0; good && i < count; i++)
        if (members[i].state.revision != 0)
            good = add_keys(&keys, &members[i]);
    vb_index_keys_done(&keys.given);
    *ret_rows = keys.rows;
    *ret_count = keys.count;
    return good;
}
