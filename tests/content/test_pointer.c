/* The rules of src/content/pointer.h: RFC 6901. */
#include "unit.h"

#include "content/pointer.h"
#include "json_unit.h"

/* Section 5's document, and arrays. */
static const char *const sample =
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
    "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9,"
    "\"\\u0000\":10,\"\xC3\xA9\":11,\"0\":{\"01\":12,\"-\":13,\"\":{\"\":14}},"
    "\"rows\":[[20],{\"x\":21}]}";

static void pointer_finds_what_rfc6901_says(void **state)
{
    static const struct {
        struct vb_span pointer;
        const char *value; /* NULL: err */
        enum vb_err err;
    } rows[] = {
        {VB_SPAN_INIT("/foo"), "[\"bar\",\"baz\"]", VB_OK},
        {VB_SPAN_INIT("/foo/0"), "\"bar\"", VB_OK},
        {VB_SPAN_INIT("/"), "0", VB_OK},
        {VB_SPAN_INIT("/a~1b"), "1", VB_OK},
        {VB_SPAN_INIT("/c%d"), "2", VB_OK},
        {VB_SPAN_INIT("/e^f"), "3", VB_OK},
        {VB_SPAN_INIT("/g|h"), "4", VB_OK},
        {VB_SPAN_INIT("/i\\j"), "5", VB_OK},
        {VB_SPAN_INIT("/k\"l"), "6", VB_OK},
        {VB_SPAN_INIT("/ "), "7", VB_OK},
        {VB_SPAN_INIT("/m~0n"), "8", VB_OK},
        /* 6901-4-01: ~1 before ~0, so ~01 is "~1" and not "/" */
        {VB_SPAN_INIT("/~01"), "9", VB_OK},
        {VB_SPAN_INIT("/\0"), "10", VB_OK},
        {VB_SPAN_INIT("/\xC3\xA9"), "11", VB_OK},
        {VB_SPAN_INIT("/e\xCC\x81"), NULL, VB_ERR_NOTFOUND}, /* 6901-4-03 */
        {VB_SPAN_INIT("/0/01"), "12", VB_OK}, /* a name, not an index */
        {VB_SPAN_INIT("/0/-"), "13", VB_OK},
        {VB_SPAN_INIT("/0//"), "14", VB_OK},
        {VB_SPAN_INIT("/rows/0/0"), "20", VB_OK},
        {VB_SPAN_INIT("/rows/1/x"), "21", VB_OK},
        {VB_SPAN_INIT("/foo/2"), NULL, VB_ERR_NOTFOUND},
        /* 6901-4-02 */
        {VB_SPAN_INIT("/foo/00"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/01"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/1e0"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/-1"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/+1"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/ 1"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/99999999999999999999"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/-"), NULL, VB_ERR_NOTFOUND}, /* 6901-4-04 */
        {VB_SPAN_INIT("/fo"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/fooo"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/foo/0/0"), NULL, VB_ERR_NOTFOUND},
        {VB_SPAN_INIT("/ /a"), NULL, VB_ERR_NOTFOUND},
        /* 6901-3-01 */
        {VB_SPAN_INIT("foo"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("#/foo"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("/m~n"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("/m~"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("/a~2"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("/nothing/~"), NULL, VB_ERR_SYNTAX},
        {VB_SPAN_INIT("/\xFF"), NULL, VB_ERR_SYNTAX},
    };
    struct vb_json *json = parse(sample);
    yyjson_val *value = NULL;

    (void)state;
    assert_int_equal(vb_pointer_get(json->root, VB_SPAN(""), &value), VB_OK);
    assert_ptr_equal(value, json->root);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        value = NULL;
        if (vb_pointer_get(json->root, rows[i].pointer, &value) != rows[i].err)
            fail_msg("row %zu", i);
        if (rows[i].value != NULL)
            assert_json(value, rows[i].value);
        else
            assert_null(value);
    }
    vb_json_free(json);
}

static void pointer_tokens_are_compared_and_decoded_alike(void **state)
{
    static const struct {
        const char *token, *name;
    } rows[] = {
        {"", ""},       {"abc", "abc"}, {"~0", "~"},       {"~1", "/"},
        {"~01", "~1"},  {"~10", "/0"},  {"~0~1", "~/"},    {"a~1", "a/"},
        {"~1~1", "//"}, {"~00", "~0"},  {"~0~0~0", "~~~"}, {"a b", "a b"},
    };
    char memory[16];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span token = vb_span_str(rows[i].token);

        assert_span_equal(vb_pointer_unescape(token, memory), rows[i].name);
        for (size_t k = 0; k < VB_COUNT_OF(rows); k++)
            assert_int_equal(
                vb_pointer_token_is(token, vb_span_str(rows[k].name)), i == k);
    }
}

static void pointer_covers_itself_and_what_is_within(void **state)
{
    static const struct {
        const char *outer, *inner;
        bool covers;
    } rows[] = {
        {"", "", true},         {"", "/a", true},    {"/a", "/a", true},
        {"/a", "/a/b", true},   {"/a", "/a/", true}, {"/a", "/ab", false},
        {"/a/b", "/a", false},  {"/a", "", false},   {"/", "/", true},
        {"/", "//a", true},     {"/", "/a", false},  {"/a~1", "/a~1/b", true},
        {"/a", "/a~1b", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_pointer_covers(vb_span_str(rows[i].outer),
                              vb_span_str(rows[i].inner)) != rows[i].covers)
            fail_msg("row %zu", i);
}

static void pointer_of_a_walk_is_written_from_the_root(void **state)
{
    const struct vb_pointer_step a = vb_pointer_member(NULL, VB_SPAN("a/~b"));
    const struct vb_pointer_step b = vb_pointer_element(&a, 10);
    const struct vb_pointer_step c = vb_pointer_member(&b, VB_SPAN(""));
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 100);
    vb_pointer_write(&buf, NULL);
    assert_int_equal(buf.len, 0);
    vb_pointer_write(&buf, &c);
    assert_span_equal(vb_buf_span(&buf), "/a~1~0b/10/");
    assert_true(vb_pointer_is_valid(vb_buf_span(&buf)));
    vb_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointer_finds_what_rfc6901_says),
        cmocka_unit_test(pointer_tokens_are_compared_and_decoded_alike),
        cmocka_unit_test(pointer_covers_itself_and_what_is_within),
        cmocka_unit_test(pointer_of_a_walk_is_written_from_the_root),
    };

    return cmocka_run_group_tests_name("pointer", tests, NULL, NULL);
}
