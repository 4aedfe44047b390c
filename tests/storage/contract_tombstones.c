/* The contract: tombstones, which stand where records were. */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "contract.h"

/* --- Asserting. --- */

/* What the tombstone under the key says; its revision. */
static uint64_t expect_tombstone(struct rig_worker *worker, const char *key,
                                 const char *moved_to)
{
    struct vb_record *tombstone = NULL;
    uint64_t revision;

    contract_absent(worker, key);
    assert_int_equal(rig_tombstone(worker, vb_span_str(key), &tombstone),
                     VB_OK);
    if (tombstone == NULL)
        fail_msg("nothing is left of %s", key);
    assert_span_equal(tombstone->key, key);
    assert_span_equal(tombstone->parent, "");
    assert_span_equal(tombstone->content, moved_to);
    assert_int_equal(tombstone->length, strlen(moved_to));
    assert_int_equal(tombstone->blob, 0);
    assert_int_equal(tombstone->modified_ms, 2000); /* rig_delete's */
    revision = tombstone->revision;
    vb_record_unref(tombstone);
    return revision;
}

static void expect_none(struct rig_worker *worker, const char *key)
{
    struct vb_record *tombstone = NULL;

    assert_int_equal(rig_tombstone(worker, vb_span_str(key), &tombstone),
                     VB_OK);
    if (tombstone != NULL)
        fail_msg("there is a tombstone of %s", key);
}

static uint64_t put(struct contract *c, const char *key, const char *text)
{
    const struct vb_change change = rig_put(key, "/c", text);

    return contract_ok(&c->a, &change, 1);
}

static uint64_t bury(struct contract *c, const char *key)
{
    const struct vb_change change = rig_bury(key, "");

    return contract_ok(&c->a, &change, 1);
}

/* --- The rules. --- */

static void a_deletion_leaves_a_tombstone_if_asked_to(void **state)
{
    struct contract *c = *state;
    const struct vb_change plain = rig_delete("/c/2");
    uint64_t revision;

    put(c, "/c/1", "one");
    put(c, "/c/2", "two");
    expect_none(&c->a, "/c/1"); /* it is there */
    revision = bury(c, "/c/1");
    contract_ok(&c->a, &plain, 1);
    assert_int_equal(expect_tombstone(&c->b, "/c/1", ""), revision);
    expect_none(&c->b, "/c/2");
    expect_none(&c->b, "/c/3");
    assert_true(contract_revision(&c->b, "/c", 0) > revision);
}

static void a_tombstone_is_no_member(void **state)
{
    struct contract *c = *state;
    const struct vb_change empty = {.kind = VB_CHANGE_REQUIRE_EMPTY,
                                    .key = VB_SPAN("/c")};
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"), .limit = 10, .byte_limit = 1000};

    put(c, "/c/1", "one");
    put(c, "/c/2", "two");
    bury(c, "/c/1");
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.total, 1);
    assert_span_equal(list.records[0]->key, "/c/2");
    vb_list_read_done(&list);
    bury(c, "/c/2");
    contract_ok(&c->a, &empty, 1);
}

static void what_was_never_there_leaves_nothing(void **state)
{
    struct contract *c = *state;

    bury(c, "/c/1");
    expect_none(&c->a, "/c/1");
}

static void a_tombstone_stays_until_there_is_a_record_again(void **state)
{
    struct contract *c = *state;
    const struct vb_change plain = rig_delete("/c/1");
    struct vb_change again = rig_put("/c/1", "/c", "again");
    uint64_t revision;

    put(c, "/c/1", "one");
    put(c, "/c/2", "two");
    revision = bury(c, "/c/1");
    contract_ok(&c->a, &plain, 1);
    assert_true(bury(c, "/c/1") > revision + 1); /* and changes nothing */
    assert_int_equal(expect_tombstone(&c->b, "/c/1", ""), revision);
    again.expect = VB_EXPECT_NONE;
    revision = contract_ok(&c->a, &again, 1);
    assert_int_equal(contract_holds(&c->b, "/c/1", "again"), revision);
    expect_none(&c->b, "/c/1");
    contract_ok(&c->a, &plain, 1);
    expect_none(&c->b, "/c/1");
}

/* What lives again is new: it comes last, and is as old as that. */
static void what_lives_again_is_a_new_member(void **state)
{
    struct contract *c = *state;
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"), .limit = 10, .byte_limit = 1000};

    put(c, "/c/1", "one");
    put(c, "/c/2", "two");
    bury(c, "/c/1");
    put(c, "/c/1", "again");
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    assert_int_equal(list.count, 2);
    assert_span_equal(list.records[0]->key, "/c/2");
    assert_span_equal(list.records[1]->key, "/c/1");
    assert_int_equal(list.records[1]->created_ms, 1000);
    vb_list_read_done(&list);
}

static void a_key_that_must_be_unused_has_no_tombstone(void **state)
{
    struct contract *c = *state;
    struct vb_change change = rig_put("/c/1", "/c", "one");

    change.expect = VB_EXPECT_UNUSED;
    contract_ok(&c->a, &change, 1);
    assert_int_equal(rig_change(&c->b, &change, 1, NULL), VB_ERR_AGAIN);
    bury(c, "/c/1");
    assert_int_equal(rig_change(&c->b, &change, 1, NULL), VB_ERR_AGAIN);
    expect_tombstone(&c->b, "/c/1", "");
}

static void what_was_refused_leaves_no_tombstone(void **state)
{
    struct contract *c = *state;
    const char *target = "/c/1";
    struct vb_span reference = vb_span_str(target);
    struct vb_change change = rig_put("/c/2", "/c", "refers");

    put(c, "/c/1", "one");
    change.references = &reference;
    change.reference_count = 1;
    contract_ok(&c->a, &change, 1);
    change = rig_bury("/c/1", "");
    contract_conflict(&c->a, &change, 1, VB_CONFLICT_REFERENCED, 0, 0, "/c/2");
    expect_none(&c->a, "/c/1");
    contract_holds(&c->a, "/c/1", "one");
}

static void a_tombstone_holds_nothing_and_is_no_target(void **state)
{
    struct contract *c = *state;
    const struct vb_claim claim = {VB_SPAN("/c#/isbn"), VB_SPAN("1")};
    struct vb_span references[] = {VB_SPAN("/c/2")};
    struct vb_change change = rig_put("/c/1", "/c", "one");

    put(c, "/c/2", "two");
    change.claims = &claim;
    change.claim_count = 1;
    change.references = references;
    change.reference_count = 1;
    contract_ok(&c->a, &change, 1);
    bury(c, "/c/1");
    bury(c, "/c/2"); /* nothing refers to it any more */
    change.key = VB_SPAN("/c/3");
    contract_conflict(&c->b, &change, 1, VB_CONFLICT_DANGLING, 0, 0, "");
    change.reference_count = 0;
    contract_ok(&c->b, &change, 1); /* and the claim is free */
}

static void a_record_moves_in_one_commit(void **state)
{
    struct contract *c = *state;
    struct vb_change changes[] = {rig_put("/c/2", "/c", "one"),
                                  rig_bury("/c/1", "/c/2")};
    struct vb_change back[] = {rig_bury("/c/2", "/c/1"),
                               rig_put("/c/1", "/c", "one")};

    put(c, "/c/1", "one");
    contract_ok(&c->a, changes, 2);
    expect_tombstone(&c->b, "/c/1", "/c/2");
    contract_holds(&c->b, "/c/2", "one");
    contract_ok(&c->a, back, 2);
    expect_tombstone(&c->b, "/c/2", "/c/1");
    contract_holds(&c->b, "/c/1", "one");
}

static void what_moves_keeps_its_age_and_its_blob(void **state)
{
    struct contract *c = *state;
    char bytes[VB_STORE_CHUNK];
    uint64_t blob = vb_store_blob_new(c->a.client);
    struct vb_change changes[] = {rig_put("/c/1", "/c", ""),
                                  rig_bury("/c/1", "/d/1")};
    struct vb_record *record = NULL;
    struct vb_chunk_read read = {.blob = blob, .index = 1, .bytes = bytes};

    memset(bytes, 'b', sizeof(bytes));
    for (uint64_t i = 0; i < 2; i++) {
        struct vb_chunk_write write = {
            .blob = blob,
            .index = i,
            .bytes = vb_span_of(bytes, i == 0 ? sizeof(bytes) : 10)};

        assert_int_equal(rig_chunk_write(&c->a, &write), VB_OK);
    }
    changes[0].blob = blob;
    changes[0].length = VB_STORE_CHUNK + 10;
    contract_ok(&c->a, changes, 1);
    changes[0].key = VB_SPAN("/d/1");
    changes[0].parent = VB_SPAN("/d");
    changes[0].created_ms = 700;
    assert_int_equal(rig_change(&c->a, changes, 1, NULL), VB_ERR_INVALID);
    contract_ok(&c->a, changes, 2);
    assert_int_equal(rig_read(&c->b, VB_SPAN("/d/1"), &record), VB_OK);
    assert_non_null(record);
    assert_int_equal(record->created_ms, 700);
    assert_int_equal(record->modified_ms, 1000);
    assert_int_equal(record->blob, blob);
    put(c, "/c/2", "time for what clears away");
    assert_int_equal(rig_chunk_read(&c->b, &read), VB_OK);
    assert_int_equal(read.length, 10);
    vb_record_unref(record);
    expect_tombstone(&c->b, "/c/1", "/d/1");
    changes[0] = rig_delete("/d/1");
    contract_ok(&c->a, changes, 1);
}

static void many_of_a_commit_are_buried_and_live_again(void **state)
{
    struct contract *c = *state;
    char keys[60][16];
    struct vb_change changes[60];

    for (int i = 0; i < 60; i++)
        (void)snprintf(keys[i], sizeof(keys[i]), "/c/%d", i);
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < 60; i++)
            changes[i] = (turn + i) % 2 == 0 ? rig_put(keys[i], "/c", keys[i])
                                             : rig_bury(keys[i], "");
        contract_ok(&c->a, changes, 60);
        for (int i = 0; i < 60; i++) {
            if ((turn + i) % 2 == 0)
                contract_holds(&c->b, keys[i], keys[i]);
            else if (turn > 0)
                expect_tombstone(&c->b, keys[i], "");
        }
        assert_true(contract_revision(&c->b, "/c", 30) > 0);
    }
}

static void generations_tell_of_burials_and_returns(void **state)
{
    struct contract *c = *state;
    uint64_t before, buried;

    put(c, "/c/1", "one");
    before = vb_store_generation(c->store, VB_SPAN("/c/1"));
    bury(c, "/c/1");
    buried = vb_store_generation(c->store, VB_SPAN("/c/1"));
    assert_true(buried != before);
    put(c, "/c/1", "again");
    assert_true(vb_store_generation(c->store, VB_SPAN("/c/1")) != buried);
}

const struct CMUnitTest contract_tombstones[] = {
    contract_test(a_deletion_leaves_a_tombstone_if_asked_to),
    contract_test(a_tombstone_is_no_member),
    contract_test(what_was_never_there_leaves_nothing),
    contract_test(a_tombstone_stays_until_there_is_a_record_again),
    contract_test(what_lives_again_is_a_new_member),
    contract_test(a_key_that_must_be_unused_has_no_tombstone),
    contract_test(what_was_refused_leaves_no_tombstone),
    contract_test(a_tombstone_holds_nothing_and_is_no_target),
    contract_test(a_record_moves_in_one_commit),
    contract_test(what_moves_keeps_its_age_and_its_blob),
    contract_test(many_of_a_commit_are_buried_and_live_again),
    contract_test(generations_tell_of_burials_and_returns),
};
const size_t contract_tombstones_count = VB_COUNT_OF(contract_tombstones);
