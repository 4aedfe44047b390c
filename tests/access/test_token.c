/* Tokens of ours: what they look like, and what is kept of them. */
#include "unit.h"

#include "access/token.h"

static void a_token_is_known_by_its_hash_alone(void **state)
{
    unsigned char hash[VB_TOKEN_HASH_LEN], again[VB_TOKEN_HASH_LEN];
    char text[VB_TOKEN_LEN], other[VB_TOKEN_LEN];
    char id[VB_TOKEN_ID_LEN];
    struct vb_span made = vb_span_of(text, VB_TOKEN_LEN);

    (void)state;
    vb_token_make(text, hash);
    assert_true(vb_span_starts(made, VB_SPAN("vbt_")));
    assert_true(vb_token_hash(made, again));
    assert_memory_equal(hash, again, sizeof(hash));
    vb_opaque_id(hash, id);
    for (size_t i = 0; i < sizeof(id); i++)
        assert_true((id[i] >= '0' && id[i] <= '9') ||
                    (id[i] >= 'a' && id[i] <= 'v'));
    vb_token_make(other, again);
    assert_memory_not_equal(text, other, VB_TOKEN_LEN);
    assert_memory_not_equal(hash, again, sizeof(hash));
}

static void what_is_none_of_ours_has_no_hash(void **state)
{
    static const char *const rows[] = {
        "",
        "vbt_",
        "vbt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "vbt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "vbs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    unsigned char hash[VB_TOKEN_HASH_LEN];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_false(vb_token_hash(vb_span_str(rows[i]), hash));
}

static void a_record_reads_back_and_holds_no_token(void **state)
{
    static const struct vb_span scopes[] = {VB_SPAN_INIT("read"),
                                            VB_SPAN_INIT("write")};
    struct vb_token token = {
        .account = VB_SPAN_INIT("/people/7"),
        .position = UINT64_C(1) << 62, /* it may be large */
        .name = VB_SPAN_INIT("a \"name\""),
        .scopes = scopes,
        .scope_count = 2,
        .created_ms = 1000,
        .expires_ms = 2000,
    };
    char text[VB_TOKEN_LEN];
    struct vb_token *read;
    struct vb_buf record;

    (void)state;
    vb_token_make(text, token.hash);
    vb_buf_init(&record, 4096);
    vb_token_write(&record, &token);
    assert_null(memmem(record.ptr, record.len, text + 4, VB_TOKEN_LEN - 4));
    read = vb_token_read(vb_buf_span(&record));
    assert_non_null(read);
    assert_memory_equal(read->hash, token.hash, VB_TOKEN_HASH_LEN);
    assert_span_equal(read->account, "/people/7");
    assert_span_equal(read->name, "a \"name\"");
    assert_int_equal(read->scope_count, 2);
    assert_span_equal(read->scopes[1], "write");
    assert_true(read->position == token.position);
    assert_int_equal(read->created_ms, 1000);
    assert_int_equal(read->expires_ms, 2000);
    vb_token_unref(read);
    vb_buf_done(&record);
}

static void what_is_damaged_is_no_record(void **state)
{
#define HASH     "\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define POSITION "\"position\":7,"
#define REST                                                                   \
    "\"name\":\"\",\"scopes\":[],\"created\":\"2026-01-01T00:00:00Z\","        \
    "\"expires\":null"
    static const struct {
        const char *content;
        bool good;
    } rows[] = {
        {"{" HASH ",\"account\":\"/a/1\"," POSITION REST "}", true},
        {"{" HASH ",\"account\":\"/a/1\"," REST "}", false},
        {"{" HASH ",\"account\":\"/a/1\",\"position\":0," REST "}", false},
        {"{\"hash\":\"AAAA\",\"account\":\"/a/1\"," POSITION REST "}", false},
        {"{\"account\":\"/a/1\"," POSITION REST "}", false},
        {"{" HASH "," POSITION REST "}", false},
        {"{" HASH ",\"account\":\"/a/1\"," POSITION
         "\"scopes\":[],\"created\":\"2026-01-"
         "01T00:00:00Z\",\"expires\":7}",
         false},
        {"{" HASH ",\"account\":\"/a/1\"," POSITION
         "\"scopes\":[1],\"created\":\"2026-01-"
         "01T00:00:00Z\",\"expires\":null}",
         false},
        {"", false},
        {"[]", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_token *token = vb_token_read(vb_span_str(rows[i].content));

        assert_int_equal(token != NULL, rows[i].good);
        vb_token_unref(token);
    }
}

static void its_holder_sees_no_hash(void **state)
{
    const struct vb_token token = {.account = VB_SPAN_INIT("/people/7"),
                                   .position = 7,
                                   .name = VB_SPAN_INIT("n")};
    struct vb_buf text;

    (void)state;
    vb_buf_init(&text, 4096);
    vb_token_show(&text, &token, VB_SPAN("x"), VB_SPAN(""));
    assert_span_equal(vb_buf_span(&text), "{\"id\":\"x\",\"name\":\"n\","
                                          "\"scopes\":[],\"created\":"
                                          "null,\"expires\":null}");
    vb_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_known_by_its_hash_alone),
        cmocka_unit_test(what_is_none_of_ours_has_no_hash),
        cmocka_unit_test(a_record_reads_back_and_holds_no_token),
        cmocka_unit_test(what_is_damaged_is_no_record),
        cmocka_unit_test(its_holder_sees_no_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
