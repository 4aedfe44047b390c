/*
 * The rules of resource/once.h where other instances write to the store as
 * well: what is to be done once is claimed there before it begins.
 */
#include "unit.h"

#include "bells.h"
#include "library.h"
#include "storage/engine.h"

#define BOOK "{\"title\":\"Earthsea\"}"
#define KEY  "\"k1\""

static struct library library;
static struct vb_store_ops ops;
static unsigned commits, memos;
/* What a commit of changes does first, once. */
static void (*meanwhile)(void);
/* What the store answers to a commit instead: of a claim, of changes. */
static enum vb_err claim_fails, change_fails;
/* Commits are answered when the mailbox is looked into. */
static bool later;
/* Those of changes are kept aside, until the test answers. */
static bool holds;
static struct vb_commit *held;
static struct bells bells;

static enum vb_io commit(struct vb_store_client *client,
                         struct vb_commit *request)
{
    void (*first)(void) = meanwhile;
    enum vb_err fails = request->change_count == 0 ? claim_fails : change_fails;

    commits++;
    memos += request->change_count == 0;
    if (request->change_count > 0 && first != NULL) {
        meanwhile = NULL;
        first();
    }
    if (request->change_count > 0 && holds) {
        held = request;
        return VB_IO_PENDING;
    }
    request->op.err = fails;
    if (fails == VB_OK)
        assert_int_equal(library.real->commit(client, request), VB_IO_DONE);
    if (!later)
        return VB_IO_DONE;
    request->op.client = client;
    request->op.task.run = vb__op_deliver;
    vb_mailbox_post(client->mailbox, &request->op.task);
    return VB_IO_PENDING;
}

static void answer(enum vb_err err)
{
    struct vb_commit *request = held;

    assert_non_null(request);
    held = NULL;
    holds = false;
    request->op.err = err;
    if (err == VB_OK)
        assert_int_equal(library.real->commit(library.env.store, request),
                         VB_IO_DONE);
    request->op.done(&request->op);
}

static int set_up(void **state)
{
    (void)state;
    memset(&library, 0, sizeof(library));
    library_open(&library);
    library.store->shared = true;
    ops = library.ops;
    ops.commit = commit;
    library.store->ops = &ops;
    commits = memos = 0;
    meanwhile = NULL;
    claim_fails = change_fails = VB_OK;
    later = holds = false;
    held = NULL;
    vb_env_set_now(&library.env, 1000, INT64_C(1800000000000));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    library_close(&library);
    return 0;
}

static uint64_t book_count(void)
{
    struct vb_collection_read read = {.parent = VB_SPAN("/books")};

    assert_int_equal(vb_store_collection(library.env.store, &read), VB_IO_DONE);
    return read.count;
}

static void post(void)
{
    library_post_once(&library, "/books", BOOK, KEY);
}

static void what_comes_again_gets_the_first_reply(void **state)
{
    char first[1024];

    (void)state;
    post();
    assert_int_equal(library.status, 201);
    strcpy(first, library.text);
    post();
    assert_int_equal(library.status, 201);
    assert_string_equal(library.text, first);
    library_post_once(&library, "/books", "{\"title\":\"Tehanu\"}", KEY);
    assert_int_equal(library.status, 422);
    assert_int_equal(book_count(), 1);
}

static unsigned status_meanwhile;
static char text_meanwhile[1024];

static void post_meanwhile(void)
{
    post();
    status_meanwhile = library.status;
    strcpy(text_meanwhile, library.text);
}

static void what_is_under_way_elsewhere_is_not_done_as_well(void **state)
{
    (void)state;
    meanwhile = post_meanwhile;
    post();
    assert_int_equal(status_meanwhile, 409);
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
    post();
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
}

static void what_was_refused_may_be_tried_again_at_once(void **state)
{
    (void)state;
    library_post_once(&library, "/books", "{", KEY);
    assert_int_equal(library.status, 400);
    post();
    assert_int_equal(library.status, 201);
}

/* The reply waits until the claim is gone: a client may be fast. */
static void what_was_refused_is_told_when_it_may_be_tried_again(void **state)
{
    (void)state;
    later = true;
    library.status = 0;
    library_begin(&library, "/books", "{", KEY);
    vb_mailbox_run(&library.mailbox); /* claimed, refused, to be left */
    assert_int_equal(library.status, 0);
    vb_mailbox_run(&library.mailbox);
    assert_int_equal(library.status, 400);
    assert_int_equal(memos, 2);
}

static void what_the_store_could_not_do_may_be_tried_again(void **state)
{
    (void)state;
    change_fails = VB_ERR_UNAVAILABLE;
    post();
    assert_int_equal(library.status, 503);
    change_fails = VB_OK;
    post();
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
}

static void nothing_is_begun_without_a_claim(void **state)
{
    (void)state;
    claim_fails = VB_ERR_UNAVAILABLE;
    post();
    assert_int_equal(library.status, 503);
    assert_int_equal(commits, 1);
    assert_int_equal(book_count(), 0);
}

/* Whose outcome is not known tells it with the next request of this key. */
static void the_true_outcome_is_told_in_the_end(void **state)
{
    (void)state;
    change_fails = VB_ERR_UNCERTAIN;
    post();
    assert_int_equal(library.status, 503);
    assert_int_equal(library_occurrences(library.text, "not known"), 1);
    change_fails = VB_OK;
    post();
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
}

/* Long after a claim would be over. */
static void what_takes_long_is_claimed_again_and_again(void **state)
{
    (void)state;
    bells_init(&bells, &library.env);
    holds = true;
    (void)library_begin(&library, "/books", BOOK, KEY);
    bells_wait(&bells, 300000);
    assert_int_equal(bells_count(&bells), 1);
    post_meanwhile();
    assert_int_equal(status_meanwhile, 409);
    answer(VB_OK);
    assert_int_equal(library.status, 201);
    assert_int_equal(bells_count(&bells), 0);
    post();
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
}

/* The claim is good for so long where nobody renews it. */
#define LEFT_MS 20000

static void after(int64_t ms)
{
    vb_env_set_now(&library.env, 1000 + ms, INT64_C(1800000000000) + ms);
}

/* Nobody renews what an instance has claimed that has gone. */
static void what_was_left_may_be_done_again_when_it_is_said(void **state)
{
    (void)state;
    holds = true;
    (void)library_begin(&library, "/books", BOOK, KEY);
    post_meanwhile();
    assert_int_equal(status_meanwhile, 409);
    assert_string_equal(library.retry_after, "20");
    after(LEFT_MS - 1);
    post_meanwhile();
    assert_int_equal(status_meanwhile, 409);
    assert_string_equal(library.retry_after, "1");
    after(LEFT_MS);
    holds = false;
    post_meanwhile();
    assert_int_equal(status_meanwhile, 201);
    /* It comes back: what it would do has been done, and this came of it. */
    answer(VB_OK);
    assert_int_equal(library.status, 201);
    assert_string_equal(library.text, text_meanwhile);
    assert_int_equal(book_count(), 1);
}

/* The key was used for two things, and the other one was faster. */
static void who_comes_back_with_something_else_is_told(void **state)
{
    (void)state;
    holds = true;
    (void)library_begin(&library, "/books", "{\"title\":\"Tehanu\"}", KEY);
    after(LEFT_MS);
    holds = false;
    post_meanwhile();
    assert_int_equal(status_meanwhile, 201);
    answer(VB_OK);
    assert_int_equal(library.status, 422);
    assert_int_equal(book_count(), 1);
}

/* What another has begun meanwhile is waited for. */
static void who_comes_back_while_it_is_done_is_told_when(void **state)
{
    struct vb_commit *first;

    (void)state;
    holds = true;
    (void)library_begin(&library, "/books", BOOK, KEY);
    first = held;
    after(LEFT_MS);
    (void)library_begin(&library, "/books", BOOK, KEY);
    after(LEFT_MS + 5000);
    assert_int_equal(library.status, 0);
    assert_int_equal(library.real->commit(library.env.store, first),
                     VB_IO_DONE);
    assert_int_equal(first->op.err, VB_ERR_EXISTS);
    first->op.done(&first->op);
    assert_int_equal(library.status, 409);
    assert_string_equal(library.retry_after, "15");
    answer(VB_OK);
    assert_int_equal(library.status, 201);
    assert_int_equal(book_count(), 1);
}

/* A store that could not be asked for a while costs nobody a claim. */
static void what_could_not_be_renewed_is_soon(void **state)
{
    (void)state;
    bells_init(&bells, &library.env);
    holds = true;
    (void)library_begin(&library, "/books", BOOK, KEY);
    claim_fails = VB_ERR_UNAVAILABLE;
    bells_wait(&bells, LEFT_MS - 3000);
    claim_fails = VB_OK;
    bells_wait(&bells, 5000);
    post_meanwhile();
    assert_int_equal(status_meanwhile, 409);
    answer(VB_OK);
    assert_int_equal(library.status, 201);
}

static void who_has_gone_leaves_nothing_behind(void **state)
{
    (void)state;
    bells_init(&bells, &library.env);
    for (int i = 0; i < 2; i++) {
        struct vb_inner *inner;

        holds = true;
        later = i == 1;
        inner = library_begin(&library, "/books", BOOK, KEY);
        if (later)
            vb_mailbox_run(&library.mailbox);
        vb_inner_call_off(inner);
        answer(VB_ERR_UNAVAILABLE);
        vb_mailbox_run(&library.mailbox);
        assert_int_equal(bells_count(&bells), 0);
        assert_int_equal(library.status, 0);
    }
    later = false;
    post();
    assert_int_equal(library.status, 201);
}

/* One commit for each request, as ever, where nobody else writes. */
static void alone_nothing_is_claimed(void **state)
{
    (void)state;
    library.store->shared = false;
    post();
    assert_int_equal(library.status, 201);
    assert_int_equal(commits, 1);
    meanwhile = post_meanwhile;
    library_post_once(&library, "/books", BOOK, "\"k2\"");
    assert_int_equal(library.status, 201);
    assert_int_equal(commits, 2);
}

#define once_test(function)                                                    \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        once_test(what_comes_again_gets_the_first_reply),
        once_test(what_is_under_way_elsewhere_is_not_done_as_well),
        once_test(what_was_refused_may_be_tried_again_at_once),
        once_test(what_was_refused_is_told_when_it_may_be_tried_again),
        once_test(what_the_store_could_not_do_may_be_tried_again),
        once_test(nothing_is_begun_without_a_claim),
        once_test(the_true_outcome_is_told_in_the_end),
        once_test(what_takes_long_is_claimed_again_and_again),
        once_test(what_was_left_may_be_done_again_when_it_is_said),
        once_test(who_comes_back_with_something_else_is_told),
        once_test(who_comes_back_while_it_is_done_is_told_when),
        once_test(what_could_not_be_renewed_is_soon),
        once_test(who_has_gone_leaves_nothing_behind),
        once_test(alone_nothing_is_claimed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
