/* The contract: lists that are sieved, sorted and counted. */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "contract.h"

enum { MEMBERS = 25 };

/* /c/0 ... /c/24; the text of each is a letter: 'a' + number % 4. */
static void make_members(struct contract *c)
{
    for (int i = 0; i < MEMBERS; i++) {
        char key[32];
        const char text[] = {(char)('a' + i % 4), '\0'};
        struct vb_change change;

        (void)snprintf(key, sizeof(key), "/c/%d", i);
        change = rig_put(key, "/c", text);
        contract_ok(&c->a, &change, 1);
    }
}

static int number_of(const struct vb_record *record)
{
    int64_t number;

    assert_true(vb_span_i64(vb_span_from(record->key, 3), &number));
    return (int)number;
}

/* Keeps the numbers that `divisor` divides, sorted by their text. */
struct third {
    struct vb_sieve sieve;
    int divisor;
    unsigned looked; /* times */
};

static bool keep(struct vb_sieve *sieve, const struct vb_record *state,
                 struct vb_buf *key)
{
    struct third *third = (struct third *)(void *)sieve;

    third->looked++;
    vb_buf_append(key, state->content);
    return number_of(state) % third->divisor == 0;
}

static struct third by(int divisor)
{
    return (struct third){.sieve = {keep, 1000, 1000}, .divisor = divisor};
}

static struct vb_list_read all(struct third *third)
{
    return (struct vb_list_read){.parent = VB_SPAN("/c"),
                                 .limit = VB_STORE_LIST_MAX,
                                 .byte_limit = 1 << 20,
                                 .sieve = &third->sieve};
}

/* Pages of this size, joined; how many members. */
static int join(struct contract *c, struct vb_list_read page, int *got)
{
    int count = 0;

    for (;;) {
        uint64_t reached;
        char key[8];
        size_t len;

        assert_int_equal(rig_list(&c->b, &page), VB_OK);
        assert_true(page.count <= page.limit);
        for (size_t i = 0; i < page.count; i++)
            got[count++] = number_of(page.records[i]);
        reached = page.reached;
        len = page.reached_key.len;
        assert_true(len < sizeof(key));
        if (len > 0)
            memcpy(key, page.reached_key.ptr, len);
        vb_list_read_done(&page);
        if (!page.more)
            return count;
        assert_true(reached > 0);
        page.from = reached;
        page.from_key = vb_span_of(key, len);
    }
}

static void only_what_the_sieve_keeps_is_listed(void **state)
{
    struct contract *c = *state;
    struct third third = by(3);
    int got[MEMBERS];

    make_members(c);
    for (uint32_t size = 1; size <= MEMBERS; size++) {
        for (int backward = 0; backward <= 1; backward++) {
            struct vb_list_read page = all(&third);

            page.limit = size;
            page.backward = backward;
            assert_int_equal(join(c, page, got), 9);
            for (int i = 0; i < 9; i++)
                assert_int_equal(got[i], backward ? 24 - 3 * i : 3 * i);
        }
    }
}

/* Whoever asks for what is rare gets it bit by bit. */
static void a_page_looks_at_no_more_than_the_sieve_is_for(void **state)
{
    struct contract *c = *state;
    struct third third = by(24);
    struct vb_list_read page = all(&third);
    int got[MEMBERS];

    make_members(c);
    third.sieve.most_records = 10;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(third.looked, 10);
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    page.from = page.reached;
    vb_list_read_done(&page);
    third.looked = 0;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(third.looked, 10);
    assert_int_equal(page.count, 0);
    assert_true(page.more);
    page.from = page.reached;
    vb_list_read_done(&page);
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(number_of(page.records[0]), 24);
    assert_false(page.more);
    vb_list_read_done(&page);
    /* Bytes bound it just as well, but one is always looked at. */
    third = by(1);
    third.sieve.most_bytes = 0;
    assert_int_equal(join(c, all(&third), got), MEMBERS);
    assert_true(third.looked >= MEMBERS);
}

/* By their text, then in the order of creation: a letter has every fourth. */
static void a_whole_list_is_sorted_by_keys_and_counted(void **state)
{
    struct contract *c = *state;
    struct third third = by(1);
    int want[MEMBERS], got[MEMBERS], n = 0;

    make_members(c);
    for (int letter = 0; letter < 4; letter++)
        for (int i = letter; i < MEMBERS; i += 4)
            want[n++] = i;
    for (uint32_t size = 1; size <= MEMBERS + 1; size++) {
        for (int backward = 0; backward <= 1; backward++) {
            struct vb_list_read page = all(&third);

            page.limit = size;
            page.backward = backward;
            page.whole = true;
            assert_int_equal(join(c, page, got), MEMBERS);
            for (int i = 0; i < MEMBERS; i++)
                assert_int_equal(got[i], want[backward ? MEMBERS - 1 - i : i]);
        }
    }
}

static void a_whole_list_counts_what_the_sieve_keeps(void **state)
{
    struct contract *c = *state;
    struct third third = by(5);
    struct vb_list_read page = all(&third);

    make_members(c);
    page.whole = true;
    page.limit = 2;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.total, 5);
    vb_list_read_done(&page);
    page = all(&third);
    page.sieve = NULL;
    page.limit = 1;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(page.total, MEMBERS);
    vb_list_read_done(&page);
}

static void a_whole_list_ends_with_its_bytes_but_is_never_empty(void **state)
{
    struct contract *c = *state;
    struct third third = by(1);
    struct vb_list_read page = all(&third);
    int got[MEMBERS];

    make_members(c);
    page.whole = true;
    page.byte_limit = 3; /* of one byte each */
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    vb_list_read_done(&page);
    page.byte_limit = 0;
    assert_int_equal(join(c, page, got), MEMBERS);
}

static void a_whole_list_beyond_the_sieve_is_refused(void **state)
{
    struct contract *c = *state;
    struct third third = by(1);
    struct vb_list_read page = all(&third);

    make_members(c);
    page.whole = true;
    third.sieve.most_records = MEMBERS - 1;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_LIMIT);
    assert_int_equal(page.count, 0);
    third.sieve.most_records = MEMBERS;
    assert_int_equal(rig_list(&c->a, &page), VB_OK);
    vb_list_read_done(&page);
    third.sieve.most_bytes = MEMBERS - 1;
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_LIMIT);
    page.sieve = NULL; /* sorted by what? */
    assert_int_equal(rig_list(&c->a, &page), VB_ERR_RANGE);
}

const struct CMUnitTest contract_sieves[] = {
    contract_test(only_what_the_sieve_keeps_is_listed),
    contract_test(a_page_looks_at_no_more_than_the_sieve_is_for),
    contract_test(a_whole_list_is_sorted_by_keys_and_counted),
    contract_test(a_whole_list_counts_what_the_sieve_keeps),
    contract_test(a_whole_list_ends_with_its_bytes_but_is_never_empty),
    contract_test(a_whole_list_beyond_the_sieve_is_refused),
};
const size_t contract_sieves_count = VB_COUNT_OF(contract_sieves);
