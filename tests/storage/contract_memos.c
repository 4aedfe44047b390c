/* The contract: notes, which are kept with a commit; and holds. */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "contract.h"

static enum vb_err commit(struct rig_worker *worker,
                          const struct vb_change *change, const char *name,
                          const char *text, int64_t now_ms)
{
    const struct vb_memo note = {.name = vb_span_str(name),
                                 .bytes = vb_span_str(text),
                                 .now_ms = now_ms,
                                 .expires_ms = now_ms + 1000};
    struct vb_commit request = {
        .changes = change, .change_count = change != NULL, .memo = &note};

    return rig_commit(worker, &request);
}

/* The note's text, or "" where there is none. */
static void expect_note(struct rig_worker *worker, const char *name,
                        int64_t now_ms, const char *text)
{
    struct vb_memo_read read = {.name = vb_span_str(name), .now_ms = now_ms};

    assert_int_equal(rig_memo(worker, &read), VB_OK);
    assert_int_equal(read.found, text[0] != '\0');
    assert_span_equal(vb_buf_span(&read.bytes), text);
    if (read.found) {
        assert_true(read.revision > 0);
        assert_true(read.expires_ms > now_ms);
    }
    vb_buf_done(&read.bytes);
}

static void a_note_is_kept_with_its_commit(void **state)
{
    struct contract *c = *state;
    const struct vb_change change = rig_put("/c/1", "/c", "x");
    struct vb_memo_read read = {.name = VB_SPAN("n"), .now_ms = 5};

    expect_note(&c->a, "n", 0, "");
    assert_int_equal(commit(&c->a, &change, "n", "done", 0), VB_OK);
    expect_note(&c->b, "n", 999, "done");
    expect_note(&c->b, "m", 999, "");
    assert_int_equal(rig_memo(&c->b, &read), VB_OK);
    assert_int_equal(read.revision, contract_holds(&c->b, "/c/1", "x"));
    assert_int_equal(read.expires_ms, 1000);
    vb_buf_done(&read.bytes);
}

static void what_was_done_once_is_not_done_again(void **state)
{
    struct contract *c = *state;
    const struct vb_change first = rig_put("/c/1", "/c", "first");
    const struct vb_change second = rig_put("/c/2", "/c", "second");

    assert_int_equal(commit(&c->a, &first, "n", "1", 0), VB_OK);
    assert_int_equal(commit(&c->b, &second, "n", "2", 500), VB_ERR_EXISTS);
    contract_absent(&c->a, "/c/2");
    expect_note(&c->a, "n", 500, "1");
    assert_int_equal(commit(&c->b, &second, "m", "2", 500), VB_OK);
}

static void a_note_expires(void **state)
{
    struct contract *c = *state;
    const struct vb_change change = rig_put("/c/1", "/c", "x");

    assert_int_equal(commit(&c->a, &change, "n", "1", 0), VB_OK);
    expect_note(&c->a, "n", 1000, "");
    assert_int_equal(commit(&c->a, &change, "n", "2", 1000), VB_OK);
    expect_note(&c->a, "n", 1500, "2");
}

static void what_was_refused_leaves_no_note(void **state)
{
    struct contract *c = *state;
    struct vb_change change = rig_put("/c/1", "/c", "x");

    change.expect = 77;
    assert_int_equal(commit(&c->a, &change, "n", "1", 0), VB_ERR_AGAIN);
    expect_note(&c->a, "n", 0, "");
    change.expect = VB_EXPECT_NONE;
    assert_int_equal(commit(&c->a, &change, "", "1", 0), VB_ERR_INVALID);
    contract_absent(&c->a, "/c/1");
}

/* More go than come, whatever their number. */
static void expired_notes_do_not_pile_up(void **state)
{
    struct contract *c = *state;
    const struct vb_change change = rig_put("/c/1", "/c", "x");

    for (int i = 0; i < 60; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(commit(&c->a, &change, name, name, i), VB_OK);
    }
    for (int i = 0; i < 20; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(commit(&c->a, &change, name, name, 5000), VB_OK);
    }
    for (int i = 0; i < 20; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "m%d", i);
        expect_note(&c->b, name, 5001, name);
        (void)snprintf(name, sizeof(name), "n%d", i);
        expect_note(&c->b, name, 0, ""); /* gone, whatever the time */
    }
}

/* As commit(), in the place of a note of these bytes. */
static enum vb_err replace(struct rig_worker *worker, const char *over,
                           const char *text, int64_t now_ms, int64_t expires_ms)
{
    const struct vb_memo note = {.name = VB_SPAN("n"),
                                 .bytes = vb_span_str(text),
                                 .now_ms = now_ms,
                                 .expires_ms = expires_ms,
                                 .over = vb_span_str(over)};
    struct vb_commit request = {.memo = &note};

    return rig_commit(worker, &request);
}

/* Who has claimed something to be done claims it for longer, and says in the
 * end what became of it. */
static void a_note_takes_the_place_of_its_own(void **state)
{
    struct contract *c = *state;

    assert_int_equal(replace(&c->a, "", "claimed", 0, 100), VB_OK);
    assert_int_equal(replace(&c->a, "claimed", "claimed", 50, 200), VB_OK);
    expect_note(&c->b, "n", 150, "claimed");
    assert_int_equal(replace(&c->a, "claimed", "outcome", 150, 500), VB_OK);
    expect_note(&c->b, "n", 250, "outcome");
}

static void a_note_takes_no_other_ones_place(void **state)
{
    struct contract *c = *state;

    assert_int_equal(replace(&c->a, "", "theirs", 0, 100), VB_OK);
    assert_int_equal(replace(&c->b, "ours", "ours", 50, 200), VB_ERR_EXISTS);
    assert_int_equal(replace(&c->b, "their", "ours", 50, 200), VB_ERR_EXISTS);
    assert_int_equal(replace(&c->b, "theirs!", "ours", 50, 200), VB_ERR_EXISTS);
    expect_note(&c->a, "n", 60, "theirs");
    /* It is over: whoever has waited for that may. */
    assert_int_equal(replace(&c->b, "ours", "ours", 100, 200), VB_OK);
    assert_int_equal(replace(&c->a, "theirs", "done", 150, 300), VB_ERR_EXISTS);
    expect_note(&c->a, "n", 160, "ours");
}

static void a_note_may_take_the_place_of_nothing(void **state)
{
    struct contract *c = *state;

    assert_int_equal(replace(&c->a, "ours", "outcome", 0, 100), VB_OK);
    expect_note(&c->b, "n", 50, "outcome");
}

/* Who gives up what it has claimed: another may begin at once. */
static void a_note_that_is_over_ends_its_own(void **state)
{
    struct contract *c = *state;

    assert_int_equal(replace(&c->a, "", "claimed", 0, 100), VB_OK);
    assert_int_equal(replace(&c->a, "claimed", "-", 50, 50), VB_OK);
    expect_note(&c->b, "n", 50, "");
    assert_int_equal(replace(&c->b, "", "claimed", 51, 200), VB_OK);
}

static void a_name_is_held_once(void **state)
{
    struct contract *c = *state;
    struct vb_holds *holds = &c->store->holds;
    struct vb_hold a, b, other;

    assert_true(vb_hold_take(holds, &a, VB_SPAN("x")));
    assert_false(vb_hold_take(holds, &b, VB_SPAN("x")));
    assert_true(vb_hold_take(holds, &other, VB_SPAN("y")));
    vb_hold_drop(holds, &a);
    assert_true(vb_hold_take(holds, &b, VB_SPAN("x")));
    vb_hold_drop(holds, &b);
    vb_hold_drop(holds, &other);
}

const struct CMUnitTest contract_memos[] = {
    contract_test(a_note_is_kept_with_its_commit),
    contract_test(what_was_done_once_is_not_done_again),
    contract_test(a_note_expires),
    contract_test(what_was_refused_leaves_no_note),
    contract_test(expired_notes_do_not_pile_up),
    contract_test(a_note_takes_the_place_of_its_own),
    contract_test(a_note_takes_no_other_ones_place),
    contract_test(a_note_may_take_the_place_of_nothing),
    contract_test(a_note_that_is_over_ends_its_own),
    contract_test(a_name_is_held_once),
};
const size_t contract_memos_count = VB_COUNT_OF(contract_memos);
