/* The rules of resource/feed.h where the store cannot be asked for a while. */
#include "unit.h"

#include "base/list.h"
#include "bells.h"
#include "library.h"
#include "resource/feed.h"
#include "storage/engine.h"

static struct library library;
static struct vb_store_ops ops;
static struct bells bells;
static struct vb_listener listener;
static unsigned begun, lost, heard, asked;
static enum vb_err history_fails, collection_fails;

static enum vb_io history(struct vb_store_client *client,
                          struct vb_history_read *read)
{
    enum vb_io io;

    asked++;
    if (history_fails != VB_ERR_UNAVAILABLE) {
        io = library.real->history(client, read);
        if (history_fails == VB_OK || read->beyond != vb_moment(1))
            return io;
        vb_history_read_done(read);
    } else {
        assert_true(vb__history_init(read));
    }
    read->op.err = history_fails;
    return VB_IO_DONE;
}

static enum vb_io collection(struct vb_store_client *client,
                             struct vb_collection_read *read)
{
    if (collection_fails == VB_OK)
        return library.real->collection(client, read);
    read->op.err = collection_fails;
    return VB_IO_DONE;
}

static bool hear(struct vb_listener *of, struct vb_news *news)
{
    (void)of;
    assert_span_equal(vb_news_key(news), "/books/1");
    heard++;
    return true;
}

static void begins(struct vb_listener *of, bool is_lost)
{
    (void)of;
    begun++;
    lost += is_lost;
}

static void wake(struct vb_listener *of)
{
    vb_listener_go_on(of);
}

static bool has_room(struct vb_listener *of)
{
    (void)of;
    return true;
}

static void ended(struct vb_listener *of)
{
    (void)of;
}

static int set_up(void **state)
{
    (void)state;
    memset(&library, 0, sizeof(library));
    library_open(&library);
    ops = library.ops;
    ops.history = history;
    ops.collection = collection;
    library.store->ops = &ops;
    history_fails = collection_fails = VB_OK;
    begun = lost = heard = asked = 0;
    bells_init(&bells, &library.env);
    library.env.feed = vb_feed_new(&library.env, 10);
    assert_non_null(library.env.feed);
    listener = (struct vb_listener){
        .parent = VB_SPAN("/books"),
        .heard = VB_FEED_NOW,
        .hear = hear,
        .begun = begins,
        .wake = wake,
        .ended = ended,
        .has_room = has_room,
    };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_listener_leave(&listener);
    vb_feed_free(library.env.feed);
    library.env.feed = NULL;
    library_close(&library);
    return 0;
}

static void listen(void)
{
    assert_true(vb_feed_listen(library.env.feed, &listener));
}

static void make_book(void)
{
    library_make(&library, "/books", "{\"title\":\"Earthsea\"}");
    vb_mailbox_run(&library.mailbox);
}

static void what_cannot_be_read_is_read_later(void **state)
{
    (void)state;
    listen();
    assert_int_equal(begun, 1);
    history_fails = VB_ERR_UNAVAILABLE;
    asked = 0;
    make_book();
    bells_wait(&bells, 10000);
    assert_true(asked > 0 && asked <= 11); /* once a second, not more */
    assert_int_equal(heard, 0);
    history_fails = VB_OK;
    bells_wait(&bells, 1000);
    assert_int_equal(heard, 1);
    bells_wait(&bells, 5000);
    assert_int_equal(heard, 1);
    assert_int_equal(begun, 1);
    assert_int_equal(lost, 0);
}

static void who_begins_meanwhile_begins_later(void **state)
{
    (void)state;
    history_fails = VB_ERR_UNAVAILABLE;
    listen();
    bells_wait(&bells, 10000);
    assert_int_equal(begun, 0);
    history_fails = VB_OK;
    bells_wait(&bells, 1000);
    assert_int_equal(begun, 1);
    assert_int_equal(lost, 0);
    make_book();
    assert_int_equal(heard, 1);
}

/* History is gone, and whether that matters cannot be asked. */
static void nothing_is_lost_because_the_store_cannot_say(void **state)
{
    (void)state;
    make_book(); /* the first commit: all of it is known */
    listener.heard = vb_moment(1);
    library_make(&library, "/authors", "{\"name\":\"Le Guin\"}");
    history_fails = VB_ERR_NOTFOUND;
    collection_fails = VB_ERR_UNAVAILABLE;
    listen();
    bells_wait(&bells, 3000);
    assert_int_equal(begun, 0);
    collection_fails = VB_OK;
    bells_wait(&bells, 1000);
    assert_int_equal(begun, 1);
    assert_int_equal(lost, 0);
}

#define feed_test(function)                                                    \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        feed_test(what_cannot_be_read_is_read_later),
        feed_test(who_begins_meanwhile_begins_later),
        feed_test(nothing_is_lost_because_the_store_cannot_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
