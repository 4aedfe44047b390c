/* What is kept of a job: written, and read again. */
#include "unit.h"

#include "content/json.h"
#include "resource/jobs.h"

static const struct vb_job_facts facts = {
    .id = VB_SPAN_INIT("0123456789abcdefghij"),
    .state = "failed",
    .method = VB_SPAN_INIT("POST"),
    .target = VB_SPAN_INIT("/a/\"b"),
    .created_ms = 1000,
    .started_ms = 2000,
    .finished_ms = 3500,
    .idempotent = true,
    .problem = VB_SPAN_INIT("{\"status\":500}"),
};

static void what_is_written_is_read(void **state)
{
    struct vb_job_facts read;
    struct vb_json *json;
    struct vb_buf text;

    (void)state;
    vb_buf_init(&text, 4096);
    vb_job_write(&text, &facts);
    assert_span_equal(
        vb_buf_span(&text),
        "{\"id\":\"0123456789abcdefghij\",\"state\":\"failed\","
        "\"method\":\"POST\",\"target\":\"/a/\\\"b\","
        "\"created\":\"1970-01-01T00:00:01.000Z\","
        "\"started\":\"1970-01-01T00:00:02.000Z\","
        "\"finished\":\"1970-01-01T00:00:03.500Z\",\"idempotent\":true,"
        "\"problem\":{\"status\":500}}");
    assert_int_equal(vb_json_parse(vb_buf_span(&text), NULL, &json, NULL),
                     VB_OK);
    assert_true(vb_job_read(json->root, &read));
    assert_true(vb_job_is(&read, "failed"));
    assert_span_equal(read.target, "/a/\"b");
    assert_int_equal(read.created_ms, 1000);
    assert_int_equal(read.started_ms, 2000);
    assert_int_equal(read.finished_ms, 3500);
    assert_true(read.idempotent);
    vb_json_free(json);
    vb_buf_done(&text);
}

static void what_is_no_job_is_not_read(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "1",
        "{\"id\":\"a\"}",
        "{\"state\":\"done\"}",
        "{\"id\":\"a\",\"state\":\"lost\"}",
        "{\"id\":1,\"state\":\"done\"}",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++) {
        struct vb_job_facts read = {.state = NULL};
        struct vb_json *json;

        assert_int_equal(
            vb_json_parse(vb_span_str(texts[i]), NULL, &json, NULL), VB_OK);
        assert_false(vb_job_read(json->root, &read));
        assert_null(read.state);
        vb_json_free(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_no_job_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
