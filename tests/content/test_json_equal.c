/* The rules of equality in src/content/json.h: RFC 6902 section 4.6. */
#include "unit.h"

#include "json_unit.h"

static void equality_is_of_values_not_of_texts(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"null", "null", true},
        {"null", "false", false},
        {"true", "true", true},
        {"true", "false", false},
        {"0", "false", false},
        {"0", "null", false},
        /* 6902-4.6-01 */
        {"1", "1.0", true},
        {"1e2", "100", true},
        {"1", "\"1\"", false},
        {"0", "-0", true},
        {"0.1", "1e-1", true},
        {"12345678901234567890123", "12345678901234567890124", false},
        {"1e400", "1e401", false},
        {"\"\\u0041\"", "\"A\"", true},
        {"\"\\u0000a\"", "\"\\u0000b\"", false},
        {"\"\xC3\xA9\"", "\"e\\u0301\"", false},
        {"[]", "[]", true},
        {"[]", "{}", false},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1]", false},
        {"[[1],[2]]", "[[1.0],[2]]", true},
        {"[[],[[]]]", "[[[]],[]]", false},
        {"{}", "{}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false},
        {"{\"a\":null}", "{\"b\":null}", false},
        {"{\"a\":{\"x\":[1,{\"y\":0,\"z\":1}]},\"b\":2}",
         "{\"b\":2e0,\"a\":{\"x\":[1,{\"z\":1,\"y\":0.0}]}}", true},
        {"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
         "\"i\":9}",
         "{\"i\":9,\"h\":8,\"g\":7,\"f\":6,\"e\":5,\"d\":4,\"c\":3,\"b\":2,"
         "\"a\":1}",
         true},
        {"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
         "\"i\":9}",
         "{\"i\":9,\"h\":8,\"g\":7,\"f\":6,\"e\":5,\"d\":4,\"c\":3,\"b\":2,"
         "\"A\":1}",
         false},
    };
    const struct vb_hash_key key = {1, 2};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *a = parse(rows[i].a), *b = parse(rows[i].b);
        bool there = !rows[i].equal, back = !rows[i].equal;

        assert_int_equal(vb_json_equal(a->root, b->root, &there), VB_OK);
        assert_int_equal(vb_json_equal(b->root, a->root, &back), VB_OK);
        if (there != rows[i].equal || back != rows[i].equal)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
        /* with these few rows a collision would be a bug */
        if ((vb_json_hash(&key, a->root) == vb_json_hash(&key, b->root)) !=
            rows[i].equal)
            fail_msg("hashes of %s and %s", rows[i].a, rows[i].b);
        vb_json_free(a);
        vb_json_free(b);
    }
}

/* Members in opposite orders are the worst case of a search by name. */
static void equality_of_large_objects_takes_linear_time(void **state)
{
    struct vb_json *json[2] = {NULL, NULL};
    const unsigned count = 200000;
    bool equal = false;

    (void)state;
    for (unsigned side = 0; side < 2; side++) {
        struct vb_buf buf;

        vb_buf_init(&buf, 10000000);
        for (unsigned i = 0; i < count; i++)
            vb_buf_printf(&buf, "%c\"%u\":%u", i == 0 ? '{' : ',',
                          side == 0 ? i : count - 1 - i, 7U);
        vb_buf_char(&buf, '}');
        assert_int_equal(
            vb_json_parse(vb_buf_span(&buf), NULL, &json[side], NULL), VB_OK);
        vb_buf_done(&buf);
    }
    assert_int_equal(vb_json_equal(json[0]->root, json[1]->root, &equal),
                     VB_OK);
    assert_true(equal);
    vb_json_free(json[0]);
    vb_json_free(json[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_values_not_of_texts),
        cmocka_unit_test(equality_of_large_objects_takes_linear_time),
    };

    return cmocka_run_group_tests_name("json_equal", tests, NULL, NULL);
}
