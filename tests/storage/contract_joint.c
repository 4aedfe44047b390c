/* The contract: commits that are made as one. */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "contract.h"
#include "storage/joint.h"

#define MOST 4

static struct vb_commit *room[2][MOST];
static struct vb_joint joint;
static unsigned changes; /* times that the joint has told of one more */
static unsigned answers;

/* One that commits. */
struct party {
    struct vb_commit commit;
    enum vb_err err;  /* as answered; 1: not yet */
    unsigned retries; /* after AGAIN, without expectations */
    struct vb_change own;
};

static void note_change(struct vb_joint *at)
{
    assert_ptr_equal(at, &joint);
    changes++;
}

static void begin(struct rig_worker *worker)
{
    joint = (struct vb_joint){.client = worker->client,
                              .parked = room[0],
                              .taken = room[1],
                              .most = MOST,
                              .changed = note_change};
    changes = answers = 0;
}

static void answered(struct vb_store_op *op)
{
    struct party *party = op->context;

    party->err = op->err;
    answers++;
    if (op->err != VB_ERR_AGAIN || party->retries == 0)
        return;
    party->retries--;
    party->own = party->commit.changes[0];
    party->own.expect = VB_EXPECT_ANY;
    party->commit.changes = &party->own;
    assert_int_equal(vb_joint_commit(&joint, joint.client, &party->commit),
                     VB_IO_PENDING);
}

static void park(struct party *party, const struct vb_change *change,
                 size_t count)
{
    *party = (struct party){.err = 1};
    party->commit = (struct vb_commit){
        .op = {.done = answered, .context = party},
        .changes = change,
        .change_count = count,
    };
    assert_int_equal(vb_joint_commit(&joint, joint.client, &party->commit),
                     VB_IO_PENDING);
}

/* Makes them, and waits for so many answers in all. */
static void make(struct rig_worker *worker, unsigned want)
{
    vb_joint_make(&joint);
    vb_store_flush(joint.client);
    while (answers < want)
        rig_worker_turn(worker);
    assert_int_equal(answers, want);
}

static void all_have_one_revision(void **state)
{
    struct contract *c = *state;
    const struct vb_change one = rig_put("/c/1", "/c", "one");
    const struct vb_change two[] = {rig_put("/c/2", "/c", "two"),
                                    rig_put("/d/1", "/d", "three")};
    struct party a, b;
    uint64_t revision;

    begin(&c->a);
    park(&a, &one, 1);
    park(&b, two, 2);
    assert_int_equal(changes, 2);
    contract_absent(&c->b, "/c/1");
    make(&c->a, 2);
    assert_int_equal(a.err, VB_OK);
    assert_int_equal(b.err, VB_OK);
    revision = contract_holds(&c->b, "/c/1", "one");
    assert_int_equal(contract_holds(&c->b, "/c/2", "two"), revision);
    assert_int_equal(contract_holds(&c->b, "/d/1", "three"), revision);
    assert_int_equal(a.commit.revision, revision);
    assert_int_equal(b.commit.revision, revision);
    assert_int_equal(a.commit.generation,
                     vb_store_generation(c->a.client->store, one.key));
    assert_int_not_equal(b.commit.generation,
                         vb_store_generation(c->a.client->store, two[0].key));
}

static void they_may_refer_to_each_other(void **state)
{
    struct contract *c = *state;
    const struct vb_span key = VB_SPAN("/authors/1");
    struct vb_change book = rig_put("/books/1", "/books", "book");
    const struct vb_change author = rig_put("/authors/1", "/authors", "author");
    struct party a, b;

    book.references = &key;
    book.reference_count = 1;
    begin(&c->a);
    park(&a, &book, 1);
    park(&b, &author, 1);
    make(&c->a, 2);
    assert_int_equal(a.err, VB_OK);
    assert_int_equal(b.err, VB_OK);
}

static void the_one_in_the_way_is_answered_alone(void **state)
{
    struct contract *c = *state;
    const struct vb_span key = VB_SPAN("/authors/1");
    const struct vb_change one = rig_put("/c/1", "/c", "one");
    struct vb_change two[] = {rig_put("/c/2", "/c", "two"),
                              rig_put("/books/1", "/books", "book")};
    struct party a, b;

    two[1].references = &key;
    two[1].reference_count = 1;
    begin(&c->a);
    park(&a, &one, 1);
    park(&b, two, 2);
    make(&c->a, 1);
    assert_int_equal(a.err, 1);
    assert_int_equal(b.err, VB_ERR_CONFLICT);
    assert_int_equal(b.commit.conflict.kind, VB_CONFLICT_DANGLING);
    assert_int_equal(b.commit.conflict.change, 1);
    assert_int_equal(joint.count, 1);
    contract_absent(&c->a, "/c/1");
    vb_joint_cancel(&joint, VB_ERR_CANCELLED);
    assert_int_equal(a.err, VB_ERR_CANCELLED);
    contract_absent(&c->a, "/c/1");
    contract_absent(&c->a, "/c/2");
}

static void a_key_is_changed_once(void **state)
{
    struct contract *c = *state;
    const struct vb_change first = rig_put("/c/1", "/c", "first");
    const struct vb_change other = rig_put("/c/2", "/c", "other");
    const struct vb_change second = rig_delete("/c/1");
    struct party a, b, d;

    begin(&c->a);
    park(&a, &first, 1);
    park(&b, &other, 1);
    park(&d, &second, 1);
    make(&c->a, 1);
    assert_int_equal(d.err, VB_ERR_CONFLICT);
    assert_int_equal(d.commit.conflict.kind, VB_CONFLICT_TWICE);
    make(&c->a, 3); /* without it, the others are fine */
    assert_int_equal(a.err, VB_OK);
    assert_int_equal(b.err, VB_OK);
    contract_holds(&c->a, "/c/1", "first");
}

static void what_many_ask_of_a_collection_is_no_change(void **state)
{
    struct contract *c = *state;
    const struct vb_change asked = {.kind = VB_CHANGE_REQUIRE_STATE,
                                    .key = VB_SPAN("/c"),
                                    .expect = VB_EXPECT_NONE};
    const struct vb_change one[] = {rig_put("/c/1", "/c", "one"), asked};
    const struct vb_change two[] = {rig_put("/c/2", "/c", "two"), asked};
    struct party a, b;

    begin(&c->a);
    park(&a, one, 2);
    park(&b, two, 2);
    make(&c->a, 2);
    assert_int_equal(a.err, VB_OK);
    assert_int_equal(b.err, VB_OK);
}

static void again_is_for_all_and_may_be_tried_again(void **state)
{
    struct contract *c = *state;
    struct vb_change one = rig_put("/c/1", "/c", "one");
    const struct vb_change two = rig_put("/c/2", "/c", "two");
    struct party a, b;

    one.expect = 77;
    begin(&c->a);
    park(&a, &one, 1);
    park(&b, &two, 1);
    a.retries = b.retries = 1;
    make(&c->a, 2);
    assert_int_equal(a.err, VB_ERR_AGAIN);
    assert_int_equal(b.err, VB_ERR_AGAIN);
    assert_int_equal(joint.count, 2);
    make(&c->a, 4);
    assert_int_equal(a.err, VB_OK);
    assert_int_equal(b.err, VB_OK);
}

static void every_note_is_kept(void **state)
{
    struct contract *c = *state;
    const struct vb_change one = rig_put("/c/1", "/c", "one");
    const struct vb_change two = rig_put("/c/2", "/c", "two");
    const struct vb_memo notes[] = {
        {.name = VB_SPAN("n"), .bytes = VB_SPAN("1"), .expires_ms = 1000},
        {.name = VB_SPAN("m"), .bytes = VB_SPAN("2"), .expires_ms = 1000}};
    struct party a, b;

    for (unsigned round = 0; round < 2; round++) {
        begin(&c->a);
        park(&a, &one, 1);
        park(&b, &two, 1);
        a.commit.memo = &notes[0];
        b.commit.memo = &notes[1];
        make(&c->a, 2);
        assert_int_equal(a.err, round == 0 ? VB_OK : VB_ERR_EXISTS);
        assert_int_equal(b.err, a.err);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct vb_memo_read read = {.name = notes[i].name};

        assert_int_equal(rig_memo(&c->a, &read), VB_OK);
        assert_true(read.found);
        assert_true(vb_span_eq(vb_buf_span(&read.bytes), notes[i].bytes));
        vb_buf_done(&read.bytes);
    }
}

static void there_is_a_bound(void **state)
{
    struct contract *c = *state;
    const struct vb_change one = rig_put("/c/1", "/c", "one");
    struct vb_commit more = {.changes = &one, .change_count = 1};
    struct party parties[MOST];

    begin(&c->a);
    for (unsigned i = 0; i < MOST; i++)
        park(&parties[i], &one, 1);
    assert_int_equal(vb_joint_commit(&joint, joint.client, &more), VB_IO_DONE);
    assert_int_equal(more.op.err, VB_ERR_LIMIT);
    vb_joint_cancel(&joint, VB_ERR_CANCELLED);
    assert_int_equal(answers, MOST);
}

const struct CMUnitTest contract_joint[] = {
    contract_test(all_have_one_revision),
    contract_test(they_may_refer_to_each_other),
    contract_test(the_one_in_the_way_is_answered_alone),
    contract_test(a_key_is_changed_once),
    contract_test(what_many_ask_of_a_collection_is_no_change),
    contract_test(again_is_for_all_and_may_be_tried_again),
    contract_test(every_note_is_kept),
    contract_test(there_is_a_bound),
};
const size_t contract_joint_count = VB_COUNT_OF(contract_joint);
