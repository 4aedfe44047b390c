/* See run.h. */
#include "run.h"

#include "graphql/validate.h"
#include "unit.h"

struct vb_json *json_of(const char *text)
{
    struct vb_json *json = NULL;

    if (text != NULL && vb_json_parse(vb_span_str(text), NULL, &json, NULL))
        fail_msg("%s", text);
    return json;
}

void run_read(struct run *r, const struct vb_gql_schema *schema,
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

void run_begin(struct run *r, const struct vb_gql_schema *schema,
               const char *text, const char *variables, const char *root)
{
    struct vb_gql_request request = {.schema = schema};

    run_read(r, schema, text);
    r->variables = json_of(variables);
    r->root = json_of(root);
    request.document = r->document;
    request.variables = variables != NULL ? r->variables->root : NULL;
    request.root = root != NULL ? r->root->root : NULL;
    r->err = vb_gql_execute(&request, &r->errors, &r->execution);
}

void run_write(struct vb_buf *buf, const struct run *r)
{
    vb_buf_init(buf, 1 << 20);
    vb_gql_response_write(buf, &r->errors, r->execution);
    assert_int_equal(buf->err, VB_OK);
}

void run_responds(const struct run *r, const char *wanted)
{
    struct vb_buf buf;

    run_write(&buf, r);
    assert_span_equal(vb_buf_span(&buf), wanted);
    vb_buf_done(&buf);
}

void run_done(struct run *r)
{
    vb_json_free(r->variables);
    vb_json_free(r->root);
    vb_arena_done(&r->arena);
}
