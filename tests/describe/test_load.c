/*
 * Reading a description: errors with line and pointer, references within and
 * among files, what may not be opened, what must not take for ever.
 */
#include "describing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void errors_have_line_column_and_pointer(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"a: 1\na: 2\n", "t.yaml:2:1: error: duplicate key \"a\""},
        {"[]", "t.yaml:1:1: error: this must be an object"},
        {"info: {}\n", "t.yaml:1:1: error: openapi is missing"},
        {"swagger: '2.0'\n",
         "t.yaml:1:10: error: this is Swagger 2.0; OpenAPI 3.0, 3.1 or 3.2 is "
         "wanted (at #/swagger)"},
        {"openapi: 4.0.0\n", "t.yaml:1:10: error: OpenAPI \"4.0.0\" is not one "
                             "of 3.0, 3.1, 3.2 (at #/openapi)"},
        {"openapi: 3.14\n", "t.yaml:1:10: error: OpenAPI \"3.14\" is not one "
                            "of 3.0, 3.1, 3.2 (at #/openapi)"},
        {"openapi: 3.1.0\npaths: {}\n", "t.yaml:1:1: error: info is missing"},
        {"openapi: 3.1.0\ninfo: {version: '1'}\npaths: {}\n",
         "t.yaml:2:7: error: title is missing (at #/info)"},
        {"openapi: 3.1.0\ninfo: {title: 5, version: '1'}\npaths: {}\n",
         "t.yaml:2:15: error: title must be a string (at #/info/title)"},
        {"openapi: 3.1.0\ninfo: {title: T}\npaths: {}\n",
         "t.yaml:2:7: error: version is missing (at #/info)"},
        {"openapi: 3.1.0\ninfo: {title: T, version: '1'}\n",
         "t.yaml:1:1: error: paths is missing: there is nothing to serve"},
        {"openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: []\n",
         "t.yaml:3:8: error: paths must be an object (at #/paths)"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        describe_text(&t, rows[i].text);
        assert_first_error(&t, rows[i].error);
        describing_done(&t);
    }
}

static void what_is_malformed_in_a_path_is_told_there(void **state)
{
    static const struct {
        const char *paths, *error;
    } rows[] = {
        {"  a: {}\n",
         "t.yaml:5:3: error: a path begins with a slash (at #/paths/a)"},
        {"  /a: 5\n",
         "t.yaml:5:7: error: this must be an object (at #/paths/~1a)"},
        {"  /a:\n    gte: {}\n",
         "t.yaml:6:5: error: \"gte\" is neither an operation nor another "
         "member of a path item in OpenAPI 3.1 (at #/paths/~1a/gte)"},
        {"  /a:\n    get: []\n",
         "t.yaml:6:10: error: this must be an object (at #/paths/~1a/get)"},
        {"  /a:\n    get: {parameters: {}}\n",
         "t.yaml:6:23: error: parameters must be an array (at "
         "#/paths/~1a/get/parameters)"},
        {"  /a:\n    get: {parameters: [{in: query}]}\n",
         "t.yaml:6:24: error: name is missing (at "
         "#/paths/~1a/get/parameters/0)"},
        {"  /a:\n    get: {parameters: [{name: a, in: body}]}\n",
         "t.yaml:6:38: error: in must be one of path, query, header, cookie, "
         "querystring (at #/paths/~1a/get/parameters/0/in)"},
        {"  /a:\n    get: {parameters: [{name: a, in: query, style: label}]}\n",
         "t.yaml:6:52: error: style \"label\" is not one for this place (at "
         "#/paths/~1a/get/parameters/0/style)"},
        {"  /a:\n    get: {parameters: [{name: a, in: query}, {name: a, in: "
         "query}]}\n",
         "t.yaml:6:46: error: parameter \"a\" comes twice (at "
         "#/paths/~1a/get/parameters/1)"},
        {"  /a:\n    get: {responses: {20: {}}}\n",
         "t.yaml:6:23: error: \"20\" is not a status code, a class like "
         "\"4XX\" or \"default\" (at #/paths/~1a/get/responses/20)"},
        {"  /a:\n    put: {requestBody: {content: {json: {}}}}\n",
         "t.yaml:6:35: error: \"json\" is not a media type (at "
         "#/paths/~1a/put/requestBody/content/json)"},
        {"  /a:\n    put: {requestBody: {}}\n",
         "t.yaml:6:24: error: content is missing (at "
         "#/paths/~1a/put/requestBody)"},
        {"  /a/{x}:\n    get: {}\n  /a/{y}:\n    get: {}\n",
         "t.yaml:7:3: error: path /a/{y} is the same as /a/{x} (at "
         "#/paths/~1a~1{y})"},
        {"  /a:\n    $ref: '#/components/pathItems/a'\n    get: {}\n"
         "components: {pathItems: {a: {put: {}}}}\n",
         "t.yaml:7:5: error: \"get\" beside $ref is not read (at "
         "#/paths/~1a/get)"},
        {"  /a/{x}/{x}:\n    get: {}\n",
         "t.yaml:5:3: error: variable {x} comes twice (at "
         "#/paths/~1a~1{x}~1{x})"},
        {"  /a:\n    x-verbatim: {archtype: store}\n",
         "t.yaml:6:18: error: x-verbatim has no key \"archtype\"; did you mean "
         "\"archetype\"? (at #/paths/~1a/x-verbatim/archtype)"},
        {"  /a:\n    x-verbatim: {archetype: shop}\n",
         "t.yaml:6:29: error: \"archetype\" must be one of document, "
         "collection, store, controller, files, redirect, token, gateway, "
         "graphql, "
         "session, account (at #/paths/~1a/x-verbatim/archetype)"},
        {"  /a:\n    get: {x-verbatim: {hints: [{href: /b}]}}\n",
         "t.yaml:6:31: error: \"hints\" must be a list of {href, rel, as}: a "
         "URI reference, and tokens, of which as may be left out (at "
         "#/paths/~1a/get/x-verbatim/hints)"},
        {"  /a:\n    get: {x-verbatim: {unique: true}}\n",
         "t.yaml:6:24: error: \"unique\" belongs to the schema of a property "
         "(at #/paths/~1a/get/x-verbatim/unique)"},
        {"  /a:\n    put: {x-verbatim: {do: {run: x}}}\n",
         "t.yaml:6:24: error: \"do\" belongs to a path item, GET, POST "
         "(at #/paths/~1a/put/x-verbatim/do)"},
        {"  /a:\n    post: {x-verbatim: {hints: [{href: /b, rel: a}]}}\n",
         "t.yaml:6:25: error: \"hints\" belongs to a path item, GET "
         "(at #/paths/~1a/post/x-verbatim/hints)"},
        {"  /a:\n    get: {x-verbatim: {idempotency-key: required}}\n",
         "t.yaml:6:24: error: \"idempotency-key\" belongs to a path item, "
         "POST, PUT, PATCH and DELETE "
         "(at #/paths/~1a/get/x-verbatim/idempotency-key)"},
        {"  /a:\n    post: {x-verbatim: {require-precondition: true}}\n",
         "t.yaml:6:25: error: \"require-precondition\" belongs to a path "
         "item, PUT, PATCH and DELETE, the root of the description "
         "(at #/paths/~1a/post/x-verbatim/require-precondition)"},
        {"  /a:\n    trace: {x-verbatim: {do: {run: x}}}\n",
         "t.yaml:6:26: error: \"do\" belongs to a path item, GET, POST "
         "(at #/paths/~1a/trace/x-verbatim/do)"},
        {"  /a:\n    x-verbatim: {do: {run: x}}\n"
         "    post: {x-verbatim: {do: {run: y}}}\n",
         "t.yaml:6:22: error: /a has another \"do\": a path does one thing "
         "(at #/paths/~1a/x-verbatim/do)"},
        {"  /a:\n    get: {x-verbatim: {do: {run: x}}}\n"
         "    post: {x-verbatim: {do: {run: y}}}\n",
         "t.yaml:6:28: error: /a has another \"do\": a path does one thing "
         "(at #/paths/~1a/get/x-verbatim/do)"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        describe_paths(&t, rows[i].paths);
        assert_first_error(&t, rows[i].error);
        describing_done(&t);
    }
}

static void one_run_tells_all_errors(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  a: {}\n  /b: 5\n  /c:\n    get: []\n");
    assert_int_equal(t.notes.errors, 3);
    describing_done(&t);
}

/* Of each schema in it. */
static void one_run_tells_all_errors_of_a_schema(void **state)
{
    static const struct {
        const char *schema;
        size_t errors;
    } rows[] = {
        {"{type: strnig}", 1},
        {"{type: object, properties: {p: {type: string, pattern: '(('}, q: "
         "{pattern: 'a)'}, m: {multipleOf: 0}, n: {minimum: x}, e: {enum: "
         "5}, fine: {type: string}}}",
         5},
        {"{properties: {a: {items: {type: 7}}, b: {anyOf: [{minLength: -1}, "
         "{$ref: '#/components/schemas/Nowhere'}]}}}",
         3},
        {"{$ref: '#/components/schemas/A'}", 2},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a: {put: {requestBody: {content: {application/json: "
                      "{schema: %s}}}}}\n"
                      "  /b: {put: {requestBody: {content: {application/json: "
                      "{schema: {$ref: '#/components/schemas/%s'}}}}}}\n"
                      "components: {schemas: {A: {items: {type: x}, contains: "
                      "{type: y}}, B: {}}}\n%c",
                      rows[i].schema, i == 3 ? "A" : "B", 0);
        describe_paths(&t, text.ptr);
        if (t.notes.errors != rows[i].errors)
            fail_msg("row %zu: %zu errors", i, t.notes.errors);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

/* What is in a component is told once, however often it is referred to. */
static void an_error_is_told_once(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(
        &t, "  /a:\n    get: {parameters: [{$ref: '#/components/parameters/p'}]"
            "}\n    put: {parameters: [{$ref: '#/components/parameters/p'}]}\n"
            "components: {parameters: {p: {name: x, in: nowhere}}}\n");
    assert_int_equal(t.notes.errors, 1);
    describing_done(&t);
}

/* --- references ---------------------------------------------------------- */

static void references_lead_to_components(void **state)
{
    struct describing t;
    const struct vb_operation *op;

    (void)state;
    describe_paths(
        &t, "  /a:\n    $ref: '#/components/pathItems/A'\n"
            "components:\n"
            "  pathItems:\n"
            "    A:\n"
            "      put:\n"
            "        parameters: [{$ref: '#/components/parameters/one'}]\n"
            "        requestBody: {$ref: '#/components/requestBodies/b'}\n"
            "        responses: {200: {$ref: '#/components/responses/r'}}\n"
            "  parameters:\n"
            "    one: {$ref: '#/components/parameters/two'}\n"
            "    two: {name: q, in: query, schema: {type: integer}}\n"
            "  requestBodies:\n"
            "    b: {content: {application/json: {schema: {$ref: "
            "'#/components/schemas/a~1b%20c'}}}}\n"
            "  responses:\n"
            "    r: {description: d, content: {text/plain: {}}}\n"
            "  schemas:\n"
            "    a/b c: {type: object, properties: {p: {type: string}}}\n");
    assert_described(&t);
    op = operation_of(&t, "/a", VB_METHOD_PUT);
    assert_int_equal(op->parameter_count, 1);
    assert_span_equal(op->parameters[0].name, "q");
    assert_int_equal(op->parameters[0].types, VB_SCHEMA_INTEGER);
    assert_span_equal(op->responses[0].media[0].type, "text/plain");
    assert_non_null(property_of(&t, "/a", "p"));
    describing_done(&t);
}

static void references_that_lead_nowhere_are_errors(void **state)
{
    static const struct {
        const char *ref, *error;
    } rows[] = {
        {"'#/components/parameters/q'",
         "there is no \"#/components/parameters/q\" in t.yaml"},
        {"'#nowhere'", "there is no \"#nowhere\" in t.yaml"},
        {"'#/a%zz'", "\"#/a%zz\" is not well percent-encoded"},
        {"'#/paths/~1a/get/parameters/0'", "$ref leads around in a circle"},
        {"'#/components/loop/a'", "$ref leads around in a circle"},
        {"https://example.com/p.yaml#/p",
         "\"https://example.com/p.yaml\" is not on this machine; nothing is "
         "fetched"},
        {"//example.com/p.yaml",
         "\"//example.com/p.yaml\" is not on this machine; nothing is "
         "fetched"},
        {"file:///etc/passwd",
         "\"file:///etc/passwd\" is not on this machine; nothing is fetched"},
        {"/etc/passwd", "\"/etc/passwd\" is an absolute path; refer to files "
                        "beside or below"},
        {"other.yaml", "\"other.yaml\" is another file, and there is none "
                       "beside this text"},
        {"5", "$ref must be a string"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a:\n    get:\n      parameters: [{$ref: %s}]\n"
                      "components: {loop: {a: {$ref: '#/components/loop/b'}, "
                      "b: {$ref: '#/components/loop/a'}}}\n%c",
                      rows[i].ref, 0);
        describe_paths(&t, text.ptr);
        assert_null(t.d);
        assert_span_equal(t.notes.first->text, rows[i].error);
        assert_int_equal(t.notes.errors, 1);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void an_anchor_names_a_value(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a:\n    put: {requestBody: {content: "
                       "{application/json: {schema: {$ref: '#thing'}}}}}\n"
                       "components: {schemas: {T: {$anchor: thing, "
                       "properties: {p: {}}}}}\n");
    assert_described(&t);
    assert_non_null(property_of(&t, "/a", "p"));
    describing_done(&t);
}

static void version_3_0_has_its_own_schema_dialect(void **state)
{
    static const char *const texts[] = {"openapi: 3.0.3\n", "openapi: 3.1.0\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "%sinfo: {title: T, version: 1}\npaths:\n  /a:\n"
                      "    put: {requestBody: {content: {application/json: "
                      "{schema: {properties: {p: {type: string, nullable: "
                      "true}}}}}}}\n%c",
                      texts[i], 0);
        describe_text(&t, text.ptr);
        assert_described(&t);
        assert_int_equal(property_of(&t, "/a", "p")->types,
                         i == 0 ? VB_SCHEMA_STRING | VB_SCHEMA_NULL
                                : VB_SCHEMA_STRING);
        assert_span_equal(t.d->version, "1");
        vb_buf_done(&text);
        describing_done(&t);
    }
}

/* --- files --------------------------------------------------------------- */

struct tree {
    char dir[64];
};

static void tree_make(struct tree *tree)
{
    strcpy(tree->dir, "/tmp/vb_describe_XXXXXX");
    assert_non_null(mkdtemp(tree->dir));
}

static void tree_write(struct tree *tree, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", tree->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    fclose(file);
}

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static void tree_done(struct tree *tree)
{
    assert_int_equal(nftw(tree->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS),
                     0);
}

static void load_tree(struct tree *tree, const char *name, struct describing *t)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", tree->dir, name);
    t->d = NULL;
    vb_notes_init(&t->notes);
    t->err = vb_description_load(path, &t->notes, &t->d);
}

static void make_dir(struct tree *tree, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", tree->dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static const char frame[] = "openapi: 3.1.0\n"
                            "info: {title: T, version: '1'}\n"
                            "paths:\n";

static void write_main(struct tree *tree, const char *name, const char *paths)
{
    struct vb_buf text;

    vb_buf_init(&text, 1 << 16);
    vb_buf_printf(&text, "%s%s%c", frame, paths, 0);
    tree_write(tree, name, text.ptr);
    vb_buf_done(&text);
}

static void files_beside_and_below_are_referred_to(void **state)
{
    struct tree tree;
    struct describing t;
    const struct vb_operation *op;

    (void)state;
    tree_make(&tree);
    make_dir(&tree, "sub");
    write_main(&tree, "main.yaml",
               "  /a: {$ref: sub/paths.json#/a}\n"
               "  /b: {get: {parameters: [{$ref: 'sub/p%20q.yaml#/q'}]}}\n");
    tree_write(&tree, "sub/paths.json",
               "{\"a\": {\"put\": {\"requestBody\": {\"content\": "
               "{\"application/json\": {\"schema\": {\"$ref\": "
               "\"../schema.yaml#/T\"}}}}}}}");
    tree_write(&tree, "sub/p q.yaml",
               "q: {name: q, in: query, schema: {$ref: '#/S'}}\n"
               "S: {type: integer}\n");
    tree_write(&tree, "schema.yaml",
               "T: {type: object, properties: {x: {$ref: '#/X'}, y: {$ref: "
               "'main.yaml#/info/title'}}}\nX: {type: boolean}\n");
    load_tree(&tree, "main.yaml", &t);
    /* a title is no schema */
    assert_null(t.d);
    assert_true(
        vb_span_ends(t.notes.first->place.file, VB_SPAN("/schema.yaml")));
    assert_span_equal(t.notes.first->place.pointer, "/T/properties/y/$ref");
    assert_int_equal(t.notes.first->place.line, 1);
    describing_done(&t);
    tree_write(&tree, "schema.yaml",
               "T: {type: object, properties: {x: {$ref: '#/X'}}}\n"
               "X: {type: boolean}\n");
    load_tree(&tree, "main.yaml", &t);
    assert_described(&t);
    assert_int_equal(property_of(&t, "/a", "x")->types, VB_SCHEMA_BOOLEAN);
    op = operation_of(&t, "/b", VB_METHOD_GET);
    assert_int_equal(op->parameters[0].types, VB_SCHEMA_INTEGER);
    assert_true(
        vb_span_ends(op->parameters[0].place.file, VB_SPAN("/main.yaml")));
    assert_true(vb_span_ends(route_of(&t, "/a")->operations[0].place.file,
                             VB_SPAN("/sub/paths.json")));
    describing_done(&t);
    tree_done(&tree);
}

static void files_outside_of_the_tree_are_refused(void **state)
{
    static const struct {
        const char *ref, *error;
    } rows[] = {
        {"../out.yaml#/p", "is outside of the main file's directory"},
        {"link.yaml#/p", "is outside of the main file's directory"},
        {"up/out.yaml#/p", "is outside of the main file's directory"},
        {"'%2e%2e/out.yaml#/p'", "is outside of the main file's directory"},
        {"none.yaml#/p", "No such file or directory"},
        {"bad.yaml#/p", "duplicate key \"a\""},
        {"p%00.yaml", "is not well percent-encoded"},
    };
    struct tree tree;
    char path[256], target[256];

    (void)state;
    tree_make(&tree);
    make_dir(&tree, "in");
    tree_write(&tree, "out.yaml", "p: {name: q, in: query}\n");
    tree_write(&tree, "in/bad.yaml", "a: 1\na: 2\n");
    snprintf(path, sizeof(path), "%s/in/link.yaml", tree.dir);
    snprintf(target, sizeof(target), "%s/out.yaml", tree.dir);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof(path), "%s/in/up", tree.dir);
    assert_int_equal(symlink("..", path), 0);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, "  /a: {get: {parameters: [{$ref: %s}]}}\n%c",
                      rows[i].ref, 0);
        write_main(&tree, "in/main.yaml", text.ptr);
        load_tree(&tree, "in/main.yaml", &t);
        assert_null(t.d);
        if (!vb_span_ends(t.notes.first->text, vb_span_str(rows[i].error)))
            fail_msg("%s: %.*s", rows[i].ref, VB_FMT(t.notes.first->text));
        vb_buf_done(&text);
        describing_done(&t);
    }
    tree_done(&tree);
}

/* The same for references in schemas, which the schema compiler follows. */
static void schemas_reach_no_further_than_other_references(void **state)
{
    static const struct {
        const char *ref, *error;
    } rows[] = {
        {"../out.yaml#/p", "is outside of the main file's directory"},
        {"/etc/passwd", "is outside of the main file's directory"},
        {"https://example.com/s.yaml", "nothing is fetched"},
        {"none.yaml#/p", "No such file or directory"},
    };
    struct tree tree;

    (void)state;
    tree_make(&tree);
    make_dir(&tree, "in");
    tree_write(&tree, "out.yaml", "p: {type: object}\n");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a: {put: {requestBody: {content: {application/json: "
                      "{schema: {$ref: '%s'}}}}}}\n%c",
                      rows[i].ref, 0);
        write_main(&tree, "in/main.yaml", text.ptr);
        load_tree(&tree, "in/main.yaml", &t);
        assert_null(t.d);
        if (!vb_span_ends(t.notes.first->text, vb_span_str(rows[i].error)))
            fail_msg("%s: %.*s", rows[i].ref, VB_FMT(t.notes.first->text));
        assert_int_equal(t.notes.errors, 1);
        vb_buf_done(&text);
        describing_done(&t);
    }
    tree_done(&tree);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    struct vb_notes notes;
    const struct vb_description *d = NULL;
    struct vb_buf text;

    (void)state;
    vb_notes_init(&notes);
    assert_int_equal(vb_description_load("/nonexistent/x.yaml", &notes, &d),
                     VB_ERR_IO);
    assert_null(d);
    vb_buf_init(&text, 1000);
    vb_notes_print(&notes, &text);
    assert_span_equal(
        vb_buf_span(&text),
        "/nonexistent/x.yaml: error: No such file or directory\n");
    vb_buf_done(&text);
    vb_notes_done(&notes);
}

/* --- the rest ------------------------------------------------------------ */

static void a_base_path_begins_every_route(void **state)
{
    static const struct {
        const char *extension, *path; /* NULL: an error */
    } rows[] = {
        {"{}", "/a"},
        {"{base-path: server}", "/v2/a"},
        {"{base-path: /x/}", "/x/a"},
        {"{base-path: /}", "/a"},
        {"{base-path: x}", NULL},
        {"{base-path: '/{x}'}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
                      "servers: [{url: 'https://example.com/v2/'}]\n"
                      "x-verbatim: %s\npaths:\n  /a: {put: {requestBody: "
                      "{content: {application/json: {}}}}}\n"
                      "  /a/b: {post: {}, x-verbatim: {do: {merge: {target: "
                      "/a}}}}\n%c",
                      rows[i].extension, 0);
        describe_text(&t, text.ptr);
        assert_int_equal(t.d != NULL, rows[i].path != NULL);
        if (t.d) {
            assert_span_equal(t.d->routes[0]->path, rows[i].path);
            assert_ptr_equal(t.d->routes[1]->action->target, t.d->routes[0]);
        }
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void an_operations_parameters_override_the_paths(void **state)
{
    struct describing t;
    const struct vb_operation *op;

    (void)state;
    describe_paths(
        &t, "  /a:\n"
            "    parameters:\n"
            "    - {name: p, in: query, schema: {type: string}}\n"
            "    - {name: q, in: query}\n"
            "    - {name: X-Id, in: header}\n"
            "    get: {parameters: [{name: q, in: header}, {name: p, in: query,"
            " schema: {type: [integer, 'null']}}, {name: x-id, in: header, "
            "required: true}, {name: Accept, in: header}]}\n");
    assert_described(&t);
    op = operation_of(&t, "/a", VB_METHOD_GET);
    assert_int_equal(op->parameter_count, 4);
    assert_int_equal(op->parameters[0].types,
                     VB_SCHEMA_INTEGER | VB_SCHEMA_NULL);
    assert_int_equal(op->parameters[0].style, VB_STYLE_FORM);
    assert_true(op->parameters[0].explode);
    assert_true(op->parameters[2].required);
    assert_int_equal(op->parameters[3].in, VB_IN_HEADER);
    assert_false(op->parameters[3].explode);
    describing_done(&t);
}

static void preconditions_are_demanded_from_the_outside_in(void **state)
{
    static const struct {
        const char *root, *path, *op;
        bool demanded;
    } rows[] = {
        {"{}", "{}", "{}", false},
        {"{require-precondition: true}", "{}", "{}", true},
        {"{}", "{require-precondition: true}", "{}", true},
        {"{require-precondition: true}", "{require-precondition: false}", "{}",
         false},
        {"{}", "{require-precondition: true}", "{require-precondition: false}",
         false},
        {"{}", "{}", "{require-precondition: true}", true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
                      "x-verbatim: %s\npaths: {/a: {x-verbatim: %s, get: {}, "
                      "delete: {x-verbatim: %s}}}\n%c",
                      rows[i].root, rows[i].path, rows[i].op, 0);
        describe_text(&t, text.ptr);
        assert_described(&t);
        assert_int_equal(
            operation_of(&t, "/a", VB_METHOD_DELETE)->require_precondition,
            rows[i].demanded);
        /* never for reading (RFC 6585 section 3: to avoid lost updates) */
        assert_false(
            operation_of(&t, "/a", VB_METHOD_GET)->require_precondition);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void hints_are_links_from_the_inside_out(void **state)
{
    static const struct {
        const char *path, *op, *link;
    } rows[] = {
        {"{}", "{}", ""},
        {"{hints: [{href: /s.css, rel: preload, as: style}]}", "{}",
         "</s.css>; rel=\"preload\"; as=\"style\""},
        {"{hints: [{href: /a, rel: preload}]}",
         "{hints: [{href: /b, rel: preload}, {href: 'https://c', rel: "
         "preconnect}]}",
         "</b>; rel=\"preload\", <https://c>; rel=\"preconnect\""},
    };
    static const char *const wrong[] = {
        "{}",
        "[]",
        "[{}]",
        "[{href: /a}]",
        "[{rel: preload}]",
        "[{href: '', rel: preload}]",
        "[{href: '/a>', rel: preload}]",
        "[{href: /a, rel: 'pre load'}]",
        "[{href: /a, rel: ''}]",
        "[{href: /a, rel: preload, as: \"x\\r\\ny\"}]",
        "[{href: /a, rel: preload, to: b}]",
        "[{href: /a, rel: 7}]",
    };
    struct vb_buf text;

    (void)state;
    vb_buf_init(&text, 4096);
    for (size_t i = 0; i < VB_COUNT_OF(rows) + VB_COUNT_OF(wrong); i++) {
        bool good = i < VB_COUNT_OF(rows);
        struct describing t;

        vb_buf_reset(&text);
        vb_buf_str(&text, "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n");
        if (good)
            vb_buf_printf(&text,
                          "paths: {/a: {x-verbatim: %s, get: {x-verbatim: "
                          "%s}}}\n%c",
                          rows[i].path, rows[i].op, 0);
        else
            vb_buf_printf(&text,
                          "paths: {/a: {get: {x-verbatim: {hints: %s}}}}\n%c",
                          wrong[i - VB_COUNT_OF(rows)], 0);
        describe_text(&t, text.ptr);
        if (good) {
            assert_described(&t);
            assert_span_equal(operation_of(&t, "/a", VB_METHOD_GET)->hints,
                              rows[i].link);
        } else {
            assert_null(t.d);
        }
        describing_done(&t);
    }
    vb_buf_done(&text);
}

static void a_response_is_found_by_status_class_or_default(void **state)
{
    struct describing t;
    const struct vb_operation *op;

    (void)state;
    describe_paths(&t, "  /a: {get: {responses: {200: {}, 4XX: {}, default: {},"
                       " x-other: 1}}}\n");
    assert_described(&t);
    op = operation_of(&t, "/a", VB_METHOD_GET);
    assert_int_equal(op->response_count, 3);
    assert_int_equal(vb_response_find(op, 200)->status, 200);
    assert_int_equal(vb_response_find(op, 404)->status, 4);
    assert_int_equal(vb_response_find(op, 500)->status, 0);
    describing_done(&t);
}

static void a_description_lives_as_long_as_its_last_reference(void **state)
{
    struct describing t;
    const struct vb_description *d;

    (void)state;
    describe_paths(&t, "  /a: {get: {}}\n");
    assert_described(&t);
    d = vb_description_ref(t.d);
    describing_done(&t);
    assert_span_equal(d->routes[0]->path, "/a");
    assert_span_equal(d->file, "t.yaml");
    vb_description_unref(d);
    vb_description_unref(NULL);
}

static void a_mistyped_extension_is_warned_of(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a: {get: {}, x-verbatm: {archetype: store}}\n");
    assert_described(&t);
    assert_non_null(t.d->warnings);
    assert_null(t.d->warnings->next);
    assert_span_equal(t.d->warnings->text,
                      "\"x-verbatm\" means nothing; did you mean "
                      "\"x-verbatim\"?");
    describing_done(&t);
}

static void a_variable_without_parameter_is_any_string(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a/{b}: {get: {}}\n");
    assert_described(&t);
    assert_non_null(t.d->warnings);
    assert_null(t.d->warnings->next);
    assert_int_equal(
        route_of(&t, "/a/{b}")->template.segments[1].parameter->types,
        VB_SCHEMA_STRING);
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_line_column_and_pointer),
        cmocka_unit_test(what_is_malformed_in_a_path_is_told_there),
        cmocka_unit_test(one_run_tells_all_errors),
        cmocka_unit_test(one_run_tells_all_errors_of_a_schema),
        cmocka_unit_test(an_error_is_told_once),
        cmocka_unit_test(references_lead_to_components),
        cmocka_unit_test(references_that_lead_nowhere_are_errors),
        cmocka_unit_test(an_anchor_names_a_value),
        cmocka_unit_test(version_3_0_has_its_own_schema_dialect),
        cmocka_unit_test(files_beside_and_below_are_referred_to),
        cmocka_unit_test(files_outside_of_the_tree_are_refused),
        cmocka_unit_test(schemas_reach_no_further_than_other_references),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
        cmocka_unit_test(a_base_path_begins_every_route),
        cmocka_unit_test(an_operations_parameters_override_the_paths),
        cmocka_unit_test(preconditions_are_demanded_from_the_outside_in),
        cmocka_unit_test(hints_are_links_from_the_inside_out),
        cmocka_unit_test(a_response_is_found_by_status_class_or_default),
        cmocka_unit_test(a_description_lives_as_long_as_its_last_reference),
        cmocka_unit_test(a_mistyped_extension_is_warned_of),
        cmocka_unit_test(a_variable_without_parameter_is_any_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
