/* The contract: claims, references, emptiness. */
#include "unit.h"

#include <stdio.h>

#include "contract.h"

/* --- Claims. --- */

static const struct vb_claim isbn_1 = {VB_SPAN_INIT("/books#/isbn"),
                                       VB_SPAN_INIT("1")};
static const struct vb_claim isbn_2 = {VB_SPAN_INIT("/books#/isbn"),
                                       VB_SPAN_INIT("2")};

static struct vb_change
put_with_claims(const char *key, const struct vb_claim *claims, size_t count)
{
    struct vb_change put = rig_put(key, "/books", "{}");

    put.claims = claims;
    put.claim_count = count;
    return put;
}

static void claim_is_one_record_s_at_a_time(void **state)
{
    struct contract *c = *state;
    struct vb_change one = put_with_claims("/books/1", &isbn_1, 1);
    struct vb_claim both[] = {isbn_2, isbn_1};
    struct vb_change two = put_with_claims("/books/2", both, 2);

    contract_ok(&c->a, &one, 1);
    contract_conflict(&c->b, &two, 1, VB_CONFLICT_CLAIMED, 0, 1, "/books/1");
    contract_ok(&c->a, &one, 1); /* its own is no obstacle */
    two.claim_count = 1;
    contract_ok(&c->b, &two, 1);
}

static void replacement_replaces_the_claims(void **state)
{
    struct contract *c = *state;
    struct vb_change one = put_with_claims("/books/1", &isbn_1, 1);
    struct vb_change two = put_with_claims("/books/2", &isbn_1, 1);

    contract_ok(&c->a, &one, 1);
    one = put_with_claims("/books/1", &isbn_2, 1);
    contract_ok(&c->a, &one, 1);
    contract_ok(&c->a, &two, 1);
    one = put_with_claims("/books/1", &isbn_1, 1);
    contract_conflict(&c->a, &one, 1, VB_CONFLICT_CLAIMED, 0, 0, "/books/2");
    /* The refused one kept what it had. */
    two = put_with_claims("/books/2", &isbn_2, 1);
    contract_conflict(&c->a, &two, 1, VB_CONFLICT_CLAIMED, 0, 0, "/books/1");
    one = put_with_claims("/books/1", NULL, 0);
    contract_ok(&c->a, &one, 1);
    contract_ok(&c->a, &two, 1);
}

static void deletion_frees_the_claims(void **state)
{
    struct contract *c = *state;
    struct vb_change one = put_with_claims("/books/1", &isbn_1, 1);
    struct vb_change gone = rig_delete("/books/1");
    struct vb_change two = put_with_claims("/books/2", &isbn_1, 1);

    contract_ok(&c->a, &one, 1);
    contract_ok(&c->a, &gone, 1);
    contract_ok(&c->a, &two, 1);
}

static void claim_passes_on_within_a_commit(void **state)
{
    struct contract *c = *state;
    struct vb_change start[] = {put_with_claims("/books/1", &isbn_1, 1),
                                put_with_claims("/books/2", &isbn_2, 1)};
    struct vb_change swap[] = {put_with_claims("/books/1", &isbn_2, 1),
                               put_with_claims("/books/2", &isbn_1, 1)};
    struct vb_change inherit[] = {put_with_claims("/books/3", &isbn_1, 1),
                                  rig_delete("/books/2")};
    struct vb_change late = put_with_claims("/books/4", &isbn_1, 1);

    contract_ok(&c->a, start, 2);
    contract_ok(&c->a, swap, 2);
    contract_ok(&c->a, inherit, 2);
    contract_conflict(&c->a, &late, 1, VB_CONFLICT_CLAIMED, 0, 0, "/books/3");
}

static void claim_by_two_records_of_one_commit_is_a_conflict(void **state)
{
    struct contract *c = *state;
    struct vb_claim wide[] = {isbn_2, isbn_1};
    struct vb_change changes[] = {put_with_claims("/books/1", &isbn_1, 1),
                                  rig_put("/x", "", "x"),
                                  put_with_claims("/books/2", wide, 2)};

    contract_conflict(&c->a, changes, 3, VB_CONFLICT_CLAIMED, 2, 1, "/books/1");
    contract_absent(&c->a, "/books/1");
}

static void claim_may_be_listed_twice_by_one_record(void **state)
{
    struct contract *c = *state;
    struct vb_claim twice[] = {isbn_1, isbn_1};
    struct vb_change one = put_with_claims("/books/1", twice, 2);
    struct vb_change two = put_with_claims("/books/2", &isbn_1, 1);

    contract_ok(&c->a, &one, 1);
    contract_conflict(&c->a, &two, 1, VB_CONFLICT_CLAIMED, 0, 0, "/books/1");
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/books/1")}, 1);
    contract_ok(&c->a, &two, 1);
}

static void claims_differ_by_scope_and_by_every_byte(void **state)
{
    struct contract *c = *state;
    static const struct vb_claim rows[] = {
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("bc")},
        {VB_SPAN_INIT("ab"), VB_SPAN_INIT("c")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("b")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("B")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("\0")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("b\0c")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("1")},
        {VB_SPAN_INIT("a"), VB_SPAN_INIT("1.0")},
    };

    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char key[16];
        struct vb_change put;

        (void)snprintf(key, sizeof(key), "/c/%zu", i);
        put = put_with_claims(key, &rows[i], 1);
        contract_ok(&c->a, &put, 1);
    }
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char key[16];
        struct vb_change put = put_with_claims("/other", &rows[i], 1);

        (void)snprintf(key, sizeof(key), "/c/%zu", i);
        contract_conflict(&c->a, &put, 1, VB_CONFLICT_CLAIMED, 0, 0, key);
    }
}

/* The record with that claim, or none, by its key. */
static void expect_holder(struct rig_worker *worker,
                          const struct vb_claim *claim, const char *key)
{
    struct vb_claim_read read = {.claim = *claim};

    assert_int_equal(rig_claim(worker, &read), VB_OK);
    if (key == NULL) {
        assert_null(read.record);
        return;
    }
    assert_non_null(read.record);
    assert_span_equal(read.record->key, key);
    assert_span_equal(read.record->content, "{}");
    vb_record_unref(read.record);
}

static void who_has_a_claim_can_be_asked(void **state)
{
    struct contract *c = *state;
    const struct vb_claim elsewhere = {VB_SPAN_INIT("/films#/isbn"),
                                       VB_SPAN_INIT("1")};
    struct vb_change one = put_with_claims("/books/1", &isbn_1, 1);
    struct vb_change two = put_with_claims("/books/2", &isbn_1, 1);
    struct vb_change passed_on[2];

    expect_holder(&c->a, &isbn_1, NULL);
    contract_ok(&c->a, &one, 1);
    expect_holder(&c->a, &isbn_1, "/books/1");
    expect_holder(&c->b, &isbn_1, "/books/1");
    expect_holder(&c->b, &isbn_2, NULL);
    expect_holder(&c->b, &elsewhere, NULL);
    passed_on[0] = put_with_claims("/books/1", &isbn_2, 1);
    passed_on[1] = two;
    contract_ok(&c->b, passed_on, 2);
    expect_holder(&c->a, &isbn_1, "/books/2");
    expect_holder(&c->a, &isbn_2, "/books/1");
    one = rig_bury("/books/1", "");
    contract_ok(&c->a, &one, 1);
    expect_holder(&c->b, &isbn_2, NULL);
}

/* --- References. --- */

static const struct vb_span ann = VB_SPAN_INIT("/authors/ann");
static const struct vb_span book = VB_SPAN_INIT("/books/1");

static struct vb_change put_with_reference(const char *key,
                                           const struct vb_span *target)
{
    struct vb_change put = rig_put(key, "/books", "{}");

    put.references = target;
    put.reference_count = 1;
    return put;
}

/* Who refers to the key, as "KEY KEY", at most `limit` of them. */
static void expect_sources(struct rig_worker *worker, const char *key,
                           uint32_t limit, const char *keys, bool more)
{
    struct vb_sources_read read = {.key = vb_span_str(key), .limit = limit};
    char text[256] = "";

    assert_int_equal(rig_sources(worker, &read), VB_OK);
    for (size_t i = 0; i < read.count; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "%s%.*s", i > 0 ? " " : "",
                       VB_FMT(read.records[i]->key));
    assert_string_equal(text, keys);
    assert_true(read.more == more);
    vb_sources_read_done(&read);
}

static void who_refers_to_a_record_can_be_asked(void **state)
{
    struct contract *c = *state;
    struct vb_change both[] = {put_with_reference("/books/1", &ann),
                               put_with_reference("/books/2", &ann)};
    struct vb_sources_read wrong = {.key = ann, .limit = 0};

    expect_sources(&c->a, "/authors/ann", 10, "", false);
    contract_ok(&c->a,
                (struct vb_change[]){rig_put("/authors/ann", "/authors", "{}")},
                1);
    expect_sources(&c->a, "/authors/ann", 10, "", false);
    contract_ok(&c->a, both, 2);
    expect_sources(&c->b, "/authors/ann", 10, "/books/1 /books/2", false);
    expect_sources(&c->b, "/authors/ann", 2, "/books/1 /books/2", false);
    expect_sources(&c->b, "/authors/ann", 1, "/books/1", true);
    expect_sources(&c->b, "/books/1", 10, "", false);
    both[0].references = NULL;
    both[0].reference_count = 0;
    contract_ok(&c->a, both, 1);
    both[0] = put_with_reference("/books/1", &ann);
    contract_ok(&c->a, both, 1); /* the edge is younger, the record is not */
    expect_sources(&c->b, "/authors/ann", 10, "/books/1 /books/2", false);
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/books/1")}, 1);
    expect_sources(&c->b, "/authors/ann", 10, "/books/2", false);
    assert_int_equal(rig_sources(&c->a, &wrong), VB_ERR_RANGE);
}

static void reference_to_nothing_is_a_conflict(void **state)
{
    struct contract *c = *state;
    struct vb_span targets[] = {ann, VB_SPAN("/authors/bob")};
    struct vb_change author = rig_put("/authors/ann", "/authors", "{}");
    struct vb_change put = put_with_reference("/books/1", targets);

    put.reference_count = 2;
    contract_conflict(&c->a, &put, 1, VB_CONFLICT_DANGLING, 0, 0, "");
    contract_ok(&c->a, &author, 1);
    contract_conflict(&c->a, &put, 1, VB_CONFLICT_DANGLING, 0, 1, "");
    put.reference_count = 1;
    contract_ok(&c->a, &put, 1);
}

static void referenced_record_cannot_be_deleted(void **state)
{
    struct contract *c = *state;
    struct vb_change author = rig_put("/authors/ann", "/authors", "{}");
    struct vb_change put = put_with_reference("/books/1", &ann);
    struct vb_change gone = rig_delete("/authors/ann");

    contract_ok(&c->a, &author, 1);
    contract_ok(&c->a, &put, 1);
    contract_conflict(&c->b, &gone, 1, VB_CONFLICT_REFERENCED, 0, 0,
                      "/books/1");
    contract_ok(&c->a, &author, 1); /* but replaced it can be */
    contract_conflict(&c->b, &gone, 1, VB_CONFLICT_REFERENCED, 0, 0,
                      "/books/1");
    put = rig_put("/books/1", "/books", "{}"); /* refers to nothing now */
    contract_ok(&c->a, &put, 1);
    contract_ok(&c->b, &gone, 1);
}

static void deletion_frees_what_was_referred_to(void **state)
{
    struct contract *c = *state;
    struct vb_change setup[] = {rig_put("/authors/ann", "/authors", "{}"),
                                put_with_reference("/books/1", &ann),
                                put_with_reference("/books/2", &ann)};
    struct vb_change gone = rig_delete("/authors/ann");

    contract_ok(&c->a, setup, 3);
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/books/1")}, 1);
    contract_conflict(&c->a, &gone, 1, VB_CONFLICT_REFERENCED, 0, 0,
                      "/books/2");
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/books/2")}, 1);
    contract_ok(&c->a, &gone, 1);
}

static void record_may_refer_to_itself_and_be_deleted(void **state)
{
    struct contract *c = *state;
    struct vb_change put = put_with_reference("/books/1", &book);
    struct vb_change gone = rig_delete("/books/1");

    contract_ok(&c->a, &put, 1);
    contract_ok(&c->a, &put, 1);
    contract_ok(&c->a, &gone, 1);
    contract_absent(&c->a, "/books/1");
}

/* In one commit the order of changes does not matter. */
static void records_of_one_commit_may_refer_to_each_other(void **state)
{
    struct contract *c = *state;
    struct vb_change make[] = {put_with_reference("/books/1", &ann),
                               put_with_reference("/authors/ann", &book)};
    struct vb_change one = rig_delete("/authors/ann");
    struct vb_change all[] = {rig_delete("/authors/ann"),
                              rig_delete("/books/1")};

    contract_ok(&c->a, make, 2);
    contract_conflict(&c->a, &one, 1, VB_CONFLICT_REFERENCED, 0, 0, "/books/1");
    contract_ok(&c->a, all, 2);
    contract_absent(&c->a, "/authors/ann");
    contract_absent(&c->a, "/books/1");
}

static void reference_to_what_the_commit_deletes_is_dangling(void **state)
{
    struct contract *c = *state;
    struct vb_change author = rig_put("/authors/ann", "/authors", "{}");
    struct vb_change changes[] = {rig_delete("/authors/ann"),
                                  put_with_reference("/books/1", &ann)};

    contract_ok(&c->a, &author, 1);
    contract_conflict(&c->a, changes, 2, VB_CONFLICT_DANGLING, 1, 0, "");
    /* Also when it referred to it before. */
    contract_ok(&c->a, &changes[1], 1);
    contract_conflict(&c->a, changes, 2, VB_CONFLICT_DANGLING, 1, 0, "");
    contract_holds(&c->a, "/authors/ann", "{}");
}

static void reference_may_be_listed_twice(void **state)
{
    struct contract *c = *state;
    struct vb_span twice[] = {ann, ann};
    struct vb_change changes[] = {rig_put("/authors/ann", "/authors", "{}"),
                                  put_with_reference("/books/1", twice)};

    changes[1].reference_count = 2;
    contract_ok(&c->a, changes, 2);
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/books/1")}, 1);
    contract_ok(&c->a, (struct vb_change[]){rig_delete("/authors/ann")}, 1);
}

static void long_key_of_a_conflict_is_cut(void **state)
{
    struct contract *c = *state;
    char key[400], cut[256];
    struct vb_change changes[] = {rig_put("/authors/ann", "/authors", "{}"),
                                  put_with_reference(key, &ann)};
    struct vb_change gone = rig_delete("/authors/ann");

    memset(key, 'k', sizeof(key));
    memset(cut, 'k', sizeof(cut));
    cut[255] = '\0';
    changes[1].key = vb_span_of(key, sizeof(key));
    contract_ok(&c->a, changes, 2);
    contract_conflict(&c->a, &gone, 1, VB_CONFLICT_REFERENCED, 0, 0, cut);
}

/* --- Emptiness. --- */

static const struct vb_change empty_books = {.kind = VB_CHANGE_REQUIRE_EMPTY,
                                             .key = VB_SPAN_INIT("/books"),
                                             .expect = 4711};

static void empty_collection_lets_a_commit_through(void **state)
{
    struct contract *c = *state;
    struct vb_change changes[] = {empty_books, rig_put("/a", "", "a")};

    contract_ok(&c->a, changes, 2);
    /* A record under the collection's own key is no member of it. */
    contract_ok(&c->a, (struct vb_change[]){rig_put("/books", "", "b")}, 1);
    changes[1] = rig_delete("/books");
    contract_ok(&c->a, changes, 2);
}

static void member_stops_a_commit_that_wants_none(void **state)
{
    struct contract *c = *state;
    struct vb_change changes[] = {rig_put("/a", "", "a"), empty_books};
    struct vb_change all[] = {rig_delete("/books/1"), empty_books,
                              rig_delete("/books/2")};
    struct vb_change replace[] = {empty_books, rig_put("/books/2", "", "x")};

    contract_ok(&c->a, (struct vb_change[]){rig_put("/books/1", "/books", "1")},
                1);
    contract_ok(&c->a, (struct vb_change[]){rig_put("/books/2", "/books", "2")},
                1);
    contract_conflict(&c->a, changes, 2, VB_CONFLICT_NOT_EMPTY, 1, 0,
                      "/books/1");
    contract_absent(&c->a, "/a");
    contract_conflict(&c->a, all, 2, VB_CONFLICT_NOT_EMPTY, 1, 0, "/books/2");
    contract_ok(&c->a, all, 3); /* empty when the commit is through */
    contract_ok(&c->a, changes, 2);
    replace[1].parent = VB_SPAN("/books");
    contract_conflict(&c->a, replace, 2, VB_CONFLICT_NOT_EMPTY, 0, 0,
                      "/books/2");
}

static void member_put_again_keeps_the_collection_from_being_empty(void **state)
{
    struct contract *c = *state;
    struct vb_change put = rig_put("/books/1", "/books", "1");
    struct vb_change changes[] = {empty_books, put};

    contract_ok(&c->a, &put, 1);
    contract_conflict(&c->a, changes, 2, VB_CONFLICT_NOT_EMPTY, 0, 0,
                      "/books/1");
}

/* --- A collection's state. --- */

static struct vb_change books_at(uint64_t revision)
{
    return (struct vb_change){.kind = VB_CHANGE_REQUIRE_STATE,
                              .key = VB_SPAN("/books"),
                              .expect = revision};
}

static enum vb_err put_if_books_at(struct rig_worker *worker, uint64_t revision)
{
    struct vb_change changes[] = {rig_put("/a", "", "a"), books_at(revision)};

    return rig_change(worker, changes, 2, NULL);
}

static void expected_state_of_a_collection_lets_a_commit_through(void **state)
{
    struct contract *c = *state;
    struct vb_change member = rig_put("/books/1", "/books", "1");
    uint64_t made, changed, gone;

    assert_int_equal(put_if_books_at(&c->a, VB_EXPECT_NONE), VB_OK);
    made = contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->b, made), VB_OK);
    changed = contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->b, changed), VB_OK);
    member = rig_delete("/books/1");
    gone = contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->b, gone), VB_OK);
    assert_int_equal(put_if_books_at(&c->b, VB_EXPECT_ANY), VB_OK);
    assert_int_equal(contract_revision(&c->a, "/books", 0), gone);
}

static void other_state_of_a_collection_is_again(void **state)
{
    struct contract *c = *state;
    struct vb_change member = rig_put("/books/1", "/books", "1");
    uint64_t made, changed;

    assert_int_equal(put_if_books_at(&c->a, 1), VB_ERR_AGAIN);
    made = contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->a, VB_EXPECT_NONE), VB_ERR_AGAIN);
    changed = contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->a, made), VB_ERR_AGAIN);
    member = rig_delete("/books/1");
    contract_ok(&c->a, &member, 1);
    assert_int_equal(put_if_books_at(&c->a, changed), VB_ERR_AGAIN);
    assert_int_equal(put_if_books_at(&c->a, VB_EXPECT_NONE), VB_ERR_AGAIN);
    contract_absent(&c->b, "/a");
}

/* It is the state before the commit, and comes before all conflicts. */
static void
expected_state_of_a_collection_is_that_before_the_commit(void **state)
{
    struct contract *c = *state;
    struct vb_change changes[] = {rig_put("/books/1", "/books", "1"),
                                  books_at(VB_EXPECT_NONE), empty_books};
    uint64_t revision = contract_ok(&c->a, changes, 2);

    changes[0] = rig_delete("/books/1");
    assert_int_equal(rig_change(&c->a, changes, 3, NULL), VB_ERR_AGAIN);
    changes[1] = books_at(revision);
    contract_ok(&c->a, changes, 3);
    contract_absent(&c->b, "/books/1");
    changes[0] = rig_put("/books/2", "/books", "2");
    assert_int_equal(rig_change(&c->a, changes, 3, NULL), VB_ERR_AGAIN);
}

const struct CMUnitTest contract_ties[] = {
    contract_test(claim_is_one_record_s_at_a_time),
    contract_test(replacement_replaces_the_claims),
    contract_test(deletion_frees_the_claims),
    contract_test(claim_passes_on_within_a_commit),
    contract_test(claim_by_two_records_of_one_commit_is_a_conflict),
    contract_test(claim_may_be_listed_twice_by_one_record),
    contract_test(claims_differ_by_scope_and_by_every_byte),
    contract_test(who_has_a_claim_can_be_asked),
    contract_test(who_refers_to_a_record_can_be_asked),
    contract_test(reference_to_nothing_is_a_conflict),
    contract_test(referenced_record_cannot_be_deleted),
    contract_test(deletion_frees_what_was_referred_to),
    contract_test(record_may_refer_to_itself_and_be_deleted),
    contract_test(records_of_one_commit_may_refer_to_each_other),
    contract_test(reference_to_what_the_commit_deletes_is_dangling),
    contract_test(reference_may_be_listed_twice),
    contract_test(long_key_of_a_conflict_is_cut),
    contract_test(empty_collection_lets_a_commit_through),
    contract_test(member_stops_a_commit_that_wants_none),
    contract_test(member_put_again_keeps_the_collection_from_being_empty),
    contract_test(expected_state_of_a_collection_lets_a_commit_through),
    contract_test(other_state_of_a_collection_is_again),
    contract_test(expected_state_of_a_collection_is_that_before_the_commit),
};
const size_t contract_ties_count = VB_COUNT_OF(contract_ties);
