/* Over which connections credentials are asked for and taken. */
#include "unit.h"

#include "access/guard.h"
#include "access/scheme.h"

static const char api[] =
    "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"t\", \"version\": \"1\"},"
    "\"components\": {\"securitySchemes\": {\"card\": {\"type\": "
    "\"mutualTLS\"}}},"
    "\"paths\": {\"/a\": {"
    "\"get\": {\"security\": [{\"card\": []}], \"responses\": {}},"
    "\"delete\": {\"security\": [{\"card\": []}, {}], \"responses\": {}},"
    "\"put\": {\"responses\": {}}}}}";

static const struct vb_description *description;
static struct vb_access *access_;
static struct vb_guard guard;
static struct vb_resource resource;

static int set_up(void **state)
{
    struct vb_notes notes;

    (void)state;
    vb_notes_init(&notes);
    assert_int_equal(vb_description_parse(VB_SPAN("t"), vb_span_str(api),
                                          &notes, &description),
                     VB_OK);
    vb_notes_done(&notes);
    assert_int_equal(vb_access_new(description, &access_), VB_OK);
    vb_guard_put(&guard, access_, description->routes[0], NULL, &resource);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_access_free(access_);
    vb_description_unref(description);
    return 0;
}

struct connection {
    struct vb_peer peer;
    bool plain_credentials;
};

static struct connection here = {.peer = {.loopback = true}};
static struct connection over_tls = {.peer = {.secure = true}};
static struct connection in_clear = {.peer = {.port = 1}};
static struct connection allowed = {.plain_credentials = true};

/* The status that the row ends with, or 0: it is passed. */
static unsigned ask(const struct connection *connection, enum vb_method method,
                    const char *authorization)
{
    const struct vb_trust trust = {.plain_credentials =
                                       connection->plain_credentials};
    struct vb_service service = {.begin = NULL};
    struct vb_site site = {.trust = &trust};
    struct vb_env env;
    struct vb_exchange *x;
    enum vb_answer answer;
    unsigned status;
    const char *why;

    vb_env_init(&env, &vb_limits_default, &service);
    x = vb_exchange_new(&env);
    assert_non_null(x);
    x->peer = &connection->peer;
    x->site = &site;
    x->resource = &resource;
    x->head.method = method;
    if (authorization != NULL)
        assert_int_equal(vb_fields_add(&x->head.fields, &x->arena,
                                       &vb_limits_default.head,
                                       VB_SPAN("Authorization"),
                                       vb_span_str(authorization), &why),
                         0);
    answer = vb_access_authentic(x);
    status = answer == VB_YES ? 0 : x->reply.status;
    vb_exchange_release(x);
    vb_env_done(&env);
    return status;
}

static void credentials_come_over_tls_or_from_this_machine(void **state)
{
    static const struct {
        const struct connection *connection;
        enum vb_method method; /* GET: needed, DELETE: or none, PUT: not said */
        const char *authorization;
        unsigned status;
    } rows[] = {
        {&here, VB_METHOD_GET, NULL, 401},
        {&over_tls, VB_METHOD_GET, NULL, 401},
        {&allowed, VB_METHOD_GET, NULL, 401},
        /* A challenge would make the client send them. */
        {&in_clear, VB_METHOD_GET, NULL, 403},
        {&in_clear, VB_METHOD_GET, "Bearer abc", 403},
        {&in_clear, VB_METHOD_DELETE, NULL, 0},
        {&in_clear, VB_METHOD_DELETE, "Bearer abc", 403},
        {&here, VB_METHOD_DELETE, NULL, 0},
        {&over_tls, VB_METHOD_DELETE, NULL, 0},
        {&in_clear, VB_METHOD_PUT, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned got =
            ask(rows[i].connection, rows[i].method, rows[i].authorization);

        if (got != rows[i].status)
            fail_msg("row %zu: %u, and not %u", i, got, rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            credentials_come_over_tls_or_from_this_machine, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
