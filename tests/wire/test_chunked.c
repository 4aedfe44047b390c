/* The chunked decoder: RFC 9112 section 7.1 by a table, at every split. */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "wire/h1/chunked.h"

struct chunked_case {
    const char *rule;
    const char *input;
    const char *content;
    const char *rest; /* behind the last chunk; NULL: it is not reached */
    bool bad;
};

#define WHOLE(rule, input, content, rest)                                      \
    {                                                                          \
        rule, input, content, rest, false                                      \
    }
#define BAD(rule, input, content)                                              \
    {                                                                          \
        rule, input, content, NULL, true                                       \
    }
#define OPEN(rule, input, content)                                             \
    {                                                                          \
        rule, input, content, NULL, false                                      \
    }

static const struct chunked_case cases[] = {
    WHOLE("9112-7.1-01", "5\r\nhello\r\n0\r\n\r\n", "hello", "\r\n"),
    WHOLE("9112-7.1-01", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n", "abc", ""),
    WHOLE("9112-7.1-01", "0\r\n", "", ""),
    WHOLE("9112-7.1-01", "a\r\n0123456789\r\n0\r\n", "0123456789", ""),
    WHOLE("9112-7.1-01", "A\r\n0123456789\r\n00\r\nT: x", "0123456789", "T: x"),
    WHOLE("9112-7.1-04 leading zeros", "0005\r\nhello\r\n0000\r\n", "hello",
          ""),
    OPEN("9112-8-03 no last chunk", "5\r\nhello\r\n", "hello"),
    OPEN("9112-8-03 short chunk", "5\r\nhel", "hel"),
    OPEN("9112-8-03 within its line", "0\r", ""),
    BAD("9112-7.1-04", "0x5\r\nhello\r\n", ""),
    BAD("9112-7.1-04", "5 \r\nhello\r\n", ""),
    BAD("9112-7.1-04", "+5\r\nhello\r\n", ""),
    BAD("9112-7.1-04", "-5\r\nhello\r\n", ""),
    BAD("9112-7.1-04", " 5\r\nhello\r\n", ""),
    BAD("9112-7.1-04", "5\nhello\r\n", ""),
    BAD("9112-7.1-04", "5\r\nhello\n", "hello"),
    BAD("9112-7.1-04", "5\r\nhelloX\r\n", "hello"),
    BAD("9112-7.1-04", "5\r\nhello0\r\n", "hello"),
    BAD("9112-7.1-04", "5\r\nhello\rX", "hello"),
    BAD("9112-7.1-04", "5\rX", ""),
    BAD("9112-7.1-04", "\r\n", ""),
    BAD("9112-7.1-04", ";a=b\r\n", ""),
    BAD("9112-7.1-04", "g\r\n", ""),
    BAD("9112-7.1-04 nothing between chunks", "1\r\na\r\n\r\n1\r\nb\r\n0\r\n",
        "a"),
    BAD("9112-7.1-02", "FFFFFFFFFFFFFFFFF\r\n", ""),
    BAD("9112-7.1-02", "10000000000000000\r\n", ""),
    BAD("9112-7.1-02", "FFFFFFFFFFFFFFFF\r\n", ""),
    BAD("9112-7.1-02", "10000000000000005\r\nhello", ""),
    WHOLE("9112-7.1.1-01", "5;foo=bar\r\nhello\r\n0\r\n", "hello", ""),
    WHOLE("9112-7.1.1-01", "5;foo\r\nhello\r\n0;x;y=1\r\n", "hello", ""),
    WHOLE("9112-7.1.1-01", "5;a=\"b;c\\\"d\\\\\"\r\nhello\r\n0\r\n", "hello",
          ""),
    WHOLE("9112-7.1.1-03", "5 ; a = b\r\nhello\r\n0\r\n", "hello", ""),
    WHOLE("9112-7.1.1-03", "5\t;\ta\t=\t\"b\"\t;c\r\nhello\r\n0\r\n", "hello",
          ""),
    BAD("9112-7.1.1-03", "5;a\nhello\r\n", ""),
    BAD("9112-7.1.1-03", "5;a=b\nhello\r\n", ""),
    BAD("9112-7.1.1-03", "5;a=\"\n\"\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03", "5;a=\"\r\n\"\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03", "5;a=\"\\\n\"\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03", "5;a\rhello\r\n", ""),
    BAD("9112-7.1.1-03 no name", "5;\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 no name", "5;=b\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 no value", "5;a=\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 space at the end", "5;a \r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 space at the end", "5;a=b \r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 two values", "5;a=b c\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 two values", "5;a=\"b\"c\r\nhello\r\n", ""),
    BAD("9112-7.1.1-03 no token", "5;a=(b)\r\nhello\r\n", ""),
};

struct outcome {
    struct vb_buf content;
    enum vb_chunked_got got; /* the last one */
    struct vb_span rest;     /* of the last piece */
};

static void decode(struct vb_chunked *chunked, struct vb_span piece,
                   struct outcome *outcome)
{
    struct vb_span data;

    outcome->rest = piece;
    do {
        data = vb_span_of(NULL, 0);
        outcome->got = vb_chunked_next(chunked, &outcome->rest, &data);
        vb_buf_append(&outcome->content, data);
        if (outcome->got == VB_CHUNKED_DATA)
            assert_true(data.len > 0);
    } while (outcome->got == VB_CHUNKED_DATA);
}

/* In two pieces, or in one when split is 0; or byte by byte. */
static void check(const struct chunked_case *c, size_t split, bool bytewise)
{
    struct vb_span all = vb_span_str(c->input);
    struct vb_chunked chunked = {0};
    struct outcome outcome = {.got = VB_CHUNKED_MORE};
    size_t at = 0;

    vb_buf_init(&outcome.content, 1000);
    while (outcome.got == VB_CHUNKED_MORE && at < all.len) {
        size_t n = bytewise ? 1 : at < split ? split - at : all.len - at;

        decode(&chunked, vb_span_of(all.ptr + at, n), &outcome);
        at += n - outcome.rest.len;
    }
    if (c->bad != (outcome.got == VB_CHUNKED_BAD) ||
        (c->rest != NULL) != (outcome.got == VB_CHUNKED_LAST))
        fail_msg("%s: \"%s\" at %zu: %d", c->rule, c->input, split,
                 outcome.got);
    assert_span_equal(vb_buf_span(&outcome.content), c->content);
    if (c->rest != NULL)
        assert_span_equal(vb_span_from(all, at), c->rest);
    vb_buf_done(&outcome.content);
}

static void test_chunks_by_the_grammar_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        check(&cases[i], 0, true);
        for (size_t split = 0; split < strlen(cases[i].input); split++)
            check(&cases[i], split, false);
    }
}

/* 9112-7.1.1-02: what extensions and padding cost in all is bounded. */
static void test_extensions_are_bounded_over_the_message(void **state)
{
    static const char *const lines[] = {"1;aaaaaaaaaaaaaaaaaaaa\r\nx\r\n",
                                        "00000000000000000000001\r\nx\r\n",
                                        "1 \t \t \t \t;a=\"bbbb\"\r\nx\r\n"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(lines); i++) {
        struct vb_chunked chunked = {0};
        enum vb_chunked_got got = VB_CHUNKED_MORE;
        size_t total = 0;

        while (got != VB_CHUNKED_LARGE) {
            struct vb_span rest = vb_span_str(lines[i]);
            struct vb_span data;

            total += rest.len;
            assert_true(total < 64 * 1024);
            do
                got = vb_chunked_next(&chunked, &rest, &data);
            while (got == VB_CHUNKED_DATA);
            assert_true(got == VB_CHUNKED_MORE || got == VB_CHUNKED_LARGE);
        }
        assert_true(total > 8 * 1024);
    }
}

/* One extension without end is refused before it is all there. */
static void test_one_endless_extension_is_refused(void **state)
{
    size_t size = (size_t)1024 * 1024;
    char *text = malloc(size);
    struct vb_chunked chunked = {0};
    struct vb_span rest = vb_span_of(text, size);
    struct vb_span data;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    memcpy(text, "5;", 2);
    assert_int_equal(vb_chunked_next(&chunked, &rest, &data), VB_CHUNKED_LARGE);
    assert_true(size - rest.len < 16 * 1024);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_by_the_grammar_at_every_split),
        cmocka_unit_test(test_extensions_are_bounded_over_the_message),
        cmocka_unit_test(test_one_endless_extension_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
