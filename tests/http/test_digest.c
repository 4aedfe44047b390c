/* The rules of src/http/digest.h: RFC 9530. */
#include "unit.h"

#include "http/digest.h"

#define SHA_256 "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define SHA_512                                                                \
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+"                  \
    "AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

/* 9530-2-01, 9530-5-02. */
static void digests_of_active_algorithms_are_read(void **state)
{
    static const struct {
        const char *text;
        enum vb_err err;
        bool sha_256, sha_512;
    } rows[] = {
        {SHA_256, VB_OK, true, false},
        {SHA_512 ", " SHA_256, VB_OK, true, true},
        {"md5=:YQ==:", VB_OK, false, false},
        {"md5=1, " SHA_512, VB_OK, false, true},
        {"", VB_OK, false, false},
        {"sha-256=:YQ==:", VB_ERR_SYNTAX, false, false},
        {"sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"",
         VB_ERR_SYNTAX, false, false},
        {"sha-256=X48E9q", VB_ERR_SYNTAX, false, false},
        {"sha-256", VB_ERR_SYNTAX, false, false},
        {"SHA-256=:YQ==:", VB_ERR_SYNTAX, false, false},
        {SHA_256 ",", VB_ERR_SYNTAX, false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_digests digests = {.values = {VB_SPAN_INIT("untouched")}};

        if (vb_digests_parse(&arena, &line, 1, &digests) != rows[i].err)
            fail_msg("%s", rows[i].text);
        if (rows[i].err != VB_OK) {
            assert_span_equal(digests.values[0], "untouched");
            continue;
        }
        assert_int_equal(digests.values[VB_DIGEST_SHA_256].len,
                         rows[i].sha_256 ? 32 : 0);
        assert_int_equal(digests.values[VB_DIGEST_SHA_512].len,
                         rows[i].sha_512 ? 64 : 0);
        assert_int_equal(digests.values[VB_DIGEST_SHA_256].ptr != NULL,
                         rows[i].sha_256);
    }
}

/* 9530-4-01, 9530-5-01, 9530-5-02. */
static void greatest_weight_of_an_active_algorithm_is_wanted(void **state)
{
    static const struct {
        const char *text;
        enum vb_err err;
        enum vb_digest_algorithm algorithm;
    } rows[] = {
        {"sha-256=5", VB_OK, VB_DIGEST_SHA_256},
        {"sha-256=3, sha-512=10", VB_OK, VB_DIGEST_SHA_512},
        {"sha-512=3, sha-256=3", VB_OK, VB_DIGEST_SHA_512},
        {"sha-256=0", VB_OK, VB_DIGEST_NONE},
        {"sha-256=0, sha-512=1", VB_OK, VB_DIGEST_SHA_512},
        {"md5=10, unixsum=9", VB_OK, VB_DIGEST_NONE},
        {"md5=10, sha-256=1", VB_OK, VB_DIGEST_SHA_256},
        {"", VB_OK, VB_DIGEST_NONE},
        {"sha-256=11", VB_ERR_SYNTAX, VB_DIGEST_NONE},
        {"sha-256=-1", VB_ERR_SYNTAX, VB_DIGEST_NONE},
        {"sha-256=1.0", VB_ERR_SYNTAX, VB_DIGEST_NONE},
        {"sha-256", VB_ERR_SYNTAX, VB_DIGEST_NONE},
        {"sha-256=1;", VB_ERR_SYNTAX, VB_DIGEST_NONE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        enum vb_digest_algorithm got = VB_DIGEST_NONE;

        if (vb_digest_wanted(&arena, &line, 1, &got) != rows[i].err)
            fail_msg("%s", rows[i].text);
        assert_int_equal(got, rows[i].algorithm);
    }
}

static void digest_is_written_and_reads_back(void **state)
{
    static const char *const rows[] = {SHA_256, SHA_512};

    (void)state;
    for (unsigned i = 0; i < VB_DIGEST_COUNT; i++) {
        struct vb_span line = vb_span_str(rows[i]);
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
        struct vb_digests digests;

        assert_int_equal(vb_digests_parse(&arena, &line, 1, &digests), VB_OK);
        vb_digest_write(&buf, (enum vb_digest_algorithm)i, digests.values[i]);
        assert_span_equal(vb_buf_span(&buf), rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_of_active_algorithms_are_read),
        cmocka_unit_test(greatest_weight_of_an_active_algorithm_is_wanted),
        cmocka_unit_test(digest_is_written_and_reads_back),
    };

    return cmocka_run_group_tests_name("digest", tests, set_up, tear_down);
}
