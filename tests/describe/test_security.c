/*
 * Who may ask for what, as descriptions say it: schemes, requirements, and what
 * of them is served.
 */
#include "describing.h"

#include <stdio.h>

#define FRAME   "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
#define SCHEMES "components: {securitySchemes: {"
#define CERT    "cert: {type: mutualTLS}"
#define DIGEST  "digest: {type: http, scheme: digest}"

static const struct vb_security *
security_of(const struct describing *t, const char *path, enum vb_method method)
{
    return operation_of(t, path, method)->security;
}

static void security_is_inherited_and_may_be_lifted(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME SCHEMES CERT
                  "}}\n"
                  "security: [{cert: []}]\n"
                  "paths:\n"
                  "  /a: {get: {}, delete: {security: []}, put: "
                  "{security: [{cert: [a, b]}, {}]}}\n");
    assert_described(&t);
    assert_false(security_of(&t, "/a", VB_METHOD_GET)->optional);
    assert_int_equal(security_of(&t, "/a", VB_METHOD_GET)->alternative_count,
                     1);
    assert_true(security_of(&t, "/a", VB_METHOD_DELETE)->optional);
    assert_int_equal(security_of(&t, "/a", VB_METHOD_DELETE)->alternative_count,
                     0);
    assert_true(security_of(&t, "/a", VB_METHOD_PUT)->optional);
    assert_int_equal(security_of(&t, "/a", VB_METHOD_PUT)
                         ->alternatives[0]
                         .needs[0]
                         .scope_count,
                     2);
    describing_done(&t);
}

static void nothing_is_said_where_there_is_no_security(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME SCHEMES CERT "}}\npaths: {/a: {get: {}}}\n");
    assert_described(&t);
    assert_null(security_of(&t, "/a", VB_METHOD_GET));
    describing_done(&t);
}

static void each_type_has_its_kind(void **state)
{
    static const struct {
        const char *scheme;
        enum vb_scheme_kind kind;
        const char *why_not; /* NULL: it is served */
    } rows[] = {
        {"{type: mutualTLS}", VB_SCHEME_CERTIFICATE, NULL},
        {"{type: http, scheme: Basic}", VB_SCHEME_BASIC,
         "nobody has an account (x-verbatim.accounts)"},
        {"{type: http, scheme: bearer}", VB_SCHEME_TOKEN,
         "nothing issues such tokens (x-verbatim: {archetype: token})"},
        {"{type: apiKey, in: header, name: X-Key}", VB_SCHEME_KEY,
         "nothing issues such tokens (x-verbatim: {archetype: token})"},
        {"{type: http, scheme: digest}", VB_SCHEME_OTHER,
         "the HTTP scheme \"digest\" is not served; basic and bearer are"},
        {"{type: oauth2, flows: {}}", VB_SCHEME_OTHER,
         "x-verbatim.keys is missing, a JWK Set or PEM file that verifies the "
         "tokens"},
        {"{type: openIdConnect, openIdConnectUrl: 'https://a.example/'}",
         VB_SCHEME_OTHER,
         "x-verbatim.keys is missing, a JWK Set or PEM file that verifies the "
         "tokens"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        char text[512];

        snprintf(text, sizeof(text),
                 FRAME SCHEMES "s: %s}}\npaths: {/a: {get: {security: "
                               "[{s: []}]}}}\n",
                 rows[i].scheme);
        describe_text(&t, text);
        assert_described(&t);
        assert_int_equal(t.d->schemes[0].kind, rows[i].kind);
        assert_int_equal(t.d->schemes[0].served, rows[i].why_not == NULL);
        if (rows[i].why_not)
            assert_true(vb_span_eq(t.d->schemes[0].why_not,
                                   vb_span_str(rows[i].why_not)));
        assert_int_equal(operation_of(&t, "/a", VB_METHOD_GET)->served,
                         rows[i].why_not == NULL);
        describing_done(&t);
    }
}

static void what_is_wrong_is_told_at_its_place(void **state)
{
    static const struct {
        const char *scheme, *security, *error;
    } rows[] = {
        {"{type: http}", "[]",
         "4:6: error: scheme is missing (at "
         "#/components/securitySchemes/s)"},
        {"{}", "[]",
         "4:6: error: type is missing (at #/components/securitySchemes/s)"},
        {"{type: magic}", "[]",
         "4:13: error: \"magic\" is no type of a security scheme in OpenAPI "
         "3.1 (at #/components/securitySchemes/s/type)"},
        {"{type: apiKey, in: body, name: a}", "[]",
         "4:25: error: in must be one of header, query, cookie (at "
         "#/components/securitySchemes/s/in)"},
        {"{type: apiKey, in: header, name: a b}", "[]",
         "4:39: error: this cannot be the name of a header (at "
         "#/components/securitySchemes/s/name)"},
        {"{type: mutualTLS, x-verbatim: {keys: k.json}}", "[]",
         "4:43: error: \"keys\" is for bearer, oauth2 and openIdConnect (at "
         "#/components/securitySchemes/s/x-verbatim/keys)"},
        {"{type: http, scheme: bearer, x-verbatim: {issuer: a}}", "[]",
         "4:56: error: \"issuer\" is for tokens of others, and "
         "x-verbatim.keys is missing, which verifies them (at "
         "#/components/securitySchemes/s/x-verbatim/issuer)"},
        {"{type: http, scheme: bearer, x-verbatim: {key: a}}", "[]",
         "4:48: error: x-verbatim has no key \"key\"; did you mean \"keys\"? "
         "(at #/components/securitySchemes/s/x-verbatim/key)"},
        {"{type: mutualTLS}", "[{t: []}]",
         "5:32: error: components.securitySchemes has no \"t\" (at "
         "#/paths/~1a/get/security/0/t)"},
        {"{type: mutualTLS}", "[{s: a}]",
         "5:35: error: this must be a list of scopes or roles (at "
         "#/paths/~1a/get/security/0/s)"},
        {"{type: mutualTLS}", "[s]",
         "5:31: error: this must be an object (at "
         "#/paths/~1a/get/security/0)"},
        {"{type: mutualTLS}", "{s: []}",
         "5:30: error: security must be an array (at "
         "#/paths/~1a/get/security)"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        char text[1024], line[512];

        snprintf(text, sizeof(text),
                 FRAME "components: {securitySchemes: {\n  s: "
                       "%s}}\npaths: {/a: {get: {security: %s}}}\n",
                 rows[i].scheme, rows[i].security);
        describe_text(&t, text);
        snprintf(line, sizeof(line), "t.yaml:%s", rows[i].error);
        assert_first_error(&t, line);
        describing_done(&t);
    }
}

static bool is_told(const struct describing *t, const char *rule)
{
    for (const struct vb_note *n = t->d->warnings; n; n = n->next)
        if (vb_span_eq(n->rule, vb_span_str(rule)))
            return true;
    return false;
}

static void two_in_one_field_are_told(void **state)
{
    static const struct {
        const char *security;
        bool told;
    } rows[] = {
        {"{basic: [], token: []}", true},
        {"{token: [], basic: []}", true},
        {"{token: [], raw: []}", true},
        {"{cert: [], key: [], basic: [], raw: []}", true},
        {"{token: [a], other: [b]}", false},
        {"{basic: [], key: [], cert: [], cookie: []}", false},
        {"{token: []}, {basic: []}", false},
        {"{}", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        char text[2048];

        snprintf(text, sizeof(text),
                 FRAME SCHEMES
                 "basic: {type: http, scheme: basic}, token: {type: http, "
                 "scheme: bearer}, other: {type: http, scheme: bearer}, raw: "
                 "{type: apiKey, in: header, "
                 "name: authorization}, key: {type: apiKey, in: header, name: "
                 "X-Key}, cookie: {type: apiKey, in: cookie, name: "
                 "Authorization}, cert: {type: mutualTLS}}}\n"
                 "paths: {/a: {get: {security: [%s]}}}\n",
                 rows[i].security);
        describe_text(&t, text);
        assert_described(&t);
        if (is_told(&t, "together") != rows[i].told)
            fail_msg("%s", rows[i].security);
        describing_done(&t);
    }
}

/* What cannot be proved here may be left out, if something else would do. */
static void an_alternative_that_is_not_served_is_left_out(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME SCHEMES CERT
                  ", " DIGEST "}}\n"
                  "paths:\n"
                  "  /a: {get: {security: [{digest: []}, {cert: []}]}}\n"
                  "  /b: {get: {security: [{digest: [], cert: []}]}}\n"
                  "  /c: {get: {security: [{digest: []}, {}]}}\n");
    assert_described(&t);
    assert_int_equal(security_of(&t, "/a", VB_METHOD_GET)->alternative_count,
                     1);
    assert_true(operation_of(&t, "/a", VB_METHOD_GET)->served);
    assert_false(operation_of(&t, "/b", VB_METHOD_GET)->served);
    assert_true(vb_span_starts(operation_of(&t, "/b", VB_METHOD_GET)->why_not,
                               VB_SPAN("it wants \"digest\", which is not "
                                       "served: the HTTP scheme")));
    assert_true(operation_of(&t, "/c", VB_METHOD_GET)->served);
    describing_done(&t);
}

/* What tokens need to be anybody's. */
static void tokens_are_an_accounts(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME SCHEMES CERT
                  "}}\npaths:\n"
                  "  /tokens: {x-verbatim: {archetype: token}, get: {security: "
                  "[{cert: []}]}, post: {}, delete: {}, put: {}}\n"
                  "  '/tokens/{id}': {parameters: [{name: id, in: path, "
                  "required: true}], get: {}, post: {}}\n");
    assert_described(&t);
    assert_int_equal(route_of(&t, "/tokens")->archetype, VB_ARCHETYPE_TOKEN);
    assert_int_equal(route_of(&t, "/tokens/{id}")->archetype,
                     VB_ARCHETYPE_TOKEN);
    assert_ptr_equal(route_of(&t, "/tokens/{id}")->collection,
                     route_of(&t, "/tokens"));
    assert_span_equal(operation_of(&t, "/tokens", VB_METHOD_GET)->why_not,
                      "tokens are an account's, and nobody has one "
                      "(x-verbatim.accounts)");
    assert_span_equal(operation_of(&t, "/tokens", VB_METHOD_PUT)->why_not,
                      "a token is issued with POST, and revoked with DELETE");
    assert_span_equal(operation_of(&t, "/tokens", VB_METHOD_DELETE)->why_not,
                      "tokens are revoked one by one, at their own URIs");
    assert_span_equal(operation_of(&t, "/tokens/{id}", VB_METHOD_POST)->why_not,
                      "tokens are issued at the path above");
    describing_done(&t);
}

static bool asks_for_get(const struct describing *t)
{
    for (const struct vb_note *note = t->notes.first; note; note = note->next)
        if (vb_span_eq(note->text,
                       VB_SPAN("the root's security is for operations, and "
                               "this path has none: declare get, with the "
                               "security that it is to have")))
            return true;
    return false;
}

/* Files and redirects do without operations, and would be open to all. */
static void what_the_root_says_is_not_lost_without_operations(void **state)
{
    static const struct {
        const char *root, *path;
        bool wrong;
    } rows[] = {
        {"[{cert: []}]", "moved: {to: /b}}", true},
        {"[{cert: []}]", "archetype: redirect, see-other: {to: /b}}", true},
        {"[{cert: []}]", "archetype: files, from: .}", true},
        {"[{cert: []}]", "moved: {to: /b}}, get: {}", false},
        {"[{cert: []}]", "moved: {to: /b}}, get: {security: []}", false},
        {"[{cert: []}, {}]", "moved: {to: /b}}", false},
        {"[]", "moved: {to: /b}}", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        char text[512];

        snprintf(text, sizeof(text),
                 FRAME SCHEMES CERT "}}\nsecurity: %s\npaths:\n"
                                    "  /a: {x-verbatim: {%s}\n",
                 rows[i].root, rows[i].path);
        describe_text(&t, text);
        assert_int_equal(asks_for_get(&t), rows[i].wrong);
        if (!rows[i].wrong)
            assert_described(&t);
        describing_done(&t);
    }
}

/* Only OpenAPI 3.2 has these. */
static void a_scheme_may_be_referred_to(void **state)
{
    struct describing t;

    (void)state;
    describe_text(
        &t, "openapi: 3.2.0\ninfo: {title: T, version: '1'}\n" SCHEMES CERT
            "}}\npaths: {/a: {get: {security: "
            "[{'#/components/securitySchemes/cert': []}]}}}"
            "\n");
    assert_described(&t);
    assert_true(vb_span_eq(security_of(&t, "/a", VB_METHOD_GET)
                               ->alternatives[0]
                               .needs[0]
                               .scheme->id,
                           VB_SPAN("cert")));
    describing_done(&t);
}

/* The cookie is a session's where something makes them, and else a token's. */
static void a_cookie_is_a_sessions_where_something_makes_them(void **state)
{
    static const struct {
        const char *path;
        enum vb_scheme_kind kind;
    } rows[] = {
        {"/session: {x-verbatim: {archetype: session}, post: {security: []}}",
         VB_SCHEME_SESSION},
        {"/cart: {x-verbatim: {per: session}, get: {}}", VB_SCHEME_SESSION},
        {"/session: {get: {}}", VB_SCHEME_KEY},
    };
    struct describing t;
    char text[1024];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        snprintf(text, sizeof(text),
                 FRAME SCHEMES
                 "cookie: {type: apiKey, in: cookie, name: session}}}\n"
                 "paths: {%s}\n",
                 rows[i].path);
        describe_text(&t, text);
        assert_described(&t);
        assert_int_equal(t.d->schemes[0].kind, rows[i].kind);
        assert_int_equal(t.d->schemes[0].session.idle_s, 3600);
        assert_int_equal(t.d->schemes[0].session.lifetime_s, 43200);
        assert_true((t.d->session != NULL) ==
                    (rows[i].kind == VB_SCHEME_SESSION));
        describing_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(security_is_inherited_and_may_be_lifted),
        cmocka_unit_test(nothing_is_said_where_there_is_no_security),
        cmocka_unit_test(each_type_has_its_kind),
        cmocka_unit_test(what_is_wrong_is_told_at_its_place),
        cmocka_unit_test(two_in_one_field_are_told),
        cmocka_unit_test(an_alternative_that_is_not_served_is_left_out),
        cmocka_unit_test(tokens_are_an_accounts),
        cmocka_unit_test(what_the_root_says_is_not_lost_without_operations),
        cmocka_unit_test(a_scheme_may_be_referred_to),
        cmocka_unit_test(a_cookie_is_a_sessions_where_something_makes_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
