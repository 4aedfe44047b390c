/*
 * Subscriptions of GraphQL below HTTP: what an event asks of the store, what
 * waits while nobody reads, and what becomes of an event whose client has gone.
 */
#include "unit.h"

#include <stdio.h>

#include "exchange/head.h"
#include "flow/flow.h"
#include "library.h"
#include "resource/feed.h"

static struct library library;

/* --- a store that counts, and waits
 * -------------------------------------------
 */

static unsigned requests;
static bool holds_back;
static struct vb_records_read *held_back;

static enum vb_io records(struct vb_store_client *client,
                          struct vb_records_read *read)
{
    requests++;
    if (!holds_back)
        return library.real->records(client, read);
    assert_null(held_back);
    held_back = read;
    return VB_IO_PENDING;
}

static enum vb_io lists(struct vb_store_client *client,
                        struct vb_lists_read *read)
{
    requests++;
    return library.real->lists(client, read);
}

static void answer(void)
{
    struct vb_records_read *read = held_back;

    assert_non_null(read);
    held_back = NULL;
    assert_int_equal(library.real->records(library.env.store, read),
                     VB_IO_DONE);
    read->op.done(&read->op);
}

/* --- a client
 * -------------------------------------------------------------------
 */

static unsigned replied, ready, gone;
static struct vb_exchange *stream;
static char text[1024 * 1024]; /* what it has got */
static size_t text_len;

static void take_reply(struct vb_exchange *x)
{
    (void)x;
    replied++;
}

static void output_ready(struct vb_exchange *x)
{
    (void)x;
    ready++;
}

static const struct vb_carrier carrier = {
    .protocol = "test", .reply = take_reply, .output_ready = output_ready};

/* Takes one piece; false: there is none now. */
static bool pull(void)
{
    struct vb_source *source = stream->reply.source;
    struct vb_span bytes;

    if (source->pull(source, &bytes) != VB_PULL_BYTES)
        return false;
    assert_true(text_len + bytes.len < sizeof(text));
    memcpy(text + text_len, bytes.ptr, bytes.len);
    text_len += bytes.len;
    text[text_len] = '\0';
    return true;
}

static void pull_all(void)
{
    while (pull())
        vb_mailbox_run(&library.mailbox);
}

static void subscribe(const char *target)
{
    struct vb_head_builder builder;

    replied = ready = gone = 0;
    text_len = 0;
    stream = vb_exchange_new(&library.env);
    stream->carrier = &carrier;
    stream->peer = &library.peer;
    stream->site = library.env.site;
    vb_head_begin(&builder, &stream->head, &stream->arena, &library.limits.head,
                  VB_SPAN("http"));
    vb_head_method(&builder, VB_SPAN("GET"));
    vb_head_target(&builder, vb_span_str(target));
    vb_head_field(&builder, VB_SPAN("Host"), VB_SPAN("localhost"));
    vb_head_field(&builder, VB_SPAN("Accept"), VB_SPAN("text/event-stream"));
    stream->verdict = vb_head_end(&builder, false);
    vb_flow_start(stream);
    assert_int_equal(replied, 1);
    assert_int_equal(stream->reply.status, 200);
    assert_int_equal(stream->reply.content, VB_CONTENT_SOURCE);
    pull_all();
    assert_non_null(strstr(text, "id: "));
    assert_null(strstr(text, "event:"));
    text_len = 0;
}

static void leave(void)
{
    vb_exchange_release(stream);
    stream = NULL;
}

/* --- changes
 * --------------------------------------------------------------------
 */

/* The change is made, and heard of when the mailbox is looked into. */
static void make_book(unsigned number)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "{\"title\":\"b%u %01000d\",\"author\":1}", number, 0);
    library_make(&library, "/books", content);
}

static unsigned occurrences(const char *what)
{
    return library_occurrences(text, what);
}

/* --- set up
 * ---------------------------------------------------------------------
 */

static void is_gone(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
    gone++;
}

static int set_up(void **state)
{
    (void)state;
    library_open(&library);
    library.service.gone = is_gone;
    library.ops.records = records;
    library.ops.lists = lists;
    library.env.feed = vb_feed_new(&library.env, 10);
    assert_non_null(library.env.feed);
    library_make(&library, "/authors", "{\"name\":\"Ann\"}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_mailbox_run(&library.mailbox);
    vb_feed_free(library.env.feed);
    library_close(&library);
    return 0;
}

/* --- tests
 * ----------------------------------------------------------------------
 */

#define BOOKS "/graphql?query=subscription%7BbooksChanged%7B"

static void the_state_itself_asks_the_store_nothing(void **state)
{
    (void)state;
    subscribe(BOOKS "kind%20id%20node%7Btitle%7D%7D%7D");
    make_book(1);
    requests = 0;
    vb_mailbox_run(&library.mailbox);
    assert_int_equal(ready, 1);
    pull_all();
    assert_int_equal(occurrences("\"kind\":\"CREATED\""), 1);
    assert_int_equal(requests, 0);
    leave();
}

static void what_it_refers_to_is_a_request_for_each_field(void **state)
{
    (void)state;
    subscribe(BOOKS "node%7Bauthor%7Bname%20books(first:5)%7Bedges%7Bnode%7B"
                    "title%20author%7Bname%7D%7D%7D%7D%7D%7D%7D%7D");
    make_book(2);
    requests = 0;
    vb_mailbox_run(&library.mailbox);
    pull_all();
    assert_true(occurrences("\"Ann\"") > 1);
    assert_int_equal(requests, 3);
    leave();
}

/* Changes are executed when there is room, and each of them once, in order. */
static void nothing_is_executed_for_who_does_not_read(void **state)
{
    char title[32];
    const char *at;
    unsigned executed;

    (void)state;
    subscribe(BOOKS "node%7Btitle%20author%7Bname%7D%7D%7D%7D");
    requests = 0;
    for (unsigned i = 0; i < 300; i++) {
        make_book(1000 + i);
        vb_mailbox_run(&library.mailbox);
    }
    assert_in_range(requests, 50, 80); /* 64 KiB of events wait */
    assert_int_equal(ready, 1);
    pull_all();
    executed = occurrences("event: next");
    assert_int_equal(executed, 300);
    at = text;
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(title, sizeof(title), "\"title\":\"b%u ", 1000 + i);
        at = strstr(at, title);
        assert_non_null(at);
    }
    leave();
}

static void an_event_that_nobody_waits_for_keeps_what_it_needs(void **state)
{
    (void)state;
    subscribe(BOOKS "node%7Btitle%20author%7Bname%7D%7D%7D%7D");
    holds_back = true;
    make_book(3);
    make_book(4);
    vb_mailbox_run(&library.mailbox);
    assert_int_equal(ready, 0);
    leave();
    assert_int_equal(gone, 0); /* the store is at work in it */
    holds_back = false;
    answer();
    assert_int_equal(gone, 1);
    assert_int_equal(vb_feed_count(library.env.feed), 0);
}

static void what_takes_its_time_comes_in_order(void **state)
{
    (void)state;
    subscribe(BOOKS "node%7Btitle%20author%7Bname%7D%7D%7D%7D");
    holds_back = true;
    make_book(5);
    make_book(6);
    vb_mailbox_run(&library.mailbox);
    assert_false(pull());
    answer();
    assert_int_equal(ready, 1);
    assert_true(pull());
    assert_non_null(strstr(text, "\"b5 "));
    assert_null(strstr(text, "\"b6 "));
    assert_false(pull());
    holds_back = false;
    answer();
    pull_all();
    assert_non_null(strstr(text, "\"b6 "));
    leave();
    assert_int_equal(gone, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_itself_asks_the_store_nothing),
        cmocka_unit_test(what_it_refers_to_is_a_request_for_each_field),
        cmocka_unit_test(nothing_is_executed_for_who_does_not_read),
        cmocka_unit_test(an_event_that_nobody_waits_for_keeps_what_it_needs),
        cmocka_unit_test(what_takes_its_time_comes_in_order),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
