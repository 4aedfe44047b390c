/*
 * What a query of GraphQL asks of the store: as many requests as it has fields
 * that lead to other resources, however many objects they are asked of.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "content/json.h"
#include "flow/inner.h"
#include "resource/catalog.h"
#include "storage/cache.h"
#include "storage/store.h"

#define LIST(schema)                                                           \
    "get: {responses: {'200': {description: all, content: "                    \
    "{application/json: {schema: {type: array, items: {$ref: "                 \
    "'#/components/schemas/" schema "'}}}}}}}\n"                               \
    "    post: {requestBody: {content: {application/json: {schema: {$ref: "    \
    "'#/components/schemas/" schema "'}}}}, responses: {'201': "               \
    "{description: made}}}\n"
#define VARIABLE(name)                                                         \
    "{name: " name ", in: path, required: true, schema: {type: integer}}"
#define GET(schema)                                                            \
    "get: {responses: {'200': {description: it, content: "                     \
    "{application/json: {schema: {$ref: '#/components/schemas/" schema         \
    "'}}}}}}\n"
#define ONE(schema) "parameters: [" VARIABLE("id") "]\n    " GET(schema)

/* Lines as they stand in a file: clang-format would not leave them so. */
/* clang-format off */
static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: Library, version: '1'}\n"
    "paths:\n"
    "  /authors:\n"
    "    " LIST("Author")
    "  /authors/{id}:\n"
    "    " ONE("Author")
    "  /books:\n"
    "    " LIST("Book")
    "  /books/{id}:\n"
    "    " ONE("Book")
    "  /books/{id}/reviews:\n"
    "    parameters: [" VARIABLE("id") "]\n"
    "    " LIST("Review")
    "  /books/{id}/reviews/{review}:\n"
    "    parameters: [" VARIABLE("id") ", " VARIABLE("review") "]\n"
    "    " GET("Review")
    "components:\n"
    "  schemas:\n"
    "    Author:\n"
    "      properties:\n"
    "        id: {type: integer, x-verbatim: {value: id}}\n"
    "        name: {type: string}\n"
    "    Book:\n"
    "      properties:\n"
    "        id: {type: integer, x-verbatim: {value: id}}\n"
    "        title: {type: string}\n"
    "        author: {type: integer, x-verbatim: {references: '/authors/{id}'}}\n"
    "    Review:\n"
    "      properties: {text: {type: string}}\n";
/* clang-format on */

#define AUTHORS 20
#define BOOKS   20 /* of each */

static struct vb_catalog *catalog;
static struct vb_store *store;
static struct vb_store_ops ops; /* the store's, counted */
static const struct vb_store_ops *real;
static unsigned requests, asked_for; /* of the store; records and lists */
static struct vb_mailbox mailbox;
static struct vb_env env;
static struct vb_limits limits;
static struct vb_peer peer = {.loopback = true};
static struct vb_exchange *outer;

/* --- a store that counts -----------------------------------------------------
 */

static enum vb_io count_read(struct vb_store_client *client,
                             struct vb_read *read)
{
    requests++;
    asked_for++;
    return real->read(client, read);
}

static enum vb_io count_records(struct vb_store_client *client,
                                struct vb_records_read *read)
{
    requests++;
    asked_for += (unsigned)read->count;
    return real->records(client, read);
}

static enum vb_io count_list(struct vb_store_client *client,
                             struct vb_list_read *list)
{
    requests++;
    asked_for++;
    return real->list(client, list);
}

static enum vb_io count_lists(struct vb_store_client *client,
                              struct vb_lists_read *read)
{
    requests++;
    asked_for += (unsigned)read->count;
    return real->lists(client, read);
}

/* --- requests ----------------------------------------------------------------
 */

static unsigned status;
static char text[256 * 1024];

static void reply(struct vb_inner *inner)
{
    status = inner->status;
    assert_true(inner->content.len < sizeof(text));
    if (inner->content.len > 0)
        memcpy(text, inner->content.ptr, inner->content.len);
    text[inner->content.len] = '\0';
}

static void done(struct vb_inner *inner)
{
    (void)inner;
}

static void post(const char *target, const char *content)
{
    static const struct vb_field_out fields[] = {
        {VB_SPAN_INIT("Content-Type"), VB_SPAN_INIT("application/json")}};
    struct vb_inner inner = {
        .outer = outer, .most = sizeof(text), .reply = reply, .done = done};
    const struct vb_inner_request request = {
        .method = VB_SPAN("POST"),
        .target = vb_span_str(target),
        .fields = fields,
        .field_count = 1,
        .content = vb_span_str(content),
    };

    status = 0;
    assert_true(vb_inner_begin(&inner, &request));
}

static void make(const char *target, const char *content)
{
    post(target, content);
    if (status != 201)
        fail_msg("%u %s", status, text);
}

/* The response to a query, and how the store was asked meanwhile. */
static void query(const char *document)
{
    char content[4096];

    (void)snprintf(content, sizeof(content), "{\"query\":\"%s\"}", document);
    requests = asked_for = 0;
    post("/graphql", content);
    assert_int_equal(status, 200);
    assert_null(strstr(text, "\"errors\""));
}

static unsigned occurrences(const char *what)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

/* --- set up ------------------------------------------------------------------
 */

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
}

static struct vb_service service = {.begin = begin, .end = begin};
static const struct vb_carrier carrier = {.protocol = "test"};

static void make_catalog(void)
{
    const struct vb_description *d;
    struct vb_notes notes;
    struct vb_buf why;

    vb_notes_init(&notes);
    if (vb_description_parse(VB_SPAN("library.yaml"), vb_span_str(description),
                             &notes, &d) != VB_OK) {
        vb_buf_init(&why, 65536);
        vb_notes_print(&notes, &why);
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    }
    vb_notes_done(&notes);
    assert_int_equal(vb_catalog_new(d, VB_SPAN(""), &catalog), VB_OK);
    assert_int_equal(vb_catalog_serve_graph(catalog, VB_SPAN("/graphql"), NULL),
                     VB_OK);
    vb_description_unref(d);
}

static void make_store(void)
{
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &store, NULL), VB_OK);
    real = store->ops;
    ops = *real;
    ops.read = count_read;
    ops.records = count_records;
    ops.list = count_list;
    ops.lists = count_lists;
    store->ops = &ops;
    vb_mailbox_init(&mailbox, NULL, NULL);
    env.store = vb_store_attach(store, &mailbox, NULL);
    assert_non_null(env.store);
}

static void make_books(void)
{
    char content[128], path[64];

    for (int a = 1; a <= AUTHORS; a++) {
        (void)snprintf(content, sizeof(content), "{\"name\":\"a%d\"}", a);
        make("/authors", content);
    }
    for (int b = 1; b <= AUTHORS * BOOKS; b++) {
        (void)snprintf(content, sizeof(content),
                       "{\"title\":\"b%d\",\"author\":%d}", b, b % AUTHORS + 1);
        make("/books", content);
        (void)snprintf(path, sizeof(path), "/books/%d/reviews", b);
        make(path, "{\"text\":\"good\"}");
    }
}

static int set_up(void **state)
{
    (void)state;
    limits = vb_limits_default;
    vb_env_init(&env, &limits, &service);
    make_catalog();
    make_store();
    env.site = vb_catalog_site(catalog);
    outer = vb_exchange_new(&env);
    outer->carrier = &carrier;
    outer->peer = &peer;
    outer->site = env.site;
    outer->head.scheme = VB_SPAN("http");
    outer->head.authority = VB_SPAN("localhost");
    make_books();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_exchange_release(outer);
    vb_store_detach(env.store);
    vb_store_close(store);
    vb_catalog_unref(catalog);
    vb_env_done(&env);
    return 0;
}

/* --- tests -------------------------------------------------------------------
 */

static void three_levels_are_three_requests(void **state)
{
    (void)state;
    query("{authors(first:20){edges{node{name books(first:20){edges{node{title "
          "reviews(first:20){edges{node{text}}}}}}}}}}");
    assert_int_equal(occurrences("\"name\""), AUTHORS);
    assert_int_equal(occurrences("\"title\""), AUTHORS * BOOKS);
    assert_int_equal(occurrences("\"text\""), AUTHORS * BOOKS);
    assert_int_equal(requests, 3);
    assert_int_equal(asked_for, 1 + AUTHORS + AUTHORS * BOOKS);
}

static void what_many_refer_to_is_read_once(void **state)
{
    (void)state;
    query("{books(first:400){edges{node{title author{name}}}}}");
    assert_int_equal(occurrences("\"author\""), AUTHORS * BOOKS);
    assert_int_equal(requests, 2);
    assert_int_equal(asked_for, 1 + AUTHORS);
}

static void there_and_back_is_four_requests(void **state)
{
    (void)state;
    query("{book(id:1){author{books(first:20){totalCount edges{node{author{"
          "name}}}}}}}");
    assert_int_equal(occurrences("\"a2\""), BOOKS);
    assert_int_equal(requests, 4);
    assert_int_equal(asked_for, 4);
}

static void counting_is_one_request_more(void **state)
{
    (void)state;
    query("{authors(first:20){edges{node{books(first:1,filter:{title:{starts:"
          "\\\"b1\\\"}}){totalCount edges{node{title}}}}}}}");
    assert_int_equal(occurrences("\"totalCount\""), AUTHORS);
    assert_int_equal(requests, 3);
    assert_int_equal(asked_for, 1 + 2 * AUTHORS);
}

static void what_says_nothing_of_the_store_asks_it_nothing(void **state)
{
    (void)state;
    query("{__typename __schema{types{name fields{name}}}}");
    assert_int_equal(requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_levels_are_three_requests),
        cmocka_unit_test(what_many_refer_to_is_read_once),
        cmocka_unit_test(there_and_back_is_four_requests),
        cmocka_unit_test(counting_is_one_request_more),
        cmocka_unit_test(what_says_nothing_of_the_store_asks_it_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
