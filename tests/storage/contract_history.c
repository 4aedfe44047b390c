/* The contract: what has happened, in order, and who is told of it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/span.h"
#include "contract.h"

/* --- reading it ----------------------------------------------------------- */

static enum vb_err read_history(struct rig_worker *worker,
                                struct vb_history_read *read)
{
    return rig_history(worker, read);
}

static uint64_t now(struct rig_worker *worker)
{
    struct vb_history_read read = {.limit = 0};

    assert_int_equal(read_history(worker, &read), VB_OK);
    assert_int_equal(read.count, 0);
    vb_history_read_done(&read);
    return read.now;
}

static struct vb_history_read beyond(uint64_t moment)
{
    return (struct vb_history_read){
        .beyond = moment, .limit = 100, .byte_limit = 1024 * 1024};
}

static void text_of(const struct vb_record *record, char *to, size_t size)
{
    if (record == NULL)
        (void)snprintf(to, size, "-");
    else
        (void)snprintf(to, size, "%.*s", VB_FMT(record->content));
}

/* "/c/1 - x": the key, what was, and what is then; one a line. */
static void tell(const struct vb_history_read *read, char *to, size_t size)
{
    size_t at = 0;

    to[0] = '\0';
    for (size_t i = 0; i < read->count; i++) {
        const struct vb_happening *it = &read->happenings[i];
        const struct vb_record *record =
            it->after != NULL ? it->after : it->before;
        char before[64], after[64];

        assert_non_null(record);
        text_of(it->before, before, sizeof(before));
        text_of(it->after, after, sizeof(after));
        at += (size_t)snprintf(to + at, size - at, "%.*s %s %s\n",
                               VB_FMT(record->key), before, after);
        assert_true(at < size);
        assert_true(i == 0 || it->moment > it[-1].moment);
        if (it->after != NULL)
            assert_int_equal(it->after->revision,
                             vb_moment_revision(it->moment));
    }
}

static void expect(struct rig_worker *worker, struct vb_history_read *read,
                   const char *want)
{
    char text[4096];

    assert_int_equal(read_history(worker, read), VB_OK);
    tell(read, text, sizeof(text));
    assert_string_equal(text, want);
    vb_history_read_done(read);
}

static void put(struct rig_worker *worker, const char *key, const char *text)
{
    const struct vb_change change = rig_put(key, "/c", text);

    contract_ok(worker, &change, 1);
}

static void delete_it(struct rig_worker *worker, const char *key)
{
    const struct vb_change change = rig_delete(key);

    contract_ok(worker, &change, 1);
}

/* --- tests ---------------------------------------------------------------- */

static void it_tells_what_changes_have_done(void **state)
{
    struct contract *c = *state;
    uint64_t from = now(&c->a);
    struct vb_history_read read = beyond(from);

    put(&c->a, "/c/1", "x");
    put(&c->a, "/c/2", "y");
    put(&c->a, "/c/1", "z");
    delete_it(&c->a, "/c/2");
    put(&c->a, "/c/2", "again");
    expect(&c->b, &read,
           "/c/1 - x\n/c/2 - y\n/c/1 x z\n/c/2 y -\n/c/2 - again\n");
    assert_false(read.more);
    assert_int_equal(read.reached, now(&c->b));
    read = beyond(read.reached);
    expect(&c->b, &read, "");
}

static void of_one_record_or_one_collection(void **state)
{
    struct contract *c = *state;
    const struct vb_change other = rig_put("/d/1", "/d", "d");
    struct vb_history_read read = beyond(now(&c->a));
    uint64_t from = read.beyond;

    put(&c->a, "/c/1", "x");
    contract_ok(&c->a, &other, 1);
    put(&c->a, "/c/2", "y");
    put(&c->a, "/c/1", "z");
    read.parent = VB_SPAN("/c");
    expect(&c->a, &read, "/c/1 - x\n/c/2 - y\n/c/1 x z\n");
    read = beyond(from);
    read.parent = VB_SPAN("/d");
    expect(&c->a, &read, "/d/1 - d\n");
    read = beyond(from);
    read.key = VB_SPAN("/c/1");
    expect(&c->a, &read, "/c/1 - x\n/c/1 x z\n");
    assert_int_equal(read.reached, now(&c->a));
}

/* Who was cut off in the middle of a commit goes on there. */
static void a_commit_is_told_in_parts(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    struct vb_change changes[3] = {rig_put("/c/1", "/c", "a"),
                                   rig_put("/c/2", "/c", "b"),
                                   rig_delete("/c/0")};
    uint64_t revision;

    put(&c->a, "/c/0", "o");
    revision = contract_ok(&c->a, changes, 3);
    read.limit = 2;
    expect(&c->a, &read, "/c/0 - o\n/c/1 - a\n");
    assert_true(read.more);
    assert_true(read.reached < vb_moment(revision));
    assert_int_equal(vb_moment_revision(read.reached), revision);
    read = beyond(read.reached);
    expect(&c->a, &read, "/c/2 - b\n/c/0 o -\n");
    assert_int_equal(read.reached, vb_moment(revision));
}

/* What a change led to is known, however many pages later it was undone. */
static void pages_of_any_size_tell_the_same(void **state)
{
    struct contract *c = *state;
    uint64_t from = now(&c->a);
    char whole[4096];
    struct vb_history_read read;

    for (int i = 0; i < 20; i++) {
        char key[16], text[16];

        (void)snprintf(key, sizeof(key), "/c/%d", i % 3);
        (void)snprintf(text, sizeof(text), "t%d", i);
        if (i % 7 == 6)
            delete_it(&c->a, key);
        else
            put(&c->a, key, text);
    }
    read = beyond(from);
    assert_int_equal(read_history(&c->a, &read), VB_OK);
    tell(&read, whole, sizeof(whole));
    vb_history_read_done(&read);
    for (uint32_t limit = 1; limit < 6; limit++) {
        char parts[4096] = "", part[4096];
        uint64_t at = from;

        do {
            read = beyond(at);
            read.limit = limit;
            read.byte_limit = limit % 2 == 0 ? 1 : 4096;
            assert_int_equal(read_history(&c->b, &read), VB_OK);
            assert_in_range(read.count, read.more, limit);
            tell(&read, part, sizeof(part));
            strcat(parts, part);
            assert_true(read.reached > at);
            at = read.reached;
            vb_history_read_done(&read);
        } while (read.more);
        assert_string_equal(parts, whole);
    }
}

static void what_was_refused_has_not_happened(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    struct vb_change change = rig_put("/c/1", "/c", "x");

    change.expect = 77;
    assert_int_equal(rig_change(&c->a, &change, 1, NULL), VB_ERR_AGAIN);
    delete_it(&c->a, "/c/1");
    expect(&c->a, &read, "");
}

static void an_amended_record_has_not_changed(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    struct vb_change change = rig_put("/c/1", "/c", "x");

    change.expect = contract_ok(&c->a, &change, 1);
    change.kind = VB_CHANGE_AMEND;
    change.content = VB_SPAN("y");
    contract_ok(&c->a, &change, 1);
    assert_int_equal(read_history(&c->a, &read), VB_OK);
    assert_int_equal(read.count, 1); /* it may tell either content */
    assert_int_equal(read.happenings[0].after->revision, change.expect);
    vb_history_read_done(&read);
}

/* Jobs and sessions are nobody's to follow; what a session has of a document is
 * its own. */
static void what_no_uri_leads_to_is_not_told(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    struct vb_change changes[4] = {
        rig_put("of-session:7/cart", "", "cart"), rig_put("/c/1", "/c", "x"),
        rig_put("job:7", "job:", "a job"), rig_put("job:7/input", "", "all")};
    uint64_t revision = contract_ok(&c->a, changes, 4);

    changes[0] = rig_delete("job:7");
    changes[1] = rig_put("job:7/input", "", "nothing");
    changes[2] = rig_put("session:7", "sessions:", "s");
    contract_ok(&c->a, changes, 3);
    read.limit = 2;
    expect(&c->a, &read, "of-session:7/cart - cart\n/c/1 - x\n");
    assert_false(read.more);
    read = beyond(vb_moment(revision) - 1);
    expect(&c->a, &read, "/c/1 - x\n"); /* the last of its commit */
    read = beyond(vb_moment(revision));
    expect(&c->a, &read, "");
    assert_int_equal(read.reached, now(&c->a));
}

/* Who sees `buried` there now must not take it for what the change made. */
static void a_tombstone_is_nothing(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    const struct vb_change bury = rig_bury("/c/1", "/c/2");

    put(&c->a, "/c/1", "x");
    contract_ok(&c->a, &bury, 1);
    put(&c->a, "/c/1", "y");
    expect(&c->a, &read, "/c/1 - x\n/c/1 x -\n/c/1 - y\n");
}

static void a_blob_is_told_without_its_content(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read = beyond(now(&c->a));
    static char bytes[VB_STORE_CHUNK];
    uint64_t blob = vb_store_blob_new(c->a.client);
    struct vb_chunk_write whole = {.blob = blob,
                                   .bytes = vb_span_of(bytes, sizeof(bytes))};
    struct vb_chunk_write rest = {
        .blob = blob, .index = 1, .bytes = VB_SPAN("end")};
    struct vb_change change = rig_put("/c/1", "/c", "");

    assert_int_equal(rig_chunk_write(&c->a, &whole), VB_OK);
    assert_int_equal(rig_chunk_write(&c->a, &rest), VB_OK);
    change.blob = blob;
    change.length = sizeof(bytes) + 3;
    contract_ok(&c->a, &change, 1);
    put(&c->a, "/c/1", "small");
    assert_int_equal(read_history(&c->a, &read), VB_OK);
    assert_int_equal(read.count, 2);
    for (int i = 0; i < 2; i++) {
        const struct vb_record *it =
            i == 0 ? read.happenings[0].after : read.happenings[1].before;

        assert_non_null(it);
        assert_int_equal(it->length, change.length);
        assert_int_equal(it->content.len, 0);
        assert_int_equal(it->blob, 0);
    }
    vb_history_read_done(&read);
}

/* An engine may let what is beyond the bound go later, beside the commits:
 * until it has looked several times, and has let nothing more go. */
static void let_the_oldest_go(struct contract *c)
{
    uint64_t kept = 0;

    for (int i = 0, same = 0; i < 1000 && same < 5; i++) {
        struct vb_history_read read = beyond(kept);
        enum vb_err err = read_history(&c->a, &read);

        same = err == VB_OK && read.count <= 20 ? same + 1 : 0;
        kept = read.kept;
        vb_history_read_done(&read);
        rig_worker_look(&c->a);
    }
}

/* The bound holds, what is left is whole, and who asks for more learns it. */
static void the_oldest_goes(void **state)
{
    struct contract *c = *state;
    uint64_t from = now(&c->a);
    struct vb_history_read read = beyond(from);
    char text[4096];
    uint64_t last;

    vb_store_keep_history(c->store, 2000);
    for (int i = 0; i < 100; i++)
        put(&c->a, "/c/1", i % 2 == 0 ? "even" : "odd");
    let_the_oldest_go(c);
    last = now(&c->a);
    assert_int_equal(read_history(&c->a, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    assert_int_equal(read.now, last);
    assert_true(read.kept > from && read.kept < last);
    read = beyond(read.kept);
    assert_int_equal(read_history(&c->a, &read), VB_OK);
    assert_in_range(read.count, 1, 20);
    tell(&read, text, sizeof(text));
    vb_history_read_done(&read);
    vb_store_keep_history(c->store, 0);
    put(&c->a, "/c/1", "x");
    put(&c->a, "/c/1", "y");
    read = beyond(last);
    assert_int_equal(read_history(&c->a, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    vb_store_keep_history(c->store, 100000);
    last = now(&c->a);
    put(&c->a, "/c/1", "z");
    read = beyond(last);
    expect(&c->a, &read, "/c/1 y z\n");
}

static void what_is_to_come_is_not_known(void **state)
{
    struct contract *c = *state;
    struct vb_history_read read;

    put(&c->a, "/c/1", "x");
    read = beyond(now(&c->a) + 1);
    assert_int_equal(read_history(&c->a, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    read = beyond(0);
    read.limit = VB_HISTORY_MOST + 1;
    assert_int_equal(read_history(&c->a, &read), VB_ERR_RANGE);
    vb_history_read_done(&read);
}

/* --- being told ----------------------------------------------------------- */

struct ear {
    struct vb_watch watch;
    int heard;
};

static void heard(struct vb_watch *watch)
{
    VB_CONTAINER(watch, struct ear, watch)->heard++;
}

static void who_watches_is_told(void **state)
{
    struct contract *c = *state;
    struct ear ear = {.watch.heard = heard};

    vb_store_watch(c->b.client, &ear.watch);
    put(&c->a, "/c/1", "x");
    put(&c->a, "/c/1", "y");
    while (ear.heard == 0)
        rig_worker_turn(&c->b);
    assert_int_equal(ear.heard, 1);
    put(&c->a, "/c/1", "z");
    while (ear.heard == 1)
        rig_worker_turn(&c->b);
    vb_store_unwatch(&ear.watch);
    put(&c->a, "/c/1", "o");
    vb_mailbox_run(&c->b.mailbox);
    assert_int_equal(ear.heard, 2);
}

const struct CMUnitTest contract_history[] = {
    contract_test(it_tells_what_changes_have_done),
    contract_test(of_one_record_or_one_collection),
    contract_test(a_commit_is_told_in_parts),
    contract_test(pages_of_any_size_tell_the_same),
    contract_test(what_was_refused_has_not_happened),
    contract_test(an_amended_record_has_not_changed),
    contract_test(what_no_uri_leads_to_is_not_told),
    contract_test(a_tombstone_is_nothing),
    contract_test(a_blob_is_told_without_its_content),
    contract_test(the_oldest_goes),
    contract_test(what_is_to_come_is_not_known),
    contract_test(who_watches_is_told),
};
const size_t contract_history_count =
    sizeof(contract_history) / sizeof(contract_history[0]);
