/*
 * Executing (section 6): rows of a query, the objects that it is asked of, and
 * the response. The animals are those of zoo.h.
 */
#include "unit.h"

#include <stdio.h>

#include "answer.h"
#include "content/json.h"
#include "graphql/validate.h"
#include "zoo.h"

/* A request from its text to its response. */
struct run {
    struct vb_arena arena;
    struct vb_gql_errors errors;
    const struct vb_gql_document *document;
    struct vb_json *variables, *root;
    struct vb_gql_execution *execution; /* NULL: it did not begin */
    enum vb_err err;
};

static struct vb_json *json_of(const char *text)
{
    struct vb_json *json = NULL;

    if (text != NULL && vb_json_parse(vb_span_str(text), NULL, &json, NULL))
        fail_msg("%s", text);
    return json;
}

static void read_document(struct run *r, const struct vb_gql_schema *schema,
                          const char *text)
{
    *r = (struct run){.err = VB_OK};
    vb_arena_init(&r->arena, 4096, 1 << 22);
    vb_gql_errors_init(&r->errors, &r->arena);
    if (vb_gql_parse(&r->arena, vb_span_str(text), NULL, &r->errors,
                     &r->document) != VB_OK ||
        vb_gql_validate(schema, r->document, NULL, &r->errors) != VB_OK)
        fail_msg("%s: %.*s", text, VB_FMT(r->errors.first->message));
}

static void begin(struct run *r, const struct vb_gql_schema *schema,
                  const char *text, const char *variables, const char *root)
{
    struct vb_gql_request request = {.schema = schema};

    read_document(r, schema, text);
    r->variables = json_of(variables);
    r->root = json_of(root);
    request.document = r->document;
    request.variables = variables != NULL ? r->variables->root : NULL;
    request.root = root != NULL ? r->root->root : NULL;
    r->err = vb_gql_execute(&request, &r->errors, &r->execution);
}

static void responds(struct run *r, const char *wanted)
{
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 20);
    vb_gql_response_write(&buf, &r->errors, r->execution);
    assert_int_equal(buf.err, VB_OK);
    assert_span_equal(vb_buf_span(&buf), wanted);
    vb_buf_done(&buf);
}

static void done(struct run *r)
{
    vb_json_free(r->variables);
    vb_json_free(r->root);
    vb_arena_done(&r->arena);
}

static const struct {
    const char *text, *variables, *root, *response;
} rows[] = {
#include "execute_rows.inc"
};

static void requests_have_their_responses(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct run r;

        begin(&r, schema, rows[i].text, rows[i].variables, rows[i].root);
        if (r.execution != NULL) {
            answer_all(schema, r.execution);
            assert_true(vb_gql_execution_is_over(r.execution));
        }
        responds(&r, rows[i].response);
        done(&r);
    }
    vb_gql_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_their_responses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
