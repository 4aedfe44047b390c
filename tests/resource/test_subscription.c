/*
 * Subscriptions of GraphQL below HTTP: what an event asks of the store, what
 * waits while nobody reads, and what becomes of an event whose client has gone.
 */
#include "unit.h"

#include <stdio.h>

#include "exchange/head.h"
#include "flow/flow.h"
#include "flow/inner.h"
#include "resource/catalog.h"
#include "resource/feed.h"
#include "storage/cache.h"
#include "storage/store.h"

#define MEMBERS(schema)                                                        \
    "get: {responses: {'200': {description: all, content: "                    \
    "{application/json: {schema: {type: array, items: {$ref: "                 \
    "'#/components/schemas/" schema "'}}}}}}}\n"                               \
    "    post: {requestBody: {content: {application/json: {schema: {$ref: "    \
    "'#/components/schemas/" schema "'}}}}, responses: {'201': "               \
    "{description: made}}}\n"
#define ONE(schema)                                                            \
    "parameters: [{name: id, in: path, required: true, schema: {type: "        \
    "integer}}]\n"                                                             \
    "    get: {responses: {'200': {description: it, content: "                 \
    "{application/json: {schema: {$ref: '#/components/schemas/" schema         \
    "'}}}}}}\n"

/* clang-format off */
static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: Library, version: '1'}\n"
    "paths:\n"
    "  /authors:\n"
    "    " MEMBERS("Author")
    "  /authors/{id}:\n"
    "    " ONE("Author")
    "  /books:\n"
    "    " MEMBERS("Book")
    "  /books/{id}:\n"
    "    " ONE("Book")
    "components:\n"
    "  schemas:\n"
    "    Author: {properties: {id: {type: integer, x-verbatim: {value: id}}, name: {type: string}}}\n"
    "    Book:\n"
    "      properties:\n"
    "        id: {type: integer, x-verbatim: {value: id}}\n"
    "        title: {type: string}\n"
    "        author: {type: integer, x-verbatim: {references: '/authors/{id}'}}\n";
/* clang-format on */

static struct vb_catalog *catalog;
static struct vb_store *store;
static struct vb_store_ops ops; /* the store's, counted and held back */
static const struct vb_store_ops *real;
static struct vb_mailbox mailbox;
static struct vb_env env;
static struct vb_limits limits;
static struct vb_peer peer = {.loopback = true};
static struct vb_exchange *outer;

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
        return real->records(client, read);
    assert_null(held_back);
    held_back = read;
    return VB_IO_PENDING;
}

static enum vb_io lists(struct vb_store_client *client,
                        struct vb_lists_read *read)
{
    requests++;
    return real->lists(client, read);
}

static void answer(void)
{
    struct vb_records_read *read = held_back;

    assert_non_null(read);
    held_back = NULL;
    assert_int_equal(real->records(env.store, read), VB_IO_DONE);
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
        vb_mailbox_run(&mailbox);
}

static void subscribe(const char *target)
{
    struct vb_head_builder builder;

    replied = ready = gone = 0;
    text_len = 0;
    stream = vb_exchange_new(&env);
    stream->carrier = &carrier;
    stream->peer = &peer;
    stream->site = env.site;
    vb_head_begin(&builder, &stream->head, &stream->arena, &limits.head,
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

static void inner_reply(struct vb_inner *inner)
{
    assert_int_equal(inner->status, 201);
}

static void inner_done(struct vb_inner *inner)
{
    (void)inner;
}

/* The change is made, and heard of when the mailbox is looked into. */
static void make(const char *target, const char *content)
{
    static const struct vb_field_out fields[] = {
        {VB_SPAN_INIT("Content-Type"), VB_SPAN_INIT("application/json")}};
    struct vb_inner inner = {
        .outer = outer, .most = 4096, .reply = inner_reply, .done = inner_done};
    const struct vb_inner_request request = {
        .method = VB_SPAN("POST"),
        .target = vb_span_str(target),
        .fields = fields,
        .field_count = 1,
        .content = vb_span_str(content),
    };

    assert_true(vb_inner_begin(&inner, &request));
}

static void make_book(unsigned number)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "{\"title\":\"b%u %01000d\",\"author\":1}", number, 0);
    make("/books", content);
}

static unsigned occurrences(const char *what)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

/* --- set up
 * ---------------------------------------------------------------------
 */

static void begun(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
}

static void is_gone(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
    gone++;
}

static struct vb_service service = {
    .begin = begun, .end = begun, .gone = is_gone};

/* Tests look into it themselves. */
static void wake(struct vb_mailbox *box)
{
    (void)box;
}

static void make_catalog(void)
{
    const struct vb_description *d;
    struct vb_notes notes;

    vb_notes_init(&notes);
    assert_int_equal(vb_description_parse(VB_SPAN("library.yaml"),
                                          vb_span_str(description), &notes, &d),
                     VB_OK);
    vb_notes_done(&notes);
    assert_int_equal(vb_catalog_new(d, VB_SPAN(""), &catalog), VB_OK);
    assert_int_equal(vb_catalog_serve_graph(catalog, VB_SPAN("/graphql"), NULL),
                     VB_OK);
    vb_description_unref(d);
}

static int set_up(void **state)
{
    (void)state;
    limits = vb_limits_default;
    vb_env_init(&env, &limits, &service);
    make_catalog();
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &store, NULL), VB_OK);
    real = store->ops;
    ops = *real;
    ops.records = records;
    ops.lists = lists;
    store->ops = &ops;
    vb_mailbox_init(&mailbox, wake, NULL);
    env.store = vb_store_attach(store, &mailbox, NULL);
    env.feed = vb_feed_new(&env, 10);
    env.site = vb_catalog_site(catalog);
    outer = vb_exchange_new(&env);
    outer->carrier = &carrier;
    outer->peer = &peer;
    outer->site = env.site;
    outer->head.scheme = VB_SPAN("http");
    outer->head.authority = VB_SPAN("localhost");
    make("/authors", "{\"name\":\"Ann\"}");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_exchange_release(outer);
    vb_mailbox_run(&mailbox);
    vb_feed_free(env.feed);
    vb_store_detach(env.store);
    vb_store_close(store);
    vb_mailbox_done(&mailbox);
    vb_catalog_unref(catalog);
    vb_env_done(&env);
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
    vb_mailbox_run(&mailbox);
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
    vb_mailbox_run(&mailbox);
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
        vb_mailbox_run(&mailbox);
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
    vb_mailbox_run(&mailbox);
    assert_int_equal(ready, 0);
    leave();
    assert_int_equal(gone, 0); /* the store is at work in it */
    holds_back = false;
    answer();
    assert_int_equal(gone, 1);
    assert_int_equal(vb_feed_count(env.feed), 0);
}

static void what_takes_its_time_comes_in_order(void **state)
{
    (void)state;
    subscribe(BOOKS "node%7Btitle%20author%7Bname%7D%7D%7D%7D");
    holds_back = true;
    make_book(5);
    make_book(6);
    vb_mailbox_run(&mailbox);
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
