/*
 * Any bytes are a document, or are refused once and at a place within them;
 * what was a document is the same whatever is ignored around it. It is judged,
 * and what is valid can have its variables.
 */
#include "base/assert.h"
#include "graphql/coerce.h"
#include "graphql/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum vb_err read_bytes(struct vb_arena *arena, struct vb_span text,
                              const struct vb_gql_document **document)
{
    struct vb_gql_errors errors;
    enum vb_err err;

    vb_gql_errors_init(&errors, arena);
    err = vb_gql_parse(arena, text, NULL, &errors, document);
    vb_assert(errors.count == (err == VB_OK ? 0 : 1));
    if (err != VB_OK) {
        vb_assert(err == VB_ERR_SYNTAX || err == VB_ERR_LIMIT);
        vb_assert(errors.first->places[0].line <= text.len + 1);
        vb_assert(errors.first->places[0].column <= text.len + 1);
    }
    return err;
}

/* Once for all inputs; it is reachable until the end. */
static const struct vb_gql_schema *schema_of_all(void)
{
    static struct vb_gql_schema *schema;
    struct vb_gql_type *type;

    if (schema != NULL)
        return schema;
    vb_assert(vb_gql_schema_new(1 << 20, &schema) == VB_OK);
    type = vb_gql_add_type(schema, VB_GQL_TYPE_INPUT, VB_SPAN("In"));
    vb_gql_define_inputs(schema, &type->inputs, "a: Int = 1, b: [In!], c: ID!");
    type = vb_gql_add_type(schema, VB_GQL_TYPE_OBJECT, VB_SPAN("Query"));
    vb_gql_define_field(schema, type, "a(x: Int, y: In): Query", NULL);
    vb_gql_define_field(schema, type, "b(x: [Int!]! = [1]): [String!]!", NULL);
    schema->query = schema->mutation = schema->subscription = type;
    return schema;
}

static void judge(struct vb_arena *arena,
                  const struct vb_gql_document *document)
{
    struct vb_gql_variables variables;
    struct vb_gql_errors errors;
    enum vb_err err;

    vb_gql_errors_init(&errors, arena);
    err = vb_gql_validate(schema_of_all(), document, NULL, &errors);
    vb_assert((err == VB_OK) == (errors.count == 0));
    for (const struct vb_gql_operation *o = document->operations;
         err == VB_OK && o != NULL; o = o->next) {
        size_t before = errors.count;
        enum vb_err is = vb_gql_coerce_variables(schema_of_all(), o, NULL,
                                                 &errors, &variables);

        vb_assert(is == VB_OK || errors.count > before || errors.more);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    const struct vb_gql_document *document, *again;
    struct vb_arena arena;
    struct vb_buf more;

    if (size > 1 << 16)
        return 0;
    vb_arena_init(&arena, 4096, 1 << 26);
    if (read_bytes(&arena, text, &document) == VB_OK) {
        vb_buf_init(&more, 1 << 20);
        vb_buf_str(&more, "#x\r,");
        vb_buf_append(&more, text);
        vb_buf_str(&more, "\n,\t");
        vb_assert(read_bytes(&arena, vb_buf_span(&more), &again) == VB_OK);
        vb_assert(again->selection_count == document->selection_count);
        vb_assert(again->operation_count == document->operation_count);
        vb_buf_done(&more);
        judge(&arena, document);
    }
    vb_arena_done(&arena);
    return 0;
}
