/*
 * What each path is, inferred from its operations and its neighbours, and
 * which operations are served with which statuses.
 */
#include "describing.h"

#define GET   "    get: {responses: {200: {description: d}}}\n"
#define POST  "    post: {responses: {201: {description: d}}}\n"
#define BODY  "requestBody: {content: {application/json: {}}}, "
#define PUT   "    put: {" BODY "responses: {204: {description: d}}}\n"
#define PUT1  "    put: {" BODY "responses: {201: {description: d}}}\n"
#define PATCH "    patch: {" BODY "responses: {200: {description: d}}}\n"
#define DEL   "    delete: {responses: {204: {description: d}}}\n"
#define ID(name)                                                               \
    "    parameters: [{name: " name                                            \
    ", in: path, required: true, schema: {type: integer}}]\n"

static void an_archetype_follows_from_operations_and_neighbours(void **state)
{
    static const struct {
        const char *paths, *path;
        enum vb_archetype archetype;
        const char *collection; /* of a member */
        enum vb_membership membership;
    } rows[] = {
        {"  /a:\n" POST "  /a/{id}:\n" ID("id") GET, "/a",
         VB_ARCHETYPE_COLLECTION, NULL, VB_MEMBER_OF_NONE},
        {"  /a:\n" POST "  /a/{id}:\n" ID("id") GET, "/a/{id}",
         VB_ARCHETYPE_DOCUMENT, "/a", VB_MEMBER_OF_COLLECTION},
        /* in any order in the file */
        {"  /a/{id}:\n" ID("id") GET "  /a:\n" POST, "/a/{id}",
         VB_ARCHETYPE_DOCUMENT, "/a", VB_MEMBER_OF_COLLECTION},
        /* two variables below are not one */
        {"  /a:\n" POST "  /a/{b}/{c}:\n" ID("b") GET, "/a",
         VB_ARCHETYPE_CONTROLLER, NULL, VB_MEMBER_OF_NONE},
        {"  /a:\n" POST "  /a/b:\n" GET, "/a", VB_ARCHETYPE_CONTROLLER, NULL,
         VB_MEMBER_OF_NONE},
        {"  /a:\n" GET POST, "/a", VB_ARCHETYPE_CONTROLLER, NULL,
         VB_MEMBER_OF_NONE},
        {"  /a:\n" GET POST DEL, "/a", VB_ARCHETYPE_DOCUMENT, NULL,
         VB_MEMBER_OF_NONE},
        {"  /a:\n" GET, "/a", VB_ARCHETYPE_DOCUMENT, NULL, VB_MEMBER_OF_NONE},
        /* without POST it is none */
        {"  /a:\n" GET "  /a/{id}:\n" ID("id") GET, "/a", VB_ARCHETYPE_DOCUMENT,
         NULL, VB_MEMBER_OF_NONE},
        {"  /s:\n" GET "  /s/{k}:\n" ID("k") PUT1, "/s", VB_ARCHETYPE_STORE,
         NULL, VB_MEMBER_OF_NONE},
        {"  /s:\n" GET "  /s/{k}:\n" ID("k") PUT1, "/s/{k}",
         VB_ARCHETYPE_DOCUMENT, "/s", VB_MEMBER_OF_STORE},
        {"  /s/{k}:\n" ID("k") PUT1, "/s/{k}", VB_ARCHETYPE_DOCUMENT, NULL,
         VB_MEMBER_OF_STORE},
        {"  /s/{k}:\n" ID("k") PUT, "/s/{k}", VB_ARCHETYPE_DOCUMENT, NULL,
         VB_MEMBER_OF_NONE},
        /* POST above decides before the 201 does */
        {"  /s:\n" POST "  /s/{k}:\n" ID("k") PUT1, "/s/{k}",
         VB_ARCHETYPE_DOCUMENT, "/s", VB_MEMBER_OF_COLLECTION},
        {"  /a/{x}:\n" ID("x") GET "  /a/{y}/b:\n" ID("y") POST
         "  /a/{z}/b/{id}:\n" ID("z") GET,
         "/a/{z}/b/{id}", VB_ARCHETYPE_DOCUMENT, "/a/{y}/b",
         VB_MEMBER_OF_COLLECTION},
        {"  /a:\n    x-verbatim: {archetype: document}\n" POST
         "  /a/{id}:\n" ID("id") GET,
         "/a", VB_ARCHETYPE_DOCUMENT, NULL, VB_MEMBER_OF_NONE},
        {"  /a:\n    x-verbatim: {archetype: collection}\n" GET
         "  /a/{id}:\n" ID("id") GET,
         "/a/{id}", VB_ARCHETYPE_DOCUMENT, "/a", VB_MEMBER_OF_COLLECTION},
        {"  /a:\n    x-verbatim: {archetype: store}\n" GET
         "  /a/{id}:\n" ID("id") PUT,
         "/a/{id}", VB_ARCHETYPE_DOCUMENT, "/a", VB_MEMBER_OF_STORE},
        /* what is done says so, wherever it stands */
        {"  /a: {get: {x-verbatim: {do: {run: cat}}}}\n", "/a",
         VB_ARCHETYPE_CONTROLLER, NULL, VB_MEMBER_OF_NONE},
        {"  /a: {x-verbatim: {do: {run: cat}}, get: {}}\n", "/a",
         VB_ARCHETYPE_CONTROLLER, NULL, VB_MEMBER_OF_NONE},
        {"  /a: {post: {x-verbatim: {do: {run: cat}}}}\n  /a/{id}:\n" ID("id")
             GET,
         "/a", VB_ARCHETYPE_CONTROLLER, NULL, VB_MEMBER_OF_NONE},
        {"  /a: {get: {x-verbatim: {do: {run: cat}}}}\n  /a/{id}:\n" ID("id")
             PUT1,
         "/a", VB_ARCHETYPE_CONTROLLER, NULL, VB_MEMBER_OF_NONE},
        {"  /a:\n    x-verbatim: {archetype: gateway, to: 'http://h'}\n" GET,
         "/a", VB_ARCHETYPE_GATEWAY, NULL, VB_MEMBER_OF_NONE},
        {"  /a:\n    x-verbatim: {to: 'http://h'}\n", "/a",
         VB_ARCHETYPE_GATEWAY, NULL, VB_MEMBER_OF_NONE},
        /* slashes at the end do not matter */
        {"  /a/:\n" POST "  /a/{id}/:\n" ID("id") GET, "/a/{id}/",
         VB_ARCHETYPE_DOCUMENT, "/a/", VB_MEMBER_OF_COLLECTION},
        {"  /:\n" POST "  /{id}:\n" ID("id") GET, "/", VB_ARCHETYPE_COLLECTION,
         NULL, VB_MEMBER_OF_NONE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        const struct vb_route *route;

        describe_paths(&t, rows[i].paths);
        assert_described(&t);
        route = route_of(&t, rows[i].path);
        if (route->archetype != rows[i].archetype)
            fail_msg("row %zu: %s is a %s", i, rows[i].path,
                     vb_archetype_name(route->archetype));
        assert_int_equal(route->membership, rows[i].membership);
        if (rows[i].collection) {
            assert_non_null(route->collection);
            assert_span_equal(route->collection->path, rows[i].collection);
            assert_ptr_equal(route->collection->member, route);
        } else {
            assert_null(route->collection);
        }
        describing_done(&t);
    }
}

static void above_is_the_longest_path_that_begins_it(void **state)
{
    struct describing t;

    (void)state;
    describe_paths(&t, "  /a/{x}/b/c:\n" ID("x") GET
                   "  /a:\n" GET "  /a/{y}:\n" ID("y") GET "  /ab:\n" GET);
    assert_described(&t);
    assert_null(route_of(&t, "/a")->above);
    assert_null(route_of(&t, "/ab")->above);
    assert_ptr_equal(route_of(&t, "/a/{y}")->above, route_of(&t, "/a"));
    assert_ptr_equal(route_of(&t, "/a/{x}/b/c")->above, route_of(&t, "/a/{y}"));
    /* and the order is the file's */
    assert_span_equal(t.d->routes[0]->path, "/a/{x}/b/c");
    describing_done(&t);
}

static void a_template_is_cut_into_segments(void **state)
{
    struct describing t;
    const struct vb_template *tpl;

    (void)state;
    describe_paths(&t, "  /b\xc3\xbc"
                       "cher/a%2fb%41 c/{id}/:\n" ID("id") GET "  /:\n" GET);
    assert_described(&t);
    tpl = &t.d->routes[0]->template;
    assert_int_equal(tpl->segment_count, 3);
    assert_true(tpl->trailing_slash);
    assert_span_equal(tpl->segments[0].text, "b%C3%BCcher");
    assert_span_equal(tpl->segments[1].text, "a%2FbA%20c");
    assert_int_equal(tpl->segments[2].kind, VB_SEGMENT_VARIABLE);
    assert_span_equal(tpl->segments[2].text, "id");
    assert_int_equal(tpl->segments[2].parameter->types, VB_SCHEMA_INTEGER);
    tpl = &route_of(&t, "/")->template;
    assert_int_equal(tpl->segment_count, 0);
    assert_true(tpl->trailing_slash);
    describing_done(&t);
}

static void a_path_that_no_router_can_order_is_not_served(void **state)
{
    static const struct {
        const char *path, *why;
    } rows[] = {
        {"/a/{id}.json", "a variable must be a whole segment"},
        {"/a/{b}{c}", "a variable must be a whole segment"},
        {"/a/{}", "a variable must be a whole segment"},
        {"/a/{b", "a variable must be a whole segment"},
        {"/a//b", "an empty segment"},
        {"/a?b={c}", "a variable must be a whole segment"},
        {"/a?b=1", "a path has no query and no fragment"},
        {"/a/../b", "\".\" and \"..\" name no resource"},
        {"/a/%2e%2E", "\".\" and \"..\" name no resource"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 1000);
        vb_buf_printf(&text, "  '%s':\n" GET "  /fine:\n" GET "%c",
                      rows[i].path, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        assert_false(t.d->routes[0]->served);
        assert_span_equal(t.d->routes[0]->why_not, rows[i].why);
        assert_span_equal(t.d->routes[0]->operations[0].why_not, rows[i].why);
        assert_true(t.d->routes[1]->served);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void the_id_is_the_last_variable_and_its_schema_its_kind(void **state)
{
    static const struct {
        const char *schema;
        enum vb_id_kind kind;
    } rows[] = {
        {"{type: integer}", VB_ID_COUNTER},
        {"{type: string, format: uuid}", VB_ID_UUID},
        {"{type: string}", VB_ID_SHORT},
        {"{}", VB_ID_SHORT},
        {"{type: [string, integer]}", VB_ID_SHORT},
        {"{type: number}", VB_ID_COUNTER},
        {"{$ref: '#/components/schemas/Id'}", VB_ID_UUID},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text,
                      "  /a:\n" POST "  /a/{key}:\n" GET
                      "    parameters: [{name: key, in: path, required: true, "
                      "schema: %s}]\n"
                      "components: {schemas: {Id: {type: string, format: uuid}"
                      "}}\n%c",
                      rows[i].schema, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        assert_span_equal(route_of(&t, "/a/{key}")->id->name, "key");
        assert_int_equal(route_of(&t, "/a/{key}")->id_kind, rows[i].kind);
        assert_int_equal(route_of(&t, "/a")->id_kind, rows[i].kind);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void what_an_archetype_cannot_honour_is_not_served(void **state)
{
    static const struct {
        const char *paths, *path;
        enum vb_method method;
        bool served;
    } rows[] = {
        {"  /a:\n" GET PUT PATCH DEL, "/a", VB_METHOD_GET, true},
        {"  /a:\n" GET PUT PATCH DEL, "/a", VB_METHOD_PUT, true},
        {"  /a:\n" GET PUT PATCH DEL, "/a", VB_METHOD_PATCH, true},
        {"  /a:\n" GET PUT PATCH DEL, "/a", VB_METHOD_DELETE, true},
        {"  /a:\n" GET PUT POST, "/a", VB_METHOD_POST, false},
        {"  /a:\n" GET PUT POST PATCH DEL "  /a/{id}:\n" ID("id") GET, "/a",
         VB_METHOD_POST, true},
        {"  /a:\n" GET PUT POST PATCH DEL "  /a/{id}:\n" ID("id") GET, "/a",
         VB_METHOD_DELETE, true},
        {"  /a:\n" GET PUT POST PATCH DEL "  /a/{id}:\n" ID("id") GET, "/a",
         VB_METHOD_PUT, false},
        {"  /a:\n" GET PUT POST PATCH DEL "  /a/{id}:\n" ID("id") GET, "/a",
         VB_METHOD_PATCH, false},
        {"  /s:\n" GET PATCH DEL "  /s/{k}:\n" ID("k") PUT1, "/s",
         VB_METHOD_GET, true},
        {"  /s:\n" GET PATCH DEL "  /s/{k}:\n" ID("k") PUT1, "/s",
         VB_METHOD_PATCH, false},
        {"  /s:\n" GET PATCH DEL "  /s/{k}:\n" ID("k") PUT1, "/s",
         VB_METHOD_DELETE, false},
        /* a controller that nobody says what it does */
        {"  /do:\n" POST, "/do", VB_METHOD_POST, false},
        {"  /a:\n    options: {}\n" GET, "/a", VB_METHOD_OPTIONS, true},
        {"  /a:\n    head: {}\n" GET, "/a", VB_METHOD_HEAD, true},
        {"  /a:\n    head: {}\n", "/a", VB_METHOD_HEAD, false},
        {"  /a:\n    put: {}\n", "/a", VB_METHOD_PUT, false},
        {"  /a:\n    x-verbatim: {archetype: account}\n" GET, "/a",
         VB_METHOD_GET, false},
        /* another server knows what it takes */
        {"  /a:\n    x-verbatim: {to: 'http://h'}\n" PUT, "/a", VB_METHOD_PUT,
         true},
        {"  /a:\n    x-verbatim: {to: 'http://h'}\n" GET PATCH, "/a",
         VB_METHOD_PATCH, true},
        /* GraphQL is at one path */
        {"  /a:\n    x-verbatim: {archetype: graphql}\n" GET POST, "/a",
         VB_METHOD_POST, true},
        {"  /a:\n    x-verbatim: {archetype: graphql}\n" GET PUT, "/a",
         VB_METHOD_PUT, false},
        {"  /a/{k}:\n    x-verbatim: {archetype: graphql}\n" ID("k") POST,
         "/a/{k}", VB_METHOD_POST, false},
        {"  /a:\n    x-verbatim: {archetype: graphql}\n" GET
         "  /b:\n    x-verbatim: {archetype: graphql}\n" GET,
         "/a", VB_METHOD_GET, true},
        {"  /a:\n    x-verbatim: {archetype: graphql}\n" GET
         "  /b:\n    x-verbatim: {archetype: graphql}\n" GET,
         "/b", VB_METHOD_GET, false},
        /* redirects take every method along, but for 303 */
        {"  /a:\n    x-verbatim: {moved: {to: /b}}\n" PATCH, "/a",
         VB_METHOD_PATCH, true},
        {"  /a:\n    x-verbatim: {see-other: {to: /b}}\n" GET POST, "/a",
         VB_METHOD_GET, true},
        {"  /a:\n    x-verbatim: {see-other: {to: /b}}\n" GET POST, "/a",
         VB_METHOD_POST, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        const struct vb_operation *op;

        describe_paths(&t, rows[i].paths);
        assert_described(&t);
        op = operation_of(&t, rows[i].path, rows[i].method);
        if (op->served != rows[i].served)
            fail_msg("row %zu: %.*s", i, VB_FMT(op->why_not));
        assert_true(op->served == (op->why_not.len == 0));
        describing_done(&t);
    }
}

/* x-verbatim.moved and .see-other: what of the target is whose. */
static void redirects_know_where_they_lead(void **state)
{
    const struct vb_redirect *redirect;
    const struct vb_route *route;
    struct describing t;

    (void)state;
    describe_paths(&t, "  /o/{x}/{y}:\n    x-verbatim: {moved: {to: "
                       "'https://example.org:8443/a/{y}/b/{x}/'}}\n"
                       "  /p:\n    x-verbatim: {moved: {to: /, permanent: "
                       "false}}\n"
                       "  /q:\n    x-verbatim: {see-other: {to: "
                       "'https://example.org'}}\n");
    assert_described(&t);
    route = route_of(&t, "/o/{x}/{y}");
    redirect = route->redirect;
    assert_int_equal(route->archetype, VB_ARCHETYPE_REDIRECT);
    assert_true(route->served);
    assert_int_equal(redirect->kind, VB_REDIRECT_MOVED);
    assert_span_equal(redirect->origin, "https://example.org:8443");
    assert_int_equal(redirect->template.segment_count, 4);
    assert_true(redirect->template.trailing_slash);
    assert_int_equal(redirect->variable_count, 2);
    assert_int_equal(redirect->variables[0], 1);
    assert_int_equal(redirect->variables[1], 0);
    redirect = route_of(&t, "/p")->redirect;
    assert_int_equal(redirect->kind, VB_REDIRECT_FOR_NOW);
    assert_int_equal(redirect->origin.len, 0);
    assert_int_equal(redirect->template.segment_count, 0);
    redirect = route_of(&t, "/q")->redirect;
    assert_int_equal(redirect->kind, VB_REDIRECT_SEE_OTHER);
    assert_span_equal(redirect->origin, "https://example.org");
    assert_int_equal(redirect->template.segment_count, 0);
    describing_done(&t);
}

static void version_3_2_adds_query_and_other_methods(void **state)
{
    struct describing t;

    (void)state;
    describe_text(&t, "openapi: 3.2.0\n"
                      "info: {title: T, version: '1'}\n"
                      "paths:\n"
                      "  /a:\n"
                      "    get: {}\n"
                      "    query: {}\n"
                      "    additionalOperations:\n"
                      "      COPY: {}\n"
                      "      CONNECT: {}\n");
    assert_described(&t);
    assert_false(operation_of(&t, "/a", VB_METHOD_QUERY)->served);
    assert_int_equal(route_of(&t, "/a")->operation_count, 4);
    assert_span_equal(t.d->routes[0]->operations[2].name, "COPY");
    assert_span_equal(t.d->routes[0]->operations[2].why_not,
                      "no such method is known");
    assert_false(operation_of(&t, "/a", VB_METHOD_CONNECT)->served);
    describing_done(&t);
    describe_paths(&t, "  /a:\n    query: {}\n");
    assert_first_error(&t,
                       "t.yaml:6:5: error: \"query\" is neither an operation "
                       "nor another member of a path item in OpenAPI 3.1 (at "
                       "#/paths/~1a/query)");
    describing_done(&t);
}

/* A collection and its member, one of which has the operation. */
static void print_paths(struct vb_buf *text, enum vb_method method,
                        const char *responses)
{
    static const char *const names[] = {[VB_METHOD_POST] = "post",
                                        [VB_METHOD_PUT] = "put",
                                        [VB_METHOD_PATCH] = "patch",
                                        [VB_METHOD_DELETE] = "delete"};
    bool post = method == VB_METHOD_POST;

    vb_buf_printf(text, "%s    %s: {%sresponses: {%s}}\n%s",
                  post ? "  /a:\n" : "  /a:\n" POST "  /a/{id}:\n" ID("id"),
                  names[method], method == VB_METHOD_DELETE ? "" : BODY,
                  responses, post ? "  /a/{id}:\n" ID("id") GET : "");
    vb_buf_char(text, 0);
}

#define SAYS(status)  #status ": {description: d}"
#define SHOWS(status) #status ": {description: d, content: {a/b+json: {}}}"

/* RFC 9110 sections 9.3.3 to 9.3.5 leave a choice; the description makes it. */
static void the_declared_success_is_the_one_used(void **state)
{
    static const struct {
        enum vb_method method;
        const char *responses;
        struct vb_success want;
    } rows[] = {
        {VB_METHOD_POST, SAYS(201), {201, 0, 201, 201, false, false}},
        {VB_METHOD_POST, SAYS(200), {200, 0, 200, 200, false, false}},
        {VB_METHOD_POST, SAYS(204), {204, 0, 204, 204, false, false}},
        {VB_METHOD_POST,
         SAYS(204) ", " SAYS(200),
         {200, 0, 204, 200, false, false}},
        {VB_METHOD_POST,
         SAYS(204) ", " SAYS(201),
         {201, 0, 201, 201, false, false}},
        {VB_METHOD_POST, SAYS(303), {303, 0, 303, 303, false, false}},
        {VB_METHOD_POST, SAYS(2XX), {201, 0, 201, 201, false, false}},
        {VB_METHOD_POST, SAYS(default), {201, 0, 201, 201, false, false}},
        {VB_METHOD_PUT, SAYS(200), {0, 200, 200, 200, false, false}},
        {VB_METHOD_PUT, SAYS(204), {0, 204, 204, 204, false, false}},
        {VB_METHOD_PUT,
         SAYS(204) ", " SAYS(200),
         {0, 200, 204, 200, false, false}},
        {VB_METHOD_PUT, SAYS(201), {201, 204, 204, 204, false, false}},
        {VB_METHOD_PUT, SAYS(default), {0, 204, 204, 204, false, false}},
        {VB_METHOD_PUT, SAYS(202), {0, 204, 204, 204, false, false}},
        {VB_METHOD_PATCH, SAYS(201), {201, 204, 204, 204, false, false}},
        {VB_METHOD_PATCH, SAYS(200), {0, 200, 200, 200, false, false}},
        {VB_METHOD_DELETE,
         SHOWS(200) ", " SAYS(204),
         {0, 204, 204, 200, false, false}},
        {VB_METHOD_DELETE, SHOWS(200), {0, 200, 200, 200, false, false}},
        {VB_METHOD_DELETE, SHOWS(2XX), {0, 204, 204, 200, false, false}},
        {VB_METHOD_DELETE, SHOWS(default), {0, 204, 204, 204, false, false}},
        {VB_METHOD_DELETE, SAYS(200), {0, 204, 204, 204, false, false}},
        {VB_METHOD_DELETE, SAYS(202), {0, 204, 204, 204, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        bool post = rows[i].method == VB_METHOD_POST;
        const struct vb_success *got, *want = &rows[i].want;
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        print_paths(&text, rows[i].method, rows[i].responses);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        got =
            &operation_of(&t, post ? "/a" : "/a/{id}", rows[i].method)->success;
        if (got->created != want->created || got->done != want->done ||
            got->minimal != want->minimal || got->full != want->full ||
            got->async != want->async)
            fail_msg("row %zu: created %d done %d minimal %d full %d", i,
                     got->created, got->done, got->minimal, got->full);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void invalid_content_is_422_unless_only_400_is_declared(void **state)
{
    static const struct {
        const char *responses;
        int invalid;
    } rows[] = {
        {"{200: {description: d}}", 422},
        {"{400: {description: d}}", 400},
        {"{422: {description: d}}", 422},
        {"{400: {description: d}, 422: {description: d}}", 422},
        {"{4XX: {description: d}}", 422},
        {"{default: {description: d}}", 422},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;
        struct vb_buf text;

        vb_buf_init(&text, 4096);
        vb_buf_printf(&text, "  /a:\n    put: {" BODY "responses: %s}\n%c",
                      rows[i].responses, 0);
        describe_paths(&t, text.ptr);
        assert_described(&t);
        assert_int_equal(operation_of(&t, "/a", VB_METHOD_PUT)->invalid,
                         rows[i].invalid);
        vb_buf_done(&text);
        describing_done(&t);
    }
}

static void put_creates_where_clients_name_or_201_says_so(void **state)
{
    static const struct {
        const char *paths, *path;
        bool creates;
    } rows[] = {
        {"  /a:\n" PUT, "/a", true},
        {"  /a/{b}:\n" ID("b") PUT, "/a/{b}", true},
        {"  /a/{b}:\n" ID("b") PUT1, "/a/{b}", true},
        {"  /a:\n" POST "  /a/{b}:\n" ID("b") PUT, "/a/{b}", false},
        {"  /a:\n" POST "  /a/{b}:\n" ID("b") PUT1, "/a/{b}", true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct describing t;

        describe_paths(&t, rows[i].paths);
        assert_described(&t);
        assert_int_equal(operation_of(&t, rows[i].path, VB_METHOD_PUT)->creates,
                         rows[i].creates);
        describing_done(&t);
    }
}

/* Lines and tables with a schema are many members, each of which has it. */
static void many_at_once_are_for_the_post_of_a_collection(void **state)
{
#define MANY                                                                   \
    "      requestBody: {content: {application/x-ndjson: {schema: {type: "     \
    "array, items: {type: object}}}, text/csv: {schema: {type: object}}, "     \
    "text/plain: {}, application/json: {}}}\n"                                 \
    "      responses: {'201': {description: x}}\n"
    struct describing t;
    const struct vb_request_body *post, *put;

    (void)state;
    describe_paths(&t, "  /a:\n"
                       "    post:\n" MANY "  /a/{id}:\n"
                       "    parameters: [{name: id, in: path, required: true, "
                       "schema: {type: integer}}]\n"
                       "    put:\n" MANY);
#undef MANY
    assert_described(&t);
    post = &operation_of(&t, "/a", VB_METHOD_POST)->request;
    put = &operation_of(&t, "/a/{id}", VB_METHOD_PUT)->request;
    assert_int_equal(post->media[0].kind, VB_MEDIA_LINES);
    assert_int_equal(post->media[1].kind, VB_MEDIA_TABLE);
    for (size_t i = 0; i < 2; i++) {
        assert_true(post->media[i].served);
        assert_false(put->media[i].served);
        assert_true(put->media[i].why_not.len > 0);
        assert_true(yyjson_equals(vb_schema_value(post->media[i].schema),
                                  vb_schema_value(post->media[1].schema)));
    }
    assert_int_equal(post->media[2].kind, VB_MEDIA_VERBATIM);
    describing_done(&t);
}

/* Without one they are bytes, as of any other type. */
static void without_a_schema_lines_and_tables_are_bytes(void **state)
{
    struct describing t;
    const struct vb_request_body *post;

    (void)state;
    describe_paths(&t,
                   "  /a:\n"
                   "    post:\n"
                   "      requestBody: {content: {application/x-ndjson: {}, "
                   "text/csv: {schema: {type: string}}}}\n"
                   "      responses: {'201': {description: x}}\n");
    assert_described(&t);
    post = &operation_of(&t, "/a", VB_METHOD_POST)->request;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(post->media[i].kind, VB_MEDIA_VERBATIM);
        assert_true(post->media[i].served);
    }
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archetype_follows_from_operations_and_neighbours),
        cmocka_unit_test(above_is_the_longest_path_that_begins_it),
        cmocka_unit_test(a_template_is_cut_into_segments),
        cmocka_unit_test(a_path_that_no_router_can_order_is_not_served),
        cmocka_unit_test(the_id_is_the_last_variable_and_its_schema_its_kind),
        cmocka_unit_test(what_an_archetype_cannot_honour_is_not_served),
        cmocka_unit_test(many_at_once_are_for_the_post_of_a_collection),
        cmocka_unit_test(without_a_schema_lines_and_tables_are_bytes),
        cmocka_unit_test(redirects_know_where_they_lead),
        cmocka_unit_test(version_3_2_adds_query_and_other_methods),
        cmocka_unit_test(the_declared_success_is_the_one_used),
        cmocka_unit_test(invalid_content_is_422_unless_only_400_is_declared),
        cmocka_unit_test(put_creates_where_clients_name_or_201_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
