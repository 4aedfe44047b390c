/* What the tests of content/schema.h share. Include it after "unit.h". */
#ifndef VB_TESTS_CONTENT_SCHEMA_UNIT_H
#define VB_TESTS_CONTENT_SCHEMA_UNIT_H

#include "content/schema.h"
#include "json_unit.h"

/* One schema that is a document of its own, compiled. */
struct compiled {
    struct vb_json *json;
    struct vb_schema_set *set;
    const struct vb_schema *schema;
    struct vb_schema_fault fault;
    enum vb_err err;
};

static inline void compile_with(struct compiled *c, const char *text,
                                const struct vb_schema_options *options)
{
    *c = (struct compiled){.json = parse(text)};
    assert_int_equal(vb_schema_set_new(options, &c->set), VB_OK);
    c->err = vb_schema_set_add(c->set, VB_SPAN("test:/schema"), c->json->root,
                               &c->fault);
    if (c->err == VB_OK)
        c->err =
            vb_schema_compile(c->set, c->json->root, &c->schema, &c->fault);
}

/* Compiles a text that must be a good schema. */
static inline void compile(struct compiled *c, const char *text,
                           enum vb_schema_dialect dialect)
{
    const struct vb_schema_options options = {.dialect = dialect};

    compile_with(c, text, &options);
    if (c->err != VB_OK)
        fail_msg("%s: %s: %.*s %.*s", text, vb_err_text(c->err),
                 VB_FMT(c->fault.pointer), VB_FMT(c->fault.detail));
}

static inline void compiled_done(struct compiled *c)
{
    vb_schema_set_free(c->set);
    vb_json_free(c->json);
}

/* The verdict, asked for with and without reasons. */
static inline enum vb_err verdict(const struct vb_schema *schema,
                                  const char *instance)
{
    struct vb_json *json = parse(instance);
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena};
    enum vb_err err;

    vb_arena_init(&arena, 4096, 1 << 20);
    err = vb_schema_validate(schema, json->root, &run);
    run.max_errors = 3;
    assert_int_equal(vb_schema_validate(schema, json->root, &run), err);
    assert_int_equal(run.error_count > 0, err == VB_ERR_INVALID);
    vb_arena_done(&arena);
    vb_json_free(json);
    return err;
}

/* A schema, an instance, and whether it is valid. */
struct verdict_row {
    const char *schema;
    const char *instance;
    bool valid;
};

static inline void check_verdicts(const struct verdict_row *rows, size_t count,
                                  enum vb_schema_dialect dialect)
{
    for (size_t i = 0; i < count; i++) {
        enum vb_err want = rows[i].valid ? VB_OK : VB_ERR_INVALID;
        struct compiled c;

        compile(&c, rows[i].schema, dialect);
        if (verdict(c.schema, rows[i].instance) != want)
            fail_msg("row %zu: %s of %s must be %s", i, rows[i].instance,
                     rows[i].schema, rows[i].valid ? "valid" : "invalid");
        compiled_done(&c);
    }
}

/* A schema, and the pointer and text of what is wrong with it. */
struct fault_row {
    const char *schema;
    const char *pointer;
    const char *detail;
};

static inline void check_faults(const struct fault_row *rows, size_t count,
                                enum vb_schema_dialect dialect)
{
    const struct vb_schema_options options = {.dialect = dialect};

    for (size_t i = 0; i < count; i++) {
        struct compiled c;

        compile_with(&c, rows[i].schema, &options);
        if (c.err != VB_ERR_INVALID)
            fail_msg("row %zu: %s: %s", i, rows[i].schema, vb_err_text(c.err));
        if (!vb_span_eq(c.fault.pointer, vb_span_str(rows[i].pointer)) ||
            !vb_span_eq(c.fault.detail, vb_span_str(rows[i].detail)))
            fail_msg("row %zu: %s: %.*s %.*s", i, rows[i].schema,
                     VB_FMT(c.fault.pointer), VB_FMT(c.fault.detail));
        assert_span_equal(c.fault.uri, "test:/schema");
        assert_non_null(c.fault.value);
        compiled_done(&c);
    }
}

#endif
