/*
 * When memory runs out at any one point, whatever was under way says so and
 * gives back what it had: each operation runs with its first allocation
 * failing, then with its second, and so on until it needs no more.
 *
 * The linker sends our calls of malloc and friends through here (--wrap).
 */
#include "unit.h"

#include <stdlib.h>

#include "content/html.h"
#include "content/merge.h"
#include "content/patch.h"
#include "json_unit.h"

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static long until_failure; /* allocations that still work; < 0: all do */
static bool failed;
static long live; /* allocations not given back */

static bool allowed(void)
{
    if (until_failure < 0)
        return true;
    if (until_failure > 0) {
        until_failure--;
        return true;
    }
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

/* What the operations work on. */
static struct vb_json *document, *other, *patch, *change;

static void set_up(void)
{
    until_failure = -1;
    document = parse("{\"a\":{\"b\":[1,2,{\"c\":\"x\"}]},\"k1\":1,\"k2\":2,"
                     "\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8}");
    other = parse("{\"k8\":8,\"k7\":7,\"k6\":6,\"k5\":5,\"k4\":4,\"k3\":3,"
                  "\"k2\":2,\"k1\":1,\"a\":{\"b\":[1,2,{\"c\":\"x\"}]}}");
    patch = parse("[{\"op\":\"test\",\"path\":\"/a\",\"value\":"
                  "{\"b\":[1,2,{\"c\":\"x\"}]}},"
                  "{\"op\":\"add\",\"path\":\"/new\",\"value\":{\"n\":\"s\"}},"
                  "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/k1\"},"
                  "{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/k2\"},"
                  "{\"op\":\"replace\",\"path\":\"/k3\",\"value\":[\"y\"]},"
                  "{\"op\":\"remove\",\"path\":\"/k4\"}]");
    change = parse("{\"a\":{\"b\":null,\"d\":[\"z\"]},\"k1\":2,\"n1\":1,"
                   "\"n2\":2,\"n3\":3,\"n4\":4,\"n5\":5,\"n6\":6,\"n7\":7}");
}

static void tear_down(void)
{
    until_failure = -1;
    vb_json_free(document);
    vb_json_free(other);
    vb_json_free(patch);
    vb_json_free(change);
}

static enum vb_err run_parse(void)
{
    struct vb_json *json = NULL;
    struct vb_json_error error;
    enum vb_err err;

    err = vb_json_parse(VB_SPAN("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,"
                                "\"f\":6,\"g\":7,\"h\":8,\"i\":[[[[]]]]}"),
                        NULL, &json, &error);
    if (err != VB_OK)
        assert_string_equal(error.text, "out of memory");
    vb_json_free(json);
    return err;
}

static enum vb_err run_freeze(void)
{
    struct vb_json *json = NULL;
    yyjson_mut_doc *doc;
    enum vb_err err;
    long kept = until_failure;

    until_failure = -1; /* building is not what this is about */
    doc = yyjson_doc_mut_copy(document->doc, NULL);
    until_failure = kept;
    err = vb_json_freeze(yyjson_mut_doc_get_root(doc), NULL, &json, NULL);
    vb_json_free(json);
    yyjson_mut_doc_free(doc);
    return err;
}

static enum vb_err run_equal(void)
{
    bool equal = false;
    enum vb_err err = vb_json_equal(document->root, other->root, &equal);

    assert_int_equal(equal, err == VB_OK);
    return err;
}

static enum vb_err run_patch(void)
{
    struct vb_patch_failure failure;
    struct vb_json *json = NULL;
    enum vb_err err =
        vb_patch_apply(document->root, patch->root, NULL, &json, &failure);

    vb_json_free(json);
    return err;
}

static enum vb_err run_merge(void)
{
    struct vb_json *json = NULL;
    enum vb_err err = vb_merge_apply(document->root, change->root, NULL, &json);

    vb_json_free(json);
    return err;
}

/* A segment that cannot be decoded for want of memory is shown as it came, so
 * a page may be complete although an allocation failed. */
static enum vb_err run_html(void)
{
    const struct vb_html_page page = {.path = VB_SPAN("/a%20b/c%20d")};
    struct vb_buf buf;
    enum vb_err err;

    vb_buf_init(&buf, VB_HTML_MOST);
    vb_html_value(&buf, &page, document->root);
    err = buf.err;
    if (err == VB_OK)
        assert_true(vb_span_ends(vb_buf_span(&buf), VB_SPAN("</html>\n")));
    vb_buf_done(&buf);
    return err;
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    static const struct {
        const char *name;
        enum vb_err (*run)(void);
        bool may_do_without;
    } rows[] = {
        {"parse", run_parse, false}, {"freeze", run_freeze, false},
        {"equal", run_equal, false}, {"patch", run_patch, false},
        {"merge", run_merge, false}, {"html", run_html, true},
    };

    (void)state;
    set_up();
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        long before = live;
        enum vb_err err;
        long n = 0;

        do {
            until_failure = n++;
            failed = false;
            err = rows[i].run();
            until_failure = -1;
            if (live != before)
                fail_msg("%s leaks when allocation %ld fails", rows[i].name, n);
            if (failed && err != VB_ERR_NOMEM &&
                !(rows[i].may_do_without && err == VB_OK))
                fail_msg("%s: allocation %ld fails: %s", rows[i].name, n,
                         vb_err_text(err));
        } while (failed);
        assert_int_equal(err, VB_OK);
        assert_true(n > 1);
    }
    tear_down();
    assert_int_equal(live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
    };

    return cmocka_run_group_tests_name("nomem", tests, NULL, NULL);
}
