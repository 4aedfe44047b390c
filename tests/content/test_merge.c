/* The rules of src/content/merge.h: RFC 7396. */
#include "unit.h"

#include "content/merge.h"
#include "json_unit.h"

static void check(const char *target, const char *patch, const char *result)
{
    struct vb_json *old = target == NULL ? NULL : parse(target);
    struct vb_json *change = parse(patch);
    struct vb_json *json = NULL;

    assert_int_equal(vb_merge_apply(old == NULL ? NULL : old->root,
                                    change->root, NULL, &json),
                     VB_OK);
    assert_json(json->root, result);
    if (old != NULL)
        assert_json(old->root, target);
    vb_json_free(json);
    vb_json_free(change);
    vb_json_free(old);
}

static void merge_gives_what_appendix_a_says(void **state)
{
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
         "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"}, /* 7396-2-04 */
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"}, /* 7396-2-07 */
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(rows[i][0], rows[i][1], rows[i][2]);
}

static void merge_leaves_the_rest_as_it_was_written(void **state)
{
    static const char *const rows[][3] = {
        /* 7396-2-06 */
        {"{\"a\":1}", "{\"zz\":null}", "{\"a\":1}"},
        /* 7396-2-02: what replaces a value that is no object loses nulls */
        {"{\"a\":1}", "{\"a\":{\"b\":null,\"c\":{\"d\":null,\"e\":2}}}",
         "{\"a\":{\"c\":{\"e\":2}}}"},
        /* but within arrays they are values: arrays are replaced whole */
        {"{}", "{\"a\":[null,{\"b\":null}]}", "{\"a\":[null,{\"b\":null}]}"},
        /* order and number forms survive */
        {"{\"x\":1.10,\"y\":{\"p\":1E2,\"q\":2},\"z\":3}",
         "{\"z\":3.0,\"y\":{\"r\":4,\"q\":null},\"x\":1.10}",
         "{\"x\":1.10,\"y\":{\"p\":1E2,\"r\":4},\"z\":3.0}"},
        {"{\"a\\u0000\":1,\"a\":2,\"\":3}", "{\"a\":null,\"\":{}}",
         "{\"a\\u0000\":1,\"\":{}}"},
        {NULL, "{\"a\":1,\"b\":null}", "{\"a\":1}"},
        {NULL, "[null]", "[null]"},
        {"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
         "\"i\":1}",
         "{\"k\":2,\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null,"
         "\"f\":null,\"g\":null,\"h\":null,\"j\":3}",
         "{\"i\":1,\"k\":2,\"j\":3}"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(rows[i][0], rows[i][1], rows[i][2]);
}

static void merge_keeps_the_limits_of_the_result(void **state)
{
    struct vb_json *target = parse("{\"a\":\"0123456789\"}");
    struct vb_json *patch = parse("{\"b\":[[[1]]]}");
    struct vb_json *json = NULL;
    struct vb_json_limits limits = {30, 10000, 4};

    (void)state;
    assert_int_equal(vb_merge_apply(target->root, patch->root, &limits, &json),
                     VB_OK);
    vb_json_free(json);
    limits.bytes = 29;
    assert_int_equal(vb_merge_apply(target->root, patch->root, &limits, &json),
                     VB_ERR_LIMIT);
    limits.bytes = 30;
    limits.depth = 3;
    assert_int_equal(vb_merge_apply(target->root, patch->root, &limits, &json),
                     VB_ERR_LIMIT);
    limits.depth = 4;
    limits.memory = 20;
    assert_int_equal(vb_merge_apply(target->root, patch->root, &limits, &json),
                     VB_ERR_LIMIT);
    vb_json_free(target);
    vb_json_free(patch);
}

/* 200 000 members against 200 000 others. */
static void merge_takes_linear_time(void **state)
{
    struct vb_json *json[2] = {NULL, NULL}, *result = NULL;
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 10000000);
    for (unsigned side = 0; side < 2; side++) {
        vb_buf_reset(&buf);
        for (unsigned i = 0; i < 200000; i++)
            vb_buf_printf(&buf, "%c\"%u\":%s", i == 0 ? '{' : ',',
                          side * 100000 + i, side == 0 ? "1" : "null");
        vb_buf_char(&buf, '}');
        assert_int_equal(
            vb_json_parse(vb_buf_span(&buf), NULL, &json[side], NULL), VB_OK);
    }
    assert_int_equal(
        vb_merge_apply(json[0]->root, json[1]->root, NULL, &result), VB_OK);
    assert_int_equal(yyjson_obj_size(result->root), 100000);
    vb_buf_done(&buf);
    vb_json_free(result);
    vb_json_free(json[0]);
    vb_json_free(json[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_gives_what_appendix_a_says),
        cmocka_unit_test(merge_leaves_the_rest_as_it_was_written),
        cmocka_unit_test(merge_keeps_the_limits_of_the_result),
        cmocka_unit_test(merge_takes_linear_time),
    };

    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
