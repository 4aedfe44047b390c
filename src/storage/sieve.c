/* Which members a list has. See sieve.h. */
#include "storage/sieve.h"

#include <stdlib.h>

#include "base/span.h"

/* Bytes of one member's key. */
#define KEY_LIMIT ((size_t)64 * 1024)

/* --- In the order of positions. --- */

void vb__sift_init(struct vb__sifting *sifting, struct vb_list_read *list)
{
    bool exact = list->index != NULL && list->index->ranges.exact;

    *sifting =
        (struct vb__sifting){.list = list, .sieve = exact ? NULL : list->sieve};
    vb_buf_init(&sifting->key, KEY_LIMIT);
}

/* Would looking at this one, too, be more than the sieve is for? */
static bool is_beyond(const struct vb_sieve *sieve, uint64_t *records,
                      uint64_t *looked, const struct vb_record *state)
{
    if (*records == sieve->most_records ||
        (*records > 0 && *looked + state->content.len > sieve->most_bytes))
        return true;
    *records += 1;
    *looked += state->content.len;
    return false;
}

enum vb__sift vb__sift(struct vb__sifting *sifting,
                       const struct vb_record *state)
{
    struct vb_list_read *list = sifting->list;
    struct vb_sieve *sieve = sifting->sieve;

    if (sieve != NULL &&
        is_beyond(sieve, &sifting->records, &sifting->looked, state)) {
        list->more = true;
        return VB__SIFT_END;
    }
    vb_buf_reset(&sifting->key); /* this order has no use for keys */
    if (sieve != NULL && !sieve->keep(sieve, state, &sifting->key)) {
        list->reached = state->position;
        return sifting->key.err == VB_OK ? VB__SIFT_PASS : VB__SIFT_END;
    }
    sifting->bytes += state->content.len;
    if (list->count == list->limit ||
        (list->count > 0 && sifting->bytes > list->byte_limit)) {
        list->more = true;
        return VB__SIFT_END;
    }
    list->reached = state->position;
    return VB__SIFT_TAKE;
}

enum vb_err vb__sift_done(struct vb__sifting *sifting)
{
    enum vb_err err = sifting->key.err;

    vb_buf_done(&sifting->key);
    return err;
}

/* --- All of them, the best kept. --- */

enum vb_err vb__pick_init(struct vb__pick *pick, struct vb_list_read *list)
{
    *pick = (struct vb__pick){.list = list};
    vb_buf_init(&pick->key, KEY_LIMIT);
    pick->kept = malloc(((size_t)list->limit + 1) * sizeof(*pick->kept));
    return pick->kept == NULL ? VB_ERR_NOMEM : VB_OK;
}

static int order(struct vb_span key_a, uint64_t a, struct vb_span key_b,
                 uint64_t b)
{
    int by_key = vb_span_cmp(key_a, key_b);

    if (by_key != 0)
        return by_key;
    return a < b ? -1 : a > b;
}

/* Does a come before b in this list? */
static bool comes_before(const struct vb_list_read *list,
                         const struct vb__picked *a, const struct vb__picked *b)
{
    int by = order(vb_span_of(a->key, a->key_len), a->position,
                   vb_span_of(b->key, b->key_len), b->position);

    return list->backward ? by > 0 : by < 0;
}

/* Is it beyond where the list is to begin? */
static bool is_in_reach(const struct vb_list_read *list, struct vb_span key,
                        uint64_t position)
{
    int by;

    if (list->from == 0)
        return true;
    by = order(key, position, list->from_key, list->from);
    return list->backward ? by < 0 : by > 0;
}

static void swap(struct vb__picked *a, struct vb__picked *b)
{
    struct vb__picked c = *a;

    *a = *b;
    *b = c;
}

static void sift_up(struct vb__pick *pick, size_t at)
{
    while (at > 0) {
        size_t above = (at - 1) / 2;

        if (!comes_before(pick->list, &pick->kept[above], &pick->kept[at]))
            return;
        swap(&pick->kept[above], &pick->kept[at]);
        at = above;
    }
}

static void sift_down(struct vb__pick *pick, size_t count)
{
    size_t at = 0;

    for (;;) {
        size_t last = at, left = 2 * at + 1;

        for (size_t i = left; i < left + 2 && i < count; i++)
            if (comes_before(pick->list, &pick->kept[last], &pick->kept[i]))
                last = i;
        if (last == at)
            return;
        swap(&pick->kept[at], &pick->kept[last]);
        at = last;
    }
}

static enum vb_err keep(struct vb__pick *pick, struct vb__picked new)
{
    size_t most = (size_t)pick->list->limit + 1;
    struct vb_span key = vb_buf_span(&pick->key);

    new.key = malloc(key.len + 1);
    if (new.key == NULL)
        return VB_ERR_NOMEM;
    if (key.len > 0)
        memcpy(new.key, key.ptr, key.len);
    if (pick->count < most) {
        pick->kept[pick->count++] = new;
        sift_up(pick, pick->count - 1);
        return VB_OK;
    }
    free(pick->kept[0].key);
    pick->kept[0] = new;
    sift_down(pick, pick->count);
    return VB_OK;
}

enum vb_err vb__pick_offer(struct vb__pick *pick, const struct vb_record *state,
                           void *row)
{
    struct vb_list_read *list = pick->list;
    struct vb__picked new = {.position = state->position, .row = row};

    if (is_beyond(list->sieve, &pick->records, &pick->looked, state))
        return VB_ERR_LIMIT;
    list->looked++;
    vb_buf_reset(&pick->key);
    if (!list->sieve->keep(list->sieve, state, &pick->key) ||
        pick->key.err != VB_OK)
        return pick->key.err;
    list->total++;
    if (!is_in_reach(list, vb_buf_span(&pick->key), state->position))
        return VB_OK;
    new.key = pick->key.ptr;
    new.key_len = pick->key.len;
    if (pick->count > list->limit && !comes_before(list, &new, &pick->kept[0]))
        return VB_OK;
    return keep(pick, new);
}

void vb__pick_sort(struct vb__pick *pick)
{
    for (size_t n = pick->count; n > 1; n--) {
        swap(&pick->kept[0], &pick->kept[n - 1]);
        sift_down(pick, n - 1);
    }
}

enum vb_err vb__pick_end(struct vb__pick *pick, size_t taken)
{
    struct vb_list_read *list = pick->list;

    list->more = taken < pick->count;
    if (taken == 0)
        return VB_OK;
    list->reached = pick->kept[taken - 1].position;
    vb_buf_init(&list->reached_key, KEY_LIMIT);
    vb_buf_append(
        &list->reached_key,
        vb_span_of(pick->kept[taken - 1].key, pick->kept[taken - 1].key_len));
    return list->reached_key.err;
}

void vb__pick_done(struct vb__pick *pick)
{
    for (size_t i = 0; i < pick->count; i++)
        free(pick->kept[i].key);
    free(pick->kept);
    vb_buf_done(&pick->key);
}
