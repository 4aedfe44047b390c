/* The contract: lists, collections, numbers. */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "contract.h"

enum { MEMBERS = 25 };

/* /c/0 ... /c/24, with strangers before, between and behind. */
static void make_members(struct contract *c)
{
    for (int i = 0; i < MEMBERS; i++) {
        char key[32], text[32];
        struct vb_change changes[2];

        (void)snprintf(key, sizeof(key), "/other/%d", i);
        changes[0] = rig_put(key, i % 2 ? "/c/" : "/b", "stranger");
        contract_ok(&c->a, changes, 1);
        (void)snprintf(key, sizeof(key), "/c/%d", i);
        (void)snprintf(text, sizeof(text), "text %02d", i);
        changes[0] = rig_put(key, "/c", text);
        contract_ok(&c->a, changes, 1);
    }
}

/* The members that a request brings, as their numbers in `got`. */
static size_t list(struct rig_worker *worker, struct vb_list_read *list,
                   int *got)
{
    assert_int_equal(rig_list(worker, list), VB_OK);
    for (size_t i = 0; i < list->count; i++) {
        struct vb_record *record = list->records[i];
        int64_t number;

        assert_true(vb_span_i64(vb_span_from(record->key, 3), &number));
        got[i] = (int)number;
    }
    return list->count;
}

static struct vb_list_read all(void)
{
    return (struct vb_list_read){.parent = VB_SPAN("/c"),
                                 .limit = VB_STORE_LIST_MAX,
                                 .byte_limit = 1 << 20};
}

static void list_has_all_members_in_order_of_creation(void **state)
{
    struct contract *c = *state;
    struct vb_list_read request = all();
    int got[VB_STORE_LIST_MAX];

    make_members(c);
    assert_int_equal(list(&c->b, &request, got), MEMBERS);
    assert_false(request.more);
    assert_int_equal(request.revision, contract_revision(&c->b, "/c", MEMBERS));
    for (int i = 0; i < MEMBERS; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "text %02d", i);
        assert_int_equal(got[i], i);
        assert_span_equal(request.records[i]->content, text);
        assert_span_equal(request.records[i]->parent, "/c");
        if (i > 0)
            assert_true(request.records[i]->position >
                        request.records[i - 1]->position);
    }
    vb_list_read_done(&request);
    request = all();
    request.backward = true;
    assert_int_equal(list(&c->b, &request, got), MEMBERS);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(got[i], MEMBERS - 1 - i);
    vb_list_read_done(&request);
}

/* Members of that media type are what they hold; others come whole, as they do
 * where they hold nothing. */
static void brief_members_have_their_content(void **state)
{
    static const char *const texts[] = {"one", "two", "", "four"};
    struct contract *c = *state;
    struct vb_list_read request = all(), whole = all();

    for (int i = 0; i < 4; i++) {
        char key[32];
        struct vb_change change;

        (void)snprintf(key, sizeof(key), "/c/%d", i);
        change = rig_put(key, "/c", texts[i]);
        if (i == 1)
            change.media_type = VB_SPAN("text/plain");
        contract_ok(&c->a, &change, 1);
    }
    request.brief = VB_SPAN("application/json");
    assert_int_equal(rig_list(&c->b, &request), VB_OK);
    assert_int_equal(rig_list(&c->b, &whole), VB_OK);
    assert_int_equal(request.count, 4);
    for (size_t i = 0; i < request.count; i++) {
        const struct vb_record *brief = request.records[i];
        const struct vb_record *record = whole.records[i];

        assert_int_equal(brief->position, record->position);
        assert_int_equal(brief->length, record->length);
        assert_true(vb_span_eq(brief->media_type, record->media_type));
        assert_true(vb_span_eq(brief->content, record->content));
        if (i == 1 || i == 2)
            assert_true(vb_span_eq(brief->key, record->key));
    }
    assert_int_equal(request.reached, whole.reached);
    vb_list_read_done(&request);
    vb_list_read_done(&whole);
}

static void list_of_no_collection_is_empty(void **state)
{
    struct contract *c = *state;
    struct vb_list_read request = all();
    int got[1];

    assert_int_equal(list(&c->a, &request, got), 0);
    assert_false(request.more);
    assert_int_equal(request.revision, 0);
    vb_list_read_done(&request);
    /* A record that is in no listing is not in that of "". */
    contract_ok(&c->a, (struct vb_change[]){rig_put("/x", "", "x")}, 1);
    request = all();
    request.parent = VB_SPAN("");
    assert_int_equal(list(&c->a, &request, got), 0);
    vb_list_read_done(&request);
}

static void limits_outside_the_range_are_refused(void **state)
{
    struct contract *c = *state;
    struct vb_list_read request = all();

    request.limit = 0;
    assert_int_equal(rig_list(&c->a, &request), VB_ERR_RANGE);
    vb_list_read_done(&request);
    request.limit = VB_STORE_LIST_MAX + 1;
    assert_int_equal(rig_list(&c->a, &request), VB_ERR_RANGE);
    vb_list_read_done(&request);
}

/* Pages of every size, both ways: each member once, `more` until the last. */
static void pages_join_to_the_whole(void **state)
{
    struct contract *c = *state;

    make_members(c);
    for (uint32_t size = 1; size <= MEMBERS + 1; size++) {
        for (int backward = 0; backward <= 1; backward++) {
            struct vb_list_read request = all();
            int got[MEMBERS + 1], expected = backward ? MEMBERS - 1 : 0;
            int seen = 0;

            request.backward = backward;
            request.limit = size;
            do {
                size_t n = list(&c->b, &request, got);

                for (size_t i = 0; i < n; i++, seen++) {
                    assert_int_equal(got[i], expected);
                    expected += backward ? -1 : 1;
                }
                assert_int_equal(request.more, seen < MEMBERS);
                if (request.more)
                    assert_int_equal(n, size);
                assert_true(n > 0);
                request.from = request.records[n - 1]->position;
                vb_list_read_done(&request);
            } while (request.more);
            assert_int_equal(seen, MEMBERS);
        }
    }
}

/* Each text is 7 bytes. */
static void byte_limit_ends_a_page_but_never_empties_it(void **state)
{
    struct contract *c = *state;
    static const struct {
        size_t byte_limit;
        size_t want;
    } rows[] = {{0, 1},  {1, 1},  {6, 1},  {7, 1},
                {13, 1}, {14, 2}, {15, 2}, {7 * MEMBERS, MEMBERS}};

    make_members(c);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_list_read request = all();
        int got[MEMBERS];

        request.byte_limit = rows[i].byte_limit;
        assert_int_equal(list(&c->a, &request, got), rows[i].want);
        assert_int_equal(request.more, rows[i].want < MEMBERS);
        vb_list_read_done(&request);
    }
}

static void position_stays_a_cursor_while_members_come_and_go(void **state)
{
    struct contract *c = *state;
    struct vb_list_read request = all();
    struct vb_change changes[2];
    uint64_t from;
    int got[MEMBERS + 2];

    make_members(c);
    request.limit = 10; /* 0 to 9 */
    list(&c->a, &request, got);
    from = request.records[9]->position;
    vb_list_read_done(&request);
    /* The one the cursor stands on, one before and one behind go; one is
     * replaced, one comes. */
    changes[0] = rig_delete("/c/9");
    contract_ok(&c->a, changes, 1);
    changes[0] = rig_delete("/c/3");
    changes[1] = rig_delete("/c/11");
    contract_ok(&c->a, changes, 2);
    changes[0] = rig_put("/c/5", "/c", "new");
    changes[1] = rig_put("/c/99", "/c", "new");
    contract_ok(&c->a, changes, 2);
    request = all();
    request.from = from;
    assert_int_equal(list(&c->a, &request, got), MEMBERS - 10 - 1 + 1);
    assert_int_equal(got[0], 10);
    assert_int_equal(got[1], 12);
    assert_int_equal(got[request.count - 2], MEMBERS - 1);
    assert_int_equal(got[request.count - 1], 99);
    vb_list_read_done(&request);
    request = all();
    request.from = from;
    request.backward = true;
    assert_int_equal(list(&c->a, &request, got), 8);
    assert_int_equal(got[0], 8);
    assert_int_equal(got[3], 5);
    assert_int_equal(got[5], 2);
    vb_list_read_done(&request);
}

/* Else a reader whose cursor stands there would never see the new one. */
static void position_of_a_deleted_member_does_not_return(void **state)
{
    struct contract *c = *state;
    uint64_t last = 0;

    for (int i = 0; i < 5; i++) {
        struct vb_record *record;
        struct vb_change change = rig_put("/c/1", "/c", "x");

        contract_ok(&c->a, &change, 1);
        assert_int_equal(rig_read(&c->a, change.key, &record), VB_OK);
        assert_true(record->position > last);
        last = record->position;
        vb_record_unref(record);
        change = rig_delete("/c/1");
        contract_ok(&c->a, &change, 1);
    }
}

/* Enough of both to make the memory engine close its holes. */
static void list_stands_many_deletions(void **state)
{
    struct contract *c = *state;
    enum { MANY = 120 };
    struct vb_change changes[MANY];
    char keys[MANY][16];
    struct vb_list_read request = all();
    int got[MANY];
    size_t n = 0;

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "/c/%d", i);
        changes[i] = rig_put(keys[i], "/c", "x");
    }
    contract_ok(&c->a, changes, MANY);
    for (int i = 0; i < MANY; i++)
        if (i % 7 != 3)
            changes[n++] = rig_delete(keys[i]);
    contract_ok(&c->a, changes, n);
    contract_revision(&c->b, "/c", MANY - n);
    assert_int_equal(list(&c->b, &request, got), MANY - n);
    for (size_t i = 0; i < MANY - n; i++)
        assert_int_equal(got[i], (int)i * 7 + 3);
    request.from = request.records[4]->position;
    request.limit = 1;
    vb_list_read_done(&request);
    assert_int_equal(list(&c->b, &request, got), 1);
    assert_int_equal(got[0], 5 * 7 + 3);
    vb_list_read_done(&request);
}

/* --- Collections. --- */

static void collection_follows_its_members(void **state)
{
    struct contract *c = *state;
    struct vb_collection_read read = {.parent = VB_SPAN("/c")};
    struct vb_change changes[3] = {rig_put("/c/1", "/c", "1"),
                                   rig_put("/c/2", "/c", "2"),
                                   rig_put("/d/1", "/d", "d")};
    uint64_t revision;

    assert_int_equal(rig_collection(&c->a, &read), VB_OK);
    assert_int_equal(read.revision, 0);
    assert_int_equal(read.count, 0);
    assert_int_equal(read.modified_ms, 0);
    changes[1].modified_ms = 3000;
    revision = contract_ok(&c->a, changes, 3);
    assert_int_equal(rig_collection(&c->a, &read), VB_OK);
    assert_int_equal(read.revision, revision);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.modified_ms, 3000);
    /* Replaced. */
    changes[0].modified_ms = 4000;
    revision = contract_ok(&c->a, changes, 1);
    assert_int_equal(rig_collection(&c->a, &read), VB_OK);
    assert_int_equal(read.revision, revision);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.modified_ms, 4000);
    /* Another collection is none of its business. */
    contract_ok(&c->a, &changes[2], 1);
    assert_int_equal(rig_collection(&c->a, &read), VB_OK);
    assert_int_equal(read.revision, revision);
    /* Deleted; by an older clock, which does not turn its time back. */
    changes[0] = rig_delete("/c/1");
    changes[0].modified_ms = 2000;
    revision = contract_ok(&c->a, changes, 1);
    assert_int_equal(rig_collection(&c->a, &read), VB_OK);
    assert_int_equal(read.revision, revision);
    assert_int_equal(read.count, 1);
    assert_int_equal(read.modified_ms, 4000);
    changes[0] = rig_delete("/c/2");
    revision = contract_ok(&c->a, changes, 1);
    assert_int_equal(contract_revision(&c->b, "/c", 0), revision);
    /* Deleting what is not there touches no member. */
    contract_ok(&c->a, changes, 1);
    assert_int_equal(contract_revision(&c->b, "/c", 0), revision);
}

/* --- Numbers. --- */

static int64_t take(struct rig_worker *worker, const char *parent,
                    int64_t least)
{
    struct vb_number_take take = {.parent = vb_span_str(parent),
                                  .least = least};

    assert_int_equal(rig_number(worker, &take), VB_OK);
    return take.number;
}

static void numbers_below_the_least_are_passed_over(void **state)
{
    struct contract *c = *state;

    assert_int_equal(take(&c->a, "/n", 0), 1);
    assert_int_equal(take(&c->a, "/n", 40), 40);
    assert_int_equal(take(&c->b, "/n", 7), 41);
    assert_int_equal(take(&c->a, "/n", 0), 42);
}

static void numbers_count_up_in_each_collection(void **state)
{
    struct contract *c = *state;

    for (int64_t i = 1; i <= 20; i++) {
        assert_int_equal(take(i % 2 ? &c->a : &c->b, "/c", 0), i);
        assert_int_equal(take(&c->a, "/d", 0), i);
        if (i % 5 == 0) /* members and revisions are not numbers' affair */
            contract_ok(&c->a, (struct vb_change[]){rig_put("/c/x", "/c", "x")},
                        1);
    }
    contract_revision(&c->a, "/c", 1);
    assert_int_equal(contract_revision(&c->a, "/d", 0), 0);
}

const struct CMUnitTest contract_lists[] = {
    contract_test(list_has_all_members_in_order_of_creation),
    contract_test(brief_members_have_their_content),
    contract_test(list_of_no_collection_is_empty),
    contract_test(limits_outside_the_range_are_refused),
    contract_test(pages_join_to_the_whole),
    contract_test(byte_limit_ends_a_page_but_never_empties_it),
    contract_test(position_stays_a_cursor_while_members_come_and_go),
    contract_test(position_of_a_deleted_member_does_not_return),
    contract_test(list_stands_many_deletions),
    contract_test(collection_follows_its_members),
    contract_test(numbers_below_the_least_are_passed_over),
    contract_test(numbers_count_up_in_each_collection),
};
const size_t contract_lists_count = VB_COUNT_OF(contract_lists);
