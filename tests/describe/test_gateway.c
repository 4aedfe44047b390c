/* What another server answers for: x-verbatim.to (describe/gateway.h). */
#include "describing.h"

/* --- the URL of a server ---------------------------------------------------
 */

static void urls_are_cut_into_an_origin_and_a_base(void **state)
{
    static const struct {
        const char *url, *origin, *base;
    } rows[] = {
        {"http://127.0.0.1:9000", "http://127.0.0.1:9000", ""},
        {"http://127.0.0.1:9000/", "http://127.0.0.1:9000", ""},
        {"https://a.example/v1", "https://a.example", "/v1"},
        {"https://a.example/v1/", "https://a.example", "/v1"},
        {"HTTPS://a.example/a/b", "HTTPS://a.example", "/a/b"},
        {"http://[::1]:8080/x%2Fy", "http://[::1]:8080", "/x%2Fy"},
        {"unix:/run/app.sock", "unix:/run/app.sock", ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span origin, base;

        assert_null(vb_gateway_cut(vb_span_str(rows[i].url), &origin, &base));
        assert_span_equal(origin, rows[i].origin);
        assert_span_equal(base, rows[i].base);
    }
}

static void what_no_server_has_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "/v1",
        "//a.example",
        "a.example:80",
        "ftp://a.example",
        "http://",
        "http:///v1",
        "http://u:p@a.example",
        "http://a.example?x",
        "http://a.example#x",
        "http://a.example/a/../b",
        "http://a.example/%7Ea",
        "http://a.example/{id}",
        "http://a.example:99999",
        "unix:",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span origin, base;

        if (!vb_gateway_cut(vb_span_str(rows[i]), &origin, &base))
            fail_msg("row %zu", i);
    }
}

/* --- what is read ----------------------------------------------------------
 */

static void a_url_is_enough(void **state)
{
    const struct vb_gateway *gateway;
    const struct vb_route *route;
    struct describing t;

    (void)state;
    describe_paths(&t, "  /api:\n    x-verbatim: {archetype: gateway, to: "
                       "'http://127.0.0.1:9000/v1'}\n");
    assert_described(&t);
    route = route_of(&t, "/api");
    gateway = route->gateway;
    assert_true(route->served);
    assert_int_equal(gateway->server_count, 1);
    assert_span_equal(gateway->servers[0], "http://127.0.0.1:9000");
    assert_span_equal(gateway->base, "/v1");
    assert_false(gateway->secure);
    assert_false(gateway->keeps_host);
    assert_false(gateway->hides);
    assert_null(gateway->trusted);
    assert_int_equal(gateway->connect_ms, 5000);
    assert_int_equal(gateway->head_ms, 60000);
    assert_int_equal(gateway->idle_ms, 60000);
    assert_int_equal(gateway->total_ms, 0);
    assert_int_equal(gateway->max_connections, 256);
    assert_null(gateway->probe);
    assert_false(gateway->stores_nothing);
    assert_null(gateway->caching);
    describing_done(&t);
}

static void all_of_it_is_read(void **state)
{
    const struct vb_gateway *gateway;
    struct describing t;

    (void)state;
    describe_paths(
        &t, "  /api/{k}:\n    x-verbatim:\n      to:\n"
            "        servers: ['http://a.example', 'http://b.example:81/']\n"
            "        balance: hash\n        host: preserve\n"
            "        hide-client: true\n        http: 2\n"
            "        trusted-proxies: [10.0.0.0/8, '::1']\n"
            "        connect-timeout: 2\n        timeout: 3\n"
            "        idle-timeout: 4\n        total-timeout: 5\n"
            "        max-connections: 6\n"
            "        probe: {path: /health, every: 7}\n");
    assert_described(&t);
    gateway = route_of(&t, "/api/{k}")->gateway;
    assert_int_equal(gateway->server_count, 2);
    assert_span_equal(gateway->servers[1], "http://b.example:81");
    assert_span_equal(gateway->base, "");
    assert_int_equal(gateway->balance, VB_GATEWAY_HASH);
    assert_true(gateway->keeps_host);
    assert_true(gateway->hides);
    assert_int_equal(gateway->http, 2);
    assert_int_equal(gateway->trusted_count, 2);
    assert_int_equal(gateway->trusted[0].bits, 104);
    assert_int_equal(gateway->trusted[1].bits, 128);
    assert_int_equal(gateway->connect_ms, 2000);
    assert_int_equal(gateway->head_ms, 3000);
    assert_int_equal(gateway->idle_ms, 4000);
    assert_int_equal(gateway->total_ms, 5000);
    assert_int_equal(gateway->max_connections, 6);
    assert_string_equal(gateway->probe, "/health");
    assert_int_equal(gateway->probe_ms, 7000);
    describing_done(&t);
}

static void what_is_stored_is_read(void **state)
{
    const struct vb_gateway_caching *caching;
    struct describing t;

    (void)state;
    describe_paths(
        &t,
        "  /a:\n    x-verbatim: {to: {servers: 'http://h', cache: false}}\n"
        "  /b:\n    x-verbatim: {to: {servers: 'http://h', cache: {}}}\n"
        "  /c:\n    x-verbatim: {to: {servers: 'http://h', cache: {errors: 1,"
        " stale-if-disconnected: 2, heuristic-max: 3, heuristic-percent: 4,"
        " targeted: false}}}\n");
    assert_described(&t);
    assert_true(route_of(&t, "/a")->gateway->stores_nothing);
    caching = route_of(&t, "/b")->gateway->caching;
    assert_true(caching->targeted);
    assert_int_equal(caching->heuristic_percent, 10);
    assert_int_equal(caching->heuristic_max_s, 86400);
    assert_int_equal(caching->errors_s, 0);
    assert_int_equal(caching->disconnected_s, 0);
    caching = route_of(&t, "/c")->gateway->caching;
    assert_false(route_of(&t, "/c")->gateway->stores_nothing);
    assert_false(caching->targeted);
    assert_int_equal(caching->errors_s, 1);
    assert_int_equal(caching->disconnected_s, 2);
    assert_int_equal(caching->heuristic_max_s, 3);
    assert_int_equal(caching->heuristic_percent, 4);
    describing_done(&t);
}

static void operations_say_what_goes_on(void **state)
{
    struct describing t;
    const struct vb_operation *op;

    (void)state;
    describe_paths(
        &t, "  /api:\n    x-verbatim: {to: 'http://a.example'}\n"
            "    get: {parameters: [{name: q, in: query, required: true}]}\n"
            "    post: {requestBody: {content: {text/xml: {schema: {type: "
            "object}}}}}\n"
            "    head: {}\n");
    assert_described(&t);
    op = operation_of(&t, "/api", VB_METHOD_GET);
    assert_true(op->served);
    assert_true(op->demands); /* before it goes on */
    op = operation_of(&t, "/api", VB_METHOD_POST);
    assert_true(op->served);
    assert_true(op->request.media[0].served);
    assert_true(operation_of(&t, "/api", VB_METHOD_HEAD)->served);
    assert_null(route_of(&t, "/api")->by_method[VB_METHOD_PUT]);
    describing_done(&t);
}

static void tls_is_said_with_https(void **state)
{
    const struct vb_gateway_tls *tls;
    struct describing t;

    (void)state;
    describe_paths(&t,
                   "  /api:\n    x-verbatim: {to: {servers: "
                   "'https://a.example', ca: ca.pem, certificate: "
                   "/etc/own.pem, key: own.key, server-name: b.example}}\n");
    assert_described(&t);
    assert_true(route_of(&t, "/api")->gateway->secure);
    tls = &route_of(&t, "/api")->gateway->tls;
    assert_string_equal(tls->ca, "ca.pem");
    assert_string_equal(tls->certificate, "/etc/own.pem");
    assert_string_equal(tls->key, "own.key");
    assert_string_equal(tls->server_name, "b.example");
    assert_false(tls->insecure);
    describing_done(&t);
}

/* --- what is wrong ---------------------------------------------------------
 */

#define TO  "  /a:\n    x-verbatim: {to: "
#define OF  "  /a:\n    x-verbatim: {to: {servers: 'http://h', "
#define AT  " (at #/paths/~1a/x-verbatim/to"
#define BAD "t.yaml:6:22: error: "

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *paths, *error;
    } rows[] = {
        {"  /a:\n    x-verbatim: {archetype: gateway}\n",
         "t.yaml:6:5: error: x-verbatim.to is missing: which server answers "
         "(at #/paths/~1a)"},
        {"  /a:\n    x-verbatim: {archetype: document, to: 'http://h'}\n",
         "t.yaml:6:43: error: \"to\" is for a gateway; /a is a document" AT
         ")"},
        {TO "7}\n",
         BAD "\"to\" must be a URL, a list of them, or an object" AT ")"},
        {TO "[]}\n",
         BAD "\"to\" must be a URL, a list of them, or an object" AT ")"},
        {TO "'ftp://h'}\n",
         BAD "\"ftp://h\" is no http or https URL of a server" AT ")"},
        {TO "'http://h?q'}\n",
         BAD "\"http://h?q\" has a query or a fragment, which no path begins "
             "with" AT ")"},
        {TO "['http://h', 'https://h']}\n",
         "t.yaml:6:35: error: \"https://h\" has another scheme than the one "
         "before it" AT "/1)"},
        {TO "['http://h/a', 'http://h/b']}\n",
         "t.yaml:6:37: error: \"http://h/b\" has another path than the one "
         "before it" AT "/1)"},
        {TO "{balance: hash}}\n", BAD "servers is missing" AT ")"},
        {TO "{servers: []}}\n",
         "t.yaml:6:32: error: a gateway has 1 to 64 servers" AT "/servers)"},
        {TO "{servers: [7]}}\n",
         "t.yaml:6:33: error: a server is a URL, such as "
         "http://10.0.0.1:9000" AT "/servers/0)"},
        {OF "blance: hash}}\n",
         "t.yaml:6:44: error: \"to\" has no key \"blance\"; did you mean "
         "\"balance\"?" AT "/blance)"},
        {OF "balance: random}}\n",
         "t.yaml:6:53: error: \"balance\" must be round-robin, least-busy or "
         "hash" AT "/balance)"},
        {OF "host: keep}}\n",
         "t.yaml:6:50: error: \"host\" must be preserve or upstream" AT
         "/host)"},
        {OF "hide-client: 1}}\n",
         "t.yaml:6:57: error: hide-client must be true or false" AT
         "/hide-client)"},
        {OF "http: 3}}\n",
         "t.yaml:6:50: error: \"http\" must be 1 or 2" AT "/http)"},
        {OF "timeout: 0}}\n",
         "t.yaml:6:53: error: \"timeout\" is a whole number from 1 to 86400" AT
         "/timeout)"},
        {OF "trusted-proxies: [10.0.0.1/8]}}\n",
         "t.yaml:6:62: error: this must be a network such as 10.0.0.0/8, or "
         "an address" AT "/trusted-proxies/0)"},
        {OF "probe: {every: 1}}}\n",
         "t.yaml:6:51: error: path is missing" AT "/probe)"},
        {OF "probe: {path: health}}}\n",
         "t.yaml:6:58: error: \"path\" must be a path there, such as "
         "\"/health\"" AT "/probe/path)"},
        {OF "probe: {path: /, often: 1}}}\n",
         "t.yaml:6:61: error: \"probe\" has no key \"often\"" AT
         "/probe/often)"},
        {OF "cache: true}}\n",
         "t.yaml:6:51: error: \"cache\" must be false, or an object" AT
         "/cache)"},
        {OF "cache: {errors: -1}}}\n",
         "t.yaml:6:60: error: \"errors\" is a whole number from 0 to "
         "31536000" AT "/cache/errors)"},
        {OF "cache: {heuristic-percent: 101}}}\n",
         "t.yaml:6:71: error: \"heuristic-percent\" is a whole number from 0 "
         "to "
         "100" AT "/cache/heuristic-percent)"},
        {OF "cache: {error: 1}}}\n",
         "t.yaml:6:52: error: \"cache\" has no key \"error\"; did you mean "
         "\"errors\"?" AT "/cache/error)"},
        {OF "cache: {targeted: 1}}}\n",
         "t.yaml:6:62: error: targeted must be true or false" AT
         "/cache/targeted)"},
        {OF "ca: ca.pem}}\n",
         "t.yaml:6:48: error: \"ca\" is for https, which no server speaks" AT
         "/ca)"},
        {TO "{servers: 'https://h', key: k.pem}}\n",
         "t.yaml:6:50: error: a key without its certificate" AT "/key)"},
        {TO "{servers: 'https://h', ca: a, insecure: true}}\n",
         "t.yaml:6:62: error: \"ca\" says whom to believe, and this to "
         "believe anybody" AT "/insecure)"},
        {TO "'http://h', idempotency-key: required}\n",
         "t.yaml:6:51: error: \"idempotency-key\" does nothing here: another "
         "server answers (at #/paths/~1a/x-verbatim/idempotency-key)"},
        {TO "'http://h', allow: anyone}\n",
         "t.yaml:6:41: error: declare the operations that this is about (get) "
         "(at #/paths/~1a/x-verbatim/allow)"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        describe_paths(&t, rows[i].paths);
        assert_int_equal(t.err, VB_ERR_INVALID);
        assert_first_error(&t, rows[i].error);
        describing_done(&t);
    }
}

/* The root's security would else be passed by without a word. */
static void
a_gateway_without_operations_is_not_for_all_by_accident(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
                      "security: [{c: []}]\n"
                      "components: {securitySchemes: {c: {type: mutualTLS}}}\n"
                      "paths:\n  /a:\n    x-verbatim: {to: 'http://h'}\n");
    assert_first_error(
        &t, "t.yaml:7:5: error: the root's security is for operations, and "
            "this path has none: declare those that go on, with the security "
            "that they are to have (at #/paths/~1a)");
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_cut_into_an_origin_and_a_base),
        cmocka_unit_test(what_no_server_has_is_refused),
        cmocka_unit_test(a_url_is_enough),
        cmocka_unit_test(all_of_it_is_read),
        cmocka_unit_test(what_is_stored_is_read),
        cmocka_unit_test(operations_say_what_goes_on),
        cmocka_unit_test(tls_is_said_with_https),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(
            a_gateway_without_operations_is_not_for_all_by_accident),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
