/*
 * What a document holds: which schema decides, whose each property is, what
 * media types are taken, what a controller does.
 */
#include "describing.h"

/* A collection of things; `put` and `schemas` are flow YAML. */
#define THINGS(post, get, schemas)                                             \
    "  /things:\n"                                                             \
    "    post:\n"                                                              \
    "      requestBody: {content: {application/json: {schema: " post "}}}\n"   \
    "      responses: {201: {description: d}}\n"                               \
    "  /things/{id}:\n"                                                        \
    "    parameters: [{name: id, in: path, required: true,\n"                  \
    "                  schema: {type: integer}}]\n"                            \
    "    get:\n"                                                               \
    "      responses: {200: {description: d, content:\n"                       \
    "        {application/json: {schema: " get "}}}}\n"                        \
    "  /authors:\n"                                                            \
    "    post: {responses: {201: {description: d}}}\n"                         \
    "  /authors/{id}:\n"                                                       \
    "    parameters: [{name: id, in: path, required: true,\n"                  \
    "                  schema: {type: integer}}]\n"                            \
    "    get: {responses: {200: {description: d}}}\n"                          \
    "components: {schemas: {" schemas "}}\n"

#define REF(name) "{$ref: '#/components/schemas/" name "'}"

static void describe_thing(struct describing *t, const char *properties)
{
    struct vb_buf text;

    vb_buf_init(&text, 1 << 16);
    vb_buf_printf(&text,
                  THINGS(REF("T"), REF("T"),
                         "T: {type: object, required: [a], properties: {%s}}"),
                  properties);
    vb_buf_char(&text, 0);
    describe_paths(t, text.ptr);
    vb_buf_done(&text);
}

static void the_server_fills_what_is_its_own(void **state)
{
    static const struct {
        const char *property, *name;
        enum vb_fill fill;
        bool read_only;
    } rows[] = {
        {"id: {type: integer, readOnly: true}", "id", VB_FILL_ID, true},
        {"id: {type: integer}", "id", VB_FILL_ID, true},
        {"id: {}", "id", VB_FILL_ID, true},
        /* not of the id's type: something else */
        {"id: {type: object}", "id", VB_FILL_NONE, false},
        {"a: {type: string}", "a", VB_FILL_NONE, false},
        {"a: {type: string, readOnly: true}", "a", VB_FILL_NONE, true},
#define TIME(name)                                                             \
    name ": {type: string, format: date-time, readOnly: true}", name
        {TIME("created"), VB_FILL_CREATED, true},
        {TIME("createdAt"), VB_FILL_CREATED, true},
        {TIME("created_on"), VB_FILL_CREATED, true},
        {TIME("creationDate"), VB_FILL_CREATED, true},
        {TIME("dateCreated"), VB_FILL_CREATED, true},
        {TIME("modified"), VB_FILL_MODIFIED, true},
        {TIME("lastModified"), VB_FILL_MODIFIED, true},
        {TIME("last_modified_at"), VB_FILL_MODIFIED, true},
        {TIME("updated-at"), VB_FILL_MODIFIED, true},
        {TIME("published"), VB_FILL_NONE, true},
        {TIME("recreated"), VB_FILL_NONE, true},
        /* a time that clients may write is theirs */
        {"created: {type: string, format: date-time}", "created", VB_FILL_NONE,
         false},
        {"created: {type: string, readOnly: true}", "created", VB_FILL_NONE,
         true},
        /* what is said counts, and makes it the server's */
        {"x: {type: string, x-verbatim: {value: id}}", "x", VB_FILL_ID, true},
        {"x: {type: string, x-verbatim: {value: uri}}", "x", VB_FILL_URI, true},
        {"x: {x-verbatim: {value: created}}", "x", VB_FILL_CREATED, true},
        {"x: {x-verbatim: {value: modified}}", "x", VB_FILL_MODIFIED, true},
        {"x: {x-verbatim: {value: owner}}", "x", VB_FILL_OWNER, true},
        {"x: {x-verbatim: {value: revision}}", "x", VB_FILL_REVISION, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        const struct vb_property *p;

        describe_thing(&t, rows[i].property);
        assert_described(&t);
        p = property_of(&t, "/things/{id}", rows[i].name);
        assert_non_null(p);
        if (p->fill != rows[i].fill || p->read_only != rows[i].read_only)
            fail_msg("%s: fill %d, read_only %d", rows[i].property, p->fill,
                     p->read_only);
        /* the collection's state is its members' */
        assert_ptr_equal(route_of(&t, "/things")->state,
                         route_of(&t, "/things/{id}")->state);
        describing_done(&t);
    }
}

static void properties_have_their_roles(void **state)
{
    struct describing t;
    const struct vb_property *p;

    (void)state;
    describe_thing(
        &t, "a: {type: string, default: x}, "
            "isbn: {type: string, x-verbatim: {unique: true, index: true}}, "
            "pin: {type: string, writeOnly: true}, "
            "by: {type: integer, x-verbatim: {references: '/authors/{id}'}}, "
            "all: {type: array, items: {type: integer, "
            "x-verbatim: {references: '/authors/{id}'}}}");
    assert_described(&t);
    p = property_of(&t, "/things/{id}", "a");
    assert_true(yyjson_equals_str(p->default_value, "x"));
    assert_int_equal(p->types, VB_SCHEMA_STRING);
    p = property_of(&t, "/things/{id}", "isbn");
    assert_true(p->unique && p->index);
    assert_true(property_of(&t, "/things/{id}", "pin")->write_only);
    p = property_of(&t, "/things/{id}", "by");
    assert_ptr_equal(p->references, route_of(&t, "/authors/{id}"));
    assert_false(p->many);
    p = property_of(&t, "/things/{id}", "all");
    assert_ptr_equal(p->references, route_of(&t, "/authors/{id}"));
    assert_true(p->many);
    describing_done(&t);
}

static void nested_properties_with_a_role_are_listed(void **state)
{
    struct describing t;

    (void)state;
    describe_thing(&t, "o: {type: object, properties: {plain: {}, "
                       "stamp: {type: string, readOnly: true}, "
                       "deep: {type: object, properties: "
                       "{secret: {writeOnly: true}}}}}");
    assert_described(&t);
    assert_non_null(property_of(&t, "/things/{id}", "o"));
    assert_null(property_of(&t, "/things/{id}", "o/plain"));
    assert_true(property_of(&t, "/things/{id}", "o/stamp")->read_only);
    assert_true(property_of(&t, "/things/{id}", "o/deep/secret")->write_only);
    describing_done(&t);
}

/* Elements have no names, so only what is to be hidden in them counts. */
static void what_is_write_only_in_elements_is_listed(void **state)
{
    struct describing t;
    const struct vb_state *things;
    size_t hidden = 0;

    (void)state;
    describe_thing(&t, "list: {type: array, items: {type: object, properties: "
                       "{plain: {readOnly: true}, pin: {writeOnly: true}, "
                       "more: {type: array, items: {properties: "
                       "{pin: {writeOnly: true}}}}}}}");
    assert_described(&t);
    things = route_of(&t, "/things/{id}")->state;
    for (size_t i = 0; i < things->property_count; i++) {
        const struct vb_property *p = &things->properties[i];

        if (!p->write_only) {
            assert_int_equal(p->path_len, 1);
            continue;
        }
        assert_int_equal(p->path_len, hidden == 0 ? 3 : 5);
        assert_null(p->path[1].ptr);
        hidden++;
    }
    assert_int_equal(hidden, 2);
    describing_done(&t);
}

static void what_refers_from_elements_is_listed(void **state)
{
    static const struct {
        const char *property;
        size_t len;
        const char *steps[5]; /* NULL: each element */
    } rows[] = {
        {"l: {type: array, items: {properties: {b: {x-verbatim: {references: "
         "'/authors/{id}'}}}}}",
         3,
         {"l", NULL, "b"}},
        {"l: {type: array, items: {type: array, items: {properties: {b: "
         "{x-verbatim: {references: '/authors/{id}'}}}}}}",
         4,
         {"l", NULL, NULL, "b"}},
        {"o: {type: object, properties: {l: {type: array, items: {properties: "
         "{o: {type: object, properties: {b: {x-verbatim: {references: "
         "'/authors/{id}'}}}}}}}}}",
         5,
         {"o", "l", NULL, "o", "b"}},
        {"l: {type: array, items: {properties: {b: {type: array, items: "
         "{x-verbatim: {references: '/authors/{id}'}}}}}}",
         3,
         {"l", NULL, "b"}},
        {"l: {type: array, items: {type: array, items: {x-verbatim: "
         "{references: '/authors/{id}'}}}}",
         1,
         {"l"}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_property *found = NULL;
        const struct vb_state *things;
        struct describing t;

        describe_thing(&t, rows[i].property);
        assert_described(&t);
        things = route_of(&t, "/things/{id}")->state;
        for (size_t k = 0; k < things->property_count; k++) {
            if (things->properties[k].references)
                found = &things->properties[k];
        }
        assert_non_null(found);
        assert_ptr_equal(found->references, route_of(&t, "/authors/{id}"));
        assert_int_equal(found->path_len, rows[i].len);
        for (size_t k = 0; k < found->path_len; k++) {
            if (rows[i].steps[k])
                assert_span_equal(found->path[k], rows[i].steps[k]);
            else
                assert_null(found->path[k].ptr);
        }
        describing_done(&t);
    }
}

/* Nobody is to think that it is. */
static void what_is_not_kept_is_told_at_its_place(void **state)
{
#define REFERS "x-verbatim: {references: '/authors/{id}'}"
#define NOT_HERE                                                               \
    " is not kept here: only where a schema always applies, and names the "    \
    "property"
    static const struct {
        const char *property, *told;
        bool error;
    } rows[] = {
        {"b: {anyOf: [{" REFERS "}, {type: integer}]}",
         "\"references\"" NOT_HERE, true},
        {"b: {oneOf: [{properties: {c: {" REFERS "}}}]}",
         "\"references\"" NOT_HERE, true},
        {"b: {additionalProperties: {" REFERS "}}", "\"references\"" NOT_HERE,
         true},
        {"b: {patternProperties: {a: {" REFERS "}}}", "\"references\"" NOT_HERE,
         true},
        {"b: {prefixItems: [{" REFERS "}]}", "\"references\"" NOT_HERE, true},
        {"b: {items: {anyOf: [{properties: {c: {" REFERS "}}}]}}",
         "\"references\"" NOT_HERE, true},
        {"b: {anyOf: [{x-verbatim: {unique: true}}]}", "\"unique\"" NOT_HERE,
         true},
        {"b: {items: {properties: {c: {x-verbatim: {unique: true}}}}}",
         "\"unique\" is not kept in elements of an array", true},
        {"b: {items: {x-verbatim: {unique: true}}}",
         "\"unique\" is not kept in elements of an array", true},
        {"b: {items: {properties: {c: {readOnly: true}}}}",
         "readOnly is not kept in elements of an array", false},
        {"b: {anyOf: [{properties: {c: {writeOnly: true}}}]}",
         "writeOnly" NOT_HERE, false},
        {"b: {anyOf: [{$ref: '#/components/schemas/B'}]}}}, B: {properties: "
         "{c: {readOnly: true}",
         "readOnly" NOT_HERE, false},
        {"b: {$ref: '#/components/schemas/B'}}}, B: {properties: {b: {$ref: "
         "'#/components/schemas/B'}, c: {" REFERS "}",
         "\"references\" is not kept so deep: a schema has itself in it, or "
         "more levels than are looked at",
         false},
        /* kept */
        {"b: {allOf: [{" REFERS "}]}", NULL, false},
        {"b: {items: {properties: {c: {writeOnly: true}}}}", NULL, false},
        {"b: {anyOf: [{x-verbatim: {unique: false}, readOnly: false}]}", NULL,
         false},
        {"b: {properties: {b: {x-verbatim: {unique: true}, type: string, "
         "writeOnly: true, readOnly: true}}}",
         NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_note *first;
        struct describing t;

        describe_thing(&t, rows[i].property);
        first = t.d ? t.d->warnings : t.notes.first;
        if ((t.d == NULL) != rows[i].error ||
            (first != NULL) != (rows[i].told != NULL))
            fail_msg("row %zu", i);
        if (first) {
            assert_span_equal(first->text, rows[i].told);
            assert_int_equal(first->place.line, 21);
            assert_true(first->place.pointer.len > 0);
            assert_null(first->next);
        }
        describing_done(&t);
    }
}

/* A property that only answers have must be the server's. */
static void what_only_the_output_has_is_read_only(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(
        &t, THINGS(REF("New"), REF("Full"),
                   "New: {type: object, properties: {name: {type: string}, "
                   "o: {type: object, properties: {in: {}}}}}, "
                   "Full: {allOf: [" REF(
                       "Named") ", {type: object, "
                                "properties: {id: {type: integer}, rank: "
                                "{type: integer}, "
                                "o: {type: object, properties: {in: {}, out: "
                                "{}}}}}]}, "
                                "Named: {properties: {name: {type: string}}}"));
    assert_described(&t);
    assert_false(property_of(&t, "/things/{id}", "name")->read_only);
    assert_true(property_of(&t, "/things/{id}", "rank")->read_only);
    assert_int_equal(property_of(&t, "/things/{id}", "id")->fill, VB_FILL_ID);
    assert_true(property_of(&t, "/things/{id}", "o/out")->read_only);
    assert_null(property_of(&t, "/things/{id}", "o/in"));
    /* the input decides what is valid */
    assert_ptr_equal(
        route_of(&t, "/things")->state->schema,
        operation_of(&t, "/things", VB_METHOD_POST)->request.media[0].schema);
    describing_done(&t);
}

/* A schema that contains itself has no last property. */
static void schemas_that_contain_themselves_end(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(
        &t,
        THINGS(
            REF("Node"), REF("Node"),
            "Node: {type: object, properties: {next: " REF(
                "Node") ", "
                        "left: " REF(
                            "Pair") ", list: {type: array, "
                                    "items: " REF(
                                        "Node") "}}}, "
                                                "Pair: {type: object, "
                                                "properties: {a: " REF(
                                                    "Node") ", "
                                                            "b: " REF(
                                                                "Pair") ", at: "
                                                                        "{readO"
                                                                        "nly: "
                                                                        "true}}"
                                                                        "}"));
    assert_described(&t);
    assert_non_null(property_of(&t, "/things/{id}", "next"));
    assert_true(property_of(&t, "/things/{id}", "left/at")->read_only);
    describing_done(&t);
}

static void rules_that_cannot_hold_are_errors_at_their_place(void **state)
{
    static const struct {
        const char *property, *error;
    } rows[] = {
        {"b: {type: integer, x-verbatim: {references: '/author/{id}'}}",
         "there is no path \"/author/{id}\""},
        {"b: {type: integer, x-verbatim: {references: '/authors'}}",
         "\"/authors\" is not a document with one variable; only such can be "
         "referred to"},
        {"b: {type: array, x-verbatim: {unique: true}}",
         "only a scalar can be unique"},
        {"b: {type: object, x-verbatim: {index: true}}",
         "only a scalar can be indexed"},
        {"b: {x-verbatim: {uniqe: true}}",
         "x-verbatim has no key \"uniqe\"; did you mean \"unique\"?"},
        {"b: {x-verbatim: {refrence: /a}}",
         "x-verbatim has no key \"refrence\"; did you mean \"references\"?"},
        {"b: {x-verbatim: {zebra: 1}}", "x-verbatim has no key \"zebra\""},
        {"b: {x-verbatim: {unique: yes}}", "\"unique\" must be true or false"},
        {"b: {x-verbatim: {value: time}}",
         "\"value\" must be one of id, uri, created, modified, owner, "
         "revision"},
        {"b: {x-verbatim: {archetype: store}}",
         "\"archetype\" belongs to a path item"},
        {"b: {x-verbatim: [unique]}", "this must be an object"},
        {"b: {type: strnig}", NULL},
        {"b: {$ref: '#/components/schemas/Nowhere'}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        describe_thing(&t, rows[i].property);
        assert_null(t.d);
        if (rows[i].error)
            assert_span_equal(t.notes.first->text, rows[i].error);
        assert_int_equal(t.notes.first->place.line, 21);
        if (t.notes.errors != 1)
            fail_msg("row %zu: %zu errors", i, t.notes.errors);
        describing_done(&t);
    }
}

/* --- media types --------------------------------------------------------- */

static void media_types_are_taken_by_kind(void **state)
{
    static const struct {
        const char *type, *schema;
        enum vb_media_kind kind;
        bool served;
    } rows[] = {
        {"application/json", "{}", VB_MEDIA_JSON, true},
        {"'Application/JSON; charset=utf-8'", "{}", VB_MEDIA_JSON, true},
        {"application/vnd.x+json", "{}", VB_MEDIA_JSON, true},
        {"image/png", "{}", VB_MEDIA_VERBATIM, true},
        {"image/png", "{type: string, format: binary}", VB_MEDIA_VERBATIM,
         true},
        {"'image/*'", "{}", VB_MEDIA_VERBATIM, true},
        {"application/xml", "{type: object}", VB_MEDIA_VERBATIM, false},
        {"'*/*'", "{type: object}", VB_MEDIA_JSON, true},
        {"'*/*'", "{}", VB_MEDIA_VERBATIM, true},
        {"multipart/form-data", "{type: object}", VB_MEDIA_FORM, false},
        {"application/x-www-form-urlencoded", "{}", VB_MEDIA_FORM, false},
        {"application/merge-patch+json", "{}", VB_MEDIA_MERGE_PATCH, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;
        const struct vb_operation *op;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a:\n    put:\n      requestBody:\n"
                      "        content: {%s: {schema: %s}}\n%c",
                      rows[i].type, rows[i].schema, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        op = operation_of(&t, "/a", VB_METHOD_PUT);
        if (op->request.media[0].kind != rows[i].kind ||
            op->request.media[0].served != rows[i].served)
            fail_msg("row %zu: kind %d, %.*s", i, op->request.media[0].kind,
                     VB_FMT(op->request.media[0].why_not));
        assert_int_equal(op->served, rows[i].served);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void the_most_specific_media_type_counts(void **state)
{
    struct describing t;
    const struct vb_request_body *request;

    (void)state;
    describe_paths(&t, "  /a:\n    put:\n      requestBody:\n"
                       "        content: {'*/*': {}, 'image/*': {}, "
                       "image/png: {}}\n");
    assert_described(&t);
    request = &operation_of(&t, "/a", VB_METHOD_PUT)->request;
    assert_span_equal(
        vb_content_find(request->media, 3, VB_SPAN("image/png"))->type,
        "image/png");
    assert_span_equal(
        vb_content_find(request->media, 3, VB_SPAN("image/gif"))->type,
        "image/*");
    assert_span_equal(
        vb_content_find(request->media, 3, VB_SPAN("text/plain"))->type, "*/*");
    assert_null(vb_content_find(request->media + 1, 2, VB_SPAN("text/plain")));
    describing_done(&t);
}

/* RFC 5789 section 2: the media type says how to change something. */
static void patch_takes_patches_only(void **state)
{
    static const struct {
        const char *content;
        bool merge, json_patch;
    } rows[] = {
        {"{application/json: {}}", true, true},
        {"{application/merge-patch+json: {}}", true, false},
        {"{application/json-patch+json: {}, application/json: {}}", false,
         true},
        {"{}", true, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;
        const struct vb_request_body *request;
        const struct vb_content *m;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a:\n    patch: {requestBody: {content: %s}}\n%c",
                      rows[i].content, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        request = &operation_of(&t, "/a", VB_METHOD_PATCH)->request;
        m = vb_content_find(request->media, request->media_count,
                            VB_SPAN("application/merge-patch+json"));
        assert_int_equal(m && m->served, rows[i].merge);
        m = vb_content_find(request->media, request->media_count,
                            VB_SPAN("application/json-patch+json"));
        assert_int_equal(m && m->served, rows[i].json_patch);
        m = vb_content_find(request->media, request->media_count,
                            VB_SPAN("application/json"));
        assert_true(!m || !m->served);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void a_state_is_json_unless_only_bytes_are_taken(void **state)
{
    static const struct {
        const char *paths;
        bool json, verbatim;
    } rows[] = {
        {"    put: {requestBody: {content: {application/json: {}}}}\n", true,
         false},
        {"    put: {requestBody: {content: {image/png: {}}}}\n", false, true},
        {"    put: {requestBody: {content: {image/png: {}, application/json: "
         "{}}}}\n",
         true, true},
        {"    get: {}\n", true, false},
        {"    get: {responses: {200: {content: {image/png: {}}}}}\n", false,
         true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, "  /a:\n%s%c", rows[i].paths, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        assert_int_equal(t.d->routes[0]->state->json, rows[i].json);
        assert_int_equal(t.d->routes[0]->state->verbatim, rows[i].verbatim);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

/* --- controllers --------------------------------------------------------- */

#define CONTROLLER(what)                                                       \
    "  /a/{x}/b/{y}:\n    put: {requestBody: {content: {application/json: "    \
    "{}}}}\n"                                                                  \
    "    parameters: [{name: x, in: path, required: true, schema: {}},\n"      \
    "                 {name: y, in: path, required: true, schema: {}}]\n"      \
    "  /a/{x}/b/{y}/stop:\n"                                                   \
    "    parameters: [{name: x, in: path, required: true, schema: {}},\n"      \
    "                 {name: y, in: path, required: true, schema: {}}]\n"      \
    "    x-verbatim:\n"                                                        \
    "      do: " what "\n"                                                     \
    "    post: {}\n"

static void a_merge_changes_the_document_it_names(void **state)
{
    static const struct {
        const char *what;
        bool patch;
    } rows[] = {
        {"{merge: {target: '/a/{x}/b/{y}', patch: {on: false}}}", true},
        {"{merge: {target: '/a/{x}/b/{y}'}}", false},
        {"{merge: {patch: {on: false}}}", true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;
        const struct vb_action *action;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, CONTROLLER("%s"), rows[i].what);
        vb_buf_char(&text, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        action = route_of(&t, "/a/{x}/b/{y}/stop")->action;
        assert_non_null(action);
        assert_int_equal(action->kind, VB_ACTION_MERGE);
        assert_ptr_equal(action->target, route_of(&t, "/a/{x}/b/{y}"));
        assert_int_equal(action->variable_count, 2);
        assert_int_equal(action->variables[0], 0);
        assert_int_equal(action->variables[1], 1);
        assert_int_equal(action->patch != NULL, rows[i].patch);
        assert_true(route_of(&t, "/a/{x}/b/{y}/stop")->served);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void variables_of_a_target_are_found_by_name(void **state)
{
    struct describing t;
    const struct vb_action *action;

    (void)state;
    describe_paths(&t, "  /d/{k}:\n    put: {requestBody: {content: "
                       "{application/json: {}}}}\n"
                       "  /do/{a}/{k}:\n    post: {}\n"
                       "    x-verbatim: {do: {merge: {target: '/d/{k}'}}}\n");
    assert_described(&t);
    action = route_of(&t, "/do/{a}/{k}")->action;
    assert_int_equal(action->variable_count, 1);
    assert_int_equal(action->variables[0], 1);
    describing_done(&t);
}

static void what_is_wrong_with_do_is_told_at_its_place(void **state)
{
    static const struct {
        const char *what, *error;
    } rows[] = {
        {"{}", "\"do\" has exactly one of merge, move, run, forward, plugin"},
        {"{merge: {}, run: x}",
         "\"do\" has exactly one of merge, move, run, forward, plugin"},
        {"{mrege: {}}", "\"do\" has no key \"mrege\"; did you mean \"merge\"?"},
        {"{merge: {targe: x}}",
         "\"merge\" has no key \"targe\"; did you mean \"target\"?"},
        {"{merge: {target: /b}}", "there is no path \"/b\""},
        {"{merge: {target: 5}}", "target must be a string"},
        {"{merge: {patch: 5}}", "patch must be an object"},
        {"{merge: 5}", "this must be an object"},
        {"{merge: {target: '/a/{x}/b/{y}/stop'}}",
         "/a/{x}/b/{y}/stop is not a JSON document"},
        {"5", "\"do\" must be an object"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, CONTROLLER("%s"), rows[i].what);
        vb_buf_char(&text, 0);
        describe_paths(&t, text.ptr);
        assert_null(t.d);
        assert_span_equal(t.notes.first->text, rows[i].error);
        assert_int_equal(t.notes.first->place.line, 13);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void do_is_for_controllers(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a:\n    put: {requestBody: {content: "
                       "{application/json: {}}}}\n"
                       "    x-verbatim: {do: {merge: {}}}\n");
    assert_first_error(&t, "t.yaml:7:22: error: \"do\" is for a controller; /a "
                           "is a document (at #/paths/~1a/x-verbatim/do)");
    describing_done(&t);
}

/* A key that is demanded is a promise that the reply is kept. */
static void a_key_is_not_demanded_of_what_keeps_no_reply(void **state)
{
    static const struct {
        const char *path, *error; /* NULL: fine */
    } rows[] = {
        {"{x-verbatim: {idempotency-key: required, do: {run: cat}}, post: {}}",
         "t.yaml:5:38: error: \"idempotency-key\" does nothing here: no reply "
         "of a program is kept, so the same POST /a would be done again (at "
         "#/paths/~1a/x-verbatim/idempotency-key)"},
        {"{post: {x-verbatim: {idempotency-key: required, do: {run: cat}}}}",
         "t.yaml:5:45: error: \"idempotency-key\" does nothing here: no reply "
         "of a program is kept, so the same POST /a would be done again (at "
         "#/paths/~1a/post/x-verbatim/idempotency-key)"},
        {"{post: {x-verbatim: {idempotency-key: required, do: {plugin: "
         "/proc/self/exe}}}}",
         "t.yaml:5:45: error: \"idempotency-key\" does nothing here: no reply "
         "of a plugin is kept, so the same POST /a would be done again (at "
         "#/paths/~1a/post/x-verbatim/idempotency-key)"},
        /* of a path: its POST and PATCH */
        {"{x-verbatim: {idempotency-key: required, do: {run: cat}}, get: {}}",
         NULL},
        {"{x-verbatim: {do: {run: cat}}, post: {}}", NULL},
        {"{put: {requestBody: {content: {application/json: {}}}}}\n"
         "  /a/b: {x-verbatim: {idempotency-key: required, do: {merge: {}}}, "
         "post: {}}",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, "  /a: %s\n%c", rows[i].path, 0);
        describe_paths(&t, text.ptr);
        if (rows[i].error)
            assert_first_error(&t, rows[i].error);
        else
            assert_described(&t);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void a_program_has_words_bounds_and_a_place(void **state)
{
    const struct vb_program *program;
    struct describing t;
    struct vb_buf text;

    (void)state;
    vb_buf_init(&text, 4096);
    vb_buf_str(&text, CONTROLLER("{run: {command: [cat, -u], timeout: 7, "
                                 "memory: 0}}"));
    vb_buf_char(&text, 0);
    describe_paths(&t, text.ptr);
    assert_described(&t);
    program = route_of(&t, "/a/{x}/b/{y}/stop")->action->program;
    assert_string_equal(program->words[0], "cat");
    assert_string_equal(program->words[1], "-u");
    assert_null(program->words[2]);
    assert_non_null(strstr(program->path, "/bin/cat"));
    assert_int_equal(program->seconds, 7);
    assert_int_equal(program->memory, 0);
    assert_int_equal(program->output, 1 << 20);
    vb_buf_done(&text);
    describing_done(&t);
}

/* A file beside the program that runs this, which is a shared object. */
static const struct vb_plugin_file *describe_plugin(struct describing *t,
                                                    const char *more)
{
    struct vb_buf text;

    vb_buf_init(&text, 4096);
    vb_buf_printf(&text, CONTROLLER("{plugin: {file: /proc/self/exe%s}}"),
                  more);
    vb_buf_char(&text, 0);
    describe_paths(t, text.ptr);
    vb_buf_done(&text);
    return t->d == NULL ? NULL
                        : route_of(t, "/a/{x}/b/{y}/stop")->action->plugin;
}

static void a_plugin_has_a_file_bounds_and_a_configuration(void **state)
{
    const struct vb_plugin_file *plugin;
    struct describing t;

    (void)state;
    plugin = describe_plugin(&t, ", input: 7, config: {a: [0x10, 1.50, yes]}");
    assert_described(&t);
    assert_string_equal(plugin->name, "/proc/self/exe");
    assert_string_equal(plugin->path, "/proc/self/exe");
    assert_string_equal(plugin->config, "{\"a\":[16,1.50,\"yes\"]}");
    assert_int_equal(plugin->input, 7);
    assert_int_equal(plugin->output, 1 << 20);
    assert_span_equal(plugin->place.file, "t.yaml");
    assert_int_equal(plugin->place.line, 13);
    assert_span_equal(
        plugin->place.pointer,
        "/paths/~1a~1{x}~1b~1{y}~1stop/x-verbatim/do/plugin/file");
    assert_true(operation_of(&t, "/a/{x}/b/{y}/stop", VB_METHOD_POST)->served);
    describing_done(&t);

    plugin = describe_plugin(&t, "");
    assert_described(&t);
    assert_null(plugin->config);
    assert_int_equal(plugin->input, 1 << 20);
    describing_done(&t);
}

static void what_is_wrong_with_a_plugin_is_told(void **state)
{
    static const struct {
        const char *what, *error;
    } rows[] = {
        {"{plugin: 5}", "a plugin is the name of a file"},
        {"{plugin: ''}", "a plugin is the name of a file"},
        {"{plugin: {}}", "file is missing"},
        {"{plugin: {file: /dev/null}}",
         "/dev/null cannot be loaded: it is no file"},
        {"{plugin: /proc/self/maps}",
         "/proc/self/maps cannot be loaded: it is no shared object"},
        {"{plugin: /nowhere/x.so}",
         "/nowhere/x.so cannot be loaded: No such file or directory"},
        {"{plugin: {file: /proc/self/exe, output: 0}}",
         "\"output\" is a whole number from 1 to 67108864"},
        {"{plugin: {flie: x}}",
         "\"plugin\" has no key \"flie\"; did you mean \"file\"?"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, CONTROLLER("%s"), rows[i].what);
        vb_buf_char(&text, 0);
        describe_paths(&t, text.ptr);
        assert_null(t.d);
        assert_span_equal(t.notes.first->text, rows[i].error);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void a_plugin_that_only_puts_off_is_not_served(void **state)
{
    static const struct {
        const char *responses;
        bool served;
        int done;
    } rows[] = {
        {"202: {description: d}", false, 200},
        {"202: {description: d}, 4XX: {description: d}", false, 200},
        {"202: {description: d}, 204: {description: d}", true, 204},
        {"202: {description: d}, 201: {description: d}", true, 200},
        {"2XX: {description: d}", true, 200},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_operation *post;
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a:\n    x-verbatim: {do: {plugin: /proc/self/exe}}\n"
                      "    post: {responses: {%s}}\n",
                      rows[i].responses);
        vb_buf_char(&text, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        post = operation_of(&t, "/a", VB_METHOD_POST);
        assert_int_equal(post->served, rows[i].served);
        assert_int_equal(post->success.done, rows[i].done);
        assert_false(post->success.async);
        assert_false(t.d->has_jobs);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

/* A program may run after the reply; what only merges is done at once. */
static void what_may_be_put_off_is_a_program_that_declares_202(void **state)
{
    static const struct {
        const char *what;
        const char *responses;
        bool async, always;
    } rows[] = {
        {"{run: cat}", "200: {description: d}", false, false},
        {"{run: cat}", "202: {description: d}", true, true},
        {"{run: cat}", "202: {description: d}, 204: {description: d}", true,
         false},
        {"{run: cat}", "202: {description: d}, 2XX: {description: d}", true,
         false},
        {"{merge: {target: /b}}", "202: {description: d}", false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_success *success;
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /b:\n    get: {}\n    put: {requestBody: {content: "
                      "{application/json: {}}}}\n"
                      "  /a:\n    x-verbatim: {do: %s}\n"
                      "    post: {responses: {%s}}\n",
                      rows[i].what, rows[i].responses);
        vb_buf_char(&text, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        success = &operation_of(&t, "/a", VB_METHOD_POST)->success;
        assert_int_equal(success->async, rows[i].async);
        assert_int_equal(success->always_async, rows[i].always);
        assert_int_equal(t.d->has_jobs, rows[i].async);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void members_leave_tombstones_as_their_collection_says(void **state)
{
    static const char *const said[] = {"",
                                       "    x-verbatim: {tombstones: true}\n",
                                       "    x-verbatim: {tombstones: false}\n"};
    static const bool want[3][3] = {
        {false, true, false}, {true, true, false}, {false, true, false}};
    struct describing t;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct vb_buf text;

            vb_buf_init(&text, 4096);
            vb_buf_printf(&text,
                          "  /a:\n%s    post: {}\n"
                          "  /a/{b}:\n%s    get: {}\n"
                          "  /a/{b}/c:\n    get: {}\n",
                          said[i], said[k]);
            vb_buf_char(&text, 0);
            describe_paths(&t, text.ptr);
            assert_described(&t);
            assert_int_equal(route_of(&t, "/a/{b}")->tombstones, want[i][k]);
            assert_false(route_of(&t, "/a/{b}/c")->tombstones);
            vb_buf_done(&text);
            describing_done(&t);
        }
    }
}

static void what_comes_later_is_known_but_not_served(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a:\n    x-verbatim: {rate: 5, cache: true}\n"
                       "    get: {}\n");
    assert_described(&t);
    assert_non_null(t.d->warnings->next);
    assert_null(t.d->warnings->next->next);
    assert_span_equal(t.d->warnings->rule, "later");
    assert_int_equal(t.d->warnings->place.line, 6);
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_fills_what_is_its_own),
        cmocka_unit_test(properties_have_their_roles),
        cmocka_unit_test(nested_properties_with_a_role_are_listed),
        cmocka_unit_test(what_is_write_only_in_elements_is_listed),
        cmocka_unit_test(what_refers_from_elements_is_listed),
        cmocka_unit_test(what_is_not_kept_is_told_at_its_place),
        cmocka_unit_test(what_only_the_output_has_is_read_only),
        cmocka_unit_test(schemas_that_contain_themselves_end),
        cmocka_unit_test(rules_that_cannot_hold_are_errors_at_their_place),
        cmocka_unit_test(media_types_are_taken_by_kind),
        cmocka_unit_test(the_most_specific_media_type_counts),
        cmocka_unit_test(patch_takes_patches_only),
        cmocka_unit_test(a_state_is_json_unless_only_bytes_are_taken),
        cmocka_unit_test(a_merge_changes_the_document_it_names),
        cmocka_unit_test(variables_of_a_target_are_found_by_name),
        cmocka_unit_test(what_is_wrong_with_do_is_told_at_its_place),
        cmocka_unit_test(do_is_for_controllers),
        cmocka_unit_test(a_key_is_not_demanded_of_what_keeps_no_reply),
        cmocka_unit_test(a_program_has_words_bounds_and_a_place),
        cmocka_unit_test(a_plugin_has_a_file_bounds_and_a_configuration),
        cmocka_unit_test(what_is_wrong_with_a_plugin_is_told),
        cmocka_unit_test(a_plugin_that_only_puts_off_is_not_served),
        cmocka_unit_test(what_may_be_put_off_is_a_program_that_declares_202),
        cmocka_unit_test(members_leave_tombstones_as_their_collection_says),
        cmocka_unit_test(what_comes_later_is_known_but_not_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
