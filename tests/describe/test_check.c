/*
 * The report of `check`: each rule fires where it should and nowhere else, the
 * layout is plain and the same every time.
 */
#include "describing.h"

#include <stdio.h>

#include "describe/check.h"

static void check_text(struct describing *t, struct vb_buf *out,
                       struct vb_check_counts *counts)
{
    assert_described(t);
    vb_buf_init(out, 1 << 20);
    assert_int_equal(vb_check(t->d, out, counts), VB_OK);
}

static bool has_line(const struct vb_buf *out, const char *start)
{
    struct vb_span rest = vb_buf_span(out);

    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);

        if (vb_span_starts(rest, vb_span_str(start)))
            return true;
        rest = vb_span_from(rest, end < 0 ? rest.len : (size_t)end + 1);
    }
    return false;
}

#define DOC "put: {requestBody: {content: {application/json: {}}}, responses: "

/* A collection, whose GET has this parameter, of members that have `n`. */
#define INDEXED "{x-verbatim: {index: true}}"
#define LISTING(name, n)                                                       \
    "  /a: {post: {}, get: {parameters: [{name: " name                         \
    ", in: query, schema: {}}]}}\n  '/a/{b}': {get: {responses: {200: "        \
    "{content: {application/json: {schema: {properties: {n: " n                \
    ", m: {properties: {k: {}}}}}}}}}}}\n"

static void each_rule_finds_what_it_is_for(void **state)
{
    static const struct {
        const char *id, *bad, *good; /* path items and more */
    } rows[] = {
        {"verb-in-path", "  /getUsers: {get: {}}\n", "  /gets: {get: {}}\n"},
        {"verb-in-path", "  /users/find_by_name: {get: {}}\n",
         "  /posts/listing: {get: {}}\n"},
        {"verb-in-path", "  /a/delete: {get: {}}\n", "  /a/set: {get: {}}\n"},
        {"trailing-slash", "  /a/: {get: {}}\n", "  /: {get: {}}\n"},
        {"file-extension", "  /a.json: {get: {}}\n", "  /v1.2: {get: {}}\n"},
        {"file-extension", "  '/{a}.{b}': {get: {}}\n",
         "  '/{a}': {get: {}}\n"},
        {"collection-write",
         "  /a: {post: {}, put: {}}\n  '/a/{b}': {get: {}}"
         "\n",
         "  /a: {post: {}}\n  '/a/{b}': {get: {}, put: {}}\n"},
        {"never-exists", "  /a: {get: {}}\n",
         "  /a: {get: {}, " DOC "{201: {}}}}\n"},
        {"never-exists", "  '/a/{b}': {get: {}, delete: {}}\n",
         "  /a: {post: {}}\n  '/a/{b}': {get: {}}\n"},
        {"get-side-effect", "  /a: {get: {operationId: createA}}\n",
         "  /a: {get: {operationId: getCreatedA}}\n"},
        {"get-side-effect", "  /a: {get: {summary: Delete it}}\n",
         "  /a: {get: {summary: The deleted ones}}\n"},
        {"get-side-effect", "  /a: {get: {responses: {202: {}}}}\n",
         "  /a: {get: {responses: {200: {}}}}\n"},
        {"safe-post", "  /a: {post: {operationId: searchA}}\n",
         "  /a: {post: {operationId: addA}}\n"},
        {"redirect-302", "  /a: {get: {responses: {302: {}}}}\n",
         "  /a: {get: {responses: {303: {}, 307: {}}}}\n"},
        {"error-in-200",
         "  /a: {get: {responses: {200: {content: {application/json: {schema: "
         "{properties: {success: {}}}}}}}}}\n",
         "  /a: {get: {responses: {400: {content: {application/json: {schema: "
         "{properties: {error: {}}}}}}}}}\n"},
        {"post-without-201",
         "  /a: {post: {responses: {200: {}}}}\n  '/a/{b}': {get: {}}\n",
         "  /a: {post: {responses: {201: {}}}}\n  '/a/{b}': {get: {}}\n"},
        {"put-without-201", "  /a: {" DOC "{200: {}}}}\n",
         "  /a: {" DOC "{201: {}}}}\n"},
        {"never-sent", "  /a: {delete: {responses: {202: {}, 204: {}}}}\n",
         "  /a: {delete: {responses: {204: {}, 404: {}, default: {}}}}\n"},
        {"never-sent", "  /a: {delete: {responses: {200: {}}}}\n",
         "  /a: {" DOC "{201: {}}}, delete: {responses: {200: {content: "
         "{application/json: {}}}}}}\n"},
        {"never-sent",
         "  /a: {post: {responses: {201: {}, 303: {}}}}\n  '/a/{b}': {}\n",
         "  /a: {post: {responses: {303: {}}}}\n  '/a/{b}': {get: {}}\n"},
        {"never-sent", "  /a: {get: {responses: {204: {}}}}\n",
         "  /a: {get: {responses: {200: {}, 206: {}, 304: {}}}}\n"},
        {"never-sent",
         "  /a: {post: {responses: {201: {}}}, x-verbatim: {do: {run: cat}}}\n",
         "  /a: {post: {responses: {200: {}, 202: {}, 204: {}}}, "
         "x-verbatim: {do: {run: cat}}}\n"},
        {"empty-200", "  /a: {delete: {responses: {200: {}}}}\n",
         "  /a: {delete: {responses: {204: {}}}}\n"},
        {"other-answer",
         "  /a: {get: {responses: {200: {content: {application/json: {schema: "
         "{type: string}}}}}}, " DOC
         "{200: {content: {application/json: {schema: {type: object}}}}}}}\n",
         "  /a: {get: {responses: {200: {content: {application/json: {schema: "
         "{type: string}}}}}}, " DOC
         "{200: {content: {application/json: {schema: {type: string}}}}}}}\n"},
        {"other-answer",
         "  /a: {get: {responses: {200: {content: {application/json: {schema: "
         "{type: string}}}}}}, delete: {responses: {200: {content: "
         "{application/json: {schema: {type: object}}}}}}}\n",
         "  /a: {get: {responses: {200: {content: {application/json: {schema: "
         "{type: string}}}}}}, delete: {responses: {200: {content: "
         "{application/json: {schema: {type: string}}}}}}}\n"},
        {"media",
         "  /a: {put: {requestBody: {content: {application/json: {}, "
         "application/xml: {schema: {type: object}}}}}}\n",
         "  /a: {put: {requestBody: {content: {application/json: {}, "
         "application/xml: {}}}}}\n"},
        {"patch-media",
         "  /a: {patch: {requestBody: {content: {application/json: {}}}}}\n",
         "  /a: {patch: {requestBody: {content: "
         "{application/merge-patch+json: {}}}}}\n"},
        {"content-in-get",
         "  /a: {get: {requestBody: {content: {text/plain: {}}}}}\n",
         "  /a: {get: {}}\n"},
        {"content-in-delete",
         "  /a: {delete: {requestBody: {content: {text/plain: {}}}}}\n",
         "  /a: {delete: {}}\n"},
        {"method-override",
         "  /a: {get: {parameters: [{name: X-HTTP-Method-Override, in: header}"
         "]}}\n",
         "  /a: {get: {parameters: [{name: X-Method, in: header}]}}\n"},
        {"action-parameter",
         "  /a: {get: {parameters: [{name: action, in: query}]}}\n",
         "  /a: {get: {parameters: [{name: action, in: header}]}}\n"},
        {"unindexed", LISTING("n", "{}"), LISTING("n", INDEXED)},
        {"unindexed", LISTING("'n:gte'", "{}"), LISTING("'n:ends'", "{}")},
        {"unindexed", LISTING("'m.k'", "{}"), LISTING("k", "{}")},
        {"unindexed", LISTING("sort", "{}"), LISTING("sort", INDEXED)},
        {"idle", "  /a: {get: {parameters: [{name: a, in: query}]}}\n",
         "  /a: {get: {parameters: [{name: a, in: header}]}}\n"},
        {"idle", "  /a: {parameters: [{name: a, in: query}], get: {}}\n",
         "  /a: {parameters: [{name: a, in: query}], get: {x-verbatim: {do: "
         "{run: cat}}}}\n"},
        {"required-idle",
         "  /a: {get: {parameters: [{name: a, in: query, required: true}]}}\n",
         "  /a: {get: {parameters: [{name: a, in: query}, {name: b, in: "
         "header, required: true}]}}\n"},
        {"required-idle",
         "  /a: {post: {parameters: [{name: a, in: query, required: true}]}}\n"
         "  '/a/{b}': {get: {}}\n",
         "  /a: {post: {}, get: {parameters: [{name: a, in: query, required: "
         "true}]}}\n  '/a/{b}': {get: {}}\n"},
        {"format-parameter",
         "  /a: {get: {parameters: [{name: format, in: query}]}}\n",
         "  /a: {get: {parameters: [{name: formats, in: query}]}}\n"},
        {"unfilled",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {x: {readOnly: true}}}}}}}}\n",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {x: {readOnly: true, default: 1}}}}}}}}\n"},
        {"unfilled",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {x: {x-verbatim: {value: owner}}}}}}}}}\n",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {x: {x-verbatim: {value: uri}}}}}}}}}\n"},
        {"patch-names",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {p: {}}}}}}}}\n  /a/x: {post: {}, x-verbatim: {do: "
         "{merge: {patch: {b: 1}}}}}\n",
         "  /a: {put: {requestBody: {content: {application/json: {schema: "
         "{properties: {p: {}}}}}}}}\n  /a/x: {post: {}, x-verbatim: {do: "
         "{merge: {patch: {p: 1}}}}}\n"},
        {"security",
         "  /a: {get: {security: [{a: []}]}}\n"
         "components: {securitySchemes: {a: {type: http, scheme: digest}}}\n",
         "  /a: {get: {security: [{a: []}]}}\n"
         "components: {securitySchemes: {a: {type: mutualTLS}}}\n"},
        {"later", "  /a: {get: {}, x-verbatim: {rate: 1}}\n",
         "  /a: {get: {}, x-verbatim: {}}\n"},
        {"spelling", "  /a: {get: {}, x-verbatin: {}}\n",
         "  /a: {get: {}, x-verbose: {}}\n"},
        {"variable", "  '/a/{b}': {get: {}}\n", "  /a: {get: {}}\n"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *const paths[] = {rows[i].bad, rows[i].good};
        char start[64];

        snprintf(start, sizeof(start), "  %s: ", rows[i].id);
        for (size_t k = 0; k < 2; k++) {
            struct vb_check_counts counts;
            struct describing t;
            struct vb_buf out;

            describe_paths(&t, paths[k]);
            check_text(&t, &out, &counts);
            if (has_line(&out, start) != (k == 0))
                fail_msg("row %zu, %s:\n%s%.*s", i, rows[i].id, paths[k],
                         VB_FMT(vb_buf_span(&out)));
            vb_buf_done(&out);
            describing_done(&t);
        }
    }
}

static void each_idle_parameter_is_told_at_its_place(void **state)
{
    struct vb_check_counts counts;
    struct describing t;
    struct vb_buf out;

    (void)state;
    describe_paths(&t, "  /a:\n"
                       "    parameters:\n"
                       "    - {name: a, in: query}\n"
                       "    - {name: X-A, in: header}\n"
                       "    get:\n"
                       "      parameters:\n"
                       "      - {name: b, in: query}\n"
                       "      - $ref: '#/components/parameters/C'\n"
                       "components: {parameters: {C: {name: c, in: query, "
                       "required: true}}}\n");
    check_text(&t, &out, &counts);
    assert_true(has_line(&out, "    t.yaml:7  GET /a: parameter \"a\" (at "
                               "#/paths/~1a/parameters/0)"));
    assert_true(has_line(&out, "    t.yaml:11  GET /a: parameter \"b\" (at "
                               "#/paths/~1a/get/parameters/0)"));
    assert_true(has_line(&out, "    t.yaml:12  GET /a: parameter \"c\" (at "
                               "#/paths/~1a/get/parameters/1)"));
    vb_buf_done(&out);
    describing_done(&t);
}

static void the_report_is_aligned_and_ends_with_counts(void **state)
{
    static const char want[] =
        "T 1 (OpenAPI 3.1.0, t.yaml)\n"
        "\n"
        "PATH         ARCHETYPE   METHODS                    NOTES\n"
        "/books       collection  GET HEAD QUERY POST        ids count up\n"
        "/books/{id}  document    GET HEAD PUT DELETE        member; writes "
        "need a precondition\n"
        "/books/{id}/a-long-name/and-then-more-of-it\n"
        "             controller  -                          not served\n";
    struct vb_check_counts counts;
    struct describing t;
    struct vb_buf out, again;

    (void)state;
    describe_paths(
        &t,
        "  /books: {get: {responses: {200: {content: {application/json: "
        "{}}}}}, post: {responses: {201: {}}}}\n"
        "  /books/{id}:\n"
        "    x-verbatim: {require-precondition: true}\n"
        "    parameters: [{name: id, in: path, required: true, schema: {type: "
        "integer}}]\n"
        "    get: {responses: {200: {content: {application/json: {}}}}}\n"
        "    put: {requestBody: {content: {application/json: {}}}, responses: "
        "{204: {}}}\n"
        "    delete: {responses: {204: {}}}\n"
        "  /books/{id}/a-long-name/and-then-more-of-it:\n"
        "    parameters: [{name: id, in: path, required: true, schema: {type: "
        "integer}}]\n"
        "    post: {responses: {204: {}}}\n");
    check_text(&t, &out, &counts);
    check_text(&t, &again, &counts);
    assert_true(vb_span_eq(vb_buf_span(&out), vb_buf_span(&again)));
    assert_true(vb_span_starts(vb_buf_span(&out), vb_span_str(want)));
    assert_true(vb_span_ends(
        vb_buf_span(&out),
        VB_SPAN("\nNot served:\n"
                "  POST /books/{id}/a-long-name/and-then-more-of-it  "
                "t.yaml:14\n"
                "      nothing says what it does: x-verbatim.do is missing\n"
                "\n3 paths, 6 operations: 5 served, 1 not; 0 warnings\n")));
    assert_int_equal(counts.paths, 3);
    assert_int_equal(counts.operations, 6);
    assert_int_equal(counts.served, 5);
    assert_int_equal(counts.unserved, 1);
    assert_int_equal(counts.warnings, 0);
    vb_buf_done(&out);
    vb_buf_done(&again);
    describing_done(&t);
}

static void names_cannot_move_the_cursor(void **state)
{
    struct vb_check_counts counts;
    struct describing t;
    struct vb_buf out;

    (void)state;
    describe_text(&t, "openapi: 3.1.0\n"
                      "info: {title: \"a\\e[2Jb\\nc\", version: \"\\r1\"}\n"
                      "paths:\n"
                      "  /a: {get: {summary: \"delete\\e[1m \\n x\"}}\n");
    check_text(&t, &out, &counts);
    for (size_t i = 0; i < out.len; i++) {
        char c = out.ptr[i];

        assert_true(c == '\n' || (c >= 0x20 && c < 0x7f));
    }
    assert_true(has_line(&out, "a?[2Jb?c ?1 (OpenAPI"));
    vb_buf_done(&out);
    describing_done(&t);
}

static void lines_fit_a_hundred_columns(void **state)
{
    struct vb_check_counts counts;
    struct describing t;
    struct vb_buf out;
    size_t column = 0;

    (void)state;
    describe_paths(&t, "  /getThings: {get: {requestBody: {content: {text/plain"
                       ": {}}}, summary: delete a lot of things that were made "
                       "long ago and are not needed by anybody any more today, "
                       "so that there is room}, patch: {}, put: {}, post: {}}"
                       "\n");
    check_text(&t, &out, &counts);
    for (size_t i = 0; i < out.len; i++) {
        column = out.ptr[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 100);
    }
    assert_true(counts.warnings > 2);
    vb_buf_done(&out);
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_finds_what_it_is_for),
        cmocka_unit_test(each_idle_parameter_is_told_at_its_place),
        cmocka_unit_test(the_report_is_aligned_and_ends_with_counts),
        cmocka_unit_test(names_cannot_move_the_cursor),
        cmocka_unit_test(lines_fit_a_hundred_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
