/*
 * Any bytes are a document, or are refused once and at a place within them;
 * what was a document is the same whatever is ignored around it.
 */
#include "base/assert.h"
#include "graphql/parse.h"

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
    }
    vb_arena_done(&arena);
    return 0;
}
