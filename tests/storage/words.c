/* Indexes of texts. See words.h. */
#include "words.h"

#include <stdlib.h>

const struct vb_span words_names[WORDS_COUNT] = {
    [WORDS_FIRST] = VB_SPAN_INIT("first word"),
    [WORDS_ALL] = VB_SPAN_INIT("words"),
};

static bool covers(const struct vb_indexes *indexes, struct vb_span parent)
{
    (void)indexes;
    return vb_span_eq(parent, VB_SPAN("/c"));
}

static void give(const struct vb_indexes *indexes,
                 const struct vb_record *state, struct vb_index_keys *keys)
{
    struct vb_span rest = state->content;

    (void)indexes;
    for (bool first = true; first || rest.len > 0; first = false) {
        ssize_t end = vb_span_find(rest, ' ', 0);
        size_t len = end < 0 ? rest.len : (size_t)end;

        for (uint32_t i = first ? WORDS_FIRST : WORDS_ALL; i <= WORDS_ALL;
             i++) {
            vb_buf_append(&keys->bytes, vb_span_head(rest, len));
            vb_buf_char(&keys->bytes, '\0');
            vb_index_keys_add(keys, i);
        }
        rest = vb_span_from(rest, end < 0 ? len : len + 1);
    }
}

static void free_indexes(struct vb_indexes *indexes)
{
    free(indexes);
}

struct vb_indexes *words_new(void)
{
    struct vb_indexes *indexes = calloc(1, sizeof(*indexes));

    vb_ref_init(&indexes->ref);
    indexes->names = words_names;
    indexes->count = WORDS_COUNT;
    indexes->covers = covers;
    indexes->give = give;
    indexes->free = free_indexes;
    return indexes;
}

static bool is_within(const struct vb_ranges *ranges, struct vb_span key)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (vb_span_cmp(key, ranges->ranges[i].low) >= 0 &&
            vb_span_cmp(key, ranges->ranges[i].high) < 0)
            return true;
    return false;
}

static bool keep(struct vb_sieve *base, const struct vb_record *state,
                 struct vb_buf *key)
{
    struct words_sieve *sieve = (struct words_sieve *)(void *)base;
    struct vb_index_keys keys;
    bool kept = false;

    vb_index_keys_init(&keys);
    give(NULL, state, &keys);
    for (size_t i = 0; i < vb_index_keys_count(&keys); i++) {
        const struct vb_index_key *item = vb_index_keys_at(&keys, i);
        struct vb_span bytes = vb_index_key_bytes(&keys, item);

        if (item->index != sieve->index || !is_within(sieve->ranges, bytes))
            continue;
        for (size_t k = 0; !kept && sieve->ordered && k < bytes.len; k++)
            vb_buf_char(
                key, (char)(sieve->descending ? ~bytes.ptr[k] : bytes.ptr[k]));
        kept = true;
    }
    vb_index_keys_done(&keys);
    return kept;
}

struct words_sieve words_sieve(size_t index, const struct vb_ranges *ranges)
{
    return (struct words_sieve){
        .base = {keep, 1000, 100000}, .index = index, .ranges = ranges};
}
