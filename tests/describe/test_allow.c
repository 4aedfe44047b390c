/*
 * Rules as descriptions have them: what they need, and what is wrong with them.
 */
#include "describing.h"

#include <stdio.h>

#define FRAME                                                                  \
    "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"                         \
    "components: {securitySchemes: {cert: {type: mutualTLS}}}\npaths:\n"
#define SCHEMA                                                                 \
    "{properties: {owner: {x-verbatim: {value: owner}}, n: {type: integer}, "  \
    "o: {type: object, properties: {a: {type: string}}}, any: {type: "         \
    "object}}}"
#define BODY "requestBody: {content: {application/json: {schema: " SCHEMA "}}}"

static const struct vb_allow *allow_of(const struct describing *t,
                                       const char *path, enum vb_method method)
{
    return operation_of(t, path, method)->allow;
}

static void an_operation_says_it_or_its_path(void **state)
{
    const struct vb_allow *allow;
    struct describing t;

    (void)state;
    describe_text(&t, FRAME "  /a:\n    x-verbatim: {allow: account, conceal: "
                            "true}\n    get: {}\n    put: {" BODY
                            ", x-verbatim: {allow: [owner, 'content.n = 1']}}\n"
                            "  /b: {get: {}}\n");
    assert_described(&t);
    allow = allow_of(&t, "/a", VB_METHOD_GET);
    assert_int_equal(allow->count, 1);
    assert_true(allow->conceal);
    assert_false(allow->by_state || allow->by_content || allow->by_account);
    allow = allow_of(&t, "/a", VB_METHOD_PUT);
    assert_int_equal(allow->count, 2);
    assert_true(allow->conceal && allow->by_state && allow->by_content);
    assert_non_null(allow->owner);
    assert_true(operation_of(&t, "/a", VB_METHOD_GET)->security->optional);
    assert_null(allow_of(&t, "/b", VB_METHOD_GET));
    assert_null(operation_of(&t, "/b", VB_METHOD_GET)->security);
    describing_done(&t);
}

static void what_is_wrong_is_an_error(void **state)
{
    static const struct {
        const char *rule;
        const char *part; /* of what is told; NULL: it is good */
    } rows[] = {
        {"anyone", NULL},
        {"role:x OR owner", NULL},
        {"content.n < 3 AND resource.n > 2", NULL},
        {"resource.o.a = x", NULL},
        {"resource.any.thing = 1", NULL},
        {"ownr", "did you mean \"owner\"?"},
        {"resorce.n = 1", "did you mean \"resource\"?"},
        {"resource.ownr = x", "did you mean \"owner\"?"},
        {"resource.o.b = x", "has no"},
        {"resource.n = x", "must be a number"},
        {"account.team = x", "no collection has accounts"},
        {"self", "for the path of an account"},
        {"owner AND", "character 10"},
        {"f(x)", "character 1"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        snprintf(text, sizeof(text),
                 FRAME "  /a: {put: {" BODY ", x-verbatim: {allow: '%s'}}}\n",
                 rows[i].rule);
        describe_text(&t, text);
        if (rows[i].part == NULL)
            assert_described(&t);
        else if (t.d != NULL ||
                 strstr(t.notes.first->text.ptr, rows[i].part) == NULL)
            fail_msg("%s: %s", rows[i].rule,
                     t.d ? "is taken" : t.notes.first->text.ptr);
        describing_done(&t);
    }
}

static void a_rule_is_about_what_there_is(void **state)
{
    static const struct {
        const char *paths;
        const char *part;
    } rows[] = {
        {"  /a: {get: {x-verbatim: {allow: owner}}}\n", "no property is"},
        {"  /a: {get: {}, post: {}}\n"
         "  '/a/{id}': {get: {}}\n"
         "  /b: {get: {x-verbatim: {allow: content.x}}}\n",
         "no JSON content"},
        {"  /a: {get: {x-verbatim: {allow: resource.x}}, post: {}}\n"
         "  '/a/{id}': {get: {}}\n",
         "a listing has no state"},
        {"  /a: {get: {x-verbatim: {allow: 5}}}\n", "must be a rule"},
        {"  /a: {x-verbatim: {allow: account, moved: {to: /b}}}\n",
         "declare the operations"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        snprintf(text, sizeof(text), FRAME "%s", rows[i].paths);
        describe_text(&t, text);
        if (t.d != NULL ||
            strstr(t.notes.first->text.ptr, rows[i].part) == NULL)
            fail_msg("%zu: %s", i, t.d ? "good" : t.notes.first->text.ptr);
        describing_done(&t);
    }
}

static void nobody_is_known_without_schemes(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a: {get: {x-verbatim: {allow: account}}}\n");
    assert_null(t.d);
    assert_non_null(strstr(t.notes.first->text.ptr, "nobody is ever known"));
    describing_done(&t);
    describe_paths(&t, "  /a: {get: {x-verbatim: {allow: anyone}}}\n");
    assert_described(&t);
    describing_done(&t);
}

/* Who asks decides what a listing shows. */
static void a_listing_asks_who_it_is(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME "  /a: {get: {}, post: {" BODY "}}\n"
                            "  '/a/{id}': {get: {x-verbatim: {allow: "
                            "account}}}\n");
    assert_described(&t);
    assert_true(operation_of(&t, "/a", VB_METHOD_GET)->security->optional);
    assert_null(operation_of(&t, "/a", VB_METHOD_POST)->security);
    describing_done(&t);
}

static void to_conceal_without_a_rule_is_told(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, FRAME "  /a: {get: {x-verbatim: {conceal: true}}}\n");
    assert_described(&t);
    assert_span_equal(t.d->warnings->rule, "conceal");
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_says_it_or_its_path),
        cmocka_unit_test(what_is_wrong_is_an_error),
        cmocka_unit_test(a_rule_is_about_what_there_is),
        cmocka_unit_test(nobody_is_known_without_schemes),
        cmocka_unit_test(a_listing_asks_who_it_is),
        cmocka_unit_test(to_conceal_without_a_rule_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
