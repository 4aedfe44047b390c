/* The contract: reading, writing, expectations, atomicity, generations. */
#include "unit.h"

#include <stdio.h>

#include <stdlib.h>

#include "base/span.h"
#include "contract.h"

static void absent_key_reads_as_no_record(void **state)
{
    struct contract *c = *state;

    contract_absent(&c->a, "/nothing");
    contract_ok(&c->a, (struct vb_change[]){rig_put("/a/b", "/a", "x")}, 1);
    contract_absent(&c->a, "/a");
    contract_absent(&c->a, "/a/");
    contract_absent(&c->a, "/A/B");
}

static void record_comes_back_as_it_was_put(void **state)
{
    struct contract *c = *state;
    struct vb_change put = rig_put("/books/1", "/books", "{\"a\":1}");
    struct vb_record *record;
    uint64_t revision;

    put.media_type = VB_SPAN("text/plain; charset=utf-8");
    put.modified_ms = 1234567890123;
    revision = contract_ok(&c->a, &put, 1);
    assert_true(revision >= 1);
    assert_int_equal(rig_read(&c->b, put.key, &record), VB_OK);
    assert_span_equal(record->key, "/books/1");
    assert_span_equal(record->parent, "/books");
    assert_int_equal(record->revision, revision);
    assert_true(record->position >= 1);
    assert_int_equal(record->created_ms, 1234567890123);
    assert_int_equal(record->modified_ms, 1234567890123);
    assert_span_equal(record->media_type, "text/plain; charset=utf-8");
    assert_span_equal(record->content, "{\"a\":1}");
    assert_int_equal(record->length, 7);
    assert_int_equal(record->blob, 0);
    vb_record_unref(record);
}

static void replacement_keeps_position_parent_and_creation(void **state)
{
    struct contract *c = *state;
    struct vb_change put = rig_put("/books/1", "/books", "old");
    struct vb_record *old, *new;

    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_read(&c->a, put.key, &old), VB_OK);
    put = rig_put("/books/1", "/elsewhere", "brand new");
    put.modified_ms = 5000;
    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_read(&c->a, put.key, &new), VB_OK);
    assert_span_equal(new->content, "brand new");
    assert_span_equal(new->parent, "/books");
    assert_int_equal(new->position, old->position);
    assert_int_equal(new->created_ms, 1000);
    assert_int_equal(new->modified_ms, 5000);
    assert_true(new->revision > old->revision);
    /* Immutable: who holds the old one sees what it was. */
    assert_span_equal(old->content, "old");
    vb_record_unref(old);
    vb_record_unref(new);
    assert_int_equal(contract_revision(&c->a, "/elsewhere", 0), 0);
}

/* Its claim, its reference and its place in two listings included. */
static void amending_changes_the_content_only(void **state)
{
    struct contract *c = *state;
    const struct vb_claim claim = {VB_SPAN("/books#/isbn"), VB_SPAN("1")};
    const struct vb_span author = VB_SPAN("/authors/1");
    struct vb_change put = rig_put("/books/1", "/books", "weak");
    struct vb_change other = rig_put("/books/2", "/books", "other");
    struct vb_change amend = {.kind = VB_CHANGE_AMEND,
                              .key = put.key,
                              .modified_ms = 9999,
                              .content = VB_SPAN("strong"),
                              .length = 6};
    struct vb_change gone = rig_delete("/authors/1");
    struct vb_record *old, *new;
    uint64_t collection, generation;

    contract_ok(&c->a, &(struct vb_change[]){rig_put("/authors/1", "", "x")}[0],
                1);
    put.claims = other.claims = &claim;
    put.claim_count = other.claim_count = 1;
    put.references = &author;
    put.reference_count = 1;
    amend.expect = contract_ok(&c->a, &put, 1);
    collection = contract_revision(&c->a, "/books", 1);
    generation = vb_store_generation(c->store, put.key);
    assert_int_equal(rig_read(&c->a, put.key, &old), VB_OK);
    contract_ok(&c->a, &amend, 1);
    assert_true(vb_store_generation(c->store, put.key) > generation);
    assert_int_equal(rig_read(&c->b, put.key, &new), VB_OK);
    assert_span_equal(new->content, "strong");
    assert_int_equal(new->length, 6);
    assert_span_equal(old->content, "weak");
    assert_int_equal(new->revision, old->revision);
    assert_int_equal(new->position, old->position);
    assert_int_equal(new->created_ms, old->created_ms);
    assert_int_equal(new->modified_ms, old->modified_ms);
    assert_true(vb_span_eq(new->parent, old->parent));
    assert_true(vb_span_eq(new->media_type, old->media_type));
    assert_int_equal(contract_revision(&c->a, "/books", 1), collection);
    contract_conflict(&c->a, &other, 1, VB_CONFLICT_CLAIMED, 0, 0, "/books/1");
    contract_conflict(&c->a, &gone, 1, VB_CONFLICT_REFERENCED, 0, 0,
                      "/books/1");
    /* Who has read it before may replace it still, and then it is another. */
    put.expect = old->revision;
    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_change(&c->a, &amend, 1, NULL), VB_ERR_AGAIN);
    contract_holds(&c->b, "/books/1", "weak");
    vb_record_unref(old);
    vb_record_unref(new);
}

static void what_cannot_be_amended(void **state)
{
    struct contract *c = *state;
    struct vb_change put = rig_put("/a", "", "old");
    struct vb_change change[2] = {{.kind = VB_CHANGE_AMEND,
                                   .key = VB_SPAN("/a"),
                                   .content = VB_SPAN("new"),
                                   .length = 3},
                                  rig_put("/b", "", "b")};
    uint64_t revision = contract_ok(&c->a, &put, 1);
    const struct {
        uint64_t expect;
        size_t count;
        const char *key;
        uint64_t length;
        enum vb_err want;
    } rows[] = {
        {VB_EXPECT_NONE, 1, "/a", 3, VB_ERR_INVALID},
        {VB_EXPECT_ANY, 1, "/a", 3, VB_ERR_INVALID},
        {VB_EXPECT_UNUSED, 1, "/a", 3, VB_ERR_INVALID},
        {revision, 2, "/a", 3, VB_ERR_INVALID},
        {revision, 1, "/a", 4, VB_ERR_INVALID},
        {revision, 1, "/none", 3, VB_ERR_AGAIN},
        {revision + 1, 1, "/a", 3, VB_ERR_AGAIN},
        {revision, 1, "/a", 3, VB_OK},
    };

    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        contract_holds(&c->b, "/a", "old");
        change[0].expect = rows[i].expect;
        change[0].key = vb_span_str(rows[i].key);
        change[0].length = rows[i].length;
        if (rig_change(&c->a, change, rows[i].count, NULL) != rows[i].want)
            fail_msg("row %zu", i);
    }
    contract_holds(&c->b, "/a", "new");
    contract_absent(&c->b, "/b");
}

static void record_outlives_its_deletion(void **state)
{
    struct contract *c = *state;
    struct vb_change change = rig_put("/a", "", "kept");
    struct vb_record *record, *again;

    contract_ok(&c->a, &change, 1);
    assert_int_equal(rig_read(&c->a, change.key, &record), VB_OK);
    again = vb_record_ref(record);
    vb_record_unref(record);
    change = rig_delete("/a");
    contract_ok(&c->a, &change, 1);
    contract_absent(&c->a, "/a");
    assert_span_equal(again->content, "kept");
    vb_record_unref(again);
    vb_record_unref(NULL);
}

/* Whatever bytes: NUL, invalid UTF-8, quotes, very long, empty content. */
static void keys_and_content_are_bytes(void **state)
{
    struct contract *c = *state;
    size_t long_len = 20000;
    char *long_key = malloc(long_len);
    struct vb_span rows[] = {
        VB_SPAN("/a\0b"), VB_SPAN("/a"),       VB_SPAN("/\xff\xfe\x80"),
        VB_SPAN("/'\""),  VB_SPAN("/%2F?*[_"), {long_key, long_len},
    };

    memset(long_key, 'k', long_len);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_change put = rig_put("", "", "");

        put.key = rows[i];
        put.parent = rows[i];
        put.content = rows[VB_COUNT_OF(rows) - 1 - i];
        put.length = put.content.len;
        put.expect = VB_EXPECT_NONE;
        contract_ok(&c->a, &put, 1);
    }
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_list_read list = {
            .parent = rows[i], .limit = 10, .byte_limit = 1 << 20};
        struct vb_record *record;

        assert_int_equal(rig_read(&c->b, rows[i], &record), VB_OK);
        assert_non_null(record);
        assert_true(vb_span_eq(record->key, rows[i]));
        assert_true(
            vb_span_eq(record->content, rows[VB_COUNT_OF(rows) - 1 - i]));
        vb_record_unref(record);
        assert_int_equal(rig_list(&c->b, &list), VB_OK);
        assert_int_equal(list.count, 1);
        vb_list_read_done(&list);
    }
    free(long_key);
}

static void content_of_a_whole_chunk_is_inline(void **state)
{
    struct contract *c = *state;
    char *bytes = malloc(VB_STORE_CHUNK + 1);
    struct vb_change put = rig_put("/big", "", "");
    struct vb_record *record;

    for (size_t i = 0; i < VB_STORE_CHUNK + 1; i++)
        bytes[i] = (char)(i * 7);
    put.content = vb_span_of(bytes, VB_STORE_CHUNK);
    put.length = VB_STORE_CHUNK;
    contract_ok(&c->a, &put, 1);
    assert_int_equal(rig_read(&c->a, put.key, &record), VB_OK);
    assert_true(vb_span_eq(record->content, put.content));
    assert_int_equal(record->blob, 0);
    vb_record_unref(record);
    put.content.len = put.length = VB_STORE_CHUNK + 1;
    assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_INVALID);
    free(bytes);
}

enum there { ABSENT, PRESENT };

/* What a change expects, and whether it is let through. */
static void expectation_decides_between_ok_and_again(void **state)
{
    struct contract *c = *state;
    enum { CURRENT = -1, STALE = -2 };
    static const struct {
        enum vb_change_kind kind;
        enum there there;
        int64_t expect; /* CURRENT, STALE, or the value */
        enum vb_err want;
    } rows[] = {
        {VB_CHANGE_PUT, ABSENT, (int64_t)VB_EXPECT_NONE, VB_OK},
        {VB_CHANGE_PUT, ABSENT, 77, VB_ERR_AGAIN},
        {VB_CHANGE_PUT, ABSENT, INT64_MAX, VB_OK}, /* stands for ANY */
        {VB_CHANGE_PUT, PRESENT, (int64_t)VB_EXPECT_NONE, VB_ERR_AGAIN},
        {VB_CHANGE_PUT, PRESENT, CURRENT, VB_OK},
        {VB_CHANGE_PUT, PRESENT, STALE, VB_ERR_AGAIN},
        {VB_CHANGE_PUT, PRESENT, INT64_MAX, VB_OK},
        {VB_CHANGE_DELETE, ABSENT, (int64_t)VB_EXPECT_NONE, VB_OK},
        {VB_CHANGE_DELETE, ABSENT, 77, VB_ERR_AGAIN},
        {VB_CHANGE_DELETE, ABSENT, INT64_MAX, VB_OK},
        {VB_CHANGE_DELETE, PRESENT, (int64_t)VB_EXPECT_NONE, VB_ERR_AGAIN},
        {VB_CHANGE_DELETE, PRESENT, CURRENT, VB_OK},
        {VB_CHANGE_DELETE, PRESENT, STALE, VB_ERR_AGAIN},
        {VB_CHANGE_DELETE, PRESENT, INT64_MAX, VB_OK},
    };

    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char key[32];
        struct vb_change change;
        uint64_t old = 0, current = 0;

        (void)snprintf(key, sizeof(key), "/row/%zu", i);
        if (rows[i].there == PRESENT) {
            change = rig_put(key, "/row", "first");
            old = contract_ok(&c->a, &change, 1);
            change = rig_put(key, "/row", "second");
            current = contract_ok(&c->a, &change, 1);
        }
        change = rows[i].kind == VB_CHANGE_PUT ? rig_put(key, "/row", "third")
                                               : rig_delete(key);
        change.expect = rows[i].expect == CURRENT ? current
                        : rows[i].expect == STALE ? old
                        : rows[i].expect == INT64_MAX
                            ? VB_EXPECT_ANY
                            : (uint64_t)rows[i].expect;
        if (rig_change(&c->a, &change, 1, NULL) != rows[i].want)
            fail_msg("row %zu", i);
        if (rows[i].want == VB_OK && rows[i].kind == VB_CHANGE_PUT)
            contract_holds(&c->b, key, "third");
        else if (rows[i].want != VB_OK && rows[i].there == PRESENT)
            contract_holds(&c->b, key, "second");
        else
            contract_absent(&c->b, key);
    }
}

static void revisions_grow_and_are_shared_within_a_commit(void **state)
{
    struct contract *c = *state;
    uint64_t last = 0;

    for (int i = 0; i < 5; i++) {
        struct vb_change changes[] = {rig_put("/a", "", "x"),
                                      rig_put("/b", "", "y"), rig_delete("/c")};
        uint64_t revision = contract_ok(i % 2 ? &c->a : &c->b, changes, 3);

        assert_true(revision > last);
        last = revision;
        assert_int_equal(contract_holds(&c->a, "/a", "x"), revision);
        assert_int_equal(contract_holds(&c->a, "/b", "y"), revision);
    }
}

/* Also not after the record was deleted: an old tag must not come true. */
static void revision_of_a_deleted_record_does_not_return(void **state)
{
    struct contract *c = *state;
    uint64_t last = 0;

    for (int i = 0; i < 5; i++) {
        struct vb_change put = rig_put("/a", "/", "x");
        struct vb_change gone = rig_delete("/a");
        uint64_t revision = contract_ok(&c->a, &put, 1);

        assert_true(revision > last);
        last = revision;
        revision = contract_ok(&c->a, &gone, 1);
        assert_true(revision > last);
        last = revision;
        put.expect = 12345678;
        assert_int_equal(rig_change(&c->a, &put, 1, NULL), VB_ERR_AGAIN);
    }
}

/* Each way to fail, as the second change of three: the first and the third,
 * which are fine, must leave no trace. */
static void failed_commit_changes_nothing(void **state)
{
    struct contract *c = *state;
    static const struct vb_claim taken = {VB_SPAN_INIT("/u#/name"),
                                          VB_SPAN_INIT("ann")};
    static const struct vb_span nowhere = VB_SPAN_INIT("/nowhere");
    static const struct vb_span target = VB_SPAN_INIT("/target");
    struct vb_change base[] = {rig_put("/u/1", "/u", "ann"),
                               rig_put("/target", "", "t"),
                               rig_put("/source", "", "s")};
    struct vb_change bad[8];
    static const enum vb_err want[] = {
        VB_ERR_AGAIN,    VB_ERR_CONFLICT, VB_ERR_CONFLICT, VB_ERR_CONFLICT,
        VB_ERR_CONFLICT, VB_ERR_INVALID,  VB_ERR_INVALID,  VB_ERR_INVALID};
    uint64_t before, generation;

    base[0].claims = &taken;
    base[0].claim_count = 1;
    base[2].references = &target;
    base[2].reference_count = 1;
    contract_ok(&c->a, base, 3);
    bad[0] = rig_put("/u/1", "/u", "late");
    bad[0].expect = VB_EXPECT_NONE;
    bad[1] = rig_put("/u/2", "/u", "bob");
    bad[1].claims = &taken;
    bad[1].claim_count = 1;
    bad[2] = rig_put("/x", "", "x");
    bad[2].references = &nowhere;
    bad[2].reference_count = 1;
    bad[3] = rig_delete("/target");
    bad[4] = (struct vb_change){.kind = VB_CHANGE_REQUIRE_EMPTY,
                                .key = VB_SPAN("/u")};
    bad[5] = rig_put("/new/1", "/new", "the same key again");
    bad[6] = rig_put("", "", "no key");
    bad[7] = rig_put("/x", "", "x");
    bad[7].length = 2;
    before = contract_revision(&c->a, "/u", 1);
    generation = vb_store_generation(c->store, VB_SPAN("/new/1"));
    for (size_t i = 0; i < VB_COUNT_OF(bad); i++) {
        struct vb_change changes[] = {rig_put("/new/1", "/new", "n"), bad[i],
                                      rig_delete("/source")};

        if (i == 3) /* without the source, the target may go */
            changes[2] = rig_put("/u/1", "/u", "changed");
        if (rig_change(&c->a, changes, 3, NULL) != want[i])
            fail_msg("row %zu", i);
        contract_absent(&c->b, "/new/1");
        contract_absent(&c->b, "/u/2");
        contract_holds(&c->b, "/u/1", "ann");
        contract_holds(&c->b, "/source", "s");
        contract_holds(&c->b, "/target", "t");
        assert_int_equal(contract_revision(&c->b, "/new", 0), 0);
        assert_int_equal(contract_revision(&c->b, "/u", 1), before);
    }
    assert_int_equal(vb_store_generation(c->store, VB_SPAN("/new/1")),
                     generation);
}

static void again_comes_before_conflict(void **state)
{
    struct contract *c = *state;
    static const struct vb_span nowhere = VB_SPAN_INIT("/nowhere");
    struct vb_change changes[] = {rig_put("/a", "", "a"),
                                  rig_put("/b", "", "b")};

    changes[0].references = &nowhere;
    changes[0].reference_count = 1;
    changes[1].expect = 99;
    assert_int_equal(rig_change(&c->a, changes, 2, NULL), VB_ERR_AGAIN);
}

static void empty_commit_is_fine(void **state)
{
    struct contract *c = *state;
    uint64_t one = contract_ok(&c->a, NULL, 0);

    assert_true(contract_ok(&c->a, NULL, 0) > one);
}

/* The other client's snapshot is open, and was used just before. */
static void answered_commit_is_seen_by_every_client(void **state)
{
    struct contract *c = *state;

    for (int i = 0; i < 50; i++) {
        char text[16];
        struct vb_change put;

        (void)snprintf(text, sizeof(text), "%d", i);
        put = rig_put("/a", "/p", text);
        contract_ok(&c->a, &put, 1);
        contract_holds(&c->b, "/a", text);
        contract_holds(&c->a, "/a", text);
        if (i % 3 == 0)
            vb_store_turn_end(c->b.client);
    }
}

static void commit_bumps_generations_of_key_and_parent(void **state)
{
    struct contract *c = *state;
    struct vb_span key = VB_SPAN("/books/1"), parent = VB_SPAN("/books");
    struct vb_change change = rig_put("/books/1", "/books", "x");

    for (int i = 0; i < 3; i++) {
        uint64_t of_key = vb_store_generation(c->store, key);
        uint64_t of_parent = vb_store_generation(c->store, parent);

        if (i == 2)
            change = rig_delete("/books/1");
        contract_ok(&c->a, &change, 1);
        assert_true(vb_store_generation(c->store, key) > of_key);
        assert_true(vb_store_generation(c->store, parent) > of_parent);
        assert_int_equal(
            vb_store_generation(c->store, key),
            vb_store_generation_hashed(c->store, vb_store_hash(c->store, key)));
    }
}

static void record_told_by_a_commit_is_the_one_that_is_read(void **state)
{
    struct contract *c = *state;
    struct vb_record *before = NULL;
    struct vb_change change = rig_put("/books/1", "/books", "first");

    for (int i = 0; i < 3; i++) {
        struct vb_commit commit = {.changes = &change, .change_count = 1};
        struct vb_record *told, *read;

        change.modified_ms = 1000 + i;
        assert_int_equal(rig_commit(&c->a, &commit), VB_OK);
        told = vb_commit_record(&commit, before);
        assert_int_equal(rig_read(&c->b, change.key, &read), VB_OK);
        assert_true(vb_span_eq(told->key, read->key));
        assert_true(vb_span_eq(told->parent, read->parent));
        assert_true(vb_span_eq(told->media_type, read->media_type));
        assert_true(vb_span_eq(told->content, read->content));
        assert_int_equal(told->revision, read->revision);
        assert_int_equal(told->position, read->position);
        assert_int_equal(told->created_ms, read->created_ms);
        assert_int_equal(told->modified_ms, read->modified_ms);
        assert_int_equal(told->length, read->length);
        assert_int_equal(commit.generation,
                         vb_store_generation(c->store, change.key));
        vb_record_unref(before);
        vb_record_unref(told);
        before = read;
        change = rig_put("/books/1", "/elsewhere", i == 0 ? "second" : "third");
    }
    vb_record_unref(before);
}

static void note_answer(struct vb_store_op *op)
{
    bool *answered = op->context;

    *answered = true;
}

/* In one group, too: what the first has written is not what is there. */
static void generation_of_a_commit_passes_with_the_next_one(void **state)
{
    struct contract *c = *state;
    struct vb_change changes[] = {
        rig_put("/a", "", "1"), rig_put("/a", "", "2"), rig_put("/b", "", "3")};
    struct vb_commit commits[3];
    bool answered[3] = {false};

    for (int i = 0; i < 3; i++) {
        commits[i] = (struct vb_commit){
            .op = {.done = note_answer, .context = &answered[i]},
            .changes = &changes[i],
            .change_count = 1};
        if (vb_store_commit(c->a.client, &commits[i]) == VB_IO_DONE)
            answered[i] = true;
    }
    while (!answered[0] || !answered[1] || !answered[2])
        rig_worker_turn(&c->a);
    contract_holds(&c->b, "/a", "2");
    assert_int_not_equal(commits[0].generation,
                         vb_store_generation(c->store, VB_SPAN("/a")));
    assert_int_equal(commits[1].generation,
                     vb_store_generation(c->store, VB_SPAN("/a")));
    assert_int_equal(commits[2].generation,
                     vb_store_generation(c->store, VB_SPAN("/b")));
}

static void epoch_is_eight_letters_or_digits(void **state)
{
    struct contract *c = *state;

    assert_int_equal(strlen(c->store->epoch), 8);
    assert_int_equal(
        strspn(c->store->epoch, "0123456789abcdefghijklmnopqrstuvwxyz"), 8);
}

const struct CMUnitTest contract_records[] = {
    contract_test(absent_key_reads_as_no_record),
    contract_test(record_comes_back_as_it_was_put),
    contract_test(replacement_keeps_position_parent_and_creation),
    contract_test(amending_changes_the_content_only),
    contract_test(what_cannot_be_amended),
    contract_test(record_outlives_its_deletion),
    contract_test(keys_and_content_are_bytes),
    contract_test(content_of_a_whole_chunk_is_inline),
    contract_test(expectation_decides_between_ok_and_again),
    contract_test(revisions_grow_and_are_shared_within_a_commit),
    contract_test(revision_of_a_deleted_record_does_not_return),
    contract_test(failed_commit_changes_nothing),
    contract_test(again_comes_before_conflict),
    contract_test(empty_commit_is_fine),
    contract_test(answered_commit_is_seen_by_every_client),
    contract_test(commit_bumps_generations_of_key_and_parent),
    contract_test(record_told_by_a_commit_is_the_one_that_is_read),
    contract_test(generation_of_a_commit_passes_with_the_next_one),
    contract_test(epoch_is_eight_letters_or_digits),
};
const size_t contract_records_count = VB_COUNT_OF(contract_records);
