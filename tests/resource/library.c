/* The resources of a small library. See library.h. */
#include "unit.h"

#include <stdlib.h>

#include "base/list.h"
#include "flow/inner.h"
#include "library.h"
#include "storage/cache.h"

#define LIST(schema)                                                           \
    "get: {responses: {'200': {description: all, content: "                    \
    "{application/json: {schema: {type: array, items: {$ref: "                 \
    "'#/components/schemas/" schema "'}}}}}}}\n"                               \
    "    post: {requestBody: {content: {application/json: {schema: {$ref: "    \
    "'#/components/schemas/" schema "'}}}}, responses: {'201': "               \
    "{description: made}}}\n"
#define VARIABLE(name)                                                         \
    "{name: " name ", in: path, required: true, schema: {type: integer}}"
#define GET(schema)                                                            \
    "get: {responses: {'200': {description: it, content: "                     \
    "{application/json: {schema: {$ref: '#/components/schemas/" schema         \
    "'}}}}}}\n"
#define ONE(schema) "parameters: [" VARIABLE("id") "]\n    " GET(schema)

/* Lines as they stand in a file: clang-format would not leave them so. */
/* clang-format off */
static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: Library, version: '1'}\n"
    "paths:\n"
    "  /authors:\n"
    "    " LIST("Author")
    "  /authors/{id}:\n"
    "    " ONE("Author")
    "  /books:\n"
    "    " LIST("Book")
    "  /books/{id}:\n"
    "    " ONE("Book")
    "  /books/{id}/reviews:\n"
    "    parameters: [" VARIABLE("id") "]\n"
    "    " LIST("Review")
    "  /books/{id}/reviews/{review}:\n"
    "    parameters: [" VARIABLE("id") ", " VARIABLE("review") "]\n"
    "    " GET("Review")
    "components:\n"
    "  schemas:\n"
    "    Author:\n"
    "      properties:\n"
    "        id: {type: integer, x-verbatim: {value: id}}\n"
    "        name: {type: string}\n"
    "    Book:\n"
    "      properties:\n"
    "        id: {type: integer, x-verbatim: {value: id}}\n"
    "        title: {type: string}\n"
    "        author: {type: integer, x-verbatim: {references: '/authors/{id}'}}\n"
    "    Review:\n"
    "      properties: {text: {type: string}}\n";
/* clang-format on */

/* --- requests ----------------------------------------------------------------
 */

/* One that is under way. */
struct asked {
    struct vb_inner inner;
    struct vb_inner_request request;
    struct vb_field_out fields[2];
};

static void reply(struct vb_inner *inner)
{
    struct library *library = inner->context;
    struct vb_span retry_after = vb_inner_field(inner, VB_FIELD_RETRY_AFTER);

    library->status = inner->status;
    assert_true(retry_after.len < sizeof(library->retry_after));
    if (retry_after.len > 0)
        memcpy(library->retry_after, retry_after.ptr, retry_after.len);
    library->retry_after[retry_after.len] = '\0';
    assert_true(inner->content.len < sizeof(library->text));
    if (inner->content.len > 0)
        memcpy(library->text, inner->content.ptr, inner->content.len);
    library->text[inner->content.len] = '\0';
}

static void done(struct vb_inner *inner)
{
    free(VB_CONTAINER(inner, struct asked, inner));
}

struct vb_inner *library_begin(struct library *library, const char *target,
                               const char *content, const char *key)
{
    struct asked *asked = calloc(1, sizeof(*asked));

    assert_non_null(asked);
    asked->inner = (struct vb_inner){.outer = library->outer,
                                     .most = sizeof(library->text),
                                     .reply = reply,
                                     .done = done,
                                     .context = library};
    asked->fields[0] = (struct vb_field_out){VB_SPAN("Content-Type"),
                                             VB_SPAN("application/json")};
    asked->fields[1] = (struct vb_field_out){
        VB_SPAN("Idempotency-Key"), vb_span_str(key == NULL ? "" : key)};
    asked->request = (struct vb_inner_request){
        .method = VB_SPAN("POST"),
        .target = vb_span_str(target),
        .fields = asked->fields,
        .field_count = key == NULL ? 1 : 2,
        .content = vb_span_str(content),
    };
    library->status = 0;
    assert_true(vb_inner_begin(&asked->inner, &asked->request));
    return &asked->inner;
}

void library_post_once(struct library *library, const char *target,
                       const char *content, const char *key)
{
    (void)library_begin(library, target, content, key);
    assert_int_not_equal(library->status, 0);
}

void library_post(struct library *library, const char *target,
                  const char *content)
{
    library_post_once(library, target, content, NULL);
}

void library_make(struct library *library, const char *target,
                  const char *content)
{
    library_post(library, target, content);
    if (library->status != 201)
        fail_msg("%u %s", library->status, library->text);
}

unsigned library_occurrences(const char *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

/* --- set up ------------------------------------------------------------------
 */

static void pass(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
}

static void wake(struct vb_mailbox *box)
{
    (void)box;
}

static void make_catalog(struct library *library)
{
    const struct vb_description *d;
    struct vb_notes notes;
    struct vb_buf why;

    vb_notes_init(&notes);
    if (vb_description_parse(VB_SPAN("library.yaml"), vb_span_str(description),
                             &notes, &d) != VB_OK) {
        vb_buf_init(&why, 65536);
        vb_notes_print(&notes, &why);
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    }
    vb_notes_done(&notes);
    assert_int_equal(vb_catalog_new(d, VB_SPAN(""), &library->catalog), VB_OK);
    assert_int_equal(
        vb_catalog_serve_graph(library->catalog, VB_SPAN("/graphql"), NULL),
        VB_OK);
    vb_description_unref(d);
}

static void make_store(struct library *library)
{
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &library->store, NULL),
                     VB_OK);
    library->real = library->store->ops;
    library->ops = *library->real;
    library->store->ops = &library->ops;
    vb_mailbox_init(&library->mailbox, wake, NULL);
    library->env.store =
        vb_store_attach(library->store, &library->mailbox, NULL, NULL);
    assert_non_null(library->env.store);
}

static void make_outer(struct library *library)
{
    static const struct vb_carrier carrier = {.protocol = "test"};
    struct vb_exchange *outer = vb_exchange_new(&library->env);

    assert_non_null(outer);
    outer->carrier = &carrier;
    outer->peer = &library->peer;
    outer->site = library->env.site;
    outer->head.scheme = VB_SPAN("http");
    outer->head.authority = VB_SPAN("localhost");
    library->outer = outer;
}

void library_open(struct library *library)
{
    library->limits = vb_limits_default;
    library->service = (struct vb_service){.begin = pass, .end = pass};
    library->peer = (struct vb_peer){.loopback = true};
    vb_env_init(&library->env, &library->limits, &library->service);
    make_catalog(library);
    make_store(library);
    library->env.site = vb_catalog_site(library->catalog);
    make_outer(library);
}

void library_close(struct library *library)
{
    vb_exchange_release(library->outer);
    vb_mailbox_run(&library->mailbox);
    vb_store_detach(library->env.store);
    vb_store_close(library->store);
    vb_mailbox_done(&library->mailbox);
    vb_catalog_unref(library->catalog);
    vb_env_done(&library->env);
}
