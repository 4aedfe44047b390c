/*
 * What has been evaluated of one value (Core sections 10.3 and 11): a bit for
 * each member or element, in their order. Up to 64 take no memory; beyond
 * that the words go round between the accounts of a run.
 */
#include "content/schema_run.h"

/* Words for one account at a time. */
struct vb__seen_words {
    struct vb__seen_words *next;
    size_t capacity;
    uint64_t at[];
};

static size_t words_for(size_t count)
{
    return (count + 63) / 64;
}

/* Takes the first spare words that are large enough off the list. */
static struct vb__seen_words *take_spare(struct vb__run *run, size_t words)
{
    struct vb__seen_words **at = &run->spare, *found;

    while (*at != NULL && (*at)->capacity < words)
        at = &(*at)->next;
    found = *at;
    if (found != NULL)
        *at = found->next;
    return found;
}

bool vb__seen_init(struct vb__run *run, struct vb__seen *seen,
                   yyjson_val *value)
{
    size_t words;

    *seen = (struct vb__seen){.count = unsafe_yyjson_get_len(value)};
    words = words_for(seen->count);
    if (words <= 1)
        return true;
    if (!vb__spend(run, words))
        return false;
    seen->many = take_spare(run, words);
    if (seen->many == NULL) {
        seen->many = vb_arena_alloc(run->arena, sizeof(*seen->many) +
                                                    words * sizeof(uint64_t));
        if (seen->many == NULL)
            return vb__schema_abort(run, VB_ERR_NOMEM);
        seen->many->capacity = words;
    }
    memset(seen->many->at, 0, words * sizeof(uint64_t));
    return true;
}

void vb__seen_done(struct vb__run *run, struct vb__seen *seen)
{
    if (seen->many == NULL)
        return;
    seen->many->next = run->spare;
    run->spare = seen->many;
    seen->many = NULL;
}

static uint64_t *word_of(struct vb__seen *seen, size_t i)
{
    return seen->many != NULL ? &seen->many->at[i / 64] : &seen->few;
}

void vb__seen_mark(struct vb__seen *seen, size_t i)
{
    if (seen != NULL)
        *word_of(seen, i) |= UINT64_C(1) << (i % 64);
}

void vb__seen_mark_all(struct vb__seen *seen)
{
    if (seen != NULL)
        seen->all = true;
}

bool vb__seen_has(const struct vb__seen *seen, size_t i)
{
    uint64_t word = seen->many != NULL ? seen->many->at[i / 64] : seen->few;

    return seen->all || (word >> (i % 64) & 1) != 0;
}

void vb__seen_merge(struct vb__seen *seen, const struct vb__seen *more)
{
    if (seen == NULL)
        return;
    seen->all |= more->all;
    seen->few |= more->few;
    for (size_t i = 0; seen->many != NULL && i < words_for(seen->count); i++)
        seen->many->at[i] |= more->many->at[i];
}
