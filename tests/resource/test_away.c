/*
 * A store that cannot be asked, whatever it is asked for: 503 with Retry-After,
 * and never "there is no such thing", "who are you" or "you may not".
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/login.h"
#include "base/list.h"
#include "exchange/head.h"
#include "flow/flow.h"
#include "resource/catalog.h"
#include "storage/engine.h"

/* clang-format off */
static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: Away, version: '1'}\n"
    "components:\n"
    "  securitySchemes:\n"
    "    basic: {type: http, scheme: basic}\n"
    "    token: {type: http, scheme: bearer}\n"
    "    session: {type: apiKey, in: cookie, name: session}\n"
    "paths:\n"
    "  /people:\n"
    "    x-verbatim: {accounts: {login: email, password: password}}\n"
    "    post: {security: [], requestBody: {content: {application/json: {schema: &person {type: object, properties: {\n"
    "      email: {type: string, maxLength: 100}, password: {type: string, writeOnly: true}}}}}},\n"
    "      responses: {'201': {description: made}}}\n"
    "  /people/{id}:\n"
    "    parameters: &id [{name: id, in: path, required: true, schema: {type: string}}]\n"
    "    get: {security: [{basic: []}], responses: &it {'200': {description: it, content: {application/json: {schema: *person}}}}}\n"
    "  /tokens:\n"
    "    x-verbatim: {archetype: token}\n"
    "    get: {security: [{basic: []}], responses: *it}\n"
    "    post: {security: [{basic: []}], requestBody: {content: {application/json: {}}}, responses: {'201': {description: made, content: {application/json: {}}}}}\n"
    "  /sessions:\n"
    "    x-verbatim: {archetype: session}\n"
    "    get: {security: [{session: []}], responses: *it}\n"
    "    post: {security: [], requestBody: {content: {application/json: {}}}, responses: {'201': {description: in, content: {application/json: {}}}}}\n"
    "  /by-token: {get: {security: [{token: []}], responses: &any {'200': {description: it, content: {application/json: {}}}}}}\n"
    "  /by-any: {get: {security: [{token: []}, {session: []}, {}], responses: *any}}\n"
    "  /books:\n"
    "    get: {security: [], responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: &book {type: object,\n"
    "      properties: {title: {type: string}, by: {type: string, x-verbatim: {references: '/writers/{id}'}}, isbn: {type: string, x-verbatim: {unique: true}}}}}}}}}}\n"
    "    post: {security: [], requestBody: {content: {application/json: {schema: *book}}}, responses: {'201': {description: made}}}\n"
    "  /books/{id}:\n"
    "    parameters: *id\n"
    "    get: {security: [], responses: {'200': {description: it, content: {application/json: {schema: *book}}}}}\n"
    "    put: {security: [], requestBody: {content: {application/json: {schema: *book}}}, responses: {'204': {description: done}}}\n"
    "    patch: {security: [], requestBody: {content: {application/merge-patch+json: {}}}, responses: {'204': {description: done}}}\n"
    "    delete: {security: [], responses: {'204': {description: gone}}}\n"
    "  /writers:\n"
    "    get: {security: [], responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: {type: object}}}}}}}\n"
    "    post: {security: [], requestBody: {content: {application/json: {}}}, responses: {'201': {description: made}}}\n"
    "  /writers/{id}:\n"
    "    parameters: *id\n"
    "    get: {security: [], responses: *any}\n"
    "    delete: {security: [], responses: {'204': {description: gone}}}\n"
    "  /numbers:\n"
    "    get: {security: [], responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: &number {type: object, properties: {id: {type: integer, readOnly: true}}}}}}}}}\n"
    "    post: {security: [], requestBody: {content: {application/json: {schema: *number}}}, responses: {'201': {description: made}}}\n"
    "  /numbers/{id}:\n"
    "    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
    "    get: {security: [], responses: {'200': {description: it, content: {application/json: {schema: *number}}}}}\n";
/* clang-format on */

static struct vb_limits limits;
static struct vb_env env;
static struct vb_service service;
static struct vb_peer peer;
static struct vb_mailbox mailbox;
static struct vb_catalog *catalog;
static struct vb_store *store;
static const struct vb_store_ops *real;
static struct vb_store_ops ops;

/* --- a store that is away
 * -----------------------------------------------------
 */

enum asked {
    ASKED_READ,
    ASKED_RECORDS,
    ASKED_COLLECTION,
    ASKED_LIST,
    ASKED_NUMBER,
    ASKED_COMMIT,
    ASKED_MEMO,
    ASKED_CLAIM,
    ASKED_SOURCES,
    ASKED_COUNT
};

static enum vb_err fails[ASKED_COUNT];
static bool failed; /* something did */

static bool is_away(enum asked what, struct vb_store_op *op)
{
    if (fails[what] == VB_OK)
        return false;
    op->err = fails[what];
    failed = true;
    return true;
}

/* What a request brings is empty where it fails, as engines leave it. */
#define ASK(name, what, type, empty)                                           \
    static enum vb_io name(struct vb_store_client *client, struct type *asked) \
    {                                                                          \
        if (!is_away(what, &asked->op))                                        \
            return real->name(client, asked);                                  \
        empty;                                                                 \
        return VB_IO_DONE;                                                     \
    }
ASK(read, ASKED_READ, vb_read, asked->record = asked->tombstone = NULL)
ASK(records, ASKED_RECORDS, vb_records_read,
    memset(asked->records, 0, asked->count * sizeof(struct vb_record *)))
ASK(collection, ASKED_COLLECTION, vb_collection_read,
    asked->revision = asked->count = 0)
ASK(list, ASKED_LIST, vb_list_read, assert_true(vb__list_init(asked)))
ASK(number, ASKED_NUMBER, vb_number_take, asked->number = 0)
ASK(commit, ASKED_COMMIT, vb_commit, asked->revision = 0)
ASK(memo, ASKED_MEMO, vb_memo_read, vb__memo_init(asked))
ASK(claim, ASKED_CLAIM, vb_claim_read, asked->record = NULL)
ASK(sources, ASKED_SOURCES, vb_sources_read,
    (asked->records = NULL, asked->count = 0, asked->more = false))
#undef ASK

/* --- requests
 * -----------------------------------------------------------------
 */

struct request {
    const char *method, *target;
    const char *type, *content; /* NULL: none */
    const char *field, *value;  /* NULL: none */
};

static unsigned replied;
static char location[200], cookie[300], text[8192];

static void want_content(struct vb_exchange *x)
{
    struct vb_span *content = x->carrier_data;
    struct vb_sink *sink = x->sink;

    if (content->len > 0 && sink->write(sink, *content) == VB_SINK_DONE)
        return;
    sink->end(sink, VB_OK);
}

static void nothing(struct vb_exchange *x)
{
    (void)x;
}

static void take_reply(struct vb_exchange *x)
{
    (void)x;
    replied++;
}

static const struct vb_carrier carrier = {.protocol = "test",
                                          .want_content = want_content,
                                          .resume_content = nothing,
                                          .reply = take_reply,
                                          .output_ready = nothing};

static void keep(char *to, size_t size, struct vb_span text_)
{
    (void)snprintf(to, size, "%.*s", VB_FMT(text_));
}

static bool has_retry_after;

static void take_fields(const struct vb_exchange *x)
{
    location[0] = cookie[0] = '\0';
    has_retry_after = false;
    for (size_t i = 0; i < x->reply.field_count; i++) {
        const struct vb_field_out *field = &x->reply.fields[i];

        if (vb_span_ieq(field->name, VB_SPAN("Location")))
            keep(location, sizeof(location), field->value);
        if (vb_span_ieq(field->name, VB_SPAN("Set-Cookie")))
            keep(cookie, sizeof(cookie), field->value);
        has_retry_after |= vb_span_ieq(field->name, VB_SPAN("Retry-After"));
    }
    text[0] = '\0';
    if (x->reply.content == VB_CONTENT_BYTES)
        keep(text, sizeof(text), x->reply.bytes);
    else if (x->reply.content == VB_CONTENT_REP)
        keep(text, sizeof(text), x->reply.rep->content);
}

static unsigned ask(const struct request *request)
{
    struct vb_span content =
        request->content == NULL ? VB_SPAN("") : vb_span_str(request->content);
    struct vb_exchange *x = vb_exchange_new(&env);
    struct vb_head_builder builder;
    unsigned status;

    replied = 0;
    x->carrier = &carrier;
    x->carrier_data = &content;
    x->peer = &peer;
    x->site = env.site;
    vb_head_begin(&builder, &x->head, &x->arena, &limits.head, VB_SPAN("http"));
    vb_head_method(&builder, vb_span_str(request->method));
    vb_head_target(&builder, vb_span_str(request->target));
    vb_head_field(&builder, VB_SPAN("Host"), VB_SPAN("localhost"));
    if (request->type != NULL)
        vb_head_field(&builder, VB_SPAN("Content-Type"),
                      vb_span_str(request->type));
    if (request->field != NULL)
        vb_head_field(&builder, vb_span_str(request->field),
                      vb_span_str(request->value));
    if (request->content != NULL)
        x->head.has_content = true;
    x->verdict = vb_head_end(&builder, false);
    x->head.content_length = (int64_t)content.len;
    x->head.has_content = content.len > 0;
    vb_flow_start(x);
    vb_mailbox_run(&mailbox);
    assert_int_equal(replied, 1);
    status = x->reply.status;
    take_fields(x);
    vb_exchange_release(x);
    return status;
}

#define JSON   "application/json"
#define BASIC  "Basic YUBiOnNlY3JldC1lbm91Z2g=" /* a@b:secret-enough */
#define PERSON "{\"email\":\"a@b\",\"password\":\"secret-enough\"}"

static char bearer[200], session[300], person[200], book[200], writer[200],
    entry[200];

static void make(const char *target, const char *content, char *ret_location,
                 const char *authorization)
{
    const struct request request = {"POST",
                                    target,
                                    JSON,
                                    content,
                                    authorization == NULL ? NULL
                                                          : "Authorization",
                                    authorization};
    unsigned status = ask(&request);

    if (status != 201)
        fail_msg("POST %s: %u %s", target, status, text);
    if (ret_location != NULL)
        strcpy(ret_location, location);
}

/* What there is when the store goes away. */
static void make_all(void)
{
    const char *from;

    make("/people", PERSON, person, NULL);
    make("/tokens", "{\"name\":\"t\"}", NULL, BASIC);
    from = strstr(text, "vbt_");
    assert_non_null(from);
    (void)snprintf(bearer, sizeof(bearer), "Bearer %.*s",
                   (int)strcspn(from, "\""), from);
    make("/sessions", PERSON, NULL, NULL);
    (void)snprintf(session, sizeof(session), "%.*s", (int)strcspn(cookie, ";"),
                   cookie);
    make("/writers", "{\"name\":\"Le Guin\"}", writer, NULL);
    make("/books", "{\"title\":\"Earthsea\",\"isbn\":\"1\"}", book, NULL);
    make("/numbers", "{}", entry, NULL);
}

/* --- set up
 * -------------------------------------------------------------------
 */

static void wake(struct vb_mailbox *box)
{
    (void)box;
}

static void make_catalog(void)
{
    const struct vb_description *d;
    struct vb_notes notes;
    struct vb_buf why;

    vb_notes_init(&notes);
    if (vb_description_parse(VB_SPAN("away.yaml"), vb_span_str(description),
                             &notes, &d) != VB_OK) {
        vb_buf_init(&why, 65536);
        vb_notes_print(&notes, &why);
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    }
    vb_notes_done(&notes);
    assert_int_equal(vb_catalog_new(d, VB_SPAN(""), &catalog), VB_OK);
    vb_description_unref(d);
}

static int set_up(void **state)
{
    (void)state;
    limits = vb_limits_default;
    peer = (struct vb_peer){.loopback = true};
    vb_env_init(&env, &limits, &service);
    vb_env_set_now(&env, 1000, INT64_C(1800000000000));
    make_catalog();
    env.site = vb_catalog_site(catalog);
    env.logins =
        vb_logins_new(&(struct vb_password_cost){.memory = 8192, .passes = 1});
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &store, NULL), VB_OK);
    real = store->ops;
    ops = *real;
    ops.read = read;
    ops.records = records;
    ops.collection = collection;
    ops.list = list;
    ops.number = number;
    ops.commit = commit;
    ops.memo = memo;
    ops.claim = claim;
    ops.sources = sources;
    memset(fails, 0, sizeof(fails));
    store->ops = &ops;
    vb_mailbox_init(&mailbox, wake, NULL);
    env.store = vb_store_attach(store, &mailbox, NULL, NULL);
    make_all();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_store_detach(env.store);
    vb_store_close(store);
    vb_mailbox_done(&mailbox);
    vb_logins_free(env.logins);
    vb_catalog_unref(catalog);
    vb_env_done(&env);
    return 0;
}

/* --- each request, whatever of the store is away
 * ------------------------------
 */

#define MERGE "application/merge-patch+json"
#define KEYED "Idempotency-Key", "\"k\""

static const struct request requests[] = {
    {"GET", book, NULL, NULL, NULL, NULL},
    {"HEAD", book, NULL, NULL, NULL, NULL},
    {"GET", "/books/nothing", NULL, NULL, NULL, NULL},
    {"GET", "/books", NULL, NULL, NULL, NULL},
    {"GET", "/books?title=Earthsea", NULL, NULL, NULL, NULL},
    {"QUERY", "/books", JSON, "{\"title\":\"Earthsea\"}", NULL, NULL},
    {"GET", book, NULL, NULL, "If-None-Match", "\"1.other\""},
    {"PUT", book, JSON, "{\"title\":\"Tehanu\"}", "If-Match", "*"},
    {"PUT", book, JSON, "{\"title\":\"Tehanu\"}", "If-None-Match", "*"},
    {"PUT", book, JSON, "{\"title\":\"Tehanu\"}", NULL, NULL},
    {"PUT", book, JSON, "{\"by\":\"nobody\"}", NULL, NULL},
    {"PATCH", book, MERGE, "{\"title\":\"Tehanu\"}", KEYED},
    {"DELETE", book, NULL, NULL, NULL, NULL},
    {"DELETE", writer, NULL, NULL, NULL, NULL},
    {"POST", "/books", JSON, "{\"title\":\"Tehanu\"}", KEYED},
    {"POST", "/books", JSON, "{\"isbn\":\"1\"}", NULL, NULL},
    {"POST", "/numbers", JSON, "{}", NULL, NULL},
    {"POST", "/people", JSON, PERSON, NULL, NULL},
    {"GET", person, NULL, NULL, "Authorization", BASIC},
    {"GET", "/tokens", NULL, NULL, "Authorization", BASIC},
    {"POST", "/tokens", JSON, "{}", "Authorization", BASIC},
    {"GET", "/by-token", NULL, NULL, "Authorization", bearer},
    {"GET", "/by-any", NULL, NULL, "Authorization", bearer},
    {"GET", "/by-any", NULL, NULL, "Cookie", session},
    {"GET", "/sessions", NULL, NULL, "Cookie", session},
    {"POST", "/sessions", JSON, PERSON, NULL, NULL},
};

/* If what it takes is away. */
static void expect_unavailable(size_t i, enum vb_err err, const char *when)
{
    unsigned status;

    failed = false;
    status = ask(&requests[i]);
    if (failed && (status != 503 || !has_retry_after))
        fail_msg("%s %s, %s %s: %u %s", requests[i].method, requests[i].target,
                 when, vb_err_text(err), status, text);
}

static const enum vb_err errs[] = {VB_ERR_UNAVAILABLE, VB_ERR_UNCERTAIN,
                                   VB_ERR_TIMEOUT};

static void what_cannot_be_asked_is_503(void **state)
{
    (void)state;
    for (size_t e = 0; e < VB_COUNT_OF(errs); e++) {
        for (size_t k = 0; k < ASKED_COUNT; k++)
            fails[k] = errs[e];
        for (size_t i = 0; i < VB_COUNT_OF(requests); i++) {
            expect_unavailable(i, errs[e], "all is");
            assert_true(failed);
        }
    }
}

/* It goes away in the middle of something. */
static void what_cannot_be_asked_in_the_end_is_503_as_well(void **state)
{
    (void)state;
    for (size_t k = 0; k < ASKED_COUNT; k++) {
        char when[20];

        (void)snprintf(when, sizeof(when), "request %zu is", k);
        for (size_t i = 0; i < VB_COUNT_OF(requests); i++) {
            (void)tear_down(NULL); /* all as it was */
            (void)set_up(NULL);
            fails[k] = VB_ERR_UNAVAILABLE;
            expect_unavailable(i, VB_ERR_UNAVAILABLE, when);
        }
    }
}

static void who_does_not_know_is_told_how_to(void **state)
{
    const struct request plain = {"PUT", book, JSON, "{}", NULL, NULL};
    const struct request keyed = {"PUT", book, JSON, "{}", KEYED};

    (void)state;
    fails[ASKED_COMMIT] = VB_ERR_UNCERTAIN;
    assert_int_equal(ask(&plain), 503);
    assert_non_null(strstr(text, "It is not known whether this was done."));
    assert_null(strstr(text, "Idempotency-Key"));
    assert_int_equal(ask(&keyed), 503);
    assert_non_null(strstr(text, "It is not known whether this was done."));
    assert_non_null(strstr(text, "same Idempotency-Key"));
    fails[ASKED_COMMIT] = VB_ERR_UNAVAILABLE;
    assert_int_equal(ask(&plain), 503);
    assert_non_null(strstr(text, "Nothing was done."));
}

#define away_test(function)                                                    \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        away_test(what_cannot_be_asked_is_503),
        away_test(what_cannot_be_asked_in_the_end_is_503_as_well),
        away_test(who_does_not_know_is_told_how_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
