/* The rules of src/content/patch.h: RFC 6902, and RFC 5789 section 2.2. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "content/patch.h"
#include "json_unit.h"

/* One patch and what becomes of it: the changed document, or a failure. */
struct row {
    const char *target; /* NULL: none */
    const char *patch;
    const char *result;  /* NULL: a failure */
    int status;          /* of the failure */
    const char *pointer; /* what is to blame in the patch */
    const char *detail;
};

static void check(const struct row *row, const struct vb_patch_limits *limits)
{
    struct vb_json *target = row->target == NULL ? NULL : parse(row->target);
    struct vb_json *patch = parse(row->patch);
    struct vb_json *result = NULL;
    struct vb_patch_failure failure = {.detail = ""};
    yyjson_val *root = target == NULL ? NULL : target->root;
    enum vb_err err =
        vb_patch_apply(root, patch->root, limits, &result, &failure);

    if (row->result != NULL) {
        if (err != VB_OK)
            fail_msg("%s: %s", row->patch, failure.detail);
        assert_json(result->root, row->result);
        vb_json_free(result);
    } else {
        assert_null(result);
        if (err != VB_ERR_INVALID ||
            vb_patch_status(failure.fault) != row->status ||
            strcmp(failure.pointer, row->pointer) != 0 ||
            (row->detail != NULL && strcmp(failure.detail, row->detail) != 0))
            fail_msg("%s: %d %s %s: %.200s", vb_err_text(err),
                     vb_patch_status(failure.fault), failure.pointer,
                     failure.detail, row->patch);
    }
    /* 5789-2-05: the document itself is as it was */
    if (target != NULL)
        assert_json(target->root, row->target);
    vb_json_free(patch);
    vb_json_free(target);
}

static void patch_does_what_its_operations_say(void **state)
{
    static const struct row rows[] = {
        {"{\"a\":1}", "[]", "{\"a\":1}", 0, NULL, NULL},
        /* 6902-4.1-01: add inserts, adds, replaces in place, at the root */
        {"[1,3]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":2}]", "[1,2,3]",
         0, NULL, NULL},
        {"[1,3]", "[{\"op\":\"add\",\"path\":\"/0\",\"value\":[]}]", "[[],1,3]",
         0, NULL, NULL},
        {"{\"a\":1,\"b\":2}",
         "[{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]",
         "{\"a\":null,\"b\":2}", 0, NULL, NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/~1~0\",\"value\":1.50}]",
         "{\"a\":1,\"/~\":1.50}", 0, NULL, NULL},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[2]}]", "[2]",
         0, NULL, NULL},
        {"{}", "[{\"op\":\"add\",\"path\":\"/a\\u0000b\",\"value\":0}]",
         "{\"a\\u0000b\":0}", 0, NULL, NULL},
        /* 6902-4.1-03: - appends; so does the index behind the last */
        {"[1]",
         "[{\"op\":\"add\",\"path\":\"/-\",\"value\":2},"
         "{\"op\":\"add\",\"path\":\"/2\",\"value\":3}]",
         "[1,2,3]", 0, NULL, NULL},
        {"{\"a\":[]}", "[{\"op\":\"add\",\"path\":\"/a/0\",\"value\":1}]",
         "{\"a\":[1]}", 0, NULL, NULL},
        {"{}", "[{\"op\":\"add\",\"path\":\"/-\",\"value\":1}]", "{\"-\":1}", 0,
         NULL, NULL},
        {"{\"a\":1,\"b\":2,\"c\":3}", "[{\"op\":\"remove\",\"path\":\"/b\"}]",
         "{\"a\":1,\"c\":3}", 0, NULL, NULL},
        {"{\"a\":1,\"b\":2,\"c\":3}",
         "[{\"op\":\"remove\",\"path\":\"/c\"},"
         "{\"op\":\"add\",\"path\":\"/d\",\"value\":4},"
         "{\"op\":\"remove\",\"path\":\"/a\"}]",
         "{\"b\":2,\"d\":4}", 0, NULL, NULL},
        {"[1,[2]]",
         "[{\"op\":\"remove\",\"path\":\"/1/0\"},"
         "{\"op\":\"remove\",\"path\":\"/0\"}]",
         "[[]]", 0, NULL, NULL},
        {"{\"a\":{\"b\":1},\"c\":2}",
         "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":[{}]}]",
         "{\"a\":[{}],\"c\":2}", 0, NULL, NULL},
        {"1", "[{\"op\":\"replace\",\"path\":\"\",\"value\":\"x\"}]", "\"x\"",
         0, NULL, NULL},
        {"{\"a\":{\"b\":1},\"c\":[2]}",
         "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/c/0\"}]",
         "{\"a\":{},\"c\":[1,2]}", 0, NULL, NULL},
        {"[1,2,3]", "[{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/2\"}]",
         "[2,3,1]", 0, NULL, NULL},
        {"{\"a\":{\"b\":{\"c\":1}}}",
         "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/a\"}]",
         "{\"a\":{\"c\":1}}", 0, NULL, NULL},
        {"{\"a\":{\"b\":1}}",
         "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"\"}]", "1", 0, NULL,
         NULL},
        {"{\"a\":1,\"b\":2}",
         "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",
         "{\"a\":1,\"b\":2}", 0, NULL, NULL},
        {"{\"a\":1,\"ab\":2}",
         "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab\"}]", "{\"ab\":1}",
         0, NULL, NULL},
        /* a copy is a copy */
        {"{\"a\":[1]}",
         "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},"
         "{\"op\":\"add\",\"path\":\"/b/-\",\"value\":2}]",
         "{\"a\":[1],\"b\":[1,2]}", 0, NULL, NULL},
        {"{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}]",
         "{\"a\":{\"a\":1}}", 0, NULL, NULL},
        /* 6902-4.6-01 */
        {"{\"a\":1,\"b\":{\"x\":[1,2],\"y\":null}}",
         "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1.0},"
         "{\"op\":\"test\",\"path\":\"/b\",\"value\":"
         "{\"y\":null,\"x\":[10e-1,2]}},"
         "{\"op\":\"test\",\"path\":\"\",\"value\":"
         "{\"b\":{\"x\":[1,2],\"y\":null},\"a\":1}}]",
         "{\"a\":1,\"b\":{\"x\":[1,2],\"y\":null}}", 0, NULL, NULL},
        /* 6902-4-03: members that mean nothing to the operation */
        {"{\"a\":1}",
         "[{\"op\":\"remove\",\"path\":\"/a\",\"value\":1,\"from\":3,"
         "\"x\":[]}]",
         "{}", 0, NULL, NULL},
        /* what is not there can be created */
        {NULL, "[{\"op\":\"add\",\"path\":\"\",\"value\":{\"a\":1}}]",
         "{\"a\":1}", 0, NULL, NULL},
        {"1",
         "[{\"op\":\"remove\",\"path\":\"\"},"
         "{\"op\":\"add\",\"path\":\"\",\"value\":2}]",
         "2", 0, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(&rows[i], NULL);
}

/* 5789-2.2-01 */
static void patch_malformed_is_400(void **state)
{
    static const struct row rows[] = {
        /* 6902-3-01 */
        {"{}", "{\"op\":\"remove\",\"path\":\"/a\"}", NULL, 400, "",
         "a JSON Patch is an array of operations"},
        {"{}", "null", NULL, 400, "", NULL},
        {"{}", "[1]", NULL, 400, "/0", "an operation is an object"},
        /* 6902-4-01 */
        {"{}", "[{\"path\":\"/a\"}]", NULL, 400, "/0/op",
         "op is add, remove, replace, move, copy or test"},
        {"{}", "[{\"op\":\"merge\",\"path\":\"/a\"}]", NULL, 400, "/0/op",
         NULL},
        {"{}", "[{\"op\":\"Add\",\"path\":\"/a\",\"value\":1}]", NULL, 400,
         "/0/op", NULL},
        {"{}", "[{\"op\":null,\"path\":\"/a\"}]", NULL, 400, "/0/op", NULL},
        /* 6902-4-02, 6901-3-01 */
        {"{}", "[{\"op\":\"remove\"}]", NULL, 400, "/0/path",
         "remove: path has to be a JSON Pointer"},
        {"{}", "[{\"op\":\"remove\",\"path\":1}]", NULL, 400, "/0/path", NULL},
        {"{}", "[{\"op\":\"remove\",\"path\":\"a\"}]", NULL, 400, "/0/path",
         NULL},
        {"{}", "[{\"op\":\"remove\",\"path\":\"/a~2\"}]", NULL, 400, "/0/path",
         NULL},
        {"{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", NULL, 400, "/0/value",
         "add: value is missing"},
        {"{\"a\":null}", "[{\"op\":\"test\",\"path\":\"/a\"}]", NULL, 400,
         "/0/value", NULL},
        {"{}", "[{\"op\":\"replace\",\"path\":\"\"}]", NULL, 400, "/0/value",
         NULL},
        {"{}", "[{\"op\":\"move\",\"path\":\"/a\"}]", NULL, 400, "/0/from",
         "move: from has to be a JSON Pointer"},
        {"{}", "[{\"op\":\"copy\",\"path\":\"/a\",\"from\":\"b\"}]", NULL, 400,
         "/0/from", NULL},
        /* malformed beats whatever would have failed before */
        {"{}", "[{\"op\":\"remove\",\"path\":\"/x\"},{}]", NULL, 400, "/1/op",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(&rows[i], NULL);
}

/* 5789-2.2-04 */
static void patch_that_does_not_fit_is_422(void **state)
{
    static const struct row rows[] = {
        /* 6902-4.1-02, 6901-4-02 */
        {"[1,2]", "[{\"op\":\"add\",\"path\":\"/3\",\"value\":0}]", NULL, 422,
         "/0/path", "add \"/3\": the array has no such place"},
        {"[1,2]", "[{\"op\":\"add\",\"path\":\"/01\",\"value\":0}]", NULL, 422,
         "/0/path", NULL},
        {"[1,2]", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":0}]", NULL, 422,
         "/0/path", NULL},
        /* 6902-4.1-04 */
        {"{}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":0}]", NULL, 422,
         "/0/path", "add \"/a/b\": there is no object or array around it"},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":0}]", NULL,
         422, "/0/path", NULL},
        /* 6902-4.2-01, 6901-4-04 */
        {"{}", "[{\"op\":\"remove\",\"path\":\"/none\"}]", NULL, 422, "/0/path",
         "remove \"/none\": there is no value"},
        {"[1]", "[{\"op\":\"remove\",\"path\":\"/-\"}]", NULL, 422, "/0/path",
         NULL},
        {"[1]", "[{\"op\":\"remove\",\"path\":\"/1\"}]", NULL, 422, "/0/path",
         NULL},
        {"1", "[{\"op\":\"remove\",\"path\":\"/0\"}]", NULL, 422, "/0/path",
         NULL},
        /* 6902-4.3-01 */
        {"{}", "[{\"op\":\"replace\",\"path\":\"/none\",\"value\":1}]", NULL,
         422, "/0/path", NULL},
        {"[1]", "[{\"op\":\"replace\",\"path\":\"/-\",\"value\":1}]", NULL, 422,
         "/0/path", NULL},
        /* 6902-4.4-01 */
        {"{\"a\":1}",
         "[{\"op\":\"add\",\"path\":\"/b\",\"value\":1},"
         "{\"op\":\"move\",\"from\":\"/none\",\"path\":\"/a\"}]",
         NULL, 422, "/1/from", "move \"/none\": there is no value"},
        {"{}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", NULL, 422,
         "/0/from", NULL},
        {"{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b/c\"}]",
         NULL, 422, "/0/path", NULL},
        /* 6902-4.4-02 */
        {"{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
         NULL, 422, "/0/path", "move \"/a/b\": would move a value into itself"},
        {"{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"/a\"}]",
         NULL, 422, "/0/path", NULL},
        /* 6902-4.5-01 */
        {"{}", "[{\"op\":\"copy\",\"from\":\"/none\",\"path\":\"/a\"}]", NULL,
         422, "/0/from", NULL},
        {"[1]", "[{\"op\":\"copy\",\"from\":\"/-\",\"path\":\"/0\"}]", NULL,
         422, "/0/from", NULL},
        {"{}", "[{\"op\":\"test\",\"path\":\"/none\",\"value\":null}]", NULL,
         422, "/0/path", NULL},
        {"[1]", "[{\"op\":\"test\",\"path\":\"/-\",\"value\":1}]", NULL, 422,
         "/0/path", NULL},
        {"{}", "[{\"op\":\"remove\",\"path\":\"\"}]", NULL, 422, "",
         "the patch leaves no document"},
        {NULL, "[]", NULL, 422, "", NULL},
        {NULL, "[{\"op\":\"remove\",\"path\":\"\"}]", NULL, 422, "/0/path",
         NULL},
        {NULL, "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1}]", NULL, 422,
         "/0/path", NULL},
        /* what a client wrote is quoted, and cut */
        {"{}",
         "[{\"op\":\"remove\",\"path\":\"/\\u0001\\\"\\n0123456789012345678"
         "\xE2\x82\xAC"
         "abc\"}]",
         NULL, 422, "/0/path",
         "remove \"/\\u0001\\\"\\n0123456789012345678\": there is no value"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(&rows[i], NULL);
}

/* 6902-5-01, 6902-5-02, 5789-2-05, 5789-2.2-06 */
static void patch_whose_test_fails_is_409_and_changes_nothing(void **state)
{
    static const struct row rows[] = {
        {"{\"a\":1}",
         "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":2},"
         "{\"op\":\"test\",\"path\":\"/a\",\"value\":1},"
         "{\"op\":\"remove\",\"path\":\"/none\"}]",
         NULL, 409, "/1/value", "test \"/a\": the value is another one"},
        {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":\"1\"}]",
         NULL, 409, "/0/value", NULL},
        {"{\"a\":[1,2]}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":[2,1]}]",
         NULL, 409, "/0/value", NULL},
        {"{\"a\":false}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":null}]",
         NULL, 409, "/0/value", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(&rows[i], NULL);
}

/* Repeats `body` with a head and a tail into `text`. */
static const char *repeat(char *text, size_t size, const char *head,
                          const char *body, unsigned count, const char *tail)
{
    struct vb_buf buf = vb_buf_over(text, size);

    vb_buf_str(&buf, head);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            vb_buf_char(&buf, ',');
        vb_buf_str(&buf, body);
    }
    vb_buf_append(&buf, vb_span_of(tail, strlen(tail) + 1));
    assert_int_equal(buf.err, VB_OK);
    return text;
}

/* 5789-5-01 */
static void patch_that_takes_too_much_is_413(void **state)
{
    static char text[200000];
    const struct vb_patch_limits small = {
        .operations = 20, .work = 1000, .result = {1000, 20000, 5}};
    struct vb_patch_limits limits = vb_patch_limits_default;
    struct row row = {"{\"a\":0}", NULL, NULL, 413, "", NULL};

    (void)state;
    row.patch =
        repeat(text, sizeof(text), "[",
               "{\"op\":\"test\",\"path\":\"/a\",\"value\":0}", 21, "]");
    row.detail = "the patch has too many operations";
    check(&row, &small);

    /* each copy doubles the document */
    row.target = "{\"a\":[\"0123456789\"]}";
    row.patch =
        repeat(text, sizeof(text), "[",
               "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"}", 60, "]");
    row.pointer = "/18/path"; /* after 2^18 values */
    row.detail = "copy \"/a/-\": the patch takes too much work";
    limits.result.depth = 100;
    check(&row, &limits);
    limits.result.memory = 100000;
    row.pointer = "/9/path";
    row.detail = "copy \"/a/-\": makes the document too large";
    check(&row, &limits);
    row.pointer = "/3/path";
    row.detail = "copy \"/a/-\": nests too deeply";
    limits.result.depth = 5;
    check(&row, &limits);

    /* moved down again and again */
    row.target = "{\"a\":[[[[1]]]],\"b\":{}}";
    row.patch = "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b/a\"}]";
    row.pointer = "/0/path";
    row.detail = "move \"/b/a\": nests too deeply";
    check(&row, &limits);
    row.patch = "[{\"op\":\"add\",\"path\":\"/1/2/3/4/5/6\",\"value\":0}]";
    row.detail = "add \"/1/2/3/4/5/6\": nests too deeply";
    check(&row, &limits);
    row.patch = "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":[[[[[]]]]]}]";
    row.detail = "replace \"/b\": nests too deeply";
    check(&row, &limits);
}

static void patch_work_is_bounded_however_it_is_spent(void **state)
{
    static const char *const operations[] = {
        "{\"op\":\"test\",\"path\":\"/999\",\"value\":0}",
        "{\"op\":\"add\",\"path\":\"/500\",\"value\":0}",
        "{\"op\":\"replace\",\"path\":\"/999\",\"value\":0}",
        "{\"op\":\"copy\",\"from\":\"/999\",\"path\":\"/0\"}",
        "{\"op\":\"move\",\"from\":\"/999\",\"path\":\"/0\"}",
        "{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/500\"}",
    };
    static char target[20000], patch[20000];
    const struct vb_patch_limits limits = {
        .operations = 100, .work = 20000, .result = VB_JSON_LIMITS_DEFAULT};

    (void)state;
    repeat(target, sizeof(target), "[", "0", 1000, "]");
    for (size_t i = 0; i < VB_COUNT_OF(operations); i++) {
        struct vb_json *document = parse(target), *json, *result = NULL;
        struct vb_patch_failure failure;

        json =
            parse(repeat(patch, sizeof(patch), "[", operations[i], 100, "]"));
        assert_int_equal(vb_patch_apply(document->root, json->root, &limits,
                                        &result, &failure),
                         VB_ERR_INVALID);
        assert_int_equal(failure.fault, VB_PATCH_EXCESSIVE);
        vb_json_free(json);
        vb_json_free(document);
    }
}

/* A member's name is found among many, at the price of looking at all. */
static void patch_work_counts_members(void **state)
{
    struct vb_patch_limits limits = vb_patch_limits_default;
    struct row row = {
        .target = "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}",
        .patch = "[{\"op\":\"remove\",\"path\":\"/f\"}]",
        .result = "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}",
    };

    (void)state;
    limits.work = 6;
    check(&row, &limits);
    limits.work = 5;
    row.result = NULL;
    row.status = 413;
    row.pointer = "/0/path";
    check(&row, &limits);
}

/* The public suite. Its file repeats names on purpose, so it is not read by
 * our own parser, but each patch in it is. */
static void check_vector(yyjson_val *row, unsigned *count)
{
    yyjson_val *expected = yyjson_obj_get(row, "expected");
    const char *error = yyjson_get_str(yyjson_obj_get(row, "error"));
    struct vb_json *doc = NULL, *patch = NULL, *result = NULL;
    struct vb_patch_failure failure = {.detail = ""};
    struct vb_buf buf;
    enum vb_err err;
    bool equal = false;

    vb_buf_init(&buf, 100000);
    vb_json_write(&buf, yyjson_obj_get(row, "doc"));
    assert_int_equal(vb_json_parse(vb_buf_span(&buf), NULL, &doc, NULL), VB_OK);
    vb_buf_reset(&buf);
    vb_json_write(&buf, yyjson_obj_get(row, "patch"));
    err = vb_json_parse(vb_buf_span(&buf), NULL, &patch, NULL);
    if (err == VB_OK)
        err = vb_patch_apply(doc->root, patch->root, NULL, &result, &failure);
    if ((err == VB_OK) != (error == NULL))
        fail_msg("%s: %s", vb_buf_span(&buf).ptr, failure.detail);
    if (err == VB_OK && expected != NULL) {
        assert_int_equal(vb_json_equal(result->root, expected, &equal), VB_OK);
        assert_true(equal);
    }
    vb_buf_done(&buf);
    vb_json_free(doc);
    vb_json_free(patch);
    vb_json_free(result);
    (*count)++;
}

/* What is hidden may be set, but neither compared nor put where it shows. */
static void patch_does_not_tell_what_is_hidden(void **state)
{
    static const struct vb_span hidden[] = {VB_SPAN_INIT("/s"),
                                            VB_SPAN_INIT("/o/s")};
    static const char target[] = "{\"s\":\"x\",\"o\":{\"s\":1,\"t\":2}}";
    static const struct row rows[] = {
        {target, "[{\"op\":\"test\",\"path\":\"/s\",\"value\":\"x\"}]", NULL,
         422, "/0/path", "test \"/s\": what is write-only cannot be looked at"},
        {target, "[{\"op\":\"test\",\"path\":\"/s\",\"value\":\"y\"}]", NULL,
         422, "/0/path", NULL},
        {target, "[{\"op\":\"test\",\"path\":\"/s/0\",\"value\":1}]", NULL, 422,
         "/0/path", NULL},
        {target, "[{\"op\":\"test\",\"path\":\"/o\",\"value\":{}}]", NULL, 422,
         "/0/path", NULL},
        {target, "[{\"op\":\"test\",\"path\":\"\",\"value\":{}}]", NULL, 422,
         "/0/path", NULL},
        {target, "[{\"op\":\"copy\",\"from\":\"/s\",\"path\":\"/t\"}]", NULL,
         422, "/0/from", NULL},
        {target, "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/t\"}]", NULL, 422,
         "/0/from", NULL},
        {target, "[{\"op\":\"move\",\"from\":\"/o\",\"path\":\"/t\"}]", NULL,
         422, "/0/from", NULL},
        {target, "[{\"op\":\"move\",\"from\":\"/o/s\",\"path\":\"/o/s\"}]",
         NULL, 422, "/0/from", NULL},
        {target,
         "[{\"op\":\"test\",\"path\":\"/o/t\",\"value\":2},"
         "{\"op\":\"copy\",\"from\":\"/o/t\",\"path\":\"/s\"},"
         "{\"op\":\"replace\",\"path\":\"/o/s\",\"value\":3},"
         "{\"op\":\"add\",\"path\":\"/o/s\",\"value\":4}]",
         "{\"s\":2,\"o\":{\"s\":4,\"t\":2}}", 0, NULL, NULL},
        {target, "[{\"op\":\"remove\",\"path\":\"/s\"}]",
         "{\"o\":{\"s\":1,\"t\":2}}", 0, NULL, NULL},
    };
    struct vb_patch_limits limits = vb_patch_limits_default;

    (void)state;
    limits.hidden = hidden;
    limits.hidden_count = 2;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(&rows[i], &limits);
}

static void patch_passes_the_public_suite(void **state)
{
    const char *vectors = getenv("VB_VECTORS");
    yyjson_read_err error;
    yyjson_doc *suite;
    yyjson_val *row;
    yyjson_arr_iter iter;
    unsigned count = 0;
    char path[4096];

    (void)state;
    snprintf(path, sizeof(path), "%s/json-patch/tests.json",
             vectors == NULL ? "" : vectors);
    suite = yyjson_read_file(path, YYJSON_READ_NUMBER_AS_RAW, NULL, &error);
    if (suite == NULL) {
        print_message("skipped: %s: %s\n", path, error.msg);
        skip();
    }
    iter = yyjson_arr_iter_with(yyjson_doc_get_root(suite));
    while ((row = yyjson_arr_iter_next(&iter)) != NULL)
        if (yyjson_obj_get(row, "patch") != NULL)
            check_vector(row, &count); /* the disabled ones, too */
    assert_true(count >= 90);
    yyjson_doc_free(suite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patch_does_what_its_operations_say),
        cmocka_unit_test(patch_malformed_is_400),
        cmocka_unit_test(patch_that_does_not_fit_is_422),
        cmocka_unit_test(patch_whose_test_fails_is_409_and_changes_nothing),
        cmocka_unit_test(patch_that_takes_too_much_is_413),
        cmocka_unit_test(patch_work_is_bounded_however_it_is_spent),
        cmocka_unit_test(patch_work_counts_members),
        cmocka_unit_test(patch_does_not_tell_what_is_hidden),
        cmocka_unit_test(patch_passes_the_public_suite),
    };

    return cmocka_run_group_tests_name("patch", tests, NULL, NULL);
}
