/*
 * A schema and an instance, divided by NUL; the first byte chooses the dialect.
 * Whatever they are, compiling and validating end within their bounds, and the
 * verdict is the same with and without reasons.
 */
#include "base/assert.h"
#include "content/json.h"
#include "content/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same document under any URI below this one. */
static yyjson_val *resolve(void *owner, struct vb_span uri,
                           yyjson_val *reference)
{
    vb_assert(yyjson_is_str(reference));
    return vb_span_starts(uri, VB_SPAN("test:/self/")) ? owner : NULL;
}

static void check(const struct vb_schema *schema, yyjson_val *instance)
{
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena, .budget = 20000};
    const struct vb_schema_property *properties;
    enum vb_err verdict, reasoned;
    size_t count;

    vb_arena_init(&arena, 4096, 1 << 20);
    verdict = vb_schema_validate(schema, instance, &run);
    run.max_errors = 4;
    reasoned = vb_schema_validate(schema, instance, &run);
    vb_assert(verdict == reasoned);
    vb_assert(verdict == VB_ERR_INVALID || run.errors == NULL);
    vb_assert(verdict != VB_ERR_INVALID || run.error_count > 0 ||
              run.more_errors);
    vb_assert(run.error_count <= 4);
    (void)vb_schema_properties(schema, &arena, &properties, &count);
    (void)vb_schema_facts(schema);
    (void)vb_schema_items(schema);
    vb_arena_done(&arena);
}

static void compile_and_check(yyjson_val *schema, yyjson_val *instance,
                              enum vb_schema_dialect dialect)
{
    struct vb_schema_options options = {.dialect = dialect,
                                        .memory = 4 << 20,
                                        .resolve = resolve,
                                        .owner = schema};
    const struct vb_schema *compiled;
    struct vb_schema_fault fault = {.value = NULL};
    struct vb_schema_set *set = NULL;
    enum vb_err err;

    vb_assert(vb_schema_set_new(&options, &set) == VB_OK);
    err = vb_schema_set_add(set, VB_SPAN("test:/schema"), schema, &fault);
    vb_assert(err != VB_ERR_INVALID || fault.value != NULL);
    err = vb_schema_compile(set, schema, &compiled, &fault);
    if (err == VB_OK)
        check(compiled, instance);
    else if (err == VB_ERR_INVALID)
        vb_assert(fault.value != NULL && fault.detail.len > 0);
    vb_schema_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vb_json_limits limits = {
        .bytes = 1 << 16, .memory = 4 << 20, .depth = VB_JSON_DEPTH_MOST};
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_json *schema = NULL, *instance = NULL;
    ssize_t cut = vb_span_find(text, '\0', 1);

    if (cut < 0)
        return 0;
    if (vb_json_parse(vb_span_of(text.ptr + 1, (size_t)cut - 1), &limits,
                      &schema, NULL) == VB_OK &&
        vb_json_parse(vb_span_from(text, (size_t)cut + 1), &limits, &instance,
                      NULL) == VB_OK)
        compile_and_check(schema->root, instance->root,
                          text.ptr[0] == '3' ? VB_SCHEMA_OPENAPI_3_0
                                             : VB_SCHEMA_2020_12);
    vb_json_free(schema);
    vb_json_free(instance);
    return 0;
}
