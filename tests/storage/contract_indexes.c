/* The contract: what a list brings is the same with an index and without. */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/span.h"
#include "contract.h"
#include "words.h"

enum { MEMBERS = 60, LOOKS = 2000 };

/* Some of them often; the first word is one index's, all of them another's. */
static const char *const texts[] = {"b",    "a b c", "",    "c b",
                                    "ab a", "abc",   "b b", "d",
                                    "a\1",  "abcd",  "c",   "e f g h i"};

static void write_member(struct contract *c, int i, const char *text)
{
    struct vb_change change;
    char key[32];

    (void)snprintf(key, sizeof(key), "/c/%d", i);
    change = rig_put(key, "/c", text);
    if (i % 5 == 0)
        change.media_type = VB_SPAN("text/plain");
    contract_ok(&c->a, &change, 1);
}

/* Looks until an index is whole; false: the engine does without. */
static bool await_index(struct contract *c, struct vb_list_read list)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    enum vb_err err = VB_ERR_UNSUPPORTED;

    for (int i = 0; err == VB_ERR_UNSUPPORTED && i < LOOKS; i++) {
        err = rig_list(&c->b, &list);
        if (err == VB_ERR_UNSUPPORTED && c->engine->unindexed)
            return false;
        vb_list_read_done(&list);
        rig_worker_look(&c->a); /* it may be at it */
        nanosleep(&pause, NULL);
    }
    assert_int_equal(err, VB_OK);
    return true;
}

/* Some are made before the indexes, some after; some change, some go. */
static void make_members(struct contract *c)
{
    struct vb_indexes *indexes = words_new();
    struct vb_change change;

    for (int i = 0; i < MEMBERS / 2; i++)
        write_member(c, i, texts[i % (int)VB_COUNT_OF(texts)]);
    vb_store_index(c->store, indexes);
    vb_indexes_unref(indexes);
    for (int i = MEMBERS / 2; i < MEMBERS; i++)
        write_member(c, i, texts[i % (int)VB_COUNT_OF(texts)]);
    change = rig_put("/d/1", "/d", "a");
    contract_ok(&c->a, &change, 1);
    for (int i = 0; i < MEMBERS; i += 7)
        write_member(c, i, "b a");
    change = rig_delete("/c/8");
    contract_ok(&c->a, &change, 1);
    change = rig_bury("/c/9", "");
    contract_ok(&c->a, &change, 1);
    write_member(c, 9, "abc a");
}

/* What lies in some ranges of an index: as a sieve, and as a list. */
struct within {
    struct words_sieve sieve;
    struct vb_list_index index;
};

static struct within within(size_t index, const struct vb_ranges *ranges)
{
    return (struct within){
        .sieve = words_sieve(index, ranges),
        .index = {.name = words_names[index],
                  .ranges = *ranges,
                  .most = 100000},
    };
}

static struct vb_list_read page_of(struct within *within)
{
    return (struct vb_list_read){.parent = VB_SPAN("/c"),
                                 .limit = VB_STORE_LIST_MAX,
                                 .byte_limit = 1 << 20,
                                 .sieve = &within->sieve.base};
}

/* What a list shows of a member, as a number. */
static uint64_t digest(const struct vb_record *record)
{
    return record->position + vb_hash(&vb_hash_key_fixed, record->content) +
           3 * vb_hash(&vb_hash_key_fixed, record->media_type) +
           5 * record->length;
}

/* Pages of this size, joined, as digests; how many members. */
static int join(struct contract *c, struct vb_list_read page, uint64_t *got)
{
    char key[64];
    int count = 0;

    for (;;) {
        uint64_t reached;
        size_t len;

        assert_int_equal(rig_list(&c->b, &page), VB_OK);
        for (size_t i = 0; i < page.count; i++)
            got[count++] = digest(page.records[i]);
        reached = page.reached;
        len = page.reached_key.len;
        assert_true(len < sizeof(key));
        if (len > 0)
            memcpy(key, page.reached_key.ptr, len);
        vb_list_read_done(&page);
        if (!page.more)
            return count;
        page.from = reached;
        page.from_key = vb_span_of(key, len);
    }
}

/* In pages of each size and in both directions, brief and whole. */
static void compare(struct contract *c, struct within *within, bool whole)
{
    struct vb_list_read page = page_of(within);
    uint64_t want[MEMBERS + 1], got[MEMBERS + 1];

    page.whole = whole;
    within->sieve.ordered = within->index.ordered;
    within->sieve.descending = within->index.descending;
    for (int backward = 0; backward <= 1; backward++) {
        int count;

        page.backward = backward;
        page.index = NULL;
        page.brief = VB_SPAN("");
        page.limit = VB_STORE_LIST_MAX;
        count = join(c, page, want);
        page.index = &within->index;
        for (uint32_t limit = 1; limit <= MEMBERS + 2; limit += 3) {
            page.limit = limit;
            page.brief =
                limit % 2 == 0 ? VB_SPAN("application/json") : VB_SPAN("");
            assert_int_equal(join(c, page, got), count);
            assert_memory_equal(got, want, (size_t)count * sizeof(*got));
        }
    }
}

/* Exact ranges are not asked about; the others are. */
static void compare_all(struct contract *c, size_t index,
                        struct vb_ranges ranges)
{
    for (int exact = 0; exact <= 1; exact++) {
        struct within in;

        ranges.exact = exact;
        in = within(index, &ranges);
        compare(c, &in, false);
        compare(c, &in, true);
        if (index != WORDS_FIRST)
            continue; /* one key each: an order */
        for (int descending = 0; descending <= 1; descending++) {
            in.index.ordered = true;
            in.index.descending = descending;
            compare(c, &in, true);
        }
    }
}

static void a_list_is_the_same_with_an_index(void **state)
{
    static const struct vb_range one[] = {
        {VB_SPAN_INIT("b\0"), VB_SPAN_INIT("b\0\0")}};
    static const struct vb_range some[] = {
        {VB_SPAN_INIT(""), VB_SPAN_INIT("a\0\0")},
        {VB_SPAN_INIT("ab"), VB_SPAN_INIT("ab\xff")},
        {VB_SPAN_INIT("c"), VB_SPAN_INIT("d\0")}};
    static const struct vb_range nothing[] = {
        {VB_SPAN_INIT("x"), VB_SPAN_INIT("y")}};
    const struct vb_ranges sets[] = {{one, 1, false},
                                     {some, 3, false},
                                     {nothing, 1, false},
                                     {NULL, 0, false},
                                     vb_ranges_all(false)};
    struct contract *c = *state;
    struct within in = within(WORDS_FIRST, &sets[0]);
    struct vb_list_read page = page_of(&in);

    make_members(c);
    page.index = &in.index;
    if (!await_index(c, page))
        return;
    for (size_t i = 0; i < VB_COUNT_OF(sets); i++) {
        compare_all(c, WORDS_FIRST, sets[i]);
        compare_all(c, WORDS_ALL, sets[i]);
    }
}

static void keys_are_counted(void **state)
{
    static const struct vb_range one[] = {
        {VB_SPAN_INIT("b\0"), VB_SPAN_INIT("b\0\0")}};
    const struct vb_ranges ranges = {one, 1, true};
    struct contract *c = *state;
    struct within in = within(WORDS_FIRST, &ranges);
    struct vb_list_read page = page_of(&in);
    uint64_t all[MEMBERS + 1];
    int count;

    make_members(c);
    page.index = &in.index;
    if (!await_index(c, page))
        return;
    page.index = NULL;
    count = join(c, page, all);
    page.limit = 1;
    page.counted = &in.index;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(page.total, count);
    assert_int_equal(page.count, 1);
    vb_list_read_done(&page);
    in.index.most = (uint64_t)count;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    vb_list_read_done(&page);
    in.index.most = (uint64_t)count - 1;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_LIMIT);
}

static void too_many_keys_are_not_gone_through(void **state)
{
    const struct vb_ranges all = vb_ranges_all(false);
    struct contract *c = *state;
    struct within in = within(WORDS_FIRST, &all);
    struct vb_list_read page = page_of(&in);

    make_members(c);
    page.index = &in.index;
    if (!await_index(c, page))
        return;
    in.index.most = MEMBERS - 1;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    vb_list_read_done(&page);
    in.index.most = MEMBERS - 2;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_LIMIT);
    page.whole = true;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_LIMIT);
}

static void an_index_that_is_not_there_is_not_used(void **state)
{
    const struct vb_ranges all = vb_ranges_all(false);
    struct contract *c = *state;
    struct within in = within(WORDS_FIRST, &all);
    struct vb_list_read page = page_of(&in);
    bool keeps;

    make_members(c);
    page.index = &in.index;
    keeps = await_index(c, page);
    in.index.name = VB_SPAN("unheard of");
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_UNSUPPORTED);
    page.index = NULL;
    page.counted = &in.index;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_UNSUPPORTED);
    in.index.name = words_names[WORDS_FIRST];
    vb_store_index(c->store, NULL);
    write_member(c, 0, "a");
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_UNSUPPORTED);
    if (!keeps)
        return;
    make_members(c); /* and it is made again */
    page.counted = NULL;
    page.index = &in.index;
    assert_true(await_index(c, page));
    compare(c, &in, false);
}

const struct CMUnitTest contract_indexes[] = {
    contract_test(a_list_is_the_same_with_an_index),
    contract_test(keys_are_counted),
    contract_test(too_many_keys_are_not_gone_through),
    contract_test(an_index_that_is_not_there_is_not_used),
};
const size_t contract_indexes_count = VB_COUNT_OF(contract_indexes);
