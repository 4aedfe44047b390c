/*
 * Any text is a description that `check` can tell about, or errors that say
 * so. The first byte chooses the syntax.
 */
#include "base/assert.h"
#include "describe/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7 forgets a buffer over an unterminated quote. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void check_route(const struct vb_route *route)
{
    vb_assert(route->served == (route->why_not.len == 0));
    vb_assert(!route->collection || route->collection->member == route);
    for (size_t i = 0; i < route->template.segment_count; i++)
        vb_assert(route->why_not.len > 0 ||
                  route->template.segments[i].kind == VB_SEGMENT_LITERAL ||
                  route->template.segments[i].parameter);
    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *op = &route->operations[i];

        vb_assert(op->served == (op->why_not.len == 0));
        vb_assert(op->method == VB_METHOD_UNKNOWN ||
                  route->by_method[op->method]);
    }
}

static void check_description(const struct vb_description *d)
{
    struct vb_check_counts counts = {0};
    struct vb_buf out;

    vb_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < d->route_count; i++)
        check_route(d->routes[i]);
    if (vb_check(d, &out, &counts) == VB_OK)
        vb_assert(counts.served <= counts.operations);
    vb_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vb_description *d = NULL;
    struct vb_notes notes;
    enum vb_err err;

    if (size == 0)
        return 0;
    vb_notes_init(&notes);
    err = vb_description_parse(
        data[0] == 'j' ? VB_SPAN("f.json") : VB_SPAN("f"),
        vb_span_of((const char *)data + 1, size - 1), &notes, &d);
    vb_assert((err == VB_OK) == (notes.errors == 0));
    vb_assert((err == VB_OK) == (d != NULL));
    if (d)
        check_description(d);
    vb_description_unref(d);
    vb_notes_done(&notes);
    return 0;
}
