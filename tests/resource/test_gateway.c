/*
 * Which requests a gateway owns (resource/catalog.h), and which of them go on:
 * below its path all that nothing else is described for, however long it is.
 */
#include "unit.h"

#include "flow/resource.h"
#include "http/method.h"
#include "resource/catalog.h"
#include "resource/gateway.h"

/* clang-format off */
static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: Gateways, version: '1'}\n"
    "paths:\n"
    "  /api:\n"
    "    x-verbatim: {archetype: gateway, to: 'http://127.0.0.1:1/v1'}\n"
    "  /api/notes:\n"
    "    get: {}\n"
    "  /of/{who}/mail:\n"
    "    x-verbatim: {to: 'http://127.0.0.1:2'}\n"
    "    parameters: [{name: who, in: path, required: true, schema: {type: string}}]\n"
    "    get: {}\n"
    "    post: {}\n"
    "  /own:\n"
    "    get: {}\n";
/* clang-format on */

#define DEEP "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20"

struct routed {
    struct vb_catalog *catalog;
    struct vb_exchange x;
};

static struct vb_catalog *new_catalog(const char *text)
{
    const struct vb_description *d;
    struct vb_catalog *catalog;
    struct vb_notes notes;

    vb_notes_init(&notes);
    assert_int_equal(
        vb_description_parse(VB_SPAN("t.yaml"), vb_span_str(text), &notes, &d),
        VB_OK);
    assert_int_equal(vb_catalog_new(d, VB_SPAN("/openapi.json"), &catalog),
                     VB_OK);
    vb_description_unref(d);
    vb_notes_done(&notes);
    return catalog;
}

/* The kind of resource that owns the path; "": nobody does. */
static const char *owner(struct routed *r, const char *path)
{
    struct vb_site *site = vb_catalog_site(r->catalog);

    r->x = (struct vb_exchange){.site = site};
    vb_arena_init(&r->x.arena, 4096, 1024 * 1024);
    r->x.head.path = vb_span_str(path);
    return site->route(site, &r->x) ? r->x.resource->kind : "";
}

static void forget(struct routed *r)
{
    vb_arena_done(&r->x.arena);
}

static void a_gateway_owns_what_is_below_it(void **state)
{
    static const struct {
        const char *path, *kind;
    } rows[] = {
        {"/api", "gateway"},
        {"/api/", "gateway"},
        {"/api/x", "gateway"},
        {"/api/x/y/", "gateway"},
        {"/api//x", "gateway"},
        {"/api/x//", "gateway"},
        {"/api/a%2Fb", "gateway"},
        {"/api/%FF", "gateway"},
        {"/api" DEEP DEEP DEEP, "gateway"},
        {"/api/notes", "document"},
        {"/api/notes/", "document"}, /* which redirects */
        {"/api/notes/x", "gateway"},
        {"/api/../own", "document"},
        {"/own/../api/x", "gateway"},
        {"/apis", ""},
        {"/own/x", ""},
        {"/own//", ""},
        {"/own" DEEP DEEP, ""},
        {"/of/ann/mail/7", "gateway"},
        {"/of/ann//mail", ""},
        {"/", "start"},
        {"/openapi.json", "description"},
    };
    struct routed r = {.catalog = new_catalog(description)};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *kind = owner(&r, rows[i].path);

        if (rows[i].kind[0] == '\0' ? kind[0] != '\0'
            : r.x.resource->forwarding != NULL
                ? strcmp(rows[i].kind, "gateway") != 0
                : strcmp(rows[i].kind, "gateway") == 0)
            fail_msg("%s: %s", rows[i].path, kind);
        forget(&r);
    }
    vb_catalog_unref(r.catalog);
}

/* Methods that nobody knows may be known there (RFC 9110 section 9.1). */
static void what_goes_on_is_what_is_declared_or_all(void **state)
{
    struct routed r = {.catalog = new_catalog(description)};

    (void)state;
    assert_true(vb_catalog_site(r.catalog)->forwards);
    assert_string_equal(owner(&r, "/api/x"), "gateway");
    assert_true(r.x.resource->any_method);
    forget(&r);
    assert_string_equal(owner(&r, "/of/ann/mail"), "gateway");
    assert_false(r.x.resource->any_method);
    assert_span_equal(r.x.resource->allow_text, "GET, HEAD, POST, OPTIONS");
    assert_int_equal(r.x.variable_count, 1);
    assert_span_equal(r.x.variables[0], "ann");
    forget(&r);
    vb_catalog_unref(r.catalog);
}

/* What is described nowhere is the other server's, but for what this one adds
 * to a description. */
static void the_rest_may_be_another_servers(void **state)
{
    const struct vb_span server = VB_SPAN_INIT("http://127.0.0.1:1");
    const struct vb_gateway rest = {.servers = &server, .server_count = 1};
    static const struct {
        const char *path;
        bool goes_on;
    } rows[] = {
        {"/", true},       {"/x", true},
        {"//x", true},     {DEEP DEEP, true},
        {"/own", false},   {"/own/x", true},
        {"/own//x", true}, {"/openapi.json", false},
        {"/api/x", true},
    };
    struct routed r = {.catalog = new_catalog(description)};

    (void)state;
    assert_int_equal(vb_catalog_serve_gateway(r.catalog, &rest), VB_OK);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        if (owner(&r, rows[i].path)[0] == '\0' ||
            (r.x.resource->forwarding != NULL) != rows[i].goes_on)
            fail_msg("%s", rows[i].path);
        forget(&r);
    }
    vb_catalog_unref(r.catalog);
}

static unsigned released;

static const struct vb_tls_outward *secure(const struct vb_gateway_tls *tls,
                                           struct vb_buf *why)
{
    if (tls->ca == NULL)
        return (const struct vb_tls_outward *)&released; /* whatever it is */
    vb_buf_str(why, "cannot read it");
    return NULL;
}

static void release(const struct vb_tls_outward *tls)
{
    assert_ptr_equal(tls, &released);
    released++;
}

static void opening_tells_what_is_wrong_with_tls(void **state)
{
    const struct vb_gateway_setup setup = {
        .pseudonym = VB_SPAN("us"), .secure = secure, .release = release};
    const struct vb_span server = VB_SPAN_INIT("https://a.example");
    struct vb_gateway rest = {
        .servers = &server, .server_count = 1, .secure = true};
    struct vb_catalog *catalog = new_catalog(description);
    struct vb_notes notes;

    (void)state;
    vb_notes_init(&notes);
    released = 0;
    assert_int_equal(vb_catalog_serve_gateway(catalog, &rest), VB_OK);
    assert_int_equal(vb_catalog_open_gateways(catalog, &setup, &notes), VB_OK);
    assert_int_equal(released, 0);
    vb_catalog_unref(catalog);
    assert_int_equal(released, 1);

    catalog = new_catalog(description);
    rest.tls.ca = "ca.pem";
    assert_int_equal(vb_catalog_serve_gateway(catalog, &rest), VB_OK);
    assert_int_equal(vb_catalog_open_gateways(catalog, &setup, &notes),
                     VB_ERR_INVALID);
    assert_int_equal(notes.errors, 1);
    assert_span_equal(notes.first->text, "cannot read it");
    vb_catalog_unref(catalog);
    assert_int_equal(released, 1);
    vb_notes_done(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gateway_owns_what_is_below_it),
        cmocka_unit_test(what_goes_on_is_what_is_declared_or_all),
        cmocka_unit_test(the_rest_may_be_another_servers),
        cmocka_unit_test(opening_tells_what_is_wrong_with_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
