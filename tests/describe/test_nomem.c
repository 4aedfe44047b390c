/*
 * When memory runs out at any one point, reading a description fails and gives
 * back what it had; it never hands out half a plan.
 *
 * The linker sends our calls of malloc and friends through here (--wrap).
 */
#include "unit.h"

#include <stdlib.h>

#include "describe/check.h"

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static long until_failure = -1; /* allocations that still work; < 0: all do */
static bool failed;
static long live; /* allocations not given back */

static bool allowed(void)
{
    if (until_failure < 0)
        return true;
    if (until_failure-- > 0)
        return true;
    until_failure = -1;
    failed = true;
    return false;
}

static void *count_new(void *memory)
{
    live += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return allowed() ? count_new(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allowed() ? count_new(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    void *memory = allowed() ? __real_realloc(old, size) : NULL;

    return old == NULL ? count_new(memory) : memory;
}

void __wrap_free(void *memory)
{
    live -= memory != NULL;
    __real_free(memory);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static const char text[] =
    "openapi: 3.1.0\n"
    "info: {title: T, version: '1'}\n"
    "paths:\n"
    "  /b%20c/a:\n"
    "    post: {requestBody: {content: &json {application/json: {schema: "
    "{$ref: '#/components/schemas/A'}}}}, tags: [x], responses: {201: {}}}\n"
    "  /b%20c/a/{id}:\n"
    "    parameters: [{name: id, in: path, schema: {type: integer}}]\n"
    "    get: {responses: {200: {headers: {X: {schema: {type: string}}}, "
    "content: *json}}}\n"
    "    patch: {requestBody: {content: *json}}\n"
    "  /m/{id}: {x-verbatim: {moved: {to: 'https://e.org/a/{id}'}}}\n"
    "  /b%20c/a/{id}/x: {post: {}, x-verbatim: {do: {merge: {}}}}\n"
    "  /p: {post: {}, x-verbatim: {do: {plugin: {file: /proc/self/exe, "
    "config: {a: 1}}}}}\n"
    "components: {schemas: {A: {type: object, properties: {n: {$ref: "
    "'#/components/schemas/A'}, u: {type: string, x-verbatim: {unique: true}}"
    "}}}}\n";

/* True when the failure was met. */
static bool read_with_failure_after(long count)
{
    const struct vb_description *d = NULL;
    struct vb_check_counts counts;
    struct vb_notes notes;
    struct vb_buf out;
    long before = live;
    enum vb_err err;

    failed = false;
    vb_notes_init(&notes);
    vb_buf_init(&out, 1 << 20);
    until_failure = count;
    err =
        vb_description_parse(VB_SPAN("t.yaml"), vb_span_str(text), &notes, &d);
    if (err == VB_OK && !failed)
        err = vb_check(d, &out, &counts);
    until_failure = -1;
    if ((err != VB_OK) != failed)
        fail_msg("allocation %ld: %s", count, vb_err_text(err));
    vb_description_unref(d);
    vb_notes_done(&notes);
    vb_buf_done(&out);
    assert_int_equal(live, before);
    return failed;
}

static void every_allocation_may_fail(void **state)
{
    long count = 0;

    (void)state;
    while (read_with_failure_after(count))
        count++;
    print_message("%ld allocations\n", count);
    assert_true(count > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
